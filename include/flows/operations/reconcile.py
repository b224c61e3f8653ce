"""Dashboard Comparison: what Omnitron and Fashfed have is compared, and what differs is kept until it does not any more
(reference/flows.md section 6.1, design.md section 7)."""

from include.flows.context import FlowContext
from include.flows.operations.order_comparison import compare_orders


async def run(ctx: FlowContext) -> None:
    """Compare both sides. A difference is an event and a line of the log; it fails no run."""
    await compare_orders(ctx)
