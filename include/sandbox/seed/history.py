"""The past month: packages that the system before us imported and that are over on both sides."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from include.sandbox.fashfed import Fashfed, Line
from include.sandbox.fashfed.market import CANCELLED, DELIVERED, SHIPPED
from include.sandbox.omnitron.cancellation_life import complete_plan, decide_request, open_plan
from include.sandbox.omnitron.cancellations import make_request
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.omnitron.orders import change_item
from include.sandbox.routing import Row
from include.sandbox.seed.buyers import make_address
from include.sandbox.seed.catalogue import agree
from include.sandbox.seed.imported import import_package

_OLDEST, _YOUNGEST = 29.5, 4.0
"""Days ago at which they were bought: the whole life of each lies in the past month."""
_FATES = ("delivered", "returned", "cancelled", "delivered", "returned in part", "delivered", "cancelled in part")
_CARRIERS = ("yurtici", "aras", "mng")


def seed_history(hub: Omnitron, market: Fashfed, seed: int, count: int) -> None:
    """``count`` packages. Neither stock moves: what was sold long ago is in both already."""
    rng = random.Random(f"history {seed}")
    products = [row for row in hub.products.rows.values() if hub.prices.find("product", row["pk"])]
    before = [(offer, offer["stock"], offer["updated_at"]) for offer in market.offers.rows.values()]
    made = 0
    while products and made < count:
        parcels = min(count - made, rng.choice((1, 1, 1, 1, 2)))
        past = _Past(hub, market, rng, timedelta(days=rng.uniform(_YOUNGEST, _OLDEST)))
        for package in past.order(products, parcels):
            past.live(package, _FATES[made % len(_FATES)])
            made += 1
    for offer, stock, updated_at in before:
        offer.update(stock=stock, updated_at=updated_at)


@dataclass(slots=True)
class _Past:
    """One order of so long ago, and what became of it. Each thing that happens is stamped when it did."""

    hub: Omnitron
    market: Fashfed
    rng: random.Random
    age: timedelta

    @contextmanager
    def _after(self, **span: float) -> Iterator[None]:
        """So long after the order was placed."""
        with ExitStack() as stack:
            for timeline in {self.hub.timeline, self.market.timeline}:
                stack.enter_context(timeline.earlier(self.age - timedelta(**span)))
            yield

    def order(self, products: list[Row], parcels: int) -> list[Row]:
        lines = [self._line(self.rng.choice(products), parcel) for parcel in range(parcels) for _ in range(2)]
        carrier, amount = self.rng.choice(_CARRIERS), self.rng.choice((0, 29.9, 39.9))
        with self._after():
            return self.market.place_order(lines, make_address(self.rng), carrier=carrier, shipping_amount=amount)

    def _line(self, product: Row, parcel: int) -> Line:
        price = float(self.hub.prices.find("product", product["pk"])[0]["price"])
        discount = round(price * 0.1, 2) if self.rng.random() < 0.3 else 0.0
        quantity = self.rng.choice((1, 1, 2, 3))
        return Line(product["sku"], quantity, price, discount, product["name"], price, 10, parcel)

    def live(self, package: Row, fate: str) -> None:
        """From its import on."""
        with self._after(minutes=5):
            order = import_package(self.hub, self.market, package)
        with self._after(hours=1):
            self.hub.touch("order", order, is_send=True)
        lines = self.market.items.find("package", package["number"])
        if fate == "cancelled":
            self._cancel(order, {line["number"]: line["quantity"] for line in lines})
        if fate == "cancelled in part":
            self._cancel(order, {lines[0]["number"]: 1})
        if package["status"] != CANCELLED:
            self._ship(package, order)
        if fate.startswith("returned"):
            self._return(lines if fate == "returned" else lines[:1])
        for model, rows in (("order", [order]), ("orderitem", self.hub.order_items.find("order", order["pk"]))):
            for row in rows:
                agree(self.hub, model, row, row["extra_field"]["id"])

    def _cancel(self, order: Row, quantities: dict[str, int]) -> None:
        """The buyer cancels so many units of lines; the hub carries it out some hours later."""
        with self._after(hours=3):
            for line, quantity in quantities.items():
                item = self.market.items.rows[line]
                self.market.cancel_item(
                    item, by=1, reason=self._reason("cancel"), detail="Vazgeçtim", quantity=quantity
                )
        reason = int(self.hub.channel["conf"]["cancellation_reason_id"])
        with self._after(hours=4):
            units = [pk for line, quantity in quantities.items() for pk in self._units(line)[:quantity]]
            plan = open_plan(self.hub, order, dict.fromkeys(units, reason))
        with self._after(hours=6):
            complete_plan(self.hub, plan)

    def _ship(self, package: Row, order: Row) -> None:
        """With an invoice of the brand; the market ships."""
        number, invoice = str(self.rng.randrange(7_600_000_000, 7_699_999_999)), f"FTR{order['pk']:013d}"
        url = f"https://earsiv.example.com/{invoice}.pdf"
        with self._after(days=1):
            date = self.market.now()
            tracked = {"tracking_number": number, "tracking_url": f"https://cargo.example.com/t/{number}"}
            facts = {"invoice_number": invoice, "invoice_date": date}
            self.market.move(package, SHIPPED, **tracked, **facts, shipped_date=date, e_archive_url=url)
            for item in self.market.items.find("package", package["number"]):
                self.market.items.change(item, tracking_number=number)
            for item in self._living(order):
                change_item(self.hub, item, status="500", tracking_number=number, **facts)
            self.hub.touch("order", order, e_archive_url=url)
        with self._after(days=2):
            self.market.move(package, DELIVERED, delivery_date=self.market.now())
            for item in self._living(order):
                change_item(self.hub, item, status="550", delivered_date=self.hub.now())

    def _return(self, lines: list[Row]) -> None:
        """A unit of each line comes back, and the brand pays."""
        why = int(self.hub.channel["conf"]["default_reason_id"])
        for line in lines:
            with self._after(days=3):
                claim = self.market.return_item(line, "waiting", reason=self._reason("refund"), quantity=1)
                asked = {"order_item": self._units(line["number"])[0], "reason": why, "cancellation_type": "refund"}
                request = make_request(self.hub, {**asked, "description": claim["detail"]})
            with self._after(days=3, hours=8):
                decide_request(self.hub, request, "completed")
                self.market.decide_claim(claim, "approved")
            with self._after(days=3, hours=12):
                self.market.decide_claim(claim, "completed")
            agree(self.hub, "cancellationrequest", request, claim["id"])

    def _units(self, line: str) -> list[int]:
        """The hub's items of a line."""
        return [action.object_id for action in self.hub.actions.with_remote([line])]

    def _living(self, order: Row) -> list[Row]:
        return [item for item in self.hub.order_items.find("order", order["pk"]) if int(item["status"]) > 100]

    def _reason(self, kind: str) -> str:
        return self.rng.choice([str(row["id"]) for row in self.market.reasons.rows.values() if row["type"] == kind])
