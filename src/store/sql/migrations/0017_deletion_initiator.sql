-- Who set off a deletion that was scheduled and carried out later; null: the activity says it.
alter table tombstone add column by_type {int};
alter table tombstone add column by_id text {c};
alter table tombstone add column by_name text {c};
