"""Which lines and quantities go into which new package (reference/flows.md section 4.16)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from include.clients.fashfed.schemas import Package, PackageItem
from include.domain.order_life import PackageStatus
from include.errors import RecordFailed
from include.mapping.split_request import SplitRequest, WantedLine

Group = Mapping[str, int]
"""What one new package gets: line number and quantity."""
Contents = Sequence[tuple[Package, Sequence[PackageItem]]]
"""Packages with their lines as Fashfed shows them now."""


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """A split that can be carried out."""

    package: Package
    lines: Mapping[str, int]
    """What the package holds before: line number and quantity."""
    groups: Sequence[Group]


def plan_split(request: SplitRequest, preparing: Contents, found: Sequence[Package], *, whole_lines: bool) -> SplitPlan:
    """The split that is wanted of the packages ``found`` by the request's numbers, of which ``preparing`` may be split.

    ``whole_lines``: a line is one item of the hub, which cannot be cut. Raises ``RecordFailed`` (split_...).
    """
    if not found:
        number, order_number = request.package_number or "-", request.order_number or "-"
        raise RecordFailed("split_package_unknown", package=number, order=order_number)
    if not preparing:
        raise RecordFailed("split_not_preparing", package=found[0].number, status=found[0].status)
    plans, refusals = [], []
    for package, items in preparing:
        try:
            plans.append(_Cut(package, items).plan(request, whole_lines=whole_lines))
        except RecordFailed as refusal:
            refusals.append(refusal)
    if len(plans) == 1:
        return plans[0]
    if len(preparing) == 1:
        raise refusals[0]
    raise RecordFailed("split_package_unclear", order=request.order_number)


class _Cut:
    """One package, of which lines are taken until what is wanted is complete."""

    def __init__(self, package: Package, items: Sequence[PackageItem]) -> None:
        self._package = package
        self._items = {item.number: item for item in items if item.status != PackageStatus.CANCELLED}
        self._left = {number: item.quantity for number, item in self._items.items()}

    def plan(self, request: SplitRequest, *, whole_lines: bool) -> SplitPlan:
        wanted = [group.items for group in request.packages]
        if not wanted or not all(wanted):
            raise RecordFailed("split_group_empty")
        groups: list[dict[str, int]] = [{} for _ in wanted]
        # lines that are named first: what is left of them decides which line a SKU can mean
        for by_name in (True, False):
            for group, lines in zip(groups, wanted, strict=True):
                for line in lines:
                    if (line.item_id is not None) is by_name:
                        self._take(group, line)
        held = {number: item.quantity for number, item in self._items.items()}
        for number, left in self._left.items():
            if whole_lines and any(group.get(number, held[number]) != held[number] for group in groups):
                raise RecordFailed("split_item_merged", line=number)
            if left < 0:
                raise self._too_many(number, held[number] - left, held[number])
        if not any(self._left.values()):
            raise RecordFailed("split_nothing_stays", package=self._package.number)
        return SplitPlan(self._package, held, groups)

    def _take(self, group: dict[str, int], line: WantedLine) -> None:
        if line.quantity is not None and line.quantity < 1:
            raise RecordFailed("split_quantity_invalid", quantity=line.quantity, line=line.name)
        for number, quantity in self._named(line) if line.item_id is not None else self._of_sku(line):
            group[number] = group.get(number, 0) + quantity
            self._left[number] -= quantity

    def _named(self, line: WantedLine) -> Iterator[tuple[str, int]]:
        item = self._items.get(line.item_id or "")
        if item is None or line.sku not in (None, item.product):
            raise RecordFailed("split_line_unknown", package=self._package.number, line=line.name)
        yield item.number, line.quantity or item.quantity

    def _of_sku(self, line: WantedLine) -> Iterator[tuple[str, int]]:
        of_sku = [item for item in self._items.values() if item.product == line.sku]
        if len(of_sku) == 1:
            yield of_sku[0].number, line.quantity or of_sku[0].quantity
            return
        if not of_sku:
            raise RecordFailed("split_line_unknown", package=self._package.number, line=line.name)
        left = {item.number: self._left[item.number] for item in of_sku if self._left[item.number] > 0}
        yield from self._chosen(line, left).items()

    def _chosen(self, line: WantedLine, left: Mapping[str, int]) -> Mapping[str, int]:
        """The lines of a SKU that is on several of them, as far as the quantity tells."""
        total = sum(left.values())
        wanted = line.quantity
        if wanted is not None and wanted > total:
            raise self._too_many(line.name, wanted, total)
        if wanted == total:
            return left
        exact = [number for number, quantity in left.items() if quantity == wanted]
        enough = [number for number, quantity in left.items() if wanted is not None and quantity >= wanted]
        for numbers in (exact, enough):
            if wanted is not None and len(numbers) == 1:
                return {numbers[0]: wanted}
        raise RecordFailed("split_sku_ambiguous", package=self._package.number, sku=line.sku)

    def _too_many(self, line: str, wanted: int, held: int) -> RecordFailed:
        return RecordFailed("split_too_many", package=self._package.number, line=line, wanted=wanted, held=held)
