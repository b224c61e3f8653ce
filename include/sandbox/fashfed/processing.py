"""What the marketplace does with a submitted batch when its time has come (api/fashfed.md, "Batch")."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from include.sandbox.fashfed.approvals import decide_due, suggest
from include.sandbox.fashfed.catalogue import attribute_errors
from include.sandbox.fashfed.category_book import find_category
from include.sandbox.routing import Row
from include.sandbox.timeline import milli

if TYPE_CHECKING:
    from include.sandbox.fashfed.market import Fashfed


def settle(market: "Fashfed") -> None:
    """Process every pending batch that is due, in the order of submission; then decide about content."""
    _process_due(market)
    decide_due(market)


def _process_due(market: "Fashfed") -> None:
    now = market.timeline.now()
    while market.pending:
        batch = market.batches.rows.get(market.pending[0])
        if batch is None or batch["_fate"] in ("stuck", "lost"):
            if batch and batch["_fate"] == "lost":
                market.batches.remove(batch)
            market.pending.popleft()
            continue
        if batch["_due"] > now:
            halfway = batch["_due"] - timedelta(seconds=market.processing_seconds / 2)
            batch["status"] = "processing" if halfway <= now else "waiting"
            return
        market.pending.popleft()
        _process(market, batch)
        batch["updated_at"] = milli(batch["_due"])


def _process(market: "Fashfed", batch: Row) -> None:
    work, batch["_work"] = batch["_work"], []
    if batch["_fate"] == "failed":
        batch.update(status="failed", items=[])
        return
    apply = _EFFECTS[batch["kind"]]
    results: list[Row] = []
    for item in work:
        errors = _refused(market, item) or apply(market, item)
        results.append({"sku": item["sku"], "status": "failed" if errors else "success", "errors": errors})
    if batch["_fate"] == "incomplete":
        results = results[:-1]
    batch.update(status="completed", items=results)


def _refused(market: "Fashfed", item: Row) -> Row:
    message = market.refused_skus.get(item["sku"])
    return {"non_field_errors": [message]} if message else {}


def _set_stock(market: "Fashfed", item: Row) -> Row:
    offer = market.offers.rows.get(item["sku"])
    if offer is None:
        return {"sku": ["Unknown SKU."]}
    offer.update(stock=item["stock"], updated_at=market.now())
    return {}


def _set_price(market: "Fashfed", item: Row) -> Row:
    offer = market.offers.rows.get(item["sku"])
    if offer is None:
        return {"sku": ["Unknown SKU."]}
    names = ("price", "retail_price", "currency", "tax_rate")
    offer.update({name: item[name] for name in names if item[name] is not None})
    offer["updated_at"] = market.now()
    return {}


def _suggest(market: "Fashfed", item: Row) -> Row:
    category = find_category(market.categories, item["category"])
    if category is None or category.get("children"):
        return {"category": ["Exactly one leaf category is needed."]}
    errors = attribute_errors(market.attributes.get(item["category"], []), item["attributes"])
    if errors:
        return {"attributes": errors}
    suggest(market, item)
    return {}


_EFFECTS: dict[str, Callable[["Fashfed", Row], Row]] = {"stock": _set_stock, "price": _set_price, "product": _suggest}
