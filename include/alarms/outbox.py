"""Sending what is queued. A notice that could not be sent waits and is tried again until it is; none is given up.

What is taken is nobody else's for a while. A process that dies between sending a notice and noting it leaves it to the
next run, which sends it once more: a mail then has the same Message-ID, by which mail servers and programs tell it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from include.alarms.words import Readers
from include.clock import Clock
from include.errors import FashfedError, RemoteUnavailable
from include.state.alarms import Notice, Way
from include.state.store import Store

_AT_ONCE = 20
"""Notices taken up together."""
_LEASE = timedelta(minutes=10)
"""How long a notice that was taken is left to whoever took it: far longer than a server may let us wait for one."""
_LONGEST_WAIT = timedelta(minutes=15)


class MailServer(Protocol):
    """Takes mails."""

    async def send(self, to: str, subject: str, text: str, *, message_id: str) -> None:
        """Hand one mail over. Raises ``RemoteUnavailable`` when no mail can be sent now, ``FashfedError`` when this one
        is not taken."""


class WebHooks(Protocol):
    """Takes messages of chat services."""

    async def call(self, address: str, text: str) -> None:
        """Post one message. Raises ``FashfedError`` when it is not taken."""

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Outbox:
    """How a deployment tells people, and what it tells them of itself."""

    mail: MailServer
    hooks: WebHooks
    readers: Readers

    async def deliver(self, store: Store, clock: Clock, out_of_time: Callable[[], bool], log: logging.Logger) -> int:
        """Send what is due. Gives the number sent. When the mail server is away the other mails are not tried."""
        sent, channel = 0, self.readers.channel
        while not out_of_time():
            now = clock.now()
            taken = await store.take_notices(channel, now=now, until=now + _LEASE, limit=_AT_ONCE)
            if not taken:
                break
            away: FashfedError | None = None
            for notice in taken:
                trouble = away if away and notice.way is Way.MAIL else await self._try(notice)
                if trouble is None:
                    await store.note_sent(channel, notice.id or 0, now=clock.now())
                    sent += 1
                    continue
                if notice.way is Way.MAIL and isinstance(trouble, RemoteUnavailable):
                    away = trouble
                log.warning(
                    "Notice %d waits: %s [%s]. Next step: %s", notice.id, trouble, trouble.code, trouble.next_step
                )
                due = clock.now() + min(_LONGEST_WAIT, timedelta(minutes=2 ** min(notice.tries, 4)))
                await store.note_unsent(channel, notice.id or 0, trouble=trouble.message, due_at=due)
        return sent

    async def _try(self, notice: Notice) -> FashfedError | None:
        """Send one notice; gives why it could not be sent."""
        try:
            if notice.way is Way.WEBHOOK:
                await self.hooks.call(notice.target, f"{notice.subject}\n{notice.body}")
            else:
                name = f"fashfed.{self.readers.channel}.{notice.id}.{notice.made_at:%Y%m%d%H%M%S}"
                await self.mail.send(notice.target, notice.subject, notice.body, message_id=name)
        except FashfedError as error:
            return error
        return None
