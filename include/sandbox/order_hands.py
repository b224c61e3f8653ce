"""The hands of the brand on orders in Omnitron: back office, warehouse and customer service."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from include.sandbox.omnitron import cancellation_life as life
from include.sandbox.omnitron.orders import change_item
from include.sandbox.routing import Row

if TYPE_CHECKING:
    from include.sandbox.fashfed import Fashfed
    from include.sandbox.omnitron.hub import Omnitron


class OrderHands:
    """Works on the hub's orders as people in Omnitron do. What the hub would refuse raises ValueError."""

    def __init__(self, hub: "Omnitron", market: "Fashfed") -> None:
        self._hub = hub
        self._market = market

    # --- finding --------------------------------------------------------------------------------------------------
    def line_of(self, item: Row) -> str:
        """The market's number of the line that an item is a unit of: as its action says, else as it was made."""
        action = self._hub.actions.get("orderitem", item["pk"])
        return str((action and action.remote_id) or item["extra_field"].get("id"))

    def units_of(self, line: str) -> list[Row]:
        """The items that are units of a line of the market. They may be without an action, or not be there yet."""
        hub = self._hub
        named = [action for action in hub.actions.with_remote([line]) if action.model == "orderitem"]
        if named:
            return [hub.order_items.rows[action.object_id] for action in named]
        order = self.order_of(self._market.lines[line]["package"])
        items = hub.order_items.find("order", order["pk"]) if order else []
        return [item for item in items if self.line_of(item) == line]

    def order_of(self, package: str) -> Row | None:
        """The order that holds a package: its own, or after a split the one of the package it came out of."""
        hub = self._hub
        actions = [action for action in hub.actions.with_remote([package]) if action.model == "order"]
        if actions:
            return hub.orders.rows[actions[0].object_id]
        lines = [item["number"] for item in self._market.items.find("package", package)]
        for action in hub.actions.with_remote(lines):
            if action.model == "orderitem":
                return hub.orders.rows[hub.order_items.rows[action.object_id]["order"]]
        return None

    def items_of(self, package: str) -> list[Row]:
        """The items in the hub that a package holds."""
        lines = (item["number"] for item in self._market.items.find("package", package))
        return [item for line in lines for item in self.units_of(line)]

    def has_left(self, line: str) -> bool:
        """Whether the hub has a unit of the line on its way already."""
        return any(int(item["status"]) >= 500 for item in self.units_of(line))

    def agrees(self, package: str) -> bool:
        """Whether nothing in the package is cancelled or divided on one side only, as far as the hub knows it."""
        for line in self._market.items.find("package", package):
            units = self.units_of(line["number"])
            if units and not 0 < sum(int(item["status"]) > 100 for item in units) <= line["quantity"]:
                return False
        return True

    def open_requests(self) -> list[Row]:
        """Return requests about which nobody has decided yet."""
        rows = self._hub.cancellation_requests.rows.values()
        return [request for request in rows if request["status"] in life.OPEN_REQUEST]

    def requests_like(self, request: Row) -> list[Row]:
        """The requests of the same return in the same state: one for each unit that comes back."""
        rows = self._hub.cancellation_requests.rows.values()
        return [row for row in rows if all(row[name] == request[name] for name in ("description", "status"))]

    def open_plans(self) -> list[Row]:
        return [plan for plan in self._hub.cancellation_plans.rows.values() if plan["status"] == "waiting"]

    # --- acting ---------------------------------------------------------------------------------------------------
    def report(self, order: Row) -> None:
        """The order goes to ERP; before that it cannot be cancelled."""
        self._hub.touch("order", order, is_send=True)

    def cancel(self, items: Iterable[Row], reason: int | None = None) -> Row:
        """The brand cancels items of one order: a plan waits for them. Without a reason it is Send Cancel Reason ID."""
        hub, chosen = self._hub, list(items)
        order = hub.orders.rows[chosen[0]["order"]]
        for item in chosen:
            refusal = life.why_not_cancelled(order, item)
            if refusal or item["order"] != order["pk"]:
                raise ValueError(refusal or "The items are of several orders.")
        why = int(hub.channel["conf"]["send_cancel_reason_id"]) if reason is None else reason
        return life.open_plan(hub, order, dict.fromkeys((item["pk"] for item in chosen), why))

    def complete_plan(self, plan: Row) -> None:
        life.complete_plan(self._hub, plan)

    def reject_plan(self, plan: Row) -> None:
        life.reject_plan(self._hub, plan)

    def decide(self, request: Row, status: str) -> Row:
        """A return request becomes approved, completed (its item is then refunded) or rejected."""
        return life.decide_request(self._hub, request, status)

    def invoice(self, items: Iterable[Row], number: str, url: str | None = None, date: str | None = None) -> None:
        """Invoice number and date on the items, the e-archive link on their order."""
        hub, chosen = self._hub, list(items)
        for item in chosen:
            change_item(hub, item, invoice_number=number, invoice_date=date or hub.now())
        order = hub.orders.rows[chosen[0]["order"]]
        hub.touch("order", order, e_archive_url=url or f"https://earsiv.example.com/{number}.pdf")

    def prepare(self, items: Iterable[Row]) -> None:
        self._move(items, "450")

    def ship(self, items: Iterable[Row], tracking_number: str, status: str = "500") -> None:
        """The warehouse hands items that live to a carrier (setting Send Shipping Info: the brand ships)."""
        facts = {"tracking_number": tracking_number, "tracking_url": f"https://cargo.example.com/t/{tracking_number}"}
        self._move(items, status, **facts)

    def deliver(self, items: Iterable[Row]) -> None:
        self._move(items, "550", delivered_date=self._hub.now())

    def _move(self, items: Iterable[Row], status: str, **facts: str) -> None:
        for item in items:
            if 100 < int(item["status"]) < int(status):
                change_item(self._hub, item, status=status, **facts)
