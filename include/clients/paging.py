"""Walking a list to its end, also when rows move between pages while we read (design.md section 10)."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import Enum, auto
from typing import Any

from include.clients.rows import row_id
from include.errors import Refused, RemoteUnavailable

_log = logging.getLogger("fashfed")

_STALE_PAGES = 3
"""Pages in a row without a new row before the list is taken to run in circles."""
_WALKS = 3
"""Walks over a list that changes under us before we are content."""
_MAX_PAGES = 10_000

Fetch = Callable[[int], Awaitable[object]]


class Gaps(Enum):
    """How many of the rows that a list counts may be missing when the last walk over it ends."""

    ANY = auto()
    FEW = auto()
    """20 rows, or one in a hundred: they may come and go while the list is read."""
    NONE = auto()

    def hides(self, missing: int, seen: int) -> bool:
        """Whether more are missing than may be."""
        if self is Gaps.FEW:
            return missing > max(20, seen // 100)
        return self is Gaps.NONE and missing > 0


async def walk(fetch: Fetch, *, remote: str, label: str, gaps: Gaps = Gaps.ANY) -> AsyncIterator[list[Any]]:
    """Rows page by page, each row once.

    ``fetch(page)`` gives ``{count, next, previous, results}`` or a bare array, which is the whole list. ``next``
    only tells whether there is a further page; its address is never called (it could lead anywhere). When the list
    shrank under us, or fewer rows came than it counts, rows may have slipped to a page already read: it is walked
    again, and only rows not seen before are given. Raises ``RemoteUnavailable`` for a list without an end, and, after
    all rows that it shows, for one of which more rows are missing than ``gaps`` says (list_unsteady).
    """
    seen: set[str] = set()
    for _ in range(_WALKS):
        progress = _Walk(fetch, remote, label, seen)
        async for rows in progress.pages():
            if rows:
                yield rows
        if progress.complete:
            return
    if gaps.hides(progress.missing, len(seen)):
        counted = len(seen) + progress.missing
        raise RemoteUnavailable("list_unsteady", remote=remote, call=label, read=len(seen), counted=counted)
    _log.warning("%s: %s keeps changing; %d rows could be read", remote, label, len(seen))


class _Walk:
    """One pass over the pages."""

    def __init__(self, fetch: Fetch, remote: str, label: str, seen: set[str]) -> None:
        self._fetch = fetch
        self._remote = remote
        self._label = label
        self._seen = seen
        self.complete = True
        self.missing = 0
        """Rows that the list counted last and that were never seen."""

    async def pages(self) -> AsyncIterator[list[Any]]:
        highest = 0
        met: set[str] = set()
        stale = 0
        for number in range(1, _MAX_PAGES + 1):
            page = await self._page(number)
            if page is None:
                self.complete = False
                return
            rows, count, more = page
            highest = max(highest, count or 0)
            keys = {_key(row): row for row in rows}
            stale = 0 if keys.keys() - met else stale + 1
            met.update(keys)
            new = [row for key, row in keys.items() if key not in self._seen]
            self._seen.update(keys)
            self.missing = max(0, (count or 0) - len(self._seen))
            yield new
            if not more:
                self.complete = count is None or highest <= count <= len(self._seen)
                return
            if stale >= _STALE_PAGES:
                break
        raise self._unreadable("a list that ends")

    async def _page(self, number: int) -> tuple[list[Any], int | None, bool] | None:
        """Rows, the list's count and whether there is a further page; None when the list has shrunk below this page."""
        try:
            answer = await self._fetch(number)
        except Refused as refusal:
            if refusal.status == 404 and number > 1:
                return None
            raise
        if isinstance(answer, list):
            return answer, None, False
        if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
            raise self._unreadable("a page of a list")
        count = answer.get("count")
        return answer["results"], count if isinstance(count, int) else None, bool(answer.get("next"))

    def _unreadable(self, expected: str) -> RemoteUnavailable:
        return RemoteUnavailable("answer_unreadable", remote=self._remote, call=self._label, expected=expected)


def _key(row: object) -> str:
    return row_id(row) or json.dumps(row, sort_keys=True, default=str)
