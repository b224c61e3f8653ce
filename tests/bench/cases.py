"""What is measured: each case brings a channel in step, changes exactly what is to be measured, and runs its flow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from include.local.postgres import EmbeddedPostgres
from tests.bench.figures import Figures, Target
from tests.bench.rig import Rig, rig

QUICK, SLOW = 0, 20
"""Milliseconds added to each call."""
ORDER_MIX = {"several_parcels": 0.15, "billing_differs": 0.25, "repeat_buyers": 0.2, "lines": [1, 4]}
"""Shares of the measured orders; a buyer's lines are drawn between the two numbers."""
_ALL_ON_SALE = 1.0
_SETUP = ("category_node", "category_attributes", "default_attributes")
_MOST_IN_FRONT = 1.1
"""How many times the requests a run may need when others are in the penalty box (issue 3, "Penalty box")."""

Case = Callable[[EmbeddedPostgres], Iterator[Figures]]


def _values(flow: str, records: int, target: Target) -> Case:
    """Changed stocks or prices of SKUs on sale."""

    def measure(postgres: EmbeddedPostgres) -> Iterator[Figures]:
        for latency in (QUICK, SLOW):
            with rig(postgres, f"{flow}_{latency}", size=records + 1_000) as bench:
                bench.control.post("flags", {flow: True})
                bench.run(flow)  # what the seed left waiting goes out first
                bench.control.post(f"{flow}s", {"count": records})
                yield _measured(bench, flow, latency, {flow: {"updated": records}}, target)

    return measure


def get_orders(postgres: EmbeddedPostgres) -> Iterator[Figures]:
    """New packages."""
    for latency in (QUICK, SLOW):
        with rig(postgres, f"orders_{latency}", size=1_000) as bench:
            bench.control.post("orders", {"count": 1})
            bench.run("get_orders")  # what is older than the first order made here costs a look for a stranger's
            bench.control.post("orders", {"count": 1_000, **ORDER_MIX})
            yield _measured(bench, "get_orders", latency, {"get_orders": {"created": 1_000}}, Target(80_000, 40))


def product(postgres: EmbeddedPostgres) -> Iterator[Figures]:
    """New products, where Omnitron reads the categories of many at once and where it reads those of one only."""
    with _drawn(postgres, "product", size=10_000, on_sale=0) as bench:
        yield _measured(bench, "product", SLOW, {"product": {"updated": 10_000}}, Target(12_000, 150))
    with _drawn(postgres, "product_singly", size=5_000, on_sale=0) as bench:
        bench.control.post("abilities", {"bulk_categories": False})
        case, target = "product, categories one by one", Target(22_000, 150)
        yield _measured(bench, case, SLOW, {"product": {"updated": 5_000}}, target)


def resync(postgres: EmbeddedPostgres) -> Iterator[Figures]:
    """Every stock and every price of a large catalogue, by two processes at the same time, as Airflow runs them."""
    size = 100_000
    with rig(postgres, "resync", size=size, on_sale=_ALL_ON_SALE) as bench:
        bench.control.post("flags", {"stock": True, "price": True})
        for kind in ("stocks", "prices"):
            bench.control.post(kind, {"count": size})
        wanted = {"stock": {"updated": size}, "price": {"updated": size}}
        yield _measured(bench, "resync: stock and price", SLOW, wanted, Target(wall_seconds=120, peak_mb=250))


def _compared_catalogue(size: int, target: Target) -> Case:
    """Both sides of a whole catalogue, in which one stock in twenty waits to be sent."""

    def measure(postgres: EmbeddedPostgres) -> Iterator[Figures]:
        with rig(postgres, f"compare_{size}", size=size) as bench:
            bench.control.post("flags", {"stock": True, "price": True})
            yield _measured(bench, f"reconcile: {size:,} SKUs", SLOW, {"reconcile": {"read": size}}, target)

    return measure


def box_stock(postgres: EmbeddedPostgres) -> Iterator[Figures]:
    """Healthy stocks behind those that Fashfed refuses each time."""
    with rig(postgres, "box_stock", size=11_000, on_sale=_ALL_ON_SALE) as bench:
        skus = bench.control.post("stocks", {"count": 11_000})["skus"]
        bench.run("stock")
        failing, healthy = skus[:10_000], skus[10_000:]

        def change(stock: int, some: list[str]) -> None:
            bench.control.post("products", {"do": "set_stock", "skus": some, "stock": stock})

        change(700, healthy)
        before = _measured(bench, "stock, penalty box empty", SLOW, {"stock": {"updated": 1_000}}, Target())
        yield before
        bench.control.post("batches", {"refuse": dict.fromkeys(failing, "The SKU is blocked.")})
        change(500, failing)
        _expect(bench, "stock", failed=10_000)
        change(600, healthy)
        after = _measured(bench, "stock, 10,000 in the box", SLOW, {"stock": {"updated": 1_000}}, Target())
        yield _compared(before, after)


def box_product(postgres: EmbeddedPostgres) -> Iterator[Figures]:
    """Healthy products behind those that lack their stock."""
    with _drawn(postgres, "box_product", size=11_000, on_sale=_ALL_ON_SALE) as bench:
        skus = bench.control.post("stocks", {"count": 11_000})["skus"]
        failing, healthy = skus[:10_000], skus[10_000:]
        bench.run("product")

        def rename(name: str, some: list[str]) -> None:
            bench.control.post("products", {"do": "change", "skus": some, "name": name})

        rename("Yeni Gömlek", healthy)
        before = _measured(bench, "product, penalty box empty", SLOW, {"product": {"updated": 1_000}}, Target())
        yield before
        bench.control.post("products", {"do": "remove_stock", "skus": failing})
        rename("Stoksuz Gömlek", failing)
        _expect(bench, "product", failed=10_000)
        rename("Daha Yeni Gömlek", healthy)
        after = _measured(bench, "product, 10,000 in the box", SLOW, {"product": {"updated": 1_000}}, Target())
        yield _compared(before, after)


CASES: dict[str, Case] = {
    "stock": _values("stock", 10_000, Target(1_000, 1_500)),
    "price": _values("price", 10_000, Target(1_000, 1_500)),
    "get_orders": get_orders,
    "product": product,
    "resync": resync,
    "compare": _compared_catalogue(20_000, Target(300, wall_seconds=60, peak_mb=250)),
    "compare_large": _compared_catalogue(100_000, Target(300, wall_seconds=600, peak_mb=400)),
    "box_stock": box_stock,
    "box_product": box_product,
}


@contextmanager
def _drawn(postgres: EmbeddedPostgres, name: str, *, size: int, on_sale: float) -> Iterator[Rig]:
    """A rig whose categories and attributes are drawn, with the products in them and the Mapper's rules filled in."""
    with rig(postgres, name, size=size, on_sale=on_sale) as bench:
        bench.control.post("flags", {"product": True})
        for flow in _SETUP:
            bench.run(flow)
        bench.control.post("merchant")
        yield bench


def _expect(bench: Rig, flow: str, failed: int) -> None:
    """Run a flow outside the measurement until so many records have failed; a run may leave some to the next one."""
    bench.control.post("faults", {"latency_ms": 0})
    left = failed
    for _ in range(3):
        [done] = bench.run(flow)
        left -= done.report["counts"]["failed"]
        if not left:
            return
    raise RuntimeError(f"{flow}: {left} of {failed} records did not fail: {done.report}")


def _measured(bench: Rig, case: str, latency: int, wanted: dict[str, dict[str, int]], target: Target) -> Figures:
    """Run the flows side by side; what they did and what they asked for has to be what was wanted and was seen."""
    bench.control.post("faults", {"latency_ms": latency})
    bench.control.post("requests")
    before = bench.cpu_seconds()
    done = bench.run(*wanted)
    sandbox_cpu, database_cpu = (now - then for now, then in zip(bench.cpu_seconds(), before, strict=True))
    for flow, one in zip(wanted, done, strict=True):
        _check(flow, one.report, wanted[flow])
    counted, seen = sum(_requests(one.report) for one in done), bench.control.get("requests")["total"]
    if counted != seen:
        raise RuntimeError(f"{case}: {counted} requests counted here, {seen} there: {[one.report for one in done]}")
    line = Figures(
        case=case,
        latency_ms=latency,
        records=sum(sum(counts.values()) for counts in wanted.values()),
        seconds=max(one.report["seconds"] for one in done),
        wall_seconds=max(one.wall_seconds for one in done),
        client_cpu=sum(one.cpu_seconds for one in done),
        sandbox_cpu=sandbox_cpu,
        database_cpu=database_cpu,
        requests=counted,
        peak_mb=max(one.peak_mb for one in done),
    )
    return replace(line, missed=target.missed(line))


def _check(flow: str, report: dict[str, Any], wanted: dict[str, int]) -> None:
    """A benchmark of a run that did something else than asked is worth nothing."""
    for name, count in wanted.items():
        if report["counts"].get(name, 0) != count:
            raise RuntimeError(f"{flow}: {report['counts'].get(name, 0)} of {count} records were {name}: {report}")


def _requests(report: dict[str, Any]) -> int:
    return sum(report["requests"].values())


def _compared(before: Figures, after: Figures) -> Figures:
    """The second line of the same work, judged by the first."""
    requests, seconds = after.requests / before.requests, after.seconds / before.seconds
    missed = () if requests <= _MOST_IN_FRONT else (f"{requests:.2f} times the requests (at most {_MOST_IN_FRONT})",)
    note = f"{requests:.2f} times the requests and {seconds:.2f} times the seconds of the line above"
    return replace(after, missed=after.missed + missed, note=note)
