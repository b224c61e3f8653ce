"""Categories of the market and their attributes, as they are drawn and as they drift."""

from typing import Any

import pytest

from include.sandbox import Sandbox
from include.sandbox.fashfed.catalogue import attribute_errors
from include.sandbox.fashfed.category_book import all_nodes
from tests.unit.sandbox.callers import Caller


def _named(sandbox: Sandbox, name: str) -> str:
    nodes = all_nodes(sandbox.fashfed.categories)
    return str(next(node["id"] for node in nodes if node["name"] == name))


async def _attributes(market: Caller, category: str) -> dict[str, dict[str, Any]]:
    status, rows = await market.get(f"categories/{category}/attributes/")
    assert status == 200
    return {row["key"]: row for row in rows}


async def _tree(market: Caller) -> dict[str, Any]:
    def shape(nodes: list[dict[str, Any]]) -> dict[str, Any]:
        return {node["name"]: shape(node.get("children", [])) for node in nodes}

    return shape((await market.get("categories/"))[1])


async def test_leaves_differ_in_their_attributes_and_values(market: Caller, sandbox: Sandbox) -> None:
    of = {node["name"]: await _attributes(market, node["id"]) for node in sandbox.fashfed.leaves()}
    assert of["Şal"] == {}
    assert of["Elbise"]["SIZE"]["name"] == of["Sneaker"]["SHOE_SIZE"]["name"] == "Beden"
    assert "SIZE" not in of["Sneaker"]
    assert of["Elbise"]["SIZE"]["values"] != of["Tayt"]["SIZE"]["values"]
    materials = {name: row["MATERIAL"]["is_required"] for name, row in of.items() if "MATERIAL" in row}
    assert 3 < len(materials) < 10
    assert set(materials.values()) == {True, False}


def test_what_is_on_sale_satisfies_its_category(sandbox: Sandbox) -> None:
    market = sandbox.fashfed
    for product in market.products.rows.values():
        assert attribute_errors(market.attributes[product["category"]], product["attributes"]) == {}


async def test_attributes_and_values_come_go_and_change_in_one_category(market: Caller, sandbox: Sandbox) -> None:
    book, dress, skirt = sandbox.fashfed, _named(sandbox, "Elbise"), _named(sandbox, "Etek")
    before = await _attributes(market, skirt)
    book.add_attribute(dress, "SEASON", "Sezon", {"YAZ": "Yaz"}, required=True)
    book.rename_attribute(dress, "COLOR", "Ana Renk")
    book.require_attribute(dress, "COLOR", required=False)
    book.remove_attribute(dress, "ESTIMATED_SHIPPING_DURATION")
    book.add_value(dress, "COLOR", "TRK", "Turkuaz")
    book.rename_value(dress, "COLOR", "SYH", "Kara")
    book.remove_value(dress, "COLOR", "BYZ")
    after = await _attributes(market, dress)
    assert (after["SEASON"]["is_required"], after["SEASON"]["values"][0]["label"]) == (True, "Yaz")
    assert (after["COLOR"]["name"], after["COLOR"]["is_required"]) == ("Ana Renk", False)
    assert "ESTIMATED_SHIPPING_DURATION" not in after
    labels = {value["value"]: value["label"] for value in after["COLOR"]["values"]}
    assert (labels["TRK"], labels["SYH"], labels.get("BYZ")) == ("Turkuaz", "Kara", None)
    assert await _attributes(market, skirt) == before


async def test_categories_come_go_move_and_change_their_names(market: Caller, sandbox: Sandbox) -> None:
    book = sandbox.fashfed
    book.add_category("Pijama", _named(sandbox, "Yatak Odası"))
    book.rename_category(_named(sandbox, "Banyo"), "Hamam")
    book.move_category(_named(sandbox, "Havlu"), _named(sandbox, "Yatak Odası"))
    gone = book.remove_category(_named(sandbox, "Bebek"))
    tree = await _tree(market)
    assert list(tree["Ev & Yaşam"]["Yatak Odası"]) == ["Nevresim Takımı", "Yastık", "Pijama", "Havlu"]
    assert list(tree["Ev & Yaşam"]["Hamam"]) == ["Bornoz"]
    assert list(tree["Çocuk"]) == ["Kız Çocuk", "Erkek Çocuk"]
    assert (await market.get(f"categories/{gone['children'][0]['id']}/attributes/"))[0] == 404


async def test_a_leaf_becomes_a_parent_and_its_children_take_its_attributes(market: Caller, sandbox: Sandbox) -> None:
    dress = _named(sandbox, "Elbise")
    before = await _attributes(market, dress)
    first, second = sandbox.fashfed.make_parent(dress, "Abiye", "Günlük")
    assert await _attributes(market, dress) == {}
    sandbox.fashfed.remove_attribute(first["id"], "COLOR")
    assert "COLOR" not in await _attributes(market, first["id"])
    assert await _attributes(market, second["id"]) == before
    assert (await _tree(market))["Kadın"]["Giyim"]["Elbise"] == {"Abiye": {}, "Günlük": {}}


def test_what_is_not_there_cannot_change(sandbox: Sandbox) -> None:
    book, dress = sandbox.fashfed, _named(sandbox, "Elbise")
    with pytest.raises(KeyError):
        book.rename_category("nowhere", "x")
    with pytest.raises(KeyError):
        book.remove_attribute(dress, "SMELL")
    with pytest.raises(KeyError):
        book.remove_value(dress, "COLOR", "XYZ")
    with pytest.raises(ValueError, match="below itself"):
        book.move_category(_named(sandbox, "Giyim"), dress)
