-- What the order side keeps: what parked records wait for, what people did, comparisons, and room for retention.

alter table inbox drop constraint inbox_failures_check;
alter table inbox add constraint inbox_failures_check check (failures >= 0);
alter table inbox add column cause text;
alter table inbox add column looked_at timestamptz;
alter table inbox add column settled_at timestamptz;
alter table inbox add column pruned_at timestamptz;
create index inbox_causes on inbox (channel, kind, cause, number) where state = 'parked' and cause is not null;
-- A row that an older version of the connector settled has no settled_at; it was due, and tried, shortly before.
create index inbox_settled on inbox (channel, (coalesce(settled_at, due_at)))
    where state in ('done', 'excluded') and pruned_at is null;
comment on column inbox.failures is 'Tries that failed. 0: the record waits for an event elsewhere, which uses up none.';
comment on column inbox.cause is 'What a parked row waits for, the same for all rows that wait for it.';
comment on column inbox.looked_at is 'When somebody last looked whether the cause is gone.';
comment on column inbox.settled_at is 'When the row became done or excluded.';
comment on column inbox.pruned_at is 'When the payload, which holds buyers'' data, was emptied.';

create table audits (
    id bigint generated always as identity primary key,
    channel text not null,
    who text not null check (who <> ''),
    action text not null check (action <> ''),
    subject text not null,
    key text not null,
    reason text not null,
    at timestamptz not null
);
create index audits_newest on audits (channel, at desc, id desc);
comment on table audits is 'Each change that a person made by hand, written in the same transaction. Append-only; never pruned.';
comment on column audits.subject is 'What was changed, as in events: inbox:package, ...';

create function audits_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'audits are append-only' using errcode = 'restrict_violation';
end
$$;
create trigger audits_stay before update or delete or truncate on audits
    for each statement execute function audits_are_append_only();

create table comparisons (
    id bigint generated always as identity primary key,
    channel text not null,
    name text not null check (name <> ''),
    at timestamptz not null,
    figures jsonb not null check (jsonb_typeof(figures) = 'object')
);
create index comparisons_newest on comparisons (channel, name, at desc, id desc);
comment on table comparisons is 'Figures of each comparison of both remotes; money as text.';

create table differences (
    channel text not null,
    kind text not null,
    key text collate "C" not null check (key <> ''),
    code text not null check (code <> ''),
    text text not null,
    since timestamptz not null,
    primary key (channel, kind, key)
);
create index differences_by_age on differences (channel, kind, since, key);
comment on table differences is 'Records on which the two remotes do not agree now. No secrets, no personal data.';
comment on column differences.since is 'When the record was first found to differ.';

-- Retention deletes by age. Rows of these tables lie in the order of their time.
create index record_log_by_age on record_log using brin (at);
create index findings_by_age on findings using brin (kept_at);
create index events_by_age on events using brin (at);

create or replace function events_are_append_only() returns trigger language plpgsql as $$
begin
    -- set by retention alone, for its own transaction
    if tg_op = 'DELETE' and current_setting('fashfed.retention', true) = 'on' then
        return null;
    end if;
    raise exception 'events are append-only' using errcode = 'restrict_violation';
end
$$;
comment on table events is 'Each change of state of a batch, an inbox row, a claim, a suggestion, a hold or a difference, written in the same transaction. Append-only, until retention takes what is old.';
