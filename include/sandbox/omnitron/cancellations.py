"""Direct cancels, plans and requests (api/omnitron.md section 9)."""

from typing import Any

from include.sandbox.fields import Field, clean, reference, text
from include.sandbox.omnitron.feed_calls import feed
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.omnitron.orders import change_item, order_of
from include.sandbox.routing import Call, Handler, Refusal, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import ordered, paged, select

_CHANNEL = "/api/v1/channel/{channel_id}/"
UNREPORTED = "Unreported order of ERP can not be canceled"
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
    if not order["is_send"]:
        raise Refusal(406, {"non_field_errors": UNREPORTED, "code": "cancellation_100_1"})
    items = hub.order_items.find("order", order["pk"])
    wanted = {item["pk"] for item in items} if data["is_all"] else set(data["cancel_items"])
    chosen = [item for item in items if item["pk"] in wanted]
    _check_cancel(hub, order, chosen, wanted, data["reasons"])
    reasons = {item["pk"]: int(data["reasons"][str(item["pk"])]) for item in chosen}
    return Reply(200, open_plan(hub, order, reasons))


def _check_cancel(hub: Omnitron, order: Row, chosen: list[Row], wanted: set[int], reasons: Row) -> None:
    if order["pk"] is None or not chosen or len(chosen) != len(wanted):
        raise invalid(cancel_items="Cancel items must be items of the order.")
    for item in chosen:
        reason = hub.cancellation_reasons.rows.get(_as_int(reasons.get(str(item["pk"]))))
        if reason is None or not reason["is_active"]:
            raise invalid(reasons=f"No active reason for order item {item['pk']}.")
        if int(item["status"]) <= 100 or int(item["status"]) >= 500:
            message = f"Order item {item['pk']} of status {item['status']} can not be canceled"
            raise Refusal(406, {"non_field_errors": message, "code": "cancellation_100_2"})


def _as_int(value: Any) -> int:
    return int(value) if str(value).isdecimal() else -1


def open_plan(hub: Omnitron, order: Row, reasons: dict[int, int], plan_type: str = "cancel") -> Row:
    """A plan over items (pk -> reason pk); the items wait for it."""
    stamp = hub.now()
    plan = hub.cancellation_plans.add(
        {
            "order": order["pk"],
            "order_number": order["number"],
            "plan_type": plan_type,
            "status": "waiting",
            "items": [
                {"order_item": pk, "reason": reason, "amount": hub.order_items.rows[pk]["price"]}
                for pk, reason in reasons.items()
            ],
            "invoice_number": order["invoice_number"],
            "created_date": stamp,
            "modified_date": stamp,
        }
    )
    for pk in reasons:
        change_item(hub, hub.order_items.rows[pk], status="50", cancel_status="waiting")
    return plan


def complete_plan(hub: Omnitron, plan: Row) -> None:
    """The brand's back office carries a plan out."""
    plan.update(status="completed", modified_date=hub.now())
    status = "100" if plan["plan_type"] == "cancel" else "600"
    for entry in plan["items"]:
        change_item(hub, hub.order_items.rows[entry["order_item"]], status=status, cancel_status="completed")


def list_plans(hub: Omnitron, call: Call) -> Reply:
    virtual = {
        "cancellation_plan_status": lambda row: row["status"],
        "order_id": lambda row: row["order"],
        "channel_type": lambda row: hub.channel["channel_type"],
        "channel": lambda row: hub.channel["pk"],
        "channel_id": lambda row: hub.channel["pk"],
    }
    return paged(call, ordered(select(hub.cancellation_plans, call, _PLAN_FILTERS, virtual), call, "id"))


def _plan(hub: Omnitron, call: Call) -> Row:
    plan: Row | None = hub.cancellation_plans.rows.get(call.key())
    if plan is None:
        raise not_found()
    return plan


def get_plan(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, _plan(hub, call))


def create_payment_plan(hub: Omnitron, call: Call) -> Reply:
    plan = _plan(hub, call)
    clean({"payment_plan": Field("json", required=True)}, call.data(), hub)
    return Reply(200, plan)


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
    data = clean(_REQUEST, call.data(), hub)
    item = hub.order_items.rows[data["order_item"]]
    open_states = {"waiting", "waiting_approval", "confirmed"}
    if any(row["status"] in open_states for row in hub.cancellation_requests.find("order_item", item["pk"])):
        message = "Order item already has an open cancellation request."
        raise Refusal(406, {"non_field_errors": message, "code": "cancellation_request_100_1"})
    if data["cancellation_type"] == "refund" and item["status"] != "550":
        message = f"Order item {item['pk']} of status {item['status']} can not be refunded"
        raise Refusal(406, {"non_field_errors": message, "code": "cancellation_request_100_2"})
    data.pop("remote_id")
    facts = {"iban": None, "holder_name": None, "easy_return": None, "quantity": 1}
    request = hub.create(
        "cancellationrequest", {**data, "status": "waiting", **facts, "fully_refund_as_loyalty_money": False}
    )
    return Reply(201, _shown(request))


def get_request(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, _shown(_request(hub, call)))


def patch_request(hub: Omnitron, call: Call) -> Reply:
    changes = clean(_REQUEST_PATCH, call.data(), hub, partial=True)
    return Reply(200, _shown(hub.touch("cancellationrequest", _request(hub, call), **changes)))


def decide(status: str) -> Handler:
    def handler(hub: Omnitron, call: Call) -> Reply:
        request = _request(hub, call)
        if request["status"] in ("rejected", "completed"):
            message = f"A {request['status']} request cannot be decided again."
            raise Refusal(406, {"non_field_errors": message, "code": "cancellation_request_100_3"})
        return Reply(200, _shown(hub.touch("cancellationrequest", request, status=status)))

    return handler


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
    ("POST", _REQUESTS + "{id}/approve/", decide("completed")),
]
