"""What tests, benchmarks and people may ask of the running stand-ins and change in them (loopback only)."""

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from include.clients.transport import Request, Response
from include.sandbox.control_catalogue import CatalogueControl
from include.sandbox.fashfed import Line
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Row
from include.sandbox.sandbox import Sandbox
from include.sandbox.seed.buyers import make_address
from include.sandbox.seed.places import add_mapping
from include.sandbox.world import World


class Control:
    """The calls under /control/; each takes and gives a JSON object."""

    def __init__(self, sandbox: Sandbox, world: World) -> None:
        self.sandbox = sandbox
        self.world = world
        self._rng = random.Random("control")
        self._buyers: list[tuple[Row, Row | None]] = []
        self._calls: dict[tuple[str, str], Callable[[Row], Any]] = {
            ("GET", "state"): self.state,
            ("GET", "requests"): self.requests,
            ("POST", "requests"): self.reset_requests,
            ("GET", "faults"): self.faults,
            ("POST", "faults"): self.set_faults,
            ("POST", "world"): self.set_world,
            ("POST", "merchant"): self.let_merchant_work,
            ("POST", "flags"): self.set_flags,
            ("POST", "channel"): self.set_channel,
            ("GET", "orders"): self.orders,
            ("POST", "orders"): self.make_orders,
            ("GET", "stocks"): self.stock_differences,
            ("POST", "stocks"): self.touch_stocks,
            ("POST", "batches"): self.next_batches,
            ("POST", "mappings"): self.map_location,
            **CatalogueControl(sandbox).calls,
        }

    def dispatch(self, request: Request, name: str) -> Response:
        """Answer one call; a wrong one with 400 and what is wrong."""
        call = self._calls.get((request.method, name))
        if call is None:
            known = ", ".join(f"{method} {path}" for method, path in self._calls)
            return _json(404, {"detail": f"Known calls: {known}"})
        try:
            body = json.loads(request.body) if request.body else {}
            return _json(200, call(body))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            return _json(400, {"detail": f"{type(error).__name__}: {error}"})

    def state(self, _: Row) -> Row:
        """Counts of what is where."""
        hub, market = self.sandbox.omnitron, self.sandbox.fashfed
        self.sandbox.settle()
        return {
            "omnitron": hub_counts(hub),
            "fashfed": {
                "packages": len(market.packages),
                "packages_by_status": dict(Counter(str(row["status"]) for row in market.packages.rows.values())),
                "offers": len(market.offers),
                "products": len(market.products),
                "claims": len(market.claims),
                "batches": len(market.batches),
                "batches_pending": len(market.pending),
                "approvals_pending": len(market.approvals),
            },
            "stock_differences": len(self.sandbox.stock_differences()),
            "ignored_filters": {name: dict(app.ignored_filters) for name, app in self.sandbox.apps.items()},
            "world": {"running": self.world.running, "events": self.world.events},
        }

    def requests(self, _: Row) -> Row:
        """Requests since the last reset: all, per remote, and per method and path."""
        apps = self.sandbox.apps
        counts: Row = {"total": sum(app.requests for app in apps.values())}
        for name, app in apps.items():
            counts[name] = {"total": app.requests, "by_path": dict(app.counts)}
        return counts

    def reset_requests(self, body: Row) -> Row:
        counts = self.requests(body)
        for app in self.sandbox.apps.values():
            app.requests = 0
            app.counts.clear()
        return counts

    def faults(self, _: Row) -> list[Row]:
        names = ("kind", "remote", "method", "path", "probability", "every", "next", "matches", "strikes")
        return [{name: getattr(fault, name) for name in names} for fault in self.sandbox.faults.rules]

    def set_faults(self, body: Row) -> list[Row]:
        """``clear``; ``latency_ms`` for every call of both; ``add``: one rule or a list (fields of faults.Fault)."""
        faults = self.sandbox.faults
        if body.get("clear"):
            faults.clear()
        if "latency_ms" in body:
            faults.set_latency(float(body["latency_ms"]))
        rules = body.get("add", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            faults.add(**rule)
        return self.faults({})

    def set_world(self, body: Row) -> Row:
        """``running``: let things happen or stand still; ``steps``: let so many steps happen now."""
        self.world.running = bool(body.get("running", self.world.running))
        self.world.step(int(body.get("steps", 0)))
        return {"running": self.world.running, "events": self.world.events}

    def let_merchant_work(self, _: Row) -> Row:
        """The brand's people do all that waits for them: products into drawn categories, rules of the Mapper."""
        return {"done": self.world.merchant.work()}

    def set_flags(self, body: Row) -> Row:
        """Feature flags of the channel, by name."""
        channel = self.sandbox.omnitron.channel
        return self.set_channel({"conf": {"feature_flags": {**channel["conf"]["feature_flags"], **body}}})

    def set_channel(self, body: Row) -> Row:
        """Merge ``conf``; set ``is_active``."""
        hub = self.sandbox.omnitron
        conf = {**hub.channel["conf"], **body.get("conf", {})}
        hub.channel.update(
            conf=conf, is_active=body.get("is_active", hub.channel["is_active"]), modified_date=hub.now()
        )
        return hub.channel

    def orders(self, _: Row) -> Row:
        """Orders in the hub and packages at the market, with their lines, side by side."""
        hub, market = self.sandbox.omnitron, self.sandbox.fashfed
        shown = ("product", "price", "quantity", "status", "extra_field")
        names = ("number", "status", "amount", "shipping_amount", "extra_field")
        return {
            "omnitron": [
                {
                    **{name: order[name] for name in names},
                    "items": [
                        {name: item[name] for name in shown} for item in hub.order_items.find("order", order["pk"])
                    ],
                }
                for order in hub.orders.rows.values()
            ],
            "fashfed": [
                {
                    **{name: package[name] for name in ("number", "order_number", "status")},
                    "items": [
                        {name: item[name] for name in ("number", "product", "quantity", "price")}
                        for item in market.items.find("package", package["number"])
                    ],
                }
                for package in market.packages.rows.values()
            ],
        }

    def make_orders(self, body: Row) -> Row:
        """``count`` new packages that nothing is wrong with. Shares: ``several_parcels`` (of the orders),
        ``billing_differs``, ``repeat_buyers``; ``lines``: smallest and largest number per parcel."""
        left = int(body.get("count", 1))
        on_sale, offers = self.sandbox.skus_on_sale(), self.sandbox.fashfed.offers.rows
        skus = [sku for sku in on_sale if offers[sku]["stock"] > 0] or on_sale
        numbers: list[str] = []
        while left > 0:
            parcels = min(left, 2 if self._rng.random() < body.get("several_parcels", 0) else 1)
            shipping, billing = self._buyer(body)
            packages = self.sandbox.fashfed.place_order(self._basket(body, skus, parcels), shipping, billing)
            numbers += [package["number"] for package in packages]
            left -= parcels
        return {"packages": numbers}

    def _buyer(self, body: Row) -> tuple[Row, Row | None]:
        if self._buyers and self._rng.random() < body.get("repeat_buyers", 0):
            return self._rng.choice(self._buyers)
        shipping = make_address(self._rng)
        billing = None
        if self._rng.random() < body.get("billing_differs", 0):
            billing = {**make_address(self._rng, company=True), "email": shipping["email"]}
        self._buyers.append((shipping, billing))
        return shipping, billing

    def _basket(self, body: Row, skus: list[str], parcels: int) -> list[Line]:
        fewest, most = body.get("lines", (1, 2))
        offers = self.sandbox.fashfed.offers.rows
        return [
            Line(sku, price=offers[sku]["price"], retail_price=offers[sku]["retail_price"], parcel=parcel)
            for parcel in range(parcels)
            for sku in self._rng.choices(skus, k=self._rng.randint(fewest, most))
        ]

    def stock_differences(self, _: Row) -> list[Row]:
        """SKUs whose stock at the market is not what the hub has less the buffer."""
        self.sandbox.settle()
        return [
            {"sku": sku, "should": should, "fashfed": there} for sku, should, there in self.sandbox.stock_differences()
        ]

    def touch_stocks(self, body: Row) -> Row:
        """``count`` SKUs on sale get a stock whose value at the market will differ."""
        return {"skus": self.sandbox.touch_stocks(int(body.get("count", 1)))}

    def next_batches(self, body: Row) -> Row:
        """``next``: what becomes of the next market batches (failed, lost, stuck, incomplete);
        ``refuse``: SKU -> message."""
        market = self.sandbox.fashfed
        market.next_batches.extend(body.get("next", []))
        market.refused_skus.update(body.get("refuse", {}))
        return {"next": list(market.next_batches), "refuse": market.refused_skus}

    def map_location(self, body: Row) -> Row:
        """An operator maps what the market writes (``text``) to the township ``name`` of ``city``."""
        hub = self.sandbox.omnitron
        city = next(row for row in hub.cities.rows.values() if row["name"] == body["city"])
        township = next(row for row in hub.townships.find("city", city["pk"]) if row["name"] == body["name"])
        add_mapping(hub, "township", township["pk"], body["text"])
        return township


def hub_counts(hub: Omnitron) -> Row:
    lists = {"productstock": hub.catalog["stock_list"], "productprice": hub.catalog["price_list"], "product": "0"}
    return {
        "orders": len(hub.orders),
        "order_items": len(hub.order_items),
        "customers": len(hub.customers),
        "addresses": len(hub.addresses),
        "products": len(hub.products),
        "due": {
            f"{model} {kind}": len(hub.feeds.due(model, partition, kind).members)
            for model, partition in lists.items()
            for kind in ("inserts", "updates")
        },
        "batches": dict(Counter(batch["status"] for batch in hub.batches.rows.values())),
        "processing": sum(action.status == "processing" for action in hub.actions.by_pk.values()),
        "penalties": sum(row["is_active"] for row in hub.penalties.table.rows.values()),
        "error_reports": len(hub.error_reports),
        "location_reports": len(hub.location_reports),
        "logins": len(hub.logins),
    }


def _json(status: int, data: Any) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(data, ensure_ascii=False).encode())
