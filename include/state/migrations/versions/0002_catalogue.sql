-- What the catalogue's flows keep. Keys are compared byte by byte: they come back in the same order from every server.

alter table sent_ledger alter column value drop not null;
alter table sent_ledger add column doubted boolean not null default false;
comment on table sent_ledger is 'The last value of each key that the market confirmed, or the version that was submitted last. No row: nothing is known.';
comment on column sent_ledger.value is 'Null: the version was submitted and not confirmed, so what the market holds is unknown.';
comment on column sent_ledger.doubted is 'The market changed the value itself since the version left, so a confirmation of it says nothing.';
comment on column sent_ledger.sent_at is 'When the version was submitted or confirmed.';

create table findings (
    id bigint generated always as identity primary key,
    channel text not null,
    flow text not null,
    run_id text not null check (run_id <> ''),
    kind text not null,
    key text not null,
    verdict text not null check (verdict <> ''),
    value text not null,
    code text,
    text text not null,
    kept_at timestamptz not null
);
create index findings_newest on findings (channel, flow, id desc);
create index findings_of_run on findings (channel, flow, run_id, id);
comment on table findings is 'What a run found or would do, line by line: of a dry run, a comparison, a list of SKUs. No secrets, no personal data.';
comment on column findings.verdict is 'One word of the flow: send, unchanged, refuse, added, released ...';

create table suggestions (
    channel text not null,
    key text collate "C" not null check (key <> ''),
    pk bigint not null,
    version text not null,
    version_at timestamptz,
    state text not null check (state in ('waiting', 'approved', 'rejected')),
    suggested_at timestamptz not null,
    reason text,
    primary key (channel, key),
    constraint a_waiting_suggestion_has_no_reason check (state <> 'waiting' or reason is null)
);
create index suggestions_by_age on suggestions (channel, state, suggested_at, key);
comment on table suggestions is 'Products the market took over for approval, with the newest version that was suggested.';
comment on column suggestions.state is 'What the marketplace owner says of this version. waiting: nothing yet; approved; rejected: reason says why, if it is known.';
comment on column suggestions.version is 'The hub''s modified date of what was suggested, byte for byte; version_at is the moment it names.';

create table holds (
    channel text not null,
    kind text not null,
    key text collate "C" not null check (key <> ''),
    pk bigint not null,
    version text not null,
    before text not null,
    after text not null,
    held_at timestamptz not null,
    passed_at timestamptz,
    primary key (channel, kind, key)
);
comment on table holds is 'Changes that a brake holds back. Only the version named here may pass once passed_at is set.';

comment on table events is 'Each change of state of a batch, an inbox row, a claim, a suggestion or a hold, written in the same transaction. Append-only.';
