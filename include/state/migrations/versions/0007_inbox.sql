-- How the screen of what needs a person finds records that keep failing, and what people did about them.

-- One probe for each record, however often it has failed.
create index record_log_of_failing on record_log (channel, flow, kind, key, at desc, id desc) where not ok;
create index audits_of_record on audits (channel, subject, key, at desc, id desc);
create index audits_of_exclusions on audits (channel, at desc, id desc) where action = 'exclude';
