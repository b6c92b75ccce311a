-- Activities, their items, and tasks.

-- set: activity: a.id, a.parent?, a.created, a.executed?, a.ended?, a.status, a.target, a.operation, a.target_name, a.target_context,
--   a.message, a.initiator.type=initiator_type, a.initiator.id=initiator_id, a.initiator.name=initiator_name, a.to_process, a.processed,
--   a.system?, a.run_profile?, a.rule?, a.mvo?, a.run_type, a.warning_message, a.error_message, a.error_detail, a.change_reason, counters,
--   phases, discarded, a.preview?

-- name: activity_save
-- in struct activity_row: @activity, outcomes, search, initiator_key
insert into activity ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: activity_by_id
-- in: id int64
-- out struct activity_row list activity_rows: @activity, a.child_count=(select count(*) from activity k where k.parent = activity.id)
select {columns} from activity where id = :id;

-- fragment: activity_filter
(:parent = -1 or coalesce(a.parent, 0) = :parent)
and (cast(:search as text) is null or {instr}(a.search, :search) > 0)
and (cast(:initiated_by as text) is null or {instr}(a.initiator_key, :initiated_by) > 0)
and (cast(:initiated_by_id as text) is null or a.initiator_id = :initiated_by_id)
and (:targets = 0 or (cast(:targets as bigint) >> cast(a.target as integer)) & 1 = 1)
and (:operations = 0 or (cast(:operations as bigint) >> cast(a.operation as integer)) & 1 = 1)
and (:statuses = 0 or (cast(:statuses as bigint) >> cast(a.status as integer)) & 1 = 1)
and (:initiator_types = 0 or (cast(:initiator_types as bigint) >> cast(a.initiator_type as integer)) & 1 = 1)
and (:outcomes = 0 or cast(:outcomes as bigint) & a.outcomes <> 0)
and (cast(:systems as text) is null or {instr}(:systems, '|' || a.target_context || '|') > 0)
and (cast(:run_profiles as text) is null or {instr}(:run_profiles, '|' || a.target_name || '|') > 0)
and a.created >= :since and (:until = 0 or a.created <= :until)
and (:has_children < 0 or :has_children = (case when exists (select 1 from activity k where k.parent = a.id) then 1 else 0 end));

-- The lists of names have | around each name.
-- name: activities
-- in: parent int64, search text, initiated_by text, initiated_by_id text, targets int64, operations int64, statuses int64,
--   initiator_types int64, outcomes int64, systems text, run_profiles text, since int64, until int64, has_children int64, limit int64,
--   offset int64
-- out struct activity_row list activity_rows: @activity, a.child_count=(select count(*) from activity k where k.parent = a.id)
-- choose: a.id | a.id desc | a.status, a.id | a.status desc, a.id desc | a.target, a.id | a.target desc, a.id desc | a.target_name, a.id
--   | a.target_name desc, a.id desc | a.executed, a.id | a.executed desc, a.id desc
select {columns} from activity a where {activity_filter} order by {choose} limit :limit offset :offset;

-- name: activities_count
-- in: parent int64, search text, initiated_by text, initiated_by_id text, targets int64, operations int64, statuses int64,
--   initiator_types int64, outcomes int64, systems text, run_profiles text, since int64, until int64, has_children int64, limit int64,
--   offset int64
-- out: number int64
select count(*) from activity a where {activity_filter} and :limit >= 0 and :offset >= 0;

-- ---- Items ----

-- set: item: activity=i.activity, i.id=i.id, i.change=i.change, i.no_change=i.no_change, i.cso=i.cso, i.pending_export=i.pending_export,
--   i.external_id=i.external_id, i.display_name=i.display_name, i.object_type=i.object_type, i.error=i.error,
--   i.error_message=i.error_message, i.attribute_flows=i.attribute_flows, outcomes=i.outcomes, document=i.doc, causes=i.causes

-- name: item_save
-- in struct item_row: activity, i.id, i.change, i.no_change?, i.cso?, i.pending_export?, i.external_id, i.display_name, i.object_type,
--   i.error?, i.error_message, i.attribute_flows?, outcomes?, document=doc, cause?, causes
insert into item ({columns}) values ({values}) on conflict (activity, id) do update set {excluded};

-- fragment: item_filter
i.activity = :activity
and (:errors = 0 or (cast(:errors as bigint) >> cast(coalesce(i.error, 0) as integer)) & 1 = 1)
and (:changes = 0 or (cast(:changes as bigint) >> cast(i.change as integer)) & 1 = 1)
and (:outcomes = 0 or cast(:outcomes as bigint) & coalesce(i.outcomes, 0) <> 0)
and (cast(:object_type as text) is null or i.object_type = :object_type)
and (:cso = 0 or i.cso = :cso);

-- name: items
-- in: activity int64, errors int64, changes int64, outcomes int64, object_type text, cso int64, limit int64, offset int64
-- out struct item_row list item_rows: @item
select {columns} from item i where {item_filter} order by i.id limit :limit offset :offset;

-- name: items_count
-- in: activity int64, errors int64, changes int64, outcomes int64, object_type text, cso int64
-- out: number int64
select count(*) from item i where {item_filter};

-- name: item_by_id
-- in: id int64
-- out struct item_row list item_rows: @item
select {columns} from activity a cross join item i where i.activity = a.id and i.id = :id limit 1;

-- name: items_of
-- in: activity int64, id int64
-- out struct item_row list item_rows: @item
select {columns} from item i where i.activity = :activity and i.id = :id;

-- What an item has led to, by run.
-- name: item_effects
-- in: cause int64
-- out: activity int64, items int64=count(*), first int64=min(id)
select {columns} from item where cause = :cause and id <> :cause group by activity order by activity;

-- name: items_caused
-- in: activity int64, cause int64, limit int64
-- out struct item_row list item_rows: @item
select {columns} from item i where i.cause = :cause and i.activity = :activity and i.id <> :cause order by i.id limit :limit;

-- name: item_types
-- in: activity int64
-- out: number int64
select count(*) from item_type where activity = :activity;

-- name: item_type_add
-- in: activity int64, object_type text
insert into item_type ({columns}) values ({values}) on conflict do nothing;

-- ---- Tasks ----

-- set: task: id, type, status, queued, heartbeat?, initiator.type=initiator_type, initiator.id=initiator_id,
--   initiator.name=initiator_name, activity?, system?, run_profile?, interruptions, name, parameters

-- name: task_save
-- in struct worker_task: @task
insert into task ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: task_by_id
-- in: id int64
-- out struct worker_task list worker_tasks: @task
select {columns} from task where id = :id;

-- name: tasks
-- in: limit int64, offset int64
-- out struct worker_task list worker_tasks: @task
select {columns} from task order by queued, id limit :limit offset :offset;

-- name: tasks_count
-- out: number int64
select count(*) from task;

-- name: task_delete
-- in: id int64
delete from task where id = :id;
