"""What tests, benchmarks and people may ask of the running stand-ins and change in them (loopback only)."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from include.clients.transport import Request, Response
from include.sandbox.control_catalogue import CatalogueControl
from include.sandbox.control_hands import OrderHandsControl
from include.sandbox.control_orders import OrderControl
from include.sandbox.fashfed import Fashfed
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Row
from include.sandbox.sandbox import Sandbox
from include.sandbox.seed.places import add_mapping
from include.sandbox.timeline import micro
from include.sandbox.world import World


class Control:
    """The calls under /control/; each takes and gives a JSON object."""

    def __init__(self, sandbox: Sandbox, world: World) -> None:
        self.sandbox = sandbox
        self.world = world
        self._calls: dict[tuple[str, str], Callable[[Row], Any]] = {
            ("GET", "state"): self.state,
            ("GET", "error_reports"): self.error_reports,
            ("GET", "requests"): self.requests,
            ("POST", "requests"): self.reset_requests,
            ("GET", "faults"): self.faults,
            ("POST", "faults"): self.set_faults,
            ("POST", "world"): self.set_world,
            ("GET", "clock"): self.clock,
            ("POST", "clock"): self.jump,
            ("POST", "merchant"): self.let_merchant_work,
            ("POST", "flags"): self.set_flags,
            ("POST", "channel"): self.set_channel,
            ("GET", "stocks"): self.stock_differences,
            ("POST", "stocks"): self.touch_stocks,
            ("POST", "batches"): self.next_batches,
            ("POST", "mappings"): self.map_location,
            **CatalogueControl(sandbox).calls,
            **OrderControl(sandbox).calls,
            **OrderHandsControl(sandbox).calls,
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
            "oms": {
                "waiting": len(self.sandbox.oms.outbox),
                "answers": [list(one) for one in self.sandbox.oms.answers],
            },
            "world": {"running": self.world.running, "events": self.world.events},
        }

    def error_reports(self, _: Row) -> list[Row]:
        """What Omnitron was told of records that failed and of places that nobody has mapped."""
        hub = self.sandbox.omnitron
        return [*hub.error_reports.rows.values(), *hub.location_reports]

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

    def clock(self, _: Row) -> Row:
        """What time it is at both remotes, and how far that is ahead of the true time."""
        ahead = self.sandbox.omnitron.timeline.ahead
        now = {name: micro(remote.timeline.now()) for name, remote in self._remotes}
        return {**now, "ahead_hours": ahead.total_seconds() / 3600}

    def jump(self, body: Row) -> Row:
        """The clock of both jumps ahead by ``hours`` while the world goes on in so many ``steps``, else one for every
        five minutes. Nobody is served until it is over."""
        hours = float(body["hours"])
        self.world.jump(timedelta(hours=hours), int(body.get("steps", max(1, hours * 12))))
        return {**self.clock(body), "events": self.world.events}

    @property
    def _remotes(self) -> tuple[tuple[str, Omnitron], tuple[str, Fashfed]]:
        return ("omnitron", self.sandbox.omnitron), ("fashfed", self.sandbox.fashfed)

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
