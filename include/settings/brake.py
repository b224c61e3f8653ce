"""Price Brake and Stock Brake: how much may change before a person has to look."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from include.settings.problem import Spot
from include.settings.values import empty, entries, whole_number

_EXAMPLE = '{"change_percent": 50, "share_percent": 30}'


class Brake(BaseModel):
    """Limits in percent; what goes beyond one waits until a person lets it pass. An empty limit holds nothing back."""

    model_config = ConfigDict(frozen=True)

    change_percent: int | None = None
    """How far one value may move from the one Fashfed has."""
    zero_percent: int | None = None
    """Share of the SKUs on Fashfed that one run may set to zero."""
    share_percent: int | None = None
    """Share of the SKUs on Fashfed that one run may change."""

    @classmethod
    def read(cls, raw: object, spot: Spot) -> Self | None:
        """The brake as typed; a limit that does not exist is refused, because it would protect nobody."""
        found = entries(raw, spot, _EXAMPLE)
        if found is None:
            return None
        limits: dict[str, int | None] = {}
        for key, value in found.items():
            if key.lower() not in cls.model_fields:
                spot.at(key).refuse(value, f"one of {', '.join(cls.model_fields)}")
            elif not empty(value):
                limits[key.lower()] = whole_number(value, spot.at(key), lowest=1)
        return cls(**limits)

    def __str__(self) -> str:
        told = [
            f"{text} {limit} %"
            for limit, text in (
                (self.change_percent, "one value moving by more than"),
                (self.zero_percent, "a run setting to zero more than"),
                (self.share_percent, "a run changing more than"),
            )
            if limit is not None
        ]
        return f"holds {', '.join(told)}" if told else "off"
