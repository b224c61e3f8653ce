"""A month of runs as a shop has them when nothing is wrong: nights without orders, single runs that fail, remotes that
restart, records that are refused, a deployment once a week. What the rules ask of it is counted once and looked up."""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate

from include.flows.registry import FLOWS, Flow
from include.state.alarms import AlarmFacts, FlowFacts, Streak, Waiting

DAYS = 30
_MINUTES = DAYS * 1440
_EVERY = {"* * * * *": 1, "*/5 * * * *": 5, "*/30 * * * *": 30, "0 */12 * * *": 720}
_DOWN = {week * 10_080 + 12_000 + minute for week in range(4) for minute in range(2)}
"""Minutes in which Omnitron restarts."""
_DEPLOYED = {week * 10_080 + 9_000 + minute for week in range(4) for minute in range(4)}
"""Minutes in which nothing of ours runs."""


@dataclass
class Life:
    """The runs of one flow, in minutes since the month began, with sums up to each."""

    at: list[int] = field(default_factory=list)
    good: list[bool] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    sums: list[list[int]] = field(default_factory=list)

    def ends(self, at: int, good: bool, read: int, failed: int) -> None:
        self.at.append(at)
        self.good.append(good)
        self.read.append(read)
        self.failed.append(failed)

    def count(self) -> None:
        self.sums = [[0, *accumulate(map(int, column))] for column in (self.good, self.read, self.failed)]

    def between(self, since: int, now: int) -> FlowFacts | None:
        first, last = bisect_left(self.at, since), bisect_right(self.at, now)
        if first == last:
            return None
        good, read, failed = (column[last] - column[first] for column in self.sums)
        errors = {"attribute_required": failed} if failed else {}
        return FlowFacts(good, last - first - good, 0, 20.0 * (last - first), last - first, read, failed, errors)

    def streak(self, now: int, begin: datetime) -> Streak | None:
        last = bisect_right(self.at, now)
        first = last
        while first and not self.good[first - 1]:
            first -= 1
        since = begin + timedelta(minutes=self.at[first]) if first < last else begin
        return Streak(last - first, since, "remote_failed", "Omnitron answered with 502") if first < last else None

    def last_success(self, now: int) -> int | None:
        last = bisect_right(self.at, now)
        return next((self.at[each] for each in range(last - 1, -1, -1) if self.good[each]), None)


class CalmMonth:
    """What the state database would say at each minute of the month."""

    def __init__(self, seed: int, begin: datetime) -> None:
        self._dice, self._begin = random.Random(seed), begin
        self.lives = {flow.name: self._life(flow) for flow in FLOWS.values() if flow.schedule and flow.name != "alarms"}
        self.evaluated: int | None = None

    def _life(self, flow: Flow) -> Life:
        life, dice = Life(), self._dice
        every = _EVERY.get(flow.schedule or "", 1440 if flow.name != "compare_attributes" else 10_080)
        rarely = 0.002 if every <= 5 else 0.0
        for minute in range(0, _MINUTES, every):
            if minute not in _DEPLOYED:
                awake = 8 * 60 <= minute % 1440 <= 23 * 60
                read = dice.choice((0, 0, 3, 12)) if awake or every > 30 else 0
                failed = sum(dice.random() < 0.03 for _ in range(read))
                good = (minute not in _DOWN or flow.alone) and dice.random() >= rarely
                life.ends(minute, good, read if good else 0, failed if good else 0)
        life.count()
        return life

    def facts(
        self,
        now: int,
        runs_since: Sequence[tuple[datetime, str]],
        parked_before: Sequence[datetime],
        differing_before: Sequence[datetime],
    ) -> AlarmFacts:
        begin, moment = self._begin, self._begin + timedelta(minutes=now)
        runs = {
            (since, flow): found
            for since, flow in runs_since
            if flow in self.lives
            if (found := self.lives[flow].between(int((since - begin) / timedelta(minutes=1)), now))
        }
        good = {flow: life.last_success(now) for flow, life in self.lives.items()}
        due = [Waiting("package", None, 3, moment - timedelta(minutes=self._dice.randint(0, 12)))]
        waits = [Waiting("package", "product_unknown", 1, moment - timedelta(minutes=self._dice.randint(0, 110)))]
        return AlarmFacts(
            runs,
            {flow: streak for flow, life in self.lives.items() if (streak := life.streak(now, begin))},
            {flow: begin + timedelta(minutes=at) for flow, at in good.items() if at is not None},
            {flow: begin for flow, at in good.items() if at is not None},
            due if now % 7 == 0 else [],
            [Waiting("stock", None, 1, moment - timedelta(minutes=2))],
            {before: [each for each in waits if each.since <= before] for before in parked_before},
            {before: [each for each in waits if each.since <= before] for before in differing_before},
            begin + timedelta(minutes=self.evaluated) if self.evaluated is not None else None,
            begin if self.evaluated is not None else None,
        )

    def minutes(self) -> range:
        """When the rules are judged: each fourth minute, to save time."""
        return range(0, _MINUTES, 4)

    def stands_still(self, minute: int) -> bool:
        return minute in _DEPLOYED
