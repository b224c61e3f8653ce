"""Category Attribute and Values: what Fashfed asks of products in each category, in Omnitron's Mapper
(reference/flows.md section 4.2).

Opens no batch request: there is no object to hold, and a batch that held nothing cannot be closed (design.md
section 13). A run that was broken off is finished by the next one.
"""

from include.errors import ConfigurationError
from include.flows.context import FlowContext
from include.flows.setup.attribute_book import ATTRIBUTE, AttributeBook
from include.flows.setup.attribute_report import findings, say
from include.flows.setup.attribute_sets import AttributeSets, Category
from include.flows.setup.category_tree import HubTree
from include.flows.setup.category_turns import CategoryTurns


async def run(ctx: FlowContext) -> None:
    """Take the attributes of all leaf categories over, the one handled longest ago first, until the time is used up.

    Raises ``ConfigurationError`` when no category is drawn, and ``RetryNow`` when some are left.
    """
    async with ctx.store.lock(ctx.channel, ATTRIBUTE, wait=ctx.tuning.lock_wait):
        categories = await _leaves(ctx)
        book = await AttributeBook.read(ctx)
        sets = await AttributeSets.read(ctx, book)
        turns = CategoryTurns(ctx)
        whole = await turns.work_off(categories, lambda category: _take_over(ctx, turns, sets, category))
        await sets.settle(whole=whole)
    counts = ctx.report.counts
    ctx.log.info(
        "Done: %d categories read, %d new, %d changed, %d unchanged, %d failures",
        counts["read"], counts["created"], counts["updated"], counts["unchanged"], counts["failed"],
    )  # fmt: skip
    turns.raise_unfinished()


async def _leaves(ctx: FlowContext) -> list[Category]:
    """The drawn categories without children; one that was never handled comes first."""
    pk = (await ctx.hub.channel()).category_tree
    if pk is None:
        raise ConfigurationError("categories_missing")
    tree = await HubTree.read(ctx.hub, await ctx.hub.category_tree(pk))
    found: list[tuple[str, Category]] = []
    for remote_id, action in sorted(tree.by_category.items()):
        path = _path(tree, action.object_id)
        if path and not tree.children[action.object_id]:
            found.append((action.version_date or "", Category(remote_id, path, action.object_id, action.pk)))
    if not found:
        raise ConfigurationError("categories_missing")
    return [category for _, category in sorted(found, key=lambda one: one[0])]


def _path(tree: HubTree, node: int) -> tuple[str, ...]:
    """The names down to a node of the channel's tree; nothing for a node that is gone or elsewhere."""
    path: list[str] = []
    at: int | None = node
    while at is not None and at != tree.root and at in tree.names:
        path.insert(0, tree.names[at])
        at = tree.parents.get(at)
    return tuple(path) if at == tree.root else ()


async def _take_over(ctx: FlowContext, turns: CategoryTurns, sets: AttributeSets, category: Category) -> None:
    attributes, _ = await turns.attributes(category)
    is_new = not sets.has(category.remote_id)
    chosen = await sets.of(category)
    written = await sets.write(category, chosen, attributes)
    await _touch(ctx, category)
    ctx.report.count("created" if is_new else "updated" if written.is_changed else "unchanged")
    say(ctx, category, written)
    rows = findings(category, written)
    await ctx.store.keep_findings(ctx.channel, ctx.flow, ctx.run_id, rows, now=ctx.clock.now())
    await turns.note_refused(category, written)


async def _touch(ctx: FlowContext, category: Category) -> None:
    """Note that the category was handled, so that others have their turn before it comes again."""
    if category.node is not None and category.action is not None:
        node = await ctx.hub.patch_category_node(category.node, {})
        await ctx.hub.patch_action(category.action, {"version_date": node.modified_date})
