"""Lists as files: no live formulas, numbers as numbers, and Excel reads both kinds."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from include.dashboard.exports import Cell, Format, export

_NOW = datetime(2026, 11, 20, 21, 30, 5, 123, tzinfo=UTC)
_FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


async def _rows(*rows: Sequence[Cell]) -> AsyncIterator[Sequence[Cell]]:
    for row in rows:
        yield row


async def _file(form: Format, *rows: Sequence[Cell]) -> tuple[str, bytes]:
    answer = export("list", ("A", "B"), _rows(*rows), form, _NOW)
    parts = [part if isinstance(part, bytes) else bytes(str(part), "utf-8") async for part in answer.body_iterator]
    return answer.headers["content-disposition"], b"".join(parts)


@pytest.mark.parametrize("text", _FORMULAS)
async def test_no_cell_is_a_formula(text: str) -> None:
    _, written = await _file("csv", (text, -1))
    assert list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))[1] == [f"'{text}", "-1"]
    _, book = await _file("xlsx", (text, -1))
    cells = load_workbook(io.BytesIO(book)).active["A2":"B2"][0]
    assert cells[0].value.lstrip("'").strip() == text.strip()
    assert cells[0].value.startswith("'")
    assert [cell.data_type for cell in cells] == ["s", "n"]


async def test_values_keep_their_kind_and_times_are_in_the_deployments_zone() -> None:
    rows = [("Gömlek, 'mavi'\x0b", Decimal("9.90")), (_NOW, None), (True, 3)]
    name, written = await _file("csv", *rows)
    assert 'filename="list-2026-11-21-0030.csv"' in name
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.decode().splitlines()[2:] == ["2026-11-21 00:30:05,", "yes,3"]
    _, book = await _file("xlsx", *rows)
    found = list(load_workbook(io.BytesIO(book)).active.iter_rows(min_row=2, values_only=True))
    assert found == [("Gömlek, 'mavi'", 9.9), (datetime(2026, 11, 21, 0, 30, 5), None), ("yes", 3)]  # noqa: DTZ001


async def test_many_rows_are_all_written() -> None:
    rows = [(f"SKU-{number}", number) for number in range(2500)]
    for form in ("csv", "xlsx"):
        _, written = await _file(form, *rows)
        if form == "csv":
            assert len(written.splitlines()) == 2501
        else:
            assert len(list(load_workbook(io.BytesIO(written)).active.iter_rows())) == 2501
