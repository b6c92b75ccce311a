-- Limits of safety, what was held back by them, and what counts together though it was done in parts (operations section 23).
-- The tally has a fifth kind: connected objects by type.

-- Limits of safety that a system sets for itself: the number of the limit, -1 for none.
create table system_safety (
    system {int} not null,
    number {int} not null,
    value {int} not null,
    primary key (system, number)
) {clustered};

-- What was held back. complete: 0 while its list is being made. Limits: -1 for none.
create table hold (
    id {int} primary key,
    guard {int} not null,
    system {int} not null,
    system_name text {c},
    object_type {int} not null,
    type_name text {c},
    partition {int} not null,
    activity {int} not null,
    review {int} not null,
    measured {int} not null,
    population {int} not null,
    limit_percent {int} not null,
    limit_count {int} not null,
    complete {int} not null,
    status {int} not null,
    created {int} not null,
    decided {int},
    decided_by_type {int} not null,
    decided_by_id text {c},
    decided_by_name text {c},
    reason text {c},
    objects {int} not null,
    fingerprint {int} not null
) {strict};

-- What would have happened, object by object; state: whether a release did it.
create table held_object (
    hold {int} not null,
    place {int} not null,
    state {int} not null,
    cso {int},
    mvo {int},
    pending_export {int},
    change {int} not null,
    external_id text {c},
    display_name text {c},
    object_type text {c},
    outcomes text {c},
    primary key (hold, place)
) {clustered};

-- What was done in parts and counts together, minute by minute (at): deletions of the metaverse in 24 hours, disconnects since the last
-- synchronisation that reached its end. system: 0 for the metaverse.
create table safety_count (
    guard {int} not null,
    system {int} not null,
    type {int} not null,
    at {int} not null,
    objects {int} not null,
    primary key (guard, system, type, at)
) {clustered};
