/* Partitions and containers of a connected system: what is selected, and reading them again (connectors §7). */
#include "runs/hierarchy.h"
#include "api/hierarchy_view.h"

#define HIERARCHY_ITEM_TYPES(X) X(ITEM_PARTITION, "Partition") X(ITEM_CONTAINER, "Container")
NAMED_ENUM(hierarchy_item, HIERARCHY_ITEM_TYPES)
NAMED_ENUM_TABLE(hierarchy_item, "HierarchyItemType", HIERARCHY_ITEM_TYPES)

struct hierarchy_item_view {
    text external_id;
    text name;
    bool was_selected;
    enum hierarchy_item item_type;
};
static SHAPE(hierarchy_item_view, "HierarchyChangeItemDto",
             FIELDS(FIELD(hierarchy_item_view, external_id, "externalId"), FIELD(hierarchy_item_view, name, "name"),
                    FIELD(hierarchy_item_view, was_selected, "wasSelected"),
                    FIELD(hierarchy_item_view, item_type, "itemType", .names = &hierarchy_item_names)));
struct hierarchy_items LIST(struct hierarchy_item_view);

struct hierarchy_rename_view {
    text external_id;
    text old_name;
    text new_name;
    enum hierarchy_item item_type;
};
static SHAPE(hierarchy_rename_view, "HierarchyRenameItemDto",
             FIELDS(FIELD(hierarchy_rename_view, external_id, "externalId"), FIELD(hierarchy_rename_view, old_name, "oldName"),
                    FIELD(hierarchy_rename_view, new_name, "newName"),
                    FIELD(hierarchy_rename_view, item_type, "itemType", .names = &hierarchy_item_names)));
struct hierarchy_rename_views LIST(struct hierarchy_rename_view);

struct hierarchy_move_view {
    text external_id;
    text name;
    text old_parent_external_id;
    text new_parent_external_id;
};
static SHAPE(hierarchy_move_view, "HierarchyMoveItemDto",
             FIELDS(FIELD(hierarchy_move_view, external_id, "externalId"), FIELD(hierarchy_move_view, name, "name"),
                    FIELD(hierarchy_move_view, old_parent_external_id, "oldParentExternalId", .nullable = true),
                    FIELD(hierarchy_move_view, new_parent_external_id, "newParentExternalId", .nullable = true)));

struct hierarchy_result {
    bool success;
    text error_message;
    int32_t total_partitions;
    int32_t total_containers;
    text summary;
    bool has_changes;
    bool has_selected_items_removed;
    struct hierarchy_items added_partitions, removed_partitions;
    struct hierarchy_rename_views renamed_partitions;
    struct hierarchy_items added_containers, removed_containers;
    struct hierarchy_rename_views renamed_containers;
    struct hierarchy_move_views LIST(struct hierarchy_move_view) moved_containers;
};
static SHAPE(hierarchy_result, "HierarchyRefreshResultDto",
             FIELDS(FIELD(hierarchy_result, success, "success"),
                    FIELD(hierarchy_result, error_message, "errorMessage", .nullable = true),
                    FIELD(hierarchy_result, total_partitions, "totalPartitions"),
                    FIELD(hierarchy_result, total_containers, "totalContainers"), FIELD(hierarchy_result, summary, "summary"),
                    FIELD(hierarchy_result, has_changes, "hasChanges"),
                    FIELD(hierarchy_result, has_selected_items_removed, "hasSelectedItemsRemoved"),
                    OBJECTS(hierarchy_result, added_partitions, "addedPartitions", hierarchy_item_view),
                    OBJECTS(hierarchy_result, removed_partitions, "removedPartitions", hierarchy_item_view),
                    OBJECTS(hierarchy_result, renamed_partitions, "renamedPartitions", hierarchy_rename_view),
                    OBJECTS(hierarchy_result, added_containers, "addedContainers", hierarchy_item_view),
                    OBJECTS(hierarchy_result, removed_containers, "removedContainers", hierarchy_item_view),
                    OBJECTS(hierarchy_result, renamed_containers, "renamedContainers", hierarchy_rename_view),
                    OBJECTS(hierarchy_result, moved_containers, "movedContainers", hierarchy_move_view)));

struct partition_update {
    int32_t system, partition;
    struct maybe_bool selected;
};
static SHAPE(partition_update, "UpdateConnectedSystemPartitionRequest",
             FIELDS(FIELD(partition_update, system, "connectedSystemId"), FIELD(partition_update, partition, "partitionId"),
                    FIELD(partition_update, selected, "selected")));

struct container_update {
    int32_t system, container;
    struct maybe_bool selected;
    struct maybe_bool excluded;
    struct maybe_enum scope;
};
static SHAPE(container_update, "UpdateConnectedSystemContainerRequest",
             FIELDS(FIELD(container_update, system, "connectedSystemId"), FIELD(container_update, container, "containerId"),
                    FIELD(container_update, selected, "selected"), FIELD(container_update, excluded, "excluded"),
                    FIELD(container_update, scope, "scope", .names = &container_scope_names)));

struct of_system {
    int32_t system;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId")));
struct partition_list {
    struct partition_views LIST(struct partition_view) items;
};
static SHAPE(partition_list, NULL, FIELDS(OBJECTS(partition_list, items, "items", partition_view)), .bare = true);

static FALLIBLE partitions_list(struct call *c, const struct of_system *in, struct partition_list *out) {
    snapshot *config;
    const struct connected_system *s;
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    for (EACH(const struct partition, p, &s->partitions)) partition_view_of(c->a, p, LIST_ADD(c->a, &out->items));
    return NULL;
}
HANDLER(partitions_list, of_system, partition_list)

/* ---- selecting ---- */

static struct change_note note_of(snapshot *config, int32_t system, text what) {
    const struct connected_system *s = config_system(config, system);
    return (struct change_note){.target = TARGET_CONNECTED_SYSTEM,
                                .operation = OPERATION_UPDATE,
                                .name = s->name,
                                .context = what,
                                .system = s->id,
                                .id = s->id};
}

static FALLIBLE partition_change(struct call *c, const struct partition_update *in, struct partition_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct partition *stored;
    snapshot *after;
    TRY(change_begin(c, &x));
    TRY(find_partition(x.before, in->system, in->partition, &stored));
    struct partition p = *stored;
    if (in->selected.given) p.selected = in->selected.value;
    TRY(store_save_partition(x.tx, &p));
    struct change_note note = note_of(x.before, p.system, p.name);
    TRY(change_commit(c, &x, &note, &after));
    TRY(find_partition(after, in->system, in->partition, &stored));
    partition_view_of(c->a, stored, out);
    return NULL;
}
HANDLER(partition_change, partition_update, partition_view)

static FALLIBLE container_change(struct call *c, const struct container_update *in, struct container_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct container *stored;
    snapshot *after;
    TRY(change_begin(c, &x));
    TRY(find_container(x.before, in->system, in->container, &stored));
    struct container k = *stored;
    if (in->selected.given) k.selected = in->selected.value;
    if (in->excluded.given) k.excluded = in->excluded.value;
    if (in->scope.given) k.scope = in->scope.value;
    if (k.selected && k.excluded)
        return FAIL(ERROR_INVALID, "A container cannot be selected and excluded; take the other one back in the same request.");
    TRY(store_save_container(x.tx, &k));
    struct change_note note = note_of(x.before, k.system, k.external_id);
    TRY(change_commit(c, &x, &note, &after));
    TRY(find_container(after, in->system, in->container, &stored));
    container_view_of(c->a, config_partition(config_system(after, k.system), stored->partition), stored, out);
    return NULL;
}
HANDLER(container_change, container_update, container_view)

/* ---- reading again ---- */

static void items_of(arena *a, const struct hierarchy_changes *from, struct hierarchy_items *out) {
    for (EACH(const struct hierarchy_change, h, from))
        *LIST_ADD(a, out) =
            (struct hierarchy_item_view){h->external_id, h->name, h->was_selected, h->partition ? ITEM_PARTITION : ITEM_CONTAINER};
}

static void renames_of(arena *a, const struct hierarchy_renames *from, struct hierarchy_rename_views *out) {
    for (EACH(const struct hierarchy_rename, h, from))
        *LIST_ADD(a, out) =
            (struct hierarchy_rename_view){h->external_id, h->before, h->after, h->partition ? ITEM_PARTITION : ITEM_CONTAINER};
}

static void count_in(arena *a, text *summary, size_t count, const char *what) {
    if (!count) return;
    *summary = arena_print(a, "%.*s%s%zu %s", TEXT_ARG(*summary), summary->len ? ", " : "", count, what);
}

static text summary_of(arena *a, const struct hierarchy_merge *m) {
    text s = T("");
    count_in(a, &s, m->added_partitions.count, "partitions added");
    count_in(a, &s, m->removed_partitions.count, "partitions removed");
    count_in(a, &s, m->renamed_partitions.count, "partitions renamed");
    count_in(a, &s, m->added_containers.count, "containers added");
    count_in(a, &s, m->removed_containers.count, "containers removed");
    count_in(a, &s, m->renamed_containers.count, "containers renamed");
    count_in(a, &s, m->moved_containers.count, "containers moved");
    if (!s.len) s = T("No changes");
    for (EACH(const text, w, &m->warnings)) s = arena_print(a, "%.*s. %.*s", TEXT_ARG(s), TEXT_ARG(*w));
    return s;
}

static void result_of(arena *a, const struct hierarchy_merge *m, struct hierarchy_result *out) {
    *out = (struct hierarchy_result){.success = true,
                                     .total_partitions = (int32_t)m->partitions.count,
                                     .total_containers = (int32_t)m->containers.count,
                                     .summary = summary_of(a, m),
                                     .has_changes = m->changed,
                                     .has_selected_items_removed = m->selected_removed};
    items_of(a, &m->added_partitions, &out->added_partitions);
    items_of(a, &m->removed_partitions, &out->removed_partitions);
    items_of(a, &m->added_containers, &out->added_containers);
    items_of(a, &m->removed_containers, &out->removed_containers);
    renames_of(a, &m->renamed_partitions, &out->renamed_partitions);
    renames_of(a, &m->renamed_containers, &out->renamed_containers);
    for (EACH(const struct hierarchy_move, h, &m->moved_containers))
        *LIST_ADD(a, &out->moved_containers) = (struct hierarchy_move_view){h->external_id, h->name, h->before, h->after};
}

static FALLIBLE hierarchy_import(struct call *c, const struct of_system *in, struct hierarchy_result *out) {
    snapshot *config;
    const struct connected_system *s;
    struct hierarchy_merge m = {0};
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    OWNED(error) failure = system_find_hierarchy(c->services->runs, c->a, s, &m);
    if (failure)
        return FAIL(ERROR_INVALID, "%s", arena_cstring(c->a, text_of(error_chain(failure, arena_bytes(c->a, 2048), 2048))));
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    if (x.before->version != config->version)
        return FAIL(ERROR_INVALID, "The configuration changed while the hierarchy was read; import it again.");
    result_of(c->a, &m, out);
    TRY(system_store_hierarchy(x.tx, &m));
    struct change_note note = note_of(config, s->id, (text){0});
    note.operation = OPERATION_IMPORT_HIERARCHY;
    note.warnings = m.warnings;
    return change_commit(c, &x, &note, NULL);
}
HANDLER(hierarchy_import, of_system, hierarchy_result)

#define SYSTEM "/connected-systems/{connectedSystemId}"
#define UNKNOWN(what) ALSO({404, NULL, "There is no such " what "."})
const struct routes hierarchy_routes = ROUTES(
    "Synchronisation", "/api/v1/synchronisation",
    ROUTE(GET, SYSTEM "/partitions", partitions_list, "Lists the partitions of a connected system with their containers.",
          .operation = "GetConnectedSystemPartitions", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN("connected system")),
    ROUTE(PUT, SYSTEM "/partitions/{partitionId}", partition_change, "Selects or deselects a partition.",
          .operation = "UpdateConnectedSystemPartition", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN("partition")),
    ROUTE(PUT, SYSTEM "/containers/{containerId}", container_change, "Selects or excludes a container, and says how deep.",
          .operation = "UpdateConnectedSystemContainer", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN("container")),
    ROUTE(POST, SYSTEM "/import-hierarchy", hierarchy_import, "Reads partitions and containers from the system and stores them.",
          .operation = "ImportConnectedSystemHierarchy", .role = ROLE_ADMINISTRATOR,
          .also = ALSO({400, NULL, "The system could not be read."}, {404, NULL, "There is no such connected system."})));
