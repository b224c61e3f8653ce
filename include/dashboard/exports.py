"""Lists as files: CSV that Excel opens as it is, and Excel's own format, written as they are read.

No cell is a live formula: text that begins like one gets a quote in front (OWASP, CSV injection). Numbers stay numbers.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any, Literal
from zoneinfo import ZoneInfo

from fastapi.responses import StreamingResponse
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from include import deployment

Format = Literal["csv", "xlsx"]
Cell = str | int | float | Decimal | datetime | bool | None
Rows = AsyncIterator[Sequence[Cell]]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BOM = "\ufeff"
_PORTION = 1000
"""Rows that are written at once."""
_BLOCK = 256 * 1024
_LONGEST = 32_000
"""Characters of a cell; Excel takes 32,767."""
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export(name: str, columns: Sequence[str], rows: Rows, form: Format, now: datetime) -> StreamingResponse:
    """The answer that is a file; its name has the date. Times are in the deployment's zone."""
    zone = ZoneInfo(deployment.timezone())
    body = _csv(columns, rows, zone) if form == "csv" else _xlsx(columns, rows, zone)
    file = f"{name}-{now.astimezone(zone):%Y-%m-%d-%H%M}.{form}"
    return StreamingResponse(
        body, media_type=_TYPES[form], headers={"Content-Disposition": f'attachment; filename="{file}"'}
    )


def harmless(value: str) -> str:
    """Text that no spreadsheet takes for a formula or cannot show."""
    text = ILLEGAL_CHARACTERS_RE.sub("", value)[:_LONGEST]
    return f"'{text}" if text.startswith(_FORMULA) else text


async def _csv(columns: Sequence[str], rows: Rows, zone: ZoneInfo) -> AsyncIterator[bytes]:
    yield (_BOM + _lines([columns])).encode()
    async for portion in _portions(rows):
        yield _lines([[_text(cell, zone) for cell in row] for row in portion]).encode()


def _lines(rows: Sequence[Sequence[str]]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()


def _text(cell: Cell, zone: ZoneInfo) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, datetime):
        return f"{cell.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return ("yes" if cell else "no") if isinstance(cell, bool) else str(cell)


async def _xlsx(columns: Sequence[str], rows: Rows, zone: ZoneInfo) -> AsyncIterator[bytes]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Fashfed")
    sheet.append(list(columns))

    def write(portion: Sequence[Sequence[Cell]]) -> None:
        for row in portion:
            sheet.append([_value(cell, zone) for cell in row])

    async for portion in _portions(rows):
        await asyncio.to_thread(write, portion)  # it takes a second for some thousand rows
    with TemporaryFile() as file:
        await asyncio.to_thread(book.save, file)
        file.seek(0)
        while block := await asyncio.to_thread(_read, file):
            yield block


def _read(file: IO[bytes]) -> bytes:
    return file.read(_BLOCK)


def _value(cell: Cell, zone: ZoneInfo) -> Any:
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, datetime):
        return cell.astimezone(zone).replace(tzinfo=None, microsecond=0)
    return ("yes" if cell else "no") if isinstance(cell, bool) else cell


async def _portions(rows: Rows) -> AsyncIterator[list[Sequence[Cell]]]:
    portion: list[Sequence[Cell]] = []
    async for row in rows:
        portion.append(row)
        if len(portion) == _PORTION:
            yield portion
            portion = []
    if portion:
        yield portion
