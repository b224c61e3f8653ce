"""What the reports on products read: what the last comparison found, filtered and sorted."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from include.state.postgres.session import Session
from include.state.postgres.sql import screen_reports as sql
from include.state.sku_records import SkuState

View = Literal["not_on_sale", "prices", "stocks"]
_PORTION = 5000


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Which rows of a report in what order. ``text`` is a part of SKU, name or reason; ``sort`` a column."""

    view: View
    text: str | None = None
    code: str | None = None
    sort: str = "sku"
    descending: bool = False


class ReportPages(Session):
    """Part of ``ScreenStore``."""

    async def report_page(self, channel: str, asked: ReportFilter, limit: int, offset: int = 0) -> list[SkuState]:
        """Rows of a report. Raises ``KeyError`` for a column that is none."""
        order = f"{sql.SORTS[asked.sort]} {'desc' if asked.descending else 'asc'} nulls last, sku"
        statement = sql.PAGE.format(view=sql.VIEWS[asked.view], order=order)
        rows = await self._rows(statement, **_values(channel, asked), limit=limit, offset=offset)
        return [SkuState(**row) for row in rows]

    async def report_rows(self, channel: str, asked: ReportFilter) -> AsyncIterator[SkuState]:
        """All rows of a report, read in portions."""
        offset = 0
        while rows := await self.report_page(channel, asked, _PORTION, offset):
            for row in rows:
                yield row
            offset += len(rows)

    async def report_count(self, channel: str, asked: ReportFilter) -> int:
        """How many rows the filter leaves."""
        [row] = await self._rows(sql.COUNT.format(view=sql.VIEWS[asked.view]), **_values(channel, asked))
        return int(row["records"])

    async def report_counts(self, channel: str) -> Mapping[View, int]:
        """How many rows each report has."""
        [row] = await self._rows(sql.COUNTS, channel=channel)
        return {"not_on_sale": row["not_on_sale"], "prices": row["prices"], "stocks": row["stocks"]}

    async def report_codes(self, channel: str, view: View) -> Mapping[str, int]:
        """The reasons of a report, the most frequent first."""
        rows = await self._rows(sql.CODES.format(view=sql.VIEWS[view]), channel=channel)
        return {row["code"]: row["records"] for row in rows}


def _values(channel: str, asked: ReportFilter) -> dict[str, Any]:
    literal = (asked.text or "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {"channel": channel, "code": asked.code, "text": f"%{literal}%" if literal else None}
