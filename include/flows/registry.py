"""The system on one page: every flow with its names, schedule and place (design.md section 3).

A flow's module is ``include.flows.<group>.<name>``; its steps are async functions of that module which take a
``FlowContext``. This module imports nothing but the standard library, because DAG files read it when they are parsed.
"""

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from include.flows.context import FlowContext, OwnContext

PUSH = ("send", "settle")
"""Steps of a flow that brings the hub's changes to the market."""
PULL = ("pull", "apply")
"""Steps of a flow that brings the market's records into the hub."""
SEND = ("send",)
"""The step of a flow whose records the market answers at once."""
APPLY = ("apply",)
"""The step of a flow whose inbox is filled from outside."""
RUN = ("run",)
"""The one step of a flow that needs no more."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One row of the timetable. ``schedule`` is a cron text in the channel's time zone; None means manual.

    ``look_back`` is how far a pull reaches behind the time of its run. ``time_limit`` bounds one step. ``after`` names
    the flow whose success starts this one; ``needs`` one that must have succeeded once before. ``takes`` says what a
    person may hand to a run: a list of SKUs, the word that held changes pass. ``on_any_channel``: works also on a
    channel that is inactive or not filled in. ``alone``: works on our own database, also while both remotes are away.
    ``tells``: sends mail to people.
    """

    name: str
    display_name: str
    flag: str | None
    group: Literal["setup", "catalog", "orders", "operations"]
    direction: Literal["to Omnitron", "to Fashfed", "both", "none"]
    schedule: str | None
    content_type: str | None
    steps: tuple[str, ...]
    look_back: timedelta | None = None
    time_limit: timedelta = timedelta(minutes=15)
    after: str | None = None
    needs: str | None = None
    takes: frozenset[Literal["skus", "let_pass"]] = frozenset()
    on_any_channel: bool = False
    alone: bool = False
    tells: bool = False


_SKUS: frozenset[Literal["skus", "let_pass"]] = frozenset({"skus"})
_LET_PASS: frozenset[Literal["skus", "let_pass"]] = frozenset({"let_pass"})
_HOUR = timedelta(hours=1)

FLOWS: dict[str, Flow] = {
    flow.name: flow
    for flow in (
        Flow("channel_setup", "Channel Setup", None, "setup", "to Omnitron", None, "channel", RUN, on_any_channel=True),
        Flow(
            "category_node", "Category Node", None, "setup", "to Omnitron", None, "categorytree", RUN, time_limit=_HOUR
        ),
        Flow(
            "category_attributes",
            "Category Attribute and Values",
            None,
            "setup",
            "to Omnitron",
            None,
            "marketplaceattribute",
            RUN,
            time_limit=_HOUR,
            after="category_node",
        ),
        Flow(
            "default_attributes",
            "Default Attributes",
            None,
            "setup",
            "to Omnitron",
            None,
            "marketplaceattribute",
            RUN,
            after="category_attributes",
        ),
        Flow(
            "compare_attributes",
            "Compare Attributes",
            None,
            "setup",
            "to Omnitron",
            "30 3 * * 1",
            "marketplaceattribute",
            RUN,
            time_limit=_HOUR,
        ),
        Flow(
            "product",
            "Product",
            "product",
            "catalog",
            "to Fashfed",
            "*/5 * * * *",
            "product",
            PUSH,
            time_limit=timedelta(minutes=6),  # what is sent holds its stock until it is settled, so in portions
            needs="default_attributes",
            takes=_SKUS,
        ),
        Flow(
            "delete_product",
            "Product Delete",
            "delete_product",
            "catalog",
            "to Fashfed",
            "*/5 * * * *",
            "integrationaction",
            PUSH,
        ),
        Flow("price", "Price", "price", "catalog", "to Fashfed", "*/5 * * * *", "productprice", PUSH, takes=_LET_PASS),
        Flow("stock", "Stock", "stock", "catalog", "to Fashfed", "* * * * *", "productstock", PUSH, takes=_LET_PASS),
        Flow(
            "get_orders",
            "Order Create",
            "get_orders",
            "orders",
            "to Omnitron",
            "*/5 * * * *",
            "order",
            PULL,
            look_back=timedelta(hours=12),
        ),
        Flow(
            "get_cancel_orders",
            "Order Cancel",
            "get_cancel_orders",
            "orders",
            "to Omnitron",
            "*/5 * * * *",
            "order",
            PULL,
            look_back=timedelta(hours=12),
        ),
        Flow(
            "get_refund_orders",
            "Order Refund",
            "get_refund_orders",
            "orders",
            "to Omnitron",
            "*/5 * * * *",
            "cancellationrequest",
            PULL,
        ),
        Flow(
            "get_updated_orders",
            "Updated Orders",
            "get_updated_orders",
            "orders",
            "to Omnitron",
            "0 6 * * *",
            "order",
            PULL,
            look_back=timedelta(hours=24),
            time_limit=_HOUR,
        ),
        Flow(
            "send_update_orders",
            "Order Update",
            "send_update_orders",
            "orders",
            "to Fashfed",
            "*/5 * * * *",
            "order",
            SEND,
            time_limit=timedelta(minutes=3),  # it holds its content type, for which others wait a minute
        ),
        Flow(
            "send_refund_order_status",
            "Approve / Reject Refund Order",
            "send_refund_order_status",
            "orders",
            "to Fashfed",
            "*/5 * * * *",
            "cancellationrequest",
            SEND,
            time_limit=timedelta(minutes=3),  # it holds its content type, for which others wait a minute
        ),
        Flow(
            "send_cancel_order_items",
            "Cancel Order Items",
            "send_cancel_order_items",
            "orders",
            "to Fashfed",
            "*/5 * * * *",
            "order",
            PULL,
        ),
        Flow(
            "split_packages",
            "Split Packages",
            "split_packages",
            "orders",
            "to Fashfed",
            "2-59/5 * * * *",  # each request starts it; this is for lost starts, and when Order Create had its turn
            None,
            APPLY,
        ),
        Flow(
            "sweep_orders",
            "Order Sweep and Backfill",
            None,
            "orders",
            "to Omnitron",
            "0 */12 * * *",
            "order",
            PULL,
            look_back=timedelta(hours=12),
            time_limit=_HOUR,
        ),
        Flow(
            "reconcile",
            "Dashboard Comparison",
            None,
            "operations",
            "both",
            "*/30 * * * *",
            None,
            RUN,
            time_limit=timedelta(minutes=25),
        ),
        Flow(
            "housekeeping",
            "Retention",
            None,
            "operations",
            "none",
            "15 3 * * *",
            None,
            RUN,
            on_any_channel=True,
            alone=True,
        ),
        Flow(
            "alarms",
            "Alarms",
            None,
            "operations",
            "none",
            "* * * * *",
            None,
            RUN,
            time_limit=timedelta(minutes=5),
            on_any_channel=True,
            alone=True,
            tells=True,
        ),
        Flow(
            "delete_bulk_failed_integration",
            "Delete Bulk Failed Integration",
            None,
            "operations",
            "to Omnitron",
            None,
            None,
            RUN,
            takes=_SKUS,
        ),
        Flow(
            "update_bulk_product_version_date",
            "Update Bulk Product Version Date",
            None,
            "operations",
            "to Omnitron",
            None,
            None,
            RUN,
            takes=_SKUS,
        ),
    )
}
"""By name, in the order they are shown."""


def step_function(flow: Flow, step: str) -> "Callable[[FlowContext], Awaitable[None]]":
    """The function of a flow's step; imports the flow's module. That of a flow which is ``alone`` takes also an
    ``OwnContext``."""
    module = importlib.import_module(f"include.flows.{flow.group}.{flow.name}")
    return cast("Callable[[FlowContext], Awaitable[None]]", getattr(module, step))


def own_step_function(flow: Flow, step: str) -> "Callable[[OwnContext], Awaitable[None]]":
    """The function of a step of a flow that is ``alone``."""
    return cast("Callable[[OwnContext], Awaitable[None]]", step_function(flow, step))
