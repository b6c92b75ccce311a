-- Pending exports.

-- set: pending: p.id=p.id, p.system=p.system, p.cso=p.cso, p.mvo=p.mvo, p.rule=p.rule, p.change=p.change, p.status=p.status,
--   p.created=p.created, p.attempted=p.attempted, p.next_retry=p.next_retry, p.errors=p.errors, p.max_retries=p.max_retries,
--   p.last_error=p.last_error, p.unresolved=p.unresolved, p.queued_by=p.queued_by, p.exported_by=p.exported_by,
--   p.ever_exported=p.ever_exported, document=p.doc

-- name: pending_by_id
-- in: id int64
-- out struct pending_row: @pending
select {columns} from pending p where p.id = :id;

-- name: pending_by_cso
-- in: cso int64
-- out struct pending_row: @pending
-- many
select {columns} from pending p where p.cso = :cso;

-- The executable ones (sync-engine §16.1). What waits longer than anything does was told to by a clock that was wrong: `never` on.
-- name: pending_due
-- in: system int32, due instant, never instant, after_created instant, after_id int64, changes int64, limit int64
-- out struct pending_row: @pending
select {columns} from pending p where p.system = :system and (p.created, p.id) > (:after_created, :after_id)
and (:changes = 0 or (cast(:changes as bigint) >> cast(p.change as integer)) & 1 = 1)
and p.status in ({=EXPORT_PENDING}, {=EXPORT_EXPORTED}, {=EXPORT_NOT_CONFIRMED}) and (p.next_retry is null or p.next_retry <= :due or p.next_retry > :never)
and p.errors < p.max_retries and (p.change <> {=EXPORT_UPDATE} or p.due = 1)
and not (p.status = {=EXPORT_EXPORTED} and p.change in ({=EXPORT_CREATE}, {=EXPORT_DELETE}))
order by p.created, p.id limit :limit;

-- name: pending_due_counts
-- in: system int32, due instant, never instant
-- out: change int32, objects int64
select p.change, count(*) from pending p where p.system = :system
and p.status in ({=EXPORT_PENDING}, {=EXPORT_EXPORTED}, {=EXPORT_NOT_CONFIRMED}) and (p.next_retry is null or p.next_retry <= :due or p.next_retry > :never)
and p.errors < p.max_retries and (p.change <> {=EXPORT_UPDATE} or p.due = 1)
and not (p.status = {=EXPORT_EXPORTED} and p.change in ({=EXPORT_CREATE}, {=EXPORT_DELETE}))
group by p.change;

-- name: pending_due_deletions
-- in: system int32, due instant, never instant
-- out: objects int64
select count(*) from pending p where p.system = :system and p.change = {=EXPORT_DELETE}
and p.status in ({=EXPORT_PENDING}, {=EXPORT_NOT_CONFIRMED}) and (p.next_retry is null or p.next_retry <= :due or p.next_retry > :never)
and p.errors < p.max_retries;

-- name: pending_add
-- in struct pending_row: p.id, p.system, p.cso, p.mvo?, p.rule?, p.change, p.status, p.created, p.attempted?, p.next_retry?, p.errors,
--   p.max_retries, p.last_error, p.unresolved, p.queued_by?, p.exported_by?, p.ever_exported, due, awaiting, document=doc
insert into pending ({columns}) values ({values});

-- name: pending_update
-- in struct pending_row: p.id, p.mvo?, p.rule?, p.change, p.status, p.attempted?, p.next_retry?, p.errors, p.max_retries, p.last_error,
--   p.unresolved, p.queued_by?, p.exported_by?, p.ever_exported, due, awaiting, document=doc
-- counted
update pending set {set} where id = :id;

-- name: pending_delete
-- in struct pending_row: p.id
-- counted
delete from pending where id = :id;

-- name: pending_reset
-- in: system int32
-- counted
update pending set status = {=EXPORT_PENDING} where status = {=EXPORT_EXECUTING} and (:system = 0 or system = :system);

-- fragment: pending_filter
p.system = :system and (:status < 0 or p.status = :status) and (:change < 0 or p.change = :change)
and (cast(:search as text) is null or exists (select 1 from cso c where c.id = p.cso
  and ({instr}(c.name_key, :search) > 0 or {instr}(c.key, :search) > 0 or {instr}(c.secondary_key, :search) > 0))
  or {instr}(lower(p.last_error), :search) > 0
  or p.mvo in (select x.mvo from mv_ix x where x.attribute = 0 and {instr}(x.key, :search) > 0));

-- name: pending_list
-- in: system int32, search text, status int32, change int32, limit int64, offset int64
-- out struct pending_row: @pending
-- choose: p.created, p.id | p.created desc, p.id desc
select {columns} from pending p where {pending_filter} order by {choose} limit :limit offset :offset;

-- name: pending_count
-- in: system int32, search text, status int32, change int32
-- out: number int64
select count(*) from pending p where {pending_filter};
