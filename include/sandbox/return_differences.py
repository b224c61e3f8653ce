"""Whether returns at Fashfed and return requests in Omnitron tell the same."""

from collections.abc import Iterator

from include.sandbox.fashfed.claim_book import OPEN
from include.sandbox.order_view import Difference, OrderView
from include.sandbox.routing import Row
from include.sandbox.timeline import parse

_UNDECIDED = ("waiting", "waiting_approval", "confirmed")
_AGREES = {
    **dict.fromkeys(OPEN, _UNDECIDED),
    **dict.fromkeys(("approved", "completed"), ("approved", "completed")),
    "rejected": ("rejected",),
}


def return_differences(view: OrderView) -> Iterator[Difference]:
    """Every return that the hub should know has its request with the same decision, and the other way round."""
    market, hub = view.market, view.hub
    for claim in market.claims.find("type", "refund"):
        if view.units.get(claim["package_item"]) and not _too_old(view, claim):
            package = market.lines[claim["package_item"]]["package"]
            yield from ((package, f"return {claim['id']}: {what}") for what in _return(view, claim))
    for request in hub.cancellation_requests.rows.values():
        action = hub.actions.get("cancellationrequest", request["pk"])
        if action is None or action.remote_id not in market.claims.rows:
            line = view.line_of(hub.order_items.rows[request["order_item"]])
            yield line.rpartition("-")[0], f"request {request['pk']} in Omnitron names no return at Fashfed"


def _return(view: OrderView, claim: Row) -> Iterator[str]:
    actions = view.hub.actions.with_remote([claim["id"]])
    pks = [action.object_id for action in actions if action.model == "cancellationrequest"]
    # What the owner decides himself may be over before anybody reads it, and the brand may see it otherwise.
    by_owner = claim["id"] in view.market.owner_decided
    if len(pks) > claim["quantity"] or not (pks or by_owner):
        yield f"{claim['status']} at Fashfed, {len(pks)} requests in Omnitron"
    for request in (view.hub.cancellation_requests.rows[pk] for pk in pks):
        item = view.hub.order_items.rows[request["order_item"]]
        if view.line_of(item) != claim["package_item"]:
            yield f"of line {claim['package_item']}, its request of line {view.line_of(item)}"
        if not by_owner and request["status"] not in _AGREES[claim["status"]]:
            yield f"{claim['status']} at Fashfed, {request['status']} in Omnitron"
        if (request["status"] == "completed") != (item["status"] == "600"):
            yield f"its request is {request['status']}, its item of status {item['status']}"


def _too_old(view: OrderView, claim: Row) -> bool:
    """Returns from before Refund Start Date are not ours."""
    start: str = view.conf.get("refund_start_date") or ""
    return bool(start) and parse(claim["created_at"]) < parse(start)
