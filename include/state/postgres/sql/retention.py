"""SQL of what is emptied and deleted after a set time, in portions."""

from typing import Final

LET_EVENTS_GO: Final = "select set_config('fashfed.retention', 'on', true)"
"""Events are append-only in any transaction that does not say this."""
PRUNE_PAYLOADS: Final = """
with settled as (
    select kind, market_id from inbox
    where channel = %(channel)s and state in ('done', 'excluded') and pruned_at is null
        and coalesce(settled_at, due_at) < %(before)s
    limit %(portion)s for update skip locked
)
update inbox set payload = '{}', pruned_at = now()
from settled
where inbox.channel = %(channel)s and inbox.kind = settled.kind and inbox.market_id = settled.market_id
"""
PRUNE_HISTORY: Final = {
    "run_reports": """
delete from run_reports where ctid = any(array(
    select ctid from run_reports
    where channel = %(channel)s and coalesce(finished_at, started_at) < %(before)s limit %(portion)s))
""",
    "record_log": """
delete from record_log where ctid = any(array(
    select ctid from record_log where channel = %(channel)s and at < %(before)s limit %(portion)s))
""",
    "findings": """
delete from findings where ctid = any(array(
    select ctid from findings where channel = %(channel)s and kept_at < %(before)s limit %(portion)s))
""",
    "comparisons": """
delete from comparisons where ctid = any(array(
    select ctid from comparisons where channel = %(channel)s and at < %(before)s limit %(portion)s))
""",
    "corrections": """
delete from corrections where ctid = any(array(
    select ctid from corrections where channel = %(channel)s and confirmed_at < %(before)s limit %(portion)s))
""",
    "suggestions": """
delete from suggestions where ctid = any(array(
    select ctid from suggestions decided
    where channel = %(channel)s and state <> 'waiting' and not exists (
        select from events
        where channel = %(channel)s and subject = 'suggestion' and key = decided.key and at >= %(before)s)
    limit %(portion)s))
""",
    "batches": """
delete from batches where ctid = any(array(
    select ctid from batches ended
    where channel = %(channel)s and state in ('done', 'fail') and not exists (
        select from events
        where channel = %(channel)s and subject = 'batch' and key = ended.id and at >= %(before)s)
    limit %(portion)s))
""",
    "events": """
delete from events where ctid = any(array(
    select ctid from events where channel = %(channel)s and at < %(before)s limit %(portion)s))
""",
    "incidents": """
delete from incidents where ctid = any(array(
    select ctid from incidents
    where channel = %(channel)s and state = 'resolved' and resolved_at < %(before)s limit %(portion)s))
""",
    "notices": """
delete from notices where ctid = any(array(
    select ctid from notices
    where channel = %(channel)s and incident_id is null and made_at < %(before)s limit %(portion)s))
""",
    "cache": """
delete from cache where ctid = any(array(
    select ctid from cache where expires_at < %(before)s limit %(portion)s))
""",
}
"""By table. A batch and a suggestion ended with their last event, so these go before the events."""
