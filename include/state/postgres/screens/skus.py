"""What the page of one SKU reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from include.state.postgres.session import Session
from include.state.postgres.sql import screen_skus as sql
from include.state.records import Suggestion, SuggestionState
from include.state.sku_records import SkuState


@dataclass(frozen=True, slots=True)
class LastSent:
    """What was sent last of a kind. ``value`` None: it left, and Fashfed has not confirmed it; ``doubted``: Fashfed
    has changed it itself since."""

    kind: str
    value: str | None
    version: str
    doubted: bool
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class HeldChange:
    """A change that a brake holds back, or held until somebody let it pass."""

    kind: str
    before: str
    after: str
    held_at: datetime
    passed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Resent:
    """A difference that was found, queued to be sent again, and confirmed by reading back."""

    kind: str
    hub_value: str
    market_value: str
    found_at: datetime
    queued_at: datetime | None
    times: int
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownSku:
    """All that the state database knows of one SKU."""

    state: SkuState | None
    suggestion: Suggestion | None
    sent: Sequence[LastSent] = field(default=())
    holds: Sequence[HeldChange] = field(default=())
    corrections: Sequence[Resent] = field(default=())


class SkuPages(Session):
    """Part of ``ScreenStore``."""

    async def known_sku(self, channel: str, sku: str, kinds: Sequence[str]) -> KnownSku:
        """What is known of a SKU; ``kinds`` are the content types of values that are sent."""
        states = await self._rows(sql.ONE, channel=channel, sku=sku)
        suggestions = await self._rows(sql.SUGGESTION, channel=channel, sku=sku)
        sent = await self._rows(sql.SENT, channel=channel, sku=sku, kinds=list(kinds))
        holds = await self._rows(sql.HOLDS, channel=channel, sku=sku)
        corrections = await self._rows(sql.CORRECTIONS, channel=channel, sku=sku)
        return KnownSku(
            next((SkuState(**row) for row in states), None),
            next((Suggestion(**{**row, "state": SuggestionState(row["state"])}) for row in suggestions), None),
            [LastSent(**row) for row in sent],
            [HeldChange(**row) for row in holds],
            [Resent(**row) for row in corrections],
        )

    async def sku_named(self, channel: str, text: str) -> str | None:
        """The SKU of the last comparison that a text names, whatever its capitals."""
        rows = await self._rows(sql.ALIKE, channel=channel, text=text)
        return str(rows[0]["sku"]) if rows else None
