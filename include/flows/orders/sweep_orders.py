"""Order Sweep and Backfill: what the five-minute flows missed, and past windows again (design.md sections 3 and 7).

``pull`` reads every package and claim of its window, whatever the status, into the inboxes of the flows that own them;
``apply`` works these off by the flows' own steps. What is known stays as it is, so any window may be read any number of
times.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from include.clients.fashfed.schemas import Claim, Package
from include.clients.rows import BadRow, FeedPage
from include.domain.order_life import FINISHED, PackageStatus, movement_key
from include.errors import ConfigurationError, FashfedError
from include.flows.context import FlowContext
from include.flows.intake import Identity, Record, keep_page, open_span, pass_over, shown
from include.flows.registry import FLOWS, Flow, step_function
from include.settings import check_flag

PACKAGE, CANCEL, MOVEMENT, REFUND = "package", "cancel", "movement", "refund"
_OWNERS = {
    PACKAGE: "get_orders",
    CANCEL: "get_cancel_orders",
    MOVEMENT: "get_updated_orders",
    REFUND: "get_refund_orders",
}
"""Inbox kinds with the flows that work them off, in the order of an order's life: one that was missed as a whole is
created, cancelled in part, delivered and returned by one sweep."""
_MOVED = (PackageStatus.SHIPPED, PackageStatus.DELIVERED)


async def pull(ctx: FlowContext) -> None:
    """Keep what Fashfed changed in the window for every flow that is on."""
    sweep = _Sweep(ctx)
    if not sweep.kinds:
        return
    span = await open_span(ctx)
    async for packages in shown(ctx, span, ctx.market.packages(updated_from=span.start, updated_to=span.end)):
        await sweep.packages(packages)
    async for claims in shown(ctx, span, ctx.market.claims(updated_from=span.start, updated_to=span.end)):
        await sweep.claims(claims)
    await pass_over(ctx, span)


async def apply(ctx: FlowContext) -> None:
    """Work off the inboxes one after the other; trouble of one flow does not keep the others from their work, and the
    first is raised at the end."""
    trouble: FashfedError | None = None
    for flow in _at_work(ctx).values():
        ctx.log.info("What is due for %s:", flow.display_name)
        try:
            await step_function(flow, "apply")(ctx)
        except FashfedError as error:
            ctx.log.warning("%s did not get through: %s [%s]", flow.display_name, error, error.code)
            trouble = trouble or error
    if trouble:
        raise trouble


def _at_work(ctx: FlowContext) -> dict[str, Flow]:
    """The inbox kinds whose flows are on and have all the settings they need; the log names the others."""
    found = {}
    for kind, name in _OWNERS.items():
        flow = FLOWS[name]
        try:
            reason = check_flag(ctx.settings, flow.flag).reason
        except ConfigurationError as error:
            ctx.report.error(error.code)
            reason = f"{error} [{error.code}]. Next step: {error.next_step}"
        if kind == MOVEMENT and ctx.settings.send_shipping_info:
            reason = reason or "Send Shipping Info is on, so the brand ships"
        if reason:
            ctx.log.info("%s is left out: %s", flow.display_name, reason)
        else:
            found[kind] = flow
    return found


class _Sweep:
    """Sorts what Fashfed shows into the inboxes of the flows that are at work."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self.kinds = _at_work(ctx).keys()
        self._kept: Counter[str] = Counter()

    async def packages(self, page: FeedPage[Package]) -> None:
        """Every package, and what it says of shipping where Fashfed ships."""
        await self._keep(PACKAGE, await self._first_seen(page), page.bad, lambda one: (one.number, _changed(one)))
        moved = [one for one in page.rows if one.status in _MOVED]
        await self._keep(MOVEMENT, moved, [], lambda one: (movement_key(one.number, one.status), _changed(one)))
        self._say("Packages")

    async def _first_seen(self, page: FeedPage[Package]) -> list[Package]:
        """The packages without those that we have and that left the brand since: that an owed one was seen before
        tells that it was bought in our time (``needs_no_order``)."""
        finished = [one.number for one in page.rows if one.status in FINISHED]
        known = await self._ctx.store.inbox_states(self._ctx.channel, PACKAGE, finished)
        return [one for one in page.rows if one.number not in known]

    async def claims(self, page: FeedPage[Claim]) -> None:
        """Completed cancellations, and returns whatever was decided: their flow looks whether Omnitron was asked."""
        start = self._ctx.settings.refund_start_date
        cancelled = [one for one in page.rows if (one.type, one.status) == ("cancel", "completed")]
        returned = [one for one in page.rows if one.type == "refund" and _is_since(start, one)]
        for kind, rows in ((CANCEL, cancelled), (REFUND, returned)):
            bad = [row for row in page.bad if isinstance(row.raw, dict) and row.raw.get("type") == kind]
            await self._keep(kind, rows, bad, lambda one: (one.id, _changed(one)))
        self._say("Claims")

    async def _keep(self, kind: str, rows: Sequence[Record], bad: Sequence[BadRow], identity: Identity[Record]) -> None:
        if kind in self.kinds and (rows or bad):
            received = await keep_page(self._ctx, kind, FeedPage(list(rows), list(bad)), identity)
            self._kept[kind] += received.new + received.changed

    def _say(self, what: str) -> None:
        found = ", ".join(f"{number} {kind}" for kind, number in self._kept.items() if number)
        self._ctx.log.info("%s read so far; new or changed: %s", what, found or "none")


def _changed(record: Package | Claim) -> datetime | None:
    return record.updated_at or record.created_at


def _is_since(start: datetime | None, claim: Claim) -> bool:
    """Whether a return is ours: made since Refund Start Date (spec section 2)."""
    made = claim.created_at or claim.updated_at
    return start is None or made is None or made >= start
