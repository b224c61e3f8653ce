"""What every store does when people change the inbox by hand."""

from include.domain.penalty import Penalty
from include.state.store import Audit, Event, InboxState, Store
from tests.unit.state.examples import MINUTE, NOW, package

LATER = NOW + MINUTE
BY = {"who": "ada", "reason": "asked by the shop", "now": LATER}


async def an_inbox(store: Store) -> None:
    """Packages 1 new, 2 parked, 3 excluded, 4 done."""
    await store.receive("default", "package", [package(each, v=each) for each in "1234"], now=NOW)
    penalty = Penalty(NOW, 2, NOW + 60 * MINUTE)
    await store.park("default", "package", "2", code="c", reason="r", penalty=penalty, now=NOW, cause="x")
    await store.exclude("default", "package", "3", rule="by a rule", now=NOW)
    await store.finish("default", "package", ["4"], now=NOW)


async def test_parked_and_excluded_records_are_opened_again_as_if_they_were_new(store: Store) -> None:
    await an_inbox(store)
    assert await store.reopen("default", "package", ["9", "3", "2", "1", "4", "3"], **BY) == ["3", "2"]
    for market_id in "32":
        row = await store.inbox_row("default", "package", market_id)
        assert row is not None
        assert (row.state, row.due_at, row.payload) == (InboxState.NEW, LATER, {"v": market_id})
        assert (row.penalty, row.code, row.reason, row.cause) == (None, None, None, None)
    assert await store.inbox_states("default", "package", ["4", "9"]) == {"4": InboxState.DONE}
    assert (await store.events("default", "inbox:package", "3"))[-1] == Event(
        "inbox:package", "3", "excluded", "new", LATER
    )


async def test_new_and_parked_records_are_set_aside_by_hand_for_a_reason(store: Store) -> None:
    await an_inbox(store)
    assert await store.exclude_by_hand("default", "package", ["4", "2", "1", "3", "9"], **BY) == ["2", "1"]
    row = await store.inbox_row("default", "package", "2")
    assert row is not None
    assert (row.state, row.reason, row.penalty, row.code) == (InboxState.EXCLUDED, BY["reason"], None, None)
    untouched = await store.inbox_row("default", "package", "3")
    assert untouched is not None
    assert untouched.reason == "by a rule"
    assert (await store.events("default", "inbox:package", "1"))[-1].after == "excluded"


async def test_each_change_by_hand_is_audited(store: Store) -> None:
    await an_inbox(store)
    await store.reopen("default", "package", ["3", "2", "4"], **BY)
    await store.exclude_by_hand("default", "package", ["2"], who="bob", reason="x\x00", now=LATER + MINUTE)
    by_hand = Audit("eve", "assign", "inbox:package", "1", "order 7", NOW)
    await store.note_audit("default", by_hand)
    assert await store.audits("default", 9) == [
        Audit("bob", "exclude", "inbox:package", "2", "x?", LATER + MINUTE),
        Audit("ada", "retry", "inbox:package", "2", "asked by the shop", LATER),
        Audit("ada", "retry", "inbox:package", "3", "asked by the shop", LATER),
        by_hand,
    ]
    assert len(await store.audits("default", 2)) == 2
    assert await store.audits("tr", 9) == []


async def test_what_the_connector_does_by_itself_is_not_audited(store: Store) -> None:
    await an_inbox(store)
    assert await store.audits("default", 9) == []


async def test_a_record_whose_payload_was_pruned_cannot_be_opened_again(store: Store) -> None:
    await an_inbox(store)
    await store.prune_payloads("default", LATER)
    assert await store.reopen("default", "package", ["3", "2"], **BY) == ["2"]
    assert [row.key for row in await store.audits("default", 9)] == ["2"]


async def test_the_inbox_is_listed_newest_first(store: Store) -> None:
    await an_inbox(store)
    await store.receive("default", "claim", [package("0")], now=NOW)
    await store.receive("tr", "package", [package("8")], now=NOW)
    await store.receive("default", "package", [package("5")], now=NOW)

    async def listed(**wanted: object) -> list[str]:
        return [row.market_id for row in await store.inbox_rows("default", **wanted)]  # type: ignore[arg-type]

    assert await listed() == ["5", "0", "2", "1"]
    assert await listed(kind="package") == ["5", "2", "1"]
    assert await listed(states=[InboxState.DONE, InboxState.EXCLUDED]) == ["4", "3"]
    assert await listed(code="c") == ["2"]
    assert await listed(limit=2, offset=1) == ["0", "2"]
    [row] = await store.inbox_rows("default", code="c")
    assert row == await store.inbox_row("default", "package", "2")
