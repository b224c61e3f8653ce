"""Direct cancels, plans and requests (api/omnitron.md section 9)."""

from typing import Any

from include.sandbox.fields import Field, clean, reference, text
from include.sandbox.omnitron.cancellation_life import (
    DELIVERED,
    OPEN_REQUEST,
    decide_request,
    open_plan,
    why_not_cancelled,
)
from include.sandbox.omnitron.feed_calls import feed
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.omnitron.orders import order_of
from include.sandbox.routing import Call, Handler, Refusal, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import ordered, paged, select

_CHANNEL = "/api/v1/channel/{channel_id}/"
_TYPES = frozenset(("cancel", "refund"))
REQUEST_STATUSES = frozenset(["waiting", "waiting_approval", "confirmed", "approved", "rejected", "completed"])
_CANCEL = {
    "order": reference("orders", required=True),
    "is_all": Field("boolean", default=False),
    "cancel_items": Field("json", required=True),
    "reasons": Field("json", required=True),
}
_REQUEST = {
    "order_item": reference("order_items", required=True),
    "reason": reference("cancellation_reasons", required=True),
    "cancellation_type": Field(required=True, choices=_TYPES),
    "description": text(),
    "remote_id": text(255),
}
_REQUEST_PATCH = {"status": Field(choices=REQUEST_STATUSES), "description": text()}
_PLAN_FILTERS = (
    *("plan_type", "cancellation_plan_status", "order_id", "order_number", "channel_type", "channel_id__in"),
    *("invoice_number", "created_by", "modified_by", "staff_remote_id"),
)


def cancel_order(hub: Omnitron, call: Call) -> Reply:
    """Cancel items of an order: they wait (50) until the plan completes (100)."""
    order = order_of(hub, call)
    data = clean(_CANCEL, call.data(), hub)
    items = hub.order_items.find("order", order["pk"])
    wanted = {item["pk"] for item in items} if data["is_all"] else set(data["cancel_items"])
    chosen = [item for item in items if item["pk"] in wanted]
    if not chosen or len(chosen) != len(wanted):
        raise invalid(cancel_items="Cancel items must be items of the order.")
    _check_cancel(hub, order, chosen, data["reasons"])
    reasons = {item["pk"]: int(data["reasons"][str(item["pk"])]) for item in chosen}
    return Reply(200, _shown_plan(open_plan(hub, order, reasons)))


def _check_cancel(hub: Omnitron, order: Row, chosen: list[Row], reasons: Row) -> None:
    for item in chosen:
        refusal = why_not_cancelled(order, item)
        if refusal:
            code = "cancellation_100_2" if order["is_send"] else "cancellation_100_1"
            raise Refusal(406, {"non_field_errors": refusal, "code": code})
        reason = hub.cancellation_reasons.rows.get(_as_int(reasons.get(str(item["pk"]))))
        if reason is None or not reason["is_active"]:
            raise invalid(reasons=f"No active reason for order item {item['pk']}.")


def _as_int(value: Any) -> int:
    return int(value) if str(value).isdecimal() else -1


def list_plans(hub: Omnitron, call: Call) -> Reply:
    virtual = {
        "cancellation_plan_status": lambda row: row["status"],
        "order_id": lambda row: row["order"],
        "channel_type": lambda row: hub.channel["channel_type"],
        "channel": lambda row: hub.channel["pk"],
        "channel_id": lambda row: hub.channel["pk"],
    }
    reply = paged(call, ordered(select(hub.cancellation_plans, call, _PLAN_FILTERS, virtual), call, "id"))
    reply.data["results"] = [_shown_plan(plan) for plan in reply.data["results"]]
    return reply


def _shown_plan(plan: Row) -> Row:
    return {name: value for name, value in plan.items() if name != "_earlier"}


def _plan(hub: Omnitron, call: Call) -> Row:
    plan: Row | None = hub.cancellation_plans.rows.get(call.key())
    if plan is None:
        raise not_found()
    return plan


def get_plan(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, _shown_plan(_plan(hub, call)))


def create_payment_plan(hub: Omnitron, call: Call) -> Reply:
    plan = _plan(hub, call)
    clean({"payment_plan": Field("json", required=True)}, call.data(), hub)
    return Reply(200, _shown_plan(plan))


def list_requests(hub: Omnitron, call: Call) -> Reply:
    rows = select(hub.cancellation_requests, call, ("status", "cancellation_type", "order_item", "id__in"))
    reply = paged(call, ordered(rows, call, "pk"))
    reply.data["results"] = [_shown(row) for row in reply.data["results"]]
    return reply


def updated_requests(hub: Omnitron, call: Call) -> Reply:
    reply = feed("cancellationrequest", "updates")(hub, call)
    reply.data["results"] = [_shown(row) for row in reply.data["results"]]
    return reply


def _shown(request: Row) -> Row:
    return {"id": request["pk"], **{name: value for name, value in request.items() if name != "pk"}}


def _request(hub: Omnitron, call: Call) -> Row:
    request: Row | None = hub.cancellation_requests.rows.get(call.key())
    if request is None:
        raise not_found()
    return request


def create_request(hub: Omnitron, call: Call) -> Reply:
    return Reply(201, _shown(make_request(hub, call.data())))


def make_request(hub: Omnitron, body: Row) -> Row:
    """A request of a body as the call takes it. Raises Refusal."""
    data = clean(_REQUEST, body, hub)
    item = hub.order_items.rows[data["order_item"]]
    if any(
        row["status"] in (*OPEN_REQUEST, "approved") for row in hub.cancellation_requests.find("order_item", item["pk"])
    ):
        message = "Order item already has an open cancellation request."
        raise Refusal(406, {"non_field_errors": message, "code": "cancellation_request_100_1"})
    if data["cancellation_type"] == "refund" and item["status"] != DELIVERED:
        message = f"Order item {item['pk']} of status {item['status']} can not be refunded"
        raise Refusal(406, {"non_field_errors": message, "code": "cancellation_request_100_2"})
    data.pop("remote_id")
    facts = {"iban": None, "holder_name": None, "easy_return": None, "quantity": 1}
    return hub.create(
        "cancellationrequest", {**data, "status": "waiting", **facts, "fully_refund_as_loyalty_money": False}
    )


def get_request(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, _shown(_request(hub, call)))


def patch_request(hub: Omnitron, call: Call) -> Reply:
    request = _request(hub, call)
    changes = clean(_REQUEST_PATCH, call.data(), hub, partial=True)
    status = changes.pop("status", None) or request["status"]
    if status != request["status"]:
        _decide(hub, request, status)
    if changes:
        hub.touch("cancellationrequest", request, **changes)
    return Reply(200, _shown(request))


def decide(status: str) -> Handler:
    return lambda hub, call: Reply(200, _shown(_decide(hub, _request(hub, call), status)))


def _decide(hub: Omnitron, request: Row, status: str) -> Row:
    try:
        return decide_request(hub, request, status)
    except ValueError as refusal:
        error = {"non_field_errors": str(refusal), "code": "cancellation_request_100_3"}
        raise Refusal(406, error) from None


def deactivate_reason(hub: Omnitron, call: Call) -> Reply:
    reason = hub.cancellation_reasons.rows.get(call.key())
    if reason is None:
        raise not_found()
    reason["is_active"] = False
    return Reply(204)


_PLANS = _CHANNEL + "cancellation_plans/"
_REQUESTS = _CHANNEL + "cancellation_requests/"
ROUTES: list[Route] = [
    ("DELETE", _CHANNEL + "cancellation_reasons/{id}/", deactivate_reason),
    ("POST", _CHANNEL + "orders/{id}/cancel/", cancel_order),
    ("GET", _PLANS, list_plans),
    ("GET", _PLANS + "inserts_or_updates/", list_plans),
    ("GET", _PLANS + "{id}/", get_plan),
    ("POST", _PLANS + "{id}/create_payment_plan/", create_payment_plan),
    ("GET", _REQUESTS, list_requests),
    ("POST", _REQUESTS, create_request),
    ("GET", _REQUESTS + "updates/", updated_requests),
    ("GET", _REQUESTS + "{id}/", get_request),
    ("PATCH", _REQUESTS + "{id}/", patch_request),
    ("POST", _REQUESTS + "{id}/reject/", decide("rejected")),
    ("POST", _REQUESTS + "{id}/approve/", decide("approved")),
]
