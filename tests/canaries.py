"""A buyer whom nobody can mistake, runs that fail with him in hand, and every place where nothing of him may show."""

import json
import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.policy import default
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from include.sandbox import Sandbox
from tests.installation import Installation, wait_for

BUYER = {
    "first_name": "Kanaryabey",
    "last_name": "Kanaryaoglu",
    "email": "kanarya.bey@ornekposta.com",
    "phone_number": "+905559871234",
    "line": "Kanarya Bahcesi Sok. 77",
    "identity_number": "98765432150",
    "notes": "Kanarya varsa zili calmayin",
    "company_name": "Kanarya Holding",
    "tax_no": "8876543219",
}
TOKEN = "kanarya-0123456789abcdef"
"""An access token that Fashfed does not know."""
_SIGNS = ("kanarya", "5559871234", "98765432150", "8876543219")
_ALLOWED = {("inbox", "payload")}
"""Columns that hold buyers' data on purpose, until Retention empties them."""
_FOLDERS = ("airflow/logs", "logs", "mail")
_AROUND = 100
_SENTENCE = "'Kanaryabey Kanaryaoglu of Kanarya Bahcesi Sok. 77, +90 555 987 12 34, is in the way'"
"""An SQL text."""


def fail_in_every_way(airflow: Installation) -> list[str]:
    """Orders of the buyer meet an unknown place, refusals and broken answers that quote them, faults of ours, and a
    token that Fashfed does not know. The codes of what waits then; all is mended again."""
    line = _bought(airflow)
    _end(airflow, "get_orders")
    airflow.control.post("cancels", {"line": line})
    _quoted(airflow, "get_cancel_orders", ("error", 400, "*/cancel/"))
    _bought(airflow, township="Atlantis", email="kanarya.iki@ornekposta.com")
    _bought(airflow, email="kanarya.uc@ornekposta.com")
    _bought(airflow, email="kanarya.dort@ornekposta.com")
    _quoted(airflow, "get_orders", ("error", 400, "*/addresses/"), ("html", 500, "*/customers/"))

    airflow.change(*_fault("claims", f"new.detail::text || {_SENTENCE}"))
    _bought(airflow)
    _end(airflow, "get_orders")
    airflow.change(*_mended("claims"), *_fault("inbox", "new.payload::text"))
    _bought(airflow)
    run = airflow.trigger("get_orders")
    fault = "select 1 from run_reports where step = 'pull' and errors::text like '%unexpected%'"
    wait_for("a fault in the connector", lambda: airflow.rows(fault) or None, 90)
    airflow.change(*_mended("inbox"))
    airflow.end_of("get_orders", run)

    token = airflow.control.post("channel")["conf"]["access_token"]
    airflow.control.post("channel", {"conf": {"access_token": TOKEN}})
    assert _end(airflow, "get_orders")["pull"] == "failed"
    airflow.control.post("channel", {"conf": {"access_token": token}})
    return [str(code) for (code,) in airflow.rows("select code from inbox where state = 'parked'")]


def leaks(airflow: Installation) -> list[str]:
    """Where the buyer or a secret shows: in files, in rows of both databases, in what Omnitron and people are told."""
    inbox = airflow.rows("select payload from inbox")
    assert any(_SIGNS[0] in str(payload).lower() for (payload,) in inbox), "he is not even where he may be"
    pattern = re.compile("|".join(map(re.escape, (*_SIGNS, *_secrets(airflow)))), re.IGNORECASE)
    return [
        f"{name}: {text[max(0, found.start() - _AROUND) : found.end() + _AROUND]!r}"
        for name, text in chain(_files(airflow), _rows(airflow, "airflow"), _rows(airflow, "connector"), _told(airflow))
        for found in [pattern.search(text)]
        if found
    ]


def _secrets(airflow: Installation) -> Iterator[str]:
    yield str(airflow.control.post("channel")["conf"]["access_token"])
    yield str(urlsplit(airflow.uri("connector")).password)
    yield airflow.control.login(Sandbox.username, Sandbox.password)


def _bought(airflow: Installation, **address: str) -> str:
    """A line of a new package of the buyer."""
    wanted = {"address": {**BUYER, **address}, "lines": [1, 1]}
    (number,) = airflow.control.post("orders", wanted)["packages"]
    packages = airflow.control.get("orders")["fashfed"]
    return next(str(package["items"][0]["number"]) for package in packages if package["number"] == number)


def _end(airflow: Installation, flow: str) -> dict[str, str]:
    return airflow.end_of(flow, airflow.trigger(flow), 150)


def _quoted(airflow: Installation, flow: str, *answers: tuple[str, int, str]) -> None:
    """A run to which Omnitron gives some answers (kind, status, path) that quote what it was sent."""
    rules = [
        {"kind": kind, "status": status, "method": "POST", "path": path, "quotes": True, "next": 1}
        for kind, status, path in answers
    ]
    airflow.control.post("faults", {"add": rules})
    _end(airflow, flow)
    struck = airflow.control.get("faults")
    airflow.control.post("faults", {"clear": True})
    assert [rule["path"] for rule in struck if rule["strikes"]] == [path for _, _, path in answers]


def _fault(table: str, detail: str) -> Iterable[str]:
    """Statements after which each new row of a table of ours is a fault of the connector, which quotes ``detail``."""
    return (
        f"create function canary() returns trigger language plpgsql as "
        f"$$begin raise exception 'it cannot be kept' using detail = {detail}; end$$",
        f"create trigger canary before insert on {table} for each row execute function canary()",
    )


def _mended(table: str) -> Iterable[str]:
    return (f"drop trigger canary on {table}", "drop function canary()")


def _files(airflow: Installation) -> Iterator[tuple[str, str]]:
    for folder in _FOLDERS:
        files = [path for path in (airflow.home / folder).rglob("*") if path.is_file()]
        assert files, folder
        for path in files:
            text = _mail(path) if folder == "mail" else path.read_text(errors="replace")
            yield str(path.relative_to(airflow.home)), text


def _mail(path: Path) -> str:
    """The text of a mail; on its way it is encoded."""
    mail = message_from_bytes(path.read_bytes(), policy=default)
    return "\n".join(str(part.get_content()) for part in mail.walk() if not part.is_multipart()) + str(mail["subject"])


def _rows(airflow: Installation, database: str) -> Iterator[tuple[str, str]]:
    with psycopg.connect(airflow.uri(database)) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        assert tables
        for (table,) in tables:
            without = [column for of, column in _ALLOWED if of == table]
            query = sql.SQL("select to_jsonb(row) - %s::text[] from {} row").format(sql.Identifier(table))
            for (row,) in connection.execute(query, [without]):
                yield f"{database}.{table}", json.dumps(row, ensure_ascii=False)


def _told(airflow: Installation) -> Iterator[tuple[str, str]]:
    """What Omnitron's people see, and what the command line prints."""
    yield "error reports", json.dumps(airflow.control.get("error_reports"), ensure_ascii=False)
    for asked in (("inbox", "list"), ("findings", "reconcile")):
        yield " ".join(asked), airflow.run_as_airflow("-m", "include.run", *asked)
