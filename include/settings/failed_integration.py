"""The Failed Integration setting: how long a failed record is held, how often it is tried again (spec section 3)."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from include.settings.problem import Spot
from include.settings.values import empty, entries, whole_number

_EXAMPLE = '{"DEFAULT": {"RETRY_INTERVAL": 28800, "EXPIRATION_DATE": 57601, "MAX_RETRY_COUNT": 2}}'
_HOURS_UP_TO = 48
"""EXPIRATION_HOUR up to here is hours, above it is seconds (design.md section 13)."""


class PenaltyRule(BaseModel):
    """How a failed record of one content type is held and tried again; the defaults are the spec's."""

    model_config = ConfigDict(frozen=True)

    retry_interval: timedelta = timedelta(seconds=28800)
    """Not tried again sooner."""
    expiration_date: timedelta = timedelta(seconds=57601)
    """How long the failure is remembered, from the first error on."""
    max_retry_count: int = 2
    """Tries after the first error."""

    def __str__(self) -> str:
        return f"every {self.retry_interval}, {self.max_retry_count} more tries, kept {self.expiration_date}"


_SPEC: dict[str, PenaltyRule] = {"order": PenaltyRule(max_retry_count=3)}


class FailedIntegration(BaseModel):
    """Penalty rules by content type (lower case, ``default`` for any other) and the wait for an answer to a batch."""

    model_config = ConfigDict(frozen=True)

    rules: dict[str, PenaltyRule] = Field(default_factory=dict)
    sent_to_remote_limit: timedelta = timedelta(hours=6)

    def penalty_for(self, content_type: str) -> PenaltyRule:
        """The rule of the content type, else the channel's DEFAULT, else the spec's default."""
        name = content_type.lower()
        return self.rules.get(name) or self.rules.get("default") or _SPEC.get(name, PenaltyRule())


def spec_defaults() -> dict[str, dict[str, int]]:
    """The setting as a new channel has it (spec section 2)."""
    names = ("order", "DEFAULT", "product", "productprice", "productstock")
    rules = {name: _SPEC.get(name, PenaltyRule()) for name in names}
    wait = int(FailedIntegration().sent_to_remote_limit.total_seconds()) // 3600
    return {
        **{
            name: {
                "RETRY_INTERVAL": int(rule.retry_interval.total_seconds()),
                "EXPIRATION_DATE": int(rule.expiration_date.total_seconds()),
                "MAX_RETRY_COUNT": rule.max_retry_count,
            }
            for name, rule in rules.items()
        },
        "sent_to_remote": {"EXPIRATION_HOUR": wait},
    }


def failed_integration(raw: object, spot: Spot) -> FailedIntegration | None:
    """Read the setting; numbers that cannot be used are noted and leave the spec's default in their place."""
    found = entries(raw, spot, _EXAMPLE)
    if found is None:
        return None
    rules: dict[str, PenaltyRule] = {}
    waits: dict[str, timedelta] = {}
    for key, value in found.items():
        name, place = key.lower(), spot.at(key)
        parts = entries(value, place, '{"RETRY_INTERVAL": 28800}')
        if parts is None:
            continue
        if name == "sent_to_remote":
            waits = _wait(parts, place)
        else:
            rules[name] = _rule(parts, place, _SPEC.get(name, PenaltyRule()))
    return FailedIntegration(rules=rules, **waits)


def _wait(parts: dict[str, object], spot: Spot) -> dict[str, timedelta]:
    number = _numbers(parts, spot, lowest=1).get("expiration_hour")
    if number is None:
        return {}
    return {"sent_to_remote_limit": timedelta(hours=number) if number <= _HOURS_UP_TO else timedelta(seconds=number)}


def _rule(parts: dict[str, object], spot: Spot, default: PenaltyRule) -> PenaltyRule:
    number = _numbers(parts, spot, lowest=0)
    interval, expiration = number.get("retry_interval"), number.get("expiration_date")
    return PenaltyRule(
        retry_interval=default.retry_interval if interval is None else timedelta(seconds=interval),
        expiration_date=default.expiration_date if expiration is None else timedelta(seconds=expiration),
        max_retry_count=number.get("max_retry_count", default.max_retry_count),
    )


def _numbers(parts: dict[str, object], spot: Spot, lowest: int) -> dict[str, int]:
    known = {"retry_interval", "expiration_date", "max_retry_count", "expiration_hour"}
    read = {
        key.lower(): whole_number(value, spot.at(key), lowest)
        for key, value in parts.items()
        if key.lower() in known and not empty(value)
    }
    return {key: value for key, value in read.items() if value is not None}
