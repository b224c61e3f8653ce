"""What people see of the inbox and do to it by hand, at a command line or in Airflow's screens; each change is audited
with the name of whoever made it."""

import getpass
import json
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from include.bootstrap import ConnectionSource, required_connection
from include.catalogue import CATALOGUE
from include.catalogue.entries import in_general
from include.clients.limiter import LocalLimiter
from include.clients.omnitron.auth import MemoryTokenCache
from include.clients.omnitron.client import OmnitronClient
from include.clients.omnitron.schemas import Order
from include.clock import SystemClock
from include.errors import RecordFailed
from include.inbox_command import InboxAsked, InboxChange, InboxListed
from include.questions import ask_store
from include.remotes import hub_client
from include.state.store import Audit, InboxRow, InboxState, Store

_PAGE = 1000
_LOCK_WAIT = 60.0
"""Seconds to wait for a run that works on the packages now."""
_CHANGED = {"retry": "opened again", "exclude": "excluded"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one record that a person named."""

    kind: str
    market_id: str
    changed: bool
    text: str

    def as_json(self) -> str:
        """One line of the command's output."""
        told = {"kind": self.kind, "market_id": self.market_id, "changed": self.changed, "text": self.text}
        return json.dumps(told, ensure_ascii=False)


def work_inbox(asked: InboxAsked, source: ConnectionSource) -> Iterable[str]:
    """The lines that answer what was asked; a change is made first.

    Raises ``FashfedError``: inbox_unchanged after the lines when not one of the records named could be changed,
    order_number_unknown when Omnitron shows no such order.
    """
    if isinstance(asked, InboxListed):
        yield from ask_store(source, lambda store: _listed(store, asked))
        return
    answers = ask_store(source, lambda store: InboxDesk(store, asked, source, _user(), SystemClock().now()).change())
    for answer in answers:
        yield answer.as_json()
    if answers and not any(answer.changed for answer in answers):
        raise RecordFailed("inbox_unchanged", action=asked.action, keys=", ".join(each.market_id for each in answers))


async def _listed(store: Store, asked: InboxListed) -> list[str]:
    rows = await store.inbox_rows(
        asked.channel, kind=asked.kind, states=asked.states, code=asked.code, limit=asked.limit
    )
    return [json.dumps(_shown(row), ensure_ascii=False) for row in rows]


def _shown(row: InboxRow) -> Mapping[str, object]:
    """The row without its payload: buyers' data stay in the database."""
    entry = CATALOGUE.get(row.code or "")
    return {
        "market_id": row.market_id,
        "kind": row.kind,
        "state": row.state,
        "code": row.code,
        "reason": row.reason,
        "next_step": in_general(entry.next_step) if entry else None,
        "failures": row.penalty.failures if row.penalty else 0,
        "due_at": row.due_at.isoformat(),
        "first_seen_at": row.first_seen_at.isoformat(),
        "cause": row.cause,
    }


class InboxDesk:
    """Makes one change that ``who`` asked for."""

    def __init__(self, store: Store, asked: InboxChange, source: ConnectionSource, who: str, now: datetime) -> None:
        self._store = store
        self._asked = asked
        self._source = source
        self._now = now
        self._who = who

    async def change(self) -> list[Answer]:
        """What became of each record; many are changed in portions, each of them whole. Raises ``FashfedError``."""
        asked = self._asked
        if asked.action == "assign" and asked.order:
            return [await self._assign(asked.keys[0], asked.order)]
        keys = list(dict.fromkeys(asked.keys)) or await self._parked()
        move = self._store.reopen if asked.action == "retry" else self._store.exclude_by_hand
        changed = set[str]()
        for at in range(0, len(keys), _PAGE):
            portion = keys[at : at + _PAGE]
            changed |= set(
                await move(asked.channel, asked.kind, portion, who=self._who, reason=asked.reason, now=self._now)
            )
        states = await self._store.inbox_states(asked.channel, asked.kind, keys)
        return [self._answer(key, key in changed, states.get(key)) for key in keys]

    async def _parked(self) -> list[str]:
        """The keys of all records that are parked with the code."""
        asked, keys = self._asked, list[str]()
        while True:
            page = await self._store.inbox_rows(
                asked.channel,
                kind=asked.kind,
                states=[InboxState.PARKED],
                code=asked.code,
                limit=_PAGE,
                offset=len(keys),
            )
            keys += [row.market_id for row in page]
            if len(page) < _PAGE:
                return keys

    def _answer(self, key: str, changed: bool, state: InboxState | None) -> Answer:
        asked = self._asked
        if changed:
            text = _CHANGED[asked.action]
        elif state is None:
            text = f"is not in the inbox of {asked.channel}"
        elif (asked.action, state) == ("retry", InboxState.EXCLUDED):
            text = "is excluded, and its data were deleted meanwhile"
        else:
            text = f"is {state}"
        return Answer(asked.kind, key, changed, text)

    async def _assign(self, package: str, number: str) -> Answer:
        """Say which order a package is: as if this order had been made of it. A run may not work on it meanwhile."""
        asked, store, now = self._asked, self._store, self._now
        order = await self._order(number)
        async with store.lock(asked.channel, "order", wait=_LOCK_WAIT):
            state = (await store.inbox_states(asked.channel, asked.kind, [package])).get(package)
            if state in (None, InboxState.DONE):
                return self._answer(package, False, state)
            reason = f"order {number} (pk {order.pk})"
            audit = Audit(self._who, asked.action, f"inbox:{asked.kind}", package, reason, now)
            await store.note_audit(asked.channel, audit)
            await store.claim(asked.channel, "create_order", package, {"number": number}, now=now)
            made = {"pk": order.pk, "version": order.created_date or order.modified_date}
            await store.settle_claim(asked.channel, "create_order", package, made, now=now)
            await store.reopen(asked.channel, asked.kind, [package], who=self._who, reason=reason, now=now)
        names = (await store.identities_of(asked.channel, "order", [order.pk])).get(order.pk, [])
        others = [name.remote_id for name in names if name.remote_id != package]
        shared = f"; the order is also that of package {', '.join(others)}" if others else ""
        return Answer(asked.kind, package, True, f"assigned {reason}{shared}")

    async def _order(self, number: str) -> Order:
        async with _hub(self._asked.channel, self._source) as hub:
            found = await hub.orders_by_number(number)
        if len(found) != 1:
            raise RecordFailed("order_number_unknown", number=number, found=len(found))
        return found[0]


@asynccontextmanager
async def _hub(channel: str, source: ConnectionSource) -> AsyncIterator[OmnitronClient]:
    clock = SystemClock()
    connection = required_connection(source, f"omnitron_{channel}")
    hub = hub_client(connection, clock, LocalLimiter(clock, None), MemoryTokenCache())
    try:
        yield hub
    finally:
        await hub.session.close()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"user {os.getuid()}"
