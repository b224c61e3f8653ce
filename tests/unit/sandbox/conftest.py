import pytest

from include.sandbox import Sandbox
from tests.unit.sandbox.callers import Caller, HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sandbox(clock: HandClock) -> Sandbox:
    return Sandbox.seeded(seed=7, size=150, packages=30, clock=clock)


@pytest.fixture
async def hub(sandbox: Sandbox) -> Caller:
    caller = Caller(sandbox, "omnitron", "/api/v1/channel/137/")
    await caller.login()
    return caller


@pytest.fixture
def market(sandbox: Sandbox) -> Caller:
    return Caller(sandbox, "fashfed", "/api/i2/", token=sandbox.access_token)
