import pytest

from include.clients.paging import Gaps
from include.clients.policy import Policy
from include.errors import Refused, RemoteUnavailable
from tests.unit.clients.fakes import World, answer, page


def rows(*ids: int) -> list[object]:
    return [{"pk": one} for one in ids]


async def read(world: World) -> list[int]:
    return [row["pk"] for row in await world.session.all("/things/", {"sort": "id"}, limit=2)]


async def test_a_list_is_read_to_its_end_by_page_number():
    world = World(page(rows(1, 2), more=True, count=5), page(rows(3, 4), more=True, count=5), page(rows(5), count=5))
    assert await read(world) == [1, 2, 3, 4, 5]
    assert [dict(request.query) for request in world.transport.requests] == [
        {"sort": "id", "page": str(number), "limit": "2"} for number in (1, 2, 3)
    ]


async def test_the_address_in_next_is_never_called():
    world = World(page(rows(1), more=True, count=2), page(rows(2), count=2))
    await read(world)
    assert {request.url for request in world.transport.requests} == {"https://omnitron.example/things/"}


async def test_a_bare_array_is_the_whole_list():
    world = World(answer(rows(1, 2, 3)))
    assert await read(world) == [1, 2, 3]
    assert world.session.requests == 1


async def test_short_and_empty_pages_are_not_the_end():
    world = World(page(rows(1), more=True, count=3), page([], more=True, count=3), page(rows(2, 3), count=3))
    assert await read(world) == [1, 2, 3]


async def test_rows_that_shift_to_a_later_page_are_given_once():
    world = World(page(rows(1, 2), more=True, count=4), page(rows(2, 3), more=True, count=4), page(rows(4), count=4))
    assert await read(world) == [1, 2, 3, 4]


async def test_rows_that_slip_to_a_page_already_read_are_found():
    """Row 1 vanishes after page 1 was read, so row 3 moves from page 2 to page 1."""
    world = World(
        page(rows(1, 2), more=True, count=5),
        page(rows(4, 5), count=4),
        page(rows(2, 3), more=True, count=4),
        page(rows(4, 5), count=4),
    )
    assert sorted(await read(world)) == [1, 2, 3, 4, 5]


async def test_a_page_that_repeats_does_not_hide_the_rows_it_stands_for():
    world = World(
        page(rows(1, 2), more=True, count=6),
        page(rows(1, 2), more=True, count=6),
        page(rows(5, 6), count=6),
        page(rows(1, 2), more=True, count=6),
        page(rows(3, 4), more=True, count=6),
        page(rows(5, 6), count=6),
    )
    assert sorted(await read(world)) == [1, 2, 3, 4, 5, 6]


async def test_a_row_that_came_in_meanwhile_is_found():
    world = World(
        page(rows(1, 2), more=True, count=3),
        page(rows(2, 3), count=4),
        page(rows(9, 1), more=True, count=4),
        page(rows(2, 3), count=4),
    )
    assert sorted(await read(world)) == [1, 2, 3, 9]


async def test_a_row_that_slipped_is_found_although_another_had_come_in_before():
    world = World(
        page(rows(1, 2), more=True, count=5),
        page(rows(3, 4), more=True, count=6),
        page(rows(6), count=5),
        page(rows(1, 3), more=True, count=5),
        page(rows(4, 5), more=True, count=5),
        page(rows(6), count=5),
    )
    assert sorted(await read(world)) == [1, 2, 3, 4, 5, 6]


async def test_a_list_that_shrinks_below_the_page_asked_for_is_walked_again():
    gone = answer({"detail": "Invalid page."}, 404)
    world = World(page(rows(1, 2), more=True, count=3), gone, page(rows(2, 3), count=2))
    assert sorted(await read(world)) == [1, 2, 3]


async def test_a_404_for_the_first_page_is_a_refusal():
    with pytest.raises(Refused):
        await read(World(answer({"detail": "Not found."}, 404)))


@pytest.mark.parametrize("cycle", [[rows(1, 2)], [rows(1, 2), rows(3, 4)], [[]]])
async def test_a_list_that_runs_in_circles_ends_with_an_error(cycle):
    world = World(*[page(one, more=True, count=4) for _ in range(10) for one in cycle])
    with pytest.raises(RemoteUnavailable) as caught:
        await read(world)
    assert caught.value.code == "answer_unreadable"
    assert world.session.requests < 10


async def test_a_list_that_never_stops_changing_ends():
    walks = [page(rows(number), count=1000) for number in range(100)]
    assert await read(World(*walks)) == [0, 1, 2]


@pytest.mark.parametrize("body", [None, {}, {"results": None}, "text", {"results": {"pk": 1}}])
async def test_something_that_is_no_list_is_unreadable(body):
    with pytest.raises(RemoteUnavailable):
        await read(World(answer(body), policy=Policy(attempts=1)))


async def test_equal_rows_without_an_id_are_given_once():
    world = World(page([{"a": 1}, {"a": 2}, {"a": 1}], count=2))
    assert await world.session.all("/things/") == [{"a": 1}, {"a": 2}]


async def test_a_list_that_must_be_whole_is_refused_when_it_is_cut_short():
    cut = page(rows(1, 2), count=500)
    world = World(cut, cut, cut)
    with pytest.raises(RemoteUnavailable) as trouble:
        [rows_ async for rows_ in world.session.pages("/things/", gaps=Gaps.FEW)]
    assert trouble.value.code == "list_unsteady"
    assert await read(World(cut, cut, cut)) == [1, 2]


async def test_a_list_that_must_be_whole_may_grow_by_a_few_rows_meanwhile():
    grown = page(rows(1, 2), count=3)
    world = World(grown, grown, grown)
    assert [each async for each in world.session.pages("/things/", gaps=Gaps.FEW)] == [rows(1, 2)]


async def test_a_list_without_gaps_gives_what_it_shows_before_it_is_refused_for_one_row():
    grown = page(rows(1, 2), count=3)
    pages = World(grown, grown, grown).session.pages("/things/", gaps=Gaps.NONE)
    assert await anext(pages) == rows(1, 2)
    with pytest.raises(RemoteUnavailable) as trouble:
        await anext(pages)
    assert trouble.value.code == "list_unsteady"
    whole = page(rows(1, 2), count=2)
    assert [each async for each in World(whole).session.pages("/things/", gaps=Gaps.NONE)] == [rows(1, 2)]
