"""What every store does with comparisons of both remotes."""

from dataclasses import replace

from include.state.store import Comparison, Difference, Event, Store
from tests.unit.state.examples import MINUTE, NOW

LATER = NOW + MINUTE
A, B, C = (Difference(key, "order_missing", f"order {key}") for key in "ABC")


async def note(store: Store, checked: str, *found: Difference, now: object = NOW) -> None:
    await store.note_differences("default", "order", checked=list(checked), found=found, now=now)  # type: ignore[arg-type]


async def test_comparisons_come_back_newest_first(store: Store) -> None:
    first, second = (Comparison("orders", at, {"total": "10.50", "by": {"open": 3}}) for at in (NOW, LATER))
    await store.keep_comparison("default", second)
    await store.keep_comparison("default", first)
    await store.keep_comparison("default", Comparison("stocks", LATER, {}))
    assert await store.comparisons("default", "orders", 9) == [second, first]
    assert await store.comparisons("default", "orders", 1) == [second]
    assert await store.comparisons("tr", "orders", 9) == []


async def test_a_difference_stands_since_it_was_first_found(store: Store) -> None:
    await note(store, "ABC", B)
    changed = replace(B, code="amount_differs", text="1\x00")
    await note(store, "ABC", A, C, changed, changed, now=LATER)
    assert await store.differences("default", "order") == [
        Difference("B", "amount_differs", "1?", NOW),
        replace(A, since=LATER),
        replace(C, since=LATER),
    ]
    assert await store.differences("default", "order", limit=1, offset=1) == [replace(A, since=LATER)]
    assert await store.differences("default", "line") == []


async def test_a_difference_goes_when_its_key_was_checked_and_agrees(store: Store) -> None:
    await note(store, "AB", A, B)
    await note(store, "A", now=LATER)
    assert await store.differences("default", "order") == [replace(B, since=NOW)]
    await note(store, "", now=LATER)
    assert await store.differences("default", "order") == [replace(B, since=NOW)]


async def test_a_difference_that_comes_back_stands_since_then(store: Store) -> None:
    await note(store, "A", A)
    await note(store, "A")
    await note(store, "A", A, now=LATER)
    assert await store.differences("default", "order") == [replace(A, since=LATER)]


async def test_differences_are_events_when_they_are_raised_and_when_they_are_cleared(store: Store) -> None:
    await note(store, "A", A)
    await note(store, "A", replace(A, text="other"), now=LATER)
    await note(store, "A", now=LATER)
    await note(store, "A", now=LATER)
    assert await store.events("default", "difference:order", "A") == [
        Event("difference:order", "A", None, "found", NOW),
        Event("difference:order", "A", "found", "gone", LATER),
    ]
