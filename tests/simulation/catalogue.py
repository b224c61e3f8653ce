"""What must be true of the catalogue, whatever happened (issue: Proof and figures)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from include.sandbox import Sandbox
from include.sandbox.differences import Fitness
from include.sandbox.merchant import SOURCES
from include.sandbox.tables import Table
from include.sandbox.timeline import micro
from include.state.memory import MemoryDatabase
from include.state.store import LogEntry
from tests.simulation.arrivals import Arrivals
from tests.simulation.invariants import Broken
from tests.simulation.people import People

Row = dict[str, Any]
_LATELY = timedelta(hours=1)
_ON_SALE = ("product", "productprice", "productstock")
_UNIQUE = {
    "attribute_sets": ("remote_id",),
    "attributes": ("name",),
    "attribute_schemas": ("name",),
    "attribute_values": ("attribute", "value"),
    "attribute_configs": ("attribute_set", "attribute"),
    "attribute_value_configs": ("attribute_set", "attribute_value"),
}
"""Tables of the Mapper, and what there is only one row of."""


class Catalogue:
    """Looks at the catalogue of both remotes from outside."""

    def __init__(self, sandbox: Sandbox, database: MemoryDatabase, people: People) -> None:
        self.arrivals = Arrivals(sandbox, database, people)
        self._sandbox = sandbox
        self._database = database
        self._hub = sandbox.omnitron
        self._market = sandbox.fashfed
        self._people = people
        self._seen = 0
        self._drawn = (-1, -1)

    # --- always ---------------------------------------------------------------------------------------------
    def always(self) -> None:
        """After every step of every run, however it ended."""
        self._hold(self.arrivals.wrong)
        for penalty in self._penalties_since(self._seen):
            model = self._hub.type_model(penalty["content_type"])
            if model in (*_ON_SALE, "integrationaction"):
                self._hold(self._unjust(model, penalty["object_id"]))
            self._seen = penalty["pk"]
        drawn = (self._hub.attribute_values.version, self._hub.category_nodes.version)
        if drawn != self._drawn:
            self._drawn = drawn
            self._hold(", ".join(self._doubles()))

    def _penalties_since(self, last: int) -> list[Row]:
        return [row for row in self._hub.penalties.table.rows.values() if row["pk"] > last]

    @property
    def newest_penalty(self) -> int:
        """The number of the last penalty so far."""
        return max(self._hub.penalties.table.rows, default=0)

    def _unjust(self, model: str, pk: int) -> str:
        sku = self._people.sku_of(model, pk)
        if not sku or self._people.excused(sku):
            return ""
        if model in ("productstock", "productprice") and self._was_away(sku, model):
            return ""  # nobody can send a value of a product that is not there
        return f"{model} of {sku} is penalised, although nothing was wrong with it"

    def _was_away(self, sku: str, model: str) -> bool:
        """Whether the product was not at the market, or perhaps not yet, when its value was refused."""
        action = self._hub.actions.get("product", self._hub.products.find("sku", sku)[0]["pk"])
        lately = micro(self._hub.timeline.now() - _LATELY)
        is_new = action is None or not action.remote_id or action.created_date > lately
        return is_new or any(entry.key == sku and entry.code == "product_not_sent" for entry in self._told(model))

    def _told(self, model: str) -> Iterator[LogEntry]:
        for entries in self._database.logs.values():
            yield from (entry for entry in entries if entry.kind == model)

    def _doubles(self) -> Iterator[str]:
        for name, fields in _UNIQUE.items():
            table: Table = getattr(self._hub, name)
            keys = Counter(tuple(row[field] for field in fields) for row in table.rows.values())
            yield from (f"{name} {key} is there {number} times" for key, number in keys.items() if number > 1)
        nodes = Counter(action.remote_id for action in self._hub.actions.of_model("categorynode"))
        yield from (f"category {remote_id} has {number} nodes" for remote_id, number in nodes.items() if number > 1)
        names = Counter((row["path"][:-4], row["name"]) for row in self._hub.category_nodes.rows.values())
        yield from (f"node {name} is there {number} times" for name, number in names.items() if number > 1)

    # --- after clean runs ---------------------------------------------------------------------------------------
    def new_penalties_have_reasons(self, content_type: str | None, last: int) -> None:
        """After a run without any trouble: people can read why."""
        for penalty in self._penalties_since(last):
            model = self._hub.type_model(penalty["content_type"])
            if model in _ON_SALE and model == content_type:
                sku = self._people.sku_of(model, penalty["object_id"])
                self._hold("" if self._is_told(sku) else f"nobody is told why {model} of {sku} is penalised")

    def _is_told(self, sku: str) -> bool:
        pks = {row["pk"] for row in self._hub.products.find("sku", sku)}
        about = {("product", pk) for pk in pks}
        for model in ("productprice", "productstock"):
            about |= {(model, row["pk"]) for pk in pks for row in self._hub.tables[model].find("product", pk)}
        return any(
            (self._hub.type_model(report["action_content_type"]), report["action_object_id"]) in about
            for report in self._hub.error_reports.rows.values()
            if not report["is_ok"]
        )

    # --- at the end ------------------------------------------------------------------------------------------------
    def everything_converged(self) -> None:
        """After a quiet time, with everything put right but what is wrong for good."""
        self.always()
        left = self._people.editors.left
        prices = [one for one in self._sandbox.price_differences() if one[0] not in left]
        self._hold(f"(SKU, wanted, at the market) {prices}" if prices else "")
        missing = [sku for sku in self._sandbox.product_differences() if sku not in left]
        self._hold(f"not on sale: {missing}" if missing else "")
        fitness = Fitness(self._hub, self._market)
        for product in self._hub.products.rows.values():
            if not self._hub.in_catalog("product", product):
                self._hold(self._still_there(product))
            else:
                self._hold(self._neither_agreed_nor_refused(product))
                if fitness.of(product) and product["sku"] not in left:
                    self._hold(self._otherwise(product))
        for action in self._hub.actions.by_pk.values():
            self._hold(f"{action} is left processing" if action.status == "processing" else "")

    def _still_there(self, product: Row) -> str:
        offer = self._market.offers.rows.get(product["sku"])
        if offer and offer["stock"]:
            return f"{product['sku']} has left the catalogue and is on sale: {offer['stock']}"
        actions = [action for action in self._hub.actions.with_remote([product["sku"]]) if action.model != "orderitem"]
        return f"{product['sku']} has left the catalogue and has {actions}" if actions else ""

    def _neither_agreed_nor_refused(self, product: Row) -> str:
        for model, row in self._records(product):
            action = self._hub.actions.get(model, row["pk"])
            agreed = action is not None and action.agreed and (action.version_date or "") >= row["modified_date"]
            refused = self._is_penalised(model, row) and self._is_told(product["sku"])
            if not agreed and not refused:
                return f"{model} of {product['sku']} is neither agreed nor refused with a reason: {action}"
        return ""

    def _is_penalised(self, model: str, row: Row) -> bool:
        """Also one that is just due for another try."""
        return any(
            penalty["is_active"] and penalty["version_date"] == row["modified_date"]
            for penalty in self._hub.penalties.table.find("object_id", row["pk"])
            if self._hub.type_model(penalty["content_type"]) == model
        )

    def _records(self, product: Row) -> Iterable[tuple[str, Row]]:
        yield "product", product
        for model in ("productprice", "productstock"):
            row = self._sandbox.brand.row(model, product["sku"])
            if row:
                yield model, row

    def _otherwise(self, product: Row) -> str:
        """How the market's content of a product differs from what the rules make of it."""
        shown = self._market.products.find("sku", product["sku"])
        wanted = self._content(product)
        there = {name: shown[0][name] for name in wanted} if shown else None
        return "" if there == wanted else f"{product['sku']} is {there}, not {wanted}"

    def _content(self, product: Row) -> Row:
        node = self._hub.product_categories.find("product", product["pk"])[0]["category"]
        action = self._hub.actions.get("categorynode", node)
        category = str(action.remote_id) if action else ""
        attributes = {}
        for definition in self._market.attributes.get(category, []):
            text = str(product["attributes"].get(SOURCES.get(definition["name"], ""), "") or "")
            names = {value["value"].casefold(): value["value"] for value in definition["values"]}
            names = {value["label"].casefold(): value["value"] for value in definition["values"]} | names
            if text:
                attributes[definition["key"]] = names.get(text.casefold(), text)
        images = [image["image"] for image in product["productimage_set"]]
        facts = {name: product[name] for name in ("base_code", "name")}
        return {**facts, "category": category, "attributes": attributes, "images": images}

    def _hold(self, otherwise: str) -> None:
        if otherwise:
            raise Broken(otherwise)
