"""What the deployment itself has: connections, versions, schedules."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from include import deployment
from include.bootstrap import ConnectionSource
from include.connections import Connection
from include.dashboard import words
from include.dashboard.page import Page
from include.dashboard.schedules import next_run, starts
from include.errors import FashfedError
from include.flows.registry import FLOWS, Flow
from include.state import migrations


@dataclass(frozen=True, slots=True)
class Held:
    """One connection; ``shown`` is what may be seen of it. ``needed`` ones must be there."""

    id: str
    what: str
    needed: bool
    present: bool
    shown: str


@dataclass(frozen=True, slots=True)
class Slot:
    """When one flow runs in this deployment. ``changed``: not as the connector brings it."""

    flow: Flow
    dag: str
    starts: str
    cron: str | None
    due_at: datetime | None
    changed: bool
    paused: bool


@dataclass(frozen=True, slots=True)
class Place:
    """The deployment as this channel meets it."""

    connections: Sequence[Held]
    version: str
    needed_version: str
    server: str
    operators: int
    """How many addresses hear of trouble."""
    at: Callable[[datetime], str]

    @property
    def omnitron(self) -> Held:
        """The connection to Omnitron."""
        return self.connections[0]

    @property
    def mail(self) -> Held:
        """The connection to the mail server."""
        return next(held for held in self.connections if held.id == "smtp_default")


_CONNECTIONS: Final = (
    ("omnitron_{}", "Omnitron: address, user and the id of the sales channel", True),
    ("connector_db", "the connector's own database", True),
    ("smtp_default", "the mail server for alarms", True),
    ("fashfed_{}", "only to override Base URL and Access Token of the channel", False),
    ("split_packages_{}", "the shared secret of those who may have packages split", False),
)


async def look(page: Page) -> Place:
    """Read what the deployment has. Raises ``FashfedError`` without a state database."""
    version, server = await page.store.versions()
    return Place(
        await asyncio.to_thread(_connections, page.world.source, page.channel),
        version,
        migrations.NEWEST,
        server,
        len(deployment.operators(page.channel)),
        partial(words.moment, zone=deployment.timezone()),
    )


def _connections(source: ConnectionSource, channel: str) -> list[Held]:
    found = []
    for name, what, needed in _CONNECTIONS:
        conn_id = name.format(channel)
        try:
            connection = source.get(conn_id)
            shown = _shown(connection) if connection else "not there"
        except FashfedError as error:
            connection, shown = None, str(error)
        found.append(Held(conn_id, what, needed, connection is not None, shown))
    return found


def _shown(connection: Connection) -> str:
    """Where a connection leads and as whom, without its secrets."""
    scheme, separator, host = connection.host.rpartition("://")
    where = f"{scheme}{separator}{host.rpartition('@')[2]}"  # people paste addresses with a password in them
    where += f":{connection.port}" if connection.port else ""
    where += f"/{connection.schema}" if connection.conn_type == "postgres" and connection.schema else ""
    if not where:
        return "a secret is set" if connection.password else "it holds nothing"
    return f"{where} as {connection.login}" if connection.login else where


def slots(page: Page, paused: frozenset[str]) -> list[Slot]:
    """When each flow runs."""
    found = []
    for flow in FLOWS.values():
        cron, dag = deployment.schedule(flow, page.channel), deployment.dag_id(flow, page.channel)
        before = deployment.starts_after(flow, page.channel)
        changed = cron != flow.schedule or (flow.after is not None and before is None)
        due_at = next_run(cron, page.now)
        found.append(Slot(flow, dag, starts(flow, page.channel), cron, due_at, changed, dag in paused))
    return found
