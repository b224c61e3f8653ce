"""Comparing the products of both sides: the eight figures of the dashboard, what is corrected, and each SKU with the
reason why it is not as it should be (spec section 7.1; reference/flows.md section 6.1).

It is made while one of the flags ``product``, ``price`` and ``stock`` is on; prices and stocks are corrected while
their own flag is on.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from include.errors import ConfigurationError, RetryNow
from include.flows.context import FlowContext
from include.flows.lists import channel_lists
from include.flows.operations.corrections import Corrections, Outcome, Reason
from include.flows.operations.on_the_way import on_the_way
from include.flows.operations.product_figures import figures, joined, mark
from include.flows.operations.product_sides import Sides, money, read_sides
from include.flows.operations.second_look import PRICE, STOCK, Kind, SecondLook, Seen
from include.flows.operations.sku_reasons import Reasons
from include.flows.registry import FLOWS
from include.state.records import PRODUCTS
from include.state.store import Comparison, SkuState

_FLAGS = ("product", "price", "stock")
_SHOWN = (
    *("sku", "pk", "name", "in_catalog", "saleable", "on_sale", "in_flight", "price_differs", "stock_differs"),
    *("hub_price", "market_price", "hub_stock", "due_stock", "market_stock"),
)
"""Columns of the table in the order of ``SkuState``."""


async def compare_products(ctx: FlowContext) -> None:
    """Compare, correct, and keep what was found. Raises what keeps both sides from being read whole; then nothing of
    the last comparison is changed."""
    if not any(ctx.settings.flag(flag) for flag in _FLAGS):
        ctx.log.info("Product, Price and Stock are off: there are no products to compare")
        return
    _check_buffer(ctx)
    async with ctx.store.lock(ctx.channel, PRODUCTS, wait=ctx.tuning.lock_wait):
        table = await _read(ctx)
        outcomes = await _correct(ctx, table)
        reasons = dict((await Reasons.read(ctx, table)).all(table))
        for outcome in outcomes.values():
            reasons = {**outcome.reasons, **reasons}
        now = ctx.clock.now()
        await ctx.store.keep_sku_states(ctx.channel, _states(table, reasons), now=now)
        found = _figures(table, outcomes, reasons)
        await ctx.store.keep_comparison(ctx.channel, Comparison(PRODUCTS, now, found))
    ctx.report.count("read", len(table))
    ctx.report.count("updated", sum(outcome.queued for outcome in outcomes.values()))
    ctx.log.info(
        "Products: %d in the catalogue, %d on sale, %d could be on sale and are not; %d prices and %d stocks differ",
        *(found[name] for name in ("catalog_skus", "on_sale_skus", "sku_difference")),
        *(found[name] for name in ("price_differences", "stock_differences")),
    )


def _check_buffer(ctx: FlowContext) -> None:
    """Without the right buffer every stock would differ. Raises ``ConfigurationError`` (settings_invalid)."""
    problems = [str(problem) for problem in ctx.settings.problems if problem.setting == "buffer_stock"]
    if problems:
        raise ConfigurationError("settings_invalid", flow=FLOWS[ctx.flow].display_name, problems="; ".join(problems))


async def _read(ctx: FlowContext) -> pd.DataFrame:
    if ctx.out_of_time():
        raise RetryNow("comparison_unfinished")
    moving = await on_the_way(ctx)
    sides = await read_sides(ctx, await channel_lists(ctx))
    _check_whole(sides)
    table = joined(sides, ctx.settings.buffer_stock)
    mark(table, moving)
    ctx.log.info("%d SKUs of both sides were read", len(table))
    return table


def _check_whole(sides: Sides) -> None:
    """One side that shows nothing at all is more likely out of order than empty. Raises ``ConfigurationError``."""
    sent = int(sides.actions["remote_id"].notna().sum())
    for remote, what, shown in (("Omnitron", "products", sides.products), ("Fashfed", "offers", sides.offers)):
        if sent and shown.empty:
            raise ConfigurationError("comparison_one_sided", remote=remote, what=what, number=sent)


async def _correct(ctx: FlowContext, table: pd.DataFrame) -> dict[str, Outcome]:
    """What became of the differences, by kind. Both kinds are looked at before either is written down: what is in
    flight in one is not judged in the other."""
    moving = await on_the_way(ctx)
    works: list[tuple[Kind, Corrections, list[Seen]]] = []
    for kind in (PRICE, STOCK):
        corrections = Corrections(ctx, kind, table)
        seen = await SecondLook(ctx, kind, table, moving).look(await corrections.candidates())
        works.append((kind, corrections, seen))
    return {kind.name: await corrections.correct(seen) for kind, corrections, seen in works}


def _figures(table: pd.DataFrame, outcomes: Mapping[str, Outcome], reasons: Mapping[str, Reason]) -> dict[str, Any]:
    found = figures(table)
    codes = pd.Series([reason.code for reason in reasons.values()], dtype="str").value_counts()
    return {
        **found,
        "price": outcomes["price"].as_json(found["price_differences"]),
        "stock": outcomes["stock"].as_json(found["stock_differences"]),
        "in_flight": int(table["in_flight"].sum()),
        "reasons": {str(code): int(number) for code, number in codes.items()},
    }


def _states(table: pd.DataFrame, reasons: Mapping[str, Reason]) -> Iterator[SkuState]:
    columns = (_plain(table[name]) for name in _SHOWN)
    for sku, pk, name, *marks, hub_price, market_price, hub_stock, due_stock, market_stock in zip(
        *columns, strict=True
    ):
        prices = (None if price is None else money(price) for price in (hub_price, market_price))
        reason = reasons.get(sku)
        why = (reason.code, reason.text) if reason else (None, None)
        yield SkuState(
            *(sku, int(pk), name or "", *marks, *prices, hub_stock, due_stock, market_stock, *why),
        )


def _plain(column: "pd.Series[Any]") -> list[Any]:
    """The values as Python knows them."""
    return column.astype(object).where(column.notna(), None).tolist()
