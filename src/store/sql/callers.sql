-- API keys and roles.

-- name: roles
-- out struct role list roles: id, name, built_in, created
select {columns} from role order by id;

-- name: role_add
-- in struct role: id, name, built_in, created
insert into role ({columns}) values ({values});

-- name: api_keys
-- out struct api_key list api_keys: id, name, description, prefix, hash, created, expires, last_used, last_used_from, enabled, infrastructure
select {columns} from api_key order by id;

-- name: api_key_save
-- in struct api_key: id, name, description, prefix, hash, created, expires?, last_used?, last_used_from, enabled, infrastructure
insert into api_key ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: api_key_delete
-- in: id int64
-- counted
delete from api_key where id = :id;

-- name: api_key_touch
-- in: id int64, last_used instant, last_used_from text
update api_key set {set} where id = :id;

-- name: api_key_roles
-- out struct api_key_role_row list api_key_role_rows: key, role
select {columns} from api_key_role order by key, role;

-- name: api_key_role_add
-- in struct api_key_role_row: key, role
insert into api_key_role ({columns}) values ({values}) on conflict (key, role) do nothing;

-- name: api_key_roles_delete
-- in: key int64
delete from api_key_role where key = :key;

-- Members that still exist.
-- name: role_members
-- in: role int32
-- out: mvo int64
select m.mvo from role_member m join mvo o on o.id = m.mvo where m.role = :role order by m.mvo;

-- name: role_member_counts
-- out: role int32, number int64
select m.role, count(*) from role_member m join mvo o on o.id = m.mvo group by m.role order by m.role;

-- name: roles_of_mvo
-- in: mvo int64
-- out: role int32
select role from role_member where mvo = :mvo order by role;

-- name: role_member_add
-- in: role int32, mvo int64
-- counted
insert into role_member (role, mvo) values (:role, :mvo) on conflict (role, mvo) do nothing;

-- name: role_member_delete
-- in: role int32, mvo int64
-- counted
delete from role_member where role = :role and mvo = :mvo;
