"""Changes that a brake holds back, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from include.state.memory.database import Process
from include.state.store import Hold


class Holds(Process):
    """See ``store.Store``."""

    async def hold(self, channel: str, kind: str, rows: Sequence[Hold]) -> None:
        holds = self._data.holds[channel, kind]
        for row in {row.key: row for row in rows}.values():
            known = holds.get(row.key)
            if known is None or known.version != row.version:
                holds[row.key] = replace(row, passed_at=None)
                self._note(channel, f"hold:{kind}", row.key, _state(known) if known else None, "held", row.held_at)

    async def holds(self, channel: str, kind: str, keys: Sequence[str] | None = None) -> list[Hold]:
        wanted = None if keys is None else set(keys)
        return [row for key, row in sorted(self._data.holds[channel, kind].items()) if wanted is None or key in wanted]

    async def let_pass(self, channel: str, kind: str, keys: Sequence[str] | None, *, now: datetime) -> list[Hold]:
        waiting = [row for row in await self.holds(channel, kind, keys) if row.passed_at is None]
        passed = [replace(row, passed_at=now) for row in waiting]
        for row in passed:
            self._data.holds[channel, kind][row.key] = row
            self._note(channel, f"hold:{kind}", row.key, "held", "passed", now)
        return passed

    async def drop_holds(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        for key in keys:
            self._data.holds[channel, kind].pop(key, None)


def _state(row: Hold) -> str:
    return "passed" if row.passed_at else "held"
