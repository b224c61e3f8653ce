"""What all calls of the hub share: paths of the channel, lists, and rows that cannot be read."""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from include.clients.http import RemoteSession
from include.clients.paging import Gaps
from include.clients.rows import FeedPage, WireModel, parse_rows, segment
from include.clients.wire import Query
from include.errors import Refused
from include.together import together

M = TypeVar("M", bound=WireModel)
K = TypeVar("K")

LIST_LIMIT = 500
"""Rows asked for at once where a look-up may give several rows per id."""

_log = logging.getLogger("fashfed")


class HubCalls:
    """Base of the groups of calls that make up ``OmnitronClient``."""

    def __init__(self, session: RemoteSession, channel_id: int) -> None:
        self.session = session
        self.channel_id = channel_id

    def _path(self, resource: str, *parts: object) -> str:
        """``/api/v1/channel/{id}/{resource}/{parts}/``."""
        return "/".join([f"/api/v1/channel/{self.channel_id}", resource, *(segment(part) for part in parts), ""])

    async def _list(
        self, resource: str, model: type[M], query: Query | None = None, *, limit: int = LIST_LIMIT
    ) -> list[M]:
        """All rows of a list, sorted so that a walk over several pages is safe; unreadable rows are logged."""
        return [row async for rows in self._pages(resource, model, query, limit=limit) for row in rows]

    async def _pages(
        self,
        resource: str,
        model: type[M],
        query: Query | None = None,
        *,
        limit: int = LIST_LIMIT,
        gaps: Gaps = Gaps.ANY,
    ) -> AsyncIterator[list[M]]:
        asked = {"sort": "id", **(query or {})}
        async for raw in self.session.pages(self._path(resource), asked, limit=limit, gaps=gaps):
            page = parse_rows(model, raw)
            for bad in page.bad:
                _log.warning("Omnitron: %s %s cannot be read: %s", resource, bad.key or "?", bad.detail)
            yield page.rows

    async def _by_pk(
        self, resource: str, name: str, pks: Iterable[int], model: type[M], query: Query, *, size: int = 100
    ) -> list[M]:
        """Rows by a comma list of ids, ``size`` ids a call, the calls side by side."""
        queries: list[Query] = [{**query, name: ",".join(map(str, chunk))} for chunk in chunks(pks, size)]
        parts = await together(*(self._list(resource, model, each) for each in queries))
        return [row for part in parts for row in part]

    async def _feed(self, resource: str, model: type[M], query: Query, limit: int, page: int = 1) -> FeedPage[M]:
        """One page of a feed. Committing changes what a feed gives, so pages may only be read side by side before
        anything of them is committed; a page beyond the end is empty."""
        asked = {"limit": limit, "page": page, **query}
        try:
            answer, more, total = await self.session.call("GET", self._path(resource), query=asked, read=_results)
        except Refused as refusal:
            if refusal.status == 404 and page > 1:
                return FeedPage([], [])
            raise
        return parse_rows(model, answer[:limit])._replace(more=more, total=total)

    async def _get(self, resource: str, pk: object, model: type[M]) -> M:
        return await self.session.call("GET", self._path(resource, pk), read=model.model_validate, record=True)

    async def _create(self, resource: str, body: Mapping[str, Any], model: type[M], *, repeatable: bool = False) -> M:
        return await self.session.call(
            "POST", self._path(resource), json=body, read=model.model_validate, repeatable=repeatable
        )

    async def _patch(self, resource: str, pk: int, body: Mapping[str, Any], model: type[M]) -> M:
        return await self.session.call(
            "PATCH", self._path(resource, pk), json=body, read=model.model_validate, record=True
        )

    async def _delete(self, resource: str, pk: int) -> None:
        """Delete a row; one that is already gone is fine (the answer to a first try may have been lost)."""
        try:
            await self.session.call("DELETE", self._path(resource, pk), record=True)
        except Refused as refusal:
            if refusal.status != 404:
                raise


def _results(answer: object) -> tuple[Sequence[object], bool, int | None]:
    """The rows of a page, whether there are more, and how many there are of all pages."""
    page = answer if isinstance(answer, dict) else {"results": answer}
    rows, count = page.get("results"), page.get("count")
    if not isinstance(rows, list):
        raise ValueError("no rows")  # noqa: TRY004 - an answer that cannot be read
    return rows, bool(page.get("next")), count if isinstance(count, int) else None


def chunks(ids: Iterable[K], size: int) -> list[list[K]]:
    """The distinct ids in lists of at most ``size``, order kept."""
    distinct = list(dict.fromkeys(ids))
    return [distinct[start : start + size] for start in range(0, len(distinct), size)]


def in_filter(name: str, values: Iterable[str], size: int) -> list[dict[str, str]]:
    """Queries that together find all values: comma lists, and one by one what holds a comma itself."""
    listed: list[str] = []
    alone: list[str] = []
    for value in values:
        (alone if "," in value else listed).append(value)
    queries = [{f"{name}__in": ",".join(chunk)} for chunk in chunks(listed, size)]
    return queries + [{f"{name}__exact": value} for value in dict.fromkeys(alone)]
