"""Everybody outside the connector: buyers, brand, warehouse, and the operator who puts mappings right."""

import asyncio
import json
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

from include.clients.transport import Request
from include.sandbox import Sandbox
from include.sandbox.fashfed.market import CANCELLED, PREPARING
from include.sandbox.seed.assortment import Article
from include.sandbox.seed.buyers import UNKNOWN_CARRIER, UNKNOWN_SKU
from include.sandbox.seed.catalogue import add_article
from include.sandbox.seed.places import UNKNOWN
from include.sandbox.world import Rates, World
from tests.simulation.editors import Editors

Row = dict[str, Any]
_CATALOGUE = ("product", "price", "stock", "delete_product")
"""Flags that are switched off for a while."""


class People:
    """The living world, with a note of every package line that ever was, because cancelled ones disappear."""

    def __init__(self, sandbox: Sandbox, seed: int, rng: random.Random) -> None:
        busy = rng.choice((0.5, 1.0, 2.0))
        rates = Rates(orders=0.15 * busy, cancels=0.02, refunds=0.01, restocks=0.5, sales_elsewhere=0.7 * busy)
        rates = replace(rates, departures=0.03, returns=0.04, name_changes=0.05, image_changes=0.03)
        self.drifts = rng.random() < 0.5
        if self.drifts:
            rates = replace(rates, attribute_drift=0.005, category_changes=0.005)
        self._sandbox = sandbox
        self.editors = Editors(sandbox, rng)
        self._off: dict[str, float] = {}
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
        if self._rng.random() < 0.02:
            self.editors.spoil()
        if self._rng.random() < 0.01:
            self.editors.put_one_right()
        self._switch_flags()
        if self._rng.random() < 0.004:
            self._sandbox.fashfed.next_batches.append(self._rng.choice(("failed", "lost", "stuck", "incomplete")))

    def _switch_flags(self) -> None:
        """Seldom somebody switches a flow of the catalogue off, and on again some hours later."""
        flags = self._sandbox.omnitron.channel["conf"]["feature_flags"]
        for flag in _CATALOGUE:
            if flags[flag] and self._rng.random() < 0.0004:
                flags[flag] = False
                self._off[flag] = asyncio.get_running_loop().time()
            elif not flags[flag] and self._rng.random() < 0.01:
                self._switch_on(flag)

    def _switch_on(self, flag: str) -> None:
        self._sandbox.omnitron.channel["conf"]["feature_flags"][flag] = True
        self._off.pop(flag, None)

    def off_before(self, flag: str, moment: float) -> bool:
        """Whether the flag is off, and was so at that moment."""
        return self._off.get(flag, moment) < moment

    def meddled(self, sku: str) -> bool:
        """Whether somebody did something to the SKU for which it may be refused."""
        return sku in self.spoilt or sku in self.editors.ever or sku == UNKNOWN_SKU

    def excused(self, sku: str) -> bool:
        """The same, or categories and attributes change under all products."""
        return self.drifts or self.meddled(sku)

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
        for flag in _CATALOGUE:
            self._switch_on(flag)
        self.editors.put_all_right(but_some=True)
        self.put_right()

    def release_the_penalised(self) -> None:
        """An operator lets everything try again that is not wrong for good."""
        hub = self._sandbox.omnitron
        for penalty in list(hub.penalties.table.rows.values()):
            if self.sku_of(hub.type_model(penalty["content_type"]), penalty["object_id"]) not in self.editors.left:
                hub.penalties.remove(penalty)

    def merchant(self) -> None:
        """The brand's people follow what became of the categories."""
        self._world.merchant.work()

    def repair(self, overtaken: set[str]) -> None:
        """The brand edits SKUs of which the market has an older value than it was given last."""
        for sku in sorted(overtaken):
            stock, price = (self._sandbox.brand.row(model, sku) for model in ("productstock", "productprice"))
            if stock:
                self._sandbox.touch_stock(sku, stock["stock"] + 1)
            if price and sku not in self.editors.left:
                self._sandbox.brand.set_price(sku, price["price"], f"{Decimal(price['retail_price']) + 1:.2f}")

    def sku_of(self, model: str, pk: int) -> str:
        """The SKU that an object of the catalogue is about; nothing for one that is gone or of another kind."""
        hub = self._sandbox.omnitron
        if model == "integrationaction":
            action = hub.actions.by_pk.get(pk)
            return self.sku_of(action.model, action.object_id) if action else ""
        row = hub.object(model, pk) or {}
        product = row if model == "product" else hub.products.rows.get(row.get("product", 0), {})
        return str(product.get("sku", ""))

    def put_right(self) -> None:
        """The operator maps what orders wait for, and the brand edits what was wrong."""
        hub = self._sandbox.omnitron
        self.editors.put_all_right()
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
        rows = list(self._sandbox.omnitron.stocks.rows.values())
        stock = rng.choice(rows)
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
