"""The eight figures of the dashboard (spec section 7.1, reference/flows.md section 6.1) and their course over days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from include import deployment
from include.state.postgres.screens import ScreenStore
from include.state.records import PRODUCTS, Comparison


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its key in the comparison, the spec's title, how it is counted, and the report behind it, if any.

    ``corrected`` names the figure's course from found to confirmed, for those that are corrected.
    """

    key: str
    title: str
    counted: str
    report: str | None = None
    corrected: str | None = None


FIGURES: Final = (
    Figure("catalog_skus", "TOTAL SKU IN CATALOG", "Simple, active SKUs in the channel's catalog."),
    Figure("on_sale_skus", "NUMBER OF SKUs ON SALE", "Sent to Fashfed, and their offer there is active."),
    Figure(
        "sku_difference",
        "TOTAL SKU DIFFERENCE",
        "Saleable in Omnitron (price, stock, category, image), but not on sale at Fashfed.",
        "not_on_sale",
    ),
    Figure(
        "price_differences",
        "NUMBER OF SKUs WITH PRICE DIFFERENCES THAT WERE CORRECTED",
        "On sale with another price than in Omnitron; each is sent again.",
        "prices",
        "price",
    ),
    Figure("catalog_stock", "TOTAL STOCK IN CATALOG", "Omnitron's stock of all SKUs in the catalog."),
    Figure("on_sale_stock", "TOTAL STOCK QUANTITY", "Fashfed's stock of all SKUs on sale there."),
    Figure(
        "stock_difference",
        "TOTAL STOCK DIFFERENCE",
        "Omnitron's stock of the SKUs in the catalog that are not on sale.",
        "not_on_sale",
    ),
    Figure(
        "stock_differences",
        "NUMBER OF SKUs WITH STOCK DIFFERENCES",
        "On sale with another stock than Omnitron's less the buffer; each is sent again.",
        "stocks",
        "stock",
    ),
)
"""In the order of the spec."""

SERIES: Final = (
    ("catalog_skus", "SKUs in catalog", "skus"),
    ("on_sale_skus", "SKUs on sale", "skus"),
    ("price_differences", "Price differences", "differences"),
    ("stock_differences", "Stock differences", "differences"),
)
"""What the charts draw: key, name, and the chart it is in."""

_HOUR = timedelta(hours=1)
PERIODS: Final = {7: _HOUR, 30: 8 * _HOUR, 90: 24 * _HOUR}
"""Days to choose from, and the span of which one point stands for all comparisons."""


async def course(store: ScreenStore, channel: str, days: int, now: datetime) -> Sequence[Comparison]:
    """The figures over the last days, oldest first; spans begin at midnight of the deployment's zone."""
    midnight = now.astimezone(ZoneInfo(deployment.timezone())).replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=days - 1)
    return await store.trend(channel, PRODUCTS, since=since, step=PERIODS[days], origin=midnight)


def number(figures: Mapping[str, Any], *keys: str) -> int | None:
    """A figure of a comparison, or None where it has none."""
    found: Any = figures
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, int) else None
