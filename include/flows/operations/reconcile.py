"""Dashboard Comparison: what Omnitron and Fashfed have is compared, and what differs is kept until it does not any more
(reference/flows.md section 6.1, design.md section 7). Prices and stocks that differ are sent again by their flows."""

from include.errors import FashfedError
from include.flows.context import FlowContext
from include.flows.operations.order_comparison import compare_orders
from include.flows.operations.product_comparison import compare_products


async def run(ctx: FlowContext) -> None:
    """Compare orders, then products. A difference fails no run; a part that cannot be compared fails it after the other
    was, with the first trouble."""
    troubles: list[FashfedError] = []
    for part, compare in (("orders", compare_orders), ("products", compare_products)):
        try:
            await compare(ctx)
        except FashfedError as error:
            ctx.log.warning("The %s could not be compared: %s [%s]", part, error, error.code)
            troubles.append(error)
    if troubles:
        raise troubles[0]
