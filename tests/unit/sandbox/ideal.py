"""A connector without a network: it sees both stand-ins from inside and does at once what there is to do."""

from include.sandbox import Sandbox
from include.sandbox.fashfed.market import PREPARING
from include.sandbox.omnitron.cancellation_life import open_plan, why_not_cancelled
from include.sandbox.omnitron.orders import change_item
from include.sandbox.routing import Row
from include.sandbox.seed.catalogue import agree
from include.sandbox.seed.imported import import_package

_HUB_STATUS = {4: "500", 5: "550"}


class IdealConnector:
    """``sync`` makes both sides equal as far as the facts allow. ``odd``: packages that need a person."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._hub, self._market, self._hands = sandbox.omnitron, sandbox.fashfed, sandbox.hands
        self.odd: set[str] = set()

    def sync(self) -> None:
        for package in list(self._market.packages.rows.values()):
            if package["number"] not in self.odd:
                self._know(package)
        for line in self._market.lines:
            self._cancel(line)
        for package in list(self._market.packages.rows.values()):
            self._progress(package)
        for claim in self._market.claims.find("type", "refund"):
            self._return(claim)
        while self._sandbox.oms.outbox:
            self._split(self._sandbox.oms.outbox[0])

    def _know(self, package: Row) -> None:
        lines = self._market.items.find("package", package["number"])
        for line in lines:
            parent = self._market.lines[line["number"]]["parent"]
            if parent and not self._hands.units_of(line["number"]):
                for item in self._spare_units(parent)[: line["quantity"]]:
                    action = self._hub.actions.get("orderitem", item["pk"])
                    assert action
                    self._hub.actions.set_remote(action, line["number"])
        if lines and package["status"] == PREPARING and not self._hands.order_of(package["number"]):
            try:
                import_package(self._hub, self._market, package)
            except LookupError:
                self.odd.add(package["number"])

    def _spare_units(self, line: str) -> list[Row]:
        """Living units that the line no longer has at the market."""
        living = [item for item in self._hands.units_of(line) if int(item["status"]) > 100]
        return living[self._market.items.rows.get(line, {"quantity": 0})["quantity"] :]

    def _cancel(self, line: str) -> None:
        """What a buyer cancelled is cancelled in the hub, what the brand cancelled as a whole at the market."""
        item, units = self._market.items.rows.get(line), self._hands.units_of(line)
        living = [unit for unit in units if int(unit["status"]) > 100]
        spare = self._spare_units(line)
        if spare:
            order = self._hub.orders.rows[spare[0]["order"]]
            if not any(why_not_cancelled(order, unit) for unit in spare):
                open_plan(self._hub, order, dict.fromkeys((unit["pk"] for unit in spare), 4))
        elif item and units and not living:
            reason = next(row["id"] for row in self._market.reasons.rows.values() if row["type"] == "cancel")
            self._market.cancel_item(item, by=2, reason=reason)

    def _progress(self, package: Row) -> None:
        units = [item for item in self._hands.items_of(package["number"]) if int(item["status"]) > 100]
        if not units:
            return
        if self._hub.channel["conf"]["send_shipping_info"]:
            slowest = min(int(item["status"]) for item in units)
            status = 5 if slowest >= 550 else 4 if slowest >= 500 else package["status"]
            if status > package["status"]:
                self._market.move(package, status)
        else:
            for item in units:
                if int(_HUB_STATUS.get(package["status"], "0")) > int(item["status"]):
                    change_item(self._hub, item, status=_HUB_STATUS[package["status"]])
        if units[0]["invoice_number"] != package["invoice_number"]:
            self._market.packages.change(package, invoice_number=units[0]["invoice_number"])

    def _return(self, claim: Row) -> None:
        actions = [one for one in self._hub.actions.with_remote([claim["id"]]) if one.model == "cancellationrequest"]
        undecided = claim["status"] in ("open", "waiting")
        free = [item for item in self._hands.units_of(claim["package_item"]) if self._is_free(item)]
        if undecided and not actions and free:
            facts = {"order_item": free[0]["pk"], "reason": 7, "cancellation_type": "refund", "status": "waiting"}
            request = self._hub.create("cancellationrequest", facts | {"description": claim["id"]})
            agree(self._hub, "cancellationrequest", request, claim["id"])
        for action in actions:
            decided = self._hub.cancellation_requests.rows[action.object_id]["status"]
            if undecided and decided != "waiting":
                self._market.decide_claim(claim, "rejected" if decided == "rejected" else "approved")

    def _is_free(self, item: Row) -> bool:
        asked = self._hub.cancellation_requests.find("order_item", item["pk"])
        return item["status"] == "550" and all(request["status"] == "rejected" for request in asked)

    def _split(self, event: Row) -> None:
        payload, items = event["payload"], self._market.items.rows
        groups = [
            [(items.get(line["item_id"]), line["quantity"]) for line in group["items"]] for group in payload["packages"]
        ]
        package = self._market.packages.rows[payload["package_number"]]
        try:
            if all(line for group in groups for line, _ in group):
                self._market.split(package, groups)  # type: ignore[arg-type]
            self._sandbox.oms.answered(event, 202)
        except ValueError:
            self._sandbox.oms.answered(event, 409)
