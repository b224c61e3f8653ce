"""The rarer turns of an order's life in a living world: parts cancelled, packages split, invoices, decisions."""

import random

from include.sandbox.fashfed.claim_book import OPEN
from include.sandbox.fashfed.market import DELIVERED, PREPARING, READY
from include.sandbox.fashfed.parcels import Group
from include.sandbox.routing import Row
from include.sandbox.sandbox import Sandbox

_CARRIERS = ("yurtici", "aras", "mng")
_MOST_PLANS = 4
"""An order takes six plans (spec section 9); nobody here cancels so often that a person is needed."""


class OrderTurns:
    """One method per happening, named as in ``Rates``; each says whether it happened. Its randomness is its own."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self.rng = random.Random(f"orders {seed}")
        self._sandbox = sandbox
        self._hands = sandbox.hands

    def _pick(self, rows: list[Row]) -> Row | None:
        return self.rng.choice(rows) if rows else None

    def _reason(self, kind: str) -> str:
        reasons = self._sandbox.fashfed.reasons.rows.values()
        return self.rng.choice([str(row["id"]) for row in reasons if row["type"] == kind])

    def _line(self, status: int, *, fewest: int = 1) -> Row | None:
        """A line of a package in this status, with so many units at least."""
        market = self._sandbox.fashfed
        lines = (line for package in market.packages.find("status", status) for line in self._lines(package))
        return self._pick([line for line in lines if line["quantity"] >= fewest])

    def _lines(self, package: Row) -> list[Row]:
        return self._sandbox.fashfed.items.find("package", package["number"])

    # --- buyers ---------------------------------------------------------------------------------------------------
    def partial_cancels(self) -> bool:
        """A buyer cancels some units of a line."""
        line = self._line(PREPARING, fewest=2)
        if line is None or not self._cancellable(line):
            return False
        units = self.rng.randrange(1, line["quantity"])
        reason = self._reason("cancel")
        return bool(self._sandbox.fashfed.cancel_item(line, by=1, reason=reason, detail="Fazla aldım", quantity=units))

    def asked_cancels(self) -> bool:
        """A buyer asks to cancel a line; somebody decides later."""
        line = self._line(PREPARING)
        if line is None or not self._cancellable(line):
            return False
        reason = self._reason("cancel")
        return bool(self._sandbox.fashfed.ask_to_cancel(line, by=1, reason=reason, detail="İptal etmek istiyorum"))

    def _cancellable(self, line: Row) -> bool:
        hub, order = self._sandbox.omnitron, self._hands.order_of(line["package"])
        patient = order is None or len(hub.cancellation_plans.find("order", order["pk"])) < _MOST_PLANS
        claims = self._sandbox.fashfed.claims.find("package_item", line["number"])
        waiting = any(claim["status"] == "waiting" for claim in claims)
        return patient and not waiting and not self._hands.has_left(line["number"])

    def partial_refunds(self) -> bool:
        """A buyer sends some units of a delivered line back."""
        line = self._line(DELIVERED, fewest=2)
        if line is None or self._sandbox.fashfed.claims.find("package_item", line["number"]):
            return False
        units = self.rng.randrange(1, line["quantity"])
        reason = self._reason("refund")
        return bool(self._sandbox.fashfed.return_item(line, reason=reason, detail="Küçük geldi", quantity=units))

    # --- the brand ------------------------------------------------------------------------------------------------
    def erp_reports(self) -> bool:
        """The oldest orders that ERP does not know yet go there."""
        orders = self._sandbox.omnitron.orders.rows.values()
        order = next((order for order in orders if not order["is_send"]), None)
        if order:
            self._hands.report(order)
        return order is not None

    def seller_cancels(self) -> bool:
        """The brand cancels a line in Omnitron, seldom only some units of it."""
        line = self._line(PREPARING)
        items = self._hands.units_of(line["number"]) if line else []
        living = [item for item in items if 100 < int(item["status"]) < 500]
        if not line or not living or len(living) != line["quantity"] or not self._is_settled(line):
            return False
        some = len(living) > 1 and self.rng.random() < 0.15
        units = self.rng.randrange(1, len(living)) if some else len(living)
        return bool(self._hands.cancel(living[:units]))

    def _is_settled(self, line: Row) -> bool:
        """ERP knows its order, and no buyer is about to cancel the line."""
        order = self._hands.order_of(line["package"])
        return order is not None and bool(order["is_send"]) and self._cancellable(line)

    def plan_completions(self) -> bool:
        plan = self._pick(self._hands.open_plans())
        if plan:
            self._hands.complete_plan(plan)
        return plan is not None

    def invoices(self) -> bool:
        """An order gets its invoice, whatever of it lives."""
        hub = self._sandbox.omnitron
        orders = [order for order in hub.orders.rows.values() if order["is_send"] and not order["e_archive_url"]]
        order = self._pick([order for order in orders if int(order["status"]) > 100][:20])
        if order is None:
            return False
        living = [item for item in hub.order_items.find("order", order["pk"]) if int(item["status"]) > 100]
        self._hands.invoice(living, f"FTR{hub.timeline.now().year}{order['pk']:09d}")
        return True

    def refund_decisions(self) -> bool:
        """The brand decides about a return: step by step, at once, or against it."""
        hub = self._sandbox.omnitron
        approved = [row for row in hub.cancellation_requests.rows.values() if row["status"] == "approved"]
        request = self._pick([*self._hands.open_requests(), *approved])
        if request is None:
            return False
        first = self.rng.choice(("approved", "completed", "completed", "rejected"))
        decision = "completed" if request["status"] == "approved" else first
        for one in self._hands.requests_like(request):
            self._hands.decide(one, decision)
        return True

    # --- the marketplace ------------------------------------------------------------------------------------------
    def owner_decisions(self) -> bool:
        """The owner completes what was approved, answers buyers who ask to cancel, seldom decides a return himself."""
        claims, dice = self._sandbox.fashfed.claims, self.rng.random()
        approved = [claim for claim in claims.find("status", "approved") if claim["type"] == "refund"]
        waiting = [claim for status in OPEN for claim in claims.find("status", status)]
        claim = self._pick([*approved, *(claim for claim in waiting if claim["type"] == "cancel" or dice < 0.1)])
        if claim is None:
            return False
        self._sandbox.fashfed.decide_claim(claim, self._decision(claim), by_owner=claim["type"] == "refund")
        return True

    def _decision(self, claim: Row) -> str:
        if claim["status"] == "approved":
            return "completed"
        if claim["type"] == "refund":
            return self.rng.choice(("approved", "rejected"))
        # The owner asks the brand first, whose parcel may be on its way.
        has_left = self._hands.has_left(claim["package_item"])
        return "rejected" if has_left else self.rng.choice(("completed", "completed", "rejected"))

    def carrier_changes(self) -> bool:
        """Another carrier will take a parcel than the one that was named first."""
        market = self._sandbox.fashfed
        package = self._pick(market.packages.find("status", self.rng.choice((PREPARING, READY))))
        others = [slug for slug in _CARRIERS if package and slug != package["shipping_company"]]
        if not package or len(others) == len(_CARRIERS):
            return False
        market.packages.change(package, shipping_company=self.rng.choice(others), updated_at=market.now())
        return True

    # --- splits ---------------------------------------------------------------------------------------------------
    def panel_splits(self) -> bool:
        """Somebody divides a package in the seller's panel."""
        package = self._pick(self._sandbox.fashfed.packages.find("status", PREPARING))
        group = self._some_of(package) if package else []
        return package is not None and bool(group) and bool(self._sandbox.fashfed.split(package, [group]))

    def oms_splits(self) -> bool:
        """The OMS divides a package that the hub knows; the connector carries it out."""
        oms = self._sandbox.oms
        packages = self._sandbox.fashfed.packages.find("status", PREPARING) if oms.is_listened_to else []
        package = self._pick(packages)
        order = self._hands.order_of(package["number"]) if package else None
        if not package or not order or not self._hands.items_of(package["number"]):
            return False
        group = self._some_of(package)
        return bool(group) and bool(oms.split(order["number"], package["number"], [group]))

    def _some_of(self, package: Row) -> Group:
        """A line, or some units of one, of a package that holds more than that and on which both sides agree."""
        lines = self._lines(package)
        line = self._pick(lines)
        if (
            line is None
            or not all(self._is_known(row) for row in lines)
            or self._sandbox.oms.is_splitting(package["number"])
        ):
            return []
        some = line["quantity"] > 1 and (len(lines) == 1 or self.rng.random() < 0.5)
        if not some and len(lines) == 1:
            return []
        return [(line, self.rng.randrange(1, line["quantity"]) if some else line["quantity"])]

    def _is_known(self, line: Row) -> bool:
        """The hub has all units of the line, or has not heard of its order yet."""
        units = self._hands.units_of(line["number"])
        fresh = not units and self._sandbox.fashfed.lines[line["number"]]["parent"] is None
        return fresh or sum(int(item["status"]) > 100 for item in units) == line["quantity"]
