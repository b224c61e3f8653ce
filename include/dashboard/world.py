"""What the screens need of the world around them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from include.bootstrap import ConnectionSource, required_connection
from include.clock import Clock, SystemClock
from include.dashboard.access import Access
from include.state.postgres.screens import ScreenStore


class Airflow(Protocol):
    """What the screens ask of Airflow. Methods block; call them in a thread."""

    def start(self, dag: str, given: Mapping[str, Any], who: str) -> str:
        """Start a run with what is given in its form; its id. Raises ``FashfedError``."""

    def backfill(self, dag: str, start: datetime, end: datetime, again: bool, who: str) -> int:
        """Run a DAG for its past slots, with ``again`` also where it ran before; the backfill's id. Raises
        ``FashfedError``."""

    def slots(self, dag: str, start: datetime, end: datetime, again: bool) -> Sequence[datetime]:
        """The past slots that such a backfill would run for. Raises ``FashfedError``."""

    def backfills(self, dag: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest first: id, start, end, who, created_at, completed_at, states (number of runs by state)."""

    def runs(self, dag: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest runs first: run_id, state, run_type, run_after, start_date, end_date, who."""

    def run(self, dag: str, run_id: str) -> Mapping[str, Any] | None:
        """One run, with ``tasks``: the state of each by task id."""

    def unfinished(self, dags: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """By DAG, the run that is running, else the one that waits; as ``run`` gives it."""

    def paused(self, dags: Sequence[str]) -> frozenset[str]:
        """Those of the DAGs that are paused."""


@dataclass(slots=True)
class World:
    """Made once per process."""

    source: ConnectionSource
    access: Access
    airflow: Airflow
    clock: Clock = field(default_factory=SystemClock)
    _store: ScreenStore | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def store(self) -> ScreenStore:
        """The state database, opened by the first who asks. Raises ``FashfedError``."""
        async with self._opening:
            if self._store is None:
                connection = await asyncio.to_thread(required_connection, self.source, "connector_db")
                self._store = await ScreenStore.open(connection.postgres_uri, name="fashfed-screens", clock=self.clock)
            return self._store
