"""One incident for one cause, however many flows and rules see it, and nobody hears of it more than once."""

from dataclasses import replace
from datetime import timedelta

from include.domain.run import Outcome
from include.flows.operations.alarms import BUILT_IN
from include.state.alarms import Criterion, IncidentState
from tests.dags.alarms.watchroom import MINUTE, OPERATOR, Watchroom, a_rule
from tests.unit.state.examples import package

PUSHES = ("stock", "price", "product", "delete_product", "send_update_orders", "send_refund_order_status")
PULLS = ("get_orders", "get_cancel_orders", "get_refund_orders", "send_cancel_order_items")
TEN = (*PUSHES, *PULLS)


async def test_omnitron_away_is_one_incident_whatever_fails_of_it(room: Watchroom) -> None:
    await room.store.make_built_in_rules("default", BUILT_IN, now=room.now)
    for minute in range(30):
        for flow in TEN:
            if flow == "stock" or minute % 5 == 0:
                await room.ran(flow, counts={"read": 1})
        await room.minutes()
    assert room.sink.mails == []
    words = ("remote_unreachable", "did not answer GET channel/137/"), ("remote_paused", "failed 5 times in a row")
    for minute in range(60):
        code, reason = words[minute % 2]
        await room.fails("stock", code=code, reason=f"Omnitron {reason}")
        if minute % 5 == 0:
            await room.fails(*TEN[1:], code=code, reason=f"Omnitron {reason}")
            await room.store.receive("default", "package", [package(str(minute))], now=room.now)
        await room.minutes()
    [incident] = await room.incidents()
    assert set(incident.flows) == set(TEN)
    [mail] = room.sink.mails
    assert (mail.to, mail.subject) == (OPERATOR, "[Fashfed] Omnitron cannot be used: Stock fails")
    assert incident.summary == "Omnitron cannot be used: Product Delete, Order Cancel, Order Create and 7 more fail"
    assert "did not answer GET channel/137/" in mail.text
    for _ in range(10):
        for flow in TEN:
            await room.ran(flow, counts={"read": 1})
        await room.minutes()  # the inbox is still full: that is the tail of the same trouble
    assert len(room.sink.mails) == 1
    await room.store.finish("default", "package", [str(minute) for minute in range(60)], now=room.now)
    await room.minutes(6)
    assert [each.subject for each in room.sink.mails[1:]] == [
        "[Fashfed] Resolved: Order Create: 12 due for up to 70 min"
    ]
    assert await room.store.count_incidents("default") == {IncidentState.OPEN: 0, IncidentState.RESOLVED: 1}


async def test_both_remotes_away_are_two_incidents(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.FAILED_RUNS))
    await room.fails("stock", reason="Fashfed did not answer")
    await room.fails("price")
    await room.minutes(2)
    assert sorted(room.subjects()) == [
        "[Fashfed] Fashfed cannot be used: Stock fails",
        "[Fashfed] Omnitron cannot be used: Price fails",
    ]


async def test_a_flow_that_fails_of_something_new_is_another_incident(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.FAILED_RUNS))
    await room.fails("stock")
    await room.minutes(2)
    await room.fails("stock", code="token_refused", reason="Fashfed refused the access token")
    await room.minutes(8)
    assert room.subjects() == [
        "[Fashfed] Omnitron cannot be used: Stock fails",
        "[Fashfed] Stock fails: Fashfed refused the access token",
        "[Fashfed] Resolved: Omnitron cannot be used: Stock fails",
    ]


async def test_a_try_that_the_next_one_made_good_is_no_failed_run(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.FAILED_RUNS, "housekeeping"))
    await room.fails("housekeeping")
    await room.minutes()
    room.number -= 1  # the same run
    await room.ran("housekeeping", step="feature_flag")
    await room.ran("housekeeping")
    await room.minutes(5)
    assert room.sink.mails == []


async def test_a_value_around_the_threshold_does_not_flap(room: Watchroom) -> None:
    await room.only(a_rule(Criterion.AVERAGE_FLOW_TIME, "stock", 10, interval_minutes=1))
    for seconds in (11, 10, 11, 9, 8.5, 12, 10, 9, 9, 9, 9, 9, 9, 9, 8):
        await room.ran("stock", seconds=seconds)
        await room.minutes()
    assert len(room.sink.mails) == 1
    for seconds in (1, 1, 1, 9, 1, 1, 1, 1):
        await room.ran("stock", seconds=seconds)
        await room.minutes()
    assert len(room.sink.mails) == 1  # never calm for five minutes
    for _ in range(2):
        await room.ran("stock", seconds=1)
        await room.minutes()
    assert len(room.sink.mails) == 2


async def test_a_rule_that_joins_tells_its_own_people_and_nobody_twice(room: Watchroom) -> None:
    late = a_rule(Criterion.NO_SUCCESS, "stock", interval_minutes=5, mails=("a@example.com", "b@example.com"))
    await room.only(a_rule(Criterion.FAILED_RUNS), late)
    await room.ran("stock")
    await room.judge()
    for _ in range(9):
        room.clock.at += MINUTE
        await room.fails("stock")
        await room.judge()
    assert [mail.to for mail in room.sink.mails] == ["a@example.com", "b@example.com"]
    for _ in range(7):
        await room.ran("stock")
        await room.minutes()
    assert [mail.to for mail in room.sink.mails[2:]] == ["a@example.com", "b@example.com"]


async def test_a_rule_without_addresses_tells_the_operators_and_a_web_hook_alone_does_not(room: Watchroom) -> None:
    hook = a_rule(Criterion.FAILED_RUNS, "price", mails=(), webhook="https://hooks.example.com/x")
    await room.only(a_rule(Criterion.FAILED_RUNS, "stock", mails=()), hook)
    await room.fails("stock", code="token_refused")
    await room.ran("price", "unexpected", "a fault in the connector (KeyError)")
    await room.minutes(2)
    assert [mail.to for mail in room.sink.mails] == [OPERATOR]
    [(address, text)] = room.hooks.calls
    assert address == "https://hooks.example.com/x"
    assert text.startswith("[Fashfed] Price fails: a fault in the connector (KeyError)\n")


async def test_what_is_switched_off_or_paused_or_was_never_on_is_no_silence(room: Watchroom) -> None:
    stock, price, orders = await room.only(
        *(a_rule(Criterion.NO_SUCCESS, flow, interval_minutes=5) for flow in ("stock", "price", "get_orders"))
    )
    await room.ran("stock")
    await room.ran("price")
    await room.minutes()
    await room.ran("stock", outcome=Outcome.SKIPPED, step="feature_flag", reason="off")
    await room.store.save_alarm_rule("default", replace(price, active=False), who="ada", now=room.now)
    await room.minutes(20)
    assert room.sink.mails == []
    assert orders.flow == "get_orders"  # has no run at all
    assert stock.flow == "stock"


async def test_the_incident_of_a_rule_that_is_deleted_comes_to_its_end(room: Watchroom) -> None:
    [rule] = await room.only(a_rule(Criterion.FAILED_RUNS))
    await room.fails("stock")
    await room.minutes(2)
    await room.store.delete_alarm_rule("default", rule.id or 0, who="ada", now=room.now)
    await room.minutes(6)
    assert [each.state for each in await room.incidents()] == [IncidentState.RESOLVED]
    assert len(room.sink.mails) == 2


async def test_after_a_stop_of_everything_only_the_stop_is_told(room: Watchroom) -> None:
    await room.store.make_built_in_rules("default", BUILT_IN, now=room.now)
    for _ in range(5):
        for flow in ("stock", "get_orders"):
            await room.ran(flow, counts={"read": 1})
        await room.minutes()
    await room.store.receive("default", "package", [package("1")], now=room.now)
    room.clock.at += timedelta(hours=9)
    await room.judge()
    await room.minutes(5)
    for _ in range(20):
        for flow in ("stock", "get_orders"):
            await room.ran(flow, counts={"read": 1})
        await room.store.finish("default", "package", ["1"], now=room.now)
        await room.minutes()
    assert room.subjects() == ["[Fashfed] Alarms did not run for 9 h"]


async def test_a_built_in_rule_that_was_edited_or_deleted_stays_so(room: Watchroom) -> None:
    await room.judge()
    first, second, *rest = await room.store.alarm_rules("default")
    assert len(rest) == len(BUILT_IN) - 2
    await room.store.save_alarm_rule("default", replace(first, threshold=7), who="ada", now=room.now)
    await room.store.delete_alarm_rule("default", second.id or 0, who="ada", now=room.now)
    await room.minutes(2)
    rules = await room.store.alarm_rules("default")
    assert len(rules) == len(BUILT_IN) - 1
    assert rules[0].threshold == 7
