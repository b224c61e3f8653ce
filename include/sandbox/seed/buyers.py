"""Buyers and their orders at the market: private and company, several parcels, and a few that need a person."""

import random
from datetime import timedelta

from include.sandbox.fashfed import Fashfed, Line
from include.sandbox.fashfed.market import CANCELLED, DELIVERED, DELIVERY_FAILED, PREPARING, READY, SHIPPED
from include.sandbox.routing import Row
from include.sandbox.seed.places import DISTRICTS, MAPPED, TOWNSHIPS, UNKNOWN
from include.sandbox.timeline import milli

_FIRST = (
    *("Ayşe", "Fatma", "Işıl", "İrem", "Şeyma", "Gülşah", "Çağla", "Özge", "Ümran", "Nazlı", "Zeynep", "Elif"),
    *("Mehmet", "Çağrı", "Oğuz", "İbrahim", "Şükrü", "Ömer", "Ümit", "Yiğit", "Barış", "Görkem", "Kerem", "Doğan"),
)
_LAST = (
    *("Yılmaz", "Kaya", "Demir", "Şahin", "Çelik", "Yıldız", "Öztürk", "Aydın", "Özdemir", "Arslan", "Doğan"),
    *("Kılıç", "Çetin", "Koç", "Işık", "Güneş", "Ünal", "Şimşek", "İnan", "Ağaoğlu"),
)
_STREETS = (
    "Atatürk Cad.",
    "İstiklal Sok.",
    "Cumhuriyet Cad.",
    "Gül Sok.",
    "Şehit Ömer Sok.",
    "Çınar Cad.",
    "Işık Sok.",
)
_COMPANIES = ("Yıldız Tekstil A.Ş.", "Öz Güneş Ltd. Şti.", "Çınar Danışmanlık A.Ş.", "Işık Mimarlık Ltd. Şti.")
_OFFICES = ("Kadıköy", "Beşiktaş", "Şişli", "Çankaya", "Konak")
_ASCII = str.maketrans("çğıöşüÇĞİIÖŞÜ", "cgiosuCGIIOSU")
_CARRIERS = ("yurtici", "yurtici", "aras", "mng")
UNKNOWN_CARRIER = "kolay-gelsin"
UNKNOWN_SKU = "ESK-0001-SYH-M"
_ODD = {3: "township", 6: "carrier", 9: "sku"}
_HISTORY = (PREPARING, PREPARING, PREPARING, READY, SHIPPED, SHIPPED, DELIVERED, DELIVERED, DELIVERY_FAILED, CANCELLED)


def make_address(rng: random.Random, *, unknown: bool = False, company: bool = False) -> Row:
    """A shipping or billing address; ``unknown`` in a township that the hub does not have."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    city, township = rng.choice(UNKNOWN) if unknown else _place(rng)
    districts = DISTRICTS.get((city, township))
    plate = list(TOWNSHIPS).index(city) + 1
    mail = f"{first}.{last}{rng.randrange(10_000)}".translate(_ASCII).lower()
    address: Row = {
        "email": f"{mail}@example.com",
        "phone_number": f"+905{rng.randrange(300_000_000, 599_999_999)}",
        "first_name": first,
        "last_name": last,
        "country": "Türkiye",
        "country_code": "TR",
        "city": city,
        "township": township,
        "district": rng.choice(districts.split("|")) if districts else None,
        "line": f"{rng.choice(_STREETS)} No: {rng.randrange(1, 200)} D: {rng.randrange(1, 30)}",
        "postcode": f"{plate:02d}{rng.randrange(1000):03d}",
        "e_bill_taxpayer": False,
        "identity_number": str(rng.randrange(10_000_000_000, 99_999_999_999)),
        "notes": rng.choice((None, None, None, "Kapıcıya bırakabilirsiniz", "Zili çalmayın, bebek uyuyor")),
    }
    return {**address, **_company(rng)} if company else address


def _place(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.03:
        text = rng.choice(list(MAPPED))
        return MAPPED[text][0], text
    if rng.random() < 0.5:
        return rng.choice(list(DISTRICTS))
    city = rng.choice(list(TOWNSHIPS))
    return city, rng.choice(TOWNSHIPS[city].split())


def _company(rng: random.Random) -> Row:
    return {
        "company_name": rng.choice(_COMPANIES),
        "tax_office": rng.choice(_OFFICES),
        "tax_no": str(rng.randrange(1_000_000_000, 9_999_999_999)),
        "e_bill_taxpayer": rng.random() < 0.6,
        "identity_number": None,
    }


def make_lines(market: Fashfed, rng: random.Random, skus: list[str], parcels: int = 1) -> list[Line]:
    """One to three lines per parcel; some in more than one piece, some discounted."""
    lines = []
    for parcel in range(parcels):
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
            sku = rng.choice(skus)
            offer = market.offers.rows[sku]
            discount = round(offer["price"] * 0.1, 2) if rng.random() < 0.2 else 0.0
            name = market.products.find("sku", sku)[0]["name"]
            quantity = rng.choice((1, 1, 1, 1, 2, 3))
            lines.append(Line(sku, quantity, offer["price"], discount, name, offer["retail_price"], 10, parcel))
    return lines


def buy(market: Fashfed, rng: random.Random, skus: list[str], *, odd: str = "") -> list[Row]:
    """One buyer orders. ``odd``: township, carrier or sku for an order that needs a person."""
    parcels = rng.choice((1, 1, 1, 1, 1, 1, 2, 3))
    lines = make_lines(market, rng, skus, parcels)
    if odd == "sku":
        lines.append(Line(UNKNOWN_SKU, 1, 199.9, name="Eski Sezon Tişört Siyah M"))
    company = rng.random() < 0.2
    shipping = make_address(rng, unknown=odd == "township", company=company and rng.random() < 0.5)
    billing = {**make_address(rng, company=True), "email": shipping["email"]} if company else None
    carrier = UNKNOWN_CARRIER if odd == "carrier" else rng.choice(_CARRIERS)
    return market.place_order(
        lines, shipping, billing, carrier=carrier, shipping_amount=rng.choice((0, 29.9, 39.9, 49.9))
    )


def seed_packages(market: Fashfed, rng: random.Random, count: int) -> None:
    """``count`` packages, or two more, in all states: those in Preparing within the last hours, the others older.

    Of the orders in Preparing every twelfth has an unknown township, an unmapped carrier, an unknown SKU.
    """
    skus = list(market.offers.rows)
    before = {sku: offer["stock"] for sku, offer in market.offers.rows.items()}
    made = fresh = 0
    while skus and made < count:
        preparing = _HISTORY[made % len(_HISTORY)] == PREPARING
        fresh += preparing
        for package in buy(market, rng, skus, odd=_ODD.get(fresh % 12, "") if preparing else ""):
            _age(market, rng, package, _HISTORY[made % len(_HISTORY)])
            if package["status"] != PREPARING:
                market.before_us.add(package["number"])
            made += 1
    # What was sold long ago is in both stocks already.
    for sku, stock in before.items():
        market.offers.rows[sku]["stock"] = stock
    for package in market.packages.find("status", PREPARING):
        for item in market.items.find("package", package["number"]):
            market.take_stock(item["product"], item["quantity"])


def _age(market: Fashfed, rng: random.Random, package: Row, status: int) -> None:
    hours = rng.uniform(0.2, 6) if status == PREPARING else rng.uniform(8, 24 * 20)
    created = market.timeline.now() - timedelta(hours=hours)
    facts: Row = {}
    if status in (SHIPPED, DELIVERED, DELIVERY_FAILED):
        number = str(rng.randrange(7_700_000_000, 7_799_999_999))
        url = f"https://cargo.example.com/t/{number}"
        facts = {"tracking_number": number, "tracking_url": url, "shipped_date": milli(created + timedelta(hours=6))}
    market.move(package, status, **facts)
    package.update(created_at=milli(created), updated_at=milli(created + timedelta(hours=min(hours, 7) * 0.9)))
    market.orders.rows[package["order_number"]]["created_at"] = milli(created)
    for item in market.items.find("package", package["number"]):
        item.update(created_at=milli(created), updated_at=package["updated_at"])
