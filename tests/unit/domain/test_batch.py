"""States of a batch request and what may follow what (reference/flows.md section 1.1)."""

import pytest

from include.domain.batch import OPEN, WAITING, BatchState, may_become

LEGAL = {
    ("opening", "initialized"), ("opening", "fail"),
    ("initialized", "commit"), ("initialized", "done"), ("initialized", "fail"),
    ("commit", "commit"), ("commit", "sent_to_remote"), ("commit", "done"), ("commit", "fail"),
    ("sent_to_remote", "ongoing"), ("sent_to_remote", "done"), ("sent_to_remote", "fail"),
    ("ongoing", "ongoing"), ("ongoing", "done"), ("ongoing", "fail"),
}  # fmt: skip


@pytest.mark.parametrize("state", BatchState)
@pytest.mark.parametrize("new", BatchState)
def test_a_batch_moves_only_along_the_states_that_omnitron_allows(state: BatchState, new: BatchState) -> None:
    assert may_become(state, new) == ((state.value, new.value) in LEGAL)


@pytest.mark.parametrize("state", BatchState)
def test_a_batch_is_open_until_it_is_done_or_failed_and_an_open_one_can_always_be_ended(state: BatchState) -> None:
    assert (state in OPEN) == (state not in (BatchState.DONE, BatchState.FAIL))
    assert (state in OPEN) == may_become(state, BatchState.FAIL)


def test_only_a_batch_that_the_market_has_waits_for_its_answer() -> None:
    assert {BatchState.SENT_TO_REMOTE, BatchState.ONGOING} == WAITING
