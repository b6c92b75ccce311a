-- What changed on objects: rows of cso_history and mvo_history, and what deleted objects were called.

-- set: row: id, object, owner, activity=activity, item, at, change, document=doc

-- name: cso_history_add
-- in struct history_row: id, object, owner, activity?, item?, at, change, document=doc
insert into cso_history ({columns}) values ({values});

-- name: mvo_history_add
-- in struct history_row: id, object, owner, activity?, item?, at, change, document=doc
insert into mvo_history ({columns}) values ({values});

-- name: tombstone_add
-- in struct tombstone_row: kind, t.id, t.object, t.owner, t.tenant, t.at, t.activity?, t.name, name_key, t.external_id, external_key,
--   t.type_name, t.initiator.type=by_type?, t.initiator.id=by_id, t.initiator.name=by_name
insert into tombstone ({columns}) values ({values});

-- name: history_of
-- in: object int64, item int64, limit int64, offset int64
-- out struct history_row list history_rows: @row
-- choose: cso_history | mvo_history
select {columns} from {choose} where object = :object and (:item = 0 or item = :item) order by id desc limit :limit offset :offset;

-- name: history_count
-- in: object int64, item int64
-- out: number int64
-- choose: cso_history | mvo_history
select count(*) from {choose} where object = :object and (:item = 0 or item = :item);

-- What came after a row, the newest first.
-- name: history_since
-- in: object int64, id int64
-- out struct history_row list history_rows: @row
-- choose: cso_history | mvo_history
select {columns} from {choose} where object = :object and id > :id order by id desc;

-- ---- Forgetting ----

-- The oldest rows stand first.
-- name: history_oldest
-- in: limit int64
-- out struct history_row list history_rows: id, owner, at
-- choose: cso_history | mvo_history
select {columns} from {choose} order by id limit :limit;

-- name: history_of_system
-- in: owner int32, limit int64
-- out struct history_row list history_rows: id, owner, at
select {columns} from cso_history where owner = :owner order by id limit :limit;

-- name: history_delete
-- in struct history_row: id
-- choose: cso_history | mvo_history
delete from {choose} where id = :id;

-- name: tombstone_delete
-- in: kind int32, id int64
delete from tombstone where kind = :kind and id = :id;

-- name: tombstones_delete
-- in: object int64, kind int32
delete from tombstone where object = :object and kind = :kind;

-- ---- Deleted objects ----

-- set: grave: t.id=id, t.object=object, t.owner=owner, t.tenant=tenant, t.at=at, t.activity=activity, t.name=name, t.external_id=external_id,
--   t.type_name=type_name, t.initiator.type=by_type, t.initiator.id=by_id, t.initiator.name=by_name

-- fragment: grave_filter
kind = :kind and (:owner = 0 or owner = :owner) and at >= :since and (:until = 0 or at <= :until)
and (cast(:search as text) is null or {instr}(case when :kind = 2 then name_key else external_key end, :search) > 0);

-- name: tombstones
-- in: kind int32, owner int32, search text, since int64, until int64, limit int64, offset int64
-- out struct tombstone_row list tombstone_rows: @grave
select {columns} from tombstone where {grave_filter} order by id desc limit :limit offset :offset;

-- name: tombstones_count
-- in: kind int32, owner int32, search text, since int64, until int64
-- out: number int64
select count(*) from tombstone where {grave_filter};

-- name: tombstone_of
-- in: object int64, kind int32
-- out struct tombstone_row list tombstone_rows: @grave
select {columns} from tombstone where object = :object and kind = :kind;

-- name: retired_attribute
-- in: kind int32, id int32
-- out: name text, plurality enum plurality
select {columns} from retired_attribute where kind = :kind and id = :id;

-- ---- The check ----

-- Objects with recorded differences, for the check that these lead back from what is stored.
-- name: history_objects
-- in: after int64, limit int64
-- out: object int64
-- choose: cso_history | mvo_history
select distinct object from {choose} where object > :after and doc is not null order by object limit :limit;
