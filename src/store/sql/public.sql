-- The configuration of the Public Data API, and tokens that were taken back.

-- set: item: kind, id, tenant, key, version, created, updated, doc

-- name: public_items
-- in: kind int32, tenant int32
-- out struct public_item list public_items: @item
select {columns} from public_item where kind = :kind and (:tenant = 0 or tenant = :tenant) order by id;

-- name: public_item
-- in: kind int32, id int32
-- out struct public_item list public_items: @item
select {columns} from public_item where kind = :kind and id = :id;

-- name: public_item_by_key
-- in: kind int32, tenant int32, key text
-- out: id int32
select id from public_item where kind = :kind and tenant = :tenant and key = :key;

-- name: public_item_save
-- in struct public_item: @item
insert into public_item ({columns}) values ({values}) on conflict (kind, id) do update set {excluded};

-- name: public_item_delete
-- in: kind int32, id int32
-- counted
delete from public_item where kind = :kind and id = :id;

-- name: public_items_of_tenant_delete
-- in: tenant int32
delete from public_item where tenant = :tenant;

-- name: revoked_token_add
-- in struct revoked_token: jti, ends
insert into revoked_token ({columns}) values ({values}) on conflict (jti) do nothing;

-- name: revoked_tokens
-- in: now instant
-- out struct revoked_token list revoked_tokens: jti, ends
select {columns} from revoked_token where ends > :now;

-- name: revoked_tokens_forget
-- in: now instant
delete from revoked_token where ends <= :now;
