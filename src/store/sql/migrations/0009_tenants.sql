-- The tenant of a connected system and of what it projects (public-data-api section 2.4); 1 is the one that is always there.
alter table connected_system add column tenant {int} not null default 1;
alter table mvo add column tenant {int} not null default 1;
alter table tombstone add column tenant {int} not null default 1;
