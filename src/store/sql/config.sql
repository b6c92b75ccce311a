-- The configuration: everything that a snapshot holds, and the statements that change it.

-- name: name_release
-- in: kind text, id int64
delete from config_name where kind = :kind and id = :id;

-- name: name_claim
-- in: kind text, owner int64, key text, id int64
insert into config_name ({columns}) values ({values});

-- ---- Metaverse schema ----

-- name: mv_attributes
-- out struct mv_attribute list mv_attributes: id, name, type, plurality, rendering, built_in, indexed, created, standards, indexed_to
select {columns} from mv_attribute order by id;

-- name: mv_attribute_save
-- in struct mv_attribute: id, name, type, plurality, rendering, built_in, indexed, created, standards
insert into mv_attribute ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: mv_attribute_retire
-- in: id int32
insert into retired_attribute (kind, id, name, plurality) select 2, id, name, plurality from mv_attribute where id = :id;

-- name: mv_attribute_delete
-- in: id int32
delete from mv_attribute where id = :id;

-- name: mv_attribute_indexed_to
-- in: id int32, indexed_to int64
update mv_attribute set indexed_to = :indexed_to where id = :id;

-- name: mv_attribute_indexed
-- in: id int32
-- out: indexed bool
select indexed from mv_attribute where id = :id;

-- name: mv_types
-- out struct mv_type list mv_types: id, name, plural, icon, built_in, created, deletion_rule, grace, trigger_mode
select {columns} from mv_type order by id;

-- name: mv_type_save
-- in struct mv_type: id, name, plural, icon, built_in, created, deletion_rule, grace, trigger_mode
insert into mv_type ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: mv_type_delete
-- in: id int32
delete from mv_type where id = :id;

-- name: mv_bindings
-- out struct pair_row list pair_rows: owner=attribute, member=type
select {columns} from mv_binding order by attribute, type;

-- name: mv_binding_add
-- in struct pair_row: owner=attribute, member=type
insert into mv_binding ({columns}) values ({values}) on conflict (attribute, type) do nothing;

-- name: mv_bindings_of_attribute_delete
-- in: attribute int32
delete from mv_binding where attribute = :attribute;

-- name: mv_bindings_of_type_delete
-- in: type int32
delete from mv_binding where type = :type;

-- name: mv_triggers
-- out struct pair_row list pair_rows: owner=type, member=system
select {columns} from mv_type_trigger order by type, system;

-- name: mv_trigger_add
-- in struct pair_row: owner=type, member=system
insert into mv_type_trigger ({columns}) values ({values}) on conflict (type, system) do nothing;

-- name: mv_triggers_of_type_delete
-- in: type int32
delete from mv_type_trigger where type = :type;

-- name: mv_triggers_of_system_delete
-- in: system int32
delete from mv_type_trigger where system = :system;

-- ---- Connected systems ----

-- name: systems
-- out struct connected_system list connected_systems: id, definition, name, description, status, matching_mode, unresolved,
--   max_export_parallelism, initial_password_ttl, require_secure_transport, settings_valid, created, updated, tenant
select {columns} from connected_system order by id;

-- name: system_save
-- in struct connected_system: id, definition, name, description, status, matching_mode, unresolved, max_export_parallelism,
--   initial_password_ttl, require_secure_transport, settings_valid, created, updated, tenant
insert into connected_system ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: system_delete
-- in: id int32
delete from connected_system where id = :id;

-- name: system_settings
-- out struct setting_value_row list setting_value_rows: system, v.setting, v.value
select {columns} from system_setting order by system, setting;

-- name: system_setting_add
-- in struct setting_value_row: system, v.setting, v.value
insert into system_setting ({columns}) values ({values});

-- name: system_settings_delete
-- in: system int32
delete from system_setting where system = :system;

-- name: system_safety
-- out struct system_safety_row list system_safety_rows: system, number, value
select {columns} from system_safety order by system, number;

-- name: system_safety_add
-- in struct system_safety_row: system, number, value
insert into system_safety ({columns}) values ({values});

-- name: system_safety_delete
-- in: system int32
delete from system_safety where system = :system;

-- name: system_state
-- in: system int32
-- out struct system_state: last_sync, configuration_applied, persisted
select {columns} from system_state where system = :system;

-- name: system_state_newest
-- out: applied instant?
select max(configuration_applied) from system_state;

-- name: system_state_save
-- in: system int32, last_sync instant?, configuration_applied instant?, persisted text
insert into system_state ({columns}) values ({values}) on conflict (system) do update set {excluded};

-- name: system_state_delete
-- in: system int32
delete from system_state where system = :system;

-- name: cs_types
-- out struct cs_type list cs_types: id, system, name, selected, remove_contributed, internal, not_reported, created
select {columns} from cs_type order by system, id;

-- name: cs_type_save
-- in struct cs_type: id, system, name, selected, remove_contributed, internal, not_reported, created
insert into cs_type ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: cs_type_delete
-- in: id int32
delete from cs_type where id = :id;

-- name: cs_attributes
-- out struct cs_attribute list cs_attributes: id, type_id, name, description, class_name, type, plurality, writability,
--   type_set_by_administrator, selected, external_id, secondary_external_id, selection_locked, required, not_reported, references_type,
--   indexed, created, indexed_to
select {columns} from cs_attribute order by type_id, id;

-- name: cs_attributes_of_type
-- in: type_id int32
-- out struct cs_attribute list cs_attributes: id, type_id, name, description, class_name, type, plurality, writability,
--   type_set_by_administrator, selected, external_id, secondary_external_id, selection_locked, required, not_reported, references_type,
--   indexed, created, indexed_to
select {columns} from cs_attribute where type_id = :type_id order by id;

-- name: cs_attribute_save
-- in struct cs_attribute: id, type_id, name, description, class_name, type, plurality, writability, type_set_by_administrator, selected,
--   external_id, secondary_external_id, selection_locked, required, not_reported, references_type, indexed, created
insert into cs_attribute ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: cs_attribute_retire
-- in: id int32
insert into retired_attribute (kind, id, name, plurality) select 1, id, name, plurality from cs_attribute where id = :id;

-- name: cs_attribute_delete
-- in: id int32
delete from cs_attribute where id = :id;

-- name: cs_attribute_indexed_to
-- in: id int32, indexed_to int64
update cs_attribute set indexed_to = :indexed_to where id = :id;

-- name: cs_attribute_indexed
-- in: id int32
-- out: indexed bool
select indexed from cs_attribute where id = :id;

-- name: partitions
-- out struct partition list partitions: id, system, external_id, name, selected, created
select {columns} from hierarchy_partition order by system, id;

-- name: partition_save
-- in struct partition: id, system, external_id, name, selected, created
insert into hierarchy_partition ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: partition_delete
-- in: id int32
delete from hierarchy_partition where id = :id;

-- name: partitions_of_system_delete
-- in: system int32
delete from hierarchy_partition where system = :system;

-- name: containers
-- out struct container list containers: id, system, partition, parent, external_id, stable_id, name, description, hidden, selected, excluded,
--   missing, scope, objects, created
select {columns} from hierarchy_container order by partition, id;

-- name: container_save
-- in struct container: id, system, partition, parent, external_id, stable_id, name, description, hidden, selected, excluded, missing, scope,
--   objects, created
insert into hierarchy_container ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: container_delete
-- in: id int32
delete from hierarchy_container where id = :id;

-- name: containers_of_system_delete
-- in: system int32
delete from hierarchy_container where system = :system;

-- name: matching_rules
-- out struct matching_rule list matching_rules: id, order=position, cs_type, sync_rule, mv_type, mv_attribute, cs_attribute, case_sensitive,
--   created
select {columns} from matching_rule order by id;

-- name: matching_rule_save
-- in struct matching_rule: id, order=position, cs_type, sync_rule, mv_type, mv_attribute, cs_attribute, case_sensitive, created
insert into matching_rule ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: matching_rule_delete
-- in: id int32
delete from matching_rule where id = :id;

-- name: matching_rules_of_sync_rule_delete
-- in: sync_rule int32
delete from matching_rule where sync_rule = :sync_rule;

-- name: matching_rules_of_type_delete
-- in: cs_type int32
delete from matching_rule where cs_type = :cs_type;

-- name: run_profiles
-- out struct run_profile list run_profiles: id, system, name, file_path, type, page_size, partition, verify_hashes, created
select {columns} from run_profile order by system, id;

-- name: run_profile_save
-- in struct run_profile: id, system, name, file_path, type, page_size, partition, verify_hashes, created
insert into run_profile ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: run_profile_delete
-- in: id int32
delete from run_profile where id = :id;

-- ---- Synchronisation rules ----

-- name: sync_rules
-- out struct sync_rule list sync_rules: id, system, cs_type, mv_type, name, description, disabled_reason, direction, project, provision,
--   enabled, enforce_state, out_of_scope, deprovision, created, updated
select {columns} from sync_rule order by id;

-- name: sync_rule_save
-- in struct sync_rule: id, system, cs_type, mv_type, name, description, disabled_reason, direction, project, provision, enabled,
--   enforce_state, out_of_scope, deprovision, created, updated
insert into sync_rule ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: sync_rule_delete
-- in: id int32
delete from sync_rule where id = :id;

-- name: mappings
-- out struct mapping_row list mapping_rows: m.id, m.rule, m.mv_target, m.cs_target, m.source_type, m.priority, m.null_is_value,
--   m.initial_export_only, m.enabled, processing, m.case_normalisation, m.disabled_reason, m.created
select {columns} from mapping order by rule, id;

-- name: mapping_save
-- in struct mapping_row: m.id, m.rule, m.mv_target, m.cs_target, m.source_type, m.priority, m.null_is_value, m.initial_export_only,
--   m.enabled, processing, m.case_normalisation, m.disabled_reason, m.created
insert into mapping ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: mapping_delete
-- in: id int32
delete from mapping where id = :id;

-- name: mapping_sources
-- out struct mapping_source_row list mapping_source_rows: mapping, s.id, s.order=position, s.cs_attribute, s.mv_attribute, s.expression,
--   s.missing
select {columns} from mapping_source order by mapping, id;

-- name: mapping_source_add
-- in struct mapping_source_row: mapping, s.id, s.order=position, s.cs_attribute, s.mv_attribute, s.expression, s.missing
insert into mapping_source ({columns}) values ({values});

-- name: mapping_sources_delete
-- in: mapping int32
delete from mapping_source where mapping = :mapping;

-- name: scope_groups
-- out struct scope_group list scope_groups: id, rule, parent, type, position
select {columns} from scope_group order by rule, id;

-- name: scope_group_save
-- in struct scope_group: id, rule, parent, type, position
insert into scope_group ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: scope_group_delete
-- in: id int32
delete from scope_group where id = :id;

-- name: scope_group_children
-- in: parent int32
-- out: id int32
select id from scope_group where parent = :parent order by id;

-- name: scope_groups_of_rule
-- in: rule int32
-- out: id int32
select id from scope_group where rule = :rule order by id;

-- name: scope_criteria
-- out struct scope_criterion_row list scope_criterion_rows: k.id, k.group=group_id, k.attribute, k.comparison, k.has_value, type, value,
--   k.case_sensitive, k.mode, k.relative_count, k.unit, k.direction
select {columns} from scope_criterion order by group_id, id;

-- name: scope_criterion_save
-- in struct scope_criterion_row: k.id, k.group=group_id, k.attribute, k.comparison, k.has_value, type, value, k.case_sensitive, k.mode,
--   k.relative_count, k.unit, k.direction
insert into scope_criterion ({columns}) values ({values}) on conflict (id) do update set {excluded};

-- name: scope_criterion_delete
-- in: id int32
delete from scope_criterion where id = :id;

-- name: scope_criteria_of_group_delete
-- in: group_id int32
delete from scope_criterion where group_id = :group_id;

-- name: retired_mappings
-- out struct retired_mapping list retired_mappings: mapping, system, rule, rule_name, system_name
select {columns} from retired_mapping order by mapping;

-- name: mapping_retire
-- in: id int32
insert into retired_mapping (mapping, system, rule, rule_name, system_name)
select m.id, r.system, r.id, r.name, s.name from mapping m join sync_rule r on r.id = m.rule join connected_system s on s.id = r.system
where m.id = :id and r.direction = {=DIRECTION_IMPORT} on conflict (mapping) do nothing;

-- name: mappings_of_rule
-- in: rule int32
-- out: id int32
select id from mapping where rule = :rule order by id;

-- name: rules_of_system
-- in: system int32
-- out: id int32
select id from sync_rule where system = :system order by id;

-- name: rules_of_cs_type
-- in: cs_type int32
-- out: id int32
select id from sync_rule where cs_type = :cs_type order by id;

-- name: types_of_system
-- in: system int32
-- out: id int32
select id from cs_type where system = :system order by id;

-- name: run_profiles_of_system
-- in: system int32
-- out: id int32
select id from run_profile where system = :system order by id;

-- name: service_settings
-- out struct service_setting_row list service_setting_rows: key, value
select {columns} from service_setting order by key;

-- name: service_setting_save
-- in: key text, value text
insert into service_setting ({columns}) values ({values}) on conflict (key) do update set {excluded};

-- name: service_setting_delete
-- in: key text
delete from service_setting where key = :key;
