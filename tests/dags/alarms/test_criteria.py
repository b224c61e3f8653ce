"""Each criterion fires, is mailed once, and is mailed once when it is over: on a real mail server and database."""

from datetime import timedelta

from include.domain.batch import BatchState
from include.domain.penalty import Penalty
from include.domain.run import RunReport
from include.state.alarms import Criterion, IncidentState
from include.state.store import Difference
from tests.dags.alarms.watchroom import BASE, MINUTE, Watchroom, a_rule
from tests.unit.state.examples import a_batch, package


async def one_alarm(room: Watchroom, words: str, code: str | None = None) -> None:
    """There is one incident and one mail, which says what is needed; more minutes add none."""
    await room.minutes(4)
    [incident] = await room.incidents()
    assert (incident.state, incident.code) == (IncidentState.OPEN, code)
    [mail] = room.sink.mails
    assert mail.to == "a@example.com"
    assert words in mail.subject
    assert words in mail.text
    for said in ("Since: ", "Records: ", "Next step", f"{BASE}/fashfed/alarms?incident={incident.id}", "Rule: "):
        assert said in mail.text


async def all_clear(room: Watchroom) -> None:
    """The incident ends after some calm minutes with one more mail."""
    assert len(room.sink.mails) == 1
    await room.minutes(4)
    assert len(room.sink.mails) == 1
    await room.minutes(4)
    [incident] = await room.incidents()
    assert incident.state is IncidentState.RESOLVED
    assert [mail.subject.startswith("[Fashfed] Resolved: ") for mail in room.sink.mails] == [False, True]
    assert f"?incident={incident.id}" in room.sink.mails[1].text
    await room.minutes(2)
    assert len(room.sink.mails) == 2


async def test_number_of_errors(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.ERRORS, "product", 4))
    await room.ran("product", counts={"failed": 4, "read": 9}, errors={"attribute_required": 3, "refused": 1})
    await room.minutes(2)
    assert room.sink.mails == []
    await room.ran("product", counts={"failed": 1, "read": 1}, errors={"attribute_required": 1})
    await one_alarm(room, "Product: 5 errors in 1 h (attribute_required)", "attribute_required")
    assert "Records: 5" in room.sink.mails[0].text
    room.clock.at += timedelta(minutes=1)
    await room.minutes(60)
    assert room.sink.mails[0].subject in room.sink.mails[1].subject.replace("Resolved: ", "")
    assert len(room.sink.mails) == 2


async def test_error_percentage(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.ERROR_PERCENTAGE, "price", 20))
    await room.ran("price", counts={"failed": 9, "read": 9})
    await room.minutes()
    assert room.sink.mails == []
    await room.ran("price", counts={"read": 21})
    await one_alarm(room, "Price: 30 % of the records failed in 1 h")
    await room.ran("price", counts={"read": 60})
    await all_clear(room)


async def test_average_flow_time_of_runs_that_ended(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.AVERAGE_FLOW_TIME, "stock", 30))
    await room.store.start_run(RunReport("stock", "default", room.now), run_id="going on", step="send")
    await room.ran("stock", seconds=30)
    await room.minutes(2)
    assert room.sink.mails == []
    await room.ran("stock", seconds=60)
    await one_alarm(room, "Stock: runs took 45 s on average in 1 h")
    for _ in range(5):
        await room.ran("stock", seconds=1)
    await all_clear(room)


async def test_nothing_arrived_although_the_flow_ran(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.NOTHING_ARRIVED, "get_orders", interval_minutes=10))
    for _ in range(12):
        await room.ran("get_orders", counts={"read": 1})
        await room.minutes()
    for _ in range(10):
        await room.ran("get_orders")
        await room.minutes()
    await one_alarm(room, "Order Create: no record was taken up for 10 min")
    await room.ran("get_orders", counts={"read": 1})
    await all_clear(room)


async def test_no_successful_run(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.NO_SUCCESS, "stock", interval_minutes=10))
    await room.ran("stock")
    await room.minutes(10)
    assert room.sink.mails == []
    await one_alarm(room, "Stock: no successful run for 10 min")
    await room.ran("stock")
    await all_clear(room)


async def test_runs_that_fail_one_after_the_other(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.FAILED_RUNS, None, 2))
    await room.fails("stock", "stock", code="token_refused", reason="Fashfed refused the access token")
    await room.minutes()
    assert room.sink.mails == []
    await room.fails("stock", code="token_refused", reason="Fashfed refused the access token")
    await one_alarm(room, "Stock fails: Fashfed refused the access token", "token_refused")
    assert "Next step (administrator): Make a new token in Fashfed" in room.sink.mails[0].text
    await room.minutes()
    await room.ran("stock")
    await all_clear(room)


async def test_a_run_that_died_without_a_word_has_failed(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.FAILED_RUNS, "housekeeping", 0))
    await room.store.start_run(RunReport("housekeeping", "default", room.now), run_id="dead", step="run")
    await room.minutes(19)
    assert room.sink.mails == []
    await room.minutes()
    await one_alarm(room, "Retention fails", "run_died")


async def test_backlog_of_the_inbox(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.BACKLOG_AGE, "get_orders", 5))
    await room.ran("get_orders")
    await room.minutes(10)
    await room.store.receive("default", "package", [package("1"), package("2")], now=room.now)
    await room.minutes(5)
    assert room.sink.mails == []
    await one_alarm(room, "Order Create: 2 due for up to 6 min")
    await room.store.finish("default", "package", ["1", "2"], now=room.now)
    await all_clear(room)


async def test_backlog_of_batches(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.BACKLOG_AGE, "stock", 5))
    await room.ran("stock")
    await room.judge()
    await room.store.add_batch(a_batch("b", opened_at=room.now))
    await room.minutes(5)
    await one_alarm(room, "Stock: 1 due for up to 6 min")
    await room.store.change_batch("b", BatchState.FAIL, now=room.now)
    await all_clear(room)


async def test_records_that_wait_for_a_person_one_mail_for_each_reason(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.PARKED, None, 0, interval_minutes=5))

    async def park(market_id: str, code: str, failures: int = 1) -> None:
        await room.store.receive("default", "package", [package(market_id)], now=room.now)
        penalty = Penalty(room.now, failures, room.now + timedelta(days=9))
        await room.store.park("default", "package", market_id, code=code, reason="r", penalty=penalty, now=room.now)

    await park("1", "township_unmapped")
    await park("2", "township_unmapped")
    await park("3", "erp_waits", failures=0)
    await room.minutes(4)
    assert room.sink.mails == []
    await room.minutes()
    await park("4", "township_unmapped")
    await room.minutes(6)
    assert room.subjects() == ["[Fashfed] Order Create: 2 records parked for over 5 min (township_unmapped)"]
    await park("5", "cargo_unmapped")
    await room.minutes(5)
    assert len(room.sink.mails) == 2
    await room.store.finish("default", "package", ["1", "2", "4", "5"], now=room.now)
    await room.minutes(6)
    assert len(room.sink.mails) == 4


async def test_differences_of_the_ledger_that_stand(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.LEDGER_DIFFERENCE, None, 1, interval_minutes=5))
    found = [Difference(key, "line_price", "text") for key in "ab"]
    keys = [row.key for row in found]
    await room.store.note_differences("default", "order", checked=keys, found=found, now=room.now)
    await room.store.note_differences("default", "order_waiting", checked=["c"], found=[found[0]], now=room.now)
    await room.minutes(4)
    assert room.sink.mails == []
    await one_alarm(room, "Dashboard Comparison: 2 differences for over 5 min (line_price)", "line_price")
    await room.store.note_differences("default", "order", checked=keys, found=[], now=room.now)
    await all_clear(room)


async def test_the_engines_own_silence_is_told_once(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.ENGINE_LATE, None, 10, interval_minutes=1))
    await room.minutes(3)
    room.clock.at += 10 * MINUTE
    await room.judge()
    assert room.sink.mails == []
    room.clock.at += 3 * 60 * MINUTE
    await room.judge()
    await room.minutes(20)
    [mail] = room.sink.mails
    assert mail.subject == "[Fashfed] Alarms did not run for 3 h"
    assert "from" in mail.text.lower()
    [incident] = await room.incidents()
    assert incident.state is IncidentState.RESOLVED
