"""A mail server that is away delays mails and loses none; what was sent is not sent again."""

import pytest

from include.alarms import words
from include.state.alarms import Criterion, NoticeKind
from include.state.postgres import PostgresStore
from tests.dags.alarms.watchroom import BASE, MINUTE, Watchroom, a_rule


async def an_alarm(room: Watchroom, **facts: object) -> None:
    await room.only(a_rule(Criterion.FAILED_RUNS, **facts))
    await room.fails("stock")
    await room.minutes()


async def test_mails_wait_for_the_server_and_come_in_their_order(room: Watchroom) -> None:
    await an_alarm(room, mails=("a@example.com", "b@example.com"))
    await room.sink.close()
    await room.minutes(3)
    [incident] = await room.incidents()
    told = (await room.store.notices_of("default", [incident.id or 0]))[incident.id or 0]
    assert [(each.sent_at, each.tries > 0) for each in told] == [(None, True)] * 2
    assert "mail server cannot be used" in str(told[0].trouble)
    await room.ran("stock")
    await room.minutes(7)
    await room.sink.open()
    await room.minutes(20)
    got = [(mail.to, "Resolved" in mail.subject) for mail in room.sink.mails]
    assert sorted(got) == [(to, over) for to in ("a@example.com", "b@example.com") for over in (False, True)]
    assert [over for to, over in got if to == "a@example.com"] == [False, True]
    told = (await room.store.notices_of("default", [incident.id or 0]))[incident.id or 0]
    assert all(each.sent_at for each in told)


async def test_an_address_that_is_refused_holds_nobody_up(room: Watchroom) -> None:
    await an_alarm(room, mails=("gone@example.com", "a@example.com"))
    room.sink.refused.add("gone@example.com")
    await room.minutes()
    assert [mail.to for mail in room.sink.mails] == ["a@example.com"]
    room.sink.refused.clear()
    await room.minutes(5)
    assert [mail.to for mail in room.sink.mails] == ["a@example.com", "gone@example.com"]


async def test_a_web_hook_that_is_down_holds_no_mail_up_and_is_called_later(room: Watchroom) -> None:
    await an_alarm(room, webhook="https://hooks.example.com/x")
    room.hooks.down = True
    await room.minutes(2)
    assert len(room.sink.mails) == 1
    room.hooks.down = False
    await room.minutes(5)
    assert len(room.hooks.calls) == 1


async def test_who_dies_between_sending_and_noting_sends_the_same_mail_once_more(
    room: Watchroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    async def die(*_: object, **__: object) -> None:
        raise Died

    await an_alarm(room)
    with monkeypatch.context() as patched:
        patched.setattr(PostgresStore, "note_sent", die)
        with pytest.raises(Died):
            await room.minutes()
    assert len(room.sink.mails) == 1
    await room.minutes(9)
    assert len(room.sink.mails) == 1  # it may still be on its way
    await room.minutes(9)
    first, second = room.sink.mails
    assert (first.subject, first.message_id) == (second.subject, second.message_id)


async def test_who_dies_while_deciding_has_decided_nothing(room: Watchroom, monkeypatch: pytest.MonkeyPatch) -> None:
    await an_alarm(room)
    with monkeypatch.context() as patched:
        patched.setattr("include.state.postgres.alarms._queue", None)
        with pytest.raises(TypeError):
            await room.minutes()
    assert await room.incidents() == []
    await room.minutes()
    assert len(room.sink.mails) == 1


async def test_a_test_mail_goes_out_with_the_next_run(room: Watchroom) -> None:
    [rule] = await room.only(a_rule(Criterion.FAILED_RUNS, "stock", 2))
    notices = words.notices_of_a_test(rule, room.outbox.readers, room.now)
    [number] = await room.store.queue_test_notices("default", notices, who="ada", now=room.now)
    await room.minutes()
    [mail] = room.sink.mails
    assert (mail.to, mail.subject) == (
        "a@example.com",
        "[Fashfed] Test: Stock: more than 2 failed runs in a row within 1 h",
    )
    assert f"{BASE}/fashfed/alarms" in mail.text
    [sent] = await room.store.notices("default", [number])
    assert (sent.what, sent.sent_at) == (NoticeKind.TEST, room.now)


async def test_without_a_mail_server_in_airflow_mails_wait_and_say_so(room: Watchroom) -> None:
    await an_alarm(room)
    await room.sink.close()
    room.clock.at += MINUTE
    connection = room.sink.connection
    room.sink.connection = lambda: None  # type: ignore[method-assign,assignment,return-value]
    await room.judge()
    [incident] = await room.incidents()
    [told] = (await room.store.notices_of("default", [incident.id or 0]))[incident.id or 0]
    assert told.trouble == "The mail server cannot be used: there is no connection smtp_default"
    room.sink.connection = connection  # type: ignore[method-assign]
