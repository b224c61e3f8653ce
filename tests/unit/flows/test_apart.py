"""One spoiled key costs only itself."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import RecordParked, Refused, RemoteUnavailable, RetryNow
from include.flows.apart import OUTAGES, apart, look_up
from tests.virtual_time import virtual_run


class Remote:
    """Answers key by key, unless one of them is spoiled."""

    def __init__(self, spoiled: Sequence[int], code: str = "answer_unreadable") -> None:
        self.calls: list[list[int]] = []
        self.error: RetryNow | Refused = RemoteUnavailable(code)
        self._spoiled = set(spoiled)

    async def __call__(self, keys: Sequence[int]) -> list[str]:
        self.calls.append(list(keys))
        if self._spoiled & set(keys):
            raise self.error
        return [f"row {key}" for key in keys]


@settings(deadline=None, derandomize=True)
@given(count=st.integers(0, 40), spoiled=st.sets(st.integers(0, 39)))
def test_every_good_key_has_its_answer_once_and_every_spoiled_one_its_error(count: int, spoiled: set[int]) -> None:
    remote = Remote(sorted(spoiled))
    found, bad = virtual_run(apart(remote, range(count)))
    keys = set(range(count))
    assert sorted(found) == sorted(f"row {key}" for key in keys - spoiled)
    assert bad == dict.fromkeys(keys & spoiled, remote.error)


async def test_good_keys_cost_one_call_and_one_bad_among_many_costs_few() -> None:
    remote = Remote([])
    await apart(remote, range(64))
    assert len(remote.calls) == 1
    remote = Remote([17])
    await apart(remote, range(64))
    assert len(remote.calls) == 13


async def test_nothing_asked_is_no_call() -> None:
    remote = Remote([])
    assert await apart(remote, []) == ([], {})
    assert not remote.calls


async def test_a_refusal_is_halved_as_well() -> None:
    remote = Remote([3])
    remote.error = Refused(status=400, payload=None, remote_code=None)
    assert await apart(remote, range(4)) == (["row 0", "row 1", "row 2"], {3: remote.error})


@pytest.mark.parametrize("code", sorted(OUTAGES))
async def test_an_outage_is_about_the_remote_and_is_not_halved(code: str) -> None:
    remote = Remote([1], code)
    assert await apart(remote, range(4)) == ([], dict.fromkeys(range(4), remote.error))
    assert len(remote.calls) == 1


async def test_other_errors_pass_through() -> None:
    async def stops(_: Sequence[int]) -> list[str]:
        raise RecordParked("order_gone")

    with pytest.raises(RecordParked):
        await apart(stops, [1, 2])


async def test_a_look_up_gives_what_can_be_had_and_says_what_cannot() -> None:
    remote = Remote([2])
    assert await look_up(remote, range(3)) == (["row 0", "row 1"], {2: remote.error})


async def test_a_look_up_of_which_nothing_can_be_had_raises() -> None:
    with pytest.raises(RemoteUnavailable):
        await look_up(Remote([0, 1, 2]), range(3))


@pytest.mark.parametrize("code", sorted(OUTAGES))
async def test_a_look_up_in_an_outage_raises(code: str) -> None:
    class Tires(Remote):
        async def __call__(self, keys: Sequence[int]) -> list[str]:
            if len(keys) == 1 and keys[0] == 3:
                raise RemoteUnavailable(code)
            return await super().__call__(keys)

    with pytest.raises(RemoteUnavailable):
        await look_up(Tires([2]), range(4))
