"""One run of one flow from the command line, without a scheduler (design.md section 5).

``python -m include.run <flow>`` with the options of ``command_line`` prints one JSON object, the report, on standard
output and its log on standard error; a run that kept findings has them counted in it by verdict. ``... readiness``
prints what each feature flag needs and has, ``... findings <flow>`` the findings of the flow's last run as JSON lines,
``... differences`` where Omnitron and Fashfed do not agree, ``... inbox`` shows and changes what waits in the inbox
(``inbox_command``).

Exit codes: 0 the run did its work (single records may have failed), 1 it could not, 2 wrong usage, 3 skipped because
the flag or the channel is off or a flow that it needs has not succeeded yet.
"""

import json
import logging
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from types import FrameType
from typing import IO

from include import deployment
from include.bootstrap import run_steps
from include.catalogue import entry
from include.clients.redaction import redact
from include.clock import SystemClock
from include.command_connections import CommandConnections
from include.command_line import DifferencesAsked, FindingsAsked, ReadinessAsked, parse
from include.connections import from_environment
from include.domain.run import Outcome, RunReport
from include.errors import ConfigurationError, FashfedError
from include.flows.registry import FLOWS
from include.inbox_command import InboxAsked, InboxChange, InboxListed
from include.inbox_desk import work_inbox
from include.local.postgres import EmbeddedPostgres
from include.questions import last_success, read_differences, read_findings, read_readiness
from include.settings import ReadinessRow, SettingLine, render_text
from include.settings.schema import FIELD
from include.state.migrations import is_current, upgrade
from include.state.store import Difference
from include.steps import Order, note_failure
from include.stopping import Stopped, StoppedBySignal

_EXIT = {Outcome.SUCCESS: 0, Outcome.FAILED: 1, Outcome.SKIPPED: 3}
_AIRFLOW_IS_HERE = {"AIRFLOW_HOME", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"}

log = logging.getLogger("fashfed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, run, print; returns the exit code."""
    asked = parse(arguments)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    with _report_alone_on_standard_output() as out, CommandConnections(asked.channel) as connections:
        _log_to_standard_error(connections.secrets)
        match asked:
            case ReadinessAsked():
                return _answer(lambda: _readiness(asked.channel, connections), out)
            case FindingsAsked():
                return _answer(lambda: _findings(asked, connections), out)
            case DifferencesAsked():
                return _answer(lambda: _differences(asked, connections), out)
            case InboxListed() | InboxChange():
                return _answer(lambda: _inbox(asked, connections), out)
        report = _run(asked, connections)
        print(json.dumps(report.as_json() | _counted_findings(asked, connections), ensure_ascii=False), file=out)
    return _EXIT[report.outcome]


def _run(order: Order, connections: CommandConnections) -> RunReport:
    """The report of the run, whatever became of it; the log says why it failed and what to do."""
    report = order.report(SystemClock())
    try:
        _migrate(connections)
        run_steps(order, connections, report)
    except Exception as error:  # noqa: BLE001 - the report must be printed whatever happens
        note_failure(report, error)
        _explain(error)
    if report.outcome is Outcome.SKIPPED:
        log.info("Skipped: %s", report.reason)
    return report


def _counted_findings(order: Order, connections: CommandConnections) -> dict[str, dict[str, int]]:
    """What the run kept, by verdict; nothing when it kept none or the state database is away."""
    with suppress(FashfedError, Stopped):
        found = read_findings(order.channel, order.flow.name, connections, run_id=order.run_id)
        return {"findings": dict(sorted(Counter(finding.verdict for finding in found).items()))} if found else {}
    return {}


def _answer(question: Callable[[], Iterable[str]], out: IO[str]) -> int:
    try:
        for line in question():
            print(line, file=out)
    except Exception as error:  # noqa: BLE001 - explained, like a run's
        _explain(error)
        return 1
    return 0


def _findings(asked: FindingsAsked, connections: CommandConnections) -> Iterable[str]:
    _migrate(connections)
    found = read_findings(asked.channel, asked.flow.name, connections, limit=asked.limit)
    if not found:
        log.info("No run of %s has kept findings", asked.flow.display_name)
    return [json.dumps(asdict(finding), ensure_ascii=False) for finding in found]


def _differences(asked: DifferencesAsked, connections: CommandConnections) -> Iterable[str]:
    _migrate(connections)
    found = read_differences(asked.channel, asked.kind, connections, limit=asked.limit)
    if not found:
        log.info("Nothing differs: what the last comparisons looked at is equal on both sides")
    return [json.dumps(_shown(row), ensure_ascii=False) for row in found]


def _shown(row: Difference) -> dict[str, str | None]:
    """A difference as it is printed, with what to do about it."""
    since = row.since.isoformat() if row.since else None
    return {"key": row.key, "code": row.code, "text": row.text, "since": since, "next_step": entry(row.code).next_step}


def _inbox(asked: InboxAsked, connections: CommandConnections) -> Iterable[str]:
    _migrate(connections)
    return work_inbox(asked, connections)


def _readiness(channel: str, connections: CommandConnections) -> Iterable[str]:
    yield render_text([_one_line_per_rule(row) for row in read_readiness(channel, connections)])
    for name in sorted({flow.needs for flow in FLOWS.values() if flow.needs}):
        yield f"\n{FLOWS[name].display_name:<26}{_success(channel, name, connections)}"


def _one_line_per_rule(row: ReadinessRow) -> ReadinessRow:
    """The row with Failed Integration as a line for each of its rules."""
    lines: list[SettingLine] = []
    for line in row.settings:
        if line.problems or line.label != FIELD["failed_integration"].label:
            lines.append(line)
        else:
            lines.extend(SettingLine(line.label, rule) for rule in line.effective.split("; "))
    return replace(row, settings=tuple(lines))


def _success(channel: str, flow: str, connections: CommandConnections) -> str:
    # for this one line no database is made or started
    if not (from_environment("connector_db") or _AIRFLOW_IS_HERE & os.environ.keys() or _embedded_database_runs()):
        return "unknown: the state database does not run"
    try:
        succeeded = last_success(channel, flow, connections)
    except FashfedError as error:
        return f"unknown: {error}"
    if succeeded is None:
        return f"has not succeeded yet. Next step: {ConfigurationError(f'{flow}_missing').next_step}"
    return f"succeeded at {succeeded:%Y-%m-%dT%H:%M:%SZ}"


def _embedded_database_runs() -> bool:
    return EmbeddedPostgres(deployment.state_folder()).running()


def _explain(error: Exception) -> None:
    if isinstance(error, FashfedError):
        log.error("%s [%s]. Next step: %s", error, error.code, error.next_step)
    elif isinstance(error, Stopped):
        log.error("%s", error)
    else:  # a fault of ours; its trace may quote records
        log.error("A fault in the connector; please report it:\n%s", redact(traceback.format_exc()))


def _migrate(connections: CommandConnections) -> None:
    address = connections.state_database().postgres_uri
    if not is_current(address):
        log.info("Migrating the state database")
        upgrade(address)


@contextmanager
def _report_alone_on_standard_output() -> Iterator[IO[str]]:
    """Whatever else writes to standard output, also a process we start, goes to standard error."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        yield out


class _Masked(logging.Formatter):
    def __init__(self, secrets: set[str]) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _log_to_standard_error(secrets: set[str]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masked(secrets))
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False  # Airflow, when it is asked for connections, puts its own handlers on the root


def _stop(number: int, frame: FrameType | None) -> None:
    raise StoppedBySignal(signal.Signals(number))


if __name__ == "__main__":
    sys.exit(main())
