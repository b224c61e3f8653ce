"""SQL of alarm rules, incidents and notices."""

from typing import Final

_RULE: Final = (
    "id, flow, criterion, threshold, interval_minutes, mails, webhook, active, built_in, changed_at, changed_by"
)
ALARM_RULES: Final = f"""
select {_RULE} from alarm_rules where channel = %(channel)s and deleted_at is null order by id
"""  # noqa: S608 - of constants
BUILT_IN_NAMES: Final = "select built_in from alarm_rules where channel = %(channel)s and built_in is not null"
ADD_RULE: Final = f"""
insert into alarm_rules (channel, flow, criterion, threshold, interval_minutes, mails, webhook, active, built_in,
                         changed_at, changed_by)
values (%(channel)s, %(flow)s, %(criterion)s, %(threshold)s, %(interval_minutes)s, %(mails)s, %(webhook)s, %(active)s,
        %(built_in)s, %(now)s, %(who)s)
on conflict (channel, built_in) where built_in is not null do nothing
returning {_RULE}
"""  # noqa: S608 - of constants
CHANGE_RULE: Final = f"""
update alarm_rules
set flow = %(flow)s, criterion = %(criterion)s, threshold = %(threshold)s, interval_minutes = %(interval_minutes)s,
    mails = %(mails)s, webhook = %(webhook)s, active = %(active)s, changed_at = %(now)s, changed_by = %(who)s
where channel = %(channel)s and id = %(id)s and deleted_at is null
returning {_RULE}
"""  # noqa: S608 - of constants
DELETE_RULE: Final = """
update alarm_rules set deleted_at = %(now)s
where channel = %(channel)s and id = %(id)s and deleted_at is null
returning criterion
"""
_INCIDENT: Final = (
    "id, cause, state, summary, flows, rule_ids, subjects, code, records, value, since, last_seen_at, calm_since,"
    " resolved_at"
)
INCIDENTS: Final = f"""
select {_INCIDENT} from incidents
where channel = %(channel)s and state = any(%(states)s)
order by state, since desc, id desc limit %(limit)s offset %(offset)s
"""  # noqa: S608 - of constants
INCIDENT: Final = f"select {_INCIDENT} from incidents where channel = %(channel)s and id = %(id)s"  # noqa: S608
COUNT_INCIDENTS: Final = "select state, count(*) as number from incidents where channel = %(channel)s group by state"
OPEN_INCIDENT: Final = """
insert into incidents (channel, cause, state, summary, flows, rule_ids, subjects, code, records, value, since,
                       last_seen_at, calm_since, resolved_at)
values (%(channel)s, %(cause)s, %(state)s, %(summary)s, %(flows)s, %(rule_ids)s, %(subjects)s, %(code)s, %(records)s,
        %(value)s, %(since)s, %(last_seen_at)s, %(calm_since)s, %(resolved_at)s)
returning id
"""
CHANGE_INCIDENT: Final = """
update incidents
set state = %(state)s, summary = %(summary)s, flows = %(flows)s, rule_ids = %(rule_ids)s, subjects = %(subjects)s,
    code = %(code)s, records = %(records)s, value = %(value)s, last_seen_at = %(last_seen_at)s,
    calm_since = %(calm_since)s, resolved_at = %(resolved_at)s
where channel = %(channel)s and id = %(id)s
returning id
"""
QUEUE_NOTICE: Final = """
insert into notices (channel, incident_id, what, way, target, subject, body, made_at, due_at)
values (%(channel)s, %(incident_id)s::bigint, %(what)s, %(way)s, %(target)s, %(subject)s,
        replace(%(body)s, '{incident}', coalesce(%(incident_id)s::bigint::text, '')), %(made_at)s, %(due_at)s)
on conflict (incident_id, what, way, target) do nothing
returning id
"""
_NOTICE: Final = "id, incident_id, what, way, target, subject, body, made_at, due_at, sent_at, tries, trouble"
NOTICES_OF: Final = f"""
select {_NOTICE} from notices where channel = %(channel)s and incident_id = any(%(ids)s) order by id
"""  # noqa: S608 - of constants
NOTICES: Final = f"""
select {_NOTICE} from notices where channel = %(channel)s and id = any(%(ids)s) order by id
"""  # noqa: S608 - of constants
TAKE_NOTICES: Final = f"""
update notices set due_at = %(until)s
where id in (
    select id from notices taken
    where channel = %(channel)s and sent_at is null and due_at <= %(now)s and not exists (
        select from notices earlier
        where earlier.incident_id = taken.incident_id and earlier.way = taken.way and earlier.target = taken.target
            and earlier.sent_at is null and earlier.id < taken.id)
    order by due_at, id limit %(limit)s for update skip locked)
returning {_NOTICE}
"""  # noqa: S608 - of constants
NOTE_SENT: Final = """
update notices set sent_at = %(now)s, tries = tries + 1, trouble = null where channel = %(channel)s and id = %(id)s
"""
NOTE_UNSENT: Final = """
update notices set due_at = %(due_at)s, tries = tries + 1, trouble = %(trouble)s
where channel = %(channel)s and id = %(id)s and sent_at is null
"""
