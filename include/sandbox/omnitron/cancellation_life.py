"""How plans and return requests go on, and what becomes of their items (api/omnitron.md sections 9 and 11)."""

from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.omnitron.orders import change_item
from include.sandbox.routing import Row

WAITING, CANCELLED, DELIVERED, REFUNDED = "50", "100", "550", "600"
_ENDS = {"cancel": CANCELLED, "refund": REFUNDED}
OPEN_REQUEST = ("waiting", "waiting_approval", "confirmed")
_DECISIONS = {
    **dict.fromkeys(OPEN_REQUEST, ("waiting_approval", "confirmed", "approved", "completed", "rejected")),
    "approved": ("completed", "rejected"),
}


def why_not_cancelled(order: Row, item: Row) -> str:
    """What keeps an item from being cancelled; empty when nothing does."""
    if not order["is_send"]:
        return "Unreported order of ERP can not be canceled"
    if 100 < int(item["status"]) < 500:
        return ""
    return f"Order item {item['pk']} of status {item['status']} can not be canceled"


def open_plan(hub: Omnitron, order: Row, reasons: dict[int, int], plan_type: str = "cancel") -> Row:
    """A plan over items (pk -> reason pk); the items wait for it."""
    stamp = hub.now()
    items = [hub.order_items.rows[pk] for pk in reasons]
    plan = hub.cancellation_plans.add(
        {
            "order": order["pk"],
            "order_number": order["number"],
            "plan_type": plan_type,
            "status": "waiting",
            "items": [
                {"order_item": item["pk"], "reason": reasons[item["pk"]], "amount": item["price"]} for item in items
            ],
            "invoice_number": order["invoice_number"],
            "created_date": stamp,
            "modified_date": stamp,
            "_earlier": {item["pk"]: item["status"] for item in items},
        }
    )
    for item in items:
        change_item(hub, item, status=WAITING, cancel_status="waiting")
    return plan


def complete_plan(hub: Omnitron, plan: Row) -> None:
    """The brand's back office carries a plan out. Raises ValueError when it is over."""
    _end_plan(hub, plan, "completed")
    for pk in plan["_earlier"]:
        change_item(hub, hub.order_items.rows[pk], status=_ENDS[plan["plan_type"]], cancel_status="completed")


def reject_plan(hub: Omnitron, plan: Row) -> None:
    """The back office turns a plan down: its items go back to where they were. Raises ValueError when it is over."""
    _end_plan(hub, plan, "rejected")
    for pk, earlier in plan["_earlier"].items():
        change_item(hub, hub.order_items.rows[pk], status=earlier, cancel_status="rejected")


def _end_plan(hub: Omnitron, plan: Row, status: str) -> None:
    if plan["status"] not in ("waiting", "approved"):
        raise ValueError(f"Plan {plan['id']} is {plan['status']} already.")
    plan.update(status=status, modified_date=hub.now())


def decide_request(hub: Omnitron, request: Row, status: str) -> Row:
    """A request goes on; with its completion the item is refunded, or cancelled. Raises ValueError."""
    if status not in _DECISIONS.get(request["status"], ()):
        raise ValueError(f"A {request['status']} request cannot be {status}.")
    if status == "completed":
        item = hub.order_items.rows[request["order_item"]]
        change_item(hub, item, status=_ENDS[request["cancellation_type"]], cancel_status="completed")
    return hub.touch("cancellationrequest", request, status=status)
