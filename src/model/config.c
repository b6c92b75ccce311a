/* The configuration snapshot: its life and what it is asked for by id and by name. */
#include "model/config.h"

#include "base/unicode.h"

#include <stdatomic.h>

enum { CONFIG_MAX_BYTES = 1 << 30 };

struct config *config_new(void) {
    arena *a = arena_new(CONFIG_MAX_BYTES);
    struct config *c = ARENA_NEW(a, struct config);
    c->a = a;
    atomic_init(&c->references, 1);
    for (size_t i = 0; i < sizeof c->by_id / sizeof c->by_id[0]; i++) int_map_init(&c->by_id[i], a, 0);
    text_map_init(&c->mv_attribute_names, a, 0);
    text_map_init(&c->service_settings, a, 0);
    return c;
}

/* Only the count changes in a shared snapshot, never what it says. */
static _Atomic int *references(const struct config *c) { return &((struct config *)(uintptr_t)c)->references; }

const struct config *config_retain(const struct config *c) {
    atomic_fetch_add_explicit(references(c), 1, memory_order_relaxed);
    return c;
}

void config_release(const struct config *c) {
    if (c && atomic_fetch_sub_explicit(references(c), 1, memory_order_acq_rel) == 1) arena_free(c->a);
}

static void *by_id(const struct config *c, enum config_kind kind, int32_t id) { return int_map_get(&c->by_id[kind], id); }

const struct mv_type *config_mv_type(const struct config *c, int32_t id) { return by_id(c, CONFIG_MV_TYPE, id); }
const struct mv_attribute *config_mv_attribute(const struct config *c, int32_t id) { return by_id(c, CONFIG_MV_ATTRIBUTE, id); }
const struct connected_system *config_system(const struct config *c, int32_t id) { return by_id(c, CONFIG_SYSTEM, id); }
const struct cs_type *config_cs_type(const struct config *c, int32_t id) { return by_id(c, CONFIG_CS_TYPE, id); }
const struct cs_attribute *config_cs_attribute(const struct config *c, int32_t id) { return by_id(c, CONFIG_CS_ATTRIBUTE, id); }
const struct sync_rule *config_rule(const struct config *c, int32_t id) { return by_id(c, CONFIG_RULE, id); }
const struct mapping *config_mapping(const struct config *c, int32_t id) { return by_id(c, CONFIG_MAPPING, id); }
const struct run_profile *config_run_profile(const struct config *c, int32_t id) { return by_id(c, CONFIG_RUN_PROFILE, id); }

const struct mv_attribute *config_mv_attribute_named(const struct config *c, text name) {
    const struct mv_attribute *exact = text_map_get(&c->mv_attribute_names, name);
    if (exact) return exact;
    for (EACH(const struct mv_attribute, m, &c->mv_attributes)) {
        if (text_equal_fold(m->name, name)) return m;
    }
    return NULL;
}

const struct mv_type *config_mv_type_named(const struct config *c, text name) {
    for (EACH(const struct mv_type, t, &c->mv_types)) {
        if (text_equal_fold(t->name, name)) return t;
    }
    return NULL;
}

const struct cs_type *config_cs_type_named(const struct connected_system *s, text name) {
    for (EACH(const struct cs_type, t, &s->types)) {
        if (text_equal_fold(t->name, name)) return t;
    }
    return NULL;
}

const struct cs_attribute *config_cs_attribute_named(const struct cs_type *t, text name) {
    const struct cs_attribute *exact = text_map_get(&t->names, name);
    if (exact) return exact;
    for (EACH(const struct cs_attribute, c, &t->attributes)) {
        if (text_equal_fold(c->name, name)) return c;
    }
    return NULL;
}

text config_setting(const struct config *c, text key) {
    const text *found = text_map_get(&c->service_settings, key);
    return found ? *found : (text){0};
}

const struct partition *config_partition(const struct connected_system *s, int32_t id) {
    for (EACH(const struct partition, p, &s->partitions))
        if (p->id == id) return p;
    return NULL;
}

const struct container *config_container(const struct connected_system *s, int32_t id) {
    for (EACH(const struct partition, p, &s->partitions))
        for (EACH(const struct container, c, &p->containers))
            if (c->id == id) return c;
    return NULL;
}
