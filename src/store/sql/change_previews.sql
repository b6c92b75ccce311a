-- Previews of changes of the configuration (operations section 16).

-- set: preview: activity, surface, target, proposal, persistence, dispatched, complete, baseline, estimated_objects, estimated_rows,
--   document
-- set: row: preview, part, number, transition, mvo?, cso?, system?, display_name, object_type, attribute, old_value, new_value, pattern

-- name: change_preview_save
-- in struct change_preview: @preview
insert into change_preview ({columns}) values ({values}) on conflict (activity) do update set {excluded};

-- name: change_preview_by_id
-- in: activity int64
-- out struct change_preview list change_previews: @preview
select {columns} from change_preview where activity = :activity;

-- name: orphaned_previews
-- out: id int64
select p.activity as id from change_preview p join activity a on a.id = p.activity
where a.status = {=ACTIVITY_IN_PROGRESS} and not exists (select 1 from task t where t.activity = a.id) order by p.activity;

-- name: preview_row_add
-- in struct preview_row: @row, search
insert into change_preview_row ({columns}) values ({values});

-- name: preview_rows_move
-- in: preview int64, old_part int32, new_part int32
update change_preview_row set part = :new_part where preview = :preview and part = :old_part;

-- name: preview_rows_trim
-- in: preview int64, part int32, keep int64
delete from change_preview_row where preview = :preview and part = :part and number >= (
  select r.number from change_preview_row r where r.preview = :preview and r.part = :part order by r.number limit 1 offset :keep);

-- name: preview_rows
-- in: preview int64, part int32, search text, limit int64, offset int64
-- out struct preview_row list preview_rows: @row
select {columns} from change_preview_row
where preview = :preview and (:part < 0 or part = :part) and (cast(:search as text) is null or {instr}(search, :search) > 0)
order by part, number limit :limit offset :offset;

-- name: preview_rows_count
-- in: preview int64, part int32, search text
-- out: number int64
select count(*) from change_preview_row
where preview = :preview and (:part < 0 or part = :part) and (cast(:search as text) is null or {instr}(search, :search) > 0);
