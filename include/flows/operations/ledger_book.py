"""What one run of the ledger finds: differences that begin and end, figures, and what operators read."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from include.domain.ledger import Account
from include.domain.run import Window
from include.errors import FashfedError
from include.flows.context import FlowContext
from include.state.records import ORDER_LEDGER
from include.state.store import Comparison, Difference

DIFFERENCES, WAITING = "order", "order_waiting"
"""Kinds of what differs, and of what differs for the time being."""
_LINES = 50
"""Differences that a run says one by one; the others are in the list."""
_PAGE = 1000


class Book:
    """Collects the results of one run and keeps them page by page."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self.figures: Counter[str] = Counter()
        self.excluded: Counter[str] = Counter()
        self._units: Counter[str] = Counter()
        self._in_hub = self._at_market = Decimal(0)
        self._checked: set[str] = set()
        self._found: dict[str, dict[str, Difference]] = {DIFFERENCES: {}, WAITING: {}}
        self._seen: dict[str, set[str]] = {DIFFERENCES: set(), WAITING: set()}

    def differs(self, key: str, problems: Sequence[FashfedError]) -> None:
        """A record on which the two sides do not agree."""
        ctx = self._ctx
        self._found[DIFFERENCES][key] = _difference(key, problems)
        if key in self._seen[DIFFERENCES]:
            return
        self._seen[DIFFERENCES].add(key)
        ctx.report.count("failed")
        for problem in problems:
            ctx.report.error(problem.code)
            if len(self._seen[DIFFERENCES]) <= _LINES:
                ctx.log.error("%s [%s] (%s). Next step: %s", problem, problem.code, key, problem.next_step)

    def waits(self, key: str, problems: Sequence[FashfedError]) -> None:
        """A record on which they will agree when what is under way has arrived."""
        self._found[WAITING][key] = _difference(key, problems)
        self._seen[WAITING].add(key)

    def checked(self, keys: Iterable[str]) -> None:
        """Records that were compared now; those that nothing was said about agree."""
        self._checked.update(keys)

    def exclude(self, rule: str) -> None:
        """A record that needs no other side, by a named rule."""
        self.excluded[rule] += 1

    def add(self, account: Account) -> None:
        """Count what an order holds."""
        self.figures["lines"] += account.lines
        self._units.update({what.value: number for what, number in account.units.items()})
        self._in_hub += account.in_hub
        self._at_market += account.at_market

    async def keep(self) -> None:
        """Write down what was found since the last time."""
        ctx, now = self._ctx, self._ctx.clock.now()
        for kind, found in self._found.items():
            checked = sorted(self._checked - self._seen[kind])
            if checked or found:
                rows = list(found.values())
                await ctx.store.note_differences(ctx.channel, kind, checked=checked, found=rows, now=now)
            found.clear()
        self._checked.clear()

    async def standing(self, kind: str) -> list[Difference]:
        """Everything of a kind that stands."""
        found: list[Difference] = []
        while page := await self._ctx.store.differences(self._ctx.channel, kind, _PAGE, len(found)):
            found += page
        return found

    async def close(self, span: Window) -> None:
        """Keep the figures of the run and say them in one line."""
        ctx, read = self._ctx, self.figures
        standing, waiting = len(await self.standing(DIFFERENCES)), len(await self.standing(WAITING))
        figures: dict[str, Any] = {
            **span.as_json(),
            **{name: read[name] for name in ("packages", "created", "proven_before", "parked", "new", "put_off")},
            **{name: read[name] for name in ("orders", "claims", "lines")},
            "excluded": dict(sorted(self.excluded.items())),
            "units": {name: self._units[name] for name in ("open", "shipped", "cancelled", "refunded")},
            "waiting": waiting,
            "differences": standing,
            "money": {"omnitron": str(self._in_hub), "fashfed": str(self._at_market)},
        }
        await ctx.store.keep_comparison(ctx.channel, Comparison(ORDER_LEDGER, ctx.clock.now(), figures))
        unsaid = len(self._seen[DIFFERENCES]) - _LINES
        if unsaid > 0:
            ctx.log.error("%d more: python -m include.run differences order", unsaid)
        ctx.log.info(
            "Ledger: %d packages (%d created, %d proven before, %d parked, %d new), %d orders and %d claims read, %d "
            "excluded by a rule; %d lines with %s units, %s in Omnitron, %s at Fashfed; %d waiting, %d differences",
            *(read[name] for name in ("packages", "created", "proven_before", "parked", "new", "orders", "claims")),
            *(self.excluded.total(), read["lines"]),
            ", ".join(f"{number} {name}" for name, number in figures["units"].items()),
            *(self._in_hub, self._at_market, waiting, standing),
        )


def _difference(key: str, problems: Sequence[FashfedError]) -> Difference:
    return Difference(key, problems[0].code, "; ".join(dict.fromkeys(problem.message for problem in problems)))
