-- Alarm rules that people edit, incidents that the rules opened, and what is to be sent about them.

create table alarm_rules (
    id bigint generated always as identity primary key,
    channel text not null,
    flow text,
    criterion text not null check (criterion in
        ('errors', 'error_percentage', 'average_flow_time', 'nothing_arrived', 'backlog_age', 'ledger_difference',
         'failed_runs', 'engine_late')),
    threshold double precision not null check (threshold >= 0),
    interval_minutes integer not null check (interval_minutes between 1 and 10080),
    mails text[] not null default '{}',
    webhook text,
    active boolean not null,
    built_in text,
    made_at timestamptz not null,
    made_by text not null,
    changed_at timestamptz not null,
    changed_by text not null
);
create unique index alarm_rules_built_in on alarm_rules (channel, built_in) where built_in is not null;
comment on table alarm_rules is 'When somebody is to be told. Strictly greater than the threshold is an alarm (spec section 7.3).';
comment on column alarm_rules.flow is 'A flow of the registry; null: every flow, or none in particular.';
comment on column alarm_rules.built_in is 'The name of a rule that exists from the first start; people may edit it, and it is not made again.';

create table incidents (
    id bigint generated always as identity primary key,
    channel text not null,
    cause text not null check (cause <> ''),
    rule_ids bigint[] not null,
    state text not null check (state in ('open', 'resolved')),
    summary text not null,
    records bigint not null default 0,
    value double precision not null,
    since timestamptz not null,
    last_seen_at timestamptz not null,
    calm_since timestamptz,
    resolved_at timestamptz,
    constraint a_resolved_incident_has_its_time check ((state = 'resolved') = (resolved_at is not null))
);
create unique index incidents_open on incidents (channel, cause) where state = 'open';
create index incidents_newest on incidents (channel, since desc, id desc);
comment on table incidents is 'One trouble from its begin to its end, whatever rules see it. At most one open per cause.';

create table notices (
    id bigint generated always as identity primary key,
    channel text not null,
    incident_id bigint references incidents (id) on delete cascade,
    what text not null check (what in ('opened', 'resolved', 'test')),
    way text not null check (way in ('mail', 'webhook')),
    target text not null,
    subject text not null,
    body text not null,
    made_at timestamptz not null,
    due_at timestamptz not null,
    sent_at timestamptz,
    tries integer not null default 0,
    trouble text
);
create unique index notices_once on notices (incident_id, what, way, target);
create index notices_due on notices (due_at) where sent_at is null;
comment on table notices is 'Mails and web hook calls, written in the transaction that opens or resolves the incident; a mail server that is away delays them.';
