"""What ``python -m include.run`` may be asked, and what was asked. Wrong usage ends the program with code 2."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from include import deployment
from include.domain.run import Window
from include.domain.sku_list import SkuList, read_csv, typed
from include.errors import ConfigurationError
from include.flows.registry import FLOWS, Flow
from include.inbox_command import INBOX, InboxAsked, inbox_asked, inbox_parser
from include.steps import Order
from include.window import Occasion, RunWindow, run_window

READINESS = "readiness"
FINDINGS = "findings"
DIFFERENCES = "differences"
DIFFERENCE_KINDS = ("order", "order_waiting")
"""What the comparison of both sides finds: what differs, and what differs for the time being."""
_FINDINGS_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class ReadinessAsked:
    """What each feature flag of the channel needs and has."""

    channel: str


@dataclass(frozen=True, slots=True)
class FindingsAsked:
    """What the newest run of the flow that kept findings found, at most ``limit`` rows."""

    channel: str
    flow: Flow
    limit: int


@dataclass(frozen=True, slots=True)
class DifferencesAsked:
    """Where Omnitron and Fashfed do not agree, the oldest first, at most ``limit`` rows."""

    channel: str
    kind: str
    limit: int


def parse(arguments: Sequence[str] | None) -> Order | ReadinessAsked | FindingsAsked | DifferencesAsked | InboxAsked:
    """What the command line asks for. Wrong usage ends the program with code 2."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    inbox = words[:1] == [INBOX]
    parser = inbox_parser() if inbox else _parser()
    asked = parser.parse_args(words[1:] if inbox else words)
    try:
        channel = _channel(asked.channel)
        if inbox:
            return inbox_asked(asked, channel)
        _refuse_what_does_not_apply(asked)
        match asked.flow:
            case "readiness":
                return ReadinessAsked(channel)
            case "findings":
                return FindingsAsked(channel, FLOWS[asked.of], asked.limit or _FINDINGS_SHOWN)
            case "differences":
                return DifferencesAsked(channel, asked.of or DIFFERENCE_KINDS[0], asked.limit or _FINDINGS_SHOWN)
            case _:
                return _order(asked, FLOWS[asked.flow], channel)
    except ConfigurationError as error:
        parser.error(f"{error} [{error.code}]. Next step: {error.next_step}")
    except (ValueError, OSError) as error:
        parser.error(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m include.run",
        description="Run one flow once against the configured connections and print its report as JSON.",
        epilog="Exit codes: 0 did its work, 1 could not, 2 wrong usage, 3 skipped because the flag or channel is off "
        "or a flow it needs has not succeeded yet.",
    )
    names = (
        f"{', '.join(FLOWS)}; or {READINESS} for what each feature flag needs; or {FINDINGS} for what the last run of "
        f"a flow found, row by row as JSON; or {DIFFERENCES} for where Omnitron and Fashfed do not agree; "
        f"or {INBOX} for what waits in the inbox ({INBOX} --help)"
    )
    parser.add_argument("flow", choices=[*FLOWS, READINESS, FINDINGS, DIFFERENCES], metavar="flow", help=names)
    behind = f"behind {FINDINGS} the flow; behind {DIFFERENCES} {' or '.join(DIFFERENCE_KINDS)} ({DIFFERENCE_KINDS[0]})"
    parser.add_argument("of", nargs="?", choices=[*FLOWS, *DIFFERENCE_KINDS], metavar="of", help=behind)
    parser.add_argument("--channel", metavar="KEY", help="key of the sales channel (FASHFED_CHANNELS)")
    parser.add_argument("--from", dest="start", metavar="ISO", type=_moment, help="start of the window to read")
    parser.add_argument("--to", dest="end", metavar="ISO", type=_moment, help="end of the window to read")
    skus = parser.add_mutually_exclusive_group()
    skus.add_argument("--sku", action="append", metavar="SKU", help="only this SKU; may be given several times")
    skus.add_argument("--csv", metavar="FILE", help="only the SKUs of a CSV file with the header sku; - reads it in")
    parser.add_argument("--dry-run", action="store_true", help="only work out what would be sent; change nothing")
    parser.add_argument("--let-pass", action="store_true", help="let the changes pass that a brake holds back now")
    parser.add_argument("--limit", type=_number, metavar="N", help=f"rows to print ({_FINDINGS_SHOWN})")
    return parser


def _channel(asked: str | None) -> str:
    known = deployment.channels()
    channel = asked or ("default" if "default" in known else known[0])
    if channel not in known:
        raise ValueError(f"channel {channel!r} is not one of FASHFED_CHANNELS ({', '.join(known)})")
    return channel


def _refuse_what_does_not_apply(asked: argparse.Namespace) -> None:
    flow = FLOWS.get(asked.flow)
    _refuse_a_wrong_word(asked)
    if asked.limit and asked.flow not in (FINDINGS, DIFFERENCES):
        raise ValueError(f"{asked.flow} prints no rows: --limit does not apply")
    if (asked.start or asked.end) and (flow is None or flow.look_back is None):
        raise ValueError(f"{asked.flow} reads no window: --from and --to do not apply")
    if (asked.start is None) != (asked.end is None):
        raise ValueError("--from and --to go together")
    if asked.dry_run and (flow is None or "send" not in flow.steps):
        raise ValueError(f"{asked.flow} cannot run dry")
    takes = flow.takes if flow else frozenset()
    if (asked.sku or asked.csv) and "skus" not in takes:
        raise ValueError(f"{asked.flow} takes no list of SKUs: --sku and --csv do not apply")
    if asked.let_pass and "let_pass" not in takes:
        raise ValueError(f"{asked.flow} holds nothing back: --let-pass does not apply")


def _refuse_a_wrong_word(asked: argparse.Namespace) -> None:
    if asked.flow == FINDINGS and asked.of not in FLOWS:
        raise ValueError(f"{FINDINGS} needs the name of a flow")
    if (
        asked.of is not None
        and asked.flow != FINDINGS
        and not (asked.flow == DIFFERENCES and asked.of in DIFFERENCE_KINDS)
    ):
        raise ValueError(f"{asked.of!r} is too much")


def _order(asked: argparse.Namespace, flow: Flow, channel: str) -> Order:
    window: RunWindow | None = None
    if asked.start and asked.end:
        window = RunWindow(Window(asked.start, asked.end), fixed=True)
    elif flow.look_back is not None:
        window = run_window(Occasion(datetime.now(UTC)), flow.look_back)
    run_id, skus = f"command__{uuid4()}", _sku_list(asked)
    return Order(flow, channel, run_id, flow.steps, window, asked.dry_run, skus, asked.let_pass)


def _sku_list(asked: argparse.Namespace) -> SkuList | None:
    """The SKUs asked for; None: whatever is due. Raises ``OSError`` and ``ConfigurationError`` for a useless file."""
    if asked.csv:
        return read_csv(sys.stdin.buffer.read() if asked.csv == "-" else Path(asked.csv).read_bytes())
    return typed(asked.sku) if asked.sku else None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-01-31T06:00:00+03:00") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset; write for example {text}+03:00")
    return moment.astimezone(UTC)


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows")
    return int(text)
