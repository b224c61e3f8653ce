"""The state of the stand-in Fashfed: what buyers, the seller and the marketplace itself do to it."""

import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from include.sandbox.fashfed.approvals import Approvals
from include.sandbox.fashfed.category_book import CategoryBook
from include.sandbox.fashfed.processing import settle
from include.sandbox.routing import Call, Refusal, Row
from include.sandbox.tables import Table
from include.sandbox.timeline import Timeline, milli

CANCELLED, PREPARING, READY, SHIPPED, DELIVERED, DELIVERY_FAILED = 1, 2, 3, 4, 5, 6
ADDRESS_FIELDS = (
    *("email", "phone_number", "first_name", "last_name", "country", "country_code", "city", "township", "district"),
    *("line", "postcode", "company_name", "tax_office", "tax_no", "e_bill_taxpayer", "identity_number", "notes"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """What a buyer puts into the basket. Prices are numbers, as the market writes them."""

    sku: str
    quantity: int = 1
    price: float = 100.0
    discount: float = 0.0
    name: str = ""
    retail_price: float | None = None
    tax_rate: float = 10
    parcel: int = 0


class Fashfed(CategoryBook):
    """Tables of one marketplace as one seller sees it. Plain attributes, so that tests can read them."""

    def __init__(self, timeline: Timeline, *, processing_seconds: float = 1.0) -> None:
        super().__init__()
        self.timeline = timeline
        self.processing_seconds = processing_seconds
        self.tokens: set[str] = set()
        self.products = Table("sku", "base_code", key="id")
        self.offers = Table(key="sku")
        self.orders = Table(key="number")
        self.packages = Table("status", "order_number", key="number")
        self.items = Table("package", key="number")
        self.claims = Table("type", "status", key="id")
        self.reasons = Table(key="id")
        self.batches = Table(key="id", keep=20_000)
        self.pending: deque[str] = deque()
        # What becomes of the next batches: failed, lost, stuck or incomplete. Empty: they are processed.
        self.next_batches: deque[str] = deque()
        self.refused_skus: dict[str, str] = {}
        # How long the owner takes to decide about content (0: approved at once), and what he turns down: SKU -> why.
        self.approval_seconds = 0.0
        self.rejected_skus: dict[str, str] = {}
        self.approvals = Approvals()
        self._numbers = {"order": 4_200_000_000_000_000, "package": 3_100_000_000_000_000, "claim": 700_000}

    def now(self) -> str:
        return milli(self.timeline.now())

    def identity(self, kind: str, name: object) -> str:
        """A uuid that a replay finds again."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://fashfed/{kind}/{name}"))

    def number(self, kind: str) -> str:
        self._numbers[kind] += 1
        return str(self._numbers[kind])

    def place_order(
        self,
        lines: Sequence[Line],
        shipping: Row,
        billing: Row | None = None,
        *,
        carrier: str = "yurtici",
        shipping_amount: float = 39.9,
        currency: str = "TRY",
    ) -> list[Row]:
        """A buyer orders; lines with different ``parcel`` become packages of their own. Returns the packages."""
        order = self.orders.add(
            {
                "number": self.number("order"),
                "currency": currency,
                "shipping_amount": shipping_amount,
                "installment_interest_amount": 0,
                "created_at": self.now(),
            }
        )
        parcels: dict[int, list[Line]] = {}
        for line in lines:
            parcels.setdefault(line.parcel, []).append(line)
            self.take_stock(line.sku, line.quantity)
        addresses = (dict(shipping), dict(billing or shipping))
        return [self._pack(order, parcel, addresses, carrier) for parcel in parcels.values()]

    def take_stock(self, sku: str, quantity: int) -> None:
        """What is sold is no longer on offer."""
        offer = self.offers.rows.get(sku)
        if offer:
            offer.update(stock=max(0, offer["stock"] - quantity), updated_at=self.now())

    def _pack(self, order: Row, lines: Sequence[Line], addresses: tuple[Row, Row], carrier: str | None) -> Row:
        package = self.new_package(order["number"], addresses, carrier, order["currency"])
        for line in lines:
            facts = {
                "product": line.sku,
                "name": line.name or line.sku,
                "quantity": line.quantity,
                "price": line.price,
                "retail_price": line.retail_price or line.price,
                "discount_amount": line.discount,
                "tax_rate": line.tax_rate,
                "currency": order["currency"],
                "status": PREPARING,
                "tracking_number": None,
            }
            self.add_item(package, facts)
        return package

    def new_package(self, order_number: str, addresses: tuple[Row, Row], carrier: str | None, currency: str) -> Row:
        stamp = self.now()
        nothing = ("waybill_number", "tracking_number", "tracking_url", "shipped_date", "delivery_date")
        return self.packages.add(
            {
                "number": self.number("package"),
                "order_number": order_number,
                "status": PREPARING,
                "shipping_address": {name: addresses[0].get(name) for name in ADDRESS_FIELDS},
                "billing_address": {name: addresses[1].get(name) for name in ADDRESS_FIELDS},
                "currency": currency,
                "shipping_company": carrier,
                **dict.fromkeys((*nothing, "invoice_number", "invoice_date", "e_archive_url")),
                "created_at": stamp,
                "updated_at": stamp,
            }
        )

    def add_item(self, package: Row, facts: Row) -> Row:
        number = f"{package['number']}-{len(self.items.find('package', package['number'])) + 1}"
        stamp = self.now()
        row = {**facts, "number": number, "package": package["number"], "created_at": stamp, "updated_at": stamp}
        return self.items.add(row)

    def move(self, package: Row, status: int, **changes: Any) -> Row:
        """Change a package and, with it, its items' status."""
        stamp = self.now()
        for item in self.items.find("package", package["number"]):
            self.items.change(item, status=status, updated_at=stamp)
        return self.packages.change(package, status=status, updated_at=stamp, **changes)

    def cancel_item(self, item: Row, *, by: int, reason: str, detail: str = "") -> Row:
        """A line of a preparing package is cancelled (1 customer, 2 seller): it leaves the package, a claim stays."""
        package = self.packages.rows[item["package"]]
        claim = self.claim(item, "cancel", "completed", reason=reason, detail=detail, cancelled_by=by)
        self.items.remove(item)
        if self.items.find("package", package["number"]):
            self.packages.change(package, updated_at=self.now())
        else:
            self.move(package, CANCELLED)
        return claim

    def claim(self, item: Row, kind: str, status: str, *, reason: str, detail: str, cancelled_by: int | None) -> Row:
        number = self.number("claim")
        stamp = self.now()
        why = self.reasons.rows[reason]
        return self.claims.add(
            {
                "id": self.identity("claim", number),
                "package_item": item["number"],
                "product": item["product"],
                "reason": {name: why[name] for name in ("id", "subject", "translations")},
                "detail": detail,
                "return_code": f"R-{number}" if kind == "refund" else None,
                "return_tracking_number": None,
                "return_tracking_url": None,
                "type": kind,
                "status": status,
                "cancelled_by": cancelled_by,
                "created_at": stamp,
                "updated_at": stamp,
            }
        )

    def submit(self, kind: str, items: list[Row]) -> Row:
        """Queue a batch; its results come ``processing_seconds`` later."""
        now = self.timeline.now()
        fate = self.next_batches.popleft() if self.next_batches else ""
        batch = self.batches.add(
            {
                "id": self.identity("batch", self.number("claim")),
                "kind": kind,
                "status": "waiting",
                "items": [{"sku": item["sku"], "status": "waiting", "errors": {}} for item in items],
                "created_at": milli(now),
                "updated_at": milli(now),
                "_due": now + timedelta(seconds=self.processing_seconds),
                "_work": items,
                "_fate": fate,
            }
        )
        self.pending.append(batch["id"])
        settle(self)
        return batch


def guard(market: Fashfed, template: str, call: Call) -> None:
    """The fixed access token, bare or with a prefix (api/fashfed.md section 1); then let due batches take effect."""
    header = call.headers.get("authorization", "")
    token = header.removeprefix("Token ").removeprefix("Bearer ")
    if token not in market.tokens:
        detail = "Access token expired." if header else "Authentication credentials were not provided."
        code = "token_expired" if header else "not_authenticated"
        raise Refusal(401, {"detail": detail, "code": code})
    settle(market)
