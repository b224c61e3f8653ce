-- The connector's memory (design.md section 11). Times are moments in UTC; ids of the market are text, of the hub whole
-- numbers. What a remote sent is kept as json, not jsonb: jsonb refuses texts with \u0000, and one such record would
-- spoil the page it came with.

create table channels (
    channel text primary key check (channel <> ''),
    born_at timestamptz not null
);
comment on table channels is 'Sales channels this database knows. What a market made before born_at may have been imported by somebody else.';

create table run_reports (
    id bigint generated always as identity unique,
    channel text not null,
    flow text not null,
    run_id text not null,
    step text not null,
    outcome text check (outcome in ('success', 'failed', 'skipped')),
    reason text,
    started_at timestamptz not null,
    finished_at timestamptz,
    seconds double precision not null check (seconds >= 0),
    window_start timestamptz,
    window_end timestamptz,
    counts jsonb not null,
    requests jsonb not null,
    errors jsonb not null,
    primary key (channel, flow, run_id, step),
    constraint a_finished_run_has_an_outcome check ((finished_at is null) = (outcome is null)),
    constraint a_window_has_two_ends check ((window_start is null) = (window_end is null)),
    constraint a_window_ends_after_its_start check (window_start <= window_end)
);
create index run_reports_newest on run_reports (channel, flow, started_at desc, id desc);
comment on table run_reports is 'One row per step of a run. The same run id may occur in several flows: Airflow makes it from the time.';
comment on column run_reports.outcome is 'success: it did its work, single records may have failed; failed: it could not; skipped: flag or channel off; null: it has not ended, or died.';
comment on column run_reports.counts is 'Records by what happened to them: read, sent, created, updated, parked, failed, unchanged.';
comment on column run_reports.requests is 'HTTP requests by remote.';
comment on column run_reports.errors is 'Errors by code of the catalogue.';

create table record_log (
    id bigint generated always as identity primary key,
    channel text not null,
    flow text not null,
    log_id text not null,
    kind text not null,
    key text not null,
    ok boolean not null,
    code text,
    message text not null,
    at timestamptz not null,
    constraint a_failure_has_a_code check (ok or code is not null)
);
create index record_log_newest on record_log (channel, flow, at desc, id desc);
create index record_log_by_id on record_log (log_id);
comment on table record_log is 'Records that failed or were parked, and batches that were handled. No secrets, no personal data.';

create table batches (
    id text primary key check (id <> ''),
    number bigint generated always as identity,
    channel text not null,
    flow text not null,
    content_type text not null,
    state text not null
        check (state in ('opening', 'initialized', 'commit', 'sent_to_remote', 'ongoing', 'done', 'fail')),
    pk bigint,
    local_batch_id text,
    opened_at timestamptz not null,
    sent_at timestamptz,
    items json not null,
    constraint a_batch_beyond_opening_has_a_pk check (pk is not null or state in ('opening', 'fail')),
    constraint a_waiting_batch_was_sent check (sent_at is not null or state not in ('sent_to_remote', 'ongoing'))
);
create index batches_open on batches (channel, content_type, opened_at, number) where state not in ('done', 'fail');
create unique index batches_one_in_commit on batches (channel, content_type) where state = 'commit';
comment on table batches is 'Batch requests of ours in the hub, each noted before the hub is asked for it, so that none is left open.';
comment on column batches.state is 'opening: about to be asked for, may or may not exist; initialized: exists and is empty; commit: holds objects, alone in its content type; sent_to_remote: the market took the work; ongoing: the market was asked and still works; done: every object has an outcome; fail: ended early, unnamed objects are released.';
comment on column batches.items is 'Its objects with the version that was read; empty once it is done or fail.';

create table inbox (
    number bigint generated always as identity,
    channel text not null,
    kind text not null,
    market_id text not null check (market_id <> ''),
    state text not null check (state in ('new', 'parked', 'done', 'excluded')),
    changed_at timestamptz not null,
    payload json not null,
    first_seen_at timestamptz not null,
    due_at timestamptz not null,
    first_failed_at timestamptz,
    failures integer check (failures > 0),
    code text,
    reason text,
    primary key (channel, kind, market_id),
    constraint a_parked_row_says_why check (
        case when state = 'parked'
            then first_failed_at is not null and failures is not null and code is not null and reason is not null
            else first_failed_at is null and failures is null and code is null end
    ),
    constraint an_excluded_row_names_its_rule check (
        case state when 'excluded' then reason is not null when 'parked' then true else reason is null end
    )
);
create index inbox_owed on inbox (channel, kind, number) where state in ('new', 'parked');
comment on table inbox is 'Every record the market showed, once per market id, in the order of first sight (number).';
comment on column inbox.state is 'new: seen, not applied yet; parked: could not be applied, tried again at due_at; done: applied; excluded: not to be applied, by the rule in reason.';
comment on column inbox.changed_at is 'The market''s own updated date of the payload.';

create table claims (
    channel text not null,
    action text not null,
    key text not null check (key <> ''),
    state text not null check (state in ('open', 'done')),
    detail jsonb not null check (jsonb_typeof(detail) = 'object'),
    made_at timestamptz not null,
    primary key (channel, action, key)
);
create index claims_open on claims (channel, action, made_at) where state = 'open';
comment on table claims is 'The right to cause an effect exactly once. The key is unique: whoever finds it taken looks before acting.';
comment on column claims.state is 'open: the effect may or may not have happened; done: it happened, detail says what it made.';

create table identity_map (
    channel text not null,
    kind text not null,
    remote_id text not null check (remote_id <> ''),
    hub_id bigint not null,
    detail json not null,
    bound_at timestamptz not null,
    primary key (channel, kind, remote_id, hub_id)
);
create index identity_map_by_hub_id on identity_map (channel, kind, hub_id);
comment on table identity_map is 'Names of one thing in the market and in the hub. A market line of several units is several hub items.';

create table sent_ledger (
    channel text not null,
    kind text not null,
    key text not null check (key <> ''),
    value text not null,
    version text not null,
    version_at timestamptz,
    sent_at timestamptz not null,
    primary key (channel, kind, key)
);
comment on table sent_ledger is 'The last value of each key that the market confirmed. No row: what the market holds is unknown.';
comment on column sent_ledger.version is 'The hub''s modified date the value was read with, byte for byte; version_at is the moment it names.';

create table watermarks (
    channel text not null,
    flow text not null,
    reached timestamptz not null,
    primary key (channel, flow)
);
comment on table watermarks is 'Up to which moment the market has been read into the inbox; moves forward only.';

-- Unlogged: both can be lost in a crash of the server without harm, and cost no disk flush per call.
create unlogged table cache (
    scope text not null,
    key text not null,
    value json not null,
    expires_at timestamptz not null,
    primary key (scope, key)
);
comment on table cache is 'Answers of the remotes that may be used again until they expire. Tokens are encrypted by the caller.';

create unlogged table call_budget (
    remote text primary key,
    paid_at timestamptz not null,
    paused_until timestamptz not null
);
comment on table call_budget is 'One rate limit per remote for all workers: paid_at is when all calls granted so far are paid for.';

create table events (
    id bigint generated always as identity primary key,
    channel text not null,
    subject text not null,
    key text not null,
    before text,
    after text not null,
    at timestamptz not null,
    constraint an_event_is_a_change check (before is distinct from after)
);
create index events_of_subject on events (channel, subject, key, id);
comment on table events is 'Each change of state of a batch, an inbox row or a claim, written in the same transaction. Append-only.';

create function events_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'events are append-only' using errcode = 'restrict_violation';
end
$$;
create trigger events_stay before update or delete or truncate on events
    for each statement execute function events_are_append_only();
