"""The market's category tree as it is drawn in the hub (reference/flows.md section 4.1, api/omnitron.md section 6)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from include.clients.fashfed.schemas import Category

NAME_LIMIT = 64
"""Length of a node's name in the hub."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A category that belongs into the hub's tree. ``parent`` is the id of the one above it, None right below the
    tree's root; ``path`` names it from the market's root on."""

    id: str
    path: tuple[str, ...]
    parent: str | None
    is_leaf: bool

    @property
    def label(self) -> str:
        """What operators read."""
        return " > ".join(self.path)


@dataclass(frozen=True, slots=True)
class Selection:
    """What Category Ids mean in the market's tree."""

    levels: list[list[Drawn]] = field(default_factory=list)
    """Parents before their children."""
    unknown: list[str] = field(default_factory=list)
    """Ids that the market does not have."""
    twice: list[str] = field(default_factory=list)
    """Categories whose id was listed more than once."""
    nested: list[str] = field(default_factory=list)
    """Categories listed although they lie below another listed one."""
    elsewhere: frozenset[str] = frozenset()
    """Ids the market has, but not below Category Ids."""

    def drawn(self) -> dict[str, Drawn]:
        """All categories that are drawn, by id."""
        return {one.id: one for level in self.levels for one in level}


def select(roots: Sequence[Category], ids: Sequence[str]) -> Selection:
    """The whole subtrees of the listed ids, wherever they lie, each category once."""
    tree = _Tree(roots)
    known = [one for one in dict.fromkeys(ids) if one in tree.categories]
    nested = [one for one in known if any(above in known for above in tree.above(one))]
    levels: list[list[Drawn]] = []
    level = [tree.drawn(one, None) for one in known if one not in nested]
    while level:
        levels.append(level)
        level = [tree.drawn(child, one.id) for one in level for child in tree.children[one.id]]
    taken = {one.id for each in levels for one in each}
    return Selection(
        levels,
        unknown=[one for one in dict.fromkeys(ids) if one not in tree.categories],
        twice=[tree.label(one) for one, number in Counter(ids).items() if number > 1 and one in tree.categories],
        nested=[tree.label(one) for one in nested],
        elsewhere=frozenset(tree.categories.keys() - taken),
    )


class _Tree:
    """The market's tree by id; an id that stands twice in it counts where it stands first, level by level."""

    def __init__(self, roots: Sequence[Category]) -> None:
        self.categories: dict[str, Category] = {}
        self.children: dict[str, list[str]] = {}
        self._parents: dict[str, str | None] = {}
        level: list[tuple[Category, str | None]] = [(root, None) for root in roots]
        while level:
            below: list[tuple[Category, str | None]] = []
            for category, parent in level:
                if category.id in self.categories:
                    continue
                self.categories[category.id] = category
                self.children[category.id] = []
                self._parents[category.id] = parent
                if parent is not None:
                    self.children[parent].append(category.id)
                below += [(child, category.id) for child in category.children]
            level = below

    def above(self, one: str) -> list[str]:
        """The ids above a category, the nearest first."""
        found = []
        parent = self._parents[one]
        while parent is not None:
            found.append(parent)
            parent = self._parents[parent]
        return found

    def drawn(self, one: str, parent: str | None) -> Drawn:
        path = tuple(_plain(self.categories[each].name) or each for each in (*reversed(self.above(one)), one))
        return Drawn(one, path, parent, is_leaf=not self.children[one])

    def label(self, one: str) -> str:
        return self.drawn(one, None).label


def distinct_names(siblings: Sequence[Drawn], taken: Iterable[str] = ()) -> dict[str, str]:
    """The hub's names of categories below one parent, by id: at most ``NAME_LIMIT`` characters, no two alike, none
    of ``taken``. Who shares a name gets the names above it before it, else its id behind it; so what a category is
    called does not depend on the order in which the market lists it."""
    names = {one.id: _fit(one.path[-1]) for one in siblings}
    for style in _STYLES:
        counted = Counter([*names.values(), *taken])
        names |= {one.id: style(one) for one in siblings if counted[names[one.id]] > 1}
    return names


def _fit(name: str, ending: str = "") -> str:
    whole = name + ending
    return whole if len(whole) <= NAME_LIMIT else f"{name[: NAME_LIMIT - 1 - len(ending)]}…{ending}"


_STYLES: tuple[Callable[[Drawn], str], ...] = (
    lambda one: _fit(one.label),
    lambda one: _fit(one.path[-1], f" ({one.id[:8]})"),
    lambda one: _fit(one.path[-1], f" ({one.id[:40]})"),
)


def _plain(name: str) -> str:
    return " ".join(name.split())


def parents_of(paths: Mapping[int, str]) -> dict[int, int | None]:
    """The parent of each node of the hub by its path, which begins with that of its parent."""
    by_path = {path: pk for pk, path in paths.items()}
    return {
        pk: next((by_path[path[:cut]] for cut in range(len(path) - 1, 0, -1) if path[:cut] in by_path), None)
        for pk, path in paths.items()
    }
