-- The first form of the database.

create table meta (
    name text {c} primary key,
    value text {c} not null
) {strict};

-- The next free number of each sequence.
create table counter (
    name text {c} primary key,
    next {int} not null
) {strict};

-- How many there are, so that nobody counts a million rows: kind 1 metaverse objects by type, 2 connected objects, 3 pending exports and 4
-- rows of history by system.
create table tally (
    kind {int} not null,
    id {int} not null,
    objects {int} not null,
    primary key (kind, id)
) {clustered};

-- Names that are unique without regard to case: of a kind of thing, within its owner.
create table config_name (
    kind text {c} not null,
    owner {int} not null,
    key text {c} not null,
    id {int} not null,
    primary key (kind, owner, key)
) {clustered};
create index config_name_id on config_name (kind, id);

-- ---- Metaverse schema ----
create table mv_attribute (
    id {int} primary key,
    name text {c} not null,
    type {int} not null,
    plurality {int} not null,
    rendering {int} not null,
    built_in {int} not null,
    indexed {int} not null,
    created {int} not null
) {strict};

create table mv_type (
    id {int} primary key,
    name text {c} not null,
    plural text {c} not null,
    icon text {c},
    built_in {int} not null,
    created {int} not null,
    deletion_rule {int} not null,
    grace {int} not null,
    trigger_mode {int} not null
) {strict};

create table mv_binding (
    attribute {int} not null references mv_attribute (id),
    type {int} not null references mv_type (id),
    primary key (attribute, type)
) {clustered};

create table mv_type_trigger (
    type {int} not null references mv_type (id),
    system {int} not null,
    primary key (type, system)
) {clustered};

-- ---- Connected systems ----
create table connected_system (
    id {int} primary key,
    definition {int} not null,
    name text {c} not null,
    description text {c},
    status {int} not null,
    matching_mode {int} not null,
    unresolved {int} not null,
    max_export_parallelism {int} not null,
    initial_password_ttl {int} not null,
    require_secure_transport {int} not null,
    settings_valid {int} not null,
    created {int} not null,
    updated {int} not null
) {strict};

create table system_setting (
    system {int} not null references connected_system (id),
    setting {int} not null,
    value text {c},
    primary key (system, setting)
) {clustered};

-- What runs remember.
create table system_state (
    system {int} primary key,
    last_sync {int},
    configuration_applied {int},
    persisted text {c}
) {strict};

create table cs_type (
    id {int} primary key,
    system {int} not null references connected_system (id),
    name text {c} not null,
    selected {int} not null,
    remove_contributed {int} not null,
    internal {int} not null,
    not_reported {int} not null,
    created {int} not null
) {strict};

create table cs_attribute (
    id {int} primary key,
    type_id {int} not null references cs_type (id),
    name text {c} not null,
    description text {c},
    class_name text {c},
    type {int} not null,
    plurality {int} not null,
    writability {int} not null,
    type_set_by_administrator {int} not null,
    selected {int} not null,
    external_id {int} not null,
    secondary_external_id {int} not null,
    selection_locked {int} not null,
    required {int} not null,
    not_reported {int} not null,
    references_type {int} not null,
    indexed {int} not null,
    created {int} not null
) {strict};
create index cs_attribute_type on cs_attribute (type_id);

create table hierarchy_partition (
    id {int} primary key,
    system {int} not null references connected_system (id),
    external_id text {c} not null,
    name text {c} not null,
    selected {int} not null,
    created {int} not null
) {strict};

-- parent 0: directly in the partition; objects -1: not counted.
create table hierarchy_container (
    id {int} primary key,
    system {int} not null references connected_system (id),
    partition {int} not null references hierarchy_partition (id),
    parent {int} not null,
    external_id text {c} not null,
    stable_id text {c},
    name text {c} not null,
    description text {c},
    hidden {int} not null,
    selected {int} not null,
    excluded {int} not null,
    missing {int} not null,
    scope {int} not null,
    objects {int} not null,
    created {int} not null
) {strict};

create table matching_rule (
    id {int} primary key,
    position {int} not null,
    cs_type {int} not null,
    sync_rule {int} not null,
    mv_type {int} not null,
    mv_attribute {int} not null,
    cs_attribute {int} not null,
    case_sensitive {int} not null,
    created {int} not null
) {strict};

create table run_profile (
    id {int} primary key,
    system {int} not null references connected_system (id),
    name text {c} not null,
    file_path text {c},
    type {int} not null,
    page_size {int} not null,
    partition {int} not null,
    verify_hashes {int} not null,
    created {int} not null
) {strict};

-- ---- Synchronisation rules ----
create table sync_rule (
    id {int} primary key,
    system {int} not null references connected_system (id),
    cs_type {int} not null references cs_type (id),
    mv_type {int} not null references mv_type (id),
    name text {c} not null,
    description text {c},
    disabled_reason text {c},
    direction {int} not null,
    project {int} not null,
    provision {int} not null,
    enabled {int} not null,
    enforce_state {int} not null,
    out_of_scope {int} not null,
    deprovision {int} not null,
    created {int} not null,
    updated {int} not null
) {strict};

create table mapping (
    id {int} primary key,
    rule {int} not null references sync_rule (id),
    mv_target {int} not null,
    cs_target {int} not null,
    source_type {int} not null,
    priority {int} not null,
    null_is_value {int} not null,
    initial_export_only {int} not null,
    enabled {int} not null,
    processing {int} not null,
    case_normalisation {int} not null,
    disabled_reason text {c},
    created {int} not null
) {strict};
create index mapping_rule on mapping (rule);

create table mapping_source (
    id {int} primary key,
    mapping {int} not null references mapping (id),
    position {int} not null,
    cs_attribute {int} not null,
    mv_attribute {int} not null,
    expression text {c},
    missing {int} not null
) {strict};
create index mapping_source_mapping on mapping_source (mapping);

create table scope_group (
    id {int} primary key,
    rule {int} not null references sync_rule (id),
    parent {int} not null,
    type {int} not null,
    position {int} not null
) {strict};
create index scope_group_rule on scope_group (rule);

create table scope_criterion (
    id {int} primary key,
    group_id {int} not null references scope_group (id),
    attribute {int} not null,
    comparison {int} not null,
    has_value {int} not null,
    type {int} not null,
    value text {c},
    case_sensitive {int} not null,
    mode {int} not null,
    relative_count {int} not null,
    unit {int} not null,
    direction {int} not null
) {strict};
create index scope_criterion_group on scope_criterion (group_id);

-- Where values of deleted mappings came from.
create table retired_mapping (
    mapping {int} primary key,
    system {int} not null,
    rule {int} not null,
    rule_name text {c} not null,
    system_name text {c} not null
) {strict};

create table service_setting (
    key text {c} primary key,
    value text {c} not null
) {strict};

-- ---- Connector space ----
-- The head: all that a run asks before it reads values. key: the folded external id; external_id is null when it equals the key, and so is
-- secondary_id; name_key: the folded display name. flags: 1 scope review, 2 synchronisation failed.
create table cso (
    id {int} primary key,
    system {int} not null,
    type {int} not null,
    partition {int},
    status {int} not null,
    join_type {int} not null,
    mvo {int},
    created {int} not null,
    updated {int},
    joined {int},
    scope_review {int} not null,
    sync_failed {int} not null,
    import_hash {bytes},
    key text {c},
    external_id text {c},
    secondary_key text {c},
    secondary_id text {c},
    name_key text {c}
) {strict};
create unique index cso_key on cso (system, key, type) where key is not null;
create index cso_secondary on cso (system, secondary_key) where secondary_key is not null;
create unique index cso_mvo on cso (mvo, system) where mvo is not null;

create table cso_doc (
    id {int} primary key,
    doc text {c} not null
) {strict};

create table cs_ix (
    attribute {int} not null,
    key text {c} not null,
    cso {int} not null,
    primary key (attribute, key, cso)
) {clustered};

-- Every reference of the connector space by the folded text that it names.
create table cs_ref (
    system {int} not null,
    key text {c} not null,
    attribute {int} not null,
    cso {int} not null,
    primary key (system, key, attribute, cso)
) {clustered};

-- Values of references with more than a thousand of them; pos: the order of insertion.
create table cs_member (
    cso {int} not null,
    attribute {int} not null,
    raw text {c} not null,
    pos {int} not null,
    primary key (cso, attribute, raw)
) {clustered};

-- ---- Metaverse ----
-- marked: when the last connector left; deletion: the rest of the deletion marker.
create table mvo (
    id {int} primary key,
    type {int} not null,
    status {int} not null,
    origin {int} not null,
    created {int} not null,
    updated {int},
    marked {int},
    deletion text {c},
    scope_review {int} not null,
    version {int} not null,
    doc text {c} not null
) {strict};
create index mvo_marked on mvo (id) where marked is not null;
create index mvo_scope_review on mvo (id) where scope_review = 1;

create table mv_ix (
    attribute {int} not null,
    type {int} not null,
    key text {c} not null,
    mvo {int} not null,
    primary key (attribute, type, key, mvo)
) {clustered};

create table mv_ref (
    target {int} not null,
    attribute {int} not null,
    mvo {int} not null,
    primary key (target, attribute, mvo)
) {clustered};

create table mv_member (
    mvo {int} not null,
    attribute {int} not null,
    target {int} not null,
    pos {int} not null,
    primary key (mvo, attribute, target)
) {clustered};

-- ---- Large values ----
create table blob (
    hash {bytes} primary key,
    content {bytes} not null
) {strict};

-- Which object uses it: kind 1 connector space, 2 metaverse.
create table blob_use (
    kind {int} not null,
    object {int} not null,
    hash {bytes} not null,
    primary key (kind, object, hash)
) {clustered};
create index blob_use_hash on blob_use (hash);

-- ---- Pending exports ----
create table pending (
    id {int} primary key,
    system {int} not null,
    cso {int} not null,
    mvo {int},
    rule {int},
    change {int} not null,
    status {int} not null,
    created {int} not null,
    attempted {int},
    next_retry {int},
    errors {int} not null,
    max_retries {int} not null,
    last_error text {c},
    unresolved {int} not null,
    queued_by {int},
    exported_by {int},
    ever_exported {int} not null,
    due {int} not null,
    awaiting {int} not null,
    doc text {c} not null
) {strict};
create unique index pending_cso on pending (cso);
create index pending_order on pending (system, created, id);

-- ---- History ----
-- outcomes: bits of the outcome filter; search and initiator_key: folded names.
create table activity (
    id {int} primary key,
    parent {int},
    created {int} not null,
    executed {int},
    ended {int},
    status {int} not null,
    target {int} not null,
    operation {int} not null,
    target_name text {c},
    target_context text {c},
    message text {c},
    initiator_type {int} not null,
    initiator_id text {c},
    initiator_name text {c},
    to_process {int} not null,
    processed {int} not null,
    system {int},
    run_profile {int},
    rule {int},
    mvo {int},
    run_type {int} not null,
    warning_message text {c},
    error_message text {c},
    error_detail text {c},
    change_reason text {c},
    counters text {c},
    phases text {c},
    discarded text {c},
    outcomes {int} not null,
    search text {c},
    initiator_key text {c},
    preview {int}
) {strict};
create index activity_parent on activity (parent) where parent is not null;

create table item (
    activity {int} not null,
    id {int} not null,
    change {int} not null,
    no_change {int},
    cso {int},
    pending_export {int},
    external_id text {c},
    display_name text {c},
    object_type text {c},
    error {int},
    error_message text {c},
    attribute_flows {int},
    outcomes {int},
    doc text {c},
    cause {int},
    causes text {c},
    primary key (activity, id)
) {clustered};
-- What an item has led to, without reading documents; cause: the item that its first cause names.
create index item_cause on item (cause) where cause is not null;

-- What changed on objects, in the order of time: a row for each object and write. doc: what went and what came; null: the object was made,
-- with what it has now less what later rows tell. owner: the connected system, or the metaverse type.
create table cso_history (
    id {int} primary key,
    object {int} not null,
    owner {int} not null,
    activity {int},
    item {int},
    at {int} not null,
    change {int} not null,
    doc text {c}
) {strict};
create index cso_history_object on cso_history (object);

create table mvo_history (
    id {int} primary key,
    object {int} not null,
    owner {int} not null,
    activity {int},
    item {int},
    at {int} not null,
    change {int} not null,
    doc text {c}
) {strict};
create index mvo_history_object on mvo_history (object);

-- What deleted objects were called; kind as in blob_use, id that of the row of history.
create table tombstone (
    kind {int} not null,
    id {int} not null,
    object {int} not null,
    owner {int} not null,
    at {int} not null,
    activity {int},
    name text {c},
    name_key text {c},
    external_id text {c},
    external_key text {c},
    type_name text {c},
    primary key (kind, id)
) {clustered};
create index tombstone_object on tombstone (object, kind);

-- What attributes that are gone were called; kind as in blob_use.
create table retired_attribute (
    kind {int} not null,
    id {int} not null,
    name text {c} not null,
    plurality {int} not null,
    primary key (kind, id)
) {clustered};

create table task (
    id {int} primary key,
    type {int} not null,
    status {int} not null,
    queued {int} not null,
    heartbeat {int},
    initiator_type {int} not null,
    initiator_id text {c},
    initiator_name text {c},
    activity {int},
    system {int},
    run_profile {int},
    interruptions {int} not null,
    name text {c},
    parameters text {c}
) {strict};

-- Previews of changes of the configuration, by the id of their activity; rows are shown once the preview is complete.
create table change_preview (
    activity {int} primary key,
    surface {int} not null,
    target {int} not null,
    proposal text {c} not null,
    persistence {int} not null,
    dispatched {int} not null,
    complete {int} not null,
    baseline {int} not null,
    estimated_objects {int} not null,
    estimated_rows {int} not null,
    document text {c}
) {strict};

create table change_preview_row (
    preview {int} not null,
    part {int} not null,
    number {int} not null,
    transition {int} not null,
    mvo {int},
    cso {int},
    system {int},
    display_name text {c},
    object_type text {c},
    attribute text {c},
    old_value text {c},
    new_value text {c},
    pattern {int} not null,
    search text {c},
    primary key (preview, part, number)
) {clustered};

-- ---- Callers ----
create table api_key (
    id {int} primary key,
    name text {c} not null,
    description text {c},
    prefix text {c} not null,
    hash {bytes} not null unique,
    created {int} not null,
    expires {int},
    last_used {int},
    last_used_from text {c},
    enabled {int} not null,
    infrastructure {int} not null
) {strict};

create table role (
    id {int} primary key,
    name text {c} not null,
    built_in {int} not null,
    created {int} not null
) {strict};

create table api_key_role (
    key {int} not null references api_key (id),
    role {int} not null references role (id),
    primary key (key, role)
) {clustered};
