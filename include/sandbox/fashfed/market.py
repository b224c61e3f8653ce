"""The state of the stand-in Fashfed: what buyers, the seller and the marketplace itself do to it."""

from collections import deque
from datetime import timedelta

from include.sandbox.fashfed.approvals import Approvals
from include.sandbox.fashfed.category_book import CategoryBook
from include.sandbox.fashfed.claim_book import ClaimBook
from include.sandbox.fashfed.parcels import (
    CANCELLED,
    DELIVERED,
    DELIVERY_FAILED,
    PREPARING,
    READY,
    SHIPPED,
    Line,
)
from include.sandbox.fashfed.processing import settle
from include.sandbox.routing import Call, Refusal, Row
from include.sandbox.tables import Table
from include.sandbox.timeline import Timeline, milli

__all__ = [
    "CANCELLED",
    "DELIVERED",
    "DELIVERY_FAILED",
    "PREPARING",
    "READY",
    "SHIPPED",
    "Fashfed",
    "Line",
    "guard",
]


class Fashfed(CategoryBook, ClaimBook):
    """Tables of one marketplace as one seller sees it. Plain attributes, so that tests can read them."""

    def __init__(self, timeline: Timeline, *, processing_seconds: float = 1.0) -> None:
        CategoryBook.__init__(self)
        ClaimBook.__init__(self, timeline)
        self.processing_seconds = processing_seconds
        self.tokens: set[str] = set()
        self.products = Table("sku", "base_code", key="id")
        self.offers = Table(key="sku")
        self.batches = Table(key="id", keep=20_000)
        self.pending: deque[str] = deque()
        # What becomes of the next batches: failed, lost, stuck or incomplete. Empty: they are processed.
        self.next_batches: deque[str] = deque()
        self.refused_skus: dict[str, str] = {}
        # How long the owner takes to decide about content (0: approved at once), and what he turns down: SKU -> why.
        self.approval_seconds = 0.0
        self.rejected_skus: dict[str, str] = {}
        self.approvals = Approvals()

    def submit(self, kind: str, items: list[Row]) -> Row:
        """Queue a batch; its results come ``processing_seconds`` later."""
        now = self.timeline.now()
        fate = self.next_batches.popleft() if self.next_batches else ""
        batch = self.batches.add(
            {
                "id": self.identity("batch", self.number("claim")),
                "kind": kind,
                "status": "waiting",
                "items": [{"sku": item["sku"], "status": "waiting", "errors": {}} for item in items],
                "created_at": milli(now),
                "updated_at": milli(now),
                "_due": now + timedelta(seconds=self.processing_seconds),
                "_work": items,
                "_fate": fate,
            }
        )
        self.pending.append(batch["id"])
        settle(self)
        return batch


def guard(market: Fashfed, template: str, call: Call) -> None:
    """The fixed access token, bare or with a prefix (api/fashfed.md section 1); then let due batches take effect."""
    header = call.headers.get("authorization", "")
    token = header.removeprefix("Token ").removeprefix("Bearer ")
    if token not in market.tokens:
        detail = "Access token expired." if header else "Authentication credentials were not provided."
        code = "token_expired" if header else "not_authenticated"
        raise Refusal(401, {"detail": detail, "code": code})
    settle(market)
