"""What buyers, seller and marketplace owner claim of lines: cancellations before shipping, returns after it."""

from include.sandbox.fashfed.parcels import CANCELLED, DELIVERED, PREPARING, ParcelBook
from include.sandbox.routing import Row
from include.sandbox.tables import Table
from include.sandbox.timeline import Timeline

_NEXT = {
    "refund": {
        "open": {"waiting", "approved", "rejected"},
        "waiting": {"approved", "rejected"},
        "approved": {"completed"},
    },
    "cancel": {"waiting": {"completed", "rejected"}},
}
OPEN = ("open", "waiting")


class ClaimBook(ParcelBook):
    """Claims with their lives. ``claim_quantities``: whether the API tells how many units a claim is about.

    No public page shows that it does (api/fashfed.md section 3), so it is off.
    """

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self.claims = Table("type", "status", "package_item", key="id")
        self.reasons = Table(key="id")
        self.claim_quantities = False
        # Returns that the marketplace owner decided himself.
        self.owner_decided: set[str] = set()

    def cancel_item(self, item: Row, *, by: int, reason: str, detail: str = "", quantity: int | None = None) -> Row:
        """A line of a preparing package is cancelled (1 customer, 2 seller), or so many units of it: what is cancelled
        leaves the package, a completed claim stays. Raises ValueError."""
        claim = self.ask_to_cancel(item, by=by, reason=reason, detail=detail, quantity=quantity)
        return self.decide_claim(claim, "completed")

    def ask_to_cancel(self, item: Row, *, by: int, reason: str, detail: str = "", quantity: int | None = None) -> Row:
        """The same, but the claim waits for a decision and the line is still there. Raises ValueError."""
        if self.packages.rows[item["package"]]["status"] != PREPARING:
            raise ValueError("Only lines of a preparing package can be cancelled.")
        units = self._units(item, quantity, item["quantity"])
        return self.claim(item, "cancel", "waiting", reason=reason, detail=detail, cancelled_by=by, quantity=units)

    def return_item(
        self, item: Row, status: str = "open", *, reason: str, detail: str = "", quantity: int | None = None
    ) -> Row:
        """A buyer sends a delivered line back, or so many units of it. Raises ValueError."""
        if self.packages.rows[item["package"]]["status"] != DELIVERED:
            raise ValueError("Only lines of a delivered package can be returned.")
        returned = (claim for claim in self.claims.find("package_item", item["number"]) if claim["type"] == "refund")
        left = item["quantity"] - sum(claim["quantity"] for claim in returned if claim["status"] != "rejected")
        units = self._units(item, quantity, left)
        return self.claim(item, "refund", status, reason=reason, detail=detail, cancelled_by=None, quantity=units)

    def _units(self, item: Row, quantity: int | None, left: int) -> int:
        units = left if quantity is None else quantity
        if not 0 < units <= left:
            raise ValueError(f"Line {item['number']} has {left} units left, not {units}.")
        return units

    def decide_claim(self, claim: Row, status: str, *, by_owner: bool = False) -> Row:
        """A claim goes on. A cancellation that comes too late for its line is rejected. Raises ValueError."""
        if status not in _NEXT[claim["type"]].get(claim["status"], ()):
            raise ValueError(f"A {claim['type']} claim of status {claim['status']} cannot be {status}.")
        if claim["type"] == "cancel" and status == "completed" and not self._carry_out(claim):
            status = "rejected"
        if by_owner and claim["status"] in OPEN:
            self.owner_decided.add(claim["id"])
        return self.claims.change(claim, status=status, updated_at=self.now())

    def _carry_out(self, claim: Row) -> bool:
        item = self.items.rows.get(claim["package_item"])
        package = self.packages.rows[item["package"]] if item else None
        if item is None or package is None or package["status"] != PREPARING or item["quantity"] < claim["quantity"]:
            return False
        self.take_units(item, claim["quantity"])
        if self.items.find("package", package["number"]):
            self.packages.change(package, updated_at=self.now())
        else:
            self.move(package, CANCELLED)
        return True

    def claim(
        self,
        item: Row,
        kind: str,
        status: str,
        *,
        reason: str,
        detail: str,
        cancelled_by: int | None,
        quantity: int | None = None,
    ) -> Row:
        """A claim as it is written down, whatever the state of its line."""
        number = self.number("claim")
        stamp = self.now()
        why = self.reasons.rows[reason]
        return self.claims.add(
            {
                "id": self.identity("claim", number),
                "package_item": item["number"],
                "product": item["product"],
                "reason": {name: why[name] for name in ("id", "subject", "translations")},
                "detail": detail,
                "return_code": f"R-{number}" if kind == "refund" else None,
                "return_tracking_number": None,
                "return_tracking_url": None,
                "type": kind,
                "status": status,
                "cancelled_by": cancelled_by,
                "quantity": item["quantity"] if quantity is None else quantity,
                "created_at": stamp,
                "updated_at": stamp,
            }
        )
