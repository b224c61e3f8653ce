"""Category Node when Omnitron refuses, answers are lost, or the process dies: one node and one action for each."""

import json

import pytest

from include.clients.transport import Request, Response, Transport, TransportError
from include.errors import AnswerLost, RetryNow
from include.flows.context import Tuning
from include.sandbox import Sandbox
from tests.unit.flows.setup.trees import category, draw, drawn, fashion, market_paths, move, nodes, of
from tests.worldkit import CHANNEL, Kit, Wire


def answer(status: int, body: object) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(body).encode())


async def tidy(kit: Kit) -> None:
    """Another run completes the tree, and there is nothing in it twice."""
    await kit.run("category_node")
    assert drawn(kit.sandbox) == market_paths(kit.sandbox)
    assert nodes(kit.sandbox) == sorted(market_paths(kit.sandbox).values())


def refuse(name: str, *, sends: str = "POST", status: int = 400):
    def intercept(request: Request) -> Response | None:
        body = json.loads(request.body or b"null")
        if request.method == sends and "category_nodes" in request.url and (body or {}).get("name") == name:
            return answer(status, {"name": ["Not allowed here."]})
        return None

    return intercept


async def test_a_refused_node_costs_its_subtree_only(
    kit: Kit, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    fashion(sandbox)
    kit.wire.interceptors.append(refuse("Dresses"))
    report = await kit.run("category_node")
    assert drawn(sandbox).keys() == {"women", "women-shoes", "men", "shirts", "men-shoes"}
    assert (report.counts["created"], report.counts["failed"]) == (5, 1)
    assert "Women > Dresses (dresses)" in caplog.text
    assert "Not allowed here" in caplog.text
    assert "2 of 7 categories could not be drawn" in caplog.text
    (row,) = [row for row in await kit.store().findings(CHANNEL, "category_node") if row.verdict == "refused"]
    assert (row.key, row.code) == ("dresses", "category_refused")


async def test_a_refused_new_name_leaves_the_node_and_draws_what_is_below_it(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    of(sandbox, "dresses")["name"] = "Gowns"
    of(sandbox, "dresses")["children"].append(category("Short"))
    kit.wire.interceptors.append(refuse("Gowns", sends="PATCH"))
    report = await kit.run("category_node")
    assert drawn(sandbox)["short"] == "Women > Dresses > Short"
    assert report.counts["failed"] == 1


@pytest.mark.parametrize("ending", ["category_nodes/", "integration_actions/", "category_trees/"])
async def test_a_lost_answer_to_a_create_that_happened_is_found_at_once(
    kit: Kit, sandbox: Sandbox, ending: str
) -> None:
    fashion(sandbox)
    fault = sandbox.faults.add("reset_after", remote="omnitron", method="POST", path=f"*{ending}", next=1)
    await kit.run("category_node")
    assert fault.strikes == 1
    assert drawn(sandbox) == market_paths(sandbox)
    assert nodes(sandbox) == sorted(market_paths(sandbox).values())


@pytest.mark.parametrize("ending", ["category_nodes/", "integration_actions/"])
async def test_a_create_that_got_lost_is_not_sent_blindly_again_and_fails_the_run_after_the_rest(
    kit: Kit, sandbox: Sandbox, ending: str
) -> None:
    fashion(sandbox)
    sandbox.faults.add("reset_before", remote="omnitron", method="POST", path=f"*{ending}", next=1)
    with pytest.raises(AnswerLost):
        await kit.run("category_node")
    assert len(drawn(sandbox)) in (3, 4)
    await tidy(kit)


async def test_when_omnitron_goes_away_the_run_ends_and_the_next_one_finishes(kit: Kit, sandbox: Sandbox) -> None:
    branches = [category(f"Branch {one}", *(category(f"Leaf {one}.{two}") for two in range(20))) for one in range(10)]
    draw(sandbox, category("Women", *branches))

    def away(request: Request) -> TransportError | None:
        creates = kit.wire.count("POST", "category_nodes/")
        return TransportError("refused", reached=False) if creates > 30 else None

    kit.wire.interceptors.append(away)
    with pytest.raises(RetryNow):
        await kit.run("category_node")
    assert kit.wire.count("POST", "category_nodes/") < 60
    assert 0 < len(await kit.store().log_entries(CHANNEL, "category_node", 1000)) < 20
    kit.wire.interceptors.clear()
    await kit.later(minutes=5)
    await tidy(kit)


async def test_a_run_out_of_time_asks_for_another_one_that_goes_on(kit: Kit, sandbox: Sandbox) -> None:
    draw(sandbox, category("Women", *(category(f"Leaf {number}") for number in range(150))))
    sandbox.faults.set_latency(15_000)
    with pytest.raises(RetryNow) as caught:
        await kit.run("category_node", tuning=Tuning(concurrency=1))
    assert caught.value.code == "categories_unfinished"
    assert 50 < len(drawn(sandbox)) < 150
    sandbox.faults.set_latency(0)
    await tidy(kit)


async def dies_after(awaits: int, prepare: str) -> bool:
    """Let a run in a world of its own die after so many awaits; whether it did, and the next one finished it."""
    world = Kit.made(size=5)
    fashion(world.sandbox)
    if prepare == "change":
        await world.run("category_node")
        of(world.sandbox, "men")["name"] = "Gentlemen"
        move(world.sandbox, "dresses", "men")
        of(world.sandbox, "shirts")["children"] = [category("Linen"), category("Silk")]
    died = await world.run_and_die("category_node", after=awaits)
    await tidy(world)
    return died


@pytest.mark.parametrize("prepare", ["nothing", "change"])
async def test_a_run_that_died_anywhere_is_finished_by_the_next_one(prepare: str) -> None:
    deaths = 0
    while await dies_after(deaths + 1, prepare):
        deaths += 1
    assert deaths > 30


@pytest.mark.parametrize("effect", [True, False])
@pytest.mark.parametrize("on", ["category_nodes/", "integration_actions/", "category_trees/", "channels/137/"])
async def test_a_run_that_died_on_a_request_is_finished_by_the_next_one(
    kit: Kit, sandbox: Sandbox, on: str, effect: bool
) -> None:
    fashion(sandbox)
    assert await kit.run_and_die("category_node", on=on, effect=effect)
    await tidy(kit)


class Counting:
    """A way to the sandbox that knows how many calls were under way at once, and whether siblings were made at once."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._now: list[str] = []
        self.most = 0
        self.crowded = False

    async def send(self, request: Request) -> Response:
        making = request.method == "POST" and request.url.endswith("category_nodes/")
        what = f"below {json.loads(request.body or b'{}')['node']}" if making else ""
        self.crowded = self.crowded or (making and what in self._now)
        self._now.append(what)
        self.most = max(self.most, len(self._now))
        try:
            return await self._inner.send(request)
        finally:
            self._now.remove(what)

    async def close(self) -> None:
        """Nothing is held open."""


async def test_many_categories_are_drawn_with_few_calls_each_and_some_at_a_time(kit: Kit, sandbox: Sandbox) -> None:
    branches = [category(f"Branch {one}", *(category(f"Leaf {one}.{two}") for two in range(20))) for one in range(20)]
    draw(sandbox, category("Women", *branches))
    sandbox.faults.set_latency(20)
    counting = Counting(sandbox.transport())
    kit.wire = Wire(counting)
    report = await kit.run("category_node", tuning=Tuning(concurrency=5))
    assert len(drawn(sandbox)) == 421
    assert report.requests["omnitron"] < 421 * 2 + 20
    assert counting.most == 5
    assert not counting.crowded
