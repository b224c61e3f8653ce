"""The stand-ins' own clock: it jumps ahead while the world goes on."""

from datetime import timedelta
from pathlib import Path

import pytest

from include.sandbox import Sandbox
from include.sandbox.saved import load, save
from include.sandbox.timeline import parse
from include.sandbox.world import World
from tests.unit.sandbox.callers import START, HandClock


def test_a_long_outage_is_played_quickly_on_both_remotes(sandbox: Sandbox, clock: HandClock) -> None:
    world = World(sandbox)
    world.jump(timedelta(hours=13), 26)
    assert world.events["sales_elsewhere"] == 52
    assert clock.now() == START
    for timeline in (sandbox.omnitron.timeline, sandbox.fashfed.timeline):
        assert timeline.now() == START + timedelta(hours=13)
    bought = [parse(package["created_at"]) for package in sandbox.fashfed.packages.rows.values()]
    during = [moment for moment in bought if moment > START]
    assert len(set(during)) > 3
    assert max(during) <= START + timedelta(hours=13)


@pytest.mark.parametrize(("hours", "steps"), [(0, 1), (-1, 1), (1, 0)])
def test_it_only_jumps_ahead(sandbox: Sandbox, hours: int, steps: int) -> None:
    with pytest.raises(ValueError, match="ahead"):
        World(sandbox).jump(timedelta(hours=hours), steps)
    assert sandbox.omnitron.timeline.now() == START


def test_clocks_that_differ_jump_by_the_same(clock: HandClock) -> None:
    sandbox = Sandbox.seeded(size=10, packages=0, clock=clock)
    sandbox.fashfed.timeline = type(sandbox.fashfed.timeline)(clock)
    sandbox.fashfed.timeline.ahead = timedelta(minutes=15)
    sandbox.move_clock(timedelta(hours=1))
    assert sandbox.fashfed.timeline.now() - sandbox.omnitron.timeline.now() == timedelta(minutes=15)


def test_the_jump_survives_a_restart(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.move_clock(timedelta(hours=13))
    save(sandbox, tmp_path / "state", "as it was")
    again = load(tmp_path / "state", HandClock(), "as it was")
    assert again
    assert again.omnitron.timeline.now() == again.fashfed.timeline.now() == START + timedelta(hours=13)
