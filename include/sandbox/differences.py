"""What should be on sale, by the hub's data and the market's own rules."""

from decimal import Decimal

from include.sandbox.fashfed import Fashfed
from include.sandbox.merchant import SOURCES
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Row

Prices = tuple[Decimal, Decimal]


def price_in(row: Row) -> Prices | None:
    """(price, retail price) of a hub row; None for one that must not be sent: zero, or above the retail price."""
    price = Decimal(row["price"] or 0)
    retail = Decimal(row["retail_price"] or 0) or price
    return (price, retail) if 0 < price <= retail else None


def price_at(offer: Row) -> Prices:
    """(price, retail price) at the market."""
    price, retail = (round(Decimal(str(offer[name])), 2) for name in ("price", "retail_price"))
    return price, retail


class Fitness:
    """Says of a product whether anything keeps it from being on sale, as both remotes are now."""

    def __init__(self, hub: Omnitron, market: Fashfed) -> None:
        self._hub = hub
        self._kept_out = {*market.refused_skus, *market.rejected_skus}
        # Leaf -> (attribute of the product, texts that are allowed, whether it must be said).
        self._demands: dict[str, list[tuple[str, set[str], bool]]] = {
            leaf["id"]: [
                (SOURCES.get(row["name"], ""), _texts(row), row["is_required"])
                for row in market.attributes.get(leaf["id"], ())
            ]
            for leaf in market.leaves()
        }

    def of(self, product: Row) -> bool:
        """A simple, active product of the catalog with stock, price, picture, one category that is a leaf,
        and every attribute that the market requires there."""
        hub, pk = self._hub, product["pk"]
        lists = (hub.catalog["stock_list"], hub.catalog["price_list"])
        return bool(
            hub.in_catalog("product", product)
            and (product["product_type"], product["is_active"]) == ("0", True)
            and product["sku"] not in self._kept_out
            and product["productimage_set"]
            and any(row["stock_list"] == lists[0] for row in hub.stocks.find("product", pk))
            and any(row["price_list"] == lists[1] and price_in(row) for row in hub.prices.find("product", pk))
            and self._says_all(product)
        )

    def _category(self, product: Row) -> str | None:
        hub = self._hub
        rows = hub.product_categories.find("product", product["pk"])
        if not rows and product["pk"] not in hub.merchandised:
            drawn: str | None = product["attributes"].get("kategori")
            return drawn
        action = hub.actions.get("categorynode", rows[0]["category"]) if len(rows) == 1 else None
        return action.remote_id if action else None

    def _says_all(self, product: Row) -> bool:
        demands = self._demands.get(self._category(product) or "")
        if demands is None:
            return False
        for source, allowed, required in demands:
            text = str(product["attributes"].get(source, "")).casefold()
            if (required and not text) or (text and allowed and text not in allowed):
                return False
        return True


def _texts(definition: Row) -> set[str]:
    return {str(value[name]).casefold() for value in definition["values"] for name in ("label", "value")}
