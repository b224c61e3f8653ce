-- The dashboard asks for each flow's last success, however long ago it was, and for the orders of a period.

create index run_reports_good on run_reports (channel, flow, started_at desc, id desc) where outcome = 'success';
create index inbox_by_sight on inbox (channel, kind, first_seen_at) include (state);
