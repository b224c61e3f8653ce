"""Category Attribute and Values when a category is bad, Omnitron refuses, answers are lost, or the process dies."""

import json
from collections.abc import Callable

import pytest

from include.clients.transport import Request, Response, TransportError
from include.errors import AnswerLost, RetryNow
from include.flows.context import Tuning
from include.sandbox import Sandbox
from tests.unit.flows.setup.sets import agreed, asked, assert_nothing_twice, leaves, offered, writes
from tests.worldkit import Kit

FLOW = "category_attributes"


async def drawn(*, bulk: bool) -> Kit:
    kit = Kit.made(size=5)
    kit.sandbox.omnitron.bulk_attributes = bulk
    await kit.run("category_node")
    kit.wire.requests.clear()
    return kit


@pytest.fixture(params=["bulk", "single calls"])
async def kit(request: pytest.FixtureRequest) -> Kit:
    """A drawn tree, in an Omnitron with and without the bulk call."""
    return await drawn(bulk=request.param == "bulk")


def answer(status: int, body: object) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(body).encode())


def refuse(resource: str, text: str) -> Callable[[Request], Response | None]:
    """Omnitron takes nothing into a resource, nor by its bulk call, in whose body there is this text."""

    def intercept(request: Request) -> Response | None:
        body = json.dumps(json.loads(request.body or b"null"), ensure_ascii=False)
        concerned = f"/{resource}/" in request.url or "bulk_category" in request.url
        if request.method == "POST" and concerned and text in body:
            return answer(400, {"name": ["Not allowed here."]})
        return None

    return intercept


async def tidy(kit: Kit) -> None:
    """Another run completes everything, and there is nothing twice."""
    await kit.run(FLOW)
    assert agreed(kit.sandbox)
    assert_nothing_twice(kit.sandbox)


def others(sandbox: Sandbox, *names: str) -> list[str]:
    return [one for name, one in leaves(sandbox).items() if name not in names]


@pytest.mark.parametrize(("status", "reason"), [(404, "does not know category"), (500, "cannot be read from Fashfed")])
async def test_a_category_that_fashfed_does_not_give_is_named_and_stops_nothing(
    kit: Kit, sandbox: Sandbox, status: int, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad = leaves(sandbox)["Kazak"]

    def lost(request: Request) -> Response | None:
        return answer(status, {"detail": "No."}) if f"/i2/categories/{bad}/" in request.url else None

    kit.wire.interceptors.append(lost)
    report = await kit.run(FLOW)
    assert report.counts["failed"] == 1
    assert all(offered(sandbox, one) == asked(sandbox, one) for one in others(sandbox, "Kazak"))
    assert reason in caplog.text
    assert "Kadın > Giyim > Kazak" in caplog.text
    (action,) = sandbox.omnitron.actions.with_remote([bad])
    told = [row for row in sandbox.omnitron.error_reports.rows.values() if row["action_object_id"] == action.object_id]
    assert [row["is_ok"] for row in told] == [False]


async def test_bad_categories_do_not_stand_in_front_of_good_ones(kit: Kit, sandbox: Sandbox) -> None:
    bad = sorted(leaves(sandbox).values())[:8]

    def away(request: Request) -> Response | None:
        return answer(500, None) if any(f"/i2/categories/{one}/" in request.url for one in bad) else None

    kit.wire.interceptors.append(away)
    with pytest.raises(RetryNow) as paused:
        await kit.run(FLOW, tuning=Tuning(concurrency=1))
    assert paused.value.code == "remote_paused"
    await kit.later(minutes=5)
    await kit.run(FLOW, tuning=Tuning(concurrency=1))
    assert all(offered(sandbox, one) == asked(sandbox, one) for one in leaves(sandbox).values() if one not in bad)


async def test_an_unreadable_attribute_costs_only_itself(
    kit: Kit, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    category = leaves(sandbox)["Kazak"]
    sandbox.fashfed.add_attribute(category, "FIT", "Kalıp")["name"] = {"tr": "Kalıp"}
    sandbox.fashfed.add_attribute(category, "", "Boş")
    report = await kit.run(FLOW)
    assert report.counts["failed"] == 2
    assert offered(sandbox, category).keys() == asked(sandbox, category).keys() - {"FIT", ""}
    assert "An attribute of category Kadın > Giyim > Kazak cannot be read (FIT)" in caplog.text
    assert "(Boş): it has no key" in caplog.text


async def test_a_refused_attribute_costs_only_itself(
    kit: Kit, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    category = leaves(sandbox)["Kazak"]
    sandbox.fashfed.add_attribute(category, "FIT", "Kalıp")
    kit.wire.interceptors.append(refuse("attributes", "Kalıp"))
    report = await kit.run(FLOW)
    assert report.counts["failed"] == 1
    assert "Omnitron refused attribute Kalıp of category Kadın > Giyim > Kazak" in caplog.text
    assert offered(sandbox, category).keys() == asked(sandbox, category).keys() - {"FIT"}
    kit.wire.interceptors.clear()
    await tidy(kit)


async def test_a_refused_value_costs_only_itself(kit: Kit, sandbox: Sandbox) -> None:
    category = leaves(sandbox)["Kazak"]
    sandbox.fashfed.add_value(category, "COLOR", "NO", "Olmaz")
    kit.wire.interceptors.append(refuse("attribute_values", "Olmaz"))
    report = await kit.run(FLOW)
    assert report.errors == {"attribute_refused": 1}
    assert offered(sandbox, category)["COLOR"][3] == asked(sandbox, category)["COLOR"][3] - {"NO"}


async def test_a_refused_set_costs_its_category_only(kit: Kit, sandbox: Sandbox) -> None:
    kit.wire.interceptors.append(refuse("attribute_sets", '"Kazak"'))
    report = await kit.run(FLOW)
    assert report.errors == {"category_unwritten": 1}
    assert all(offered(sandbox, one) == asked(sandbox, one) for one in others(sandbox, "Kazak"))
    kit.wire.interceptors.clear()
    await tidy(kit)


_CREATES = tuple(
    f"/137/{resource}/"
    for resource in (
        *("attribute_sets", "attribute_set_configs", "attributes", "attribute_schemas", "attribute_configs"),
        *("attribute_values", "attribute_value_configs", "integration_actions", "bulk_category_attributes"),
    )
)


@pytest.mark.parametrize("ending", _CREATES)
async def test_a_lost_answer_to_a_call_that_happened_is_found_at_once(kit: Kit, sandbox: Sandbox, ending: str) -> None:
    sandbox.faults.add("reset_after", remote="omnitron", method="POST", path=f"*{ending}", next=3)
    await kit.run(FLOW)
    assert agreed(sandbox)
    assert_nothing_twice(sandbox)


@pytest.mark.parametrize("ending", _CREATES)
async def test_a_call_that_got_lost_is_made_good_by_the_next_try(kit: Kit, sandbox: Sandbox, ending: str) -> None:
    fault = sandbox.faults.add("reset_before", remote="omnitron", method="POST", path=f"*{ending}", next=3)
    try:
        await kit.run(FLOW)
    except AnswerLost:
        assert fault.strikes == 3
    await tidy(kit)


async def test_when_omnitron_goes_away_the_run_ends_and_the_next_one_finishes(kit: Kit) -> None:
    def away(request: Request) -> TransportError | None:
        gone = "omnitron" in request.url and len(kit.wire.requests) > 150
        return TransportError("refused", reached=False) if gone else None

    kit.wire.interceptors.append(away)
    with pytest.raises(RetryNow):
        await kit.run(FLOW)
    assert len(kit.wire.requests) < 400
    kit.wire.interceptors.clear()
    await kit.later(minutes=5)
    await tidy(kit)


@pytest.mark.parametrize("bulk", [True, False])
@pytest.mark.parametrize("effect", [True, False])
@pytest.mark.parametrize("ending", _CREATES)
async def test_a_run_killed_over_a_call_is_finished_by_the_next_one(bulk: bool, effect: bool, ending: str) -> None:
    kit = await drawn(bulk=bulk)
    died = await kit.run_and_die(FLOW, on=ending, effect=effect)
    await tidy(kit)
    assert died or not bulk or "bulk" not in ending


@pytest.mark.parametrize("bulk", [True, False])
@pytest.mark.parametrize("start", [3, 77, 301, 640])
async def test_wherever_a_run_is_killed_the_next_one_finishes_it(bulk: bool, start: int) -> None:
    kit = await drawn(bulk=bulk)
    for step in range(4):
        await kit.run_and_die(FLOW, after=start + 17 * step)
    await tidy(kit)
    kit.wire.requests.clear()
    await kit.run(FLOW)
    assert writes(kit) == []
