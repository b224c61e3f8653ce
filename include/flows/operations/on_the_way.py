"""What is on its way to Fashfed, so that nobody can say now what it has (reference/flows.md section 6.1)."""

from datetime import timedelta

from include.domain.batch import Fate
from include.flows.context import FlowContext

_CONTENT_TYPES = ("product", "productprice", "productstock", "integrationaction")
"""Of batches whose items change an offer."""
_VALUES = ("productprice", "productstock")
GRACE = timedelta(minutes=20)
"""More than the clocks of the two sides differ, and then one turn of the flows. What either side changed within it is
on its way; so is a value that left, although no batch of ours holds it: its process may be about to hand the batch
over, or was killed, and then the next run of the flow sends it again. After that it was refused."""


async def on_the_way(ctx: FlowContext) -> set[str]:
    """What the SKUs are called at Fashfed of which a price, a stock or the content is on its way."""
    store, found = ctx.store, set[str]()
    for content_type in _CONTENT_TYPES:
        for batch in await store.open_batches(ctx.channel, content_type):
            found |= {item.key for item in await store.batch_items(batch.id) if item.fate is Fate.SENT}
    since = ctx.clock.now() - GRACE
    for content_type in _VALUES:
        found |= await store.unconfirmed(ctx.channel, content_type, since)
        actions = await ctx.hub.integration_actions(content_type, status="processing")
        found |= {action.remote_id for action in actions if action.remote_id}
    return found
