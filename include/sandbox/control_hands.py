"""What buyers, brand and marketplace owner do to orders, by hand, as the control endpoint offers it.

Packages and lines are called by their numbers at Fashfed. A wrong one is answered with what there is.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from include.sandbox.fashfed.claims import shown_claim
from include.sandbox.fashfed.market import CANCELLED, DELIVERED, READY, SHIPPED
from include.sandbox.routing import Row
from include.sandbox.sandbox import Sandbox

_STEPS = {"ready": READY, "shipped": SHIPPED, "delivered": DELIVERED}
_MOST_NAMED = 20


class OrderHandsControl:
    """Calls by method and name, as ``Control`` has them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._market = sandbox.fashfed
        self._hands = sandbox.hands
        self.calls: dict[tuple[str, str], Callable[[Row], Any]] = {
            ("POST", "cancels"): self.cancel,
            ("POST", "refunds"): self.refund,
            ("POST", "decisions"): self.decide,
            ("POST", "reports"): self.report,
            ("POST", "seller_cancels"): self.seller_cancel,
            ("POST", "plans"): self.end_plan,
            ("POST", "splits"): self.split,
            ("POST", "invoices"): self.invoice,
            ("POST", "ship"): self.ship,
        }

    # --- buyers ---------------------------------------------------------------------------------------------------
    def cancel(self, body: Row) -> Row:
        """A buyer cancels a ``line``, or a ``quantity`` of it. ``asks``: somebody has to decide about it first."""
        _require(body, ("line",), ("quantity", "asks", "reason"))
        do = self._market.ask_to_cancel if body.get("asks") else self._market.cancel_item
        reason = self._reason("cancel", body.get("reason"))
        return self._claim(do(self._line(body["line"]), by=1, reason=reason, quantity=body.get("quantity")))

    def refund(self, body: Row) -> Row:
        """A buyer sends back a delivered ``line``, or a ``quantity`` of it. ``status``: open (default) or waiting."""
        _require(body, ("line",), ("quantity", "status", "reason"))
        status = _one_of(("open", "waiting"), body.get("status", "open"))
        reason = self._reason("refund", body.get("reason"))
        line = self._line(body["line"])
        return self._claim(self._market.return_item(line, status, reason=reason, quantity=body.get("quantity")))

    # --- decisions ------------------------------------------------------------------------------------------------
    def decide(self, body: Row) -> Row:
        """Somebody decides about the newest claim of a ``line``, or a ``claim`` by its id at Fashfed: ``status``
        approved, completed or rejected. ``by`` the brand in Omnitron (default), or the marketplace owner at Fashfed,
        who also answers buyers who ask to cancel."""
        _require(body, ("status",), ("line", "claim", "by"))
        claims = self._market.claims
        newest = [row["id"] for row in claims.find("package_item", body.get("line", ""))][-1:]
        claim = _found(claims.rows, body.get("claim") or next(iter(newest), None), "claim")
        status = _one_of(("approved", "completed", "rejected"), body["status"])
        if _one_of(("brand", "owner"), body.get("by", "brand")) == "owner":
            return self._claim(self._market.decide_claim(claim, status, by_owner=claim["type"] == "refund"))
        hub = self._sandbox.omnitron
        linked = [one for one in hub.actions.with_remote([claim["id"]]) if one.model == "cancellationrequest"]
        if not linked:
            raise ValueError(f"Omnitron has no request for claim {claim['id']} yet")
        return self._hands.decide(hub.cancellation_requests.rows[linked[0].object_id], status)

    # --- the brand ------------------------------------------------------------------------------------------------
    def report(self, body: Row) -> Row:
        """The order of a ``package`` goes to ERP; before that it cannot be cancelled."""
        _require(body, ("package",), ())
        order = self._order(body["package"])
        self._hands.report(order)
        return order

    def seller_cancel(self, body: Row) -> Row:
        """The brand cancels a ``line`` in Omnitron, or so much ``quantity`` of it, for a ``reason`` (an id in Omnitron;
        default Send Cancel Reason ID). ``completes``: the plan is carried out at once."""
        _require(body, ("line",), ("quantity", "reason", "completes"))
        living = [item for item in self._units(body["line"]) if int(item["status"]) > 100]
        quantity = int(body.get("quantity", len(living)))
        if not 0 < quantity <= len(living):
            raise ValueError(f"line {body['line']} has {len(living)} living items in Omnitron, not {quantity}")
        plan = self._hands.cancel(living[:quantity], body.get("reason"))
        if body.get("completes"):
            self._hands.complete_plan(plan)
        return _shown(plan)

    def end_plan(self, body: Row) -> Row:
        """The back office carries a ``plan`` out or turns it down: ``status`` completed or rejected."""
        _require(body, ("plan", "status"), ())
        plan = _found(self._sandbox.omnitron.cancellation_plans.rows, body["plan"], "plan")
        ends = {"completed": self._hands.complete_plan, "rejected": self._hands.reject_plan}
        ends[_one_of(tuple(ends), body["status"])](plan)
        return _shown(plan)

    def invoice(self, body: Row) -> Row:
        """The order of a ``package`` gets an invoice: ``number``, and ``url`` in the e-archive."""
        _require(body, ("package", "number"), ("url",))
        self._hands.invoice(self._items(body["package"]), str(body["number"]), body.get("url"))
        return self._order(body["package"])

    def ship(self, body: Row) -> Row:
        """A ``package`` goes on: ``status`` ready, shipped (default) or delivered, with a ``tracking_number``. Where
        the brand ships (Send Shipping Info) in Omnitron, else at Fashfed, there also with another ``carrier``."""
        _require(body, ("package",), ("status", "tracking_number", "carrier"))
        package = _found(self._market.packages.rows, body["package"], "package")
        status = _one_of(tuple(_STEPS), body.get("status", "shipped"))
        tracking = str(body.get("tracking_number", f"77{package['number'][-8:]}"))
        if self._sandbox.omnitron.channel["conf"].get("send_shipping_info"):
            self._ship_in_hub(self._items(package["number"]), status, tracking)
            return self._order(package["number"])
        if not CANCELLED < package["status"] < _STEPS[status]:
            raise ValueError(f"package {package['number']} of status {package['status']} cannot be {status}")
        facts: Row = {"shipping_company": body.get("carrier", package["shipping_company"])}
        if status == "shipped":
            url = f"https://cargo.example.com/t/{tracking}"
            facts |= {"tracking_number": tracking, "tracking_url": url, "shipped_date": self._market.now()}
        return self._market.move(package, _STEPS[status], **facts)

    def _ship_in_hub(self, items: list[Row], status: str, tracking: str) -> None:
        if status == "shipped":
            self._hands.ship(items, tracking)
        elif status == "ready":
            self._hands.prepare(items)
        else:
            self._hands.deliver(items)

    # --- splits ---------------------------------------------------------------------------------------------------
    def split(self, body: Row) -> Row:
        """Somebody divides a ``package``: ``lines`` (line -> quantity) become a new one. ``by`` the seller's panel
        (default), or the OMS, which asks the connector to do it."""
        _require(body, ("package", "lines"), ("by",))
        package = _found(self._market.packages.rows, body["package"], "package")
        group = [(self._line(number), int(quantity)) for number, quantity in body["lines"].items()]
        if _one_of(("panel", "oms"), body.get("by", "panel")) == "panel":
            return {"packages": [part["number"] for part in self._market.split(package, [group])]}
        return self._sandbox.oms.split(self._order(package["number"])["number"], package["number"], [group])

    # --- finding --------------------------------------------------------------------------------------------------
    def _line(self, number: Any) -> Row:
        package = str(number).rpartition("-")[0]
        if package in self._market.packages.rows:
            return _found({row["number"]: row for row in self._market.items.find("package", package)}, number, "line")
        return _found(self._market.items.rows, number, "line")

    def _units(self, line: Any) -> list[Row]:
        units = self._hands.units_of(self._line(line)["number"])
        if not units:
            raise ValueError(f"Omnitron has no items of line {line} yet")
        return units

    def _order(self, package: Any) -> Row:
        _found(self._market.packages.rows, package, "package")
        order = self._hands.order_of(package)
        if order is None:
            raise ValueError(f"Omnitron has no order of package {package} yet")
        return order

    def _items(self, package: Any) -> list[Row]:
        self._order(package)
        items = [item for item in self._hands.items_of(package) if int(item["status"]) > 100]
        if not items:
            raise ValueError(f"package {package} has no living items in Omnitron")
        return items

    def _reason(self, kind: str, wanted: Any) -> str:
        reasons = {row["id"]: row for row in self._market.reasons.rows.values() if row["type"] == kind}
        return str(_found(reasons, wanted, "reason")["id"] if wanted else next(iter(reasons)))

    def _claim(self, claim: Row) -> Row:
        return shown_claim(self._market, claim)


def _require(body: Row, needed: Iterable[str], optional: Iterable[str]) -> None:
    missing, unknown = sorted(set(needed) - set(body)), sorted(set(body) - {*needed, *optional})
    if missing or unknown:
        words = f"needed: {', '.join(needed)}; also: {', '.join(optional) or 'nothing'}"
        raise ValueError(f"missing {missing}, unknown {unknown}; {words}")


def _found(rows: Mapping[Any, Row], key: Any, what: str) -> Row:
    if key not in rows:
        newest = ", ".join(str(name) for name in list(rows)[-_MOST_NAMED:])
        raise ValueError(f"no {what} {key!r}; known: {newest or 'none'}")
    return rows[key]


def _one_of(known: tuple[str, ...], word: str) -> str:
    if word not in known:
        raise ValueError(f"unknown {word!r}; known: {', '.join(known)}")
    return word


def _shown(plan: Row) -> Row:
    return {name: value for name, value in plan.items() if not name.startswith("_")}
