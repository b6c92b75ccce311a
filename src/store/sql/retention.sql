-- What is forgotten when its time has passed (operations section 18).

-- Nothing that is in progress, that others stand below, or that is the newest version of an object.
-- name: old_activities
-- in: kind int32, before instant, after int64, limit int64
-- out struct old_activity list old_activities: id=a.id, created=a.created
select {columns} from activity a left join configuration_change k on k.activity = a.id
where a.id > :after and a.created < :before and a.status <> {=ACTIVITY_IN_PROGRESS}
and :kind = case when k.activity is not null then 1 when a.target = {=TARGET_AUTHENTICATION} then 2 else 0 end
and not exists (select 1 from activity c where c.parent = a.id)
and (k.version is null
  or k.version < (select max(n.version) from configuration_change n where n.kind = k.kind and n.object = k.object))
order by a.id limit :limit;

-- name: items_forget
-- in: activity int64, limit int64
-- counted
delete from item where activity = :activity and id in (select i.id from item i where i.activity = :activity order by i.id limit :limit);

-- name: item_types_forget
-- in: activity int64
delete from item_type where activity = :activity;

-- name: configuration_change_forget
-- in: activity int64
delete from configuration_change where activity = :activity;

-- name: change_preview_rows_forget
-- in: preview int64, limit int64
-- counted
delete from change_preview_row where preview = :preview and (part, number) in (
  select r.part, r.number from change_preview_row r where r.preview = :preview order by r.part, r.number limit :limit);

-- name: change_preview_forget
-- in: activity int64
delete from change_preview where activity = :activity;

-- name: activity_forget
-- in: id int64
-- counted
delete from activity where id = :id;
