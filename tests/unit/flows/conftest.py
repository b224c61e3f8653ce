"""Flows are tested in virtual time against the in-process sandbox."""

from collections.abc import Callable, Mapping

import pytest

from include.sandbox import Sandbox
from tests.virtual_time import VirtualLoop
from tests.worldkit import Kit


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], VirtualLoop]]:
    """Every test of this folder runs in a loop that jumps to its next timer."""
    return {"virtual": VirtualLoop}


@pytest.fixture
async def kit() -> Kit:
    """A small seeded sandbox without packages, and a deployment of ours."""
    return Kit.made()


@pytest.fixture
def sandbox(kit: Kit) -> Sandbox:
    """The kit's sandbox."""
    return kit.sandbox
