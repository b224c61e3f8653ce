"""How this deployment is set up: its channels, zone and schedules, out of the environment."""

import os
import re
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from include.flows.registry import FLOWS, Flow

_MANUAL = "manual"


def channels() -> tuple[str, ...]:
    """Keys of the sales channels this deployment serves (``FASHFED_CHANNELS``). Raises ``ValueError``."""
    keys = tuple(
        key for entry in os.environ.get("FASHFED_CHANNELS", "default").split(",") if (key := entry.strip())
    ) or ("default",)
    for key in keys:
        if not re.fullmatch(r"[a-z0-9_]+", key):
            raise ValueError(f"FASHFED_CHANNELS: {key!r} is no channel key; use small letters, digits and _")
    return tuple(dict.fromkeys(keys))


def timezone() -> str:
    """The zone of schedules and of times typed without an offset (``FASHFED_TIMEZONE``). Raises ``ValueError``."""
    name = os.environ.get("FASHFED_TIMEZONE") or "Europe/Istanbul"
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):  # not found is a KeyError
        raise ValueError(f"FASHFED_TIMEZONE: {name!r} is no time zone such as Europe/Istanbul") from None


def operators(channel: str) -> tuple[str, ...]:
    """Mail addresses that hear of trouble (``FASHFED_OPERATORS``, with ``_<CHANNEL>`` behind it for one channel)."""
    given = os.environ.get(f"FASHFED_OPERATORS_{channel}".upper()) or os.environ.get("FASHFED_OPERATORS", "")
    return tuple(dict.fromkeys(mail for entry in given.split(",") if (mail := entry.strip())))


def allow_private_hosts() -> bool:
    """Whether addresses in settings may be private or local (``FASHFED_ALLOW_PRIVATE_HOSTS``)."""
    return os.environ.get("FASHFED_ALLOW_PRIVATE_HOSTS", "").strip().lower() in {"1", "true", "yes", "on"}


def keep_payloads() -> timedelta:
    """How long the buyers' data of finished records is kept (``FASHFED_KEEP_PAYLOADS_DAYS``). Raises ``ValueError``."""
    return _days("FASHFED_KEEP_PAYLOADS_DAYS", os.environ.get("FASHFED_KEEP_PAYLOADS_DAYS") or "30")


def keep_history() -> timedelta:
    """How long what runs did is kept, here and in Airflow (``FASHFED_KEEP_HISTORY_DAYS``). Raises ``ValueError``."""
    return _days("FASHFED_KEEP_HISTORY_DAYS", os.environ.get("FASHFED_KEEP_HISTORY_DAYS") or "90")


def state_folder() -> Path:
    """Where everything local lies: ``FASHFED_HOME``, else ``.fashfed`` in the project root."""
    return Path(os.environ.get("FASHFED_HOME") or Path(__file__).resolve().parents[1] / ".fashfed").resolve()


def dag_id(flow: Flow, channel: str) -> str:
    """The DAG id of a flow: its bare name for the default channel, else ``<flow>.<channel>``."""
    return flow.name if channel == "default" else f"{flow.name}.{channel}"


def schedule(flow: Flow, channel: str) -> str | None:
    """The cron of a flow in this deployment; None means manual, or after another flow. Raises ``ValueError``."""
    asked = _asked_schedule(flow, channel)
    if asked is None:
        return flow.schedule
    return None if asked == _MANUAL else asked


def starts_after(flow: Flow, channel: str) -> Flow | None:
    """The flow whose success starts this one, unless the deployment gave it a schedule. Raises ``ValueError``."""
    return FLOWS[flow.after] if flow.after and _asked_schedule(flow, channel) is None else None


def _asked_schedule(flow: Flow, channel: str) -> str | None:
    """What the environment wants: a cron, the word manual, or nothing."""
    for name in (f"FASHFED_SCHEDULE_{flow.name}_{channel}".upper(), f"FASHFED_SCHEDULE_{flow.name}".upper()):
        asked = os.environ.get(name, "").strip()
        if asked.lower() == _MANUAL:
            return _MANUAL
        if asked and not re.fullmatch(r"@\w+|(\S+\s+){4}\S+", asked):
            raise ValueError(f"{name}: {asked!r} is neither a cron such as */5 * * * * nor the word manual")
        if asked:
            return asked
    return None


def _days(name: str, text: str) -> timedelta:
    if not re.fullmatch(r"[1-9]\d{0,3}", text.strip()):
        raise ValueError(f"{name}: {text!r} is no number of days from 1 to 9999")
    return timedelta(days=int(text))
