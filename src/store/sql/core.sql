-- Meta data, counters and tallies.

-- name: meta_get
-- in: name text
-- out: value text
select value from meta where name = :name;

-- name: meta_put
-- in: name text, value text
insert into meta ({columns}) values ({values}) on conflict (name) do update set value = excluded.value;

-- Gives the numbers from the one before `next` on: the new end of the sequence.
-- name: counter_take
-- in: name text, count int64
-- out: next int64
insert into counter (name, next) values (:name, 1 + :count)
on conflict (name) do update set next = counter.next + :count returning next;

-- name: tally_add
-- in: kind int32, id int64, objects int64
insert into tally ({columns}) values ({values}) on conflict (kind, id) do update set objects = tally.objects + excluded.objects;

-- name: tally_get
-- in: kind int32, id int64
-- out: objects int64
select objects from tally where kind = :kind and id = :id;

-- name: tally_sum
-- in: kind int32
-- out: objects int64
select cast(coalesce(sum(objects), 0) as {int}) from tally where kind = :kind;

-- name: migrations
-- out: number int32, name text, checksum text
select number, name, checksum from migration order by number;

-- name: migration_add
-- in: number int32, name text, checksum text, applied instant
insert into migration ({columns}) values ({values});
