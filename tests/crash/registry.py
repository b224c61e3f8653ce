"""The registry of crash points in ``points.txt``; ``python -m tests.crash.registry`` writes it anew."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from include.local.postgres import EmbeddedPostgres
from include.state import migrations
from tests.crash.scenarios import SCENARIOS
from tests.crash.stage import Stage, playing

FILE = Path(__file__).with_name("points.txt")


def read_registry() -> dict[str, list[str]]:
    """Scenario -> the writes after which its flow is killed."""
    found: dict[str, list[str]] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        name, _, point = line.partition(" ")
        found.setdefault(name, []).append(point)
    return found


def writes_of(stage: Stage, name: str) -> list[str]:
    """The different durable writes of a scenario's run, in the order they first happen."""
    scenario = SCENARIOS[name]
    return list(dict.fromkeys(stage.must_run(scenario.flow, **scenario.facts)))


def main() -> None:
    with TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            server.create_database("migrated")
            migrations.upgrade(server.uri("migrated"))
            with playing(server, "migrated", Path(folder)) as stage:
                FILE.write_text("".join(_lines(stage, sys.argv[1:] or list(SCENARIOS))), encoding="utf-8")
        finally:
            server.stop()


def _lines(stage: Stage, names: list[str]) -> list[str]:
    known = read_registry() if FILE.exists() else {}
    for name in names:
        SCENARIOS[name].open(stage)
        known[name] = writes_of(stage, name)
    return [f"{name} {point}\n" for name in SCENARIOS for point in known.get(name, [])]


if __name__ == "__main__":
    main()
