"""Category Node: Fashfed's categories as the channel's category tree in Omnitron (reference/flows.md section 4.1).

Opens no batch request: there is no object to hold, and a batch that held nothing cannot be closed (design.md
section 13). A run that was broken off is finished by the next one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from include.errors import ConfigurationError, FashfedError, RecordFailed, Refused, RetryNow
from include.flows.apart import OUTAGES
from include.flows.context import FlowContext
from include.flows.reporting import Note, Reporter
from include.flows.setup.category_tree import NODE, HubTree, Verdict, channel_tree
from include.mapping.categories import Drawn, Selection, distinct_names, select
from include.state.store import Finding
from include.together import to_their_ends

CONTENT_TYPE = "categorytree"
_COUNTED: dict[Verdict, str] = {
    "created": "created",
    "adopted": "updated",
    "moved": "updated",
    "renamed": "updated",
    "unchanged": "unchanged",
}
_NAMED = 10
"""Categories named in a line of the log; all of them are among the findings."""


async def run(ctx: FlowContext) -> None:
    """Draw the subtrees of Category Ids. Raises ``ConfigurationError`` when none of them can be drawn, and
    ``RetryNow`` when a part could not be drawn because Omnitron was away."""
    async with ctx.store.lock(ctx.channel, CONTENT_TYPE, wait=ctx.tuning.lock_wait):
        reporter = Reporter(ctx, "category node")
        try:
            selection = await _selection(ctx, reporter)
            tree = await HubTree.read(ctx.hub, await channel_tree(ctx.hub))
            await _keep(ctx, [*_became_parents(tree, selection), *_vanished(tree, selection)])
            drawing = Drawing(ctx, tree, selection, reporter)
            try:
                await drawing.draw()
            finally:
                await _keep(ctx, drawing.findings)
        finally:
            reporter.say()


async def _selection(ctx: FlowContext, reporter: Reporter) -> Selection:
    wrong = "; ".join(str(problem) for problem in ctx.settings.problems if problem.setting == "category_ids")
    if not ctx.settings.category_ids:
        raise ConfigurationError("settings_invalid", flow="Category Node", problems=wrong)
    if wrong:
        ctx.log.warning("An entry of Category Ids cannot be used: %s", wrong)
    selection = select(await ctx.market.categories(), ctx.settings.category_ids)
    if not selection.levels:
        raise ConfigurationError("category_ids_unknown", ids=", ".join(selection.unknown))
    for what, labels in (("listed twice", selection.twice), ("below another one of them", selection.nested)):
        if labels:
            ctx.log.info("In Category Ids, but %s, so drawn once: %s", what, ", ".join(labels))
    unknown = [Note.of(RecordFailed("category_unknown", id=one), NODE, one) for one in selection.unknown]
    await reporter.records(unknown, log_prefix=_prefix(ctx))
    await _keep(ctx, [Finding(NODE, note.key, "unknown", code=note.code, text=note.text) for note in unknown])
    return selection


def _prefix(ctx: FlowContext) -> str:
    return f"{ctx.run_id}-Channel-{ctx.flow}"


async def _keep(ctx: FlowContext, findings: Sequence[Finding]) -> None:
    """Keep findings and name the first of each kind in the log."""
    await ctx.store.keep_findings(ctx.channel, ctx.flow, ctx.run_id, findings, now=ctx.clock.now())
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for finding in findings:
        if finding.code is None:
            told[finding.verdict, finding.text].append(finding.value)
    for (verdict, text), labels in told.items():
        more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
        names = ", ".join(labels[:_NAMED]) + more
        ctx.log.info("%d %s%s: %s", len(labels), verdict.replace("_", " "), f" ({text})" if text else "", names)


def _became_parents(tree: HubTree, selection: Selection) -> list[Finding]:
    text = "it has subcategories now: move its products to one of them"
    return [
        Finding(NODE, one.id, "became_parent", one.label, text=text)
        for one in selection.drawn().values()
        if not one.is_leaf and (node := tree.node_of(one.id)) is not None and not tree.children[node]
    ]


def _vanished(tree: HubTree, selection: Selection) -> list[Finding]:
    """Nodes whose category is no longer drawn. They stay: products may be in them."""
    drawn = selection.drawn()
    return [
        Finding(
            NODE,
            category,
            "vanished",
            tree.label(action.object_id),
            text="no longer below Category Ids" if category in selection.elsewhere else "gone at Fashfed",
        )
        for category, action in sorted(tree.by_category.items())
        if category not in drawn and action.object_id in tree.names
    ]


def _families(level: Sequence[Drawn]) -> dict[str | None, list[Drawn]]:
    families: dict[str | None, list[Drawn]] = defaultdict(list)
    for one in level:
        families[one.parent].append(one)
    return families


class Drawing:
    """The work of one run: level by level, so that a parent is there before its children."""

    def __init__(self, ctx: FlowContext, tree: HubTree, selection: Selection, reporter: Reporter) -> None:
        self.findings: list[Finding] = []
        self._ctx = ctx
        self._tree = tree
        self._levels = selection.levels
        self._drawn = selection.drawn()
        self._known = {one for one in self._drawn if tree.node_of(one) is not None}
        self._reporter = reporter
        self._slots = asyncio.Semaphore(ctx.tuning.concurrency)
        self._nodes: dict[str | None, int] = {None: tree.root}
        self._trouble: RetryNow | None = None

    async def draw(self) -> None:
        """Draw everything. Raises ``RetryNow`` at the end when a part is missing that the next run may get."""
        for level in self._levels:
            names = self._names(level)
            # first whoever leaves a name or a place, then whoever may need it
            for known in (True, False):
                group = [one for one in level if (one.id in self._known) is known]
                families = _families(group).values()
                await to_their_ends(self._family(family, names) for family in families)
        left = len(self._drawn) - (len(self._nodes) - 1)
        if left:
            self._ctx.log.warning("%d of %d categories could not be drawn in this run", left, len(self._drawn))
        if self._trouble is not None:
            raise self._trouble

    def _names(self, level: Sequence[Drawn]) -> dict[str, str]:
        """What the categories of a level are called, parent by parent."""
        names: dict[str, str] = {}
        for parent, siblings in _families(level).items():
            node = self._nodes.get(parent)
            names |= distinct_names(siblings, self._taken(node) if node is not None else ())
        return names

    def _taken(self, parent: int) -> list[str]:
        """Names below a node that belong to vanished categories."""
        tree = self._tree
        owners = {child: tree.by_node.get(child) for child in tree.children[parent]}
        return [
            tree.names[child]
            for child, action in owners.items()
            if action is not None and action.remote_id and action.remote_id not in self._drawn
        ]

    async def _family(self, siblings: Sequence[Drawn], names: dict[str, str]) -> None:
        """One after the other: Omnitron numbers a node's children by the last one, so two at once may collide."""
        async with self._slots:
            for one in siblings:
                await self._one(one, names[one.id])

    async def _one(self, one: Drawn, name: str) -> None:
        parent = self._nodes.get(one.parent)
        if parent is None or self._stopped():
            return
        self._ctx.report.count("read")
        try:
            verdict = await self._place(one, parent, name)
        except (Refused, RetryNow) as error:
            await self._failed(one, error)
            return
        self._ctx.report.count(_COUNTED[verdict])
        if verdict != "unchanged":
            self.findings.append(Finding(NODE, one.id, verdict, one.label))

    def _stopped(self) -> bool:
        if self._trouble is None and self._ctx.out_of_time():
            self._trouble = RetryNow("categories_unfinished")
        return self._trouble is not None and self._trouble.code in {*OUTAGES, "categories_unfinished"}

    async def _place(self, one: Drawn, parent: int, name: str) -> Verdict:
        node = self._tree.node_of(one.id)
        if node is None:
            self._nodes[one.id], verdict = await self._tree.add(one, parent, name)
            return verdict
        # its subtree is drawn also when its own change is refused
        self._nodes[one.id] = node
        return await self._tree.put(node, parent, name)

    async def _failed(self, one: Drawn, error: Refused | RetryNow) -> None:
        shown: FashfedError = error
        if isinstance(error, RetryNow):
            if self._trouble is None or error.code in OUTAGES:
                self._trouble = error
        else:
            shown = RecordFailed("category_refused", category=one.label, id=one.id, detail=error.message)
        note = Note.of(shown, NODE, one.label, pk=self._tree.node_of(one.id))
        await self._reporter.records([note], log_prefix=_prefix(self._ctx))
        self.findings.append(Finding(NODE, one.id, "refused", one.label, shown.code, shown.message))
