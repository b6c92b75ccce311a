-- What only people ask: counts, and objects that wait for their deletion.

-- name: mv_first_member
-- in: mvo int64, attribute int32
-- out: target int64
select target from mv_member where mvo = :mvo and attribute = :attribute order by pos limit 1;

-- name: mv_attribute_type_uses
-- in: member text
-- out struct type_count list type_counts: type, objects=count(*)
select {columns} from mvo where {instr}(doc, :member) > 0 group by type order by type;

-- Deletion rules that changed to Manual meanwhile hold nothing back any more (sync-engine section 2.2).
-- fragment: is_marked
m.marked is not null and m.origin = {=ORIGIN_PROJECTED} and t.deletion_rule <> {=DELETE_MANUAL} and (:type = 0 or m.type = :type);

-- name: marked_list
-- in: type int32, limit int64, offset int64
-- out: id int64
select m.id from mvo m join mv_type t on t.id = m.type where {is_marked} order by m.marked, m.id limit :limit offset :offset;

-- name: marked_counts
-- in: type int32, now instant
-- out struct marked_counts: total=count(*), connected=count(x.connected), ready=count(x.ready)
select {columns} from (
  select case when exists (select 1 from cso c where c.mvo = m.id) then 1 end as connected,
    case when m.marked + t.grace <= :now and not exists (select 1 from cso c where c.mvo = m.id) then 1 end as ready
  from mvo m join mv_type t on t.id = m.type where {is_marked}) x;

-- name: removal_counts
-- in: system int32
-- out struct removal_counts: joined=count(*), shared=count(x.shared), ruled=count(x.ruled), graced=count(x.graced),
--   activities=(select count(*) from activity k where k.system = :system)
select {columns} from (
  select case when exists (select 1 from cso o where o.mvo = c.mvo and o.system <> :system) then 1 end as shared,
    case when m.origin = {=ORIGIN_PROJECTED} and t.deletion_rule <> {=DELETE_MANUAL} then 1 end as ruled,
    case when m.origin = {=ORIGIN_PROJECTED} and t.deletion_rule <> {=DELETE_MANUAL} and t.grace > 0 then 1 end as graced
  from cso c join mvo m on m.id = c.mvo join mv_type t on t.id = m.type where c.system = :system) x;
