"""What runs found, in memory."""

from collections.abc import Sequence
from datetime import datetime

from include.state import rules
from include.state.memory.database import Process
from include.state.store import Finding


class Findings(Process):
    """See ``store.Store``."""

    async def keep_findings(
        self, channel: str, flow: str, run_id: str, findings: Sequence[Finding], *, now: datetime
    ) -> None:
        self._data.findings[channel, flow] += [(run_id, rules.plain_finding(row), now) for row in findings]

    async def findings(
        self, channel: str, flow: str, *, run_id: str | None = None, limit: int = 1000, offset: int = 0
    ) -> list[Finding]:
        kept = self._data.findings[channel, flow]
        wanted = kept[-1][0] if run_id is None and kept else run_id
        return [row for found_by, row, _ in kept if found_by == wanted][offset : offset + limit]
