"""The market's client: every call that the flows need, typed. Which call is unsafe to repeat is said at the call."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from include.clients.fashfed.adapter import MAX_ITEMS, PATHS, PriceItem, StockItem, moment, on_the_wire
from include.clients.fashfed.schemas import (
    Batch,
    Category,
    CategoryAttribute,
    Claim,
    ClaimReason,
    Offer,
    Order,
    Package,
    PackageItem,
    Product,
    Ticket,
)
from include.clients.http import RemoteSession
from include.clients.paging import Gaps
from include.clients.rows import FeedPage, WireModel, parse_rows, segment
from include.clients.wire import Query

M = TypeVar("M", bound=WireModel)

_log = logging.getLogger("fashfed")

_PAGE = 100
_LABEL_BYTES = 5 * 1024 * 1024


class FashfedClient:
    """One seller account. Lists give pages with ``rows`` and ``bad``: an unreadable row costs only itself."""

    def __init__(self, session: RemoteSession) -> None:
        self.session = session
        self._root = "" if session.base_url.endswith("/api") else "/api"

    # --- packages and orders -----------------------------------------------------------------------------------

    def packages(
        self,
        *,
        status: int | None = None,
        updated_from: datetime | None = None,
        updated_to: datetime | None = None,
        limit: int = _PAGE,
    ) -> AsyncIterator[FeedPage[Package]]:
        """Packages in one status (PKG101 takes only one) changed in a span of time, both ends included. Raises
        ``RemoteUnavailable`` (list_unsteady) after the last page when rows are missing."""
        query = {"status": status, **_span("updated_at", updated_from, updated_to)}
        return self._pages("packages", Package, query, limit, Gaps.NONE)

    async def package(self, number: str) -> Package | None:
        """One package, found by its number; None when the market does not show it."""
        rows = await self.session.all(self._path("packages"), {"number": number}, limit=_PAGE)
        return next((one for one in parse_rows(Package, rows).rows if one.number == number), None)

    async def find_packages(self, *, number: str | None = None, order_number: str | None = None) -> list[Package]:
        """The packages with a number, of an order, or both; in every status."""
        query = {"number": number, "order__number": order_number}
        rows = await self.session.all(self._path("packages"), query, limit=_PAGE)
        found = parse_rows(Package, rows).rows
        return [one for one in found if number in (None, one.number) and order_number in (None, one.order_number)]

    async def package_items(self, number: str) -> FeedPage[PackageItem]:
        """All lines of a package (PKG102)."""
        return parse_rows(PackageItem, await self.session.all(self._path("package_items", number), limit=_PAGE))

    async def order(self, number: str) -> Order:
        """What an order's packages share (ORD201)."""
        return await self.session.call("GET", self._path("order", number), read=Order.model_validate, record=True)

    async def update_package(self, number: str, fields: Mapping[str, Any]) -> Package:
        """Send status, invoice, tracking and waybill; fields that are None are left out. May be repeated."""
        path, body = self._path("package", number), on_the_wire(fields)
        return await self.session.call("PATCH", path, json=body, read=Package.model_validate, record=True)

    async def split(self, number: str, groups: Sequence[Sequence[Mapping[str, Any]]]) -> list[Package]:
        """Make a new package of each group of ``{number, quantity?}``. Unsafe: re-read the items first."""
        body = {"packages": [{"items": on_the_wire(list(group))} for group in groups]}
        answer = await self.session.call("POST", self._path("split", number), json=body, read=_object, record=True)
        return parse_rows(Package, answer.get("packages") or []).rows

    async def cancel(self, number: str, items: Sequence[Mapping[str, str]]) -> list[Claim]:
        """Cancel lines ``{number, reason, detail?}`` as the seller. Unsafe: re-read the claims first."""
        path, body = self._path("cancel", number), {"items": on_the_wire(list(items))}
        answer = await self.session.call("POST", path, json=body, read=_object, record=True)
        return parse_rows(Claim, answer.get("claims") or []).rows

    def label_path(self, number: str) -> str:
        """Where the cargo label of a package is, below the base URL."""
        return self._path("label", number)

    async def label(self, number: str) -> bytes:
        """The cargo label of a package as PDF, at most 5 MB."""
        return await self.session.download(
            self.label_path(number), magic=b"%PDF", expected="a PDF label", max_bytes=_LABEL_BYTES
        )

    # --- stock, prices, products -------------------------------------------------------------------------------

    async def send_stocks(self, items: Sequence[StockItem]) -> Ticket:
        """Set the stock of 1 to 50 SKUs. Values are absolute, so it may be repeated."""
        return await self._send_bulk("send_stocks", items)

    async def send_prices(self, items: Sequence[PriceItem]) -> Ticket:
        """Set the price of 1 to 50 SKUs. Values are absolute, so it may be repeated."""
        return await self._send_bulk("send_prices", items)

    async def suggest_products(self, items: Sequence[Mapping[str, Any]]) -> Ticket:
        """Propose 1 to 50 products, keyed by SKU; may be repeated (api/fashfed.md section 7)."""
        return await self._send_bulk("suggest_products", items)

    def bulk_call(self, name: str) -> str:
        """A bulk call as people are told of it; ``name`` is the method that sends it."""
        return f"POST {self._path(name)}"

    async def batch(self, batch_id: str) -> Batch:
        """The state of bulk work; ``Refused`` with 404 when the market does not know it any more."""
        return await self.session.call("GET", self._path("batch", batch_id), read=Batch.model_validate, record=True)

    def offers(self, *, skus: Sequence[str] = (), limit: int = _PAGE) -> AsyncIterator[FeedPage[Offer]]:
        """What we sell: the given SKUs, or all of it, and then nothing less (``RemoteUnavailable``)."""
        return self._pages("offers", Offer, {"sku__in": ",".join(skus) or None}, limit, Gaps.ANY if skus else Gaps.FEW)

    def products(self, filters: Query | None = None, *, limit: int = _PAGE) -> AsyncIterator[FeedPage[Product]]:
        """Our products in the market's catalogue (PRD102); ``filters`` as documented there."""
        return self._pages("products", Product, filters or {}, limit)

    def search_products(self, text: str, *, limit: int = _PAGE) -> AsyncIterator[FeedPage[Product]]:
        """Products of the whole marketplace (PRD108)."""
        return self._pages("search_products", Product, {"query": text}, limit)

    # --- categories ----------------------------------------------------------------------------------------------

    async def categories(self) -> list[Category]:
        """The whole tree: its roots (CTG101 answers one root or an array)."""
        return await self.session.call("GET", self._path("categories"), read=_categories)

    async def category_attributes(self, category_id: str) -> FeedPage[CategoryAttribute]:
        """The attributes of one category (CTG102)."""
        rows = await self.session.all(self._path("category_attributes", category_id), limit=_PAGE)
        return parse_rows(CategoryAttribute, rows)

    # --- claims --------------------------------------------------------------------------------------------------

    def claims(
        self,
        *,
        kind: str | None = None,
        statuses: Sequence[str] = (),
        cancelled_by: int | None = None,
        updated_from: datetime | None = None,
        updated_to: datetime | None = None,
        created_from: datetime | None = None,
        limit: int = _PAGE,
    ) -> AsyncIterator[FeedPage[Claim]]:
        """Cancellations and returns (CLM001); ``kind`` is cancel or refund. Raises as ``packages``."""
        query = {
            "type": kind,
            "status__in": ",".join(statuses) or None,
            "cancelled_by": cancelled_by,
            **_span("updated_at", updated_from, updated_to),
            **_span("created_at", created_from, None),
        }
        return self._pages("claims", Claim, query, limit, Gaps.NONE)

    async def claim_reasons(self, kind: str | None = None) -> list[ClaimReason]:
        """Reasons that buyers and sellers may give (CLM004)."""
        return parse_rows(ClaimReason, await self.session.all(self._path("claim_reasons"), {"type": kind})).rows

    async def approve(self, claim_id: str) -> Claim:
        """Accept a return. Unsafe: after ``AnswerLost`` or a 400 read the claim; it may be approved already."""
        path = self._path("approve", claim_id)
        return await self.session.call("POST", path, read=Claim.model_validate, record=True)

    async def reject(self, claim_id: str, reason: str) -> Claim:
        """Reject a return with a text. Unsafe as ``approve`` is."""
        path = self._path("reject", claim_id)
        return await self.session.call("POST", path, json={"reason": reason}, read=Claim.model_validate, record=True)

    # --- shared --------------------------------------------------------------------------------------------------

    def _path(self, name: str, record: str | None = None) -> str:
        path = PATHS[name]
        return self._root + (path if record is None else path.format(id=segment(record)))

    async def _pages(
        self, name: str, model: type[M], query: Query, limit: int, gaps: Gaps = Gaps.ANY
    ) -> AsyncIterator[FeedPage[M]]:
        async for rows in self.session.pages(self._path(name), query, limit=limit, gaps=gaps):
            yield parse_rows(model, rows)

    async def _send_bulk(self, name: str, items: Sequence[Any]) -> Ticket:
        if not 1 <= len(items) <= MAX_ITEMS:
            raise ValueError(f"a bulk call carries 1 to {MAX_ITEMS} items, not {len(items)}")
        body = {"items": on_the_wire(list(items))}
        return await self.session.call("POST", self._path(name), json=body, read=Ticket.model_validate, repeatable=True)


def _span(name: str, start: datetime | None, end: datetime | None) -> dict[str, str | None]:
    """Filters of a closed span; the wire knows only seconds, so its end is rounded up."""
    return {
        f"{name}__gte": moment(start) if start else None,
        f"{name}__lte": moment(end + timedelta(microseconds=999_999)) if end else None,
    }


def _object(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise ValueError("no object")  # noqa: TRY004 - an answer that cannot be read
    return answer


def _categories(answer: Any) -> list[Category]:
    roots = answer if isinstance(answer, list) else [answer]
    found = [Category.model_validate(one) for one in _readable(roots)]
    if roots and not found:
        raise ValueError("no categories")
    return found


def _readable(nodes: Any) -> list[dict[str, Any]]:
    """The categories that have an id and a name, at every level; another one costs only its own subtree."""
    found = []
    for node in nodes if isinstance(nodes, list) else []:
        if isinstance(node, dict) and node.get("id") and node.get("name"):
            found.append({**node, "children": _readable(node.get("children"))})
        else:
            name = node.get("name") or node.get("id") if isinstance(node, dict) else None
            _log.warning(
                "Fashfed: category %s has no id or no name and is passed over with what is below it", name or "?"
            )
    return found
