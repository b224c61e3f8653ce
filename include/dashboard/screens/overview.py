"""Dashboard (spec section 7.1)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from include import deployment
from include.alarms.criteria import INBOX_KINDS
from include.dashboard.page import Page, Reader
from include.dashboard.screens import overview_figures as figures
from include.dashboard.screens import overview_health as health
from include.errors import FashfedError
from include.flows.registry import FLOWS
from include.state.alarms import Incident, IncidentState
from include.state.records import ORDER_LEDGER, OWED, PRODUCTS, Comparison, InboxState

router = APIRouter()

_ORDER_DAYS: Final = 7
_MANY: Final = 100
"""Open incidents that are looked at."""
_BRAKED: Final = ("productprice", "productstock")


@router.get("/")
async def dashboard(page: Reader, days: int = 7) -> HTMLResponse:
    """The eight figures, their course, the orders of both sides, and the health of every flow."""
    return page.show("overview.html", **await _now(page), **await _course(page, days))


@router.get("/now")
async def now(page: Reader) -> HTMLResponse:
    """What the dashboard replaces twice a minute."""
    return page.show("overview_now.html", number_of=figures.number, **await _now(page))


@router.get("/trend")
async def trend(page: Reader, days: int = 7) -> HTMLResponse:
    """The charts and the table that they draw."""
    return page.show("overview_trend.html", **await _course(page, days))


async def _now(page: Page) -> dict[str, Any]:
    compared = await page.store.comparisons(page.channel, PRODUCTS, 1)
    flows, silent = await _health(page)
    tone, told = health.summary(flows)
    incidents = await page.store.count_incidents(page.channel)
    return {
        "compared": compared[0] if compared else None,
        "figures": figures.FIGURES,
        "orders": await _orders(page),
        "health": flows,
        "groups": health.GROUPS,
        "tone": tone,
        "told": told,
        "silent": silent,
        "incidents": incidents[IncidentState.OPEN],
        "dag": lambda flow: page.airflow(f"dags/{deployment.dag_id(flow, page.channel)}"),
    }


async def _health(page: Page) -> tuple[list[health.FlowHealth], str]:
    """Every flow, and why Airflow did not say which are paused (empty: it did)."""
    store, channel, silent = page.store, page.channel, ""
    paused: frozenset[str] = frozenset()
    try:
        dags = [deployment.dag_id(flow, channel) for flow in FLOWS.values()]
        paused = await asyncio.to_thread(page.world.airflow.paused, dags)
    except FashfedError as error:
        silent = str(error)
    known = health.Known(
        channel,
        await store.newest_runs(channel, list(FLOWS)),
        await store.last_successes(channel, {flow.name: flow.steps[-1] for flow in FLOWS.values()}),
        await store.backlogs(channel, list(INBOX_KINDS), _BRAKED, now=page.now),
        paused,
        frozenset(name for incident in await _open_incidents(page) for name in incident.flows),
        page.now,
    )
    return health.health(known), silent


async def _open_incidents(page: Page) -> list[Incident]:
    return await page.store.incidents(page.channel, state=IncidentState.OPEN, limit=_MANY)


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of both sides: what Fashfed showed first within the last days, and what became of it."""

    days: int
    fashfed: int
    omnitron: int
    waiting: int
    excluded: int
    differences: int
    needs_a_person: int
    ledger: Comparison | None

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """What the newest comparison looked at."""
        if self.ledger is None:
            return None
        told = self.ledger.figures
        return datetime.fromisoformat(told["from"]), datetime.fromisoformat(told["to"])


async def _orders(page: Page) -> Orders:
    store, channel = page.store, page.channel
    packages = await store.count_packages(channel, page.now - timedelta(days=_ORDER_DAYS))
    ledger = await store.comparisons(channel, ORDER_LEDGER, 1)
    return Orders(
        _ORDER_DAYS,
        sum(packages.values()),
        packages.get(InboxState.DONE, 0),
        sum(packages.get(state, 0) for state in OWED),
        packages.get(InboxState.EXCLUDED, 0),
        await store.count_differences(channel, "order"),
        await store.count_needing_a_person(channel),
        ledger[0] if ledger else None,
    )


async def _course(page: Page, days: int) -> dict[str, Any]:
    days = days if days in figures.PERIODS else min(figures.PERIODS)
    return {
        "days": days,
        "periods": list(figures.PERIODS),
        "points": await figures.course(page.store, page.channel, days, page.now),
        "series": figures.SERIES,
        "number_of": figures.number,
    }
