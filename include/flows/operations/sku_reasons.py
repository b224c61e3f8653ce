"""Why a SKU is not on sale, or cannot be compared: the first of its reasons, in the words of the error catalogue."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd

from include.errors import RecordFailed
from include.flows.context import FlowContext
from include.flows.operations.corrections import Reason, flow_fails, flow_stopped
from include.flows.operations.product_sides import money
from include.state.rules import older, version_moment
from include.state.store import LogEntry, Suggestion, SuggestionState

_ALL = 1_000_000
"""More suggestions than there are."""
_SKEW = timedelta(minutes=20)
"""More than the clocks of the two sides differ."""


class Reasons:
    """What is known of SKUs that are not on sale; read once."""

    def __init__(
        self,
        suggestions: Mapping[str, Suggestion],
        failures: Mapping[str, LogEntry],
        stopped: RecordFailed | None,
    ) -> None:
        self._suggestions = suggestions
        self._failures = failures
        self._stopped = stopped

    @classmethod
    async def read(cls, ctx: FlowContext, table: pd.DataFrame) -> "Reasons":
        """Read what is known of the SKUs of the table."""
        store, channel = ctx.store, ctx.channel
        states = (SuggestionState.WAITING, SuggestionState.REJECTED)
        suggestions = {row.key: row for state in states for row in await store.suggestions(channel, state, _ALL)}
        missing = table[table["in_catalog"] & ~table["on_sale"]]
        names = sorted({*missing["sku"], *missing["key"]})
        failures = await store.last_failures(channel, "product", names)
        return cls(suggestions, failures, flow_stopped(ctx, "product") or await flow_fails(ctx, "product"))

    def all(self, table: pd.DataFrame) -> Iterator[tuple[str, Reason]]:
        """The SKUs that are not as they should be in the catalogue or on sale, each with its reason."""
        for row in table[table["in_catalog"] != table["on_sale"]].itertuples():
            yield str(row.sku), self._of(row)
        both = table["in_catalog"] & table["on_sale"]
        for row in table[both & (table["hub_price"].isna() | table["hub_stock"].isna())].itertuples():
            yield str(row.sku), _all([*_no_price(row), *_no_stock(row)])

    def _of(self, row: Any) -> Reason:
        sku: str = row.sku
        if not row.in_catalog:
            return Reason.of(RecordFailed("left_catalogue", sku=sku))
        if row.in_flight:
            return Reason.of(RecordFailed("on_its_way", sku=sku))
        word = self._word(row) or self._offer(row)
        if word:
            return Reason.of(word)
        wrong = list(_lacking(row))
        if wrong:
            return _all(wrong)
        failure = self._failures.get(sku) or self._failures.get(row.key)
        if failure and failure.code and not _edited_since(row, failure):
            return Reason(failure.code, failure.message)
        return Reason.of(self._stopped or RecordFailed("product_due", sku=sku))

    def _word(self, row: Any) -> RecordFailed | None:
        """What Fashfed's owner says of it."""
        suggestion = self._suggestions.get(row.key)
        if suggestion is None:
            return None
        if suggestion.state is SuggestionState.WAITING:
            since = suggestion.suggested_at.strftime("%Y-%m-%d %H:%M UTC")
            return RecordFailed("approval_waits", sku=row.sku, since=since)
        if older(suggestion.version, row.modified):
            return None  # it was edited since
        return RecordFailed("suggestion_failed", sku=row.sku, detail=f"rejected by Fashfed: {suggestion.reason}")

    def _offer(self, row: Any) -> RecordFailed | None:
        """What Fashfed shows of what was sent."""
        if pd.isna(row.remote_id):
            return None
        return RecordFailed("offer_inactive" if row.offered else "offer_missing", sku=row.sku)


def _all(wrong: Sequence[RecordFailed]) -> Reason:
    """The code of the first with the text of all."""
    return Reason.of(RecordFailed(wrong[0].code, also=wrong[1:], **wrong[0].facts))


def _lacking(row: Any) -> Iterator[RecordFailed]:
    """What a product needs and does not have."""
    yield from _no_price(row)
    if pd.notna(row.hub_price) and row.hub_price <= 0:
        yield RecordFailed("price_invalid", sku=row.sku, value=money(int(row.hub_price)))
    yield from _no_stock(row)
    if pd.notna(row.hub_stock) and row.hub_stock <= 0:
        yield RecordFailed("out_of_stock", sku=row.sku, stock=int(row.hub_stock))
    if not row.places:
        yield RecordFailed("category_missing", sku=row.sku)
    if not row.pictured:
        yield RecordFailed("image_missing", sku=row.sku)


def _no_price(row: Any) -> Iterator[RecordFailed]:
    if pd.isna(row.hub_price):
        yield RecordFailed("price_not_found" if pd.isna(row.price_pk) else "price_invalid", sku=row.sku)


def _no_stock(row: Any) -> Iterator[RecordFailed]:
    if pd.isna(row.hub_stock):
        yield RecordFailed("stock_not_found" if pd.isna(row.stock_pk) else "stock_invalid", sku=row.sku)


def _edited_since(row: Any, failure: LogEntry) -> bool:
    moment = version_moment(row.modified)
    return moment is not None and moment > failure.at + _SKEW
