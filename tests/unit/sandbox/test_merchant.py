"""The brand's people in Omnitron and what the Mapper makes of their work (api/omnitron.md sections 5 and 6)."""

from typing import Any

import pytest

from include.sandbox import Merchant, Sandbox
from include.sandbox.omnitron.categories import add_node
from include.sandbox.routing import Row
from tests.unit.sandbox.callers import Caller, HandClock, batch_object, commit, move_batch
from tests.unit.sandbox.drawing import draw_attributes, draw_categories, name_node


@pytest.fixture
def sandbox(clock: HandClock) -> Sandbox:
    """Nothing was ever sent."""
    return Sandbox.seeded(seed=7, size=400, packages=0, clock=clock, on_sale=0)


@pytest.fixture
def nodes(sandbox: Sandbox) -> dict[str, Row]:
    return draw_categories(sandbox)


def _first(sandbox: Sandbox, leaf: str) -> Row:
    """The first product of a leaf."""
    category = next(node["id"] for node in sandbox.fashfed.leaves() if node["name"] == leaf)
    products = sandbox.omnitron.products.rows.values()
    return next(row for row in products if row["attributes"]["kategori"] == category)


def _category(sandbox: Sandbox, product: Row) -> list[str]:
    rows = sandbox.omnitron.product_categories.find("product", product["pk"])
    return [sandbox.omnitron.category_nodes.rows[row["category"]]["name"] for row in rows]


async def _mapped(hub: Caller, product: Row) -> dict[str, Any]:
    status, data = await hub.get(f"mapped_products/{product['pk']}/")
    assert status == 200, data
    return {entry["attribute_name"]: entry for entry in data["mapped_attribute_values"].values()}


async def test_products_go_into_the_category_of_their_kind_once_it_is_drawn(sandbox: Sandbox) -> None:
    merchant = Merchant(sandbox)
    assert merchant.work() == 0
    nodes = draw_categories(sandbox)
    assert merchant.work() == 400
    for product in sandbox.omnitron.products.rows.values():
        assert _category(sandbox, product) == [nodes[product["attributes"]["kategori"]]["name"]]
    assert merchant.work() == 0


async def test_no_step_does_more_than_it_may(sandbox: Sandbox, nodes: dict[str, Row]) -> None:
    merchant = Merchant(sandbox)
    assert [merchant.work(150) for _ in range(4)] == [150, 150, 100, 0]
    assert len(sandbox.omnitron.product_categories) == 400


async def test_a_product_that_failed_for_want_of_a_category_is_due_again_once_it_has_one(
    hub: Caller, sandbox: Sandbox, nodes: dict[str, Row]
) -> None:
    product = _first(sandbox, "Elbise")
    pk = await commit(hub, [batch_object(product, "product")], "product")
    await move_batch(hub, pk, "done", objects=[batch_object(product, "product", failed_reason_type="mapping")])
    due = sandbox.omnitron.feeds.due("product", "0", "inserts").members
    assert product["pk"] not in due
    Merchant(sandbox).work()
    assert product["pk"] in due


@pytest.mark.usefixtures("nodes")
async def test_what_people_did_to_a_product_since_is_left_alone(sandbox: Sandbox) -> None:
    Merchant(sandbox).work()
    product = _first(sandbox, "Elbise")
    sandbox.brand.set_categories(product["sku"])
    assert Merchant(sandbox).work() == 0
    assert _category(sandbox, product) == []


async def test_products_of_a_leaf_that_became_a_parent_move_into_its_first_child(
    sandbox: Sandbox, nodes: dict[str, Row]
) -> None:
    merchant, product = Merchant(sandbox), _first(sandbox, "Elbise")
    merchant.work()
    category = product["attributes"]["kategori"]
    first, _ = sandbox.fashfed.make_parent(category, "Abiye", "Günlük")
    child = add_node(sandbox.omnitron, nodes[category], "Abiye")
    assert merchant.work() == 0
    name_node(sandbox, child, first["id"])
    version = product["modified_date"]
    assert merchant.work() > 0
    assert _category(sandbox, product) == ["Abiye"]
    assert product["modified_date"] > version


async def test_the_mapper_maps_nothing_until_the_rules_are_filled(
    hub: Caller, sandbox: Sandbox, nodes: dict[str, Row]
) -> None:
    merchant, product = Merchant(sandbox), _first(sandbox, "Kadın Gömlek")
    merchant.work()
    category = product["attributes"]["kategori"]
    assert (await hub.get(f"mapped_products/{product['pk']}/"))[0] == 406
    await draw_attributes(hub, sandbox, nodes[category], category)
    assert await _mapped(hub, product) == {}
    assert merchant.work() == 3
    mapped = await _mapped(hub, product)
    assert {name: entry["attribute_remote_id"] for name, entry in mapped.items()} == {
        "Renk": "COLOR",
        "Beden": "SIZE",
        "Materyal": "MATERIAL",
    }
    assert mapped["Renk"]["label"] == product["attributes"]["renk"]
    assert mapped["Renk"]["value"] == product["sku"].split("-")[2]


async def test_a_second_attribute_of_a_name_takes_the_same_text(
    hub: Caller, sandbox: Sandbox, nodes: dict[str, Row]
) -> None:
    product = _first(sandbox, "Kadın Bot")
    category = product["attributes"]["kategori"]
    await draw_attributes(hub, sandbox, nodes[category], category)
    Merchant(sandbox).work()
    mapped = await _mapped(hub, product)
    assert mapped["Beden (SHOE_SIZE)"]["value"] == product["attributes"]["beden"]


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [("sİyah", "Siyah", "SYH"), ("syh", "Siyah", "SYH"), ("Gökkuşağı", "Gökkuşağı", "Gökkuşağı"), (None, None, None)],
)
async def test_a_text_is_found_by_label_or_value_and_stays_as_it_is_where_none_fits(
    hub: Caller, sandbox: Sandbox, nodes: dict[str, Row], text: str | None, label: str | None, value: str | None
) -> None:
    product = _first(sandbox, "Elbise")
    category = product["attributes"]["kategori"]
    await draw_attributes(hub, sandbox, nodes[category], category)
    Merchant(sandbox).work()
    sandbox.brand.set_attribute(product["sku"], "renk", text and text.replace("İ", "i"))
    entry = (await _mapped(hub, product)).get("Renk", {})
    assert (entry.get("label"), entry.get("value")) == (label, value)


async def test_a_renamed_label_is_known_at_once(hub: Caller, sandbox: Sandbox, nodes: dict[str, Row]) -> None:
    product = _first(sandbox, "Elbise")
    category = product["attributes"]["kategori"]
    await draw_attributes(hub, sandbox, nodes[category], category)
    Merchant(sandbox).work()
    assert (await _mapped(hub, product))["Renk"]["value"] == product["sku"].split("-")[2]
    for row in sandbox.omnitron.attribute_values.rows.values():
        sandbox.omnitron.touch("marketplaceattributevalue", row, label=f"{row['label']} (yeni)")
    assert (await _mapped(hub, product))["Renk"]["value"] == product["attributes"]["renk"]


async def test_a_fixed_target_is_mapped_only_where_a_rule_names_a_source(
    hub: Caller, sandbox: Sandbox, nodes: dict[str, Row]
) -> None:
    product = _first(sandbox, "Elbise")
    category = product["attributes"]["kategori"]
    sandbox.fashfed.add_attribute(category, "title", "title")
    await draw_attributes(hub, sandbox, nodes[category], category)
    Merchant(sandbox).work()
    assert "title" not in await _mapped(hub, product)
    sandbox.brand.set_rule("title", {"source": "name"})
    assert (await _mapped(hub, product))["title"]["value"] == product["name"]


async def test_rules_that_people_emptied_stay_empty(hub: Caller, sandbox: Sandbox, nodes: dict[str, Row]) -> None:
    product = _first(sandbox, "Elbise")
    category = product["attributes"]["kategori"]
    await draw_attributes(hub, sandbox, nodes[category], category)
    Merchant(sandbox).work()
    sandbox.brand.set_rule("Renk", {})
    Merchant(sandbox).work()
    assert "Renk" not in await _mapped(hub, product)
