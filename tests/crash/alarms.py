"""An alarm in whose sending a process is killed."""

from collections import Counter

from tests.crash.stage import Stage


def runs_fail(stage: Stage) -> None:
    """Three runs of a flow have failed one after the other; one of two operators' mail is refused at first."""
    stage.mails.unlink(missing_ok=True)
    stage.ask(
        "insert into run_reports (channel, flow, run_id, step, outcome, reason, code, started_at, finished_at, seconds,"
        " counts, requests, errors) select 'default', 'stock', n, 'send', 'failed', 'Fashfed refused the access token',"
        " 'token_refused', now() - n * interval '1 min', now() - n * interval '1 min', 1, '{}', '{}', '{}'"
        " from generate_series(3, 5) n returning id"
    )


def each_operator_is_told_once(stage: Stage) -> None:
    """There is one incident, and everybody has its mail; one that was on its way at the end came twice, as the same."""
    [(cause, state)] = stage.ask("select cause, state from incidents")
    assert (cause, state) == ("token_refused", "open")
    assert stage.ask("select target from notices where sent_at is null") == []
    mails = Counter(stage.mails.read_text(encoding="utf-8").splitlines())
    stage.mails.unlink()
    assert {name.partition(" ")[0] for name in mails} == {"late@example.com", "ops@example.com"}
    assert len(mails) == 2
    assert mails.total() <= 3
