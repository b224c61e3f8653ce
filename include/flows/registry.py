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
    from include.flows.context import FlowContext

PUSH = ("send", "settle")
"""Steps of a flow that brings the hub's changes to the market."""
PULL = ("pull", "apply")
"""Steps of a flow that brings the market's records into the hub."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One row of the timetable. ``schedule`` is a cron text in the channel's time zone; None means manual.

    ``look_back`` is how far a pull reaches behind the time of its run. ``time_limit`` bounds one step.
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


FLOWS: dict[str, Flow] = {
    flow.name: flow
    for flow in (
        Flow("stock", "Stock", "stock", "catalog", "to Fashfed", "* * * * *", "productstock", PUSH),
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
    )
}
"""By name, in the order they are shown."""


def step_function(flow: Flow, step: str) -> "Callable[[FlowContext], Awaitable[None]]":
    """The function of a flow's step; imports the flow's module."""
    module = importlib.import_module(f"include.flows.{flow.group}.{flow.name}")
    return cast("Callable[[FlowContext], Awaitable[None]]", getattr(module, step))
