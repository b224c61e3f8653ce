"""What every store does with states of SKUs, corrections, and what it is asked about single SKUs."""

from dataclasses import replace
from decimal import Decimal

from include.state.store import Correction, LogEntry, Sent, SkuState, Store
from tests.unit.state.examples import MINUTE, NOW

LATER = NOW + MINUTE
DRESS = SkuState(
    "LSD-100-M", 7, "Linen Dress", True, True, True, False, False, True,
    Decimal("899.90"), Decimal("899.90"), 7, 5, 4, "stock_differs", "5 in Omnitron, 4 at Fashfed",
)  # fmt: skip
GONE = SkuState(
    "A", None, "", False, False, True, True, False, False, None, Decimal("1.00"), None, None, 3, None, None
)  # fmt: skip


async def differing(store: Store, *skus: str, agreed: str = "", gone: str = "", now: object = NOW) -> int:
    rows = [Correction(sku, "5", "4") for sku in skus]
    return await store.note_corrections(
        "default", "stock", found=rows, agreed=list(agreed), gone=list(gone), now=now  # type: ignore[arg-type]
    )  # fmt: skip


async def test_states_come_back_by_sku_and_what_is_not_named_any_more_is_gone(store: Store) -> None:
    await store.keep_sku_states("default", [DRESS, GONE], now=NOW)
    await store.keep_sku_states("tr", [GONE], now=NOW)
    assert await store.sku_states("default") == [replace(GONE, since=NOW), replace(DRESS, since=NOW)]
    assert await store.sku_states("default", limit=1, offset=1) == [replace(DRESS, since=NOW)]
    await store.keep_sku_states("default", [DRESS], now=LATER)
    assert await store.sku_states("default") == [replace(DRESS, since=NOW)]
    await store.keep_sku_states("default", [], now=LATER)
    assert await store.sku_states("default") == []
    assert await store.sku_states("tr") == [replace(GONE, since=NOW)]


async def test_a_state_stands_since_its_code_is_what_it_is(store: Store) -> None:
    await store.keep_sku_states("default", [DRESS], now=NOW)
    other = replace(DRESS, market_stock=3, reason="5 in Omnitron, 3 at Fashfed")
    await store.keep_sku_states("default", [other], now=LATER)
    assert await store.sku_states("default") == [replace(other, since=NOW)]
    fine = replace(other, market_stock=5, stock_differs=False, code=None, reason=None)
    await store.keep_sku_states("default", [fine], now=LATER)
    assert await store.sku_states("default") == [replace(fine, since=LATER)]


async def test_texts_that_no_database_takes_and_names_that_come_twice_spoil_nothing(store: Store) -> None:
    odd = replace(DRESS, sku="A\x00", name="\ud800", reason="\x00")
    await store.keep_sku_states("default", [odd, odd, replace(DRESS, sku="A?"), replace(DRESS, sku="")], now=NOW)
    assert await store.sku_states("default") == [replace(odd, sku="A?", name="?", reason="?", since=NOW)]


async def test_a_difference_is_found_queued_and_confirmed_apart(store: Store) -> None:
    assert await differing(store, "A", "B") == 0
    assert await store.open_corrections("default", "stock") == [
        Correction("A", "5", "4", NOW), Correction("B", "5", "4", NOW),
    ]  # fmt: skip
    await store.queue_corrections("default", "stock", ["A"], now=NOW)
    await differing(store, "A", "B", now=LATER)
    await store.queue_corrections("default", "stock", ["A"], now=LATER)
    assert await store.open_corrections("default", "stock") == [
        Correction("A", "5", "4", NOW, LATER, 2), Correction("B", "5", "4", NOW),
    ]  # fmt: skip
    assert await differing(store, agreed="AB", now=LATER) == 1
    assert await store.open_corrections("default", "stock") == []
    confirmed = Correction("A", "5", "4", NOW, LATER, 2, LATER)
    assert await store.corrections("default", "stock", 9) == [confirmed]
    await differing(store, "A", now=LATER)
    await store.queue_corrections("default", "stock", ["A"], now=LATER)
    again = Correction("A", "5", "4", LATER, LATER, 1)
    assert await store.corrections("default", "stock", 9) == [again, confirmed]
    assert await store.corrections("default", "stock", 1) == [again]
    assert await store.corrections("default", "price", 9) == []


async def test_a_correction_whose_sku_cannot_be_compared_any_more_goes(store: Store) -> None:
    await differing(store, "A", "B")
    await store.queue_corrections("default", "stock", ["A"], now=NOW)
    assert await differing(store, gone="AB") == 0
    assert await store.corrections("default", "stock", 9) == []


async def test_a_correction_keeps_what_was_seen_last(store: Store) -> None:
    await differing(store, "A")
    await store.note_corrections("default", "stock", found=[Correction("A", "6", "3")], agreed=[], gone=[], now=LATER)
    assert await store.open_corrections("default", "stock") == [Correction("A", "6", "3", NOW)]


async def test_what_left_and_was_not_confirmed_is_on_its_way(store: Store) -> None:
    rows = [Sent(key, "5", NOW.isoformat()) for key in "ABC"]
    await store.submit("default", "productstock", rows, now=NOW)
    assert await store.unconfirmed("default", "productstock", NOW) == {"A", "B", "C"}
    assert await store.unconfirmed("default", "productstock", LATER) == set()
    await store.record_sent("default", "productstock", rows[:1], now=LATER)
    await store.doubt_sent("default", "productstock", ["A", "B", "D"])
    assert await store.unconfirmed("default", "productstock", NOW) == {"C"}
    assert await store.doubted("default", "productstock", list("ABCD")) == {"A", "B"}
    await store.submit("default", "productstock", rows, now=LATER)
    await store.forget_sent("default", "productstock", ["C"])
    assert await store.unconfirmed("default", "productstock", LATER) == {"A", "B"}
    assert await store.doubted("default", "productstock", list("ABCD")) == set()


async def test_the_last_failure_of_each_record_is_found_whichever_flow_noted_it(store: Store) -> None:
    def entry(key: str, code: str | None, at: object = NOW, kind: str = "product") -> LogEntry:
        return LogEntry(f"log {code}", kind, key, code is None, code, "m", at)  # type: ignore[arg-type]

    await store.log("default", "product", [entry("A", "new", LATER), entry("A", "old"), entry("A", None, LATER)])
    await store.log("default", "price", [entry("B", "c"), entry("A", "price", LATER, "productprice")])
    await store.log("tr", "product", [entry("C", "c")])
    found = await store.last_failures("default", "product", ["A", "B", "C"])
    assert {key: row.code for key, row in found.items()} == {"A": "new", "B": "c"}
