"""Runs in the words of the Trigger screen. Pure: what Airflow and the state database say goes in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from include.catalogue import CATALOGUE, Entry
from include.catalogue.entries import in_general
from include.dashboard.screens.overview_health import Run, Tone
from include.flows.registry import Flow
from include.state.postgres.screens.health import StepRun

UNFINISHED: Final = frozenset({"queued", "running"})
_FLAG: Final = "feature_flag"
_STEPS: Final = {_FLAG: "Check", "send": "Send", "settle": "Settle", "pull": "Pull", "apply": "Apply", "run": "Run"}
_ABOUT: Final = {
    _FLAG: "is the flow switched on, and what it needs there",
    "send": "work out what changed and hand it over",
    "settle": "learn what became of it",
    "pull": "read what is new into the inbox",
    "apply": "work off what is due in the inbox",
    "run": "do the work",
}
_TASKS: Final[Mapping[str | None, tuple[str, Tone]]] = {
    "queued": ("about to start", "note"),
    "running": ("running", "note"),
    "restarting": ("running", "note"),
    "success": ("done", "good"),
    "failed": ("failed", "bad"),
    "up_for_retry": ("tried again soon", "wait"),
    "skipped": ("skipped", ""),
    "upstream_failed": ("not reached", ""),
    "removed": ("not reached", ""),
}
_WAITS: Final[tuple[str, Tone]] = ("waits", "")
_RUNS: Final[Mapping[str, tuple[str, Tone]]] = {
    "queued": ("Waits", "wait"),
    "running": ("Running", "note"),
    "success": ("Success", "good"),
    "failed": ("Failed", "bad"),
}
_VERDICTS: Final[Mapping[str, tuple[str, Tone]]] = {
    "released": ("Penalty lifted", "good"),
    "nothing_to_release": ("Had no penalty", ""),
    "moved": ("Will be sent again", "good"),
    "chosen": ("Taken up", "good"),
    "failed": ("Failed", "bad"),
    "refused": ("Refused", "bad"),
    "refuse": ("Would be refused", "bad"),
    "send": ("Would be sent", "good"),
    "unchanged": ("Unchanged", ""),
}
_MARKED: Final = re.compile(r"(\*\*.+?\*\*|`.+?`)")
_STARTS: Final = {"manual": "by hand", "scheduled": "schedule", "backfill": "backfill", "asset_triggered": "other flow"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run: what Airflow says of its task, and its report once it has ended."""

    title: str
    about: str
    state: str
    tone: Tone
    report: StepRun | None

    @property
    def is_over(self) -> bool:
        """Whether it needs nothing more, however it ended."""
        return self.tone == "good" or self.state in ("skipped", "failed", "not reached")


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause of errors and how many records it met."""

    code: str
    number: int
    entry: Entry
    text: str
    """The message, with dots for the facts of each record."""
    next_step: str


@dataclass(frozen=True, slots=True)
class ShownRun:
    """One run of a flow."""

    flow: Flow
    id: str
    state: str
    tone: Tone
    starts: str
    who: str | None
    begun_at: datetime | None
    ended_at: datetime | None
    is_over: bool
    steps: tuple[Step, ...]
    report: Run | None

    @property
    def done(self) -> int:
        """Steps that need nothing more."""
        return sum(step.is_over for step in self.steps)

    @property
    def current(self) -> Step | None:
        """The first step that is not over."""
        return next((step for step in self.steps if not step.is_over), None)

    @property
    def address(self) -> str:
        """The run in an address of Airflow."""
        return quote(self.id, safe="")

    @property
    def troubles(self) -> list[Trouble]:
        """Causes of errors, the most frequent first."""
        found = self.report.errors.most_common() if self.report else []
        known = [(code, number, CATALOGUE[code]) for code, number in found if code in CATALOGUE]
        return [Trouble(code, n, one, _dotted(one.message), in_general(one.next_step)) for code, n, one in known]


def shown(flow: Flow, run_id: str, run: Mapping[str, Any] | None, reports: Sequence[StepRun]) -> ShownRun:
    """A run out of what Airflow tells of it (None: it has forgotten it) and the reports of its steps."""
    report = Run(flow, tuple(reports)) if reports else None
    state, tone = _state(run, report)
    told = run or {}
    return ShownRun(
        flow,
        run_id,
        state,
        tone,
        _STARTS.get(told.get("run_type", ""), ""),
        told.get("who"),
        told.get("start_date") or (report.started_at if report else None),
        told.get("end_date") or (report.last.finished_at if report else None),
        told.get("state") not in UNFINISHED,
        _steps(flow, told.get("tasks"), reports),
        report,
    )


def _state(run: Mapping[str, Any] | None, report: Run | None) -> tuple[str, Tone]:
    """A run in which every step was skipped is a success of Airflow's, but did nothing."""
    if report and report.last.outcome == "skipped":
        return "Skipped", ""
    if run is None:
        return _RUNS.get((report.last.outcome if report else None) or "", ("Broke off", "bad"))
    if run["state"] == "success" and report is None:
        return "Skipped", ""
    return _RUNS.get(run["state"], (run["state"], ""))


def _steps(flow: Flow, tasks: Mapping[str, str | None] | None, reports: Sequence[StepRun]) -> tuple[Step, ...]:
    by_step = {report.step: report for report in reports}
    if tasks is None:
        return tuple(Step(_STEPS.get(name, name), "", *_ended(one), one) for name, one in by_step.items())
    return tuple(
        Step(_STEPS[name], _ABOUT[name], *_TASKS.get(tasks.get(name), _WAITS), by_step.get(name))
        for name in (_FLAG, *flow.steps)
    )


def _ended(report: StepRun) -> tuple[str, Tone]:
    return _TASKS.get(report.outcome, ("broke off", "bad"))


def _dotted(message: str) -> str:
    return re.sub(r"{[^}]*}", "…", message)


def verdict(name: str) -> tuple[str, Tone]:
    """What became of a row, in words, and its tone."""
    return _VERDICTS.get(name) or (name.replace("_", " ").capitalize(), "")


def said(doc: str) -> list[list[tuple[str, str]]]:
    """The list of a DAG's documentation, an entry as pieces: strong, code, or plain."""
    entries = [" ".join(entry.split()) for entry in re.split(r"^- ", doc, flags=re.MULTILINE)]
    return [[_piece(text) for text in _MARKED.split(entry) if text] for entry in entries if entry]


def _piece(text: str) -> tuple[str, str]:
    if text.startswith("**"):
        return "strong", text.strip("*")
    return ("code", text.strip("`")) if text.startswith("`") else ("", text)
