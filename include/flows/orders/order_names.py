"""Which order of Omnitron a package of Fashfed is, from all that is known of it, and what its items are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from include.clients.omnitron.schemas import IntegrationAction, OrderItem
from include.flows.context import FlowContext
from include.flows.orders.order_lines import ITEM, ORDER
from include.state.store import ClaimState
from include.together import limited

CREATE = "create_order"
"""The effect that is claimed: the order of a package."""
ARRIVES_WITHIN = timedelta(minutes=10)
"""How long a request whose answer got lost may be on its way to Omnitron."""


@dataclass(frozen=True, slots=True)
class OrderNames:
    """``of``: the order of each package. ``unclear``: packages of which nobody knows whether they have one, because the
    answer to its creation got lost, and since when."""

    of: Mapping[str, int]
    unclear: Mapping[str, datetime]

    @classmethod
    async def known(cls, ctx: FlowContext, packages: Sequence[str]) -> "OrderNames":
        """Look packages up: in our map, by the claim under which the order was made, by its integration action."""
        names = await ctx.store.identities(ctx.channel, ORDER, packages)
        of = {number: pairs[0].hub_id for number, pairs in names.items() if pairs}
        claims = await ctx.store.claims(ctx.channel, CREATE, [number for number in packages if number not in of])
        of |= {number: int(claim.detail["pk"]) for number, claim in claims.items() if claim.state is ClaimState.DONE}
        unknown = [number for number in packages if number not in of]
        if unknown:  # imported by a system before us, or our memory is lost
            actions = await ctx.hub.integration_actions(ORDER, remote_ids=unknown, status="success")
            of |= {action.remote_id: action.object_id for action in actions if action.remote_id}
        return cls(of, {number: claim.made_at for number, claim in claims.items() if number not in of})


async def lines_of(ctx: FlowContext, items: Sequence[OrderItem]) -> Mapping[int, tuple[str, ...]]:
    """The lines by which items are called: in our map, else what they were made with; those without are absent."""
    names = await ctx.store.identities_of(ctx.channel, ITEM, [item.pk for item in items])
    made = {item.pk: str(item.extra_field.get("id") or "") for item in items}
    called = {pk: tuple(name.remote_id for name in names.get(pk, ())) or (made[pk],) for pk in made}
    return {pk: lines for pk, lines in called.items() if any(lines)}


async def tell_hub(ctx: FlowContext, items: Sequence[OrderItem], names: Mapping[int, str]) -> None:
    """Have Omnitron call items as we do: in the item itself and in its integration action; equal names are not sent."""

    async def item(one: OrderItem) -> None:
        if one.pk in names and str(one.extra_field.get("id")) != names[one.pk]:
            await ctx.hub.patch_order_item(one.pk, {"extra_field": {**one.extra_field, "id": names[one.pk]}})

    async def action(one: IntegrationAction) -> None:
        if one.remote_id != names[one.object_id]:
            await ctx.hub.patch_action(one.pk, {"remote_id": names[one.object_id]})

    await limited(ctx.tuning.concurrency, item, items)
    await limited(ctx.tuning.concurrency, action, await ctx.hub.integration_actions(ITEM, object_ids=list(names)))
