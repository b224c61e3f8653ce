"""Everybody outside the connector: buyers, brand, warehouse, and the operator who puts mappings right."""

import random
from typing import Any

from include.sandbox import Sandbox
from include.sandbox.fashfed.market import CANCELLED, PREPARING
from include.sandbox.seed.buyers import UNKNOWN_CARRIER, UNKNOWN_SKU
from include.sandbox.seed.catalogue import Article, add_article
from include.sandbox.seed.places import UNKNOWN
from include.sandbox.world import Rates, World

Row = dict[str, Any]


class People:
    """The living world, with a note of every package line that ever was, because cancelled ones disappear."""

    def __init__(self, sandbox: Sandbox, seed: int, rng: random.Random) -> None:
        busy = rng.choice((0.5, 1.0, 2.0))
        rates = Rates(orders=0.15 * busy, cancels=0.02, refunds=0.01, restocks=0.5, sales_elsewhere=0.7 * busy)
        self._sandbox = sandbox
        self._world = World(sandbox, seed=seed, rates=rates)
        self._rng = rng
        self.lines: dict[str, dict[str, Row]] = {}
        """Package -> line number -> the line as it was bought. Packages that were over before we began are not here."""
        self._noted = 0
        self._note()

    def minute(self) -> None:
        """One minute of their lives; now and then a sale begins and everybody buys at once."""
        self._world.step(40 if self._rng.random() < 0.002 else 1)
        self._note()
        if self._rng.random() < 0.002:
            self.put_right()

    def _note(self) -> None:
        market = self._sandbox.fashfed
        packages = list(market.packages.rows.values())
        for package in packages[self._noted :]:
            items = market.items.find("package", package["number"])
            if package["status"] == PREPARING:
                self.lines[package["number"]] = {item["number"]: dict(item) for item in items}
        self._noted = len(packages)

    def put_right(self) -> None:
        """The operator maps what orders wait for."""
        hub = self._sandbox.omnitron
        for city, text in UNKNOWN:
            city_pk = next(row["pk"] for row in hub.cities.rows.values() if row["name"] == city)
            township = hub.townships.find("city", city_pk)[0]
            codes = hub.location_codes["township"].setdefault(township["pk"], [])
            if (text, "sales_channel") not in codes:
                codes.append((text, "sales_channel"))
        hub.channel["conf"]["cargo_company_mapping"] |= {UNKNOWN_CARRIER: "4"}
        if not hub.products.find("sku", UNKNOWN_SKU):
            add_article(hub, Article(UNKNOWN_SKU, "ESK-0001", "Eski Sezon Tişört", "", "SYH", "M", 199.9, 199.9), 5)

    def live_lines(self, package: str) -> set[str]:
        """Lines that the market still shows."""
        return {item["number"] for item in self._sandbox.fashfed.items.find("package", package)}

    def is_cancelled(self, package: str) -> bool:
        return bool(self._sandbox.fashfed.packages.rows[package]["status"] == CANCELLED)
