"""Work that many records need is done once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from include.errors import RecordParked, RemoteUnavailable
from include.flows.once import Once


class Work:
    """Counts how often it is done; raises what it is told to."""

    def __init__(self, *errors: Exception) -> None:
        self.done = 0
        self._errors = list(errors)

    async def __call__(self) -> int:
        self.done += 1
        await asyncio.sleep(1)
        if self._errors:
            raise self._errors.pop(0)
        return self.done


async def ask(once: Once[int], key: str, work: Callable[[], Awaitable[int]], times: int) -> list[int | BaseException]:
    return await asyncio.gather(*(once.get(key, work) for _ in range(times)), return_exceptions=True)


async def test_all_who_ask_at_once_and_later_get_the_one_result() -> None:
    once, work = Once[int](), Work()
    assert await ask(once, "city", work, 5) == [1] * 5
    assert await once.get("city", work) == 1
    assert work.done == 1


async def test_each_key_has_its_own_work() -> None:
    once, work = Once[int](), Work()
    assert [await once.get(key, work) for key in ("a", "b", "a")] == [1, 2, 1]


async def test_a_failure_reaches_everybody_who_waits_and_the_next_question_tries_again() -> None:
    once, outage = Once[int](), RemoteUnavailable("remote_failed")
    work = Work(outage)
    assert await ask(once, "city", work, 3) == [outage] * 3
    assert await once.get("city", work) == 2


async def test_a_failure_that_would_not_change_is_remembered() -> None:
    once, unmapped = Once[int](keep=(RecordParked,)), RecordParked("address_not_valid")
    work = Work(unmapped)
    assert await ask(once, "city", work, 2) == [unmapped] * 2
    with pytest.raises(RecordParked):
        await once.get("city", work)
    assert work.done == 1


async def test_whoever_is_cancelled_while_waiting_does_not_take_the_work_from_the_others() -> None:
    once, work = Once[int](), Work()
    impatient = asyncio.ensure_future(once.get("city", work))
    patient = asyncio.ensure_future(once.get("city", work))
    await asyncio.sleep(0.5)
    impatient.cancel()
    assert await patient == 1
    assert impatient.cancelled()


async def test_work_that_nobody_waits_for_any_more_is_broken_off_and_begun_anew_when_somebody_asks() -> None:
    once, work = Once[int](), Work()
    for asking in [asyncio.ensure_future(once.get("city", work)) for _ in range(2)]:
        await asyncio.sleep(0.1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert len(asyncio.all_tasks()) == 1
    assert await once.get("city", work) == 2
