"""Orders, their items, cancellations and returns (api/omnitron.md sections 8 and 9)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

from include.clients.omnitron.calls import HubCalls
from include.clients.omnitron.schemas import (
    CancellationPlan,
    CancellationReason,
    CancellationRequest,
    Order,
    OrderItem,
)

CancellationType = Literal["cancel", "refund"]


class OrderCalls(HubCalls):
    """Everything about what was bought."""

    async def create_order(self, order: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Order:
        """Create an order with its items. Unsafe: after ``AnswerLost`` look with ``orders_by_number``."""
        return await self._create("create_orders", {"order": order, "order_item": items}, Order)

    async def orders_by_number(self, number: str) -> list[Order]:
        """Orders of this channel with exactly this number (there is at most one)."""
        found = await self._list("orders", Order, {"number": number, "channel_id": self.channel_id})
        return [order for order in found if order.number == number]

    async def orders(self, pks: Sequence[int]) -> list[Order]:
        """Orders by pk."""
        return await self._by_pk("orders", "pk__in", pks, Order, {}, size=50)

    def orders_by_change(self) -> AsyncIterator[list[Order]]:
        """Orders of this channel page by page, the last changed first (that the hub sorts so is inferred)."""
        return self._pages("orders", Order, {"channel_id": self.channel_id, "sort": "-modified_date"}, limit=100)

    async def order_items(self, order: int) -> list[OrderItem]:
        """The items of an order, oldest first."""
        return await self._list("order_items", OrderItem, {"order": order})

    async def order_item(self, pk: int) -> OrderItem:
        """One item as it is now."""
        return await self._get("order_items", pk, OrderItem)

    async def patch_order_item(self, pk: int, fields: Mapping[str, Any]) -> OrderItem:
        """Change status, invoice, tracking or ``extra_field`` of an item."""
        return await self._patch("order_items", pk, fields, OrderItem)

    async def order_shipping_info(self, order: int, number: str, shipping_company: str, *, is_send: bool) -> None:
        """Tell the hub who ships the order and whether we send the tracking data. Unsafe."""
        body = {
            "order": order,
            "order_number": number,
            "shipping_company": shipping_company,
            "is_send": is_send,
        }
        await self.session.call("POST", self._path("order_shipping_infos"), json=body, record=True)

    async def cancel_order(self, order: int, reasons: Mapping[int, int]) -> None:
        """Cancel items of an order; ``reasons`` maps item pk to reason pk. Unsafe: look at the items first."""
        body = {
            "order": order,
            "is_all": False,
            "cancel_items": list(reasons),
            "reasons": {str(item): reason for item, reason in reasons.items()},
            "forced_refund_amount": None,
            "is_cargo_refund": False,
        }
        await self.session.call("POST", self._path("orders", order, "cancel"), json=body, record=True)

    async def cancellation_reasons(self, kind: CancellationType) -> list[CancellationReason]:
        """The active reasons of a kind."""
        query = {"cancellation_type": kind, "is_active": True}
        return await self._list("cancellation_reasons", CancellationReason, query)

    async def create_cancellation_request(
        self, order_item: int, reason: int, kind: CancellationType, *, description: str, remote_id: str
    ) -> CancellationRequest:
        """Open a return request for one item. Unsafe: look for its integration action first."""
        body = {
            "order_item": order_item,
            "reason": reason,
            "cancellation_type": kind,
            "description": description,
            "remote_id": remote_id,
        }
        return await self._create("cancellation_requests", body, CancellationRequest)

    async def cancellation_request(self, pk: int) -> CancellationRequest:
        """One return request as it is now."""
        return await self._get("cancellation_requests", pk, CancellationRequest)

    async def cancellation_requests(self, **filters: str | int) -> list[CancellationRequest]:
        """Return requests by fields (for example ``order_item``)."""
        return await self._list("cancellation_requests", CancellationRequest, filters)

    def cancellation_plans(self, kind: CancellationType, *, sort: str = "id") -> AsyncIterator[list[CancellationPlan]]:
        """New or changed plans, page by page; nothing takes one out of this list (design.md section 13). ``sort`` is a
        field, with a minus for the largest first."""
        query = {"plan_type": kind, "sort": sort}
        return self._pages("cancellation_plans/inserts_or_updates", CancellationPlan, query, limit=100)

    async def cancellation_plan(self, pk: int) -> CancellationPlan:
        """One plan as it is now."""
        return await self._get("cancellation_plans", pk, CancellationPlan)
