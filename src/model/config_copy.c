/* A copy of the configuration that may be changed: for what is proposed and not saved. */
#include "model/config.h"

/* Texts stay those of the original; every list that may be changed or put in order is copied. */
#define COPY_LIST(a, list)                                                                                                         \
    do {                                                                                                                           \
        __typeof__(list) old_ = (list);                                                                                            \
        __typeof__(*old_) copy_ = {.count = old_->count, .room = old_->count};                                                     \
        copy_.at = arena_alloc((a), old_->count * sizeof *old_->at);                                                               \
        if (old_->count) memcpy(copy_.at, old_->at, old_->count * sizeof *old_->at);                                               \
        *old_ = copy_;                                                                                                             \
    } while (0)

static void copy_systems(struct config *c) {
    COPY_LIST(c->a, &c->systems);
    for (EACH(struct connected_system, s, &c->systems)) {
        COPY_LIST(c->a, &s->types);
        COPY_LIST(c->a, &s->run_profiles);
        COPY_LIST(c->a, &s->partitions);
        for (EACH(struct partition, p, &s->partitions)) COPY_LIST(c->a, &p->containers);
        for (EACH(struct cs_type, t, &s->types)) {
            COPY_LIST(c->a, &t->attributes);
            COPY_LIST(c->a, &t->matching);
        }
    }
}

static void copy_rule(struct config *c, struct sync_rule *r) {
    COPY_LIST(c->a, &r->mappings);
    COPY_LIST(c->a, &r->groups);
    COPY_LIST(c->a, &r->matching);
    for (EACH(struct mapping, m, &r->mappings)) COPY_LIST(c->a, &m->sources);
    for (EACH(struct scope_group, g, &r->groups)) COPY_LIST(c->a, &g->criteria);
}

struct config *config_copy(const struct config *from) {
    struct config *c = config_new();
    c->version = from->version;
    c->rules_changed_at = from->rules_changed_at;
    c->mv_types = from->mv_types;
    c->mv_attributes = from->mv_attributes;
    c->systems = from->systems;
    c->rules = from->rules;
    c->retired = from->retired;
    c->service_settings = from->service_settings;
    COPY_LIST(c->a, &c->mv_types);
    COPY_LIST(c->a, &c->mv_attributes);
    COPY_LIST(c->a, &c->rules);
    COPY_LIST(c->a, &c->retired);
    for (EACH(struct mv_type, t, &c->mv_types)) {
        COPY_LIST(c->a, &t->attributes);
        COPY_LIST(c->a, &t->trigger_systems);
    }
    for (EACH(struct mv_attribute, m, &c->mv_attributes)) COPY_LIST(c->a, &m->object_types);
    copy_systems(c);
    for (EACH(struct sync_rule, r, &c->rules)) copy_rule(c, r);
    return c;
}
