"""What somebody filled in to start a flow, checked before anything is started."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, File, Form, UploadFile

from include import deployment
from include.dashboard.body import MEGABYTES
from include.domain.sku_list import SkuList, read_csv, text_of, typed
from include.errors import ConfigurationError, StopRun
from include.flows.form import Field, fields
from include.flows.registry import Flow
from include.window import WindowInvalid, asked_window

ROWS: Final = 200_000
"""The longest list of one run."""
LISTS: Final = ("delete_bulk_failed_integration", "update_bulk_product_version_date")
"""Flows that do nothing without a list of SKUs."""
_LONGEST: Final = MEGABYTES * 1024 * 1024
_TYPED: Final = 500_000
"""Characters; a longer list is a file."""
_NAMED: Final = 3
_NUL: Final = "\0"
_SUBSTITUTE: Final = "\x1a"
"""What stands for a character that JSON in a database cannot hold; no SKU has either."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields as they were sent; a file that was not chosen has no name."""

    window_start: str = ""
    window_end: str = ""
    skus: str = ""
    csv: UploadFile | None = None
    dry_run: bool = False
    let_pass: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What a run is given, and the same in words."""

    params: dict[str, Any]
    words: list[str] = field(default_factory=list)
    rows: int = 0
    """SKUs of the list, and rows that hold none."""


def _asked(
    window_start: Annotated[str, Form(max_length=40)] = "",
    window_end: Annotated[str, Form(max_length=40)] = "",
    skus: Annotated[str, Form(max_length=_TYPED)] = "",
    csv: Annotated[UploadFile | None, File()] = None,
    dry_run: Annotated[bool, Form()] = False,
    let_pass: Annotated[bool, Form()] = False,
) -> Asked:
    return Asked(window_start.strip(), window_end.strip(), skus, csv, dry_run, let_pass)


AskedForm = Annotated[Asked, Depends(_asked)]
"""The form of any flow; what a flow does not take is left aside."""


async def read(asked: Asked, flow: Flow, now: datetime) -> Given:
    """What the run is given. Raises ``StopRun``: form_value, skus_twice, skus_missing, csv_header, csv_unreadable,
    upload_too_large, upload_too_long."""
    form = fields(flow)
    names = {one.name for one in form}
    params: dict[str, Any] = {}
    words: list[str] = []
    if "window_start" in names and (asked.window_start or asked.window_end):
        params |= _window(asked, flow, now)
        words.append(f"from {params['window_start'] or '...'} to {params['window_end'] or 'now'}")
    given, told, rows = await _list(asked, flow) if "skus" in names else ({}, "", 0)
    params |= given
    words += [told] if told else []
    ticked = [one for one in form if one.kind == "yes_no" and getattr(asked, one.name)]
    params |= {one.name: True for one in ticked}
    return Given(params, [*words, *(one.title for one in ticked)], rows)


def _window(asked: Asked, flow: Flow, now: datetime) -> dict[str, str | None]:
    start, end = asked.window_start or None, asked.window_end or None
    try:
        asked_window(start, end, now=now, look_back=flow.look_back or timedelta(), zone=deployment.timezone())
    except WindowInvalid as error:
        raise StopRun("form_value", field="From and To", detail=_in_titles(str(error), fields(flow))) from None
    except OverflowError:
        raise StopRun("form_value", field="From and To", detail="this time is too far away") from None
    return {"window_start": start, "window_end": end}


def _in_titles(text: str, form: tuple[Field, ...]) -> str:
    for one in form:
        text = text.replace(one.name, one.title)
    return text


async def _list(asked: Asked, flow: Flow) -> tuple[dict[str, Any], str, int]:
    """The params that hold the list, the list in words, and its rows."""
    lines = [line for line in asked.skus.replace(_NUL, _SUBSTITUTE).splitlines() if line.strip()]
    file = asked.csv if asked.csv and asked.csv.filename else None
    if file and lines:
        raise StopRun("skus_twice")
    if file:
        data = await file.read(_LONGEST + 1)
        if len(data) > _LONGEST:
            raise StopRun("upload_too_large", limit=MEGABYTES)
        found = _checked(read_csv(data), flow)
        return {"csv": text_of(data).replace(_NUL, _SUBSTITUTE)}, f"{_number(found)} of {file.filename}", _rows(found)
    if lines:
        found = _checked(typed(lines), flow)
        return {"skus": lines}, f"{_number(found)}: {_names(found)}", _rows(found)
    if flow.name in LISTS:
        raise ConfigurationError("skus_missing", flow=flow.display_name)
    return {}, "", 0


def _checked(found: SkuList, flow: Flow) -> SkuList:
    if not (found.skus or found.bad):
        raise ConfigurationError("skus_missing", flow=flow.display_name)
    if _rows(found) > ROWS:
        raise StopRun("upload_too_long", rows=f"{_rows(found):,}", limit=f"{ROWS:,}")
    return found


def _rows(found: SkuList) -> int:
    return len(found.skus) + len(found.bad)


def _number(found: SkuList) -> str:
    return "1 SKU" if len(found.skus) == 1 else f"{len(found.skus):,} SKUs"


def _names(found: SkuList) -> str:
    return ", ".join(found.skus[:_NAMED]) + (" ..." if len(found.skus) > _NAMED else "")
