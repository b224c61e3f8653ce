"""Everybody outside the connector: buyers, brand, warehouse, and the operator who puts mappings right."""

import json
import random
from typing import Any

from include.clients.transport import Request
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
        self._stranger = Stranger(sandbox)
        self.spoilt: set[str] = set()
        """SKUs that the market itself once refused, forgot or lost: these may be penalised."""
        self._market_spoils()
        self._watch_sales()

    def minute(self) -> None:
        """One minute of their lives; now and then a sale begins and everybody buys at once."""
        self._world.step(40 if self._rng.random() < 0.002 else 1)
        if self._rng.random() < 0.002:
            self.put_right()
        self._stranger.minute(self._rng)
        if self._rng.random() < 0.004:
            self._sandbox.fashfed.next_batches.append(self._rng.choice(("failed", "lost", "stuck", "incomplete")))
        if self._rng.random() < 0.002:
            sku = self._rng.choice(self._sandbox.skus_on_sale())
            self._sandbox.fashfed.refused_skus[sku] = "This offer is under review."
            self.spoilt.add(sku)

    def _market_spoils(self) -> None:
        """Note what the market does to batches on purpose."""
        market = self._sandbox.fashfed
        submit = market.submit

        def noted(kind: str, items: list[Row]) -> Row:
            if market.next_batches:
                self.spoilt |= {item["sku"] for item in items}
            return submit(kind, items)

        market.submit = noted  # type: ignore[method-assign]

    @property
    def alone(self) -> bool:
        """Whether no other program holds the content type of our stocks."""
        return self._stranger.batch is None

    def _watch_sales(self) -> None:
        """Note what is bought at the moment it is bought: in the next it may be cancelled."""
        market = self._sandbox.fashfed
        place_order = market.place_order

        def noted(*basket: Any, **facts: Any) -> list[Row]:
            packages = place_order(*basket, **facts)
            for package in packages:
                self._note(package)
            return packages

        market.place_order = noted  # type: ignore[method-assign]
        for package in market.packages.find("status", PREPARING):
            self._note(package)

    def _note(self, package: Row) -> None:
        items = self._sandbox.fashfed.items.find("package", package["number"])
        self.lines[package["number"]] = {item["number"]: dict(item) for item in items}

    def go_home(self) -> None:
        """Nobody does anything any more, and what was wrong has been put right."""
        self._stranger.leave()
        self._sandbox.fashfed.next_batches.clear()
        self.put_right()

    def put_right(self) -> None:
        """The operator maps what orders wait for, and the brand edits what the market refused."""
        hub = self._sandbox.omnitron
        for sku in self._sandbox.fashfed.refused_skus:
            self._sandbox.touch_stock(sku, self._sandbox.stock_row(sku)["stock"])
        self._sandbox.fashfed.refused_skus.clear()
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


class Stranger:
    """Another program that works on the same channel: now and then it has a stock in commit for some minutes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._minutes_left = 0
        self.batch: int | None = None

    def minute(self, rng: random.Random) -> None:
        """Take the content type, hold it, or let it go."""
        self._minutes_left -= 1
        if self.batch is None:
            if rng.random() < 0.003:
                self._take(rng)
        elif self._minutes_left <= 0:
            self.leave()

    def leave(self) -> None:
        """Let go of what is held."""
        if self.batch is not None:
            self._call("PATCH", f"batch_requests/{self.batch}", {"status": "fail"})
        self.batch = None

    def _take(self, rng: random.Random) -> None:
        stock = self._sandbox.stock_row(rng.choice(self._sandbox.skus_on_sale()))
        entry = {"pk": stock["pk"], "content_type": "productstock", "version_date": stock["modified_date"]}
        number = self._call("POST", "batch_requests", {})["pk"]
        body = {"status": "commit", "content_type": "productstock", "objects": [entry]}
        if "code" in self._call("PATCH", f"batch_requests/{number}", body):
            self._call("PATCH", f"batch_requests/{number}", {"status": "fail"})
            return
        self.batch, self._minutes_left = number, rng.randint(1, 15)

    def _call(self, method: str, resource: str, body: Row) -> Row:
        hub = self._sandbox.omnitron
        hub.tokens.add("stranger")
        url = f"{self._sandbox.urls['omnitron']}/api/v1/channel/{self._sandbox.channel_id}/{resource}/"
        request = Request(method, url, headers={"authorization": "Token stranger"}, body=json.dumps(body).encode())
        answer: Row = json.loads(self._sandbox.apps["omnitron"].dispatch(request).body)
        return answer
