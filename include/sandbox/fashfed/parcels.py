"""What buyers ordered: packages and their lines, how they move, split and shrink."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from include.sandbox.routing import Row
from include.sandbox.tables import Table
from include.sandbox.timeline import Timeline, milli

CANCELLED, PREPARING, READY, SHIPPED, DELIVERED, DELIVERY_FAILED = 1, 2, 3, 4, 5, 6
ADDRESS_FIELDS = (
    *("email", "phone_number", "first_name", "last_name", "country", "country_code", "city", "township", "district"),
    *("line", "postcode", "company_name", "tax_office", "tax_no", "e_bill_taxpayer", "identity_number", "notes"),
)
Group = list[tuple[Row, int]]
"""What becomes a package of its own: lines, and how many units of each."""


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


class ParcelBook:
    """Orders, packages and lines of one market.

    ``lines`` remembers every line that ever was, because cancelled and divided ones disappear: package, price, the line
    it was divided from (``parent``), and its discount at each quantity it has had.
    """

    offers: Table

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.orders = Table(key="number")
        self.packages = Table("status", "order_number", key="number")
        self.items = Table("package", key="number")
        self.lines: dict[str, Row] = {}
        # Packages out of which others were made.
        self.divided: set[str] = set()
        # (Package, its status, the status that was asked for) of updates that were refused.
        self.backward_attempts: list[tuple[str, int, int]] = []
        # Packages that were over before anybody could have read them as new: whether they are imported is open.
        self.before_us: set[str] = set()
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
        package = self._new_package(order["number"], addresses, carrier, order["currency"])
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
            self._add_item(package, facts)
        return package

    def _new_package(self, order_number: str, addresses: tuple[Row, Row], carrier: str | None, currency: str) -> Row:
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

    def _add_item(self, package: Row, facts: Row, parent: str | None = None) -> Row:
        number = f"{package['number']}-{len(self.items.find('package', package['number'])) + 1}"
        stamp = self.now()
        row = {**facts, "number": number, "package": package["number"], "created_at": stamp, "updated_at": stamp}
        kept = {name: row[name] for name in ("number", "package", "product", "price")}
        self.lines[number] = {**kept, "parent": parent, "discounts": {row["quantity"]: row["discount_amount"]}}
        return self.items.add(row)

    def move(self, package: Row, status: int, **changes: Any) -> Row:
        """Change a package and, with it, its items' status."""
        stamp = self.now()
        for item in self.items.find("package", package["number"]):
            self.items.change(item, status=status, updated_at=stamp)
        return self.packages.change(package, status=status, updated_at=stamp, **changes)

    def split(self, package: Row, groups: Sequence[Group]) -> list[Row]:
        """Each group leaves a preparing package and becomes a new one, by call or by hand in the seller's panel.

        Returns the new packages. Raises ValueError when the package cannot be split or nothing would stay in it.
        """
        if package["status"] != PREPARING:
            raise ValueError("Only a preparing package can be split.")
        left = {item["number"]: item["quantity"] for item in self.items.find("package", package["number"])}
        for item, quantity in (line for group in groups for line in group):
            if not 0 < quantity <= left.get(item["number"], 0):
                raise ValueError(f"Line {item['number']} is not in the package with this quantity.")
            left[item["number"]] -= quantity
        if not all(groups) or not any(left.values()):
            raise ValueError("Each new package needs a line, and at least one line must stay in the package.")
        parts = [self._part(package, group) for group in groups]
        self.divided.add(package["number"])
        self.packages.change(package, updated_at=self.now())
        return parts

    def _part(self, package: Row, group: Group) -> Row:
        addresses = (package["shipping_address"], package["billing_address"])
        part = self._new_package(package["order_number"], addresses, package["shipping_company"], package["currency"])
        for item, quantity in group:
            facts = {name: value for name, value in item.items() if name not in ("number", "package")}
            discount = self.take_units(item, quantity)
            self._add_item(part, {**facts, "quantity": quantity, "discount_amount": discount}, item["number"])
        return part

    def take_units(self, item: Row, quantity: int) -> float:
        """Units leave a line, and with the last of them the line. Returns their share of its discount."""
        whole: int = item["quantity"]
        cents: int = round(item["discount_amount"] * 100)
        share = cents * quantity // whole
        if quantity == whole:
            self.items.remove(item)
        else:
            rest = {"quantity": whole - quantity, "discount_amount": (cents - share) / 100}
            self.items.change(item, **rest, updated_at=self.now())
            self.lines[item["number"]]["discounts"][rest["quantity"]] = rest["discount_amount"]
        return share / 100
