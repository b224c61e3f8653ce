"""What the log screen is asked for: its address read, and written again for links."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import Depends, HTTPException, Query

from include import deployment
from include.dashboard.page import Page
from include.state.postgres.screens.logs import RUN, LogFilter, Place

STATUSES: Final = {"successful": "Successful", "fail": "Fail", "waiting": "Waiting"}
KINDS: Final = {
    "product": "Product",
    "productprice": "Price",
    "productstock": "Stock",
    "integrationaction": "Product off sale",
    "order": "Order",
    "cancellationrequest": "Return request",
    "batchrequest": "Batch request",
    "categorynode": "Category node",
    "marketplaceattribute": "Attribute",
    "marketplaceattributeset": "Attribute set",
    RUN: "Whole run",
}
"""Content types of Omnitron as people read them."""
Text = Annotated[str, Query(max_length=255, pattern=r"^[^\x00]*$")]
MOST_ROWS: Final = 10**18
"""More numbers of rows than there will be."""
_YEARS: Final = range(2000, 9000)
"""Of moments that a row may have."""
_PART: Final = 3
"""Characters of a log id that can be looked up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of the form as they were filled in; a period is in the deployment's zone."""

    flow: str = ""
    status: str = ""
    kind: str = ""
    log_id: str = ""
    record: str = ""
    start: str = ""
    end: str = ""

    @property
    def query(self) -> dict[str, str]:
        """As an address has it."""
        return asdict(self)

    @property
    def is_any(self) -> bool:
        """Whether something is filtered."""
        return any(self.query.values())


def _asked(
    flow: Text = "",
    status: Text = "",
    kind: Text = "",
    log_id: Text = "",
    record: Text = "",
    start: Text = "",
    end: Text = "",
) -> Asked:
    return Asked(flow, status, kind, log_id.strip(), record.strip(), start, end)


AskedLog = Annotated[Asked, Depends(_asked)]


async def filter_of(page: Page, asked: Asked) -> LogFilter:
    """What the store is asked. Raises ``HTTPException`` 422 for a time that is none and a status that is none."""
    if asked.status and asked.status not in STATUSES:
        raise HTTPException(422, f"There is no status {asked.status!r}: it is Successful, Fail or Waiting.")
    if 0 < len(asked.log_id) < _PART:
        raise HTTPException(422, f"Give at least {_PART} characters of the log id.")
    keys = await keys_of(page, asked.record) if asked.record else None
    ok = {"successful": True, "fail": False}.get(asked.status)
    start, end = _moment(asked.start), _moment(asked.end)
    return LogFilter(asked.flow or None, ok, asked.kind or None, asked.log_id or None, keys, start, end)


async def keys_of(page: Page, text: str) -> list[str]:
    """The keys under which the log may have what people call so: a SKU, or an order with its packages and claims."""
    numbers = [text, *(part for part in text.split("-") if part.isdigit() and part != text)]
    return list(dict.fromkeys([text, *await page.store.records_of(page.channel, numbers)]))


def place_of(text: str) -> Place | None:
    """A place that ``written`` wrote. Raises ``HTTPException`` 422."""
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,17})-(-?\d{1,18})", text, re.ASCII)
    if found is None:
        raise HTTPException(422, "The address of this page cannot be read.")
    micros, number = map(int, found.groups())
    seconds, left = divmod(micros, 1_000_000)
    return Place(datetime.fromtimestamp(seconds, UTC).replace(microsecond=left), number)


def written(place: Place) -> str:
    """A place for an address."""
    return f"{int(place.at.replace(microsecond=0).timestamp()) * 1_000_000 + place.at.microsecond}-{place.id}"


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        given = None
    if given is None or given.year not in _YEARS:
        raise HTTPException(422, f"{text!r} is no time such as 2026-11-26T14:00.")
    return given if given.tzinfo else given.replace(tzinfo=ZoneInfo(deployment.timezone()))


def shown_kind(kind: str) -> str:
    """A content type as people read it."""
    return KINDS.get(kind, kind)


def facts(asked: Asked) -> Mapping[str, Any]:
    """What the form shows."""
    return {"asked": asked, "statuses": STATUSES, "kinds": KINDS, "kind_name": shown_kind}
