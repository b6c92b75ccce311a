-- Asynchronous searches (public-data-api section 5).

-- set: result_set: id, tenant, user=user_id, search, version, search_name, state, ordered, page, page_size, body, user_name, full_name,
--   address, object_id, taken?, ends?, total, bytes, failure, detail

-- name: result_set_add
-- in struct result_set: @result_set
insert into result_set ({columns}) values ({values});

-- name: result_set
-- in: id text
-- out struct result_set list result_sets_kept: @result_set
select {columns} from result_set where id = :id;

-- name: result_set_turn
-- in struct result_set: id, state, taken?, ends?, total, bytes, failure, detail
update result_set set state = :state, taken = :taken, ends = :ends, total = :total, bytes = :bytes, failure = :failure, detail = :detail
where id = :id;

-- name: result_sets
-- in: state int32
-- out struct result_set list result_sets_kept: @result_set
select {columns} from result_set where :state < 0 or state = :state order by ordered, id;

-- name: result_sets_forget
-- in: before instant
delete from result_set where state >= {=RESULT_CANCELLED} and ends <= :before;

-- name: result_sets_usage
-- in: tenant int32, user int32
-- out: bytes int64, tenant_bytes int64, of_user int64
select coalesce(sum(bytes), 0), coalesce(sum(case when tenant = :tenant then bytes else 0 end), 0),
coalesce(sum(case when tenant = :tenant and user_id = :user then 1 else 0 end), 0) from result_set where state <= {=RESULT_COMPLETED};
