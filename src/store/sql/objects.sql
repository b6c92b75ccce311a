-- The connector space: heads, documents, index rows, references, members, large values.

-- set: cso_head: o.id=c.id, o.system=c.system, o.type=c.type, o.partition=c.partition, o.status=c.status, o.join=c.join_type, o.mvo=c.mvo,
--   o.created=c.created, o.updated=c.updated, o.joined=c.joined, o.scope_review=c.scope_review, o.sync_failed=c.sync_failed,
--   o.import_hash=c.import_hash, key=c.key, o.external_id=c.external_id, secondary_key=c.secondary_key,
--   o.secondary_external_id=c.secondary_id,
--   document=d.doc

-- Without values nothing is looked for in the table of documents.
-- fragment: cso_and_document
cso c left join cso_doc d on d.id = case when :values = 1 then c.id end;

-- name: csos_by_id
-- in: id int64, values bool
-- out struct cso_row: @cso_head
-- many
select {columns} from {cso_and_document} where c.id = :id;

-- name: csos_after
-- in: system int32, after int64, values bool, limit int64
-- out struct cso_row: @cso_head
select {columns} from {cso_and_document} where c.system = :system and c.id > :after order by c.id limit :limit;

-- name: csos_changed_after
-- in: system int32, after int64, changed instant, values bool, limit int64
-- out struct cso_row: @cso_head
select {columns} from {cso_and_document} where c.system = :system and c.id > :after
and (coalesce(c.updated, c.created) > :changed or c.scope_review = 1 or c.sync_failed = 1) order by c.id limit :limit;

-- Whoever finds more than the limit knows that there are more, not which.
-- name: changed_csos
-- in: system int32, after int64, changed instant, limit int64
-- out: id int64
select id from (select id from cso where system + 0 = :system and created > :changed and updated is null and id > :after
  limit :limit) a
union select id from (select id from cso where system + 0 = :system and updated > :changed and id > :after limit :limit) b
union select id from (select id from cso where (scope_review = 1 or sync_failed = 1) and system + 0 = :system and id > :after
  limit :limit) c
order by id;

-- name: csos_of_mvo
-- in: mvo int64, values bool
-- out struct cso_row: @cso_head
-- many
select {columns} from {cso_and_document} where c.mvo = :mvo order by c.id;

-- Answered by an index alone.
-- name: connector_ids
-- in: mvo int64
-- out struct connector_ref: mvo=c.mvo, cso=c.id
-- many
select {columns} from cso c where c.mvo = :mvo order by c.id;

-- name: cso_keys
-- in: system int32
-- out struct cso_key: id, type, partition, status, key, import_hash
select {columns} from cso where system = :system order by id;

-- name: cso_keys_of
-- in: system int32, key text
-- out struct cso_key: id, type, partition, status, awaiting=exists (select 1 from pending p where p.cso = cso.id and p.awaiting = 1), key,
--   import_hash
select {columns} from cso where system = :system and key = :key order by id;

-- name: awaiting_csos
-- in: system int32
-- out: cso int64
select cso from pending where system = :system and awaiting = 1 order by cso;

-- ---- Look-ups ----

-- set: hit: id int64, type int32, status enum cso_status, mvo int64

-- name: find_key
-- in: system int32, key text
-- out: @hit
-- many
select {columns} from cso where system = :system and key = :key order by id;

-- name: find_secondary
-- in: system int32, key text
-- out: @hit
-- many
select {columns} from cso where system = :system and secondary_key = :key order by id;

-- name: referrers
-- in: system int32, key text
-- out: cso int64
select distinct cso from cs_ref where system = :system and key = :key order by cso;

-- name: match_csos
-- in: type int32, attribute int32, key text
-- out: id int64
select c.id from cs_ix x join cso c on c.id = x.cso where x.attribute = :attribute and x.key = :key and c.type = :type and c.mvo is null
and c.status = {=CSO_NORMAL} order by c.id;

-- ---- Writing ----

-- name: cso_add
-- in struct cso_row: o.id, o.system, o.type, o.partition?, o.status, o.join=join_type, o.mvo?, o.created, o.updated?, o.joined?, o.scope_review,
--   o.sync_failed, o.import_hash?, key, o.external_id, secondary_key, o.secondary_external_id=secondary_id, name_key
insert into cso ({columns}) values ({values});

-- name: cso_update_head
-- in struct cso_row: o.id, o.partition?, o.status, o.join=join_type, o.updated?, o.joined?, o.scope_review, o.sync_failed, o.import_hash?,
--   was_mvo?, was_status
-- counted
update cso set partition = :partition, status = :status, join_type = :join_type, updated = :updated, joined = :joined,
scope_review = :scope_review, sync_failed = :sync_failed, import_hash = :import_hash
where id = :id and mvo is not distinct from :was_mvo and status = :was_status;

-- name: cso_update_join
-- in struct cso_row: o.id, o.partition?, o.status, o.join=join_type, o.mvo?, o.updated?, o.joined?, o.scope_review, o.sync_failed,
--   o.import_hash?, was_mvo?, was_status
-- counted
update cso set partition = :partition, status = :status, join_type = :join_type, mvo = :mvo, updated = :updated, joined = :joined,
scope_review = :scope_review, sync_failed = :sync_failed, import_hash = :import_hash
where id = :id and mvo is not distinct from :was_mvo and status = :was_status;

-- An object that joins, and changes in nothing else: the indexes of the other columns stay as they are.
-- name: cso_join
-- in struct cso_row: o.id, o.join=join_type, o.mvo, o.joined?, was_status
-- counted
update cso set join_type = :join_type, mvo = :mvo, joined = :joined where id = :id and mvo is null and status = :was_status;

-- name: cso_update_name
-- in struct cso_row: o.id, name_key
update cso set {set} where id = :id;

-- name: cso_update_keys
-- in struct cso_row: o.id, key, o.external_id, secondary_key, o.secondary_external_id=secondary_id
update cso set {set} where id = :id;

-- name: cso_stamp
-- in struct import_stamp: cso, hash
update cso set import_hash = :hash where id = :cso;

-- name: cso_touch
-- in: id int64, updated instant
update cso set {set} where id = :id;

-- name: cso_delete
-- in: id int64
-- counted
delete from cso where id = :id;

-- name: cso_doc_add
-- in struct cso_row: o.id, document=doc
insert into cso_doc ({columns}) values ({values});

-- name: cso_doc_update
-- in struct cso_row: o.id, document=doc
update cso_doc set {set} where id = :id;

-- name: cso_doc_delete
-- in: id int64
delete from cso_doc where id = :id;

-- name: cs_ix_add
-- in struct index_row: attribute, key, object=cso, raw
insert into cs_ix ({columns}) values ({values}) on conflict do nothing;

-- name: cs_ix_delete
-- in struct index_row: attribute, key, object=cso
delete from cs_ix where attribute = :attribute and key = :key and cso = :cso;

-- name: cs_ix_drop
-- in: attribute int32
delete from cs_ix where attribute = :attribute;

-- name: cs_ref_add
-- in struct index_row: owner=system, key, attribute, object=cso
insert into cs_ref ({columns}) values ({values}) on conflict do nothing;

-- name: cs_ref_delete
-- in struct index_row: owner=system, key, attribute, object=cso
delete from cs_ref where system = :system and key = :key and attribute = :attribute and cso = :cso;

-- name: cs_ref_drop
-- in: system int32, attribute int32
delete from cs_ref where system = :system and attribute = :attribute;

-- ---- Members ----

-- name: cs_members
-- in: cso int64, attribute int32
-- out: raw text, pos int64
select raw, pos from cs_member where cso = :cso and attribute = :attribute;

-- name: cs_member_add
-- in struct member_row: object=cso, attribute, raw, pos
insert into cs_member ({columns}) values ({values}) on conflict do nothing;

-- name: cs_member_delete
-- in struct member_row: object=cso, attribute, raw
delete from cs_member where cso = :cso and attribute = :attribute and raw = :raw;

-- name: cs_members_drop
-- in: cso int64, attribute int32
delete from cs_member where cso = :cso and attribute = :attribute;

-- name: mv_members
-- in: mvo int64, attribute int32
-- out: target int64, pos int64
select target, pos from mv_member where mvo = :mvo and attribute = :attribute;

-- name: mv_member_add
-- in struct member_row: object=mvo, attribute, target, pos
insert into mv_member ({columns}) values ({values}) on conflict do nothing;

-- name: mv_member_delete
-- in struct member_row: object=mvo, attribute, target
delete from mv_member where mvo = :mvo and attribute = :attribute and target = :target;

-- name: mv_members_drop
-- in: mvo int64, attribute int32
delete from mv_member where mvo = :mvo and attribute = :attribute;

-- ---- Large values ----

-- name: blob
-- in: hash bytes
-- out: content bytes
select content from blob where hash = :hash;

-- name: blob_add
-- in struct blob_row: hash, content bytes
insert into blob ({columns}) values ({values}) on conflict (hash) do nothing;

-- name: blob_use_add
-- in struct blob_row: kind, object, hash
insert into blob_use ({columns}) values ({values}) on conflict do nothing;

-- name: blob_use_delete
-- in struct blob_row: kind, object, hash
delete from blob_use where kind = :kind and object = :object and hash = :hash;

-- name: blob_drop
-- in struct blob_row: hash
delete from blob where hash = :hash and not exists (select 1 from blob_use u where u.hash = :hash);

-- ---- Lists ----

-- types: the wanted ones as ",3,7,"; statuses, joins: bits; 0 and NULL: all
-- fragment: cso_filter
c.system + 0 = :system and (cast(:types as text) is null or {instr}(:types, ',' || c.type || ',') > 0)
and (:statuses = 0 or (cast(:statuses as bigint) >> cast(c.status as integer)) & 1 = 1)
and (:joins = 0 or (cast(:joins as bigint) >> cast(c.join_type as integer)) & 1 = 1)
and (:unjoined = 0 or c.mvo is null) and (:partition = 0 or c.partition = :partition)
and (cast(:search as text) is null or {instr}(c.name_key, :search) > 0 or {instr}(c.key, :search) > 0
  or {instr}(c.secondary_key, :search) > 0);

-- name: cso_list
-- in: system int32, types text, search text, statuses int64, joins int64, unjoined bool, partition int32, limit int64, offset int64
-- out: id int64
-- choose: c.created, c.id | c.created desc, c.id desc | c.name_key, c.id | c.name_key desc, c.id desc | c.key, c.id | c.key desc, c.id desc
--   | c.secondary_key, c.id | c.secondary_key desc, c.id desc | c.type, c.id | c.type desc, c.id desc | c.joined, c.id
--   | c.joined desc, c.id desc | c.status, c.id | c.status desc, c.id desc | c.join_type, c.id | c.join_type desc, c.id desc
select c.id from cso c where {cso_filter} order by {choose} limit :limit offset :offset;

-- name: cso_count
-- in: system int32, types text, search text, statuses int64, joins int64, unjoined bool, partition int32
-- out: number int64
select count(*) from cso c where {cso_filter};

-- name: unresolved_references
-- in: system int32
-- out: number int64
select count(*) from cs_ref r where r.system = :system and not exists (select 1 from cso c where c.system = r.system and c.key = r.key)
and not exists (select 1 from cso c where c.system = r.system and c.secondary_key = r.key);

-- name: cs_attribute_uses
-- in: attribute int32, member text
-- out: number int64
select count(*) from cs_attribute t cross join cso c join cso_doc d on d.id = c.id where t.id = :attribute and c.type = t.type_id and {instr}(d.doc, :member) > 0;

-- ---- Differences of large sets ----

-- name: member_flow
-- in: cso int64
-- out: updated instant, rules int64
select updated, rules from cs_member_flow where cso = :cso;

-- name: member_flows
-- in: system int32
-- out: cso int64
select f.cso from cs_member_flow f join cso c on c.id = f.cso where c.system = :system order by f.cso;

-- name: member_flow_any
-- out: number int64
select count(*) from (select 1 from cs_member_flow limit 1) as one;

-- name: member_flow_put
-- in: cso int64, updated instant, rules int64
insert into cs_member_flow ({columns}) values ({values}) on conflict (cso) do update set updated = excluded.updated, rules = excluded.rules;

-- name: member_flow_advance
-- in: cso int64, was instant, updated instant
update cs_member_flow set updated = :updated where cso = :cso and updated = :was;

-- name: member_flow_expire
-- in: cso int64, updated instant
delete from cs_member_flow where cso = :cso and updated <> :updated;

-- name: member_flow_drop
-- in: cso int64
delete from cs_member_flow where cso = :cso;

-- name: member_flow_drop_by_key
-- in: system int32, key text
delete from cs_member_flow where cso in (select r.cso from cs_ref r where r.system = :system and r.key = :key);

-- name: member_flow_drop_by_mvo
-- in: mvo int64
delete from cs_member_flow where cso in (select c.id from cso c where c.mvo = :mvo);

-- name: member_changes
-- in: cso int64, attribute int32
-- out: raw text, pos int64
select t.raw, coalesce(m.pos, -1) as pos from cs_member_change t left join cs_member m on m.cso = t.cso and m.attribute = t.attribute and m.raw = t.raw
where t.cso = :cso and t.attribute = :attribute order by m.pos, t.raw;

-- name: member_change_count
-- in: cso int64
-- out: number int64
select count(*) from cs_member_change where cso = :cso;

-- name: member_change_add
-- in struct member_row: object=cso, attribute, raw
insert into cs_member_change ({columns}) values ({values}) on conflict do nothing;

-- name: member_changes_drop
-- in: cso int64
delete from cs_member_change where cso = :cso;

-- name: cs_member_at
-- in: cso int64, attribute int32, raw text
-- out: pos int64
select pos from cs_member where cso = :cso and attribute = :attribute and raw = :raw;

-- name: mv_member_at
-- in: mvo int64, attribute int32, target int64
-- out: pos int64
select pos from mv_member where mvo = :mvo and attribute = :attribute and target = :target;
