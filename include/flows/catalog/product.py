"""Product: inserts and updates of simple products, with price and stock (reference/flows.md sections 4.5 and 4.17).

A product is suggested to Fashfed's catalogue; equal content is not suggested again. What Fashfed took over is followed
until its owner has approved or rejected it.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from include.clients.omnitron.schemas import Product
from include.clients.omnitron.sync import FeedKind
from include.clients.rows import FeedPage
from include.domain.batch import BatchItem
from include.flows import push, settling
from include.flows.catalog import approvals
from include.flows.catalog.chosen import Chosen
from include.flows.catalog.parts import CONTENT_TYPE
from include.flows.catalog.suggesting import Suggesting
from include.flows.context import FlowContext
from include.flows.feeding import Push

_REFUSED = "suggestion_failed"

Read = Callable[[int, int], Awaitable[FeedPage[Product]]]
Prepare = Callable[[Sequence[Product]], Awaitable[list[BatchItem]]]


async def send(ctx: FlowContext) -> None:
    """Suggest every new and changed product, also where only an image changed; or the SKUs that a person chose."""
    if not ctx.dry_run:
        await approvals.follow(ctx)
    suggesting = Suggesting(ctx)
    new, changed = partial(suggesting.prepare, known=False), partial(suggesting.prepare, known=True)

    def feed(title: str, read: Read, prepare: Prepare) -> Push[Product]:
        return Push(CONTENT_TYPE, title, read, prepare, suggesting.call, _REFUSED)

    if ctx.sku_list is not None:
        chosen = await Chosen.read(ctx)
        await push.send(ctx, [feed("chosen products", chosen.page, partial(chosen.prepare, new))])
        return
    feeds = [
        feed("new products", partial(_page, ctx, "inserts"), new),
        feed("changed products", partial(_page, ctx, "updates"), changed),
        feed("products with new images", partial(_by_images, ctx, "inserts"), changed),
        feed("products with changed images", partial(_by_images, ctx, "updates"), changed),
    ]
    await push.send(ctx, feeds)


async def settle(ctx: FlowContext) -> None:
    """Learn what became of the suggestions, tell Omnitron, and follow them to the owner's decision."""
    accepted = partial(approvals.wait_for_approval, ctx)
    how = settling.Settling(CONTENT_TYPE, ctx.market.batch, "suggest_products", refused=_REFUSED, accepted=accepted)
    await settling.settle(ctx, how)
    if not ctx.dry_run:
        await approvals.follow(ctx)


async def _page(ctx: FlowContext, kind: FeedKind, page: int, limit: int) -> FeedPage[Product]:
    return await ctx.hub.product_feed(kind, limit, page=page)


async def _by_images(ctx: FlowContext, kind: FeedKind, page: int, limit: int) -> FeedPage[Product]:
    """The products on Fashfed of which an image is new or changed; a new product takes its images along anyway."""
    images = await ctx.hub.image_feed(kind, limit, page=page)
    actions = await ctx.hub.integration_actions("product", object_ids=[image.product for image in images.rows])
    there = [action.object_id for action in actions if action.remote_id and action.status != "processing"]
    return FeedPage(await ctx.hub.products(there), images.bad, images.more)
