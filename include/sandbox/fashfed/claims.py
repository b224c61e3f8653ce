"""Claims: cancellations and refunds, their reasons and decisions (api/fashfed.md section 4, CLM001 to CLM004)."""

from typing import TYPE_CHECKING

from include.sandbox.fashfed.catalogue import LARGEST_PAGE, dates, moments
from include.sandbox.fashfed.claim_book import OPEN
from include.sandbox.fields import clean, text
from include.sandbox.routing import Call, Handler, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import paged, select

if TYPE_CHECKING:
    from include.sandbox.fashfed.market import Fashfed

_CHOICES = {
    "type": {"cancel", "refund"},
    "status": {"open", "waiting", "approved", "rejected", "completed"},
    "cancelled_by": {"1", "2"},
}


def list_claims(market: "Fashfed", call: Call) -> Reply:
    moments(call)
    for name in ("type", "status", "cancelled_by", "status__in"):
        allowed = _CHOICES[name.removesuffix("__in")]
        values = ",".join(call.query.get(name, ()))
        wrong = [value for value in values.split(",") if value and value not in allowed]
        if wrong:
            raise invalid(**{name: f"Select a valid choice. {wrong[0]} is not one of the available choices."})
    filters = ("type", "cancelled_by", "status", "status__in", *dates("updated_at", "created_at"))
    reply = paged(call, select(market.claims, call, filters), largest=LARGEST_PAGE)
    reply.data["results"] = [shown_claim(market, claim) for claim in reply.data["results"]]
    return reply


def shown_claim(market: "Fashfed", claim: Row) -> Row:
    """A claim as the API shows it: how many units it is about only where the market tells that."""
    return claim if market.claim_quantities else {name: claim[name] for name in claim if name != "quantity"}


def list_reasons(market: "Fashfed", call: Call) -> Reply:
    return paged(call, select(market.reasons, call, ("type",)), largest=LARGEST_PAGE)


def decide(status: str) -> Handler:
    def handler(market: "Fashfed", call: Call) -> Reply:
        claim = market.claims.rows.get(call.params["id"])
        if claim is None:
            raise not_found()
        if status == "rejected":
            clean({"reason": text(255, required=True)}, call.data(), market)
        if claim["type"] != "refund" or claim["status"] not in OPEN:
            raise invalid(status=f"A {claim['type']} claim of status {claim['status']} cannot be {status}.")
        return Reply(200, shown_claim(market, market.decide_claim(claim, status)))

    return handler


ROUTES: list[Route] = [
    ("GET", "/api/i2/claims/", list_claims),
    ("GET", "/api/i2/claims/reasons/", list_reasons),
    ("POST", "/api/i2/claims/{id}/approve/", decide("approved")),
    ("POST", "/api/i2/claims/{id}/reject/", decide("rejected")),
]
