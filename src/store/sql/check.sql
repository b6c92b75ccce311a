-- What the check of the whole store asks.

-- Things that point to nothing; the order is that of the sentences in check.c.
-- name: strays
-- out: id int64
-- choose: select c.id from cso c where not exists (select 1 from cso_doc d where d.id = c.id)
--   | select d.id from cso_doc d where not exists (select 1 from cso c where c.id = d.id)
--   | select c.id from cso c where c.mvo is not null and not exists (select 1 from mvo m where m.id = c.mvo)
--   | select c.id from cso c where (c.mvo is null) <> (c.join_type = {=JOIN_NONE})
--   | select c.id from cso c where not exists (select 1 from cs_type t where t.id = c.type and t.system = c.system)
--   | select m.id from mvo m where not exists (select 1 from mv_type t where t.id = m.type)
--   | select r.mvo from mv_ref r where not exists (select 1 from mvo m where m.id = r.target)
--   | select p.id from pending p where not exists (select 1 from cso c where c.id = p.cso and c.system = p.system)
--   | select p.id from pending p where p.mvo is not null and not exists (select 1 from mvo m where m.id = p.mvo)
--   | select u.object from blob_use u where not exists (select 1 from blob b where b.hash = u.hash)
--   | select u.object from blob_use u where u.kind = 1 and not exists (select 1 from cso c where c.id = u.object)
--   | select u.object from blob_use u where u.kind = 2 and not exists (select 1 from mvo m where m.id = u.object)
--   | select distinct k.cso from cs_member k where not exists (select 1 from cso c where c.id = k.cso)
--   | select distinct k.mvo from mv_member k where not exists (select 1 from mvo m where m.id = k.mvo)
--   | select distinct i.activity from item i where not exists (select 1 from activity a where a.id = i.activity)
--   | select t.id from task t where t.activity is not null and not exists (select 1 from activity a where a.id = t.activity)
--   | select t.id from tombstone t where t.kind = 1 and not exists (select 1 from cso_history h where h.id = t.id and h.object = t.object)
--   | select t.id from tombstone t where t.kind = 2 and not exists (select 1 from mvo_history h where h.id = t.id and h.object = t.object)
--   | select t.object from tombstone t where t.kind = 1 and exists (select 1 from cso c where c.id = t.object)
--   | select t.object from tombstone t where t.kind = 2 and exists (select 1 from mvo m where m.id = t.object)
{choose} limit 100;

-- Stored counts that are wrong: by kind, as enum tally_kind less one.
-- name: wrong_tallies
-- out: id int64
-- choose: select t.id from tally t left join (select type, count(*) as n from mvo group by type) x on x.type = t.id
--   where t.kind = 1 and t.objects <> coalesce(x.n, 0)
--   | select t.id from tally t left join (select system, count(*) as n from cso group by system) x on x.system = t.id
--   where t.kind = 2 and t.objects <> coalesce(x.n, 0)
--   | select t.id from tally t left join (select system, count(*) as n from pending group by system) x on x.system = t.id
--   where t.kind = 3 and t.objects <> coalesce(x.n, 0)
--   | select t.id from tally t left join (select owner, count(*) as n from cso_history group by owner) x on x.owner = t.id
--   where t.kind = 4 and t.objects <> coalesce(x.n, 0)
--   | select t.id from tally t left join (select type, count(*) as n from cso group by type) x on x.type = t.id
--   where t.kind = 5 and t.objects <> coalesce(x.n, 0)
{choose};

-- name: check_csos
-- in: after int64, limit int64
-- out struct cso_row: o.id=c.id, o.system=c.system, o.type=c.type, key=c.key, o.external_id=c.external_id, secondary_key=c.secondary_key,
--   o.secondary_external_id=c.secondary_id, name_key=c.name_key, document=d.doc
select {columns} from cso c join cso_doc d on d.id = c.id where c.id > :after order by c.id limit :limit;

-- name: index_count
-- out: number int64
-- choose: cs_ix | cs_ref | mv_ix | mv_ref
select count(*) from {choose};

-- name: cs_ix_has
-- in struct index_row: attribute, key, object=cso, raw
-- out: number int64
select 1 from cs_ix where attribute = :attribute and key = :key and cso = :cso and coalesce(raw, '') = coalesce(cast(:raw as text), '');

-- name: cs_ref_has
-- in struct index_row: owner=system, key, attribute, object=cso
-- out: number int64
select 1 from cs_ref where system = :system and key = :key and attribute = :attribute and cso = :cso;

-- name: mv_ix_has
-- in struct index_row: attribute, owner=type, key, object=mvo, raw
-- out: number int64
select 1 from mv_ix where attribute = :attribute and type = :type and key = :key and mvo = :mvo
and coalesce(raw, '') = coalesce(cast(:raw as text), '');

-- name: mv_ref_has
-- in struct member_row: target, attribute, object=mvo
-- out: number int64
select 1 from mv_ref where target = :target and attribute = :attribute and mvo = :mvo;
