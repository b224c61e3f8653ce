"""Whether a sales channel was set up is read from the connector's database."""

import psycopg

from include.local.first_setup import is_used, was_done


def write(uri: str, statement: str) -> None:
    with psycopg.connect(uri) as connection:
        connection.execute(statement.encode())


def test_a_channel_is_set_up_once_default_attributes_has_succeeded(state_uri: str) -> None:
    assert was_done(state_uri) is False
    write(state_uri, "insert into watermarks (channel, flow, reached) values ('default', 'get_orders', now())")
    assert was_done(state_uri) is False
    write(state_uri, "insert into watermarks (channel, flow, reached) values ('default', 'default_attributes', now())")
    assert was_done(state_uri) is True


def test_a_database_is_used_once_a_flow_ran_on_it(state_uri: str) -> None:
    assert not is_used(state_uri)
    write(
        state_uri,
        "insert into run_reports (channel, flow, run_id, step, started_at, seconds, counts, requests, errors) "
        "values ('default', 'stock', 'a', 'send', now(), 0, '{}', '{}', '{}')",
    )
    assert is_used(state_uri)


def test_a_database_that_is_away_or_empty_says_nothing() -> None:
    gone = "postgresql://fashfed@127.0.0.1:1/connector"
    assert was_done(gone) is None
    assert not is_used(gone)
