"""A real process is killed (SIGKILL) after each durable write a flow makes, and the next runs put everything right.

``points.txt`` is the registry of crash points: scenario and write, one a line. One that is not in it fails the build;
``python -m tests.crash.registry`` writes it anew.
"""

from collections.abc import Iterator

import pytest

from include.flows.registry import FLOWS
from include.local.postgres import EmbeddedPostgres
from tests.crash.registry import read_registry, writes_of
from tests.crash.scenarios import ELSEWHERE, SCENARIOS, nothing_is_left
from tests.crash.stage import KILLED, Stage, playing
from tests.crash.victim import WRITES

REGISTRY = read_registry()


def new_points(name: str) -> list[str]:
    """The crash points of a scenario, without those at which an earlier one kills the same flow."""
    earlier = list(SCENARIOS)[: list(SCENARIOS).index(name)]
    same = [other for other in earlier if SCENARIOS[other].flow == SCENARIOS[name].flow]
    known = {point for other in same for point in REGISTRY.get(other, ())}
    return [point for point in REGISTRY.get(name, ()) if point not in known]


@pytest.fixture(scope="module")
def stage(postgres: EmbeddedPostgres, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stage of all tests here."""
    with playing(postgres, migrated, tmp_path_factory.mktemp("crash")) as made:
        yield made


@pytest.fixture(scope="module")
def prepared(stage: Stage, request: pytest.FixtureRequest) -> Stage:
    """The stage with the work of one scenario, kept to go back to."""
    SCENARIOS[request.param].open(stage)
    stage.keep()
    return stage


def recover(stage: Stage, name: str) -> None:
    """The runs of the next hours; then everything is right."""
    scenario = SCENARIOS[name]
    for minutes in scenario.later:
        stage.later(minutes=minutes)
        stage.must_run(scenario.flow, **scenario.facts)
    nothing_is_left(stage)
    scenario.check(stage)


@pytest.mark.parametrize(("prepared", "name"), [(name, name) for name in SCENARIOS], indirect=["prepared"])
def test_every_durable_write_of_a_flow_is_a_registered_crash_point(prepared: Stage, name: str) -> None:
    prepared.go_back()
    made = writes_of(prepared, name)
    assert sorted(made) == sorted(REGISTRY[name]), "python -m tests.crash.registry writes the registry anew"
    recover(prepared, name)


@pytest.mark.parametrize(
    ("prepared", "name", "point"),
    [(name, name, point) for name in SCENARIOS for point in new_points(name)],
    indirect=["prepared"],
)
def test_a_process_killed_after_a_durable_write_is_recovered_from(prepared: Stage, name: str, point: str) -> None:
    prepared.go_back()
    status, _ = prepared.run(SCENARIOS[name].flow, dies_at=point, **SCENARIOS[name].facts)
    assert status == KILLED
    recover(prepared, name)


def test_every_flow_is_killed_somewhere() -> None:
    killed = {scenario.flow for scenario in SCENARIOS.values()}
    assert killed | set(ELSEWHERE) == set(FLOWS)
    assert not killed & set(ELSEWHERE)


def test_every_durable_step_of_the_state_database_is_killed_somewhere() -> None:
    killed = {point.removeprefix("store.").partition("(")[0] for points in REGISTRY.values() for point in points}
    assert killed >= WRITES, f"no flow is killed after {sorted(WRITES - killed)}"
