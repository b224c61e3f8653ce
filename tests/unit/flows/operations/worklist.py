"""What the tests of the operations on lists of SKUs look at."""

from collections.abc import Mapping
from typing import Any

from include.domain.sku_list import SkuList
from include.state.store import Finding, Sent
from tests.worldkit import CHANNEL, Kit

RELEASE = "delete_bulk_failed_integration"
MOVE = "update_bulk_product_version_date"


def product_of(kit: Kit, sku: str) -> int:
    """The hub's pk of a product."""
    pk: int = kit.sandbox.omnitron.products.find("sku", sku)[0]["pk"]
    return pk


def records_of(kit: Kit, sku: str) -> Mapping[str, int]:
    """The pks of what the hub keeps of a SKU on the channel's lists, by content type."""
    hub, product = kit.sandbox.omnitron, product_of(kit, sku)
    price = next(row for row in hub.prices.find("product", product) if row["price_list"] == hub.catalog["price_list"])
    return {"product": product, "productprice": price["pk"], "productstock": kit.sandbox.stock_row(sku)["pk"]}


def penalise(kit: Kit, sku: str, *models: str) -> None:
    """Records of the SKU have failed just now."""
    hub = kit.sandbox.omnitron
    for model, pk in records_of(kit, sku).items():
        if model in (models or ("product", "productprice", "productstock")):
            hub.penalties.failed(model, pk, hub.tables[model].rows[pk]["modified_date"], "mapping")
            hub.feeds.refresh(model, pk)


def penalties(kit: Kit) -> int:
    """Active penalties in the hub."""
    return sum(row["is_active"] for row in kit.sandbox.omnitron.penalties.table.rows.values())


def hold(kit: Kit, sku: str, model: str = "product") -> str:
    """A record of the SKU is in a batch that waits for Fashfed; gives its local batch id."""
    hub, pk = kit.sandbox.omnitron, records_of(kit, sku)[model]
    action = hub.actions.get(model, pk) or hub.actions.create(model, pk, hub.now())
    action.earlier, action.status = action.status, "processing"
    local_batch_id = f"batch of {sku}"
    hub.actions.set_batch(action, local_batch_id)
    return local_batch_id


async def remember(kit: Kit, *skus: str) -> None:
    """Fashfed confirmed the content of these products."""
    rows = [Sent(sku, "content", "2026-03-01T10:00:00Z") for sku in skus]
    await kit.store().record_sent(CHANNEL, "product", rows, now=kit.clock.now())


def due_updates(kit: Kit) -> set[str]:
    """SKUs whose products the hub shows as changed."""
    hub = kit.sandbox.omnitron
    return {hub.products.rows[pk]["sku"] for pk in hub.feeds.due("product", "0", "updates").members}


def asked(*skus: str) -> SkuList:
    """A list of SKUs without a bad row."""
    return SkuList(skus)


async def findings(kit: Kit, flow: str) -> dict[str, Finding]:
    """What the last run found, by row."""
    return {row.key: row for row in await kit.store().findings(CHANNEL, flow, limit=10_000)}


async def verdicts(kit: Kit, flow: str) -> dict[str, str]:
    """The last run's verdict, or its code where there is one, by row."""
    return {key: row.code or row.verdict for key, row in (await findings(kit, flow)).items()}


def counted(report: Any) -> dict[str, int]:
    """What the run counted, without zeros."""
    return {name: number for name, number in report.counts.items() if number}
