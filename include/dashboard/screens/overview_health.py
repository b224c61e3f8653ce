"""How each flow is: what its newest run did, whether it is on time, and what waits for it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from include import deployment
from include.alarms.criteria import INBOX_KINDS
from include.dashboard.schedules import next_run, starts
from include.dashboard.words import ago
from include.domain.run import COUNTS
from include.flows.registry import FLOWS, Flow
from include.state.postgres.screens.health import MOST, Backlog, StepRun

Tone = Literal["good", "bad", "wait", "note", ""]

GROUPS: Final = {"setup": "Setup", "catalog": "Catalog", "orders": "Orders", "operations": "Operations"}
_MARGIN = timedelta(minutes=2)
"""What Airflow gives each step beyond its time limit."""
_BETWEEN_STEPS = timedelta(minutes=15)
"""How long the next step of a run may take to begin."""
_WAITS: Final = {
    "due": ("record is due", "records are due"),
    "batches": ("batch is open", "batches are open"),
    "held": ("change is held by the brake", "changes are held by the brake"),
    "approval": ("product awaits Fashfed's approval", "products await Fashfed's approval"),
}
_LATE_AFTER: Final = {"due": timedelta(hours=1), "batches": timedelta(hours=7), "held": timedelta()}
"""Age from which a backlog is worth a look; approvals take their time."""


@dataclass(frozen=True, slots=True)
class Run:
    """The newest run of a flow, all steps together."""

    flow: Flow
    steps: tuple[StepRun, ...]

    @property
    def last(self) -> StepRun:
        """The step that began last: it says how the run is."""
        return self.steps[-1]

    @property
    def started_at(self) -> datetime:
        """When its first step began."""
        return self.steps[0].started_at

    @property
    def seconds(self) -> float:
        """The time of all steps."""
        return sum(step.seconds for step in self.steps)

    @property
    def counts(self) -> dict[str, int]:
        """Records by what happened to them, in the order of ``COUNTS``; what did not happen is absent."""
        return {name: number for name in COUNTS if (number := sum(step.counts.get(name, 0) for step in self.steps))}

    @property
    def errors(self) -> Counter[str]:
        """Errors by code."""
        found: Counter[str] = Counter()
        for step in self.steps:
            found.update(step.errors)
        return found

    @property
    def is_complete(self) -> bool:
        """Whether its last step ran; a step's name may be several (``send+settle``)."""
        return self.last.step.split("+")[-1] == self.flow.steps[-1]

    @property
    def longest(self) -> timedelta:
        """How long a run may take; then Airflow has broken it off."""
        return (self.flow.time_limit + _MARGIN) * len(self.flow.steps)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a flow, in words."""

    text: str
    since: datetime | None
    is_old: bool


@dataclass(frozen=True, slots=True)
class FlowHealth:
    """One flow as the dashboard shows it. ``needs_look``: somebody should see to it; ``why`` says what it is."""

    flow: Flow
    state: str
    tone: Tone
    why: str
    run: Run | None
    last_success: datetime | None
    starts: str
    """What starts it, in words."""
    waiting: tuple[Waiting, ...]
    needs_look: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the state database and Airflow say of the flows of a channel."""

    channel: str
    runs: Mapping[str, Sequence[StepRun]]
    successes: Mapping[str, datetime]
    backlogs: Sequence[Backlog]
    paused: frozenset[str]
    """DAG ids."""
    in_trouble: frozenset[str]
    """Flows that an open incident is about."""
    now: datetime


def health(known: Known) -> list[FlowHealth]:
    """Every flow, in the order of the registry."""
    return [_of(flow, known) for flow in FLOWS.values()]


def summary(flows: Iterable[FlowHealth]) -> tuple[Tone, str]:
    """In words whether all is well."""
    rows = list(flows)
    scheduled = [row for row in rows if row.flow.schedule and not row.flow.on_any_channel]
    if all(row.state == "Off" for row in scheduled):
        return "wait", f"No flow runs: {scheduled[0].run.last.reason if scheduled[0].run else '-'}."
    bad = [row for row in rows if row.needs_look]
    off = sum(row.state == "Off" for row in rows)
    aside = f" {off} {'is' if off == 1 else 'are'} switched off." if off else ""
    if not bad:
        return "good", f"All flows run as they should.{aside}"
    told = "; ".join(f"{row.flow.display_name} {row.why}" for row in bad[:3])
    more = f"; and {len(bad) - 3} more" if len(bad) > 3 else ""
    needs = "1 flow needs a look" if len(bad) == 1 else f"{len(bad)} flows need a look"
    tone: Tone = "bad" if any(row.tone == "bad" for row in bad) else "wait"
    return tone, f"{needs}: {told}{more}.{aside}"


def _of(flow: Flow, known: Known) -> FlowHealth:
    steps = known.runs.get(flow.name)
    run = Run(flow, tuple(steps)) if steps else None
    schedule = deployment.schedule(flow, known.channel)
    due_at = next_run(schedule, run.started_at if run else known.now)
    waiting = tuple(_waiting(backlog, known.now) for backlog in known.backlogs if _flow_of(backlog) == flow.name)
    state, tone, why = _judged(flow, run, schedule, due_at, known)
    old = next((one for one in waiting if one.is_old), None)
    if tone in ("good", "note") and flow.name in known.in_trouble:  # a run that is tried again looks like a healthy one
        state, tone, why = "Incident", "bad", "has an open incident"
    elif old and tone in ("good", "note"):
        state, tone, why = "Behind", "wait", f"does not keep up: {old.text}"
    return FlowHealth(
        flow, state, tone, why, run, known.successes.get(flow.name), starts(flow, known.channel), waiting, bool(why)
    )


def _judged(
    flow: Flow, run: Run | None, schedule: str | None, due_at: datetime | None, known: Known
) -> tuple[str, Tone, str]:
    """State, tone and, where somebody should look, why (it goes on after the flow's name)."""
    starts_by_itself = schedule is not None or deployment.starts_after(flow, known.channel) is not None
    if deployment.dag_id(flow, known.channel) in known.paused:
        return "Paused", "wait", "is paused in Airflow" if starts_by_itself else ""
    if run is None:
        return ("Has not run", "wait", "has not run yet") if schedule else ("Has not run", "", "")
    if run.last.outcome == "skipped":
        needs, _, step = (run.last.reason or "").partition(". Next step: ")
        return ("Waits", "wait", f"waits: {needs.partition(' [')[0]}") if step else ("Off", "", "")
    if run.last.outcome == "failed":
        return "Failed", "bad", "failed"
    age = known.now - run.started_at
    if run.last.outcome is None:
        return ("Broke off", "bad", "did not end") if age > run.longest else ("Running", "note", "")
    if not run.is_complete:
        quiet = known.now - (run.last.finished_at or run.last.started_at)
        between = f"stopped after {run.last.step}"
        return ("Broke off", "bad", between) if quiet > _BETWEEN_STEPS else ("Running", "note", "")
    if due_at is not None and known.now > due_at + flow.time_limit:
        return "Late", "bad", f"should have run {ago(due_at, known.now)}"
    return _after_another(flow, run, known) or ("OK", "good", "")


def _after_another(flow: Flow, run: Run, known: Known) -> tuple[str, Tone, str] | None:
    """Late, when the flow that starts this one succeeded a while ago and this one has not run since."""
    before = deployment.starts_after(flow, known.channel)
    succeeded = known.successes.get(before.name) if before else None
    if before and succeeded and run.started_at < succeeded < known.now - flow.time_limit:
        return "Late", "bad", f"has not run since {before.display_name} succeeded"
    return None


def _flow_of(backlog: Backlog) -> str | None:
    if backlog.what == "due":
        return INBOX_KINDS.get(backlog.name)
    if backlog.what == "held":
        return next((flow.name for flow in FLOWS.values() if flow.content_type == backlog.name), None)
    return backlog.name


def _waiting(backlog: Backlog, now: datetime) -> Waiting:
    number = f"{backlog.records:,}" if backlog.records < MOST else f"{MOST - 1:,}+"
    limit = _LATE_AFTER.get(backlog.what)
    is_old = limit is not None and backlog.since is not None and now - backlog.since > limit
    return Waiting(f"{number} {_WAITS[backlog.what][backlog.records != 1]}", backlog.since, is_old)
