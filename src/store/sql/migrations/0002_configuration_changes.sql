-- What the configuration was after each change (operations §12): one row for each activity that changed an object. kind is the activity's
-- target; object its id, UUID or key as text; a tombstone of a deleted object has no version.
create table configuration_change (
    activity {int} primary key,
    kind {int} not null,
    object text {c} not null,
    version {int},
    at {int} not null,
    operation {int} not null,
    initiator_type {int} not null,
    initiator_id text {c},
    initiator_name text {c},
    reason text {c},
    class {int} not null,
    name text {c},
    snapshot text {c} not null
) {strict};
create unique index configuration_change_version on configuration_change (kind, object, version);
