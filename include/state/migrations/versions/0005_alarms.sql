-- Alarm rules that people edit, incidents that the rules opened, and what is to be sent about them.

create table alarm_rules (
    id bigint generated always as identity primary key,
    channel text not null,
    flow text,
    criterion text not null check (criterion in
        ('errors', 'error_percentage', 'average_flow_time', 'nothing_arrived', 'no_success', 'failed_runs',
         'backlog_age', 'parked', 'ledger_difference', 'engine_late')),
    threshold double precision not null check (threshold >= 0),
    interval_minutes integer not null check (interval_minutes between 1 and 10080),
    mails text[] not null default '{}',
    webhook text,
    active boolean not null,
    built_in text,
    changed_at timestamptz not null,
    changed_by text not null check (changed_by <> ''),
    deleted_at timestamptz
);
create unique index alarm_rules_built_in on alarm_rules (channel, built_in) where built_in is not null;
comment on table alarm_rules is 'When somebody is to be told. Strictly greater than the threshold is an alarm (spec section 7.3).';
comment on column alarm_rules.flow is 'A flow of the registry; null: every flow, each by itself, or none in particular.';
comment on column alarm_rules.webhook is 'A secret: whoever knows the address may write to that channel.';
comment on column alarm_rules.built_in is 'The name of a rule that exists from the first start; people may edit it, and it is not made again.';
comment on column alarm_rules.deleted_at is 'A deleted rule stays, so that a built-in one is not made again and old incidents can name it.';

create table incidents (
    id bigint generated always as identity primary key,
    channel text not null,
    cause text not null check (cause <> ''),
    state text not null check (state in ('open', 'resolved')),
    summary text not null,
    flows text[] not null,
    rule_ids bigint[] not null,
    subjects text[] not null,
    code text,
    records bigint not null check (records >= 0),
    value double precision not null,
    since timestamptz not null,
    last_seen_at timestamptz not null,
    calm_since timestamptz,
    resolved_at timestamptz,
    constraint a_resolved_incident_has_its_time check ((state = 'resolved') = (resolved_at is not null)),
    constraint a_member_is_a_rule_and_a_subject check (cardinality(rule_ids) = cardinality(subjects))
);
create unique index incidents_open on incidents (channel, cause) where state = 'open';
create index incidents_newest on incidents (channel, state, since desc, id desc);
comment on table incidents is 'One trouble from its begin to its end, whatever rules see it. At most one open per cause.';
comment on column incidents.rule_ids is 'The rules that see it, each with its flow in subjects at the same place.';
comment on column incidents.value is 'The measure of the rule that opened it.';

create table notices (
    id bigint generated always as identity primary key,
    channel text not null,
    incident_id bigint references incidents (id) on delete cascade,
    what text not null check (what in ('opened', 'resolved', 'test')),
    way text not null check (way in ('mail', 'webhook')),
    target text not null check (target <> ''),
    subject text not null,
    body text not null,
    made_at timestamptz not null,
    due_at timestamptz not null,
    sent_at timestamptz,
    tries integer not null default 0 check (tries >= 0),
    trouble text,
    constraint a_notice_is_of_an_incident_or_a_test check ((what = 'test') = (incident_id is null))
);
create unique index notices_once on notices (incident_id, what, way, target);
create index notices_due on notices (channel, due_at) where sent_at is null;
comment on table notices is 'Mails and web hook calls, written in the transaction that opens or resolves the incident; a mail server that is away delays them.';
comment on column notices.target is 'A mail address, or the address of a web hook, which is a secret.';
comment on column notices.due_at is 'When it is to be sent; of one that is being sent, when somebody else may take it up.';

alter table run_reports add column code text;
comment on column run_reports.code is 'Why the run as a whole failed: a code of the error catalogue.';

-- What the rules are judged by each minute: since when a flow is on, and what is due.
create index run_reports_skipped on run_reports (channel, flow, started_at desc) where outcome = 'skipped';
create index inbox_due on inbox (channel, kind, due_at) where state in ('new', 'parked');
