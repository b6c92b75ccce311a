-- Who was let in and who was refused (operations section 27): equal events of a quarter of an hour are one row, which belongs to an
-- activity. Texts are empty and never null, so that the index tells equal ones.
create table security_event (
    activity {int} primary key,
    kind {int} not null,
    prefix text {c} not null,
    client text {c} not null,
    reason text {c} not null,
    subject text {c} not null,
    window_start {int} not null,
    first {int} not null,
    last {int} not null,
    attempts {int} not null
) {strict};
create unique index security_event_key on security_event (window_start, kind, prefix, client, reason, subject);
