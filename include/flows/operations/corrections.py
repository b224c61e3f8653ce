"""Correcting prices and stocks that differ (spec section 7.1): found, queued to be sent again, confirmed by reading
back.

A correction sends nothing itself. It makes the record due in Omnitron's feed and takes back that Fashfed has the value,
so the next run of ``price`` or ``stock`` sends it under all the rules of that flow: brakes, penalties, the order of
versions. What is due already, or is held back, is left as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from include.clients.omnitron.schemas import IntegrationAction
from include.errors import ConfigurationError, RecordFailed, Refused
from include.flows.context import FlowContext
from include.flows.operations.second_look import STOCK, Kind, Seen
from include.flows.operations.unread_sales import unread_sales
from include.flows.registry import FLOWS
from include.settings import check_flag
from include.state.rules import older
from include.state.store import Correction
from include.together import limited

AT_ONCE = 5000
"""Records of a kind that one comparison corrects at most: whatever happened, Omnitron is not asked without end."""
_CHUNK = 500
_IN_VAIN = 3
"""Times that a record is sent again before people are told to look."""


class Reason(NamedTuple):
    """Why a SKU is not as it should be: a code of the error catalogue and what people read."""

    code: str
    text: str

    @classmethod
    def of(cls, error: RecordFailed) -> "Reason":
        return cls(error.code, error.message)


@dataclass(slots=True)
class Outcome:
    """What one comparison found in one kind, and did about it. ``reasons`` are by SKU."""

    new: int = 0
    queued: int = 0
    confirmed: int = 0
    reasons: dict[str, Reason] = field(default_factory=dict)

    def as_json(self, differing: int) -> dict[str, int]:
        """The counts beside the figures; ``found`` are all that differ now, ``new`` those that did not before."""
        return {"found": differing, "new": self.new, "queued": self.queued, "confirmed": self.confirmed}


class Corrections:
    """The corrections of one kind."""

    def __init__(self, ctx: FlowContext, kind: Kind, table: pd.DataFrame) -> None:
        self._ctx = ctx
        self._kind = kind
        self._table = table
        self._open: dict[str, Correction] = {}
        self._unsent: set[str] = set()
        """SKUs whose records the feed shows already."""

    async def candidates(self) -> list[str]:
        """What is to be looked at again: of too many, those first that were not sent again yet."""
        self._open = {
            row.sku: row for row in await self._ctx.store.open_corrections(self._ctx.channel, self._kind.name)
        }
        differing = self._table.index[self._table[f"{self._kind.name}_differs"]]
        return sorted(differing, key=lambda sku: (self._times(sku), sku))[:AT_ONCE]

    async def correct(self, seen: Sequence[Seen]) -> Outcome:
        """Keep what differs, queue what may be sent again, and confirm what agrees again."""
        differing: list[str] = self._table.index[self._table[f"{self._kind.name}_differs"]].tolist()
        seen = [row for row in seen if self._table.at[row.sku, f"{self._kind.name}_differs"]]
        later = self._later(sorted(set(differing) - {row.sku for row in seen}))
        outcome = Outcome(new=len(set(differing) - self._open.keys()))
        outcome.reasons = {row.sku: self._reason("correction_later", row) for row in later}
        outcome.confirmed = await self._note([*seen, *later])
        outcome.reasons |= await self._obstacles(seen)
        free = [row for row in seen if row.sku not in outcome.reasons]
        for start in range(0, len(free), _CHUNK):
            outcome.queued += await self._queue(free[start : start + _CHUNK])
        outcome.reasons |= {row.sku: self._differs(row) for row in free}
        await self._say_why_unsent(outcome)
        self._say(outcome, len(differing))
        return outcome

    def _later(self, skus: Sequence[str]) -> list[Seen]:
        """What differs and was not looked at again, as it was read first."""
        kind, rows = self._kind, self._table.loc[list(skus), ["key", self._kind.pk, self._kind.here, self._kind.there]]
        return [
            Seen(sku, str(key), int(pk), "", kind.show(int(here)), kind.show(int(there)), None, None)
            for sku, key, pk, here, there in rows.itertuples()
        ]

    async def _note(self, seen: Sequence[Seen]) -> int:
        """Write down what differs and what does not any more; gives how many are confirmed."""
        kind, table = self._kind, self._table
        found = {row.sku: Correction(row.sku, row.here, row.there) for row in seen}
        gone = [sku for sku in self._open if sku not in table.index or not table.at[sku, f"{kind.name}_comparable"]]
        quiet = [sku for sku in self._open.keys() - found.keys() - set(gone) if not table.at[sku, "in_flight"]]
        return await self._ctx.store.note_corrections(
            self._ctx.channel, kind.name, found=list(found.values()), agreed=quiet, gone=gone, now=self._ctx.clock.now()
        )

    async def _obstacles(self, seen: Sequence[Seen]) -> dict[str, Reason]:
        """Why some of what differs must not or cannot be sent again."""
        ctx, kind = self._ctx, self._kind
        found = {row.sku: Reason.of(row.trouble) for row in seen if row.trouble}
        stopped = flow_stopped(ctx, kind.flow)
        if stopped:
            return {row.sku: Reason.of(stopped) for row in seen} | found
        held = await self._held(seen)
        keys = [row.key for row in seen if row.pk in held]
        failures = await ctx.store.last_failures(ctx.channel, kind.content_type, keys)
        sold = await unread_sales(ctx, seen) if kind is STOCK else set()
        for row in seen:
            if row.sku in found:
                continue
            if row.sku in sold:
                found[row.sku] = self._reason("sale_not_imported", row)
            elif row.pk in held:
                entry = failures.get(row.key)
                reason = Reason(entry.code, entry.message) if entry and entry.code else None
                found[row.sku] = reason or self._reason("penalty_holds", row)
        return found

    async def _held(self, seen: Sequence[Seen]) -> set[int]:
        """The pks of what a penalty keeps out of the feed in this version."""
        penalties = await self._ctx.hub.failed_integrations(self._kind.content_type, [row.pk for row in seen])
        versions = {one.object_id: one.version_date for one in penalties if one.is_active}
        return {row.pk for row in seen if row.pk in versions and not older(versions[row.pk] or "", row.version)}

    async def _queue(self, rows: Sequence[Seen]) -> int:
        """Have the records sent again by their flow; gives for how many that is so."""
        ctx, content_type = self._ctx, self._kind.content_type
        sent = await ctx.store.sent(ctx.channel, content_type, [row.key for row in rows])
        # only what Fashfed had confirmed and has no more; what was never sent is a change that a brake may hold back
        lost = sorted(row.key for row in rows if row.key in sent and sent[row.key].value == row.value)
        await ctx.store.doubt_sent(ctx.channel, content_type, lost)
        actions = [row.action for row in rows if row.action and not _due(row)]
        moved = await limited(ctx.tuning.concurrency, self._outdate, actions)
        stuck = {action.object_id for action, done in zip(actions, moved, strict=True) if not done}
        unsent = {row.sku for row in rows if _due(row) and row.key not in lost}
        self._unsent |= unsent
        # what still waits for its flow since it was queued is not queued once more
        queued = [row.sku for row in rows if row.pk not in stuck and not (row.sku in unsent and self._times(row.sku))]
        await ctx.store.queue_corrections(ctx.channel, self._kind.name, queued, now=ctx.clock.now())
        return len(queued)

    async def _outdate(self, action: IntegrationAction) -> bool:
        try:
            await self._ctx.hub.outdate_action(action.pk)
        except Refused as refusal:
            self._ctx.log.warning("%s %s cannot be made due: %s", self._kind.what, action.remote_id, refusal)
            return False
        return True

    def _differs(self, row: Seen) -> Reason:
        if row.sku in self._unsent:
            return self._reason("change_unsent", row)
        if self._times(row.sku) >= _IN_VAIN:
            return self._reason("correction_in_vain", row, self._open[row.sku])
        return self._reason(f"{self._kind.name}_differs", row)

    async def _say_why_unsent(self, outcome: Outcome) -> None:
        fails = await flow_fails(self._ctx, self._kind.flow) if self._unsent else None
        for sku in self._unsent if fails else ():
            code, text = outcome.reasons[sku]
            outcome.reasons[sku] = Reason(code, f"{text}; {fails}")

    def _times(self, sku: str) -> int:
        """How often it was queued before."""
        return self._open[sku].times if sku in self._open else 0

    def _reason(self, code: str, row: Seen, before: Correction | None = None) -> Reason:
        since = before.found_at.strftime("%Y-%m-%d %H:%M UTC") if before and before.found_at else "-"
        times = before.times if before else 0
        facts = RecordFailed(
            code,
            what=self._kind.what,
            sku=row.sku,
            here=row.here,
            there=row.there,
            times=times,
            since=since,
            flow=FLOWS[self._kind.flow].display_name,
        )
        return Reason.of(facts)

    def _say(self, outcome: Outcome, differing: int) -> None:
        self._ctx.log.info(
            "%s: %d SKUs differ (%d of them new), %d are sent again, %d are confirmed",
            *(self._kind.what, differing, outcome.new, outcome.queued, outcome.confirmed),
        )


def _due(row: Seen) -> bool:
    """Whether Omnitron's feed shows the record already."""
    agreed = row.action.version_date if row.action else None
    return agreed is None or older(agreed, row.version)


def flow_stopped(ctx: FlowContext, flow: str) -> RecordFailed | None:
    """Why a flow sends nothing: its flag, or its settings."""
    name = FLOWS[flow].display_name
    try:
        decision = check_flag(ctx.settings, FLOWS[flow].flag)
    except ConfigurationError as error:
        return RecordFailed("flow_stopped", flow=name, reason=error.message)
    return None if decision.on else RecordFailed("flow_stopped", flow=name, reason=decision.reason)


async def flow_fails(ctx: FlowContext, flow: str) -> RecordFailed | None:
    """Why a flow's last run sent nothing."""
    for run in await ctx.store.last_runs(ctx.channel, flow, 4):
        if run["outcome"]:
            failed = RecordFailed("flow_fails", flow=FLOWS[flow].display_name, reason=run["reason"] or "-")
            return failed if run["outcome"] == "failed" else None
    return None
