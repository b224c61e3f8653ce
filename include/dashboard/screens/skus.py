"""The page of one SKU: why it is or is not on sale, and all that is known of it."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Path
from fastapi.responses import HTMLResponse, RedirectResponse

from include import deployment
from include.bootstrap import Wiring, open_remotes
from include.catalogue import CATALOGUE
from include.catalogue.entries import Entry, in_general
from include.dashboard import words
from include.dashboard.page import Operator, Page, Reader
from include.dashboard.screens.logs import flow_name
from include.dashboard.screens.logs_asked import Text, shown_kind
from include.errors import FashfedError
from include.flows.registry import FLOWS
from include.state.postgres.screens.logs import LogFilter, LogRow
from include.state.postgres.screens.skus import KnownSku
from include.state.records import Audit

router = APIRouter()
KINDS: Final = ("product", "productprice", "productstock")
"""Content types of a SKU's values."""
_ROWS: Final = 15
_PATIENCE: Final = 20.0
"""Seconds for which Omnitron is asked about penalties."""
Sku = Annotated[str, Path(max_length=255, pattern=r"^[^\x00]+$")]
Action = Literal["delete_bulk_failed_integration", "update_bulk_product_version_date"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence about a SKU. ``tone`` is good, wait, note or bad; ``entry`` explains what is wrong."""

    tone: str
    word: str
    sentence: str
    code: str | None = None

    @property
    def entry(self) -> Entry | None:
        """The catalogue's cause, owner and next step."""
        return CATALOGUE.get(self.code or "")


@router.get("/skus/{sku:path}/penalty")
async def penalty(page: Reader, sku: Sku) -> HTMLResponse:
    """The penalties that Omnitron keeps for a SKU now."""
    try:
        found, trouble = await _penalties(page, sku), None
    except FashfedError as error:
        found, trouble = [], f"{error} [{error.code}]. Next step: {error.next_step}"
    except TimeoutError:
        found, trouble = [], f"Omnitron has not answered within {_PATIENCE:.0f} seconds. Load the page again later."
    return page.show("skus_penalty.html", sku=sku, found=found, trouble=trouble, kind_name=shown_kind)


async def _penalties(page: Page, sku: str) -> list[dict[str, object]]:
    """Raises ``FashfedError`` and ``TimeoutError``."""
    wiring = await asyncio.to_thread(Wiring.read, page.channel, page.world.source)
    async with asyncio.timeout(_PATIENCE), open_remotes(wiring, page.store, page.world.clock) as channel:
        hub = channel.hub
        products = [product.pk for product in await hub.products_by_sku([sku], at_once=1)]
        objects = {"product": products}
        if products and channel.settings.catalog_id:
            lists = await hub.catalog(int(channel.settings.catalog_id))
            objects["productprice"] = [row.pk for row in await hub.prices_of(products, lists.price_list)]
            objects["productstock"] = [row.pk for row in await hub.stocks_of(products, lists.stock_list)]
        return [
            {"kind": kind, "tries": one.retry_count, "until": _moment(one.expiration_date)}
            for kind, pks in objects.items()
            if pks
            for one in await hub.failed_integrations(kind, pks)
            if one.is_active
        ]


def _moment(text: str | None) -> datetime | None:
    """A time of Omnitron; one without a zone is UTC."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@router.get("/skus/{sku:path}")
async def sku_page(page: Reader, sku: Sku, started: Text = "", run: Text = "") -> HTMLResponse:
    """Everything that is known of a SKU."""
    wanted = LogFilter(keys=[sku])
    known = await page.store.known_sku(page.channel, sku, KINDS)
    rows = await page.store.log_page(page.channel, wanted, _ROWS)
    waiting = await page.store.waiting_batches(page.channel, wanted, _ROWS)
    compared = await page.store.comparisons(page.channel, "products", 1)
    return page.show(
        "skus.html",
        sku=sku,
        known=known,
        state=known.state,
        verdict=verdict(known, rows),
        rows=rows,
        waiting=waiting,
        compared_at=compared[0].at if compared else None,
        started=FLOWS.get(started),
        run=run,
        in_general=in_general,
        flow_name=flow_name,
        kind_name=shown_kind,
        said=said,
    )


@router.post("/skus/{sku:path}")
async def act(page: Operator, sku: Sku, action: Annotated[Action, Form()]) -> RedirectResponse:
    """Start the flow that releases the penalty of a SKU, or moves its version date. Raises ``FashfedError``."""
    flow = FLOWS[action]
    dag = deployment.dag_id(flow, page.channel)
    run_id = await asyncio.to_thread(page.world.airflow.start, dag, {"skus": [sku]}, page.visitor.name)
    audit = Audit(page.visitor.name, "start", f"run of {flow.display_name}", run_id, f"SKU {sku}", page.now)
    await page.store.note_audit(page.channel, audit)
    return page.goto(f"skus/{sku}", started=action, run=run_id)


def verdict(known: KnownSku, rows: list[LogRow]) -> Verdict:
    """Why the SKU is, or is not, on sale, as far as it is known."""
    state = known.state
    if state is None:
        last = next((row for row in rows if row.kind in KINDS), None)
        if last is not None and not last.ok:
            return Verdict("bad", "Not sent", last.message, last.code)
        return Verdict("note", "Unknown", "The last comparison of Omnitron and Fashfed did not see this SKU.")
    if state.in_catalog and not state.on_sale:
        return Verdict("bad", "Not on sale", state.reason or "Nobody can say why yet.", state.code)
    if not state.on_sale:
        return Verdict("note", "Not in the catalogue", "It is not in the channel's catalogue, and not on sale.")
    if state.price_differs or state.stock_differs:
        return Verdict("wait", "Differs", state.reason or "Fashfed has other values than Omnitron.", state.code)
    if state.code:
        return Verdict("wait", "On sale", state.reason or "", state.code)
    if state.in_flight:
        return Verdict("note", "On sale", "It is on sale; a change of it is on its way to Fashfed.")
    return Verdict("good", "On sale", "It is on sale, and its price and stock agree.")


def said(kind: str, value: str | None) -> str:
    """A value that was sent, as people read it."""
    if value is None:
        return "on its way, not confirmed yet"
    if kind == "productprice":
        return words.money(json.loads(value)["price"])
    return "content" if kind == "product" else value
