/* The objects of a batch: as stored, as they become, how they are joined; and what must still be looked up. */
#include "sync/batch.h"

#include "base/die.h"

int64_t batch_fresh_id(struct sync_id_range *ids) {
    if (ids->next >= ids->end) die("a batch of the engine takes more ids than it asked for");
    return ids->next++;
}

struct work_cso *batch_cso(const struct sync_batch *b, int64_t id) {
    return int_map_get(&b->csos, id);
}
struct work_mvo *batch_mvo(const struct sync_batch *b, int64_t id) {
    return int_map_get(&b->mvos, id);
}

static void know_cso(struct sync_batch *b, struct work_cso *c) {
    c->type = plan_type_of(b->plan, c->now.type);
    int_map_put(&b->csos, c->now.id, c);
    *LIST_ADD(b->a, &b->all_csos) = c;
}

static void attach(struct work_mvo *m, struct work_cso *c) {
    c->mvo = m;
    c->next = m->connectors;
    m->connectors = c;
}

struct work_cso *batch_add_cso(struct sync_batch *b, const struct cso *o) {
    struct work_cso *c = batch_cso(b, o->id);
    if (c) {
        if (o->has_values && !c->now.has_values) {
            c->before = o;
            c->now.values = o->values;
            c->now.has_values = true;
        }
        return c;
    }
    c = ARENA_NEW(b->a, struct work_cso);
    c->before = o;
    c->now = *o;
    know_cso(b, c);
    if (!o->mvo) return c;
    struct work_mvo *m = batch_mvo(b, o->mvo);
    if (m) {
        attach(m, c);
    } else {
        c->next = int_map_get(&b->orphans, o->mvo);
        int_map_put(&b->orphans, o->mvo, c);
    }
    return c;
}

static void know_mvo(struct sync_batch *b, struct work_mvo *m) {
    m->type = plan_mv_type_of(b->plan, m->now.tenant, m->now.type);
    int_map_put(&b->mvos, m->now.id, m);
    *LIST_ADD(b->a, &b->all_mvos) = m;
}

struct work_mvo *batch_add_mvo(struct sync_batch *b, const struct mvo *o) {
    struct work_mvo *m = batch_mvo(b, o->id);
    if (m) return m;
    m = ARENA_NEW(b->a, struct work_mvo);
    m->before = o;
    m->now = *o;
    m->seen = o->values;
    know_mvo(b, m);
    for (struct work_cso *c = int_map_get(&b->orphans, o->id), *next; c; c = next) {
        next = c->next;
        attach(m, c);
    }
    return m;
}

struct work_mvo *batch_project(struct sync_batch *b, int32_t tenant, const struct mv_type *type) {
    struct work_mvo *m = ARENA_NEW(b->a, struct work_mvo);
    m->now = (struct mvo){.id = batch_fresh_id(&b->ids->mvo),
                          .type = type->id,
                          .tenant = tenant,
                          .origin = ORIGIN_PROJECTED,
                          .created = b->run->now,
                          .version = 0};
    m->own_values = m->changed = m->connectors_asked = true;
    know_mvo(b, m);
    return m;
}

struct work_cso *batch_provision(struct sync_batch *b, const struct plan_type *type, struct work_mvo *m) {
    struct work_cso *c = ARENA_NEW(b->a, struct work_cso);
    c->now = (struct cso){.id = batch_fresh_id(&b->ids->cso),
                          .system = type->system->id,
                          .type = type->config->id,
                          .status = CSO_PENDING_PROVISIONING,
                          .created = b->run->now,
                          .has_values = true};
    c->pending_asked = c->values_asked = c->changed = c->values_changed = true;
    know_cso(b, c);
    batch_join(b, c, m, JOIN_PROVISIONED);
    return c;
}

struct work_pe *batch_stage(struct sync_batch *b, struct work_cso *c, enum export_change change) {
    if (!c->pe) c->pe = ARENA_NEW(b->a, struct work_pe);
    const struct pending_export *before = c->pe->before;
    int64_t id = before ? before->id : c->pe->now.id ? c->pe->now.id : batch_fresh_id(&b->ids->pending_export);
    *c->pe = (struct work_pe){.before = before,
                              .changed = true,
                              .now = {.id = id,
                                      .system = c->now.system,
                                      .cso = c->now.id,
                                      .mvo = c->now.mvo,
                                      .change = change,
                                      .created = b->run->now,
                                      .max_retries = 5}};
    return c->pe;
}

struct work_pe *batch_pe(const struct work_cso *c) {
    return c->pe && !c->pe->removed ? c->pe : NULL;
}

void batch_drop_pe(struct work_cso *c) {
    if (c->pe) c->pe->removed = true;
}

void batch_remove_cso(struct work_cso *c) {
    c->removed = true;
    batch_drop_pe(c);
}

void batch_join(struct sync_batch *b, struct work_cso *c, struct work_mvo *m, enum cso_join join) {
    c->now.mvo = m->now.id;
    c->now.join = join;
    c->now.joined = b->run->now;
    c->changed = true;
    attach(m, c);
}

void batch_part(struct sync_batch *b, struct work_cso *c) {
    struct work_mvo *m = c->mvo;
    if (m && (m->doomed || m->removed)) /* its referrers are told what to take away */
        batch_know_link(b, (struct sync_link){c->now.id, c->now.mvo, c->now.system, c->now.type, CSO_OBSOLETE});
    for (struct work_cso **at = m ? &m->connectors : NULL; at && *at; at = &(*at)->next) {
        if (*at != c) continue;
        *at = c->next;
        break;
    }
    c->mvo = NULL;
    c->next = NULL;
    c->now.mvo = 0;
    c->now.join = JOIN_NONE;
    c->now.joined = (instant){0};
    c->changed = true;
}

struct work_cso *batch_connector(const struct work_mvo *m, int32_t system) {
    for (struct work_cso *c = m->connectors; c; c = c->next) {
        if (c->now.system == system && !c->removed) return c;
    }
    return NULL;
}

bool batch_target(const struct sync_batch *b, int64_t cso, int64_t *mvo) {
    const struct work_cso *c = batch_cso(b, cso);
    const struct sync_link *link = c ? NULL : int_map_get(&b->targets, cso);
    bool known = c ? !c->removed && c->now.status != CSO_OBSOLETE : link && link->status != CSO_OBSOLETE;
    *mvo = !known ? 0 : c ? c->now.mvo : link->mvo;
    return known;
}

int64_t batch_link(const struct sync_batch *b, int64_t mvo, int32_t system) {
    const struct work_mvo *m = batch_mvo(b, mvo);
    const struct work_cso *c = m ? batch_connector(m, system) : NULL;
    bool ended = m && m->removed;
    if (c) return ended || c->now.status != CSO_OBSOLETE ? c->now.id : 0;
    for (const struct link_chain *l = int_map_get(&b->links, mvo); l; l = l->next) {
        if (l->link.system == system) return ended || l->link.status != CSO_OBSOLETE ? l->link.cso : 0;
    }
    return 0;
}

void batch_know_link(struct sync_batch *b, struct sync_link link) {
    struct link_chain *l = ARENA_NEW(b->a, struct link_chain);
    l->link = link;
    l->next = int_map_get(&b->links, link.mvo);
    int_map_put(&b->links, link.mvo, l);
}

struct attributes *batch_values(struct sync_batch *b, struct work_mvo *m) {
    m->changed = true;
    if (!m->own_values) {
        size_t count = m->now.values.count;
        struct values *copy = ARENA_ARRAY(b->a, struct values, count + 8);
        if (count) memcpy(copy, m->now.values.at, count * sizeof *copy);
        m->now.values = (struct attributes){.at = copy, .count = count, .room = count + 8};
        m->own_values = true;
    }
    return &m->now.values;
}

void batch_queue(struct sync_batch *b, struct work_mvo *m, enum evaluation evaluation) {
    if (evaluation > m->evaluation) m->evaluation = evaluation;
    if (m->queued) return;
    m->queued = true;
    *LIST_ADD(b->a, &b->queue) = m;
}

void batch_count(struct sync_batch *b, struct sync_type_counts *counts, int32_t type) {
    for (EACH(struct sync_type_count, k, counts)) {
        if (k->type == type) {
            k->count++;
            return;
        }
    }
    *LIST_ADD(b->a, counts) = (struct sync_type_count){type, 1};
}

/* ---- Wants ---- */

/* Adds an id to a want unless it was asked before. */
static void want(struct sync_batch *b, struct int64s *list, struct int_map *asked, int64_t id) {
    static char mark;
    if (!asked->room) int_map_init(asked, b->a, 64);
    if (int_map_put(asked, id, &mark)) return;
    *LIST_ADD(b->a, list) = id;
}

void want_mvo(struct sync_batch *b, int64_t id) {
    if (!batch_mvo(b, id)) want(b, &b->wants.mvos, &b->asked_mvos, id);
}

void want_connectors(struct sync_batch *b, struct work_mvo *m) {
    if (m->connectors_asked) return;
    m->connectors_asked = true;
    *LIST_ADD(b->a, &b->wants.connectors) = m->now.id;
}

void want_values(struct sync_batch *b, struct work_cso *c) {
    if (c->now.has_values || c->values_asked) return;
    c->values_asked = true;
    *LIST_ADD(b->a, &b->wants.values) = c->now.id;
}

void want_target(struct sync_batch *b, int64_t cso) {
    if (!batch_cso(b, cso)) want(b, &b->wants.targets, &b->asked_targets, cso);
}

void want_link(struct sync_batch *b, int64_t mvo) {
    const struct work_mvo *m = batch_mvo(b, mvo);
    if (!m || !m->connectors_asked) want(b, &b->wants.links, &b->asked_links, mvo);
}

void want_pending(struct sync_batch *b, struct work_cso *c) {
    if (c->pending_asked) return;
    c->pending_asked = true;
    *LIST_ADD(b->a, &b->wants.pending) = c->now.id;
}

void want_referrers(struct sync_batch *b, int64_t mvo) { want(b, &b->wants.referrers, &b->asked_referrers, mvo); }
