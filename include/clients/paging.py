"""Walking a list to its end, also when rows move between pages while we read (design.md section 10)."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from include.clients.rows import row_id
from include.errors import Refused, RemoteUnavailable

_log = logging.getLogger("fashfed")

_STALE_PAGES = 3
"""Pages in a row without a new row before the list is taken to run in circles."""
_WALKS = 3
"""Walks over a list that changes under us before we are content."""
_MAX_PAGES = 10_000
_FEW = 20
"""Rows, or one in a hundred, that may come and go while a list is read."""

Fetch = Callable[[int], Awaitable[object]]


async def walk(fetch: Fetch, *, remote: str, label: str, whole: bool = False) -> AsyncIterator[list[Any]]:
    """Rows page by page, each row once.

    ``fetch(page)`` gives ``{count, next, previous, results}`` or a bare array, which is the whole list. ``next``
    only tells whether there is a further page; its address is never called (it could lead anywhere). When the list
    shrank under us, or fewer rows came than it counts, rows may have slipped to a page already read: it is walked
    again, and only rows not seen before are given. Raises ``RemoteUnavailable`` for a list without an end, and for one
    that must be read ``whole`` and of which rows are missing (list_unsteady).
    """
    seen: set[str] = set()
    for _ in range(_WALKS):
        progress = _Walk(fetch, remote, label, seen)
        async for rows in progress.pages():
            if rows:
                yield rows
        if progress.complete:
            return
    if whole and progress.missing > max(_FEW, len(seen) // 100):
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
        first_count: int | None = None
        met: set[str] = set()
        stale = 0
        for number in range(1, _MAX_PAGES + 1):
            page = await self._page(number)
            if page is None:
                self.complete = False
                return
            rows, count, more = page
            first_count = count if first_count is None else first_count
            keys = {_key(row): row for row in rows}
            stale = 0 if keys.keys() - met else stale + 1
            met.update(keys)
            new = [row for key, row in keys.items() if key not in self._seen]
            self._seen.update(keys)
            self.missing = max(0, (count or 0) - len(self._seen))
            yield new
            if not more:
                self.complete = count is None or (first_count or 0) <= count <= len(self._seen)
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
