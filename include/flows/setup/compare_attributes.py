"""Compare Attributes: brings Omnitron's attributes of known categories into line with Fashfed's and says what differed
(reference/flows.md section 4.4).

It is the remedy when products are refused for their attribute values (spec section 8). Opens no batch request, as
Category Attribute and Values does not.
"""

from collections import Counter

from include.clients.omnitron.mapper_schemas import AttributeSet
from include.errors import RecordFailed
from include.flows.context import FlowContext
from include.flows.setup.attribute_book import ATTRIBUTE, AttributeBook
from include.flows.setup.attribute_names import AttributeNames
from include.flows.setup.attribute_removal import AttributeRemoval
from include.flows.setup.attribute_report import findings
from include.flows.setup.attribute_sets import AttributeSets, Category
from include.flows.setup.category_tree import NODE
from include.flows.setup.category_turns import CategoryTurns
from include.state.store import Finding

VERDICTS = ("added", "changed", "removed", "kept", "gone")
"""What a difference came to: ``kept`` and ``gone`` are left as they are for a person, and are found again."""

_NAMED = 20
"""Differences of a kind that are named in the log."""


async def run(ctx: FlowContext) -> None:
    """Compare the attribute set of every category with Fashfed, correct what may be, and keep the differences."""
    async with ctx.store.lock(ctx.channel, ATTRIBUTE, wait=ctx.tuning.lock_wait):
        book = await AttributeBook.read(ctx)
        sets = await AttributeSets.read(ctx, book)
        comparison = Comparison(ctx, book, sets)
        try:
            await comparison.all(await _categories(ctx, sets.known()))
        finally:
            comparison.say()


async def _categories(ctx: FlowContext, sets: list[AttributeSet]) -> list[Category]:
    nodes = {action.remote_id: action.object_id for action in await ctx.hub.integration_actions(NODE)}
    return [Category(one.remote_id or "", (one.name,), nodes.get(one.remote_id)) for one in sets]


class Comparison:
    """One run."""

    def __init__(self, ctx: FlowContext, book: AttributeBook, sets: AttributeSets) -> None:
        self._ctx = ctx
        self._sets = sets
        self._turns = CategoryTurns(ctx)
        self._names = AttributeNames(ctx, book)
        self._removal = AttributeRemoval(ctx, book, sets)
        self._found: Counter[str] = Counter()

    async def all(self, categories: list[Category]) -> None:
        """Set by set, then the names that all sets share."""
        await self._sets.settle(whole=await self._turns.work_off(categories, self._one))
        await self._keep(await self._names.correct())
        self._turns.raise_unfinished()

    async def _one(self, category: Category) -> None:
        try:
            attributes, whole = await self._turns.attributes(category)
        except RecordFailed as error:
            if error.code != "category_gone":
                raise
            await self._keep([Finding(NODE, category.remote_id, "gone", category.label, error.code, error.message)])
            return
        self._names.see(attributes.values())
        chosen = await self._sets.of(category)
        written = await self._sets.write(category, chosen, attributes)
        found = findings(category, written)
        await self._keep(found)
        removed = await self._removal.values(category, written)
        if whole:
            removed += await self._removal.attributes(category, written.before, attributes.keys())
        await self._keep(removed)
        self._ctx.report.count("updated" if found or removed else "unchanged")
        await self._turns.note_refused(category, written)

    async def _keep(self, found: list[Finding]) -> None:
        ctx = self._ctx
        self._found.update(one.verdict for one in found)
        await ctx.store.keep_findings(ctx.channel, ctx.flow, ctx.run_id, found, now=ctx.clock.now())
        for one in found:
            if one.code is not None and self._found[one.verdict] <= _NAMED:
                ctx.log.warning("%s", one.text)

    def say(self) -> None:
        """The counts, for the log; the rows are among the findings."""
        counts = ", ".join(f"{self._found[verdict]} {verdict}" for verdict in VERDICTS)
        self._ctx.log.info("%d categories compared; differences: %s", self._ctx.report.counts["read"], counts)
