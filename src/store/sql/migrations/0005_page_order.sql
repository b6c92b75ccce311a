-- Pages in the order of creation are found in narrow rows; the documents of what is skipped are not read. The sum keeps the index of
-- connected objects to the statements that ask for it: no planner takes it for a look-up by key, to save sorting.
create index mvo_order on mvo (id, type);
create index cso_order on cso ((system + 0), id);

-- Which object types the items of an activity name.
create table item_type (
    activity {int} not null,
    object_type text {c} not null,
    primary key (activity, object_type)
) {clustered};
