"""Which packages of Fashfed the items of an order are in."""

from collections.abc import Sequence

from include.clients.omnitron.schemas import OrderItem
from include.flows.context import FlowContext
from include.flows.orders.order_lines import ITEM, package_of


async def parcels_of(ctx: FlowContext, own: str, items: Sequence[OrderItem]) -> dict[str, list[OrderItem]]:
    """The items of an order by package; after a split it has several.

    An item is called as our map says, else as its integration action, else as it was made. One without a name is in the
    order's own package.
    """
    known = await ctx.store.identities_of(ctx.channel, ITEM, [item.pk for item in items])
    lines = {pk: names[0].remote_id for pk, names in known.items()}
    unknown = [item.pk for item in items if item.pk not in lines]
    if unknown:
        actions = await ctx.hub.integration_actions(ITEM, object_ids=unknown)
        lines |= {action.object_id: action.remote_id for action in actions if action.remote_id}
    parcels: dict[str, list[OrderItem]] = {}
    for item in items:
        line = lines.get(item.pk) or str(item.extra_field.get("id") or "")
        parcels.setdefault(package_of(line) or own, []).append(item)
    return parcels
