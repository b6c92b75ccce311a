-- The metaverse.

-- set: mvo: o.id=m.id, o.type=m.type, o.status=m.status, o.origin=m.origin, o.created=m.created, o.updated=m.updated,
--   o.deletion.disconnected=m.marked, deletion=m.deletion, o.scope_review=m.scope_review, o.version=m.version, o.tenant=m.tenant,
--   document=m.doc

-- name: mvos_by_id
-- in: id int64
-- out struct mvo_row: @mvo
-- many
select {columns} from mvo m where m.id = :id;

-- name: mvos_after
-- in: type int32, after int64, limit int64
-- out struct mvo_row: @mvo
-- choose: 1 = 1 | m.scope_review = 1 | m.marked is not null
select {columns} from mvo m where {choose} and m.id > :after and (:type = 0 or m.type = :type) order by m.id limit :limit;

-- name: mvo_ids_after
-- in: after int64, limit int64
-- out: id int64
select id from mvo where id > :after order by id limit :limit;

-- name: match_mvos
-- in: type int32, attribute int32, key text
-- out: id int64
select mvo from mv_ix where attribute = :attribute and type = :type and key = :key order by mvo;

-- name: mvo_referrers
-- in: target int64
-- out struct mvo_referrer: mvo, target, attribute
select {columns} from mv_ref where target = :target order by attribute, mvo;

-- ---- Writing ----

-- name: mvo_add
-- in struct mvo_row: o.id, o.type, o.status, o.origin, o.created, o.updated?, o.deletion.disconnected=marked?, deletion, o.scope_review,
--   o.version, o.tenant, document=doc
insert into mvo ({columns}) values ({values});

-- The type stays: an update that names a column writes each index that holds it.
-- name: mvo_update
-- in struct mvo_row: o.id, o.status, o.origin, o.updated?, o.deletion.disconnected=marked?, deletion, o.scope_review, o.version,
--   document=doc, was_version
-- counted
update mvo set status = :status, origin = :origin, updated = :updated, marked = :marked, deletion = :deletion,
scope_review = :scope_review, version = :version, doc = :doc where id = :id and version = :was_version;

-- name: mvo_delete
-- in struct mvo_row: o.id, was_version
-- counted
delete from mvo where id = :id and version = :was_version;

-- Index rows are read through the view mv_ix; a row stands in one of the two tables.
-- name: mv_ix_add
-- in struct index_row: attribute, owner=type, key, object=mvo, raw
insert into mv_ix_recent ({columns}) values ({values}) on conflict do nothing;

-- name: mv_ix_delete_recent
-- in struct index_row: attribute, owner=type, key, object=mvo
delete from mv_ix_recent where attribute = :attribute and type = :type and key = :key and mvo = :mvo;

-- name: mv_ix_delete_settled
-- in struct index_row: attribute, owner=type, key, object=mvo
delete from mv_ix_settled where attribute = :attribute and type = :type and key = :key and mvo = :mvo;

-- name: mv_ix_drop_recent
-- in: attribute int32
delete from mv_ix_recent where attribute = :attribute;

-- name: mv_ix_drop_settled
-- in: attribute int32
delete from mv_ix_settled where attribute = :attribute;

-- Rows settle by a range of keys of one attribute and type: a range that the primary key answers without looking at each row again.
-- The key that stands so many rows behind another one.
-- name: mv_ix_recent_at
-- in: attribute int32, type int32, key text, rows int64
-- out: key text
select key from mv_ix_recent where attribute = :attribute and type = :type and key >= :key order by key, mvo limit 1 offset :rows;

-- name: mv_ix_recent_group
-- in: attribute int32, type int32
-- out struct index_row: attribute, owner=type, key
select {columns} from mv_ix_recent where (attribute, type) > (:attribute, :type) order by attribute, type, key limit 1;

-- name: mv_ix_settle
-- in struct index_range: attribute, owner=type, from=key, to=before
insert into mv_ix_settled (attribute, type, key, mvo, raw) select attribute, type, key, mvo, raw from mv_ix_recent
where attribute = :attribute and type = :type and key >= :key and key < :before order by attribute, type, key, mvo;

-- name: mv_ix_settled_now
-- in struct index_range: attribute, owner=type, from=key, to=before
-- counted
delete from mv_ix_recent where attribute = :attribute and type = :type and key >= :key and key < :before;

-- name: mv_ix_recent_count
-- out: number int64
select count(*) from mv_ix_recent;

-- name: mv_ref_add
-- in struct member_row: target, attribute, object=mvo
insert into mv_ref ({columns}) values ({values}) on conflict do nothing;

-- name: mv_ref_delete
-- in struct member_row: target, attribute, object=mvo
delete from mv_ref where target = :target and attribute = :attribute and mvo = :mvo;

-- ---- Lists ----

-- The names of all objects are index rows of attribute 0.
-- name: mvo_list
-- in: type int32, search text, limit int64, offset int64
-- out: id int64
-- choose: x.type = :type order by x.key, x.mvo | x.type = :type order by x.key desc, x.mvo desc | :type = 0 order by x.key, x.mvo
--   | :type = 0 order by x.key desc, x.mvo desc | x.type = :type order by x.mvo | x.type = :type order by x.mvo desc
--   | :type = 0 order by x.mvo | :type = 0 order by x.mvo desc
select id from (select x.mvo as id, x.key, x.mvo from mv_ix x where x.attribute = 0
and (cast(:search as text) is null or {instr}(x.key, :search) > 0) and {choose} limit :limit offset :offset) as page;

-- name: mvo_list_by_id
-- in: type int32, limit int64, offset int64
-- out: id int64
-- choose: id | id desc
select id from mvo where (:type = 0 or type = :type) order by {choose} limit :limit offset :offset;

-- name: mvo_count
-- in: type int32, search text
-- out: number int64
select count(*) from mv_ix x where x.attribute = 0 and (:type = 0 or x.type = :type)
and (cast(:search as text) is null or {instr}(x.key, :search) > 0);

-- name: mv_attribute_uses
-- in: member text
-- out: number int64
select count(*) from mvo where {instr}(doc, :member) > 0;
