"""What an address or a form of the Inbox asks for: which records, and what the last change did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Form, HTTPException, Query

from include.catalogue import CATALOGUE
from include.catalogue.entries import in_general
from include.dashboard.screens.inbox_change import Done
from include.dashboard.screens.inbox_kinds import KINDS, Kind
from include.flows.registry import FLOWS
from include.state.postgres.screens.inbox import Wanted

_DONE = {
    "retry": "will be tried again",
    "exclude": "excluded",
    "let_pass": "may pass",
    "assign": "assigned to its order; it goes on with the next run of Order Create",
}
_PLAIN = r"^[^\x00]*$"
Text = Annotated[str, Query(max_length=500, pattern=_PLAIN)]
FormText = Annotated[str, Form(max_length=500, pattern=_PLAIN)]
Number = Annotated[int, Query(ge=1, le=100_000)]
_Count = Annotated[int, Query(ge=0, le=10**9)]
_YEARS = range(2000, 9000)
"""Of moments that something may have happened at."""


@dataclass(frozen=True, slots=True)
class List:
    """Which records a page lists, or a change is about."""

    kind: Kind
    wanted: Wanted

    @property
    def query(self) -> Mapping[str, Any]:
        """As our addresses name it."""
        wanted = self.wanted
        at = wanted.excluded_at.isoformat() if wanted.excluded_at else ""
        return {"kind": wanted.kind, "code": wanted.code, "cause": wanted.cause, "q": wanted.text, "at": at}


def _list(kind: str, code: str, cause: str, text: str, at: str) -> List:
    try:
        moment = datetime.fromisoformat(at) if at else None
    except ValueError:
        moment = None
    if kind not in KINDS or bool(code) == bool(moment) or (moment and not _may_be(moment)):
        raise HTTPException(404, "There is no such list of records.")
    about = KINDS[kind]
    return List(about, Wanted(kind, code, cause or None, text.strip() or None, moment, about.in_inbox))


def _may_be(moment: datetime) -> bool:
    return moment.tzinfo is not None and moment.year in _YEARS


def _by_address(kind: Text, code: Text = "", cause: Text = "", q: Text = "", at: Text = "") -> List:
    return _list(kind, code, cause, q, at)


def _by_form(kind: FormText, code: FormText = "", cause: FormText = "", q: FormText = "", at: FormText = "") -> List:
    return _list(kind, code, cause, q, at)


Listed = Annotated[List, Depends(_by_address)]
"""The records that an address names. ``code`` or ``at``, the moment of an exclusion, is given. Raises 404."""
Meant = Annotated[List, Depends(_by_form)]
"""The records that a form names."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the last change did, as the address after it says."""

    did: str
    done: Done

    @property
    def is_good(self) -> bool:
        """Whether all went well."""
        return not self.done.trouble

    @property
    def text(self) -> str:
        """In people's words."""
        done = self.done
        told = [f"{done.changed:,} {_DONE[self.did]}."] if done.changed or not done.trouble else []
        if done.trouble:
            about = CATALOGUE[done.trouble]
            told.append(f"{FLOWS[done.started].display_name} could not be started." if done.started else "Not done.")
            told += [in_general(about.cause), in_general(about.next_step)]
            return " ".join(told)
        if done.asked > done.changed:
            told.append(f"{done.asked - done.changed:,} stayed as they were: a run or somebody else was quicker.")
        if done.started:
            told.append(f"A run of {FLOWS[done.started].display_name} was started for it.")
        return " ".join(told)


def _told(
    did: Text = "", asked: _Count = 0, changed: _Count = 0, started: Text = "", trouble: Text = ""
) -> Told | None:
    known = did in _DONE and started in {"", *FLOWS} and trouble in {"", *CATALOGUE}
    return Told(did, Done(asked, changed, started, trouble)) if known else None


After = Annotated[Told | None, Depends(_told)]
"""What the change before this page did; None: there was none."""
