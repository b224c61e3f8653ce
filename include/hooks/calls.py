"""What Airflow calls when a task has failed for good, and when a run is late.

Neither mails for each failure: a failed run is noted in our own record, and the alarms make one incident of what
belongs together. Only what they cannot see is mailed from here, and seldom: that they fail themselves or have no
database, and that a run is late, for which nothing of ours has to work but the mail server. DAG files name ``late_run``
when they are parsed, so everything else is imported when it is called.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_ENGINE = "alarms"
_SELDOM = timedelta(hours=1)
"""How often at most is mailed that alarms do not work, for each channel."""
_LATE_AGAIN = timedelta(hours=6)
"""How often at most is mailed that a flow is late."""

log = logging.getLogger("fashfed")


def failed(flow: str, channel: str, context: Mapping[str, Any]) -> None:
    """Note that a run failed, whatever it failed of; where alarms will not hear of it, mail the operators."""
    from include.errors import FashfedError

    error, task = context.get("exception"), context["ti"]
    code, told = _code(error), " ".join(str(error or "the process of the task died").split())
    try:
        _note(flow, channel, str(context["run_id"]), str(task.task_id), code, told)
    except FashfedError as trouble:
        _mail_seldom(channel, f"{flow} failed, and alarms cannot work: {trouble}", told, task)
        return
    if flow == _ENGINE:
        _mail_seldom(channel, "Alarms cannot work", told, task)


def _code(error: object) -> str:
    """The catalogue's code of what ended a task."""
    from airflow.sdk.exceptions import AirflowTaskTimeout

    from include.catalogue import CATALOGUE

    code = getattr(error, "code", None)
    if isinstance(code, str) and code in CATALOGUE:
        return code
    if error is None or isinstance(error, str):
        return "run_died"
    return "stopped" if isinstance(error, AirflowTaskTimeout) else "unexpected"


def _note(flow: str, channel: str, run_id: str, step: str, code: str, told: str) -> None:
    from include.clients.redaction import redact
    from include.hooks.connections import AirflowConnections
    from include.questions import ask_store
    from include.state.store import Store

    async def note(store: Store) -> None:
        now, reason = datetime.now(UTC), redact(told, 500)
        await store.note_broken_run(channel, flow, run_id, step, code=code, reason=reason, now=now)

    ask_store(AirflowConnections(), note)


def _mail_seldom(channel: str, subject: str, told: str, task: Any) -> None:
    from airflow.sdk import Variable

    from include import deployment
    from include.clients.redaction import redact
    from include.errors import FashfedError
    from include.hooks.connections import AirflowConnections

    now, name = datetime.now(UTC), f"fashfed_alarms_mailed_{channel}"
    last = Variable.get(name, default=None)
    if last and now - datetime.fromisoformat(last) < _SELDOM:
        log.warning("The operators were mailed at %s that alarms do not work", last)
        return
    text = f"{redact(told, 1000)}\nRun: {task.run_id}\nThe log: {task.log_url}\nThis is mailed at most once an hour."
    server, mails = AirflowConnections().mail_server(), deployment.operators(channel)
    message = f"fashfed.{channel}.failed.{now:%Y%m%d%H%M%S}"

    async def send() -> None:
        for number, mail in enumerate(mails):
            await server.send(mail, f"[Fashfed] {subject}"[:200], text, message_id=f"{message}.{number}")

    try:
        asyncio.run(send())
    except FashfedError as trouble:
        log.warning("The operators could not be mailed: %s. Next step: %s", trouble, trouble.next_step)
        return
    if mails:
        Variable.set(name, now.isoformat())


async def late_run(flow: str, channel: str, mail: Mapping[str, Any], context: Any = None) -> None:
    """Mail that a run is late, unless that was mailed lately. ``mail`` is what ``SmtpNotifier`` takes. Runs in the
    triggerer, where no worker has to be free."""
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    if not await _told_lately(flow, channel):
        await SmtpNotifier(context=context or {}, **mail)


async def _told_lately(flow: str, channel: str) -> bool:
    """Whether somebody was; notes that somebody is now. False when the state database cannot say."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    from include.errors import FashfedError
    from include.hooks.connections import converted
    from include.state.postgres import PostgresStore

    now, scope = datetime.now(UTC), f"late:{channel}"
    try:
        address = converted(await BaseHook.aget_connection("connector_db")).postgres_uri
        store = await PostgresStore.open(address, name="fashfed-late")
        try:
            if await store.cached(scope, [flow], now=now):
                return True
            await store.cache(scope, {flow: now.isoformat()}, expires_at=now + _LATE_AGAIN)
        finally:
            await store.close()
    except (FashfedError, AirflowNotFoundException) as trouble:
        log.warning("Nobody can say whether the operators were told before: %s", trouble)
    return False
