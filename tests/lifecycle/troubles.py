"""What goes wrong on the way, for the next calls that it is about."""

from itertools import product
from typing import Any

from hypothesis import strategies as st

from include.sandbox.faults import Fault
from tests.simulation.mortal import SENDING

Trouble = tuple[str, dict[str, Any]]
"""A fault of the sandbox, and which calls it strikes."""
_ANY_CALL: tuple[Trouble, ...] = (
    ("throttle", {"seconds": 3}),
    ("error", {"status": 503}),
    ("html", {"status": 502}),
    ("html", {"status": 200}),
    ("truncated", {}),
    ("refused", {}),
    ("repeated_page", {"method": "GET"}),
    ("shifting_page", {"method": "GET", "rows": 1}),
    ("shifting_page", {"method": "GET", "rows": -1}),
)
_ANSWERS = ("reset_before", "reset_after", "timeout_before", "timeout_after", "html", "invalid_json")
"""What becomes of a write or of its answer."""
_WRITES = (
    *("*/create_orders/", "*/orders/*/cancel/", "*/cancellation_requests/", "*/order_shipping_infos/"),
    *("*/batch_requests/*", "*/order_items/*/", "*/integration_actions/*/"),
    *("/api/i2/packages/*/split/", "/api/i2/packages/*/cancel/", "/api/i2/claims/*/approve/"),
    *("/api/i2/claims/*/reject/", "/api/i2/packages/*/"),
)
_UNAUTHORIZED: Trouble = ("unauthorized", {"remote": "omnitron", "path": "/api/v1/channel*"})
_GENERAL = [
    (kind, {**facts, "remote": remote}) for (kind, facts), remote in product(_ANY_CALL, ("omnitron", "fashfed"))
]
_OF_A_WRITE = [
    (kind, {"method": method, "path": path})
    for kind, path, method in product(_ANSWERS, _WRITES, ("POST", "PATCH"))
    if (method == "PATCH") == (path in ("*/order_items/*/", "*/integration_actions/*/", "/api/i2/packages/*/"))
]
TROUBLES = st.one_of(st.sampled_from([*_GENERAL, _UNAUTHORIZED]), st.sampled_from(_OF_A_WRITE))
"""A write is waited for: the trouble strikes when it is made."""
WRITE_OF = {
    "get_orders": "*/create_orders/",
    "get_cancel_orders": "*/orders/*/cancel/",
    "get_refund_orders": "*/cancellation_requests/",
    "send_cancel_order_items": "/api/i2/packages/*/cancel/",
    "send_refund_order_status": "/api/i2/claims/*/*/",
    "split_packages": "/api/i2/packages/*/split/",
}
"""What each flow posts."""
_KILLED = "killed"
UNHEARD = ("reset_after", "timeout_after", _KILLED)
"""What leaves the effect of a write, of which nobody hears."""
AT_THE_WRITE = ("reset_before", *UNHEARD)
"""What may strike the very write that a flow is about."""


class _LastWrite(Fault):
    """The process is gone when its request arrives."""

    def concerns(self, remote: str, method: str, path: str) -> bool:
        """As every fault, but whoever sends the first one dies."""
        strikes = not self.strikes and super().concerns(remote, method, path)
        sending = SENDING.get()
        if strikes and sending:
            sending.life.die()
        return strikes


def at_the_write_of(flow: str, trouble: str) -> Fault:
    """One of ``AT_THE_WRITE`` for the next write of a flow."""
    facts = {"method": "POST", "path": WRITE_OF[flow]}
    return _LastWrite("reset_after", next=1, **facts) if trouble == _KILLED else Fault(trouble, next=1, **facts)
