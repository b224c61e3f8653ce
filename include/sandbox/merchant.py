"""The brand's people in Omnitron: they put products into the drawn categories and fill the Mapper's rules."""

from typing import TYPE_CHECKING

from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Row

if TYPE_CHECKING:
    from include.sandbox.sandbox import Sandbox

# Attribute at the market -> attribute of the brand's products. A second attribute of a name is called "Name (KEY)".
SOURCES = {"Renk": "renk", "Beden": "beden", "Materyal": "materyal", "Desen": "desen", "Sezon": "sezon"}


class Merchant:
    """Looks at what is new since it last looked; what was done to a product after that is left alone."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._hub = sandbox.omnitron
        self._seen = 0
        self._waiting: dict[str, list[int]] = {}

    def work(self, most: int | None = None) -> int:
        """Do what there is to do; at most so many products are put into categories. Returns how much was done."""
        self._note_new_products()
        return self._fill_rules() + self._follow_new_parents() + self._put_into_categories(most)

    def _note_new_products(self) -> None:
        hub = self._hub
        newest = next(reversed(hub.products.rows), 0)
        for pk in range(self._seen + 1, newest + 1):
            product = hub.products.rows.get(pk)
            if product and pk not in hub.merchandised and product["attributes"].get("kategori"):
                self._waiting.setdefault(product["attributes"]["kategori"], []).append(pk)
        self._seen = newest

    def _put_into_categories(self, most: int | None) -> int:
        done = 0
        for category in list(self._waiting):
            drawn = drawn_node(self._hub, category)
            node = _leaf_of(self._hub, drawn) if drawn else None
            if node is None:
                continue
            pks = self._waiting.pop(category)
            left = len(pks) if most is None else most - done
            for pk in pks[:left]:
                self._put(pk, node)
                done += 1
            if pks[left:]:
                self._waiting[category] = pks[left:]
        return done

    def _put(self, pk: int, node: Row) -> None:
        hub = self._hub
        hub.merchandised.add(pk)
        if hub.product_categories.find("product", pk):
            return
        put_into(hub, pk, node)
        action = hub.actions.get("product", pk)
        if action is None or not action.agreed:
            hub.touch("product", hub.products.rows[pk])

    def _follow_new_parents(self) -> int:
        """Products of a node that got children move into the first of them."""
        hub = self._hub
        moved = 0
        for category in list(hub.product_categories.indexes["category"]):
            node = hub.category_nodes.rows[int(category)]
            leaf = _leaf_of(hub, node)
            if leaf and leaf is not node:
                for row in hub.product_categories.find("category", category):
                    hub.product_categories.change(row, category=leaf["pk"], modified_date=hub.now())
                    hub.touch("product", hub.products.rows[row["product"]])
                    moved += 1
        return moved

    def _fill_rules(self) -> int:
        hub = self._hub
        filled = 0
        for name, source in self._unruled():
            for schema in hub.attribute_schemas.find("name", hub.schema_name(name)):
                if not schema["schema"] and schema["pk"] not in hub.ruled:
                    hub.ruled.add(schema["pk"])
                    hub.attribute_schemas.change(schema, schema={"source": source}, modified_date=hub.now())
                    filled += 1
        return filled

    def _unruled(self) -> list[tuple[str, str]]:
        names = [row["name"] for row in self._hub.attributes.rows.values()]
        return [(name, source) for name in names if (source := SOURCES.get(name.split(" (")[0]))]


def drawn_node(hub: Omnitron, category: str) -> Row | None:
    """The node that was drawn for a category of the market."""
    for action in hub.actions.with_remote([category]):
        if action.model == "categorynode":
            return hub.category_nodes.rows.get(action.object_id)
    return None


def _leaf_of(hub: Omnitron, node: Row) -> Row | None:
    """The node itself, or its first child once that is a drawn leaf."""
    if not node["numchild"]:
        return node
    child = next(iter(hub.category_nodes.find("path", f"{node['path']}0001")), None)
    action = hub.actions.get("categorynode", child["pk"]) if child else None
    return child if child and not child["numchild"] and action and action.remote_id else None


def put_into(hub: Omnitron, product: int, node: Row) -> Row:
    """One more category of a product."""
    stamp = hub.now()
    return hub.product_categories.add(
        {"product": product, "category": node["pk"], "created_date": stamp, "modified_date": stamp}
    )
