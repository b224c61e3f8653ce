"""What is said about a rule, a verdict and an incident: one line each, and the text of a mail. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from include.alarms.criteria import ABOUT
from include.alarms.verdicts import Verdict, remote_named
from include.catalogue import CATALOGUE
from include.flows.registry import FLOWS
from include.state.alarms import AlarmRule, Criterion, Incident, Notice, NoticeKind, Way

_NAMED = 3
"""Flows named in one line."""
_REASON = 300
"""Characters of a reason that are quoted."""
_IF_IT_LASTS = " If it lasts, ask those who run the other side, and tell them since when."
"""A trouble that we get over by ourselves, but not yet."""


@dataclass(frozen=True, slots=True)
class Readers:
    """Who is told when a rule names nobody, where the screens are, and by which clock people read.

    ``screens`` is the address of Airflow, without a slash at its end.
    """

    operators: tuple[str, ...] = ()
    screens: str = ""
    zone: str = "UTC"
    channel: str = "default"

    def targets(self, rule: AlarmRule) -> list[tuple[Way, str]]:
        """Who hears of what this rule sees."""
        if not rule.mails and not rule.webhook:
            return [(Way.MAIL, mail) for mail in self.operators]
        hooks = [(Way.WEBHOOK, rule.webhook)] if rule.webhook else []
        return [*((Way.MAIL, mail) for mail in rule.mails), *hooks]


def duration(minutes: float) -> str:
    """A time in the unit that people would use."""
    for size, unit in ((1440, "day"), (60, "h"), (1, "min")):
        if minutes >= size and (minutes % size == 0 or minutes >= 10 * size or size == 1):
            number = f"{minutes / size:.0f}"
            return f"{number} {unit}{'s' if unit == 'day' and number != '1' else ''}"
    return f"{minutes * 60:.0f} s"


def flow_name(flow: str) -> str:
    """The name of a flow as screens show it."""
    return FLOWS[flow].display_name if flow in FLOWS else flow


def flow_names(flows: Sequence[str]) -> str:
    """Some flows in a few words."""
    names = [flow_name(flow) for flow in flows]
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def rule_title(rule: AlarmRule) -> str:
    """One line that says what a rule watches."""
    of = f"{flow_name(rule.flow)}: " if rule.flow else "" if ABOUT[rule.criterion].flow == "none" else "Every flow: "
    limit, within = f"{rule.threshold:g}", duration(rule.interval_minutes)
    in_a_row = " in a row" if rule.threshold else ""
    what = {
        Criterion.ERRORS: f"{_beyond(limit, 'error')} in {within}",
        Criterion.ERROR_PERCENTAGE: f"more than {limit} % of the records failed in {within}",
        Criterion.AVERAGE_FLOW_TIME: f"runs took more than {limit} s on average in {within}",
        Criterion.NOTHING_ARRIVED: f"no record was taken up for {within}",
        Criterion.NO_SUCCESS: f"no successful run for {within}",
        Criterion.FAILED_RUNS: f"{_beyond(limit, 'failed run')}{in_a_row} within {within}",
        Criterion.BACKLOG_AGE: f"records due, or batches open, for more than {duration(rule.threshold)}",
        Criterion.PARKED: f"{_beyond(limit, 'record')} parked for over {within}",
        Criterion.LEDGER_DIFFERENCE: f"{_beyond(limit, 'difference')} between Omnitron and Fashfed for over {within}",
        Criterion.ENGINE_LATE: f"alarms not evaluated for more than {duration(rule.threshold)}",
    }[rule.criterion]
    return of + what if of else what[0].upper() + what[1:]


def verdict_line(verdict: Verdict) -> str:
    """What one rule sees, with the value."""
    rule, measure = verdict.rule, verdict.measure
    within, value = duration(rule.interval_minutes), f"{measure.value:.4g}"
    code = f" ({measure.code})" if measure.code else ""
    what = {
        Criterion.ERRORS: f"{_counted(measure.value, 'error')} in {within}{code}",
        Criterion.ERROR_PERCENTAGE: f"{value} % of the records failed in {within}{code}",
        Criterion.AVERAGE_FLOW_TIME: f"runs took {value} s on average in {within}",
        Criterion.NOTHING_ARRIVED: f"no record was taken up for {within}",
        Criterion.NO_SUCCESS: f"no successful run for {within}",
        Criterion.FAILED_RUNS: f"{_counted(measure.value, 'failed run')} in a row{code}",
        Criterion.BACKLOG_AGE: f"{measure.records} due for up to {duration(measure.value)}",
        Criterion.PARKED: f"{_counted(measure.records, 'record')} parked for over {within}{code}",
        Criterion.LEDGER_DIFFERENCE: f"{_counted(measure.records, 'difference')} for over {within}{code}",
        Criterion.ENGINE_LATE: f"not evaluated for {duration(measure.value)}",
    }[rule.criterion]
    return f"{flow_name(measure.flow)}: {what}"


def _beyond(limit: str, what: str) -> str:
    return f"any {what}" if limit == "0" else f"more than {limit} {what}s"


def _counted(number: float, what: str) -> str:
    return f"{number:.0f} {what}{'' if number == 1 else 's'}"


def summary(verdicts: Sequence[Verdict], flows: Sequence[str]) -> str:
    """One line for an incident that these verdicts, which are at least one, see."""
    failing = next((verdict.failing for verdict in verdicts if verdict.failing), None)
    if failing is None:
        more = f"; {len(verdicts) - 1} more" if len(verdicts) > 1 else ""
        return verdict_line(verdicts[0]) + more
    remote = remote_named(failing)
    fails = f"{flow_names(flows)} {'fails' if len(flows) == 1 else 'fail'}"
    return f"{remote} cannot be used: {fails}" if remote else f"{fails}: {failing.reason[:_REASON]}"


def opened(incident: Incident, verdicts: Sequence[Verdict], readers: Readers) -> tuple[str, str]:
    """Subject and text of the mail about an incident that begins."""
    failing = next((verdict.failing for verdict in verdicts if verdict.failing), None)
    lines = [incident.summary]
    if failing and failing.reason and failing.reason[:_REASON] not in incident.summary:
        lines.append(f"Reason: {failing.reason[:_REASON]}")
    lines += _facts(incident, readers)
    if entry := CATALOGUE.get(incident.code or ""):
        by, more = (f" ({entry.owner})", "") if entry.owner != "nobody" else ("", _IF_IT_LASTS)
        lines += [f"Cause: {entry.cause}", f"Next step{by}: {_readable(entry.next_step)}{more}"]
    else:
        lines.append(f"Next step: see what {flow_names(incident.flows)} says in Fashfed > Monitoring.")
    titles = dict.fromkeys(rule_title(verdict.rule) for verdict in verdicts)
    lines += ["", *(f"Rule: {title}" for title in titles), *_link(readers)]
    return _subject(readers, "", incident.summary), "\n".join(lines)


def resolved(incident: Incident, readers: Readers) -> tuple[str, str]:
    """Subject and text of the all-clear."""
    until = incident.calm_since or incident.last_seen_at
    lines = [
        f"Over: {incident.summary}",
        *_facts(incident, readers),
        f"Over since: {_clock(until, readers)}, after {duration((until - incident.since) / timedelta(minutes=1))}",
        "Next step: none.",
        *["", *_link(readers)],
    ]
    return _subject(readers, "Resolved: ", incident.summary), "\n".join(lines)


def gap(minutes: float, since: datetime, now: datetime, readers: Readers) -> tuple[str, str, str]:
    """Summary, subject and text about a time in which nobody judged the rules; it is over when this is said."""
    line = f"Alarms did not run for {duration(minutes)}"
    lines = [
        line,
        f"From {_clock(since, readers)} to {_clock(now, readers)} no rule was evaluated, so nobody was told of"
        " anything. They are evaluated again now.",
        "Next step (administrator): if this was no planned stop, see why Airflow did not run the DAG alarms.",
        *["", *_link(readers)],
    ]
    return line, _subject(readers, "", line), "\n".join(lines)


def notices_of_a_test(rule: AlarmRule, readers: Readers, now: datetime) -> list[Notice]:
    """A test for everybody whom the rule tells; empty when that is nobody."""
    text = f"This is a test. Whoever reads it is told when this rule is broken:\n{rule_title(rule)}"
    body = "\n".join([text, "", f"Alarms: {readers.screens}/fashfed/alarms"])
    subject = _subject(readers, "Test: ", rule_title(rule))
    return [Notice(NoticeKind.TEST, *target, subject, body, now, now) for target in readers.targets(rule)]


def _subject(readers: Readers, state: str, line: str) -> str:
    where = "" if readers.channel == "default" else f" {readers.channel}"
    return " ".join(f"[Fashfed{where}] {state}{line}".split())[:200]


def _facts(incident: Incident, readers: Readers) -> list[str]:
    return [
        f"Since: {_clock(incident.since, readers)}",
        f"Records: {incident.records or 'none counted'}",
        f"Flows: {', '.join(flow_name(flow) for flow in incident.flows)}",
    ]


def _link(readers: Readers) -> list[str]:
    return [f"Details: {readers.screens}/fashfed/alarms?incident={{incident}}"]


def _clock(moment: datetime, readers: Readers) -> str:
    return f"{moment.astimezone(ZoneInfo(readers.zone)):%d.%m.%Y %H:%M} ({readers.zone})"


def _readable(text: str) -> str:
    """A next step of the catalogue without the facts of one case."""
    return text.format_map(_Named())


class _Named(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"<{key.replace('_', ' ')}>"
