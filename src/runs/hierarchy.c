/* Partitions and containers: reading them from the system, storing them, and adding those that an export created (connectors §7).
 */
#include "runs/hierarchy.h"

#include "base/unicode.h"
#include "connectors/dn.h"
#include "runs/runs_private.h"

/* ---- reading ---- */

/* Counts of one partition; what is not complete is worth nothing. */
static FALLIBLE count_partition(const struct connector_use *use, const struct connector_definition *d, arena *a,
                                const struct texts *types, size_t partition, struct hierarchy_merge *m) {
    struct container_counts counts = {0};
    const struct partition *p = &m->partitions.at[partition];
    struct text_map by_id;
    TRY(d->ops.container_counts(use, a, p->external_id, types, &counts));
    if (!counts.complete) {
        text why = text_is_null(counts.reason) ? T("the reading was not complete") : counts.reason;
        *LIST_ADD(a, &m->warnings) =
            arena_print(a, "The objects of '%.*s' were not counted: %.*s.", TEXT_ARG(p->name), TEXT_ARG(why));
        return NULL;
    }
    text_map_init(&by_id, a, counts.list.count);
    for (EACH(struct container_count, c, &counts.list)) text_map_put(&by_id, text_fold(a, c->container), c);
    for (EACH(struct merged_container, c, &m->containers)) {
        const struct container_count *found =
            c->partition == partition ? text_map_get(&by_id, text_fold(a, c->c.external_id)) : NULL;
        if (c->partition == partition && !c->c.missing) c->c.objects = found ? (int32_t)found->objects : 0;
    }
    return NULL;
}

static FALLIBLE count_objects(const struct connector_use *use, const struct connector_definition *d, arena *a,
                              struct hierarchy_merge *m) {
    struct texts types = {0};
    for (EACH(const struct cs_type, t, &use->system->types))
        if (t->selected) *LIST_ADD(a, &types) = t->name;
    for (size_t i = 0; d->ops.container_counts && types.count && i < m->partitions.count; i++)
        TRY(count_partition(use, d, a, &types, i, m));
    return NULL;
}

FALLIBLE system_find_hierarchy(runs *r, arena *a, const struct connected_system *s, struct hierarchy_merge *out) {
    const struct connector_definition *d = connector_by_id(s->definition);
    struct found_partitions found = {0};
    if (!d) return FAIL(ERROR_UNSUPPORTED, "The connector of '%.*s' is not part of this program.", TEXT_ARG(s->name));
    if (!d->ops.partitions)
        return FAIL(ERROR_INVALID, "The connector of '%.*s' has no partitions or containers.", TEXT_ARG(s->name));
    struct run_ctx ctx = runs_question(r);
    ctx.deadline_ns = 0;
    struct connector_use use = connector_use_begin(d, &ctx, s);
    error *e = d->ops.partitions(&use, a, &found);
    if (!e) hierarchy_merge(a, s, &found, instant_now(), out);
    if (!e && found.count) e = count_objects(&use, d, a, out);
    connector_use_end(d, &use);
    return e;
}

/* ---- storing ---- */

FALLIBLE system_store_hierarchy(store_tx *tx, struct hierarchy_merge *m) {
    for (EACH(struct partition, p, &m->partitions)) TRY(store_save_partition(tx, p));
    for (EACH(struct merged_container, c, &m->containers)) {
        c->c.partition = m->partitions.at[c->partition].id;
        c->c.parent = c->parent == SIZE_MAX ? 0 : m->containers.at[c->parent].c.id;
        TRY(store_save_container(tx, &c->c));
    }
    for (EACH(const int32_t, id, &m->gone_containers)) TRY(store_delete_container(tx, *id));
    for (EACH(const int32_t, id, &m->gone_partitions)) TRY(store_delete_partition(tx, *id));
    return NULL;
}

/* ---- what an export created ---- */

struct adding {
    struct run *r;
    const struct connector_definition *d;
    const struct connected_system *system; /* as it is now */
    struct containers added;
    struct texts names;
};

static bool same_place(const struct connector_ops *ops, text one, text two) {
    struct scope_container a = {.external_id = one}, b = {.external_id = two};
    return ops->is_within_container ? ops->is_within_container(one, &b) && ops->is_within_container(two, &a)
                                    : text_equal_fold(one, two);
}

/* The container at that place, stored or just added. */
static const struct container *container_at(const struct adding *x, text external_id) {
    if (text_is_empty(external_id)) return NULL;
    for (EACH(const struct container, c, &x->added))
        if (same_place(&x->d->ops, c->external_id, external_id)) return c;
    for (EACH(const struct partition, p, &x->system->partitions))
        for (EACH(const struct container, c, &p->containers))
            if (same_place(&x->d->ops, c->external_id, external_id)) return c;
    return NULL;
}

static const struct partition *partition_of(const struct adding *x, text external_id) {
    const struct partition *best = NULL;
    for (EACH(const struct partition, p, &x->system->partitions)) {
        struct scope_container whole = {.external_id = p->external_id};
        bool holds = x->d->ops.is_within_container && x->d->ops.is_within_container(external_id, &whole);
        if (holds && (!best || p->external_id.len > best->external_id.len)) best = p;
    }
    return best;
}

/* Only what a one-level selection around it does not cover by itself has to be selected. */
static bool to_select(const struct adding *x, const struct container *parent) {
    for (; parent; parent = parent->parent ? config_container(x->system, parent->parent) : NULL) {
        if (parent->excluded) return false;
        if (parent->selected) return parent->scope == SCOPE_ONE_LEVEL;
    }
    return false;
}

static FALLIBLE add_container(struct adding *x, store_tx *tx, text external_id) {
    arena *a = x->r->a;
    const struct connector_ops *ops = &x->d->ops;
    text above = ops->parent_container ? ops->parent_container(a, external_id) : dn_parent(external_id);
    text name = ops->container_display_name ? ops->container_display_name(a, external_id) : dn_first_value(a, external_id);
    const struct container *parent = container_at(x, above);
    const struct partition *p = parent ? config_partition(x->system, parent->partition) : partition_of(x, external_id);
    if (!p || container_at(x, external_id)) return NULL;
    struct container c = {.system = x->system->id,
                          .partition = p->id,
                          .parent = parent ? parent->id : 0,
                          .external_id = external_id,
                          .name = text_is_empty(name) ? external_id : name,
                          .selected = to_select(x, parent),
                          .objects = -1,
                          .created = instant_now()};
    TRY(store_save_container(tx, &c));
    *LIST_ADD(a, &x->added) = c;
    *LIST_ADD(a, &x->names) = external_id;
    return NULL;
}

/* A child of the run's activity tells of it, and is what the history of the system names. */
static FALLIBLE record_added(struct adding *x, store_tx *tx) {
    struct run *r = x->r;
    text names = x->names.at[0];
    for (size_t i = 1; i < x->names.count; i++) names = arena_print(r->a, "%.*s; %.*s", TEXT_ARG(names), TEXT_ARG(x->names.at[i]));
    instant now = instant_now();
    struct activity child = {.parent = r->activity.id,
                             .created = now,
                             .executed = now,
                             .ended = now,
                             .status = ACTIVITY_COMPLETE,
                             .target = TARGET_CONNECTED_SYSTEM,
                             .operation = OPERATION_UPDATE,
                             .target_name = r->system->name,
                             .message = arena_print(r->a, "Containers created by the export were added: %.*s", TEXT_ARG(names)),
                             .initiator = r->activity.initiator,
                             .system = r->system->id};
    TRY(store_save_activity(tx, &child));
    struct runs *owner = r->runs;
    return owner->record ? owner->record(owner->state, r->a, tx, r->config, &child) : NULL;
}

static FALLIBLE add_all(struct adding *x, store_tx *tx, const struct texts *created) {
    for (EACH(const text, id, created)) TRY(add_container(x, tx, *id));
    if (!x->added.count) return NULL;
    TRY(record_added(x, tx));
    return store_commit(tx);
}

FALLIBLE run_add_containers(struct run *r, const struct connector_definition *d, const struct texts *created) {
    OWNED(store_tx) tx = NULL;
    const struct config *now = NULL;
    if (!created->count) return NULL;
    TRY(store_write(r->store, STORE_API, &tx));
    TRY(store_config_in(tx, &now));
    struct adding x = {.r = r, .d = d, .system = config_system(now, r->system->id)};
    error *e = x.system ? add_all(&x, tx, created) : NULL;
    config_release(now);
    return e;
}
