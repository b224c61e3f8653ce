"""Dashboard Comparison: what Omnitron and Fashfed have is compared, and what differs is kept until it does not any more
(reference/flows.md section 6.1, design.md section 7). Prices and stocks that differ are sent again by their flows."""

from dataclasses import replace

from include.errors import FashfedError
from include.flows.context import FlowContext
from include.flows.operations.order_comparison import compare_orders
from include.flows.operations.product_comparison import compare_products


async def run(ctx: FlowContext) -> None:
    """Compare orders, for at most half the time, then products. A difference fails no run; a part that cannot be
    compared fails it after the other was, with the first trouble."""
    troubles: list[FashfedError] = []
    half = replace(ctx, deadline=(ctx.clock.monotonic() + ctx.deadline) / 2)
    for part, compare, its_ctx in (("orders", compare_orders, half), ("products", compare_products, ctx)):
        try:
            await compare(its_ctx)
        except FashfedError as error:
            ctx.log.warning("The %s could not be compared: %s [%s]", part, error, error.code)
            troubles.append(error)
    if troubles:
        raise troubles[0]
