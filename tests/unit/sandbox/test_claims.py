"""A line's life at the market: cancelled in part, divided, returned, decided about (api/fashfed.md sections 2, 4)."""

import pytest

from include.sandbox import Line, Sandbox
from include.sandbox.routing import Row
from tests.unit.sandbox.callers import Caller


def _reason(sandbox: Sandbox, kind: str) -> str:
    return next(row["id"] for row in sandbox.fashfed.reasons.rows.values() if row["type"] == kind)


def _bought(sandbox: Sandbox, quantity: int = 3, discount: float = 10.0, status: int = 2) -> tuple[Row, Row]:
    """A package with one line, and that line."""
    (package,) = sandbox.place_order([Line(sandbox.skus_on_sale()[0], quantity, price=50.0, discount=discount)])
    sandbox.fashfed.move(package, status)
    return package, sandbox.fashfed.items.rows[f"{package['number']}-1"]


async def test_some_units_are_cancelled_and_the_line_stays_with_the_rest(market: Caller, sandbox: Sandbox) -> None:
    package, item = _bought(sandbox)
    claim = sandbox.fashfed.cancel_item(item, by=1, reason=_reason(sandbox, "cancel"), quantity=2)
    (line,) = await market.rows(f"packages/{package['number']}/items/")
    assert (line["quantity"], line["discount_amount"], package["status"]) == (1, 3.34, 2)
    assert claim["status"] == "completed"
    sandbox.fashfed.cancel_item(item, by=1, reason=_reason(sandbox, "cancel"))
    assert (await market.rows(f"packages/{package['number']}/items/"), package["status"]) == ([], 1)


@pytest.mark.parametrize("told", [False, True])
async def test_a_claim_tells_its_units_only_where_the_market_does(market: Caller, sandbox: Sandbox, told: bool) -> None:
    sandbox.fashfed.claim_quantities = told
    _, item = _bought(sandbox)
    sandbox.fashfed.cancel_item(item, by=1, reason=_reason(sandbox, "cancel"), quantity=2)
    _, delivered = _bought(sandbox, status=5)
    returned = sandbox.fashfed.return_item(delivered, reason=_reason(sandbox, "refund"), quantity=2)
    claims = await market.rows("claims/")
    assert [claim.get("quantity") for claim in claims] == ([2, 2] if told else [None, None])
    _, decided = await market.post(f"claims/{returned['id']}/approve/")
    assert ("quantity" in decided) is told


@pytest.mark.parametrize("quantity", [0, 4, -1])
def test_nobody_cancels_or_returns_more_than_there_is(sandbox: Sandbox, quantity: int) -> None:
    _, item = _bought(sandbox)
    _, delivered = _bought(sandbox, status=5)
    with pytest.raises(ValueError, match="units left"):
        sandbox.fashfed.cancel_item(item, by=1, reason=_reason(sandbox, "cancel"), quantity=quantity)
    with pytest.raises(ValueError, match="units left"):
        sandbox.fashfed.return_item(delivered, reason=_reason(sandbox, "refund"), quantity=quantity)
    assert not sandbox.fashfed.claims.rows


def test_a_line_is_returned_once_unless_the_return_was_rejected(sandbox: Sandbox) -> None:
    market, (_, item) = sandbox.fashfed, _bought(sandbox, status=5)
    claim = market.return_item(item, reason=_reason(sandbox, "refund"))
    with pytest.raises(ValueError, match="0 units left"):
        market.return_item(item, reason=_reason(sandbox, "refund"))
    market.decide_claim(claim, "rejected")
    assert market.return_item(item, reason=_reason(sandbox, "refund"))["quantity"] == 3


def test_what_is_shipped_is_not_cancelled_and_what_is_not_delivered_not_returned(sandbox: Sandbox) -> None:
    _, item = _bought(sandbox, status=4)
    with pytest.raises(ValueError, match="preparing"):
        sandbox.fashfed.cancel_item(item, by=1, reason=_reason(sandbox, "cancel"))
    with pytest.raises(ValueError, match="delivered"):
        sandbox.fashfed.return_item(item, reason=_reason(sandbox, "refund"))


@pytest.mark.parametrize(("decision", "left"), [("completed", 0), ("rejected", 3)])
def test_a_cancellation_may_wait_for_its_decision(sandbox: Sandbox, decision: str, left: int) -> None:
    market, (package, item) = sandbox.fashfed, _bought(sandbox)
    claim = market.ask_to_cancel(item, by=1, reason=_reason(sandbox, "cancel"))
    assert (claim["status"], len(market.items.find("package", package["number"]))) == ("waiting", 1)
    market.decide_claim(claim, decision)
    living = market.items.find("package", package["number"])
    assert (claim["status"], sum(row["quantity"] for row in living)) == (decision, left)


def test_a_cancellation_that_was_overtaken_by_the_parcel_is_rejected(sandbox: Sandbox) -> None:
    market, (package, item) = sandbox.fashfed, _bought(sandbox)
    claim = market.ask_to_cancel(item, by=1, reason=_reason(sandbox, "cancel"))
    market.move(package, 4)
    market.decide_claim(claim, "completed")
    assert (claim["status"], item["quantity"]) == ("rejected", 3)


async def test_an_approved_return_is_completed_later_and_then_final(market: Caller, sandbox: Sandbox) -> None:
    _, item = _bought(sandbox, status=5)
    claim = sandbox.fashfed.return_item(item, reason=_reason(sandbox, "refund"))
    await market.post(f"claims/{claim['id']}/approve/")
    assert sandbox.fashfed.decide_claim(claim, "completed")["status"] == "completed"
    for decision in ("approved", "rejected", "waiting"):
        with pytest.raises(ValueError, match="completed"):
            sandbox.fashfed.decide_claim(claim, decision)
    assert not sandbox.fashfed.owner_decided


async def test_the_owner_may_decide_a_return_himself_and_then_we_cannot(market: Caller, sandbox: Sandbox) -> None:
    _, item = _bought(sandbox, status=5)
    claim = sandbox.fashfed.return_item(item, "waiting", reason=_reason(sandbox, "refund"))
    sandbox.fashfed.decide_claim(claim, "rejected", by_owner=True)
    assert (await market.post(f"claims/{claim['id']}/approve/"))[0] == 400
    assert sandbox.fashfed.owner_decided == {claim["id"]}


async def test_a_split_in_the_panel_does_what_the_call_does(market: Caller, sandbox: Sandbox) -> None:
    package, item = _bought(sandbox)
    (part,) = sandbox.fashfed.split(package, [[(item, 2)]])
    (left,) = await market.rows(f"packages/{package['number']}/items/")
    (moved,) = await market.rows(f"packages/{part['number']}/items/")
    assert [(row["quantity"], row["discount_amount"]) for row in (left, moved)] == [(1, 3.34), (2, 6.66)]
    assert (moved["number"], moved["product"]) == (f"{part['number']}-1", left["product"])
    assert sandbox.fashfed.lines[moved["number"]]["parent"] == left["number"]
    assert (part["order_number"], part["status"]) == (package["order_number"], 2)


@pytest.mark.parametrize("quantities", [[3], [2, 1], [4], [0], []])
def test_a_split_leaves_something_and_takes_what_is_there(sandbox: Sandbox, quantities: list[int]) -> None:
    package, item = _bought(sandbox)
    before = len(sandbox.fashfed.packages)
    with pytest.raises(ValueError, match=r"stay|quantity"):
        sandbox.fashfed.split(package, [[(item, quantity) for quantity in quantities]])
    assert (len(sandbox.fashfed.packages), item["quantity"]) == (before, 3)


async def test_refused_steps_backward_are_counted(market: Caller, sandbox: Sandbox) -> None:
    package, _ = _bought(sandbox, status=4)
    await market.patch(f"packages/{package['number']}/", {"status": 5})
    assert sandbox.fashfed.backward_attempts == []
    await market.patch(f"packages/{package['number']}/", {"status": 2})
    assert sandbox.fashfed.backward_attempts == [(package["number"], 5, 2)]
