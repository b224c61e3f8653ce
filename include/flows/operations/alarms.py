"""Alarms: rules are judged by our own records, what they see becomes incidents, and people are told of each once.

Neither remote is asked, so that it works while both are away. What was decided and what is to be sent about it is one
transaction; sending comes after it and is caught up by the next run.
"""

from include.alarms.built_in import BUILT_IN
from include.alarms.criteria import ENGINE
from include.alarms.engine import evaluate
from include.alarms.verdicts import Moments
from include.alarms.words import Readers
from include.flows.context import OwnContext
from include.flows.registry import FLOWS
from include.state.alarms import AlarmChange, IncidentState, Watched

_MARGIN = 300.0
"""Seconds beyond its time limit after which a run that has not ended is dead."""
_MANY = 1000
"""Open incidents that are looked at."""
_LOCK_WAIT = 5.0

WATCHED = tuple(
    Watched(flow.name, flow.steps[-1], len(flow.steps) * flow.time_limit.total_seconds() + _MARGIN)
    for flow in FLOWS.values()
    if flow.name != ENGINE
)
"""Every flow but this one: what it cannot see of itself, its own failure callback and deadline do."""


async def run(ctx: OwnContext) -> None:
    """Judge all rules, open and end incidents, and send what is due."""
    if ctx.outbox is None:
        raise ValueError("alarms without a way to tell anybody")
    async with ctx.store.lock(ctx.channel, ENGINE, wait=_LOCK_WAIT):
        await _judge(ctx, ctx.outbox.readers)
        sent = await ctx.outbox.deliver(ctx.store, ctx.clock, ctx.out_of_time, ctx.log)
    ctx.report.count("sent", sent)


async def _judge(ctx: OwnContext, readers: Readers) -> None:
    store, now = ctx.store, ctx.clock.now()
    await store.make_built_in_rules(ctx.channel, BUILT_IN, now=now)
    rules = [rule for rule in await store.alarm_rules(ctx.channel) if rule.active]
    moments = Moments.of(rules, now)
    facts = await store.alarm_facts(
        ctx.channel,
        now=now,
        runs_since=moments.runs_since,
        parked_before=moments.parked_before,
        differing_before=moments.differing_before,
        flows=WATCHED,
    )
    incidents = await store.incidents(ctx.channel, state=IncidentState.OPEN, limit=_MANY)
    told = await store.notices_of(ctx.channel, [incident.id or 0 for incident in incidents])
    done = evaluate(rules, facts, incidents, told, readers=readers, now=now)
    await store.settle_alarms(ctx.channel, done.changes, watching_since=done.watching_since, now=now)
    ctx.report.count("read", len(rules))
    _say(ctx, done.changes)


def _say(ctx: OwnContext, changes: list[AlarmChange]) -> None:
    """One line for each incident that opens or ends, and one for all that are open."""
    for change in changes:
        incident = change.incident
        if incident.state is IncidentState.RESOLVED:
            ctx.log.info("Over: %s", incident.summary)
        elif incident.id is None:
            ctx.report.count("created")
            ctx.log.warning("Opened: %s (%d to be told)", incident.summary, len(change.notices))
            if not change.notices:
                ctx.log.warning("Nobody is told: the rule names no address, and FASHFED_OPERATORS is empty")
    still = sum(change.incident.state is IncidentState.OPEN for change in changes)
    ctx.log.info("Incidents open now: %d", still)
