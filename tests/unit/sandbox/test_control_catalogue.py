"""The catalogue's part of the control endpoint."""

import json
from typing import Any

import pytest

from include.clients.transport import Request
from include.sandbox import Sandbox, World
from include.sandbox.control import Control
from tests.unit.sandbox.callers import Caller, batch_object, commit, move_batch
from tests.unit.sandbox.drawing import draw_categories


@pytest.fixture
def control(sandbox: Sandbox) -> Control:
    return Control(sandbox, World(sandbox))


def _ask(control: Control, method: str, name: str, body: object = None, status: int = 200) -> Any:
    content = json.dumps(body).encode() if body is not None else None
    answer = control.dispatch(Request(method, f"http://x/control/{name}", body=content), name)
    assert answer.status == status, answer.body
    return json.loads(answer.body)


def test_prices_are_touched_and_compared(control: Control) -> None:
    skus = _ask(control, "POST", "prices", {"count": 3})["skus"]
    differences = _ask(control, "GET", "prices")
    assert [row["sku"] for row in differences] == skus
    assert all(row["should"]["price"] != row["fashfed"]["price"] for row in differences)
    assert _ask(control, "GET", "state")["fashfed"]["approvals_pending"] == 0


def test_the_hands_of_the_brand_work_on_one_or_several_products(control: Control, sandbox: Sandbox) -> None:
    first, second, *_ = sandbox.skus_on_sale()
    _ask(control, "POST", "products", {"do": "leave_catalogue", "skus": [first, second]})
    assert {sku for sku, wanted, _ in sandbox.stock_differences() if wanted == 0} >= {second}
    _ask(control, "POST", "products", {"do": "set_price", "sku": first, "price": "0.00"})
    assert sandbox.brand.row("productprice", first)["price"] == "0.00"  # type: ignore[index]
    _ask(control, "POST", "products", {"do": "set_categories", "sku": first, "categories": []})
    assert sandbox.brand.product(first)["pk"] in sandbox.omnitron.merchandised
    assert "known:" in _ask(control, "POST", "products", {"do": "burn", "sku": first}, 400)["detail"]
    assert "NOPE" in _ask(control, "POST", "products", {"do": "change", "sku": "NOPE"}, 400)["detail"]


def test_what_is_missing_on_sale_is_listed(control: Control, sandbox: Sandbox) -> None:
    shown = _ask(control, "GET", "products")
    assert shown == {"on_sale": len(sandbox.skus_on_sale()), "missing": sandbox.product_differences()}
    assert len(shown["missing"]) == 6


async def test_penalties_are_listed_by_sku(control: Control, hub: Caller, sandbox: Sandbox) -> None:
    sku = sandbox.touch_stocks(1)[0]
    entry = batch_object(sandbox.stock_row(sku), failed_reason_type="remote")
    await move_batch(hub, await commit(hub, [entry]), "done", objects=[entry])
    (penalty,) = _ask(control, "GET", "penalties")
    assert (penalty["sku"], penalty["content_type"], penalty["reason_type"]) == (sku, "productstock", "remote")


def test_the_owner_is_made_slow_and_strict(control: Control, sandbox: Sandbox) -> None:
    shown = _ask(control, "POST", "approvals", {"seconds": 30, "reject": {"A": "No.", "B": "No."}})
    assert (shown["seconds"], shown["reject"]) == (30, {"A": "No.", "B": "No."})
    assert _ask(control, "POST", "approvals", {"refuse": {"A": "Never."}})["refuse"] == {"A": "Never."}
    accepted = _ask(control, "POST", "approvals", {"accept": ["A"]})
    assert (accepted["reject"], accepted["refuse"]) == ({"B": "No."}, {})
    assert sandbox.fashfed.approval_seconds == 30


def test_categories_and_attributes_drift_by_hand(control: Control, sandbox: Sandbox) -> None:
    leaf = sandbox.fashfed.leaves()[0]["id"]
    drift = {"do": "add_attribute", "category": leaf, "key": "SEASON", "name": "Sezon", "values": {"YAZ": "Yaz"}}
    _ask(control, "POST", "categories", drift)
    assert "SEASON" in {row["key"] for row in _ask(control, "GET", "categories")["attributes"][leaf]}
    _ask(control, "POST", "categories", {"do": "make_parent", "category": leaf, "names": ["Abiye"]})
    assert [child["name"] for child in sandbox.fashfed.category(leaf)["children"]] == ["Abiye"]
    assert "known:" in _ask(control, "POST", "categories", {"do": "category", "category": leaf}, 400)["detail"]
    _ask(control, "POST", "categories", {"do": "rename_category", "category": "nowhere", "name": "x"}, 400)


async def test_an_installation_may_lack_the_bulk_calls(control: Control, hub: Caller) -> None:
    shown = _ask(control, "POST", "abilities", {"bulk_attributes": False})
    assert shown == {"bulk_attributes": False, "bulk_categories": True}
    assert (await hub.post("bulk_attributes/", {"attributes": []}))[0] == 404
    _ask(control, "POST", "abilities", {"bulk_attributes": True})
    assert (await hub.post("bulk_attributes/", {"attributes": []}))[0] == 200


def test_the_brands_people_work_when_asked(control: Control, sandbox: Sandbox) -> None:
    assert _ask(control, "POST", "merchant") == {"done": 0}
    draw_categories(sandbox)
    assert _ask(control, "POST", "merchant") == {"done": len(sandbox.omnitron.products)}


def test_rules_of_an_unknown_attribute_are_refused(control: Control) -> None:
    assert "Renk" in _ask(control, "POST", "rules", {"attribute": "Renk", "rule": {}}, 400)["detail"]
