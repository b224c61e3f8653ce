"""Working off a list of SKUs that a person gave: every row gets its finding, whatever becomes of the others.

What is done is kept at once and a second run with the same list does no harm, so a run that was stopped, or that met an
outage, is simply repeated.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from include.domain.sku_list import SkuList
from include.errors import ConfigurationError, FashfedError, RecordFailed, Refused, RetryNow
from include.flows.apart import OUTAGES, apart
from include.flows.context import FlowContext
from include.flows.registry import FLOWS
from include.state.store import Finding, LogEntry
from include.together import to_their_ends

T = TypeVar("T")
Verdict = Literal["released", "nothing_to_release", "moved", "chosen", "refused"]
"""What became of a row; ``chosen`` ones are worked on and counted afterwards."""

_COUNTED = {"released": "updated", "nothing_to_release": "unchanged", "moved": "updated", "refused": "failed"}
_TOGETHER = 50
"""SKUs looked up with one call, and as many integration actions (api/omnitron.md section 1)."""
_NAMED = 5
"""Rows named in a line of the task log; the findings have them all."""


@dataclass(frozen=True, slots=True)
class Case(Generic[T]):
    """What is known of a SKU. ``held_by`` is the local batch id of the batch that one of its records is in now."""

    sku: str
    held_by: str | None
    work: T


Prepare = Callable[[Sequence[str]], Awaitable[list[Case[T]]]]
"""The cases of some SKUs, with one call at a time; SKUs that Omnitron does not show are missing."""
Act = Callable[[Case[T]], Awaitable[Verdict]]
"""Does the work on one case, with one call at a time; may be repeated."""


async def work_off(ctx: FlowContext, prepare: Prepare[T], act: Act[T]) -> None:
    """Do the work on every SKU of ``ctx.sku_list``, keep a finding for each row and say the causes in the task log.

    Raises ``ConfigurationError`` (skus_missing) without a row; an outage of Omnitron as it is.
    """
    asked = _asked(ctx)
    tally = _Tally(ctx)
    work = _Work(ctx, prepare, act)
    bad_rows = {f"row {bad.line}": RecordFailed("csv_row", line=bad.line, detail=bad.detail) for bad in asked.bad}
    await tally.keep([_refused(key, error) for key, error in bad_rows.items()])
    size = _TOGETHER * ctx.tuning.concurrency
    try:
        for start in range(0, len(asked.skus), size):
            block = asked.skus[start : start + size]
            if ctx.out_of_time():
                await tally.keep([_refused(sku, RecordFailed("skus_left", sku=sku)) for sku in block])
                continue
            found: dict[str, Finding] = {}
            try:
                await to_their_ends(
                    work.part(block[at : at + _TOGETHER], found) for at in range(0, len(block), _TOGETHER)
                )
            finally:
                await tally.keep([found[sku] for sku in block if sku in found])
    finally:
        tally.say()


def _asked(ctx: FlowContext) -> SkuList:
    asked = ctx.sku_list
    if asked is None or not (asked.skus or asked.bad):
        raise ConfigurationError("skus_missing", flow=FLOWS[ctx.flow].display_name)
    return asked


@dataclass(slots=True)
class _Work(Generic[T]):
    ctx: FlowContext
    prepare: Prepare[T]
    act: Act[T]
    slots: asyncio.Semaphore = field(init=False)
    """One for each call that may be on its way."""

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.ctx.tuning.concurrency)

    async def part(self, skus: Sequence[str], found: dict[str, Finding]) -> None:
        """Put the finding of every SKU into ``found``; an outage is raised when all calls have ended."""
        cases, spoiled = await apart(self._prepared, skus)
        for error in spoiled.values():
            alone = isinstance(error, Refused) and len(skus) == 1
            if error.code in OUTAGES or (len(spoiled) == len(skus) and not alone):
                raise error
        found |= {sku: _refused(sku, error) for sku, error in spoiled.items()}
        known = {case.sku: case for case in cases}
        for sku in skus:
            if sku not in known and sku not in spoiled:
                found[sku] = _refused(sku, RecordFailed("sku_unknown", url=self.ctx.hub.product_address(sku)))
        await to_their_ends(self._one(known[sku], found) for sku in skus if sku in known)

    async def _prepared(self, skus: Sequence[str]) -> list[Case[T]]:
        async with self.slots:
            return await self.prepare(skus)

    async def _one(self, case: Case[T], found: dict[str, Finding]) -> None:
        try:
            found[case.sku] = Finding("product", case.sku, await self._verdict(case))
        except (RecordFailed, Refused, RetryNow) as error:
            if error.code in OUTAGES:
                raise
            found[case.sku] = _refused(case.sku, error)

    async def _verdict(self, case: Case[T]) -> Verdict:
        if case.held_by is not None:
            raise RecordFailed("record_busy", local_batch_id=case.held_by)
        async with self.slots:
            return await self.act(case)


def _refused(key: str, error: FashfedError) -> Finding:
    return Finding("product", key, "refused", code=error.code, text=error.message)


class _Tally:
    """Keeps findings and counts them; in the task log, rows with the same cause are one line."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._causes: dict[tuple[str, str | None], list[Finding]] = {}
        """The first findings of each verdict and code."""
        self._numbers: dict[tuple[str, str | None], int] = {}

    async def keep(self, findings: Sequence[Finding]) -> None:
        """Write findings down; those that failed also into the record log."""
        ctx, now = self._ctx, self._ctx.clock.now()
        await ctx.store.keep_findings(ctx.channel, ctx.flow, ctx.run_id, findings, now=now)
        prefix = f"{ctx.run_id}-Omnitron-{ctx.flow}"
        entries = [
            LogEntry(f"{prefix}-{row.key}"[:255], row.kind, row.key, False, row.code, row.text, now, run_id=ctx.run_id)
            for row in findings
            if row.code
        ]
        if entries:
            await ctx.store.log(ctx.channel, ctx.flow, entries)
        for row in findings:
            if row.verdict in _COUNTED:
                ctx.report.count("read")
                ctx.report.count(_COUNTED[row.verdict])
            if row.code:
                ctx.report.error(row.code)
            cause = (row.verdict, row.code)
            self._numbers[cause] = self._numbers.get(cause, 0) + 1
            if len(first := self._causes.setdefault(cause, [])) < _NAMED:
                first.append(row)

    def say(self) -> None:
        """Write one line per cause to the task log, the most frequent first."""
        for (verdict, code), number in sorted(self._numbers.items(), key=lambda cause: -cause[1]):
            first = self._causes[verdict, code]
            names = ", ".join(row.key for row in first) + (" ..." if number > len(first) else "")
            what = f"{number} {'row' if number == 1 else 'rows'} {verdict.replace('_', ' ')}"
            if code is None:
                self._ctx.log.info("%s (%s)", what, names)
                continue
            text = first[0].text if number == 1 else f"for example: {first[0].text}"
            self._ctx.log.warning(
                "%s: %s [%s] (%s). Next step: %s", what, text, code, names, RecordFailed(code).next_step
            )
