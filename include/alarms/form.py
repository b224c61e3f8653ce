"""A rule as people fill it in: what they typed becomes an ``AlarmRule``, or a message for each field that is wrong."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from include.alarms.criteria import ABOUT, FLOWS_TO_CHOOSE, Asks
from include.settings.fields import is_private, parted
from include.state.alarms import AlarmRule, Criterion

LONGEST_INTERVAL = 10_080
"""Minutes: a week."""
_ADDRESS = re.compile(r"[^\s@,;<>\"()\[\]\\]{1,64}@(?=.{1,253}$)[\w-]+(?:\.[\w-]+)*", re.ASCII)
_MASK = "/***"
_YES = {"1", "true", "yes", "on"}


@dataclass(slots=True)
class Filled:
    """What became of a form: ``rule`` unless ``problems`` has a message, by field (criterion, flow, threshold,
    interval, mails, webhook)."""

    problems: dict[str, str] = field(default_factory=dict)
    rule: AlarmRule | None = None


def read_rule(form: Mapping[str, str], *, before: AlarmRule | None, allow_private_hosts: bool) -> Filled:
    """Read the fields criterion, flow, threshold, interval (minutes), mails, webhook and active as they were typed.

    ``before`` is the rule that is edited: what it has of built-in, id and, where the form sends back the masked
    address, of its web hook stays.
    """
    filled = Filled()
    criterion = _criterion(form.get("criterion", ""), filled)
    if criterion is None:
        return filled
    about = ABOUT[criterion]
    flow = _flow(form.get("flow", "").strip(), about.flow, filled)
    threshold = _threshold(form.get("threshold", ""), about.unit, filled) if about.unit else 0.0
    interval = _interval(form.get("interval", ""), filled) if about.interval else 1
    mails = _mails(form.get("mails", ""), filled)
    webhook = _webhook(form.get("webhook", "").strip(), before, allow_private_hosts, filled)
    if not filled.problems:
        active = form.get("active", "").strip().lower() in _YES
        rule = before or AlarmRule(criterion, flow, threshold, interval)
        filled.rule = replace(
            rule,
            criterion=criterion,
            flow=flow,
            threshold=threshold,
            interval_minutes=interval,
            mails=mails,
            webhook=webhook,
            active=active,
        )
    return filled


def shown_webhook(address: str | None) -> str:
    """A web hook's address without what makes it a secret."""
    return f"{urlsplit(address).scheme}://{urlsplit(address).hostname}{_MASK}" if address else ""


def shown_target(target: str) -> str:
    """The target of a notice as it may be shown: a mail address as it is, a web hook masked."""
    return shown_webhook(target) if "://" in target else target


def _criterion(typed: str, filled: Filled) -> Criterion | None:
    try:
        return Criterion(typed)
    except ValueError:
        filled.problems["criterion"] = "Choose a criterion."
        return None


def _flow(typed: str, asks: Asks, filled: Filled) -> str | None:
    if asks == "none" or (not typed and asks == "optional"):
        return None
    if typed not in FLOWS_TO_CHOOSE:
        filled.problems["flow"] = "There is no flow of this name." if typed else "Choose a flow for this criterion."
    return typed


def _threshold(typed: str, unit: str, filled: Filled) -> float:
    try:
        threshold = float(typed.strip().replace(",", "."))
    except ValueError:
        threshold = math.nan
    if not math.isfinite(threshold) or threshold < 0:
        filled.problems["threshold"] = f"Enter a number of {unit} from 0 on."
    elif unit == "%" and threshold >= 100:
        filled.problems["threshold"] = "Enter a percentage below 100: more than it is an alarm."
    return threshold


def _interval(typed: str, filled: Filled) -> int:
    minutes = int(typed) if re.fullmatch(r"\s*\d{1,6}\s*", typed, re.ASCII) else 0
    if not 1 <= minutes <= LONGEST_INTERVAL:
        filled.problems["interval"] = f"Enter minutes from 1 to {LONGEST_INTERVAL}, which is a week."
    return minutes


def _mails(typed: str, filled: Filled) -> tuple[str, ...]:
    mails = tuple(dict.fromkeys(one for one in re.split(r"[\s,;]+", typed) if one))
    wrong = [one for one in mails if not _ADDRESS.fullmatch(one)]
    if wrong:
        filled.problems["mails"] = f"No mail address: {', '.join(wrong[:3])}{' ...' if len(wrong) > 3 else ''}"
    return mails


def _webhook(typed: str, before: AlarmRule | None, allow_private_hosts: bool, filled: Filled) -> str | None:
    if not typed:
        return None
    if before and typed == shown_webhook(before.webhook):
        return before.webhook
    parts = parted(typed)
    schemes = ("https", "http") if allow_private_hosts else ("https",)
    whole = not typed.endswith(_MASK)
    if parts is None or parts.scheme not in schemes or "@" in parts.netloc or parts.fragment or not whole:
        filled.problems["webhook"] = "Enter the https address that Slack or Teams shows for its incoming web hook."
    elif not allow_private_hosts and is_private(parts.hostname or ""):
        filled.problems["webhook"] = "Enter a public host; this one lies in a private network."
    return typed
