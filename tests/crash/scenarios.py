"""What each flow finds to do when it is killed, and what must be true after it has recovered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.crash import alarms, catalogue, orders
from tests.crash.stage import Stage


@dataclass(frozen=True, slots=True)
class Scenario:
    """``prepare`` makes work for the flow; ``check`` looks at both remotes after it has recovered. ``facts`` are what a
    person hands to the runs that are watched."""

    flow: str
    prepare: Callable[[Stage], None]
    check: Callable[[Stage], None]
    facts: Mapping[str, Any] = field(default_factory=dict)
    on_sale: float = 0.96
    later: tuple[int, ...] = (30, 240)
    """Minutes that pass before each of the runs in which it recovers."""

    def open(self, stage: Stage) -> None:
        """A fresh world with the work in it."""
        stage.open(on_sale=self.on_sale)
        self.prepare(stage)


SCENARIOS: dict[str, Scenario] = {
    "stock": Scenario("stock", catalogue.stocks_change, catalogue.stocks_agree),
    "price": Scenario("price", catalogue.prices_change_too_far, catalogue.prices_are_held),
    "price_let_pass": Scenario("price", catalogue.prices_are_braked, catalogue.prices_agree, {"let_pass": True}),
    "product": Scenario("product", catalogue.products_wait, catalogue.products_agree, on_sale=0.0, later=(30, 240, 5)),
    "delete_product": Scenario("delete_product", catalogue.products_leave, catalogue.products_are_gone, on_sale=0.0),
    "update_bulk_product_version_date": Scenario(
        "update_bulk_product_version_date",
        catalogue.products_are_there,
        catalogue.products_are_due,
        {"skus": catalogue.SKUS},
        on_sale=0.0,
    ),
    "get_orders": Scenario("get_orders", orders.buyers_buy, orders.orders_are_right),
    "get_orders_woken": Scenario("get_orders", orders.a_township_is_mapped, orders.both_agree),
    "get_orders_split": Scenario("get_orders", orders.a_split_is_made_by_hand, orders.both_agree),
    "get_cancel_orders": Scenario("get_cancel_orders", orders.buyers_cancel, orders.both_agree),
    "get_refund_orders": Scenario("get_refund_orders", orders.buyers_send_back, orders.requests_agree),
    "get_updated_orders": Scenario("get_updated_orders", orders.fashfed_ships, orders.both_agree),
    "send_update_orders": Scenario("send_update_orders", orders.the_brand_ships, orders.both_agree),
    "send_refund_order_status": Scenario("send_refund_order_status", orders.the_brand_decides, orders.requests_agree),
    "send_cancel_order_items": Scenario("send_cancel_order_items", orders.the_brand_cancels, orders.both_agree),
    "split_packages": Scenario("split_packages", orders.a_split_is_asked_for, orders.both_agree),
    "sweep_orders": Scenario("sweep_orders", orders.much_was_missed, orders.both_agree),
    "reconcile_products": Scenario("reconcile", catalogue.offers_change, catalogue.offers_are_corrected),
    "reconcile": Scenario("reconcile", orders.something_differs, orders.one_difference_stands),
    "housekeeping": Scenario("housekeeping", orders.much_is_old, orders.nothing_old_is_left),
    "alarms": Scenario("alarms", alarms.runs_fail, alarms.each_operator_is_told_once, later=(1, 6, 6)),
}
"""Name -> scenario; every flow of the registry has one, or stands in ``ELSEWHERE``."""

_SIMULATED = "writes records of Omnitron that it finds again by name; the simulation and its own tests crash it"
ELSEWHERE: dict[str, str] = {
    "channel_setup": "one call that may be repeated",
    **dict.fromkeys(("category_node", "category_attributes", "default_attributes", "compare_attributes"), _SIMULATED),
    "delete_bulk_failed_integration": "deletes penalties one by one; whoever was interrupted gives the list again",
}
"""Flows that are not killed here, and why."""


def nothing_is_left(stage: Stage) -> None:
    """What holds after every recovery, whatever the flow."""
    hub = stage.sandbox.omnitron
    held = [batch for batch in hub.batches.rows.values() if batch["status"] not in ("done", "fail")]
    assert not held, f"batches are left open: {[(batch['pk'], batch['status']) for batch in held]}"
    processing = [action for action in hub.actions.by_pk.values() if action.status == "processing"]
    assert not processing, f"objects are left in processing: {[(one.model, one.object_id) for one in processing]}"
    assert stage.ask("select id from batches where state not in ('done', 'fail')") == []
