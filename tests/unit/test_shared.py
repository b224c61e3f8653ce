"""What workers share through the state database: the call budget and Omnitron's token."""

import asyncio
from datetime import UTC, datetime, timedelta

from include.connections import Connection
from include.shared import SharedLimiter, SharedToken
from include.state.memory import MemoryDatabase, MemoryStore

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CONNECTION = Connection("omnitron_default", host="https://hub.example", login="me", password="secret-password")


class Clock:
    """Sleeping takes no time but moves the clock."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


class CountingStore(MemoryStore):
    leases = 0

    async def lease_calls(self, remote: str, calls: int, *, per_second: float, burst: int, now: datetime) -> float:
        self.leases += 1
        return await super().lease_calls(remote, calls, per_second=per_second, burst=burst, now=now)


async def test_two_workers_together_stay_within_the_rate() -> None:
    clock, database = Clock(), MemoryDatabase()
    workers = [SharedLimiter(MemoryStore(database), clock, "omnitron_default", 10, 5) for _ in range(2)]
    for _ in range(50):
        for worker in workers:
            await worker.acquire()
    assert clock.seconds >= (100 - 5 - 2) / 10


async def test_most_calls_cost_no_round_trip_to_the_database() -> None:
    store = CountingStore()
    limiter = SharedLimiter(store, Clock(), "omnitron_default", 100, 100)
    for _ in range(100):
        await limiter.acquire()
    assert store.leases == 10


async def test_a_pause_that_one_worker_was_told_holds_for_all_and_for_calls_taken_in_advance() -> None:
    clock, database = Clock(), MemoryDatabase()
    one, other = (SharedLimiter(MemoryStore(database), clock, "omnitron_default", 100, 100) for _ in range(2))
    await one.acquire()
    await one.pause(30)
    await one.acquire()
    assert clock.seconds == 30
    clock.seconds = 5.0
    await other.acquire()
    assert clock.seconds >= 30


async def test_the_rate_comes_from_the_connections_extra() -> None:
    clock = Clock()
    slow = Connection("fashfed_default", extra={"requests_per_second": 2, "burst": 1})
    limiter = SharedLimiter.of(slow, MemoryStore(), clock, 100.0)
    for _ in range(5):
        await limiter.acquire()
    assert clock.seconds == 2.0


async def test_a_token_is_passed_on_between_processes_masked_and_never_stored_in_the_clear() -> None:
    database, masked = MemoryDatabase(), list[str]()
    await SharedToken(MemoryStore(database), Clock(), CONNECTION, masked.append).put("the-token-of-omnitron")
    assert masked == ["the-token-of-omnitron"]
    assert "the-token" not in repr(database.cache)
    found = await SharedToken(MemoryStore(database), Clock(), CONNECTION, masked.append).get()
    assert found == "the-token-of-omnitron"
    assert masked == ["the-token-of-omnitron"] * 2


async def test_a_token_of_another_password_or_user_counts_as_absent() -> None:
    store = MemoryStore()
    await SharedToken(store, Clock(), CONNECTION, str).put("the-token-of-omnitron")
    for other in ({"login": "me", "password": "new-password"}, {"login": "you", "password": "secret-password"}):
        connection = Connection("omnitron_default", host="https://hub.example", **other)
        assert await SharedToken(store, Clock(), connection, str).get() is None
