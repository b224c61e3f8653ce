"""Which categories are drawn, and what they are called."""

from hypothesis import given, settings
from hypothesis import strategies as st

from include.clients.fashfed.schemas import Category
from include.mapping.categories import NAME_LIMIT, Drawn, distinct_names, parents_of, select


def tree() -> list[Category]:
    rows = [
        {
            "id": "w",
            "name": "Women",
            "children": [{"id": "d", "name": " Long  Dresses ", "children": [{"id": "m", "name": "Maxi"}]}],
        },
        {"id": "k", "name": "Kids", "children": None},
    ]
    return [Category.model_validate(row) for row in rows]


def siblings(*names: tuple[str, str], above: str = "Women") -> list[Drawn]:
    return [Drawn(key, (above, name), "w", is_leaf=True) for key, name in names]


def test_parents_come_before_their_children() -> None:
    selection = select(tree(), ["w", "k"])
    assert [[one.id for one in level] for level in selection.levels] == [["w", "k"], ["d"], ["m"]]
    assert {one.id: one.label for one in selection.levels[2]} == {"m": "Women > Long Dresses > Maxi"}
    assert [one.id for level in selection.levels for one in level if one.is_leaf] == ["k", "m"]
    assert selection.levels[1][0].parent == "w"


def test_a_listed_category_lies_below_the_root_wherever_it_is_at_the_market() -> None:
    selection = select(tree(), ["m"])
    assert selection.levels[0][0].parent is None
    assert selection.elsewhere == {"w", "d", "k"}


def test_ids_that_are_unknown_nested_or_listed_twice_are_told() -> None:
    selection = select(tree(), ["m", "w", "x", "w", "x"])
    assert selection.unknown == ["x"]
    assert selection.nested == ["Women > Long Dresses > Maxi"]
    assert selection.twice == ["Women"]
    assert list(selection.drawn()) == ["w", "d", "m"]


def test_an_id_that_stands_twice_in_the_markets_tree_is_drawn_once() -> None:
    rows = [*tree(), Category(id="o", name="Outlet", children=[Category(id="m", name="Maxi")])]
    assert [one.id for one in select(rows, ["w", "o"]).levels[1]] == ["d", "m"]


def test_names_that_are_free_stay_as_they_are() -> None:
    assert distinct_names(siblings(("1", "Bags"), ("2", "Shoes"))) == {"1": "Bags", "2": "Shoes"}


def test_who_shares_a_name_with_a_sibling_is_called_by_its_id() -> None:
    named = distinct_names(siblings(("11111111-1", "Bags"), ("22222222-2", "Bags"), ("3", "Shoes")))
    assert named == {"11111111-1": "Bags (11111111)", "22222222-2": "Bags (22222222)", "3": "Shoes"}


def test_who_shares_the_beginning_of_its_id_too_gets_more_of_it() -> None:
    named = distinct_names(siblings(("11111111-1", "Bags"), ("11111111-2", "Bags")))
    assert set(named.values()) == {"Bags (11111111-1)", "Bags (11111111-2)"}


def test_a_name_that_is_taken_gets_the_names_above_it() -> None:
    assert distinct_names(siblings(("1", "Bags")), ["Bags"]) == {"1": "Women > Bags"}


@settings(deadline=None, max_examples=200, derandomize=True)
@given(
    names=st.lists(st.text(max_size=100), max_size=8),
    taken=st.lists(st.text(max_size=70), max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_names_fit_are_distinct_and_do_not_depend_on_the_order(names: list[str], taken: list[str], order) -> None:
    made = siblings(*((f"id-{number:08d}-{number}", name or "x") for number, name in enumerate(names)))
    named = distinct_names(made, taken)
    assert len(set(named.values())) == len(made)
    assert not set(named.values()) & set(taken)
    assert all(0 < len(name) <= NAME_LIMIT for name in named.values())
    order.shuffle(made)
    assert distinct_names(made, taken) == named


def test_the_parent_of_a_node_is_the_one_whose_path_begins_its_own() -> None:
    assert parents_of({1: "0001", 2: "00010001", 3: "000100010001", 9: "0002"}) == {1: None, 2: 1, 3: 2, 9: None}
