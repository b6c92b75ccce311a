-- The history of the configuration.

-- set: change: activity, kind, object, version?, at, operation, initiator.type=initiator_type, initiator.id=initiator_id,
--   initiator.name=initiator_name, reason, class=class, name, snapshot

-- name: configuration_change_add
-- in struct configuration_change: @change
insert into configuration_change ({columns}) values ({values});

-- name: configuration_change_newest
-- in: kind int32, object text
-- out: version int32
select coalesce(max(version), 0) from configuration_change where kind = :kind and object = :object;

-- name: configuration_changes
-- in: kind int32, object text, limit int64, offset int64
-- out struct configuration_change list configuration_changes: @change
select {columns} from configuration_change where kind = :kind and object = :object and version is not null
order by version desc limit :limit offset :offset;

-- name: configuration_changes_count
-- in: kind int32, object text
-- out: number int64
select count(*) from configuration_change where kind = :kind and object = :object and version is not null;

-- name: configuration_change_version
-- in: kind int32, object text, version int32
-- out struct configuration_change list configuration_changes: @change
select {columns} from configuration_change where kind = :kind and object = :object and version = :version;

-- name: configuration_change_of
-- in: activity int64
-- out struct configuration_change list configuration_changes: @change
select {columns} from configuration_change where activity = :activity;
