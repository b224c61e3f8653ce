"""A state database with something to monitor."""

import json
from datetime import datetime, timedelta
from typing import Any

import psycopg

NOW = datetime.fromisoformat("2026-11-20T09:00:00+00:00")
_LOG = "channel, flow, log_id, kind, key, ok, code, message, at, request, response, run_id"
_STATE = (
    "channel, sku, pk, name, in_catalog, saleable, on_sale, in_flight, price_differs, stock_differs, hub_price,"
    " market_price, hub_stock, due_stock, market_stock, code, reason, since"
)


def log(uri: str, *rows: dict[str, Any]) -> None:
    """Rows of the record log, the first the newest; each says what is special about it."""
    plain = {
        "channel": "default", "flow": "stock", "log_id": "batch-1-Channel-stock", "kind": "productstock", "ok": False,
        "code": "market_refused", "message": "Fashfed refused it", "request": None, "response": None, "run_id": None,
    }  # fmt: skip
    _insert(
        uri, "record_log", _LOG,
        [
            plain | {"key": f"SKU-{number}", "at": NOW - timedelta(minutes=number)} | row
            for number, row in reversed(list(enumerate(rows)))
        ],
    )  # fmt: skip


def states(uri: str, *rows: dict[str, Any]) -> None:
    """SKUs as the last comparison found them; plain ones are on sale, and both sides agree."""
    plain = {
        "channel": "default", "pk": 1, "name": "Cotton shirt", "in_catalog": True, "saleable": True, "on_sale": True,
        "in_flight": False, "price_differs": False, "stock_differs": False, "hub_price": 100, "market_price": 100,
        "hub_stock": 9, "due_stock": 7, "market_stock": 7, "code": None, "reason": None, "since": NOW,
    }  # fmt: skip
    _insert(uri, "sku_states", _STATE, [plain | row for row in rows])
    _insert(
        uri, "comparisons", "channel, name, at, figures",
        [{"channel": "default", "name": "products", "at": NOW, "figures": "{}"}],
    )  # fmt: skip


def waits(uri: str, *skus: str) -> None:
    """A batch of stocks that Fashfed has not answered."""
    items = [{"pk": 1, "content_type": "productstock", "version": "x", "key": sku, "fate": "sent"} for sku in skus]
    columns = "id, channel, flow, content_type, state, pk, local_batch_id, opened_at, sent_at, items"
    row = ("b", "default", "stock", "productstock", "sent_to_remote", 77, "local-77", NOW, NOW, json.dumps(items))
    _insert(uri, "batches", columns, [dict(zip(columns.split(", "), row, strict=True))])


def order(uri: str, package: str, number: str) -> None:
    """A package in the inbox."""
    columns = "channel, kind, market_id, state, changed_at, payload, first_seen_at, due_at"
    payload = json.dumps({"number": package, "order_number": number})
    row = ("default", "package", package, "done", NOW, payload, NOW, NOW)
    _insert(uri, "inbox", columns, [dict(zip(columns.split(", "), row, strict=True))])


def failed_run(uri: str, flow: str, at: datetime, reason: str) -> None:
    """A run that failed in its pull."""
    columns = (
        "channel, flow, run_id, step, outcome, reason, code, started_at, finished_at, seconds, counts, requests, errors"
    )
    row = ("default", flow, "scheduled__7", "pull", "failed", reason, "forbidden", at, at, 1, "{}", "{}", "{}")
    _insert(uri, "run_reports", columns, [dict(zip(columns.split(", "), row, strict=True))])


def audits(uri: str) -> list[tuple[str, str, str]]:
    """Who did what to which record."""
    with psycopg.connect(uri) as connection:
        return connection.execute("select who, subject, reason from audits").fetchall()


def _insert(uri: str, table: str, columns: str, rows: list[dict[str, Any]]) -> None:
    names = columns.split(", ")
    places = ", ".join(f"%({name.strip()})s" for name in names)
    with psycopg.connect(uri) as connection:
        for row in rows:
            connection.execute(f"insert into {table} ({columns}) values ({places})", row)  # noqa: S608 - ours
