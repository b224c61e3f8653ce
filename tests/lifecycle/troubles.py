"""What goes wrong on the way, for the next calls."""

from typing import Any

from hypothesis import strategies as st

Trouble = tuple[str, dict[str, Any]]
"""A fault of the sandbox, and which calls it strikes."""
_ANY_CALL: tuple[Trouble, ...] = (
    ("throttle", {"seconds": 3}),
    ("error", {"status": 503}),
    ("html", {"status": 502}),
    ("html", {"status": 200}),
    ("truncated", {}),
    ("refused", {}),
    ("unauthorized", {"path": "/api/v1/channel*"}),
)
_PAGES: tuple[Trouble, ...] = (
    ("repeated_page", {"method": "GET"}),
    ("shifting_page", {"method": "GET", "rows": 1}),
    ("shifting_page", {"method": "GET", "rows": -1}),
)
_ANSWERS = ("reset_before", "reset_after", "timeout_before", "timeout_after", "html", "invalid_json")
"""What becomes of a write or of its answer."""
TROUBLES = st.sampled_from(
    [*_ANY_CALL, *_PAGES, *((kind, {"method": method}) for kind in _ANSWERS for method in ("POST", "PATCH"))]
)
