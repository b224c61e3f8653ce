"""A dry run says exactly what the next run does, and does nothing (issue: Dry run)."""

import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from include.clients.fashfed.adapter import on_the_wire
from include.errors import ConfigurationError
from include.flows.context import Tuning
from include.flows.registry import FLOWS
from include.mapping.price import price_fields
from include.mapping.products import Suggestion
from include.sandbox.brand import Brand
from include.sandbox.seed.assortment import category_id
from tests.unit.flows.catalog.shelf import brand, drawn_kit, skus
from tests.worldkit import Kit

PUSHES = ("product", "price", "stock", "delete_product")
BLOCKS, SEEDS = 8, 26
"""Worlds that are built, and seeds that each of them serves."""

Row = dict[str, Any]
Deed = Callable[[Brand, str, random.Random], object]


def _price(ours: Brand, sku: str) -> Decimal:
    row = ours.row("productprice", sku)
    return Decimal(row["price"]) if row else Decimal(100)


def _stock(ours: Brand, sku: str) -> int:
    row = ours.row("productstock", sku)
    return int(row["stock"]) if row else 9


def _raise_price(ours: Brand, sku: str, rng: random.Random) -> None:
    price = _price(ours, sku) * Decimal(rng.choice(("0.4", "0.95", "1.05", "3")))
    ours.set_price(sku, f"{price:.2f}", f"{price * 2:.2f}")


def _two_categories(ours: Brand, sku: str, _: random.Random) -> None:
    own = ours.product(sku)["attributes"]["kategori"]
    ours.set_categories(sku, own, category_id("Kadın", "Giyim", "Kazak"))


DEEDS: dict[str, Deed] = {
    "no stock": lambda ours, sku, _: ours.remove_stock(sku),
    "another stock": lambda ours, sku, rng: ours.set_stock(sku, rng.choice((0, 2, 3, 9, 70))),
    "the same stock": lambda ours, sku, _: ours.set_stock(sku, _stock(ours, sku)),
    "no price": lambda ours, sku, _: ours.remove_price(sku),
    "a price of zero": lambda ours, sku, _: ours.set_price(sku, "0.00"),
    "a price above the retail price": lambda ours, sku, _: ours.set_price(sku, "120.00", "80.00"),
    "another price": _raise_price,
    "the same price": lambda ours, sku, _: ours.set_price(sku, f"{_price(ours, sku):.2f}"),
    "no colour": lambda ours, sku, _: ours.set_attribute(sku, "renk"),
    "a colour that is not allowed": lambda ours, sku, _: ours.set_attribute(sku, "renk", "Neon"),
    "another colour": lambda ours, sku, rng: ours.set_attribute(sku, "renk", rng.choice(("Siyah", "Bej"))),
    "two categories": _two_categories,
    "no category": lambda ours, sku, _: ours.set_categories(sku),
    "no image": lambda ours, sku, _: ours.remove_images(sku),
    "another name": lambda ours, sku, rng: ours.change(sku, name=f"Yeni {rng.random()}"),
    "touched": lambda ours, sku, _: ours.change(sku),
    "gone": lambda ours, sku, _: ours.leave_catalogue(sku),
    "back": lambda ours, sku, _: ours.return_to_catalogue(sku),
}


@dataclass(slots=True)
class Outcome:
    """What was sent, refused and left because it is unchanged, each with its value or code."""

    send: set[tuple[str, str]] = field(default_factory=set)
    refuse: set[tuple[str, str]] = field(default_factory=set)
    unchanged: set[str] = field(default_factory=set)
    held: str = ""


async def _world(block: int) -> Kit:
    """On sale and agreed, but for some products that never were in the catalogue."""
    kit = await drawn_kit(size=18, seed=block, conf=_brakes(block))
    for sku in skus(kit)[::5]:
        brand(kit).leave_catalogue(sku)
    for flow in PUSHES:
        await kit.run(flow)
    await kit.later(minutes=1)
    return kit


def _copied(world: Kit) -> Kit:
    kit = copy.deepcopy(world)
    for remote in (kit.sandbox.omnitron, kit.sandbox.fashfed):
        remote.timeline.clock = kit.clock  # which a copy, like a saved state, lacks
    return kit


def _brakes(block: int) -> Row:
    """Some worlds hold back single changes, some whole runs."""
    single, whole = {"change_percent": 50}, {"zero_percent": 20, "share_percent": 40}
    brake = {0: {}, 1: single, 2: whole, 3: {**single, **whole}}[block % 4]
    return {"price_brake": brake, "stock_brake": brake} if brake else {}


def _disturb(kit: Kit, rng: random.Random) -> list[str]:
    ours, done = brand(kit), []
    for _ in range(rng.randint(1, 18)):
        name, sku = rng.choice(sorted(DEEDS)), rng.choice(skus(kit))
        DEEDS[name](ours, sku, rng)
        done.append(f"{sku}: {name}")
    if rng.random() < 0.2:
        name = rng.choice(("another stock", "another price"))
        done.append(f"all: {name}")
        for sku in skus(kit):
            DEEDS[name](ours, sku, rng)
    if rng.random() < 0.3:
        with_image = [sku for sku in skus(kit) if ours.product(sku)["productimage_set"]]
        sku = rng.choice(with_image)
        ours.change_image(sku)
        done.append(f"{sku}: another picture")
    return done


async def _planned(kit: Kit, flow: str, tuning: Tuning) -> Outcome:
    found = Outcome()
    try:
        await kit.run(flow, dry_run=True, run_id="dry", tuning=tuning)
    except ConfigurationError as error:
        found.held = error.code
    for row in await kit.store().findings("default", flow, run_id="dry"):
        match row.verdict:
            case "send":
                price = FLOWS[flow].content_type == "productprice"
                value = _amounts(on_the_wire(price_fields(row.value))) if price else row.value
                found.send.add((row.key, value))
            case "refuse":
                found.refuse.add((row.key, row.code or ""))
            case _:
                found.unchanged.add(row.key)
    return found


async def _done(kit: Kit, flow: str, tuning: Tuning) -> Outcome:
    found, before = Outcome(), len(kit.database.logs["default", flow])
    kit.wire.requests.clear()
    try:
        await kit.run(flow, "send", tuning=tuning)
    except ConfigurationError as error:
        found.held = error.code
    found.refuse = {
        (row.key, row.code or "") for row in kit.database.logs["default", flow][before:] if row.kind != "batchrequest"
    }
    found.send = {_as_sent(item) for body in kit.wire.bodies("POST", "/batch/") for item in body["items"]} | {
        _as_sent(item) for kind in ("stocks", "prices") for body in kit.wire.bodies("POST", f"/offers/{kind}/")
        for item in body["items"]
    }  # fmt: skip
    await kit.later(seconds=5)
    await kit.run(flow, "settle", tuning=tuning)
    found.unchanged = _told_as_done(kit, flow) - {key for key, _ in found.send}
    return found


def _as_sent(item: Row) -> tuple[str, str]:
    """The key and value of an item on the wire, as a plan names them."""
    if "name" in item:
        content = {name: value for name, value in item.items() if name != "offer"}
        return item["sku"], Suggestion(item["sku"], content, "", "").digest
    if "stock" in item:
        return item["sku"], str(item["stock"])
    return item["sku"], _amounts({name: value for name, value in item.items() if name != "sku"})


def _amounts(fields: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(fields.items()))


def _told_as_done(kit: Kit, flow: str) -> set[str]:
    """What Omnitron was told to be right at Fashfed."""
    told: set[str] = set()
    for request in kit.wire.requests:
        if request.method == "PATCH" and "/batch_requests/" in request.url:
            body = json.loads(request.body or b"{}")
            told |= {
                entry["remote_id"]
                for entry in (body.get("objects") or [] if body["status"] in ("done", "fail") else [])
                if entry["content_type"] == FLOWS[flow].content_type and not entry["failed_reason_type"]
            }
    return told


def _writes(kit: Kit) -> list[str]:
    """What was written to a remote; a login is not."""
    return [
        f"{request.method} {request.url}"
        for request in kit.wire.requests
        if request.method != "GET" and "/auth/login/" not in request.url
    ]


@pytest.mark.parametrize("block", range(BLOCKS))
async def test_a_dry_run_plans_exactly_what_the_next_run_does_and_writes_nothing(block: int) -> None:
    world = await _world(block)
    planned = 0
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        rng, kit = random.Random(f"dry run {seed}"), _copied(world)
        deeds = _disturb(kit, rng)
        for flow in rng.sample(PUSHES, len(PUSHES)):
            tuning = Tuning(feed_page=rng.choice((4, 100)), batch_objects=rng.choice((8, 300)))
            kit.wire.requests.clear()
            before = kit.sandbox.apps["omnitron"].requests
            plan = await _planned(kit, flow, tuning)
            assert kit.sandbox.apps["omnitron"].requests > before
            assert _writes(kit) == [], (seed, flow)
            done = await _done(kit, flow, tuning)
            if plan.held:  # the plan is kept for the person who is to let it pass
                assert (done.held, done.send) == (plan.held, set()), (seed, flow, deeds)
            else:
                assert plan == done, (seed, flow, deeds)
            planned += len(plan.send) + len(plan.refuse) + len(plan.unchanged)
    assert planned > SEEDS
