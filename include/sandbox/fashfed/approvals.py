"""What the marketplace owner does with suggested content: new products and revisions wait, then are decided.

Price and stock of a suggestion need no approval (api/fashfed.md, "Product suggestion").
"""

import heapq
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from include.sandbox.routing import Row

if TYPE_CHECKING:
    from include.sandbox.fashfed.market import Fashfed

CONTENT = ("name", "base_code", "category", "attributes", "images", "videos")


class Approvals:
    """Suggestions that wait for a decision, by SKU; the newest of a SKU counts."""

    def __init__(self) -> None:
        self.waiting: dict[str, tuple[int, Row]] = {}
        self._due: list[tuple[datetime, int, str]] = []
        self._last = 0

    def __len__(self) -> int:
        return len(self.waiting)

    def wait(self, sku: str, content: Row, until: datetime) -> None:
        self._last += 1
        self.waiting[sku] = (self._last, content)
        heapq.heappush(self._due, (until, self._last, sku))

    def due(self, now: datetime) -> list[tuple[str, Row]]:
        """Take out what is to be decided now."""
        taken = []
        while self._due and self._due[0][0] <= now:
            _, number, sku = heapq.heappop(self._due)
            if self.waiting.get(sku, (0, None))[0] == number:
                taken.append((sku, self.waiting.pop(sku)[1]))
        return taken


def suggest(market: "Fashfed", item: Row) -> None:
    """Take a suggestion over: product and offer are there at once; the content counts when it is approved."""
    stamp = market.now()
    content = {name: item[name] for name in CONTENT}
    known = next(iter(market.products.find("sku", item["sku"])), None)
    offer = _put_offer(market, item, stamp)
    if known is None:
        known = market.products.add(
            {
                "id": market.identity("product", item["sku"]),
                "sku": item["sku"],
                **content,
                "is_approved": None,
                "rejection_reason": None,
                "updated_at": stamp,
                "created_at": stamp,
            }
        )
    market.products.change(known, is_approved=None, rejection_reason=None, updated_at=stamp)
    if not offer["is_active"]:
        market.products.change(known, **content)
    if market.approval_seconds <= 0:
        _decide(market, item["sku"], content)
    else:
        until = market.timeline.now() + timedelta(seconds=market.approval_seconds)
        market.approvals.wait(item["sku"], content, until)


def _put_offer(market: "Fashfed", item: Row, stamp: str) -> Row:
    values = item["offer"]
    facts = {
        "stock": values["stock"],
        "price": values["price"],
        "retail_price": values.get("retail_price") or values["price"],
        "currency": values.get("currency") or "TRY",
        "tax_rate": values.get("tax_rate"),
    }
    present: Row | None = market.offers.rows.get(item["sku"])
    if present is None:
        return market.offers.add(
            {"sku": item["sku"], **facts, "is_active": False, "updated_at": stamp, "created_at": stamp}
        )
    present.update(facts, updated_at=stamp)
    return present


def decide_due(market: "Fashfed") -> None:
    """Decide every suggestion that has waited long enough."""
    for sku, content in market.approvals.due(market.timeline.now()):
        _decide(market, sku, content)


def _decide(market: "Fashfed", sku: str, content: Row) -> None:
    product = next(iter(market.products.find("sku", sku)), None)
    if product is None:
        return
    stamp = market.now()
    reason = market.rejected_skus.get(sku)
    if reason is not None:
        market.products.change(product, is_approved=False, rejection_reason=reason, updated_at=stamp)
        return
    market.products.change(product, **content, is_approved=True, rejection_reason=None, updated_at=stamp)
    market.offers.rows[sku].update(is_active=True, updated_at=stamp)
