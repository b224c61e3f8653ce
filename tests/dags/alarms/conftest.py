"""Alarms as they run: a real database, a real mail server, a clock that the test turns."""

from collections.abc import AsyncIterator

import pytest

from include.state.postgres import PostgresStore
from tests.dags.alarms.watchroom import Sink, Watchroom


@pytest.fixture
async def room(state_uri: str) -> AsyncIterator[Watchroom]:
    """Alarms that run each minute, with a database and a mail server of their own."""
    store, sink = await PostgresStore.open(state_uri, name="fashfed-test"), Sink()
    await sink.open()
    yield Watchroom(store, sink)
    await sink.close()
    await store.close()
