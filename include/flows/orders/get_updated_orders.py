"""Updated Orders: what Fashfed has shipped and delivered, from Fashfed to Omnitron (reference/flows.md section 4.14;
spec section 9, ``get_updated_orders``).

Only while Fashfed ships (Send Shipping Info off). ``pull`` keeps the packages that are shipped or delivered in the
inbox, ``apply`` brings their items in Omnitron up to date, forward only.
"""

from collections.abc import AsyncIterator
from functools import partial

from include.clients.fashfed.schemas import Package
from include.clients.rows import FeedPage
from include.domain.order_life import PackageStatus, movement_key
from include.flows.context import FlowContext
from include.flows.inbox_work import InboxWork, work_off
from include.flows.intake import Span, keep_what_is_shown
from include.flows.orders.movement_desk import CONTENT_TYPE, KIND, MovementDesk, package_number


async def pull(ctx: FlowContext) -> None:
    """Keep every package that Fashfed shows as shipped or delivered, once for each of the two."""
    if _fashfed_ships(ctx):
        await keep_what_is_shown(
            ctx,
            KIND,
            partial(_moved, ctx),
            identity=lambda one: (movement_key(one.number, one.status), one.updated_at or one.created_at),
        )


async def apply(ctx: FlowContext) -> None:
    """Bring the items of every package that is due up to date."""
    if not _fashfed_ships(ctx):
        return
    desk = MovementDesk(ctx)
    work = InboxWork(
        KIND,
        CONTENT_TYPE,
        "package",
        take=desk.take,
        finish=desk.finish,
        group=package_number,
        prepare=desk.prepare,
    )
    try:
        await work_off(ctx, work)
    finally:
        desk.say()


def _fashfed_ships(ctx: FlowContext) -> bool:
    if ctx.settings.send_shipping_info:
        ctx.log.info("Send Shipping Info is on: the brand ships, so nothing is read from Fashfed")
    return not ctx.settings.send_shipping_info


def _moved(ctx: FlowContext, span: Span) -> list[AsyncIterator[FeedPage[Package]]]:
    """Shipped and then delivered packages: Fashfed takes one status a call."""
    return [
        ctx.market.packages(status=status, updated_from=span.start, updated_to=span.end)
        for status in (PackageStatus.SHIPPED, PackageStatus.DELIVERED)
    ]
