"""Readiness: whether everything is set up (spec section 10), and what is in effect."""

import asyncio
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from include import deployment
from include.dashboard.page import Page, Reader
from include.dashboard.screens import readiness_place as places
from include.dashboard.screens.readiness_steps import CATEGORIES, MAPPING, Known, State, Step, steps
from include.errors import FashfedError
from include.flows.registry import FLOWS
from include.questions import ask_settings
from include.settings import ChannelSettings, readiness

router = APIRouter(prefix="/readiness")

_PATIENCE: Final = 6.0
"""Seconds that a visitor waits for Omnitron."""
_SETUP: Final = ("channel_setup", "category_node", "category_attributes", "default_attributes")
TONES: Final[dict[State, tuple[str, str]]] = {
    "done": ("Done", "good"),
    "missing": ("Not ready", "bad"),
    "look": ("Needs a look", "wait"),
    "unknown": ("Not known", ""),
}
"""Word and tone of a step's state."""


@router.get("")
async def show(page: Reader) -> HTMLResponse:
    """Every step and setting; what Omnitron would have to say is left out while it is away."""
    settings, trouble, next_step = await _ask(page)
    paused = await _paused(page)
    place = await places.look(page)
    slots = places.slots(page, paused)
    rows = readiness(settings) if settings else []
    found = steps(
        Known(
            settings,
            trouble,
            next_step,
            rows,
            await page.store.last_successes(page.channel, {name: FLOWS[name].steps[-1] for name in _SETUP}),
            await page.store.count_skus_by_code(page.channel, [*MAPPING, *CATEGORIES]),
            await page.store.has_sent_a_product(page.channel),
            [slot.flow for slot in slots if slot.paused],
            place,
        )
    )
    return page.show(
        "readiness.html",
        steps=found,
        tones=TONES,
        told=_told(found),
        trouble=trouble,
        rows=rows,
        names=_names(),
        place=place,
        slots=slots,
        wait=settings.sent_to_remote_limit if settings else None,
        facts=_facts(),
        dag=lambda dag: page.airflow(f"dags/{dag}"),
        connections=page.airflow("connections"),
    )


async def _ask(page: Page) -> tuple[ChannelSettings | None, str, str]:
    """The channel's settings, or None, why there are none, and what to do about it."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await ask_settings(page.channel, page.world.source, page.store), "", ""
    except FashfedError as error:
        return None, str(error), error.next_step
    except TimeoutError:
        return None, f"Omnitron did not answer within {_PATIENCE:g} s.", "See whether Omnitron is up, then try again."


async def _paused(page: Page) -> frozenset[str]:
    dags = [deployment.dag_id(flow, page.channel) for flow in FLOWS.values()]
    try:
        return await asyncio.to_thread(page.world.airflow.paused, dags)
    except FashfedError:  # the dashboard says so; here it is one fact of many
        return frozenset()


def _told(found: list[Step]) -> tuple[str, str]:
    """One line over all steps, and its tone."""
    open_steps = [step for step in found if step.state != "done"]
    if not open_steps:
        return f"All {len(found)} steps are done.", "good"
    done = f"{len(found) - len(open_steps)} of {len(found)} steps are done."
    missing = [step.title for step in open_steps if step.state == "missing"]
    look = [step.title for step in open_steps if step.state == "look"]
    parts = [f"Not ready: {', '.join(missing)}."] if missing else []
    parts += [f"Worth a look: {', '.join(look)}."] if look else []
    return " ".join([done, *parts]), "bad" if missing else "wait" if look else "note"


def _names() -> dict[str, str]:
    """The flow of each flag, as people call it."""
    return {flow.flag: flow.display_name for flow in FLOWS.values() if flow.flag}


def _facts() -> dict[str, Any]:
    """What the environment says of this deployment."""
    return {
        "Sales channels": ", ".join(deployment.channels()),
        "Time zone": deployment.timezone(),
        "Buyers' data of finished records kept": f"{deployment.keep_payloads().days} days",
        "History kept": f"{deployment.keep_history().days} days",
        "Private addresses in settings": "allowed" if deployment.allow_private_hosts() else "refused",
    }
