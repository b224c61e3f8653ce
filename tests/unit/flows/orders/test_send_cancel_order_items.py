"""What the brand cancels in Omnitron is cancelled at Fashfed (reference/flows.md section 4.15)."""

import pytest

from include.errors import ConfigurationError
from include.sandbox.fashfed import Line
from include.settings import ChannelSettings
from include.settings.readiness import check_flag
from tests.unit.flows.orders.cancel_shop import OUT, CancelShop
from tests.unit.flows.orders.shop import Row
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
def shop(kit: Kit) -> CancelShop:
    return CancelShop(kit)


async def test_a_line_that_the_brand_cancelled_is_cancelled_at_fashfed(
    shop: CancelShop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    package = await shop.sold(*shop.skus[:2])
    first, second = shop.lines(package)
    plan = shop.hands.cancel(shop.items(package)[:1])
    report = await shop.send()
    assert shop.kit.wire.bodies("POST", "/cancel/") == [
        {"items": [{"number": first["number"], "reason": shop.reason("changed-mind")}]}
    ]
    assert [line["number"] for line in shop.lines(package)] == [second["number"]]
    assert [claim["package_item"] for claim in shop.seller_claims()] == [first["number"]]
    assert (await shop.plan_row(plan)).state == "done"
    assert (report.counts["read"], report.counts["sent"]) == (1, 1)
    assert f"Changed my mind ({shop.reason()}) is given" in caplog.text
    assert shop.differences() == []


async def test_the_reason_that_the_channel_names_is_given(shop: CancelShop) -> None:
    shop.set(send_cancel_market_reason_id=shop.reason("out-of-stock"))
    package = await shop.sold()
    shop.hands.cancel(shop.items(package))
    recorder = shop.record()
    await shop.send()
    assert shop.seller_claims()[0]["reason"]["subject"] == "Out of stock"
    assert not recorder.calls("GET", "/claims/reasons/")


async def test_the_first_reason_of_fashfed_is_asked_for_once_a_run(shop: CancelShop) -> None:
    for _ in range(3):
        shop.hands.cancel(shop.items(await shop.sold()))
    recorder = shop.record()
    await shop.send()
    assert len(recorder.calls("GET", "/claims/reasons/")) == 1
    assert len(shop.seller_claims()) == 3


async def test_without_any_reason_the_run_stops_and_says_which_setting_helps(shop: CancelShop) -> None:
    package = await shop.sold()
    plan = shop.hands.cancel(shop.items(package))
    for reason in list(shop.market.reasons.rows.values()):
        shop.market.reasons.remove(reason)
    with pytest.raises(ConfigurationError) as raised:
        await shop.send()
    assert raised.value.code == "seller_cancel_no_reason"
    assert "Send Cancel Market Reason ID" in raised.value.next_step
    row = await shop.plan_row(plan)
    assert (row.state, row.penalty) == ("new", None)
    assert not await shop.kit.store().claims(CHANNEL, "seller_cancel", [shop.lines(package)[0]["number"]])


async def test_all_lines_of_a_package_are_one_call_also_of_several_plans(shop: CancelShop) -> None:
    package, other = await shop.sold(*shop.skus[:4]), await shop.sold()
    numbers = [line["number"] for line in shop.lines(package)]
    shop.hands.cancel(shop.items(package)[:2])
    shop.hands.cancel(shop.items(package)[2:3])
    shop.hands.cancel(shop.items(other))
    last = shop.lines(other)[0]["number"]
    await shop.send()
    assert sorted(shop.sent()) == [(package["number"], numbers[:3]), (other["number"], [last])]
    assert other["status"] == 1


async def test_a_line_of_several_units_is_sent_when_all_are_cancelled(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 3))
    plan = shop.hands.cancel(shop.items(package))
    await shop.send()
    assert (len(shop.sent()), (await shop.plan_row(plan)).state) == (1, "done")


async def test_nothing_is_sent_twice(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    shop.hands.cancel(shop.items(package)[:1])
    for _ in range(4):
        await shop.send()
        await shop.kit.later(hours=9)
    assert len(shop.sent()) == 1


# --- what is not sent -------------------------------------------------------------------------------------------------
async def why(shop: CancelShop, plan: Row) -> str | None:
    """The rule by which a plan needs nothing, after a run that sent nothing."""
    await shop.send()
    assert not shop.seller_claims()
    row = await shop.plan_row(plan)
    assert row.state == "excluded"
    return row.reason


@pytest.mark.parametrize("reason", [4, 1, 3])
async def test_a_reason_of_fashfed_is_never_sent(shop: CancelShop, reason: int) -> None:
    package = await shop.sold()
    assert await why(shop, shop.hands.cancel(shop.items(package), reason=reason)) == "came from Fashfed"


async def test_what_fashfed_cancelled_does_not_go_back_to_it(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    shop.cancel(package)
    await shop.bring()
    (plan,) = shop.plans
    assert await why(shop, plan) == "came from Fashfed"


async def test_what_fashfed_cancelled_does_not_go_back_although_the_settings_were_changed(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    shop.cancel(package, reason="late")
    await shop.bring()
    shop.set(cancellation_reason_id="9", send_cancel_reason_id="4")
    assert await why(shop, shop.plans[0]) == "came from Fashfed"


async def test_another_reason_is_not_sent_and_the_rule_is_named(shop: CancelShop) -> None:
    package = await shop.sold()
    plan = shop.hands.cancel(shop.items(package), reason=9)
    assert await why(shop, plan) == "its reason is not Send Cancel Reason ID"


async def test_a_plan_that_was_rejected_is_not_sent(shop: CancelShop) -> None:
    package = await shop.sold()
    plan = shop.hands.cancel(shop.items(package))
    await shop.send("pull")
    shop.hands.reject_plan(plan)
    assert await why(shop, plan) == "rejected in Omnitron"


async def test_a_plan_that_omnitron_has_no_more_needs_nothing(shop: CancelShop) -> None:
    package = await shop.sold()
    plan = shop.hands.cancel(shop.items(package))
    await shop.send("pull")
    shop.hub.cancellation_plans.remove(plan)
    assert await why(shop, plan) == "Omnitron does not have the plan any more"


async def test_an_order_that_was_entered_by_hand_is_no_affair_of_fashfed(shop: CancelShop) -> None:
    package = await shop.sold()
    (item,) = shop.items(package)
    facts = {name: value for name, value in item.items() if name != "pk"}
    plan = shop.hands.cancel([shop.hub.create("orderitem", {**facts, "extra_field": {}})])
    assert await why(shop, plan) == "its order did not come from Fashfed"


async def test_of_a_plan_with_several_reasons_only_the_items_of_the_brand_are_sent(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:3])
    plan = shop.hands.cancel(shop.items(package)[:2])
    plan["items"][0]["reason"] = 9
    await shop.send()
    assert [claim["package_item"] for claim in shop.seller_claims()] == [f"{package['number']}-2"]


# --- settings that contradict each other ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("conf", "also"),
    [
        ({"send_cancel_reason_id": "4"}, "Cancellation Reason ID"),
        ({"cancel_reason_mapping": {"f3909f53": "10"}}, "Cancel Reason Mapping of f3909f53"),
        (
            {"cancellation_reason_id": "10", "cancel_reason_mapping": {"f3909f53": "10"}},
            "Cancellation Reason ID and Cancel Reason Mapping of f3909f53",
        ),
    ],
)
async def test_the_flow_refuses_to_run_when_the_reasons_overlap_and_says_which(
    shop: CancelShop, conf: Row, also: str
) -> None:
    shop.set(feature_flags={OUT: True}, **conf)
    settings = ChannelSettings.parse(shop.kit.conf, channel_id=137, is_active=True)
    with pytest.raises(ConfigurationError) as refused:
        check_flag(settings, OUT)
    wanted = conf.get("send_cancel_reason_id", "10")
    said = f"send_cancel_reason_id is {wanted}, expected an id that is used for nothing else; it is also {also} ("
    assert said in str(refused.value)
