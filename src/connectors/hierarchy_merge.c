/* What a hierarchy refresh changes: the connector's findings merged into stored partitions and containers (connectors §7.3). */
#include "connectors/host.h"
#include "connectors/scope.h"

struct merge {
    arena *a;
    const struct connected_system *system;
    instant now;
    struct hierarchy_merge *out;
    struct text_map by_stable_id, by_key; /* stored containers */
    struct int_map kept;                  /* id → place + 1 in out->containers */
};

static void *place_value(size_t place) { return (void *)(uintptr_t)(place + 1); }
static size_t place_of(const struct merge *m, int32_t id) {
    return (size_t)(uintptr_t)int_map_get(&m->kept, id) - 1; /* SIZE_MAX when it is not there */
}

/* ---- partitions ---- */

static const struct partition *stored_partition(const struct merge *m, text external_id) {
    for (EACH(const struct partition, p, &m->system->partitions))
        if (text_equal(scope_key(m->a, p->external_id), scope_key(m->a, external_id))) return p;
    return NULL;
}

static void take_partition(struct merge *m, const struct found_partition *f) {
    const struct partition *stored = stored_partition(m, f->external_id);
    struct hierarchy_merge *out = m->out;
    struct partition *p = LIST_ADD(m->a, &out->partitions);
    if (stored)
        *p = *stored;
    else
        *p = (struct partition){.system = m->system->id, .created = m->now};
    if (!stored)
        *LIST_ADD(m->a, &out->added_partitions) = (struct hierarchy_change){f->external_id, f->name, false, true};
    else if (!text_equal(stored->name, f->name))
        *LIST_ADD(m->a, &out->renamed_partitions) = (struct hierarchy_rename){f->external_id, stored->name, f->name, true};
    p->containers = (struct containers){0};
    p->external_id = f->external_id;
    p->name = f->name;
}

static size_t partition_place(const struct merge *m, int32_t id) {
    for (size_t i = 0; i < m->out->partitions.count; i++)
        if (m->out->partitions.at[i].id == id) return i;
    return SIZE_MAX;
}

/* ---- containers that were found ---- */

static void index_stored(struct merge *m) {
    text_map_init(&m->by_stable_id, m->a, 64);
    text_map_init(&m->by_key, m->a, 64);
    int_map_init(&m->kept, m->a, 64);
    for (EACH(struct partition, p, &m->system->partitions))
        for (EACH(struct container, c, &p->containers)) {
            if (!text_is_null(c->stable_id)) text_map_put(&m->by_stable_id, c->stable_id, c);
            text_map_put(&m->by_key, scope_key(m->a, c->external_id), c);
        }
}

/* By stable id first, then by name, unless that one is known to be another container. */
static const struct container *stored_container(const struct merge *m, const struct found_container *f) {
    const struct container *c = text_is_null(f->stable_id) ? NULL : text_map_get(&m->by_stable_id, f->stable_id);
    if (!c) {
        c = text_map_get(&m->by_key, scope_key(m->a, f->external_id));
        if (c && !text_is_null(c->stable_id) && !text_is_null(f->stable_id)) c = NULL;
    }
    return c && !int_map_get(&m->kept, c->id) ? c : NULL;
}

static text parent_name(const struct merge *m, const struct container *c) {
    const struct container *parent = c->parent ? config_container(m->system, c->parent) : NULL;
    return parent ? parent->external_id : (text){0};
}

static void tell_difference(struct merge *m, const struct container *stored, const struct merged_container *now) {
    const struct merged_container *parent = now->parent == SIZE_MAX ? NULL : &m->out->containers.at[now->parent];
    if (!text_equal(stored->name, now->c.name))
        *LIST_ADD(m->a, &m->out->renamed_containers) =
            (struct hierarchy_rename){now->c.external_id, stored->name, now->c.name, false};
    bool same_partition = m->out->partitions.at[now->partition].id == stored->partition;
    if (same_partition && (parent ? parent->c.id && parent->c.id == stored->parent : !stored->parent)) return;
    *LIST_ADD(m->a, &m->out->moved_containers) = (struct hierarchy_move){now->c.external_id, now->c.name, parent_name(m, stored),
                                                                         parent ? parent->c.external_id : (text){0}};
}

static void take_container(struct merge *m, const struct found_container *f, size_t partition, size_t parent) {
    const struct container *stored = stored_container(m, f);
    size_t place = m->out->containers.count;
    struct merged_container *to = LIST_ADD(m->a, &m->out->containers);
    if (stored)
        to->c = *stored;
    else
        to->c = (struct container){.system = m->system->id, .created = m->now};
    to->partition = partition;
    to->parent = parent;
    to->c.external_id = f->external_id;
    to->c.name = f->name;
    to->c.description = f->description;
    to->c.hidden = f->hidden;
    to->c.missing = false;
    to->c.objects = -1;
    if (!text_is_null(f->stable_id)) to->c.stable_id = f->stable_id;
    if (stored) {
        int_map_put(&m->kept, stored->id, place_value(place));
        tell_difference(m, stored, to);
        m->out->changed |= stored->missing;
    } else {
        *LIST_ADD(m->a, &m->out->added_containers) = (struct hierarchy_change){f->external_id, f->name, false, false};
    }
    for (EACH(const struct found_container, child, &f->children)) take_container(m, child, partition, place);
}

/* ---- what was not found ---- */

/* Kept where it was, or where the nearest place above it is kept. */
static void keep_missing(struct merge *m, const struct container *c) {
    size_t partition = partition_place(m, c->partition), parent = SIZE_MAX;
    for (const struct container *up = c; up && up->parent && parent == SIZE_MAX;) {
        parent = place_of(m, up->parent);
        up = config_container(m->system, up->parent);
    }
    int_map_put(&m->kept, c->id, place_value(m->out->containers.count));
    struct merged_container *to = LIST_ADD(m->a, &m->out->containers);
    *to = (struct merged_container){*c, partition, parent};
    to->c.missing = true;
    to->c.objects = -1;
    m->out->changed = true;
    *LIST_ADD(m->a, &m->out->warnings) =
        arena_print(m->a, "The selected container '%.*s' was not found; it is kept until the next refresh misses it too.",
                    TEXT_ARG(c->external_id));
}

static void drop_container(struct merge *m, const struct container *c) {
    *LIST_ADD(m->a, &m->out->gone_containers) = c->id;
    *LIST_ADD(m->a, &m->out->removed_containers) = (struct hierarchy_change){c->external_id, c->name, c->selected, false};
    m->out->selected_removed |= c->selected;
}

static void settle_partition(struct merge *m, const struct partition *p) {
    bool gone = partition_place(m, p->id) == SIZE_MAX;
    for (EACH(const struct container, c, &p->containers)) {
        if (int_map_get(&m->kept, c->id)) continue;
        if (c->selected && !c->missing && !gone)
            keep_missing(m, c);
        else
            drop_container(m, c);
    }
    if (!gone) return;
    *LIST_ADD(m->a, &m->out->gone_partitions) = p->id;
    *LIST_ADD(m->a, &m->out->removed_partitions) = (struct hierarchy_change){p->external_id, p->name, p->selected, true};
    m->out->selected_removed |= p->selected;
}

static void keep_all(struct merge *m) {
    for (EACH(const struct partition, p, &m->system->partitions)) {
        *LIST_ADD(m->a, &m->out->partitions) = *p;
        for (EACH(const struct container, c, &p->containers)) {
            size_t parent = c->parent ? place_of(m, c->parent) : SIZE_MAX;
            int_map_put(&m->kept, c->id, place_value(m->out->containers.count));
            *LIST_ADD(m->a, &m->out->containers) = (struct merged_container){*c, m->out->partitions.count - 1, parent};
        }
    }
    *LIST_ADD(m->a, &m->out->warnings) =
        T("The system reported no partition, so everything was kept; look at the connection and its rights.");
}

void hierarchy_merge(arena *a, const struct connected_system *system, const struct found_partitions *found, instant now,
                     struct hierarchy_merge *out) {
    *out = (struct hierarchy_merge){0};
    struct merge m = {.a = a, .system = system, .now = now, .out = out};
    index_stored(&m);
    if (!found->count) return keep_all(&m);
    for (EACH(const struct found_partition, f, found)) take_partition(&m, f);
    for (size_t i = 0; i < found->count; i++)
        for (EACH(const struct found_container, f, &found->at[i].containers)) take_container(&m, f, i, SIZE_MAX);
    for (EACH(const struct partition, p, &system->partitions)) settle_partition(&m, p);
    out->changed |= out->added_partitions.count || out->removed_partitions.count || out->renamed_partitions.count ||
                    out->added_containers.count || out->removed_containers.count || out->renamed_containers.count ||
                    out->moved_containers.count;
}
