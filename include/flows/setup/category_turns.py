"""Working on many categories side by side: reading each from Fashfed, and keeping one bad category to itself."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from include.errors import FashfedError, RecordFailed, Refused, RetryNow, StopRun
from include.flows.apart import OUTAGES
from include.flows.context import FlowContext
from include.flows.reporting import Note, Reporter
from include.flows.setup.attribute_book import ATTRIBUTE
from include.flows.setup.attribute_sets import Category, Written
from include.flows.setup.category_tree import NODE
from include.mapping.attributes import Wanted, wanted
from include.together import together

_REMEMBER = timedelta(days=2)
"""How long a category that failed stands behind the others."""


class CategoryTurns:
    """The categories of one run, as many at a time as calls are allowed."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._reporter = Reporter(ctx, "category node")
        self._scope = f"failed_categories:{ctx.channel}"
        self._stopped: FashfedError | None = None
        self._left = 0
        self._trouble: RetryNow | None = None

    async def work_off(self, categories: Sequence[Category], work: Callable[[Category], Awaitable[None]]) -> bool:
        """Do ``work`` for each category, in the order given, until the run's time is used up; whether all had a turn.

        Those that failed lately come last, so that they do not stand in front of good ones. Raises what stops the run.
        """
        failed = await self._ctx.store.cached(
            self._scope, [one.remote_id for one in categories], now=self._ctx.clock.now()
        )
        queue = deque(sorted(categories, key=lambda one: one.remote_id in failed))

        async def worker() -> None:
            while queue and self._stopped is None and not self._ctx.out_of_time():
                await self._one(queue.popleft(), work)

        try:
            await together(*(worker() for _ in range(self._ctx.tuning.concurrency)))
        finally:
            self._reporter.say()
        if self._stopped is not None:
            raise self._stopped
        self._left = len(queue)
        return not queue

    def raise_unfinished(self) -> None:
        """Ask for another try when categories are left, or when Omnitron was in trouble over one of them."""
        if self._left:
            raise RetryNow("attributes_unfinished", left=self._left)
        if self._trouble is not None:
            raise self._trouble

    async def _one(self, category: Category, work: Callable[[Category], Awaitable[None]]) -> None:
        self._ctx.report.count("read")
        try:
            await work(category)
        except StopRun as error:
            self._stopped = error
        except FashfedError as error:
            if error.code in OUTAGES:
                self._stopped = error
                return
            if isinstance(error, RetryNow):
                self._trouble = error
            if not isinstance(error, RecordFailed):
                error = RecordFailed("category_unwritten", category=category.label, detail=error.message)
            now = self._ctx.clock.now()
            await self._ctx.store.cache(self._scope, {category.remote_id: error.code}, expires_at=now + _REMEMBER)
            await self._note([Note.of(error, NODE, category.label, pk=category.node)])

    async def _note(self, notes: Sequence[Note]) -> None:
        await self._reporter.records(notes, log_prefix=f"{self._ctx.run_id}-Channel-{self._ctx.flow}")

    async def attributes(self, category: Category) -> tuple[dict[str, Wanted], bool]:
        """What Fashfed has for a category, by key, and whether all of it could be read; what cannot be read is noted.

        Raises ``RecordFailed`` (``category_gone``, ``category_unread``) or the outage that stops the run.
        """
        try:
            page = await self._ctx.market.category_attributes(category.remote_id)
        except Refused as refusal:
            if refusal.status == 404:
                raise RecordFailed("category_gone", category=category.label) from None
            raise RecordFailed("category_unread", category=category.label, detail=refusal.message) from None
        except RetryNow as error:
            if error.code in OUTAGES:
                raise
            raise RecordFailed("category_unread", category=category.label, detail=error.message) from None
        found = wanted(row for row in page.rows if row.key.strip())
        bad = [(_key(one.raw), one.detail) for one in page.bad]
        bad += [(row.name, "it has no key") for row in page.rows if not row.key.strip()]
        errors = [
            RecordFailed("attribute_unreadable", category=category.label, attribute=name, detail=detail)
            for name, detail in bad
        ]
        await self._note([Note.of(one, ATTRIBUTE, f"{category.label}: {one.facts['attribute']}") for one in errors])
        return found, not bad

    async def note_refused(self, category: Category, written: Written) -> None:
        """Note what Omnitron did not accept of a category."""
        errors = [
            RecordFailed("attribute_refused", category=category.label, attribute=attribute.name, detail=refusal.message)
            for attribute, refusal in written.refused
        ]
        await self._note([Note.of(one, ATTRIBUTE, f"{category.label}: {one.facts['attribute']}") for one in errors])


def _key(raw: object) -> str:
    key = raw.get("key") if isinstance(raw, dict) else None
    return key if isinstance(key, str) and key else "?"
