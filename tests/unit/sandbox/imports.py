"""Packages that the hub has as orders already, as if the connector had made them."""

from dataclasses import dataclass

from include.sandbox import Line, Sandbox
from include.sandbox.routing import Row
from include.sandbox.seed.imported import import_package


@dataclass(frozen=True, slots=True)
class Imported:
    """A package at the market and its order in the hub."""

    sandbox: Sandbox
    package: Row
    order: Row

    @property
    def items(self) -> list[Row]:
        """The hub's items, one per unit."""
        return self.sandbox.omnitron.order_items.find("order", self.order["pk"])

    @property
    def lines(self) -> list[Row]:
        """What the package at the market holds."""
        return self.sandbox.fashfed.items.find("package", self.package["number"])

    @property
    def statuses(self) -> list[str]:
        return [item["status"] for item in self.items]


def imported(sandbox: Sandbox, *quantities: int, reported: bool = True, discount: float = 0.0) -> Imported:
    """A package with a line of each quantity, and its order, which ERP has when ``reported``."""
    skus = sandbox.skus_on_sale()
    lines = [Line(skus[place], quantity, 50.0, discount) for place, quantity in enumerate(quantities or (1,))]
    (package,) = sandbox.place_order(lines)
    order = import_package(sandbox.omnitron, sandbox.fashfed, package)
    if reported:
        sandbox.hands.report(order)
    return Imported(sandbox, package, order)


def reason_of(sandbox: Sandbox, kind: str) -> str:
    """A reason of the market of this kind."""
    return next(row["id"] for row in sandbox.fashfed.reasons.rows.values() if row["type"] == kind)
