"""One run of one flow from the command line, without a scheduler (design.md section 5).

``python -m include.run <flow> [--channel KEY] [--from ISO --to ISO] [--dry-run]`` prints one JSON object, the report,
on standard output and its log on standard error. ``python -m include.run readiness [--channel KEY]`` prints what each
feature flag needs and has.

Exit codes: 0 the run did its work (single records may have failed), 1 it could not, 2 wrong usage, 3 skipped because
the flag or the channel is off.
"""

import argparse
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import IO
from uuid import uuid4

from include import deployment
from include.bootstrap import Order, note_failure, read_readiness, run_steps
from include.clients.redaction import redact
from include.clock import SystemClock
from include.command_connections import CommandConnections
from include.domain.run import Outcome, RunReport, Window
from include.errors import FashfedError
from include.flows.registry import FLOWS, PUSH
from include.settings import render_text
from include.state.migrations import is_current, upgrade
from include.stopping import Stopped, StoppedBySignal
from include.window import Occasion, RunWindow, run_window

_EXIT = {Outcome.SUCCESS: 0, Outcome.FAILED: 1, Outcome.SKIPPED: 3}
_READINESS = "readiness"

log = logging.getLogger("fashfed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, run, print; returns the exit code."""
    channel, order = _parse(arguments)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    with _report_alone_on_standard_output() as out, CommandConnections(channel) as connections:
        _log_to_standard_error(connections.secrets)
        if order is None:
            return _readiness(channel, connections, out)
        report = _run(order, connections)
        print(json.dumps(report.as_json(), ensure_ascii=False), file=out)
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


def _readiness(channel: str, connections: CommandConnections, out: IO[str]) -> int:
    try:
        rows = read_readiness(channel, connections)
    except Exception as error:  # noqa: BLE001 - explained, like a run's
        _explain(error)
        return 1
    print(render_text(rows), file=out)
    return 0


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


def _parse(arguments: Sequence[str] | None) -> tuple[str, Order | None]:
    """The channel and the run asked for (None: its readiness). Wrong usage ends the program with code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m include.run",
        description="Run one flow once against the configured connections and print its report as JSON.",
        epilog="Exit codes: 0 did its work, 1 could not, 2 wrong usage, 3 skipped because the flag or channel is off.",
    )
    names = f"{', '.join(FLOWS)}, or {_READINESS} for what each feature flag needs"
    parser.add_argument("flow", choices=[*FLOWS, _READINESS], metavar="flow", help=names)
    parser.add_argument("--channel", metavar="KEY", help="key of the sales channel (FASHFED_CHANNELS)")
    parser.add_argument("--from", dest="start", metavar="ISO", type=_moment, help="start of the window to read")
    parser.add_argument("--to", dest="end", metavar="ISO", type=_moment, help="end of the window to read")
    parser.add_argument("--dry-run", action="store_true", help="only log what would be sent; change nothing")
    asked = parser.parse_args(arguments)
    try:
        channel = _channel(asked.channel)
        return channel, _order(asked, channel)
    except ValueError as error:
        parser.error(str(error))


def _channel(asked: str | None) -> str:
    known = deployment.channels()
    channel = asked or ("default" if "default" in known else known[0])
    if channel not in known:
        raise ValueError(f"channel {channel!r} is not one of FASHFED_CHANNELS ({', '.join(known)})")
    return channel


def _order(asked: argparse.Namespace, channel: str) -> Order | None:
    flow = FLOWS.get(asked.flow)
    look_back = flow.look_back if flow else None
    if (asked.start or asked.end) and look_back is None:
        raise ValueError(f"{asked.flow} reads no window: --from and --to do not apply")
    if (asked.start is None) != (asked.end is None):
        raise ValueError("--from and --to go together")
    if asked.dry_run and (flow is None or flow.steps != PUSH):
        raise ValueError(f"{asked.flow} cannot run dry")
    if flow is None:
        return None
    window: RunWindow | None = None
    if asked.start and asked.end:
        window = RunWindow(Window(asked.start, asked.end), fixed=True)
    elif look_back is not None:
        window = run_window(Occasion(datetime.now(UTC)), look_back)
    return Order(flow, channel, f"command__{uuid4()}", flow.steps, window, asked.dry_run)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-01-31T06:00:00+03:00") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset; write for example {text}+03:00")
    return moment.astimezone(UTC)


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
