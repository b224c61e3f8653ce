"""The channel's price list and stock list."""

from include.clients.omnitron.schemas import Catalog
from include.errors import ConfigurationError
from include.flows.context import FlowContext


async def channel_lists(ctx: FlowContext) -> Catalog:
    """The channel's catalogue with its lists. Raises ``ConfigurationError`` (settings_invalid) when it has none."""
    if not ctx.settings.catalog_id:
        problem = "the sales channel has no catalogue, so its prices and stocks cannot be told"
        raise ConfigurationError("settings_invalid", flow=ctx.flow, problems=problem)
    return await ctx.hub.catalog(int(ctx.settings.catalog_id))
