"""Returns: a claim of the market as a request of the hub, and the hub's decision as one of the market
(reference/flows.md sections 4.12 and 4.13)."""

from typing import Literal

from include.clients.fashfed.schemas import Claim
from include.clients.omnitron.schemas import CancellationRequest
from include.settings import ChannelSettings

Decision = Literal["approve", "reject"]

OPEN = ("open", "waiting")
"""Statuses of a claim that nobody has decided about (api/fashfed.md section 2)."""
AGREES: dict[Decision, tuple[str, ...]] = {"approve": ("approved", "completed"), "reject": ("rejected",)}
"""Statuses that a claim of the market has after a decision."""
REJECTED = "rejected"
"""Status of a request that came to nothing: its item may be asked for again."""
_DECISIONS: dict[str, Decision] = {"approved": "approve", "completed": "approve", REJECTED: "reject"}
_SIGN = "(Fashfed claim "


def reason_of(claim: Claim, settings: ChannelSettings) -> int:
    """The hub's reason: Refund Reason Mapping by the market's reason, else Default Reason ID (spec section 2)."""
    mapped = settings.refund_reason_mapping.get(claim.reason.id) if claim.reason else None
    return int(mapped or settings.default_reason_id)


def description_of(claim: Claim) -> str:
    """What people read at the request: the buyer's words, the return code, and the claim by which it is found again."""
    words = (claim.detail or "").strip() or (claim.reason and claim.reason.subject) or "Return"
    code = f", return code {claim.return_code}" if claim.return_code else ""
    return f"{words}{code} {_SIGN}{claim.id})"


def is_of(request: CancellationRequest, claim_id: str) -> bool:
    """Whether the request was made for the claim."""
    return f"{_SIGN}{claim_id})" in (request.description or "")


def is_of_a_claim(request: CancellationRequest) -> bool:
    """Whether the request was made for any claim of the market, and not by a person in the hub."""
    return _SIGN in (request.description or "")


def decision_of(status: str | None) -> Decision | None:
    """What the market is to be told of a request's status; None while there is nothing to tell."""
    return _DECISIONS.get(status or "")
