"""Order Update: status, invoice and shipment of changed orders, from Omnitron to Fashfed (reference/flows.md section
4.10; spec sections 2 and 9, ``send_update_orders``).

Fashfed answers at once. Equal values are not sent again, and a package is looked at before it is told anything: a
status never goes backwards. A dry run takes that look, too, so it says what would really be sent.
"""

from functools import partial

from include.clients.omnitron.schemas import Order
from include.clients.rows import FeedPage
from include.flows import push
from include.flows.context import FlowContext
from include.flows.feeding import Push
from include.flows.orders.update_desk import CONTENT_TYPE, REFUSED, UpdateDesk


async def send(ctx: FlowContext) -> None:
    """Tell Fashfed what has changed about its packages."""
    desk = UpdateDesk(ctx)
    feed = Push(
        CONTENT_TYPE,
        "changed orders",
        read=partial(_read, ctx),
        prepare=desk.prepare,
        call=desk.call,
        refused=REFUSED,
        at_once=1,
        turn=None,
    )
    await push.send(ctx, [feed], word="order")


async def _read(ctx: FlowContext, page: int, limit: int) -> FeedPage[Order]:
    return await ctx.hub.order_updates(limit, page=page)
