-- A delta synchronisation finds what has changed since the last one without looking at what has not. Sums, as for cso_order: no other
-- statement shall take these indexes for its own.
create index cso_created on cso ((system + 0), created);
create index cso_updated on cso ((system + 0), updated) where updated is not null;
create index cso_review on cso ((system + 0)) where scope_review = 1 or sync_failed = 1;
