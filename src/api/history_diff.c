/* What differs between two snapshots: a tree of changes, its summary, and its class. */
#include "api/history.h"

#include "api/system_view.h"
#include "base/log.h"

NAMED_ENUM_TABLE(diff_change, "ConfigurationDiffChangeType", DIFF_CHANGES)

typedef struct configuration_snapshot_node node;

static const struct shape configuration_diff_node_shape;
static SHAPE(configuration_diff_node, "ConfigurationDiffNode",
             FIELDS(FIELD(configuration_diff_node, key, "key"), FIELD(configuration_diff_node, label, "label", .nullable = true),
                    FIELD(configuration_diff_node, node_type, "nodeType", .names = &snapshot_node_type_names),
                    FIELD(configuration_diff_node, change_type, "changeType", .names = &diff_change_names),
                    FIELD(configuration_diff_node, old_value, "oldValue", .nullable = true),
                    FIELD(configuration_diff_node, new_value, "newValue", .nullable = true),
                    FIELD(configuration_diff_node, old_display_value, "oldDisplayValue", .nullable = true),
                    FIELD(configuration_diff_node, new_display_value, "newDisplayValue", .nullable = true),
                    FIELD(configuration_diff_node, is_secret, "isSecret"), FIELD(configuration_diff_node, item_id, "itemId"),
                    FIELD(configuration_diff_node, item_guid_id, "itemGuidId", .nullable = true),
                    OBJECTS(configuration_diff_node, children, "children", configuration_diff_node, .nullable = true)));

SHAPE(configuration_diff, "ConfigurationDiff",
      FIELDS(FIELD(configuration_diff, object_type, "objectType"), FIELD(configuration_diff, object_id, "objectId"),
             FIELD(configuration_diff, object_guid_id, "objectGuidId", .nullable = true),
             FIELD(configuration_diff, object_name, "objectName", .nullable = true),
             FIELD(configuration_diff, old_version, "oldVersion"), FIELD(configuration_diff, new_version, "newVersion"),
             OBJECT(configuration_diff, root, "root", configuration_diff_node),
             FIELD(configuration_diff, added_count, "addedCount"), FIELD(configuration_diff, removed_count, "removedCount"),
             FIELD(configuration_diff, modified_count, "modifiedCount"), FIELD(configuration_diff, has_changes, "hasChanges")));

/* ---- the tree ---- */

struct differ {
    arena *a;
    struct configuration_diff *out;
    bool whole;
};

static bool same_item(const node *a, const node *b) {
    if (a->item_id.given || b->item_id.given) return a->item_id.given && b->item_id.given && a->item_id.value == b->item_id.value;
    if (!uuid_is_zero(a->item_guid_id) || !uuid_is_zero(b->item_guid_id)) return uuid_equal(a->item_guid_id, b->item_guid_id);
    return text_equal(a->key, b->key);
}

/* Members stand mostly in the same order: the look begins where the last one was found. */
static const node *find_item(const struct configuration_snapshot_nodes *list, const node *wanted, size_t *at) {
    for (size_t i = 0; i < list->count; i++) {
        size_t place = (*at + i) % list->count;
        if (!same_item(&list->at[place], wanted)) continue;
        *at = place + 1;
        return &list->at[place];
    }
    return NULL;
}

static void head_of(const node *before, const node *after, struct configuration_diff_node *out) {
    const node *some = after ? after : before;
    *out = (struct configuration_diff_node){.key = some->key,
                                            .label = some->label,
                                            .node_type = some->node_type,
                                            .is_secret = some->is_secret,
                                            .item_id = some->item_id,
                                            .item_guid_id = some->item_guid_id};
    if (some->is_secret) return;
    if (before) out->old_value = before->value, out->old_display_value = before->display_value;
    if (after) out->new_value = after->value, out->new_display_value = after->display_value;
}

static void one_sided(struct differ *d, const node *from, bool added, struct configuration_diff_node *out) {
    head_of(added ? NULL : from, added ? from : NULL, out);
    out->change_type = added ? DIFF_ADDED : DIFF_REMOVED;
    for (EACH(node, child, &from->children)) one_sided(d, child, added, LIST_ADD(d->a, &out->children));
}

static void compare(struct differ *d, const node *before, const node *after, struct configuration_diff_node *out);

static void add_one_sided(struct differ *d, const node *from, bool added, struct configuration_diff_node *parent) {
    one_sided(d, from, added, LIST_ADD(d->a, &parent->children));
    ++*(added ? &d->out->added_count : &d->out->removed_count);
    parent->change_type = DIFF_MODIFIED;
}

static void compare_children(struct differ *d, const node *before, const node *after, struct configuration_diff_node *out) {
    size_t at = 0;
    for (EACH(node, child, &after->children)) {
        const node *old = find_item(&before->children, child, &at);
        if (!old) {
            add_one_sided(d, child, true, out);
            continue;
        }
        struct configuration_diff_node *n = LIST_ADD(d->a, &out->children);
        compare(d, old, child, n);
        if (n->change_type != DIFF_UNCHANGED)
            out->change_type = DIFF_MODIFIED;
        else if (!d->whole)
            out->children.count--;
    }
    at = 0;
    for (EACH(node, child, &before->children))
        if (!find_item(&after->children, child, &at)) add_one_sided(d, child, false, out);
}

/* A name that changed alone is no change of what refers to it. */
static void compare(struct differ *d, const node *before, const node *after, struct configuration_diff_node *out) {
    head_of(before, after, out);
    out->is_secret |= before->is_secret;
    if (out->is_secret) out->old_value = out->new_value = out->old_display_value = out->new_display_value = (text){0};
    if (before->node_type == SNAPSHOT_SCALAR || after->node_type == SNAPSHOT_SCALAR) {
        bool same = before->node_type == after->node_type && text_equal(before->value, after->value);
        out->change_type = same ? DIFF_UNCHANGED : DIFF_MODIFIED;
        d->out->modified_count += !same;
        return;
    }
    compare_children(d, before, after, out);
}

void history_diff(arena *a, const struct configuration_snapshot *before, const struct configuration_snapshot *after, bool whole,
                  struct configuration_diff *out) {
    *out = (struct configuration_diff){.object_type = after->object_type,
                                       .object_id = after->object_id,
                                       .object_guid_id = after->object_guid_id,
                                       .object_name = after->object_name};
    struct differ d = {a, out, whole};
    const node nothing_before = {.node_type = SNAPSHOT_OBJECT};
    compare(&d, before ? &before->root : &nothing_before, &after->root, &out->root);
    if (!before) out->root.change_type = DIFF_ADDED;
    out->has_changes = out->added_count + out->removed_count + out->modified_count > 0;
}

text history_summary(arena *a, const struct configuration_diff *diff) {
    if (diff->root.change_type == DIFF_ADDED) return T("Created");
    text all = {0};
    for (EACH(struct configuration_diff_node, n, &diff->root.children))
        if (n->change_type != DIFF_UNCHANGED)
            all = arena_print(a, "%.*s%s%.*s", TEXT_ARG(all), all.len ? ", " : "", TEXT_ARG(n->label));
    return all.len ? all : T("No changes");
}

/* ---- the class ---- */

enum { PATH_BYTES = 1024 };

const struct history_path *history_path_find(const struct history_kind *kind, text path) {
    for (size_t i = 0; i < kind->paths_count; i++) {
        text row = text_of(kind->paths[i].path);
        if (text_equal(row, path) || text_equal(row, T("…"))) return &kind->paths[i];
        if (!text_ends_with(row, T("/…"))) continue;
        row.len -= sizeof "/…" - 1;
        if (text_starts_with(path, row) && (path.len == row.len || path.at[row.len] == '/')) return &kind->paths[i];
    }
    return NULL;
}

static unsigned class_at(const struct history_kind *kind, const struct configuration_diff_node *n, text path) {
    const struct history_path *row = history_path_find(kind, path);
    if (!row) {
        log_line(LOG_WARNING, "a configuration path has no change class", "%s %.*s",
                 enum_name(&activity_target_names, kind->target), TEXT_ARG(path));
        return CLASS_NOT_CLASSIFIED;
    }
    bool switched_off = text_equal(n->old_value, T("true")) && text_equal(n->new_value, T("false"));
    return row->lost && (n->change_type == DIFF_REMOVED || switched_off) ? row->lost : row->class;
}

/* Members of collections have the path of the collection. */
static unsigned class_below(const struct history_kind *kind, const struct configuration_diff_node *n, char path[PATH_BYTES],
                            size_t len) {
    unsigned highest = CLASS_NOT_CLASSIFIED;
    for (EACH(struct configuration_diff_node, child, &n->children)) {
        if (child->change_type == DIFF_UNCHANGED) continue;
        size_t end = len;
        if (n->node_type != SNAPSHOT_COLLECTION && len + child->key.len + 1 < PATH_BYTES) {
            if (end) path[end++] = '/';
            memcpy(path + end, child->key.at, child->key.len);
            end += child->key.len;
        }
        bool inside = child->change_type == DIFF_MODIFIED && child->node_type != SNAPSHOT_SCALAR;
        unsigned class = inside ? class_below(kind, child, path, end) : class_at(kind, child, (text){path, end});
        if (class > highest) highest = class;
    }
    return highest;
}

unsigned history_class(const struct history_kind *kind, const struct configuration_diff *diff) {
    char path[PATH_BYTES];
    return class_below(kind, &diff->root, path, 0);
}
