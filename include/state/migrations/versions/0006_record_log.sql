-- What the log screen shows beside a record, and how it finds one among a million.

create extension if not exists pg_trgm;

alter table record_log add column request text;
alter table record_log add column response text;
alter table record_log add column run_id text;
comment on column record_log.request is 'What was sent to the remote for this record, without secrets and personal data.';
comment on column record_log.response is 'What the remote said to it, likewise.';
comment on column record_log.run_id is 'The run that wrote the row; Airflow''s task log has the rest.';

create index record_log_of_channel on record_log (channel, at desc, id desc);
create index record_log_of_key on record_log (channel, key, at desc, id desc);
create index record_log_failures on record_log (channel, at desc, id desc) where not ok;
create index record_log_id_parts on record_log using gin (log_id gin_trgm_ops);
