-- What the log screen shows beside a record, and how it finds one among a million.

create extension if not exists pg_trgm;

alter table record_log add column request text;
alter table record_log add column response text;
alter table record_log add column run_id text;
comment on table record_log is 'Records that failed, were parked or applied, and batches that were handled. No secrets, no personal data.';
comment on column record_log.request is 'What was sent to the remote for this record, without secrets and personal data.';
comment on column record_log.response is 'What the remote said to it, likewise.';
comment on column record_log.run_id is 'The run that wrote the row; Airflow''s task log has the rest.';

-- Each filter of the screen finds the newest rows without looking at the others; parts of a log id are found by trigrams.
drop index record_log_by_id;
create index record_log_of_channel on record_log (channel, at desc, id desc);
create index record_log_of_key on record_log (channel, key, at desc, id desc);
create index record_log_of_kind on record_log (channel, kind, at desc, id desc);
create index record_log_successes on record_log (channel, at desc, id desc) where ok;
create index record_log_failures on record_log (channel, at desc, id desc) where not ok;
create index record_log_id_parts on record_log using gin (log_id gin_trgm_ops);
-- Runs that failed stand among the rows.
create index run_reports_failed on run_reports (channel, finished_at desc, id) where outcome = 'failed';

-- What a remote sent may hold texts that Postgres cannot show (\u0000, half a surrogate); such a record is kept like any
-- other, and just not found by its number.
create function payload_text(payload json, name text) returns text language plpgsql immutable strict as $$
begin
    return payload ->> name;
exception when data_exception then
    return null;
end
$$;

-- People know an order by the number it has for the buyer; the log knows its packages and claims.
create index inbox_of_order on inbox (channel, payload_text(payload, 'order_number')) where kind = 'package';
create index inbox_of_package on inbox (channel, split_part(payload_text(payload, 'package_item'), '-', 1))
    where kind in ('cancel', 'refund');
