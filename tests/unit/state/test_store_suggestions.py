"""What every store does with suggested products."""

from dataclasses import replace

import pytest

from include.state.store import Event, Store, Suggestion, SuggestionState
from tests.unit.state.examples import MINUTE, NOW

WAITING, APPROVED, REJECTED = SuggestionState
FIRST, SECOND = "2024-01-01T10:00:00Z", "2024-01-01T10:00:00.5Z"


def a_suggestion(key: str = "A", version: str = FIRST) -> Suggestion:
    return Suggestion(key, 7, version, WAITING, NOW)


async def decide(
    store: Store, state: SuggestionState, *, key: str = "A", version: str = FIRST, reason: str | None = None
) -> bool:
    said = replace(a_suggestion(key, version), state=state, reason=reason)
    return await store.decide("default", [said], now=NOW + MINUTE) == {key}


async def changes(store: Store, key: str = "A") -> list[tuple[str | None, str]]:
    return [(event.before, event.after) for event in await store.events("default", "suggestion", key)]


async def test_suggestions_wait_the_longest_suggested_first(store: Store) -> None:
    await store.await_approval("default", [a_suggestion("late")], now=NOW + MINUTE)
    await store.await_approval("default", [a_suggestion("a"), a_suggestion("B"), a_suggestion("ı")], now=NOW)
    late = replace(a_suggestion("late"), suggested_at=NOW + MINUTE)
    waiting = [a_suggestion("B"), a_suggestion("a"), a_suggestion("ı"), late]
    assert await store.suggestions("default", WAITING, 10) == waiting
    assert await store.suggestions("default", WAITING, 2) == waiting[:2]
    assert await store.suggestions("default", APPROVED, 10) == []
    assert await store.suggestions("tr", WAITING, 10) == []


async def test_the_owners_word_ends_the_wait(store: Store) -> None:
    await store.await_approval("default", [a_suggestion("A"), a_suggestion("B")], now=NOW)
    assert await decide(store, APPROVED)
    assert await decide(store, REJECTED, key="B", reason="blurred\x00 image")
    assert await store.suggestions("default", WAITING, 10) == []
    assert await store.suggestions("default", APPROVED, 10) == [replace(a_suggestion("A"), state=APPROVED)]
    rejected = replace(a_suggestion("B"), state=REJECTED, reason="blurred? image")
    assert await store.suggestions("default", REJECTED, 10) == [rejected]
    assert await store.events("default", "suggestion", "A") == [
        Event("suggestion", "A", None, "waiting", NOW),
        Event("suggestion", "A", "waiting", "approved", NOW + MINUTE),
    ]


async def test_several_words_are_noted_at_once_each_with_its_own(store: Store) -> None:
    await store.await_approval("default", [a_suggestion(key) for key in "ABC"], now=NOW)
    said = [replace(a_suggestion("A"), state=APPROVED), replace(a_suggestion("B"), state=REJECTED, reason="blurred")]
    stale = replace(a_suggestion("C", SECOND), state=APPROVED)
    assert await store.decide("default", [*said, stale], now=NOW) == {"A", "B"}
    assert await store.suggestions("default", REJECTED, 10) == [said[1]]
    assert await store.suggestions("default", WAITING, 10) == [a_suggestion("C")]


async def test_a_word_on_what_does_not_wait_changes_nothing(store: Store) -> None:
    await store.await_approval("default", [a_suggestion()], now=NOW)
    assert not await decide(store, APPROVED, key="unknown")
    assert not await decide(store, APPROVED, version=SECOND)
    assert not await store.decide("tr", [replace(a_suggestion(), state=APPROVED)], now=NOW)
    assert await decide(store, APPROVED)
    assert not await decide(store, REJECTED, reason="too late")
    assert await store.suggestions("default", APPROVED, 10) == [replace(a_suggestion(), state=APPROVED)]
    assert await changes(store) == [(None, "waiting"), ("waiting", "approved")]


async def test_waiting_is_no_word_of_the_owner(store: Store) -> None:
    await store.await_approval("default", [a_suggestion()], now=NOW)
    with pytest.raises(ValueError, match="waiting is not a decision"):
        await decide(store, WAITING)


async def test_a_newer_suggestion_replaces_an_older_one_whatever_was_said_of_it(store: Store) -> None:
    await store.await_approval("default", [a_suggestion("A"), a_suggestion("B")], now=NOW)
    await decide(store, REJECTED, reason="blurred image")
    await store.await_approval("default", [a_suggestion(key, SECOND) for key in "AB"], now=NOW + MINUTE)
    newer = [replace(a_suggestion(key, SECOND), suggested_at=NOW + MINUTE) for key in "AB"]
    assert await store.suggestions("default", WAITING, 10) == newer
    assert not await decide(store, APPROVED)
    assert await changes(store, "A") == [(None, "waiting"), ("waiting", "rejected"), ("rejected", "waiting")]
    assert await changes(store, "B") == [(None, "waiting")]


async def test_an_older_suggestion_changes_nothing(store: Store) -> None:
    await store.await_approval("default", [a_suggestion("A", SECOND), a_suggestion("A", FIRST)], now=NOW)
    await store.await_approval("default", [a_suggestion("A", FIRST)], now=NOW + MINUTE)
    assert await store.suggestions("default", WAITING, 10) == [a_suggestion("A", SECOND)]
    await decide(store, APPROVED, version=SECOND)
    await store.await_approval("default", [a_suggestion("A", FIRST)], now=NOW + MINUTE)
    assert await store.suggestions("default", WAITING, 10) == []


async def test_the_same_version_waits_again_once_it_was_decided_and_no_shorter_before(store: Store) -> None:
    await store.await_approval("default", [a_suggestion()], now=NOW)
    await store.await_approval("default", [a_suggestion()], now=NOW + MINUTE)
    assert await store.suggestions("default", WAITING, 10) == [a_suggestion()]
    await decide(store, REJECTED, reason="blurred image")
    await store.await_approval("default", [a_suggestion()], now=NOW + MINUTE)
    assert await store.suggestions("default", WAITING, 10) == [replace(a_suggestion(), suggested_at=NOW + MINUTE)]
