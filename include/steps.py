"""The steps of a run: one after the other, within their time, each run noted in the state database however it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from include.clock import Clock
from include.domain.run import Outcome, RunReport
from include.domain.sku_list import SkuList
from include.errors import FashfedError
from include.flows.context import FlowContext, OwnContext
from include.flows.registry import Flow, own_step_function, step_function
from include.state.store import Store
from include.stopping import Stopped
from include.window import RunWindow

_HAND_OVER = 0.9
"""Share of its time limit after which a step takes up no new work."""


@dataclass(frozen=True, slots=True)
class Order:
    """One run of a flow, or of some of its steps, as it is asked for."""

    flow: Flow
    channel: str
    run_id: str
    steps: tuple[str, ...]
    window: RunWindow | None = None
    dry_run: bool = False
    sku_list: SkuList | None = None
    let_pass: bool = False

    def report(self, clock: Clock) -> RunReport:
        """The report of this run, still empty."""
        return RunReport(self.flow.name, self.channel, clock.now(), self.window.window if self.window else None)


async def work(context: OwnContext, order: Order, requests: Callable[[], dict[str, int]]) -> None:
    """The steps, one after the other, each within the flow's time limit, with a row of ``run_reports``."""
    clock, store, report = context.clock, context.store, context.report
    limit = order.flow.time_limit.total_seconds()
    if order.dry_run:
        report.reason = "dry run"  # so that nobody takes its counts for what was done
    await store.start_run(report, run_id=order.run_id, step="+".join(order.steps))
    try:
        for name in order.steps:
            context.deadline = clock.monotonic() + limit * _HAND_OVER
            await _within(limit, _step(order.flow, name, context), name)
    except BaseException as error:
        note_failure(report, error)
        raise
    finally:
        report.requests = requests()
        await finish(store, order, report, clock)


def _step(flow: Flow, name: str, context: OwnContext) -> Awaitable[None]:
    if isinstance(context, FlowContext):
        return step_function(flow, name)(context)
    return own_step_function(flow, name)(context)


async def finish(store: Store, order: Order, report: RunReport, clock: Clock) -> None:
    """Note how the run ended."""
    report.seconds = (clock.now() - report.started_at).total_seconds()
    with suppress(FashfedError):  # a lost database is what the step failed of, and says so itself
        await store.finish_run(report, run_id=order.run_id, step="+".join(order.steps), now=clock.now())


async def _within(limit: float, work: Awaitable[None], name: str) -> None:
    try:
        async with asyncio.timeout(limit) as scope:
            await work
    except TimeoutError:
        if scope.expired():
            raise Stopped(f"{name} was stopped at its time limit of {limit / 60:g} minutes") from None
        raise


def note_failure(report: RunReport, error: BaseException) -> None:
    """Mark the run as failed by ``error``; the first error noted stays."""
    if report.outcome is Outcome.FAILED:
        return
    report.outcome = Outcome.FAILED
    if isinstance(error, FashfedError):
        report.reason, report.code = error.message, error.code
        report.error(error.code)
    elif isinstance(error, Stopped | asyncio.CancelledError):
        report.reason, report.code = str(error), "stopped"  # a cancellation bears the words of ``stopping``
    else:
        report.reason = f"a fault in the connector ({type(error).__name__})"
        report.code = "unexpected"
        report.error("unexpected")
