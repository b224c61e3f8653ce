"""Work side by side leaves nothing behind."""

import asyncio

import pytest

from include.together import limited, to_their_ends, together


class Calls:
    """Calls that take a second for each unit of their key; a key below 0 fails."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []

    async def __call__(self, key: int) -> int:
        self.begun.append(key)
        await asyncio.sleep(abs(key))
        self.ended.append(key)
        if key < 0:
            raise ValueError(str(key))
        return key


async def test_results_come_in_the_order_of_the_works() -> None:
    call = Calls()
    assert await together(call(2), call(1)) == (2, 1)
    assert await to_their_ends([call(2), call(1)]) == [2, 1]
    assert await limited(1, call, [2, 1]) == [2, 1]


async def test_the_first_failure_ends_the_other_works_before_it_is_raised() -> None:
    call = Calls()
    with pytest.raises(ValueError, match="-1"):
        await together(call(3), call(-1), call(2))
    assert call.ended == [-1]
    assert len(asyncio.all_tasks()) == 1


async def test_a_caller_who_is_cancelled_takes_the_works_along() -> None:
    call = Calls()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await together(call(3), call(2))
    assert len(asyncio.all_tasks()) == 1


async def test_what_writes_comes_to_its_end_although_something_else_fails() -> None:
    call = Calls()
    with pytest.raises(ValueError, match="-1"):
        await to_their_ends([call(3), call(-1), call(2)])
    assert call.ended == [-1, 2, 3]


async def test_after_a_failure_no_further_call_begins_and_those_under_way_end() -> None:
    call = Calls()
    with pytest.raises(ValueError, match="-1"):
        await limited(2, call, [3, -1, 2, 1])
    assert call.begun == [3, -1]
    assert call.ended == [-1, 3]
    assert len(asyncio.all_tasks()) == 1


async def test_an_error_that_a_call_gives_as_its_answer_is_an_answer() -> None:
    async def refusal(key: int) -> ValueError | int:
        return ValueError() if key else key

    answers = await limited(2, refusal, [1, 0])
    assert isinstance(answers[0], ValueError)
    assert answers[1] == 0
    assert answers[0] in await to_their_ends([asyncio.sleep(0, answers[0])])
