-- What was held back, and what counts together though it was done in parts (operations section 23).

-- set: hold: id, guard, system, system_name, object_type, type_name, partition, activity, review, measured, population, limit_percent,
--   limit_count, complete, status, created, decided?, decided_by.type=decided_by_type, decided_by.id=decided_by_id,
--   decided_by.name=decided_by_name, reason, objects, fingerprint

-- name: hold_save
-- in struct hold: @hold
insert into hold ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: hold_by_id
-- in: id int64
-- out struct hold list holds: @hold
select {columns} from hold where id = :id and complete = 1;

-- fragment: hold_filter
complete = 1 and (:statuses = 0 or (cast(:statuses as bigint) >> cast(status as integer)) & 1 = 1)
and (:system = 0 or system = :system) and (:guard < 0 or guard = :guard) and (:object_type < 0 or object_type = :object_type);

-- name: holds
-- in: statuses int64, system int32, guard int32, object_type int32, limit int64, offset int64
-- out struct hold list holds: @hold
select {columns} from hold where {hold_filter} order by id desc limit :limit offset :offset;

-- name: holds_count
-- in: statuses int64, system int32, guard int32, object_type int32
-- out: number int64
select count(*) from hold where {hold_filter};

-- name: holds_supersede
-- in: guard int32, system int32, object_type int32, partition int32, keep int64, decided instant
update hold set status = {=HOLD_SUPERSEDED}, decided = :decided where status = {=HOLD_HELD} and complete = 1 and guard = :guard
and system = :system and (:object_type < 0 or object_type = :object_type) and (:partition < 0 or partition = :partition) and id <> :keep;

-- name: holds_of_system_supersede
-- in: system int32, decided instant
update hold set status = {=HOLD_SUPERSEDED}, decided = :decided where status = {=HOLD_HELD} and complete = 1 and system = :system;

-- ---- Lists ----

-- set: held: o.hold=h.hold, o.place=h.place, o.state=h.state, o.cso=h.cso, o.mvo=h.mvo, o.pending_export=h.pending_export, o.change=h.change,
--   o.external_id=h.external_id, o.display_name=h.display_name, o.object_type=h.object_type, document=h.outcomes

-- name: held_add
-- in struct held_row: o.hold, o.place, o.state, o.cso?, o.mvo?, o.pending_export?, o.change, o.external_id, o.display_name, o.object_type,
--   document=outcomes
insert into held_object ({columns}) values ({values});

-- name: held_list
-- in: hold int64, state int32, after int64, limit int64, offset int64
-- out struct held_row list held_rows: @held
select {columns} from held_object h where h.hold = :hold and h.place > :after and (:state < 0 or h.state = :state)
order by h.place limit :limit offset :offset;

-- name: held_count
-- in: hold int64, state int32
-- out: number int64
select count(*) from held_object where hold = :hold and (:state < 0 or state = :state);

-- name: held_retell
-- in struct held_row: o.hold, o.place, document
update held_object set outcomes = :document where hold = :hold and place = :place;

-- name: held_mark
-- in struct held_object: hold, place, state
update held_object set state = :state where hold = :hold and place = :place;

-- ---- Forgetting ----

-- Unfinished ones while their run goes on are not among them.
-- name: holds_spent
-- in: before instant
-- out: id int64, whole bool
select h.id, case when h.status = {=HOLD_SUPERSEDED} and h.complete = 1 and h.created >= :before then 0 else 1 end from hold h
where (h.complete = 0 and not exists (select 1 from activity a where a.id = h.activity and a.status = {=ACTIVITY_IN_PROGRESS}))
or (h.complete = 1 and h.status <> {=HOLD_HELD} and h.created < :before)
or (h.complete = 1 and h.status = {=HOLD_SUPERSEDED} and exists (select 1 from held_object o where o.hold = h.id))
order by h.id;

-- name: held_forget
-- in: hold int64, limit int64
-- counted
delete from held_object where hold = :hold and place in (select o.place from held_object o where o.hold = :hold order by o.place limit :limit);

-- name: hold_forget
-- in: id int64
-- counted
delete from hold where id = :id;

-- ---- Counts ----

-- name: safety_count_add
-- in struct safety_count: guard, system, type, at, objects
insert into safety_count ({columns}) values ({values})
on conflict (guard, system, type, at) do update set objects = safety_count.objects + excluded.objects;

-- Of two days at most: what is dated later was counted by a clock that was wrong.
-- name: safety_counts
-- in: guard int32, system int32, since instant
-- out struct safety_count list safety_counts: guard, system, type, at=0, objects=cast(sum(objects) as {int})
select guard, system, type, 0, cast(sum(objects) as {int}) from safety_count where guard = :guard and system = :system and at >= :since
and (:since = 0 or at < :since + 1728000000000)
group by guard, system, type order by type;

-- name: safety_counts_forget
-- in: guard int32, system int32, before instant
delete from safety_count where guard = :guard and system = :system and at < :before;
