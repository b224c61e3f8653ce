"""What Fashfed is to be told of changed orders, and telling it (reference/flows.md section 4.10)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from include.clients.omnitron.schemas import IntegrationAction, Order
from include.domain.batch import BatchItem, Fate
from include.errors import RecordFailed, Refused, RetryNow
from include.flows.apart import OUTAGES, look_up
from include.flows.context import FlowContext
from include.flows.delivery import failed
from include.flows.orders.order_parcels import parcels_of
from include.flows.suspicion import guilty
from include.mapping.package_updates import OVER, PackageUpdate, difference, package_updates, updates_value
from include.state.store import Sent
from include.together import limited

CONTENT_TYPE = "order"
REFUSED = "order_update_refused"

Due = list[tuple[PackageUpdate, dict[str, Any]]]
"""Packages, each with the fields that it does not show yet."""
Trouble = RetryNow | Refused


class UpdateDesk:
    """Changed orders of one run. An order keeps the name that Omnitron knows it by, that of its first package, also
    when it was split since."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._due: dict[int, Due] = {}
        self._agreed: list[Sent] = []

    async def prepare(self, orders: Sequence[Order]) -> list[BatchItem]:
        """One item an order: released where a package lacks something. An order that could not be asked for is left
        out, so that it comes again, until that has gone on for some runs."""
        ctx = self._ctx
        names = await self._names(orders)
        before = await ctx.store.sent(ctx.channel, CONTENT_TYPE, list(names.values()))
        answers = await limited(ctx.tuning.concurrency, partial(self._prepared, names, before), orders)
        if not ctx.dry_run:
            # what Fashfed shows already is not looked at again before it changes
            agreed, self._agreed = self._agreed, []
            await ctx.store.record_sent(ctx.channel, CONTENT_TYPE, agreed, now=ctx.clock.now())
        spoiled = [(item, trouble) for item, trouble in answers if trouble]
        return [item for item, trouble in answers if not trouble] + await self._blamed(spoiled, len(orders))

    async def call(self, items: Sequence[BatchItem]) -> None:
        """Tell the packages of prepared orders what they lack, each of them. Raises the first ``Refused``."""
        refusals = []
        for item in items:
            for update, fields in self._due.pop(item.pk):
                try:
                    await self._tell(update, fields)
                except Refused as refusal:
                    if update.number != item.key:
                        refusal.facts["detail"] = f"{refusal.facts.get('detail')} (package {update.number})"
                    refusals.append(refusal)
        if refusals:
            raise refusals[0]

    # --- preparing ----------------------------------------------------------------------------------------
    async def _names(self, orders: Sequence[Order]) -> dict[int, str]:
        actions, _ = await look_up(self._actions, [order.pk for order in orders])
        known = {action.object_id: action.remote_id for action in actions if action.remote_id}
        return {order.pk: known.get(order.pk) or str(order.extra_field.get("id") or order.number) for order in orders}

    async def _actions(self, pks: Sequence[int]) -> list[IntegrationAction]:
        return await self._ctx.hub.integration_actions(CONTENT_TYPE, object_ids=pks)

    async def _prepared(
        self, names: Mapping[int, str], before: Mapping[str, Sent], order: Order
    ) -> tuple[BatchItem, Trouble | None]:
        item = BatchItem(order.pk, CONTENT_TYPE, order.modified_date, names[order.pk])
        try:
            updates = await self._updates(order, item.key)
            item = replace(item, value=updates_value(updates))
            if not updates or (item.key in before and before[item.key].value == item.value):
                return replace(item, fate=Fate.UNCHANGED), None
            due = [(update, fields) for update in updates if (fields := await self._missing(order, update))]
        except RecordFailed as error:
            return failed(item, error), None
        except (RetryNow, Refused) as trouble:
            if trouble.code in OUTAGES:
                raise
            return item, trouble
        if not due:
            self._agreed.append(Sent(item.key, item.value, item.version))
            return replace(item, fate=Fate.UNCHANGED), None
        self._due[order.pk] = due
        return replace(item, text="; ".join(f"{update.number}: {', '.join(fields)}" for update, fields in due)), None

    async def _updates(self, order: Order, own: str) -> list[PackageUpdate]:
        parcels = await parcels_of(self._ctx, own, await self._ctx.hub.order_items(order.pk))
        settings = self._ctx.settings
        return package_updates(
            order, parcels, send_shipping_info=settings.send_shipping_info, waybill=settings.waybill_option
        )

    async def _missing(self, order: Order, update: PackageUpdate) -> dict[str, Any]:
        """What a package does not show yet. Raises ``RecordFailed`` (package_unknown)."""
        package = await self._ctx.market.package(update.number)
        if package is None:
            raise RecordFailed("package_unknown", number=update.number, order=order.number)
        if package.status in OVER:
            self._ctx.log.info(
                "Package %s is told nothing: it is cancelled or was not delivered at Fashfed", package.number
            )
        return difference(update, package)

    async def _blamed(self, spoiled: Sequence[tuple[BatchItem, Trouble]], all_of_them: int) -> list[BatchItem]:
        """Orders that could not be asked for: their own fault when it goes on. Raises what befell every one of them."""
        if spoiled and len(spoiled) == all_of_them:
            raise spoiled[0][1]
        troubled = [item.key for item, trouble in spoiled if isinstance(trouble, RetryNow)]
        blamed = await guilty(self._ctx, "order updates", troubled)
        return [
            failed(item, RecordFailed("record_unreadable", kind="Order", key=item.key, detail=trouble.message))
            for item, trouble in spoiled
            if isinstance(trouble, Refused) or item.key in blamed
        ]

    # --- telling ------------------------------------------------------------------------------------------
    async def _tell(self, update: PackageUpdate, fields: dict[str, Any]) -> None:
        try:
            await self._ctx.market.update_package(update.number, fields)
        except Refused:
            package = await self._ctx.market.package(update.number)
            left = difference(update, package) if package else fields
            if left == fields:
                raise
            # it has moved on since it was looked at
            if left:
                await self._ctx.market.update_package(update.number, left)
