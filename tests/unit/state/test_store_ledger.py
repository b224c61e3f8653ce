"""What every store does with claims, identities and sent values."""

from dataclasses import replace

import pytest

from include.state.store import Claim, ClaimState, Event, Identity, Sent, Store
from tests.unit.state.examples import MINUTE, NOW, OpenStore


async def test_only_the_first_claim_of_an_effect_is_fresh(store: Store, open_store: OpenStore) -> None:
    first = await store.claim("default", "create_order", "P1", {"number": "FF-1"}, now=NOW)
    second = await (await open_store()).claim("default", "create_order", "P1", {"number": "FF-2"}, now=NOW + MINUTE)
    assert (first.fresh, first.state, first.detail, first.made_at) == (True, "open", {"number": "FF-1"}, NOW)
    assert second == replace(first, fresh=False)
    assert (await store.claim("default", "cancel", "P1", {}, now=NOW)).fresh
    assert (await store.claim("tr", "create_order", "P1", {}, now=NOW)).fresh


async def test_a_settled_claim_keeps_and_gains_detail(store: Store) -> None:
    await store.claim("default", "create_order", "P1", {"number": "FF-1", "pk": None}, now=NOW)
    await store.settle_claim("default", "create_order", "P1", {"pk": 5}, now=NOW + MINUTE)
    await store.settle_claim("default", "create_order", "P1", {"note": "again"}, now=NOW + 2 * MINUTE)
    held = await store.claim("default", "create_order", "P1", {}, now=NOW)
    assert (held.state, held.fresh) == (ClaimState.DONE, False)
    assert held.detail == {"number": "FF-1", "pk": 5, "note": "again"}
    assert await store.events("default", "claim:create_order", "P1") == [
        Event("claim:create_order", "P1", None, "open", NOW),
        Event("claim:create_order", "P1", "open", "done", NOW + MINUTE),
    ]


async def test_a_claim_that_was_given_up_can_be_made_again(store: Store) -> None:
    await store.claim("default", "create_order", "P1", {"number": "FF-1"}, now=NOW)
    await store.drop_claim("default", "create_order", "P1", now=NOW + MINUTE)
    assert (await store.claim("default", "create_order", "P1", {}, now=NOW + 2 * MINUTE)).fresh
    changes = [(event.before, event.after) for event in await store.events("default", "claim:create_order", "P1")]
    assert changes == [(None, "open"), ("open", "dropped"), (None, "open")]


async def test_a_done_claim_is_never_given_up_and_an_unclaimed_effect_never_settled(store: Store) -> None:
    await store.claim("default", "create_order", "P1", {}, now=NOW)
    await store.settle_claim("default", "create_order", "P1", {}, now=NOW)
    with pytest.raises(ValueError, match="no open claim of create_order P1"):
        await store.drop_claim("default", "create_order", "P1", now=NOW)
    with pytest.raises(ValueError, match="nobody claimed create_order P2"):
        await store.settle_claim("default", "create_order", "P2", {}, now=NOW)
    assert not (await store.claim("default", "create_order", "P1", {}, now=NOW)).fresh


async def test_claims_are_read_without_claiming_anything(store: Store) -> None:
    await store.claim("default", "create_order", "P1", {"number": "FF-1"}, now=NOW)
    await store.claim("default", "create_order", "P2", {}, now=NOW)
    await store.settle_claim("default", "create_order", "P2", {"pk": 5}, now=NOW)
    assert await store.claims("default", "create_order", ["P1", "P2", "P3"]) == {
        "P1": Claim("create_order", "P1", ClaimState.OPEN, {"number": "FF-1"}, fresh=False, made_at=NOW),
        "P2": Claim("create_order", "P2", ClaimState.DONE, {"pk": 5}, fresh=False, made_at=NOW),
    }
    assert await store.claims("default", "cancel", ["P1"]) == {}
    assert (await store.claim("default", "create_order", "P3", {}, now=NOW)).fresh


async def test_one_market_line_may_be_several_hub_items(store: Store) -> None:
    pairs = [Identity("orderitem", "L1", hub_id, {"unit": hub_id}) for hub_id in (12, 3)]
    await store.bind("default", [*pairs, Identity("order", "L1", 99)], now=NOW)
    await store.bind("default", [Identity("orderitem", "L1", 3, {"unit": "changed"})], now=NOW)
    found = await store.identities("default", "orderitem", ["L1", "L2"])
    assert found == {"L1": [Identity("orderitem", "L1", 3, {"unit": "changed"}), pairs[0]]}
    assert await store.identities("tr", "orderitem", ["L1"]) == {}


async def test_the_same_pair_twice_in_one_call_keeps_the_last_detail(store: Store) -> None:
    await store.bind("default", [Identity("order", "P1", 1, {"v": v}) for v in (1, 2)], now=NOW)
    assert await store.identities("default", "order", ["P1"]) == {"P1": [Identity("order", "P1", 1, {"v": 2})]}
    await store.bind("default", [], now=NOW)


async def test_several_market_names_of_one_hub_id_are_found_by_it(store: Store) -> None:
    pairs = [Identity("order", name, 7, {"n": name}) for name in ("b", "P-2", "İ", "P10")]
    await store.bind("default", [*pairs, Identity("order", "P3", 8), Identity("orderitem", "P1", 7)], now=NOW)
    found = await store.identities_of("default", "order", [7, 9])
    assert {hub_id: [row.remote_id for row in rows] for hub_id, rows in found.items()} == {7: ["P-2", "P10", "b", "İ"]}
    assert found[7][0] == pairs[1]
    assert await store.identities_of("tr", "order", [7]) == {}


async def test_a_renamed_hub_id_keeps_no_former_name(store: Store) -> None:
    old = [Identity("orderitem", "L1", hub_id) for hub_id in (1, 2, 3)]
    await store.bind("default", [*old, Identity("order", "L1", 2)], now=NOW)
    new = [Identity("orderitem", "L2", 2, {"order": 9}), Identity("orderitem", "L1", 3, {"order": 9})]
    await store.rename("default", new, now=NOW)
    await store.rename("default", new, now=NOW)
    assert await store.identities("default", "orderitem", ["L1", "L2"]) == {"L1": [old[0], new[1]], "L2": [new[0]]}
    assert await store.identities("default", "order", ["L1"]) == {"L1": [Identity("order", "L1", 2)]}


async def test_a_pair_without_a_name_is_refused_and_nothing_of_the_call_is_kept(store: Store) -> None:
    for write in (store.bind, store.rename):
        with pytest.raises(ValueError, match="orderitem 3 has no remote id"):
            await write("default", [Identity("orderitem", "L1", 2), Identity("orderitem", "", 3)], now=NOW)
    assert await store.identities("default", "orderitem", ["L1"]) == {}


async def test_a_hub_id_may_be_given_several_names_at_once(store: Store) -> None:
    await store.bind("default", [Identity("order", "P1", 7)], now=NOW)
    new = [Identity("order", "P2", 7), Identity("order", "P3", 7)]
    await store.rename("default", new, now=NOW)
    assert await store.identities_of("default", "order", [7]) == {7: new}


async def test_the_last_confirmed_value_of_a_key_is_kept(store: Store) -> None:
    rows = [Sent("A", "5", "2024-01-01T00:00:00Z"), Sent("B", "0", "2024-01-01T00:00:00Z")]
    await store.record_sent("default", "stock", rows, now=NOW)
    assert await store.sent("default", "stock", ["A", "B", "C"]) == {"A": rows[0], "B": rows[1]}
    assert await store.sent("default", "price", ["A"]) == {}
    assert await store.sent("tr", "stock", ["A"]) == {}


@pytest.mark.parametrize(
    ("kept", "given", "replaced"),
    [
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00.5Z", True),  # as text the first is the greater one
        ("2024-01-01T10:00:00.5Z", "2024-01-01T10:00:00Z", False),
        ("2024-01-01T10:00:00+03:00", "2024-01-01T08:00:00Z", True),
        ("2024-01-01T08:00:00Z", "2024-01-01T10:00:00+03:00", False),
        ("2024-01-01T10:00:00.100000Z", "2024-01-01T10:00:00.1Z", True),
        ("no date", "2024-01-01T10:00:00Z", True),
        ("2024-01-01T10:00:00Z", "no date", True),
    ],
)
async def test_a_value_of_an_older_version_never_replaces_a_newer_one(
    store: Store, kept: str, given: str, replaced: bool
) -> None:
    before, after = Sent("A", "5", kept), Sent("A", "6", given)
    await store.record_sent("default", "stock", [before], now=NOW)
    await store.record_sent("default", "stock", [after], now=NOW)
    await store.record_sent("default", "together", [before, after], now=NOW)
    assert await store.sent("default", "stock", ["A"]) == {"A": after if replaced else before}
    assert await store.sent("default", "together", ["A"]) == {"A": after if replaced else before}


async def test_a_forgotten_value_is_unknown_and_takes_any_version(store: Store) -> None:
    await store.record_sent("default", "stock", [Sent("A", "5", "2024-01-02T00:00:00Z")], now=NOW)
    await store.forget_sent("default", "stock", ["A", "B"])
    assert await store.sent("default", "stock", ["A"]) == {}
    old = Sent("A", "4", "2024-01-01T00:00:00Z")
    await store.record_sent("default", "stock", [old], now=NOW)
    assert await store.sent("default", "stock", ["A"]) == {"A": old}


# --- submitted values ---------------------------------------------------------------------------------------

FIRST, SECOND, THIRD = (f"2024-01-0{day}T00:00:00Z" for day in (1, 2, 3))


async def test_a_value_that_left_is_unknown_until_it_is_confirmed(store: Store) -> None:
    await store.record_sent("default", "stock", [Sent("A", "5", FIRST), Sent("B", "0", FIRST)], now=NOW)
    assert await store.submit("default", "stock", [Sent("A", "6", SECOND), Sent("C", "1", FIRST)], now=NOW) == {
        "A",
        "C",
    }
    assert await store.sent("default", "stock", ["A", "B", "C"]) == {"B": Sent("B", "0", FIRST)}
    await store.record_sent("default", "stock", [Sent("A", "6", SECOND)], now=NOW)
    assert await store.sent("default", "stock", ["A", "C"]) == {"A": Sent("A", "6", SECOND)}


async def test_an_older_value_never_leaves_after_a_newer_one(store: Store) -> None:
    await store.record_sent("default", "stock", [Sent("confirmed", "5", SECOND)], now=NOW)
    await store.submit("default", "stock", [Sent("submitted", "5", SECOND)], now=NOW)
    late = [Sent("confirmed", "4", FIRST), Sent("submitted", "4", FIRST), Sent("new", "4", FIRST)]
    assert await store.submit("default", "stock", late, now=NOW) == {"new"}
    assert await store.sent("default", "stock", ["confirmed"]) == {"confirmed": Sent("confirmed", "5", SECOND)}
    assert await store.submit("default", "stock", [Sent("new", "3", THIRD)], now=NOW) == {"new"}


async def test_the_same_version_may_leave_again(store: Store) -> None:
    await store.record_sent("default", "stock", [Sent("A", "5", FIRST)], now=NOW)
    for value in ("5", "4"):
        assert await store.submit("default", "stock", [Sent("A", value, FIRST)], now=NOW) == {"A"}
    await store.record_sent("default", "stock", [Sent("A", "4", FIRST)], now=NOW)
    assert await store.sent("default", "stock", ["A"]) == {"A": Sent("A", "4", FIRST)}


async def test_the_confirmation_of_an_older_version_does_not_make_the_newer_one_look_confirmed(store: Store) -> None:
    await store.submit("default", "stock", [Sent("A", "5", FIRST)], now=NOW)
    await store.submit("default", "stock", [Sent("A", "6", SECOND)], now=NOW)
    await store.record_sent("default", "stock", [Sent("A", "5", FIRST)], now=NOW)
    assert await store.sent("default", "stock", ["A"]) == {}
    await store.record_sent("default", "stock", [Sent("A", "6", SECOND)], now=NOW)
    assert await store.sent("default", "stock", ["A"]) == {"A": Sent("A", "6", SECOND)}


@pytest.mark.parametrize(
    ("kept", "given", "leaves"),
    [
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00.5Z", True),  # as text the first is the greater one
        ("2024-01-01T10:00:00.5Z", "2024-01-01T10:00:00Z", False),
        ("2024-01-01T08:00:00Z", "2024-01-01T10:00:00+03:00", False),
        ("no date", "2024-01-01T10:00:00Z", True),
        ("2024-01-01T10:00:00Z", "no date", True),
    ],
)
async def test_only_a_version_that_is_certainly_older_stays_behind(
    store: Store, kept: str, given: str, leaves: bool
) -> None:
    await store.submit("default", "stock", [Sent("A", "5", kept)], now=NOW)
    assert await store.submit("default", "stock", [Sent("A", "6", given)], now=NOW) == ({"A"} if leaves else set())


async def test_a_key_that_is_submitted_twice_in_one_call_counts_with_its_newest_version(store: Store) -> None:
    assert await store.submit("default", "stock", [Sent("A", "6", SECOND), Sent("A", "5", FIRST)], now=NOW) == {"A"}
    assert await store.submit("default", "stock", [Sent("A", "5", FIRST)], now=NOW) == set()
    assert await store.submit("default", "stock", [], now=NOW) == set()


async def test_a_forgotten_submission_lets_any_version_leave(store: Store) -> None:
    await store.submit("default", "stock", [Sent("A", "6", SECOND)], now=NOW)
    await store.forget_sent("default", "stock", ["A"])
    assert await store.submit("default", "stock", [Sent("A", "5", FIRST)], now=NOW) == {"A"}


async def test_channels_and_kinds_are_submitted_apart(store: Store) -> None:
    await store.submit("default", "stock", [Sent("A", "6", SECOND)], now=NOW)
    for channel, kind in (("default", "price"), ("tr", "stock")):
        assert await store.submit(channel, kind, [Sent("A", "5", FIRST)], now=NOW) == {"A"}


async def test_a_doubted_value_is_unknown_also_when_what_was_on_its_way_is_confirmed(store: Store) -> None:
    await store.record_sent("default", "stock", [Sent("A", "5", FIRST)], now=NOW)
    await store.submit("default", "stock", [Sent("B", "7", FIRST)], now=NOW)
    await store.doubt_sent("default", "stock", ["A", "B", "never sent"])
    assert await store.sent("default", "stock", ["A", "B", "never sent"]) == {}
    await store.record_sent("default", "stock", [Sent("B", "7", FIRST)], now=NOW)
    assert await store.sent("default", "stock", ["B"]) == {}


async def test_what_leaves_after_a_doubt_counts_again(store: Store) -> None:
    await store.submit("default", "stock", [Sent("A", "5", FIRST), Sent("B", "5", FIRST)], now=NOW)
    await store.doubt_sent("default", "stock", ["A", "B"])
    again = [Sent("A", "5", FIRST), Sent("B", "4", SECOND)]
    assert await store.submit("default", "stock", again, now=NOW) == {"A", "B"}
    await store.record_sent("default", "stock", again, now=NOW)
    assert await store.sent("default", "stock", ["A", "B"]) == {row.key: row for row in again}


async def test_a_doubt_holds_no_newer_version_back_whatever_the_clocks_say(store: Store) -> None:
    await store.record_sent("default", "stock", [Sent("A", "5", FIRST)], now=NOW + 60 * MINUTE)
    await store.doubt_sent("default", "stock", ["A"])
    assert await store.submit("default", "stock", [Sent("A", "4", SECOND)], now=NOW) == {"A"}
