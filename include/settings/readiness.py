"""Whether each flow may run now, and what to do when it may not (spec section 9, design.md section 5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import SecretStr

from include.errors import ConfigurationError
from include.settings.brake import Brake
from include.settings.failed_integration import FailedIntegration, PenaltyRule
from include.settings.fields import WaybillOption
from include.settings.model import ChannelSettings
from include.settings.problem import MASKED_FROM, Problem, show
from include.settings.schema import BASE, FIELD, REQUIRED


@dataclass(frozen=True, slots=True)
class FlagDecision:
    """Whether a flow runs now; ``reason`` says why it does not."""

    on: bool
    reason: str = ""


def check_flag(settings: ChannelSettings, flag: str | None) -> FlagDecision:
    """Decide whether the flow of the flag (None: a flow without a flag) runs now.

    Raises ``ConfigurationError`` (settings_invalid) with all problems at once when it is on but cannot work.
    """
    if not settings.is_active:
        return FlagDecision(False, f"sales channel {settings.name} ({settings.channel_id}) is inactive in Omnitron")
    problems = settings.problems_for(flag)
    if flag and not settings.flag(flag) and not any(problem.setting == "feature_flags" for problem in problems):
        told = "is not in Feature Flags, which counts as false" if settings.flag(flag) is None else "is false"
        return FlagDecision(False, f"feature flag {flag} {told}")
    if problems:
        raise ConfigurationError(
            "settings_invalid", flow=flag or "the flow", problems="; ".join(str(problem) for problem in problems)
        )
    return FlagDecision(True)


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting that a flag needs: the value in effect (secrets masked), or what is wrong and where to correct it."""

    label: str
    effective: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadinessRow:
    """One flag (None: the channel itself and its flows without a flag) with everything it needs.

    ``missing`` means the form does not name the flag, which counts as off.
    """

    flag: str | None
    state: Literal["on", "off", "missing", "unreadable"]
    settings: tuple[SettingLine, ...]
    advice: str = ""

    @property
    def ready(self) -> bool:
        """Whether the flow works as soon as it is on."""
        return self.state != "unreadable" and not any(line.problems for line in self.settings)


def readiness(settings: ChannelSettings) -> list[ReadinessRow]:
    """Every flag with its needed settings; the first row is the channel itself."""
    where = f"Omnitron > Settings > Sales Channels > {settings.name}"
    channel = ReadinessRow(
        None,
        "on" if settings.is_active else "off",
        _lines(settings, (*BASE, "category_ids")),
        "" if settings.is_active else f"No flow runs. Activate the channel: {where} > Status",
    )
    return [channel, *(_row(settings, flag, f"{where} > Feature Flags") for flag in REQUIRED)]


def _row(settings: ChannelSettings, flag: str, where: str) -> ReadinessRow:
    lines = _lines(settings, REQUIRED[flag])
    wrong = [problem for problem in settings.problems_for(flag) if problem.setting == "feature_flags"]
    if wrong:
        return ReadinessRow(flag, "unreadable", lines, "; ".join(str(problem) for problem in wrong))
    told = settings.flag(flag)
    if told is None:
        return ReadinessRow(flag, "missing", lines, f'Counts as false. Add "{flag}": false (or true) at {where}')
    return ReadinessRow(flag, "on" if told else "off", lines)


def _lines(settings: ChannelSettings, keys: Iterable[str]) -> tuple[SettingLine, ...]:
    return tuple(_line(settings, key) for key in keys)


def _line(settings: ChannelSettings, key: str) -> SettingLine:
    problems = tuple(problem for problem in settings.problems if problem.setting == key)
    return SettingLine(FIELD[key].label, "" if problems else _effective(settings, key), problems)


def _effective(settings: ChannelSettings, key: str) -> str:
    shown = _shown(getattr(settings, key))
    token = settings.access_token.get_secret_value()
    if len(token) >= MASKED_FROM:
        shown = shown.replace(token, "***")
    return shown if key in settings.model_fields_set or not shown else f"{shown} (default)"


def _shown(value: object) -> str:
    """A setting's value as an operator reads it; secrets are never shown."""
    match value:
        case bool():
            return "on" if value else "off"
        case SecretStr():
            return "***" if value.get_secret_value() else ""
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case WaybillOption():
            return f"{_shown(value.enabled)}, without invoice number: {value.default or 'none sent'}"
        case FailedIntegration():
            rules = {"default": value.penalty_for("default"), "order": value.penalty_for("order")} | value.rules
            wait = f"answers of Fashfed awaited for {value.sent_to_remote_limit}"
            return "; ".join([*(f"{name}: {_shown(rule)}" for name, rule in rules.items()), wait])
        case PenaltyRule() | Brake():
            return str(value)
        case dict():
            return ", ".join(f"{name} = {one}" for name, one in value.items())
        case tuple():
            return ", ".join(value)
        case None:
            return ""
        case _:
            return show(value)


def render_text(rows: Sequence[ReadinessRow]) -> str:
    """The rows as plain aligned text for a terminal."""
    width = max(len(line.label) for row in rows for line in row.settings)
    return "\n\n".join("\n".join(_rendered(row, width)) for row in rows)


def _rendered(row: ReadinessRow, width: int) -> Iterable[str]:
    yield f"{row.flag or 'sales channel':<26}{row.state:<12}{'ready' if row.ready else 'NOT READY'}"
    if row.advice:
        yield f"  {row.advice}"
    for line in row.settings:
        yield f"  {'PROBLEM' if line.problems else 'ok':<9}{line.label:<{width}}  {line.effective or '-'}".rstrip()
        for problem in line.problems:
            yield f"  {'':<9}{problem}"
