"""Schedules as people say them, and when they are next due."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from croniter import croniter

from include import deployment
from include.flows.registry import Flow

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def starts(flow: Flow, channel: str) -> str:
    """What starts a flow in this deployment: ``every 5 min``, ``daily at 06:00``, ``after Category Node``."""
    before = deployment.starts_after(flow, channel)
    if before:
        return f"after {before.display_name}"
    cron = deployment.schedule(flow, channel)
    return in_words(cron) if cron else "on demand"


def in_words(cron: str) -> str:
    """The usual forms of a cron in words, others as they are."""
    minute, hour, *rest = [*cron.split(), *[""] * 5][:5]
    if rest == ["*", "*", "*"]:
        if every := re.fullmatch(r"\*|(?:\*|\d-59)/(\d+)", minute) if hour == "*" else None:
            return f"every {every[1]} min" if every[1] else "every minute"
        if minute == "0" and (every := re.fullmatch(r"\*(?:/(\d+))?", hour)):
            return f"every {every[1]} h" if every[1] else "every hour"
    if minute.isdigit() and hour.isdigit() and rest[:2] == ["*", "*"]:
        time = f"{int(hour):02}:{int(minute):02}"
        if rest[2] == "*":
            return f"daily at {time}"
        if rest[2] in set("01234567"):
            return f"{_DAYS[int(rest[2])]}s at {time}"
    return cron


def next_run(cron: str | None, after: datetime) -> datetime | None:
    """When a schedule of this deployment is next due; None for a manual one, or one that has no fixed times."""
    if cron is None:
        return None
    try:
        found: datetime = croniter(cron, after.astimezone(ZoneInfo(deployment.timezone()))).get_next(datetime)
    except ValueError:
        return None
    return found
