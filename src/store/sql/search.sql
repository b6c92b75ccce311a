-- What searches of the Public Data API ask.

-- Index rows of one attribute from behind one of them up to before a key. Without "part" all, else those whose key holds it
-- or may be cut.
-- fragment: span
(key, mvo) > (:low, :after) and key < :high and (cast(:part as text) is null or {instr}(key, :part) > 0 or raw > '>');

-- fragment: span_cs
(key, cso) > (:low, :after) and key < :high and (cast(:part as text) is null or {instr}(key, :part) > 0 or raw > '>');

-- name: search_settled
-- in: attribute int32, type int32, low text, after int64, high text, part text
-- out struct index_hit: key, raw, object=mvo
-- choose: key, mvo | key desc, mvo desc
select {columns} from mv_ix_settled where attribute = :attribute and type = :type and {span} order by {choose};

-- name: search_recent
-- in: attribute int32, type int32, low text, after int64, high text, part text
-- out struct index_hit: key, raw, object=mvo
-- choose: key, mvo | key desc, mvo desc
select {columns} from mv_ix_recent where attribute = :attribute and type = :type and {span} order by {choose};

-- name: search_connected
-- in: attribute int32, low text, after int64, high text, part text
-- out struct index_hit: key, raw, object=cso
-- choose: key, cso | key desc, cso desc
select {columns} from cs_ix where attribute = :attribute and {span_cs} order by {choose};

-- ---- Objects ----

-- name: search_mvo_ids
-- in: type int32, after int64, limit int64, offset int64
-- out: id int64
select id from mvo where type = :type and id > :after order by id limit :limit offset :offset;

-- name: search_cso_ids
-- in: type int32, after int64, limit int64, offset int64
-- out: id int64
select id from cso where type = :type and id > :after order by id limit :limit offset :offset;

-- Objects that are not of the first tenant stand in an index of their own.
-- name: search_tenants
-- out: id int64
select id from mvo where tenant <> 1 limit 1;

-- name: search_mvo_ids_of_tenant
-- in: type int32, tenant int32
-- out: id int64
-- choose: tenant = :tenant | tenant <> :tenant
select id from mvo where tenant <> 1 and type = :type and {choose} order by id;

-- name: search_mvo_documents
-- in: id int64
-- out: id int64, document text
select id, doc from mvo where id = :id;

-- name: search_mvo_type
-- in: id int64, type int32
-- out: id int64
select id from mvo where id = :id and type = :type;

-- name: search_cso_type
-- in: id int64, type int32
-- out: id int64
select id from cso where id = :id and type = :type;

-- ---- From one object to others ----

-- name: search_connectors
-- in: id int64
-- out: id int64
select id from cso where mvo = :id order by id;

-- name: search_joined
-- in: id int64
-- out: id int64
select mvo from cso where id = :id and mvo is not null;

-- name: search_referring
-- in: id int64, attribute int32
-- out: id int64
select mvo from mv_ref where target = :id and attribute = :attribute order by mvo;

-- name: search_with_reference
-- in: attribute int32
-- out: id int64
select mvo from mv_ref where attribute = :attribute;

-- name: search_cso_id_keys
-- in: id int64
-- out: system int32, key text, secondary text
select system, key, secondary_key from cso where id = :id;

-- name: search_cso_referring
-- in: system int32, key text, attribute int32
-- out: id int64
select cso from cs_ref where system = :system and key = :key and attribute = :attribute order by cso;

-- ---- Lookup tables ----

-- name: lookup_rows
-- in: pool int32, after int64, limit int64
-- out: id int64, doc text
select id, doc from lookup_row where pool = :pool and id > :after order by id limit :limit;

-- name: lookup_row
-- in: pool int32, id int64
-- out: id int64, doc text
select id, doc from lookup_row where pool = :pool and id = :id;

-- name: lookup_count
-- in: pool int32
-- out: number int64
select count(*) from lookup_row where pool = :pool;

-- name: lookup_add
-- in struct lookup_entry: pool, id, doc
insert into lookup_row ({columns}) values ({values});

-- name: lookup_clear
-- in: pool int32
delete from lookup_row where pool = :pool;
