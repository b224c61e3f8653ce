"""What the brand sells: categories as the market draws them, models, colours, sizes and prices."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from include.sandbox.fashfed.category_book import make_attribute
from include.sandbox.routing import Row

# Root category: its id at the market (spec section 2).
ROOTS = {
    "Kadın": "99ae4410-7631-452c-bfb0-b7d636ea95eb",
    "Erkek": "be6e5517-926f-40ad-9476-5c378adaf937",
    "Çocuk": "db3292d0-8b35-49cb-a612-b9241fc32c48",
    "Ev & Yaşam": "3cd2be5c-6274-4a7d-938d-8d404ac00c8a",
}
_LETTERS = "XS S M L XL XXL"
_SHOES = "36 37 38 39 40 41"
_MEN_SHOES = "40 41 42 43 44 45"
_AGES = "2-3 4-5 6-7 8-9 10-11 12-13"
_ONE = "STD"
# Root > branch > leaf: code, sizes, price from, price to.
TREE: dict[str, dict[str, dict[str, tuple[str, str, int, int]]]] = {
    "Kadın": {
        "Giyim": {
            "Elbise": ("ELB", _LETTERS, 799, 2499),
            "Bluz": ("BLZ", _LETTERS, 399, 999),
            "Kadın Gömlek": ("KGM", _LETTERS, 499, 1199),
            "Kazak": ("KZK", _LETTERS, 599, 1499),
            "Etek": ("ETK", _LETTERS, 449, 1099),
            "Trençkot": ("TRN", _LETTERS, 1999, 4499),
        },
        "Ayakkabı": {
            "Topuklu Ayakkabı": ("TPK", _SHOES, 899, 2299),
            "Kadın Bot": ("KBT", _SHOES, 1299, 2999),
            "Sandalet": ("SND", _SHOES, 599, 1599),
        },
        "Çanta & Aksesuar": {"Omuz Çantası": ("OCT", _ONE, 699, 2499), "Şal": ("SAL", _ONE, 249, 699)},
    },
    "Erkek": {
        "Giyim": {
            "Erkek Gömlek": ("EGM", _LETTERS, 499, 1299),
            "Tişört": ("TSR", _LETTERS, 249, 699),
            "Chino Pantolon": ("CHN", _LETTERS, 699, 1499),
            "Ceket": ("CKT", _LETTERS, 1499, 3999),
            "Şort": ("SRT", _LETTERS, 349, 799),
        },
        "Ayakkabı": {
            "Sneaker": ("SNK", _MEN_SHOES, 999, 2799),
            "Klasik Ayakkabı": ("KLS", _MEN_SHOES, 1299, 3299),
        },
    },
    "Çocuk": {
        "Kız Çocuk": {"Kız Çocuk Elbise": ("KCE", _AGES, 299, 799), "Tayt": ("TYT", _AGES, 149, 349)},
        "Erkek Çocuk": {"Eşofman Takımı": ("ESF", _AGES, 399, 899), "Çocuk Mont": ("CMN", _AGES, 699, 1499)},
        "Bebek": {"Tulum": ("TLM", "0-3 3-6 6-9 9-12", 249, 599)},
    },
    "Ev & Yaşam": {
        "Yatak Odası": {
            "Nevresim Takımı": ("NVR", "TEK ÇİFT", 699, 1999),
            "Yastık": ("YST", "50x70", 199, 499),
        },
        "Banyo": {"Havlu": ("HVL", "50x90 70x140", 149, 449), "Bornoz": ("BRN", "S/M L/XL", 599, 1299)},
    },
}
COLOURS = {
    "SYH": "Siyah",
    "BYZ": "Beyaz",
    "LAC": "Lacivert",
    "KRM": "Kırmızı",
    "YSL": "Yeşil",
    "BEJ": "Bej",
    "GRI": "Gri",
    "HKI": "Haki",
    "PDR": "Pudra",
    "MRD": "Mürdüm",
}
_FABRICS = {"PMK": "Pamuk", "KTN": "Keten", "VSK": "Viskon", "POL": "Polyester"}
_LEATHERS = {"DRI": "Hakiki Deri", "SNI": "Suni Deri", "SUE": "Süet"}
# Leaves with an attribute of their own: what they may be made of, and whether that must be said.
MATERIALS: dict[str, tuple[dict[str, str], bool]] = {
    "Elbise": (_FABRICS, False),
    "Kadın Gömlek": (_FABRICS, True),
    "Erkek Gömlek": (_FABRICS, True),
    "Ceket": ({**_FABRICS, "YUN": "Yün"}, True),
    "Topuklu Ayakkabı": (_LEATHERS, True),
    "Klasik Ayakkabı": (_LEATHERS, False),
    "Omuz Çantası": ({**_LEATHERS, "KNV": "Kanvas"}, True),
}
# A leaf without any attribute.
PLAIN = "Şal"
_SHOE_BRANCH = "Ayakkabı"
_STYLES = (
    *("Keten Karışımlı", "Pamuklu", "Çiçek Desenli", "Çizgili", "Oversize", "Slim Fit", "Organik", "Dantel Detaylı"),
    *("Işıltılı", "Nakışlı", "Kuşaklı", "Basic", "Şardonlu", "İnce Örgü"),
)


@dataclass(frozen=True, slots=True)
class Article:
    """One sellable unit before it becomes rows."""

    sku: str
    base_code: str
    name: str
    category: str
    colour: str
    size: str
    price: float
    retail_price: float
    material: str = ""


def category_id(*path: str) -> str:
    return ROOTS[path[0]] if len(path) == 1 else str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(path)))


def articles(rng: random.Random, first: int = 1000) -> Iterator[Article]:
    """Endless variants, model by model: base code, three colours each, all sizes."""
    leaves = [
        (category_id(root, branch, leaf), leaf, *facts)
        for root, branches in TREE.items()
        for branch, entries in branches.items()
        for leaf, facts in entries.items()
    ]
    number = first
    while True:
        for category, leaf, code, sizes, low, high in leaves:
            number += 1
            price = rng.randrange(low, high, 10) + 0.9
            retail = round(price * rng.choice((1.0, 1.15, 1.25, 1.4)), 2)
            name = f"{rng.choice(_STYLES)} {leaf}"
            choices = list(MATERIALS[leaf][0]) if leaf in MATERIALS else [""]
            base = f"{code}-{number}"
            material = choices[number % len(choices)]
            for colour in rng.sample(list(COLOURS), 3):
                for size in sizes.split():
                    full = f"{name} {COLOURS[colour]} {size}"
                    sku = f"{base}-{colour}-{size}"
                    yield Article(sku, base, full, category, colour, size, price, retail, material)


def category_tree() -> list[Row]:
    """The market's whole tree, as CTG101 shows it."""

    def node(*path: str) -> Row:
        parent = category_id(*path[:-1]) if len(path) > 1 else None
        return {"id": category_id(*path), "name": path[-1], "parent": parent}

    return [
        {
            **node(root),
            "children": [
                {**node(root, branch), "children": [node(root, branch, leaf) for leaf in leaves]}
                for branch, leaves in branches.items()
            ],
        }
        for root, branches in TREE.items()
    ]


def category_attributes() -> dict[str, list[Row]]:
    """Attributes of each leaf: colour, size and the days until it ships; of some also the material."""
    return {
        category_id(root, branch, leaf): _attributes(branch, leaf, sizes.split())
        for root, branches in TREE.items()
        for branch, leaves in branches.items()
        for leaf, (_, sizes, _, _) in leaves.items()
    }


def _attributes(branch: str, leaf: str, sizes: list[str]) -> list[Row]:
    if leaf == PLAIN:
        return []
    key = "SHOE_SIZE" if branch == _SHOE_BRANCH else "SIZE"
    attributes = [
        make_attribute("COLOR", "Renk", COLOURS, required=True, variant=True),
        make_attribute(key, "Beden", {size: size for size in sizes}, required=True, variant=True),
        make_attribute("ESTIMATED_SHIPPING_DURATION", "Tahmini Kargo Süresi", {}, kind="text"),
    ]
    if leaf in MATERIALS:
        values, required = MATERIALS[leaf]
        attributes.append(make_attribute("MATERIAL", "Materyal", values, required=required))
    return attributes


def market_values(definitions: list[Row], article: Article) -> Row:
    """An article's attributes as its category asks for them."""
    values = {"COLOR": article.colour, "SIZE": article.size, "SHOE_SIZE": article.size, "MATERIAL": article.material}
    return {row["key"]: values[row["key"]] for row in definitions if values.get(row["key"])}


def material_label(code: str) -> str:
    return {**_FABRICS, **_LEATHERS, "YUN": "Yün", "KNV": "Kanvas"}[code]
