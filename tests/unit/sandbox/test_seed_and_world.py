"""Seed data and the living world: lifelike, and the same for the same seed."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from include.sandbox import Sandbox
from include.sandbox.saved import Saver, load, save
from include.sandbox.seed.places import UNKNOWN
from include.sandbox.world import Rates, World
from include.settings import REQUIRED, ChannelSettings, check_flag
from include.settings.completion import completed
from tests.unit.sandbox.callers import Caller, HandClock, batch_object, commit, move_batch
from tests.unit.sandbox.drawing import draw_categories


def _all_of(sandbox: Sandbox) -> str:
    hub, market = sandbox.omnitron, sandbox.fashfed
    tables = [
        *hub.tables.values(),
        hub.customers,
        hub.addresses,
        market.offers,
        market.packages,
        market.items,
        market.claims,
    ]
    return json.dumps([list(table.rows.values()) for table in tables], default=str)


def test_the_same_seed_gives_the_same_data() -> None:
    one, other = (Sandbox.seeded(seed=5, size=120, packages=20, clock=HandClock()) for _ in range(2))
    assert _all_of(one) == _all_of(other)
    assert _all_of(one) != _all_of(Sandbox.seeded(seed=6, size=120, packages=20, clock=HandClock()))


def test_the_usual_seed_is_a_brand_with_orders_in_all_states() -> None:
    sandbox = Sandbox.seeded(clock=HandClock())
    hub, market = sandbox.omnitron, sandbox.fashfed
    assert len(hub.products) == 5000
    assert [node["name"] for node in market.categories] == ["Kadın", "Erkek", "Çocuk", "Ev & Yaşam"]
    packages = list(market.packages.rows.values())
    assert len(packages) >= 200
    assert {package["status"] for package in packages} == {1, 2, 3, 4, 5, 6}
    assert any(package["billing_address"]["company_name"] for package in packages)
    assert any(package["shipping_address"]["identity_number"] for package in packages)
    assert any(len(market.packages.find("order_number", order)) > 1 for order in market.orders.rows)
    preparing = market.packages.find("status", 2)
    assert {package["shipping_address"]["township"] for package in preparing} & {township for _, township in UNKNOWN}
    mapping = hub.channel["conf"]["cargo_company_mapping"]
    assert any(package["shipping_company"] not in mapping for package in preparing)
    assert any(not hub.products.find("sku", item["product"]) for item in market.items.rows.values())
    assert set("İışğçöü") <= set(json.dumps(packages, ensure_ascii=False))
    assert len(hub.townships) > 500
    assert len({(row["city"], row["name"]) for row in hub.townships.rows.values()}) == len(hub.townships)


def test_the_market_starts_in_step_with_the_hub_but_for_what_waits() -> None:
    sandbox = Sandbox.seeded(size=500, packages=60, clock=HandClock())
    hub, market = sandbox.omnitron, sandbox.fashfed
    preparing = {package["number"] for package in market.packages.find("status", 2)}
    bought = {item["product"] for item in market.items.rows.values() if item["package"] in preparing}
    lists = [hub.feeds.due("productstock", hub.catalog["stock_list"], kind).members for kind in ("inserts", "updates")]
    waiting = {hub.products.rows[hub.stocks.rows[pk]["product"]]["sku"] for pks in lists for pk in pks}
    assert {sku for sku, _, _ in sandbox.stock_differences()} <= waiting | bought
    assert all(lists)


def test_touched_stocks_are_due_and_change_what_is_on_sale() -> None:
    sandbox = Sandbox.seeded(size=500, packages=0, clock=HandClock())
    skus = set(sandbox.touch_stocks(20))
    assert skus <= {sku for sku, _, _ in sandbox.stock_differences()}


def test_a_world_is_the_same_for_the_same_seed_and_steps() -> None:
    worlds = [World(Sandbox.seeded(size=200, packages=20, clock=HandClock()), seed=4) for _ in range(2)]
    for world in worlds:
        world.step(60)
    assert _all_of(worlds[0].sandbox) == _all_of(worlds[1].sandbox)
    assert all(worlds[0].events[name] for name in ("orders", "restocks", "sales_elsewhere", "reprices"))


def test_nothing_was_ever_sent_where_nothing_is_on_sale() -> None:
    sandbox = Sandbox.seeded(size=100, packages=20, clock=HandClock(), on_sale=0)
    hub, market = sandbox.omnitron, sandbox.fashfed
    assert [len(part) for part in (market.offers, market.products, market.packages, hub.actions)] == [0, 0, 0, 0]
    assert len(hub.feeds.due("product", "0", "inserts").members) == len(hub.products) == 100


@pytest.mark.parametrize("share", [0.2, 0.96, 1])
def test_the_share_on_sale_is_the_one_asked_for(share: float) -> None:
    sandbox = Sandbox.seeded(size=100, packages=0, clock=HandClock(), on_sale=share)
    assert len(sandbox.skus_on_sale()) == 100 * share


def test_a_bare_channel_knows_only_what_a_person_must_tell() -> None:
    sandbox = Sandbox.seeded(size=10, packages=0, clock=HandClock(), bare=True)
    channel = sandbox.omnitron.channel
    assert channel["schema"] == {}
    assert set(channel["conf"]) == {
        *("base_url", "access_token", "category_ids", "buffer_stock", "cargo_company_mapping", "feature_flags"),
        *("default_reason_id", "refund_reason_mapping", "refund_start_date", "reject_item_reason"),
        *("cancellation_reason_id", "cancel_reason_mapping", "send_cancel_reason_id", "waybill_option"),
    }
    assert channel["conf"]["feature_flags"] == dict.fromkeys(REQUIRED, True)


def test_a_bare_channel_that_was_set_up_is_ready_for_every_flow() -> None:
    channel = Sandbox.seeded(size=10, packages=0, clock=HandClock(), bare=True).omnitron.channel
    conf = completed(channel["schema"], channel["conf"]).conf
    settings = ChannelSettings.parse(conf, channel_id=137, is_active=True, allow_private_hosts=True)
    assert settings.problems == ()
    assert all(check_flag(settings, flag).on for flag in REQUIRED)
    assert settings.reject_item_reason
    assert settings.waybill_option.enabled


def test_in_a_lively_world_the_catalogue_is_edited_and_categories_drift() -> None:
    worlds = [
        World(Sandbox.seeded(size=200, packages=20, clock=HandClock()), seed=4, rates=_busy_with_the_catalogue())
        for _ in range(2)
    ]
    for world in worlds:
        draw_categories(world.sandbox)
        world.step(120)
    one, other = worlds
    assert _all_of(one.sandbox) == _all_of(other.sandbox)
    assert one.sandbox.fashfed.categories == other.sandbox.fashfed.categories
    assert one.sandbox.fashfed.attributes == other.sandbox.fashfed.attributes
    names = ("departures", "returns", "name_changes", "image_changes", "attribute_drift", "category_changes")
    assert all(one.events[name] for name in (*names, "merchandised"))
    fresh = Sandbox.seeded(size=200, packages=20, clock=HandClock())
    assert one.sandbox.fashfed.attributes != fresh.fashfed.attributes
    assert one.sandbox.fashfed.categories != fresh.fashfed.categories


def _busy_with_the_catalogue() -> Rates:
    edits = replace(Rates.lively(), departures=0.3, returns=0.2, name_changes=0.3, image_changes=0.3)
    return replace(edits, attribute_drift=0.5, category_changes=0.3)


def test_editing_the_catalogue_leaves_the_other_happenings_as_they_were() -> None:
    calm, busy = (
        World(Sandbox.seeded(size=200, packages=20, clock=HandClock()), seed=4, rates=rates)
        for rates in (Rates(), _busy_with_the_catalogue())
    )
    for world in (calm, busy):
        world.step(40)
    assert list(calm.sandbox.fashfed.packages.rows) == list(busy.sandbox.fashfed.packages.rows)
    assert calm.events["sales_elsewhere"] == busy.events["sales_elsewhere"] == 80


def test_nobody_buys_what_is_inactive_or_out_of_stock() -> None:
    sandbox = Sandbox.seeded(size=100, packages=0, clock=HandClock())
    first, second, *others = sandbox.fashfed.offers.rows.values()
    first.update(stock=0)
    second.update(stock=5, is_active=False)
    for offer in others:
        offer.update(stock=1_000_000)
    World(sandbox, rates=Rates(orders=1)).step(150)
    bought = {item["product"] for item in sandbox.fashfed.items.rows.values()}
    assert len(bought) > 50
    assert not bought & {first["sku"], second["sku"]}


async def test_parcels_move_once_the_hub_knows_their_order(hub: Caller, sandbox: Sandbox) -> None:
    world = World(sandbox, rates=Rates(0, 0, 0, 0, 0, 0, parcels_moved=1, new_products=0))
    (package,) = sandbox.place_order([sandbox.skus_on_sale()[0]])
    world.step(20)
    assert package["status"] == 2
    order = sandbox.omnitron.create("order", {"number": "FD-1", "is_send": False, "status": "400"})
    objects = [batch_object(order, "order", remote_id=package["number"])]
    await move_batch(hub, await commit(hub, objects, "order"), "done", objects=objects)
    world.step(4)
    assert (package["status"], bool(package["tracking_number"]), order["is_send"]) == (5, True, True)


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    sandbox = Sandbox.seeded(size=120, packages=10, clock=HandClock())
    sandbox.touch_stocks(5)
    save(sandbox, tmp_path / "state", "as it was")
    clock = HandClock()
    again = load(tmp_path / "state", clock, "as it was")
    assert again
    assert _all_of(again) == _all_of(sandbox)
    assert again.clock is clock
    clock.pass_time(60)
    again.touch_stocks(6)
    hub = again.omnitron
    due = hub.feeds.due("productstock", hub.catalog["stock_list"], "updates")
    assert [row["pk"] for row in due.head("pk", 1000)] == sorted(due.members)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # other tests may leave idle threads
def test_a_state_is_saved_aside_while_the_stand_ins_go_on(tmp_path: Path) -> None:
    sandbox = Sandbox.seeded(size=120, packages=10, clock=HandClock())
    before = _all_of(sandbox)
    saver = Saver(sandbox, tmp_path / "state", "as it was")
    saver.start()
    sandbox.touch_stocks(5)
    while saver.busy():
        time.sleep(0.01)
    kept = load(tmp_path / "state", HandClock(), "as it was")
    assert kept
    assert _all_of(kept) == before
    saver.start()
    saver.finish()
    assert not saver.busy()
    kept = load(tmp_path / "state", HandClock(), "as it was")
    assert kept
    assert _all_of(kept) == _all_of(sandbox)


def test_a_state_of_another_seed_or_no_state_at_all_starts_afresh(tmp_path: Path) -> None:
    sandbox = Sandbox.seeded(size=10, packages=0, clock=HandClock())
    save(sandbox, tmp_path / "state", "10 SKUs")
    assert load(tmp_path / "state", HandClock(), "20 SKUs") is None
    (tmp_path / "state").write_bytes(b"not a state")
    assert load(tmp_path / "state", HandClock(), "10 SKUs") is None
    assert load(tmp_path / "nothing", HandClock(), "10 SKUs") is None
