"""What ``python -m include.run inbox`` may be asked, and what was asked."""

import argparse
from dataclasses import dataclass

from include.state.store import OWED, InboxState

INBOX = "inbox"
KINDS = ("package", "cancel", "refund", "movement", "plan", "split")
"""What the inbox holds: a kind for each flow that reads from outside."""
_LISTED = 100
_REASON_LIMIT = 500


@dataclass(frozen=True, slots=True)
class InboxListed:
    """Records of the inbox in these states, newest first; None: of every kind, with every code."""

    channel: str
    kind: str | None
    states: tuple[InboxState, ...]
    code: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class InboxChange:
    """A change that a person makes: ``retry``, ``exclude`` or ``assign``. ``code`` stands for all records parked with
    it, ``order`` is the number of the order that a package is assigned."""

    channel: str
    action: str
    kind: str
    keys: tuple[str, ...]
    code: str | None
    reason: str
    order: str | None


InboxAsked = InboxListed | InboxChange


def inbox_parser() -> argparse.ArgumentParser:
    """The parser of what follows ``inbox``."""
    parser = argparse.ArgumentParser(
        prog=f"python -m include.run {INBOX}",
        description="See what the inbox holds and take parked records in hand. Prints JSON lines; each change is noted "
        "in the table audits with the name of the user.",
        epilog="Exit codes: 0 done (single records may have been left as they were), 1 nothing could be done, "
        "2 wrong usage.",
    )
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument("--channel", metavar="KEY", help="key of the sales channel (FASHFED_CHANNELS)")
    parser.set_defaults(of=None, kind=None, code=None, reason="", order=None)
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|retry|exclude|assign")

    listed = actions.add_parser("list", parents=[every], help="what is new or parked, newest first, without payloads")
    listed.add_argument("--kind", choices=KINDS)
    listed.add_argument("--state", choices=[state.value for state in InboxState])
    listed.add_argument("--code", help="only records parked with this error code")
    listed.add_argument("--limit", type=_number, default=_LISTED, metavar="N", help=f"records to print ({_LISTED})")

    retry = actions.add_parser("retry", parents=[every], help="try parked or excluded records again at once")
    retry.add_argument("of", nargs="?", choices=KINDS, metavar="KIND", help="|".join(KINDS))
    retry.add_argument("keys", nargs="*", metavar="KEY", help="package number, claim id or what list prints")
    retry.add_argument("--kind", choices=KINDS, help="with --code instead of keys")
    retry.add_argument("--code", help="all records of --kind that are parked with this error code")
    retry.add_argument("--reason", type=_reason, default=argparse.SUPPRESS, metavar="TEXT", help="why, for the audit")

    exclude = actions.add_parser("exclude", parents=[every], help="set new or parked records aside for good")
    exclude.add_argument("of", choices=KINDS, metavar="KIND", help="|".join(KINDS))
    exclude.add_argument("keys", nargs="+", metavar="KEY")
    exclude.add_argument("--reason", type=_reason, required=True, metavar="TEXT", help="why; no buyer's data")

    assign = actions.add_parser("assign", parents=[every], help="say which order of Omnitron a package is")
    assign.add_argument("of", choices=KINDS[:1], metavar="package")
    assign.add_argument("keys", nargs=1, metavar="KEY", help="the package number")
    assign.add_argument("--order", required=True, metavar="NUMBER", help="the order's number in Omnitron")
    return parser


def inbox_asked(asked: argparse.Namespace, channel: str) -> InboxAsked:
    """What was asked. Raises ``ValueError`` for what does not go together."""
    if asked.action == "list":
        states = (InboxState(asked.state),) if asked.state else OWED
        return InboxListed(channel, asked.kind, states, asked.code, asked.limit)
    named, by_code = bool(asked.of and asked.keys), bool(asked.kind and asked.code)
    if named == by_code or (asked.of and asked.kind) or (asked.keys and asked.code):
        raise ValueError("retry takes KIND and KEYs, or --kind and --code")
    kind = asked.of or asked.kind
    return InboxChange(channel, asked.action, kind, tuple(asked.keys), asked.code, asked.reason, asked.order)


def _reason(text: str) -> str:
    reason = text.strip()
    if not 0 < len(reason) <= _REASON_LIMIT:
        raise argparse.ArgumentTypeError(f"a reason has 1 to {_REASON_LIMIT} characters")
    return reason


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of records")
    return int(text)
