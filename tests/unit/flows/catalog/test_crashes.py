"""The flows of the catalogue, killed at every place where they wait (design.md section 6.2)."""

import copy
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from include.domain.batch import OPEN
from tests.unit.flows.catalog.shelf import brand, drawn_kit, skus
from tests.worldkit import Kit

FLOWS = ("product", "price", "delete_product")
STRIDE = {"product": 3, "price": 1, "delete_product": 1}
"""Of a long run every so many places are tried; ``make simulate`` tries the others."""
Death = dict[str, Any]


async def _world(flow: str) -> Kit:
    """A deployment at rest, and then work for one flow: each kind of it."""
    kit = await drawn_kit(size=10)
    ours, names = brand(kit), skus(kit)
    for sku in names[:2]:
        ours.leave_catalogue(sku)
    for other in ("product", "price", "stock", "delete_product"):
        await kit.run(other)
    await kit.later(minutes=1)
    if flow == "product":
        for sku in names[:2]:
            ours.return_to_catalogue(sku)
        for sku in names[3:5]:
            ours.change(sku, name=f"Yeni {sku}")
        ours.change_image(names[6])
    elif flow == "price":
        for number, sku in enumerate(names[3:7]):
            ours.set_price(sku, f"{100 + number}.50", "900.00")
    else:
        for sku in names[4:7]:
            ours.leave_catalogue(sku)
    kit.wire.requests.clear()
    return kit


def _copied(world: Kit) -> Kit:
    kit = copy.deepcopy(world)
    for remote in (kit.sandbox.omnitron, kit.sandbox.fashfed):
        remote.timeline.clock = kit.clock  # which a copy, like a saved state, lacks
    return kit


async def _dies_and_recovers(world: Kit, flow: str, death: Death) -> bool:
    """Whether the run died; two more runs have then put everything right."""
    kit = _copied(world)
    killed = await kit.run_and_die(flow, **death)
    await kit.later(minutes=41)
    for _ in range(2):
        await kit.run(flow)
    await kit.later(seconds=5)
    assert list(_wrong(kit)) == [], death
    return killed


def _wrong(kit: Kit) -> Iterator[str]:
    """What is not as it should be, in both remotes and with us."""
    sandbox, hub = kit.sandbox, kit.sandbox.omnitron
    sandbox.settle()
    yield from (f"stock of {one}" for one in sandbox.stock_differences())
    yield from (f"price of {one}" for one in sandbox.price_differences())
    yield from (f"missing {one}" for one in sandbox.product_differences())
    for product in hub.products.rows.values():
        shown = sandbox.fashfed.products.find("sku", product["sku"])
        if hub.in_catalog("product", product):
            images = [image["image"] for image in product["productimage_set"]]
            if [(row["name"], row["images"]) for row in shown] != [(product["name"], images)]:
                yield f"content of {product['sku']}: {shown}"
        else:
            yield from (f"left behind {action}" for action in hub.actions.with_remote([product["sku"]]))
    for row in hub.batches.rows.values():
        if row["status"] not in ("done", "fail"):
            yield f"batch {row['pk']} is {row['status']}"
    yield from (f"processing {action}" for action in hub.actions.by_pk.values() if action.status == "processing")
    yield from (f"penalised {row}" for row in hub.penalties.table.rows.values())
    yield from (f"our batch {one.id} is {one.state}" for one in kit.database.batches.values() if one.state in OPEN)
    yield from (f"lock {name}" for name in kit.database.locks)


@pytest.mark.parametrize("flow", FLOWS)
async def test_wherever_a_run_is_killed_the_next_two_put_everything_right(flow: str) -> None:
    world = await _world(flow)
    after, killed = 0, True
    while killed:
        after += STRIDE[flow]
        killed = await _dies_and_recovers(world, flow, {"after": after})
    assert after > 40


@pytest.mark.parametrize("effect", [True, False], ids=["with_effect", "without_effect"])
@pytest.mark.parametrize("flow", FLOWS)
async def test_a_run_killed_on_any_write_is_put_right_by_the_next_two(flow: str, effect: bool) -> None:
    world = await _world(flow)
    healthy = _copied(world)
    await healthy.run(flow)
    assert list(_wrong(healthy)) == []
    writes = [urlsplit(request.url).path for request in healthy.wire.requests if request.method != "GET"]
    assert len(writes) > 3
    for path in dict.fromkeys(writes):
        assert await _dies_and_recovers(world, flow, {"on": path, "effect": effect}), path
