-- Who was let in and who was refused (operations section 27).

-- set: event: activity, kind, prefix, client, reason, subject, window=window_start, first, last, attempts

-- name: security_event_add
-- in struct security_event: @event
insert into security_event ({columns}) values ({values});

-- name: security_event_repeat
-- in struct security_event: kind, prefix, client, reason, subject, window=window_start, last, attempts
-- counted
update security_event set last = case when :last > last then :last else last end, attempts = attempts + :attempts
where window_start = :window_start and kind = :kind and prefix = :prefix and client = :client and reason = :reason
and subject = :subject;

-- name: security_event_of
-- in: activity int64
-- out struct security_event list security_events: @event
select {columns} from security_event where activity = :activity;

-- name: security_event_forget
-- in: activity int64
delete from security_event where activity = :activity;
