"""What every store does with changes that a brake holds back."""

from dataclasses import replace
from typing import Any

from include.state.store import Event, Hold, Store
from tests.unit.state.examples import MINUTE, NOW


def a_hold(key: str = "A", **values: Any) -> Hold:
    return replace(Hold(key, 7, "2024-01-01T10:00:00Z", "100", "1", NOW), **values)


async def test_holds_are_shown_by_key(store: Store) -> None:
    await store.hold("default", "price", [a_hold("ı"), a_hold("a"), a_hold("B")])
    held = [a_hold("B"), a_hold("a"), a_hold("ı")]
    assert await store.holds("default", "price") == held
    assert await store.holds("default", "price", ["ı", "B", "unknown"]) == [a_hold("B"), a_hold("ı")]
    assert await store.holds("default", "price", []) == []
    assert await store.holds("default", "stock") == await store.holds("tr", "price") == []


async def test_held_changes_pass_once_all_of_them_or_some(store: Store) -> None:
    await store.hold("default", "price", [a_hold(key) for key in "ABC"])
    await store.hold("default", "stock", [a_hold("A")])
    passed = [a_hold(key, passed_at=NOW + MINUTE) for key in "ABC"]
    assert await store.let_pass("default", "price", [], now=NOW + MINUTE) == []
    assert await store.let_pass("default", "price", ["B", "unknown"], now=NOW + MINUTE) == [passed[1]]
    assert await store.holds("default", "price") == [a_hold("A"), passed[1], a_hold("C")]
    assert await store.let_pass("default", "price", None, now=NOW + MINUTE) == [passed[0], passed[2]]
    assert await store.let_pass("default", "price", None, now=NOW + 2 * MINUTE) == []
    assert await store.holds("default", "price") == passed
    assert await store.holds("default", "stock") == [a_hold("A")]


async def test_a_version_that_is_held_already_stays_as_it_is(store: Store) -> None:
    await store.hold("default", "price", [a_hold("A"), a_hold("B")])
    await store.let_pass("default", "price", ["B"], now=NOW)
    await store.hold("default", "price", [a_hold(key, after="2", held_at=NOW + MINUTE) for key in "AB"])
    assert await store.holds("default", "price") == [a_hold("A"), a_hold("B", passed_at=NOW)]


async def test_another_version_is_held_anew_even_if_the_one_before_had_passed(store: Store) -> None:
    await store.hold("default", "price", [a_hold("A"), a_hold("B")])
    await store.let_pass("default", "price", ["B"], now=NOW)
    newer = [a_hold(key, version="2024-01-02T10:00:00Z", after="2", held_at=NOW + MINUTE) for key in "AB"]
    await store.hold("default", "price", newer)
    assert await store.holds("default", "price") == newer
    assert await store.let_pass("default", "price", None, now=NOW) == [replace(row, passed_at=NOW) for row in newer]


async def test_the_last_of_several_holds_of_a_key_in_one_call_counts(store: Store) -> None:
    await store.hold("default", "price", [a_hold(version="1"), a_hold(version="2", pk=8)])
    await store.hold("default", "price", [])
    assert await store.holds("default", "price") == [a_hold(version="2", pk=8)]


async def test_a_dropped_hold_is_forgotten(store: Store) -> None:
    await store.hold("default", "price", [a_hold("A"), a_hold("B")])
    await store.hold("default", "stock", [a_hold("A")])
    await store.drop_holds("default", "price", ["A", "unknown"])
    assert await store.holds("default", "price") == [a_hold("B")]
    assert await store.holds("default", "stock") == [a_hold("A")]


async def test_each_change_of_a_hold_is_an_event(store: Store) -> None:
    await store.hold("default", "price", [a_hold()])
    await store.hold("default", "price", [a_hold(version="2", held_at=NOW + MINUTE)])
    await store.let_pass("default", "price", None, now=NOW + 2 * MINUTE)
    await store.let_pass("default", "price", None, now=NOW + 3 * MINUTE)
    await store.hold("default", "price", [a_hold(version="3", held_at=NOW + 4 * MINUTE)])
    await store.drop_holds("default", "price", ["A"])
    await store.hold("default", "price", [a_hold(version="3", held_at=NOW + 5 * MINUTE)])
    assert await store.events("default", "hold:price", "A") == [
        Event("hold:price", "A", None, "held", NOW),
        Event("hold:price", "A", "held", "passed", NOW + 2 * MINUTE),
        Event("hold:price", "A", "passed", "held", NOW + 4 * MINUTE),
        Event("hold:price", "A", None, "held", NOW + 5 * MINUTE),
    ]
    assert await store.events("default", "hold:stock", "A") == []
