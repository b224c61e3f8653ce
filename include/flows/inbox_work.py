"""Working off the inbox: whatever is due, a page at a time, each record on its own (design.md sections 6.5 and 7)."""

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeGuard, TypeVar

from include.clients.redaction import redact
from include.domain.penalty import Penalty, penalise, wait
from include.errors import (
    FashfedError,
    RecordFailed,
    RecordWaits,
    Refused,
    RemoteUnavailable,
    RetryNow,
    StopRun,
)
from include.flows.context import FlowContext
from include.flows.reporting import Done, Note, Reporter, as_shown, step_name
from include.flows.suspicion import guilty
from include.state.store import LOCK_POLL, InboxRow, InboxState
from include.together import limited

T = TypeVar("T")
_SOON, _LATE = timedelta(minutes=10), timedelta(hours=2)
"""How soon a record that waits for an event is looked at again: at first, and after it has waited long."""
_TURN = 20.0
"""Seconds for which one flow works on its content type before others get their turn."""
_HARMLESS = (
    *("number", "id", "request_id", "order_number", "package_number", "package_item", "product", "quantity"),
    *("type", "status", "cancelled_by", "updated_at"),
)
_CAUSES = 50
"""Causes that one run looks at in search of those that are gone."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """A record that needs nothing, by a named rule."""

    rule: str


Answers = Sequence[T | Excluded | FashfedError]


@dataclass(frozen=True, slots=True)
class InboxWork(Generic[T]):
    """How the records of one inbox kind are worked off.

    ``take`` applies records that belong together (``group``) and says what became of each, in their order; an error it
    raises is every one's. ``finish`` gets what was applied, marks it as done, and says by market id what could not be.
    ``prepare`` is given each page first.
    ``content_type`` is whose rule of Failed Integration holds, and the lock that is held meanwhile, unless ``lock`` is
    another; ``word`` names a record to people.

    ``shown`` is what people may see of a record, ``said`` what they are told when it was applied ("": ``take`` says
    it).
    ``cause`` says what a parked record waits for where that can be looked for; ``gone`` is shown one parked record of
    each cause and says which causes are gone.
    """

    kind: str
    content_type: str
    word: str
    take: Callable[[Sequence[InboxRow]], Awaitable[Answers[T]]]
    finish: Callable[[Sequence[tuple[InboxRow, T]]], Awaitable[Mapping[str, FashfedError] | None]]
    lock: str | None = None
    group: Callable[[InboxRow], str] = lambda row: row.market_id
    prepare: Callable[[Sequence[InboxRow]], Awaitable[None]] | None = None
    shown: Callable[[InboxRow], Mapping[str, object]] = lambda row: harmless(row.payload)
    said: str = "Applied in Omnitron"
    cause: Callable[[FashfedError], str | None] = lambda _: None
    gone: Callable[[Sequence[InboxRow]], Awaitable[Sequence[str]]] | None = None


def harmless(payload: Mapping[str, object]) -> dict[str, object]:
    """The numbers, SKUs and states of a record of the market: nothing that says who bought."""
    return {name: payload[name] for name in _HARMLESS if payload.get(name) is not None}


async def work_off(ctx: FlowContext, work: InboxWork[T]) -> None:
    """Apply every record that is due; park what cannot be applied yet. Transport trouble leaves records to the next
    run and is raised when all others were tried."""
    inbox = await ctx.store.inbox_counts(ctx.channel, work.kind)
    ctx.log.info("The inbox holds %d new and %d parked %ss", inbox[InboxState.NEW], inbox[InboxState.PARKED], work.word)
    reporter = Reporter(ctx, work.word)
    try:
        await _wake(ctx, work)
        await _Run(ctx, work, reporter).pages()
    finally:
        reporter.say()
    told = [f"{number} {name}" for name, number in ctx.report.counts.items() if number and name != "read"]
    ctx.log.info("Done: %s", ", ".join([f"{ctx.report.counts['read']} {work.word}s taken up", *told]))


async def finish_all(ctx: FlowContext, kind: str, rows: Sequence[InboxRow]) -> None:
    """Mark rows as done."""
    await ctx.store.finish(ctx.channel, kind, [row.market_id for row in rows], now=ctx.clock.now())


async def _wake(ctx: FlowContext, work: InboxWork[T]) -> None:
    """Let go on what waits for something that has happened meanwhile."""
    if work.gone is None:
        return
    now = ctx.clock.now()
    samples = await ctx.store.waiting_causes(ctx.channel, work.kind, now=now, limit=_CAUSES)
    gone = await work.gone(samples) if samples else []
    if gone:
        woken = await ctx.store.wake(ctx.channel, work.kind, gone, now=now)
        ctx.log.info("What %d %ss waited for has happened: %s", woken, work.word, "; ".join(gone[:5]))


class _Run(Generic[T]):
    """One run over the inbox."""

    def __init__(self, ctx: FlowContext, work: InboxWork[T], reporter: Reporter) -> None:
        self._ctx = ctx
        self._work = work
        self._reporter = reporter
        self._put_back: list[str] = []
        self._trouble: FashfedError | None = None

    async def pages(self) -> None:
        ctx, work = self._ctx, self._work
        while True:
            async with ctx.store.lock(ctx.channel, work.lock or work.content_type, wait=ctx.tuning.lock_wait):
                more = await self._for_a_while()
            if not more:
                break
            await ctx.clock.sleep(2 * LOCK_POLL)  # somebody else who waits gets his turn
        if ctx.out_of_time():
            ctx.log.info("The time of this run is used up; the next one goes on with what is left")
        if self._trouble:
            ctx.log.warning("%d %ss are left to the next run: %s", len(self._put_back), work.word, self._trouble)
            raise self._trouble

    async def _for_a_while(self) -> bool:
        """Work off pages as long as others may be kept waiting; says whether there may be more."""
        ctx, work = self._ctx, self._work
        until = ctx.clock.monotonic() + _TURN
        while not isinstance(self._trouble, StopRun) and not ctx.out_of_time():
            if ctx.clock.monotonic() >= until:
                return True
            rows = await ctx.store.due(
                ctx.channel, work.kind, now=ctx.clock.now(), limit=ctx.tuning.inbox_page, skip=self._put_back
            )
            if not rows:
                return False
            await self._page(rows)
        return False

    async def _page(self, rows: Sequence[InboxRow]) -> None:
        ctx, work = self._ctx, self._work
        if work.prepare:
            await work.prepare(rows)
        groups: dict[str, list[InboxRow]] = {}
        for row in rows:
            groups.setdefault(work.group(row), []).append(row)
        answers = await limited(ctx.tuning.orders_at_once, self._group, groups.values())
        told = [
            (row, answer)
            for group, given in zip(groups.values(), answers, strict=True)
            if given is not None
            for row, answer in zip(group, given, strict=True)
        ]
        ctx.report.count("read", len(told))
        applied = [(row, answer) for row, answer in told if not isinstance(answer, Excluded | FashfedError)]
        if applied:
            unfinished = await work.finish(applied) or {}
            told = [(row, unfinished.get(row.market_id, answer)) for row, answer in told]
        blamed = await guilty(ctx, work.kind, [row.market_id for row, answer in told if _garbled(answer)])
        await self._say_done([(row, answer) for row, answer in told if not isinstance(answer, FashfedError)])
        for row, answer in told:
            if isinstance(answer, Excluded):
                await ctx.store.exclude(ctx.channel, work.kind, row.market_id, rule=answer.rule, now=ctx.clock.now())
                ctx.log.info("%s %s needs nothing: %s", work.word.capitalize(), row.market_id, answer.rule)
            elif isinstance(answer, RetryNow | StopRun) or (_garbled(answer) and row.market_id not in blamed):
                self._leave(row, answer)
            elif isinstance(answer, FashfedError):
                await self._park(row, answer)
        ctx.log.info("%d %ss taken up so far", ctx.report.counts["read"], work.word)

    async def _group(self, rows: Sequence[InboxRow]) -> Answers[T] | None:
        """Records that belong together; whatever is wrong with them is their own affair. None when there is no time."""
        if self._ctx.out_of_time():
            return None
        try:
            return await self._work.take(rows)
        except FashfedError as error:
            return [error] * len(rows)
        except Exception as error:  # noqa: BLE001 - a fault of ours costs only these records
            keys = [row.market_id for row in rows]
            word = self._work.word.capitalize()
            trace = redact("".join(traceback.format_exception(error)), known=[row.payload for row in rows])
            self._ctx.log.log(logging.ERROR, "%s %s failed unexpectedly:\n%s", word, ", ".join(keys), trace)
            return [RecordFailed("unexpected", kind=word, key=key, detail=type(error).__name__) for key in keys]

    async def _say_done(self, rows: Sequence[tuple[InboxRow, T | Excluded]]) -> None:
        work = self._work
        done = [
            Done(
                work.content_type,
                row.market_id,
                f"Needs nothing: {answer.rule}" if isinstance(answer, Excluded) else work.said,
                as_shown(work.shown(row)),
            )
            for row, answer in rows
            if isinstance(answer, Excluded) or work.said
        ]
        await self._reporter.done(done, log_prefix=f"{self._ctx.run_id}-Channel-{step_name(self._ctx.flow)}")

    def _leave(self, row: InboxRow, error: FashfedError) -> None:
        self._put_back.append(row.market_id)
        if not isinstance(self._trouble, StopRun):
            self._trouble = _passing(error)

    async def _park(self, row: InboxRow, error: FashfedError) -> None:
        ctx, work = self._ctx, self._work
        await ctx.store.park(
            ctx.channel,
            work.kind,
            row.market_id,
            code=error.code,
            reason=error.message,
            penalty=self._penalty(row, error),
            cause=work.cause(error),
            now=ctx.clock.now(),
        )
        verb = "failed" if isinstance(error, RecordFailed) else "parked"
        if isinstance(error, RecordWaits) and row.code == error.code:
            ctx.report.count(verb)  # said when it began to wait
            return
        note = Note.of(error, work.content_type, row.market_id, shown=work.shown(row))
        await self._reporter.records([note], log_prefix=f"{row.market_id}-Channel-{step_name(ctx.flow)}", verb=verb)

    def _penalty(self, row: InboxRow, error: FashfedError) -> Penalty:
        now = self._ctx.clock.now()
        if isinstance(error, RecordWaits):
            waited = now - row.penalty.first_failed_at if row.penalty else timedelta(0)
            return wait(now, row.penalty, min(max(_SOON, waited / 4), _LATE))
        rule = self._ctx.settings.penalty_for(self._work.content_type)
        return penalise(
            now,
            row.penalty,
            retry_interval=rule.retry_interval,
            expiration=rule.expiration_date,
            max_retries=rule.max_retry_count,
        )


def _garbled(answer: object) -> TypeGuard[Refused]:
    """A refusal that something on the way has made unreadable: it may well not be about the record."""
    return isinstance(answer, Refused) and answer.payload is None


def _passing(error: FashfedError) -> FashfedError:
    """The trouble of a run that leaves records to the next one."""
    if not _garbled(error):
        return error
    return RemoteUnavailable("answer_unreadable", **{**error.facts, "expected": "a refusal in JSON"})
