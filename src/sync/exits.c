/* An identity leaves the scope of export rules: its object is released or deleted (sync-engine §15.1). */
#include "sync/disconnect.h"
#include "sync/flow.h"
#include "sync/outbound.h"

static bool touches(const struct plan_rule *rule, const struct work_cso *c) {
    return rule->cs_type->id == c->now.type && rule->system->id == c->now.system;
}

/* Another rule for the same kind of object still has the identity in scope (J+12). */
static bool held(const struct plan_rules *holding, const struct work_cso *c) {
    for (size_t i = 0; i < holding->count; i++) {
        if (touches(holding->at[i], c)) return true;
    }
    return false;
}

/* A source object is never deprovisioned by scope (J+12). */
static bool is_source(struct sync_batch *b, const struct work_cso *c, const struct work_mvo *m) {
    for (size_t i = 0; c->type && i < c->type->imports.count; i++) {
        const struct plan_rule *rule = c->type->imports.at[i];
        if (rule->mv_type->id == m->now.type && flow_applies(b, rule, c)) return true;
    }
    return false;
}

static void leave(struct sync_batch *b, struct work_mvo *m, struct work_cso *c, bool delete) {
    bool unsent = c->now.status == CSO_PENDING_PROVISIONING && !create_was_exported(c);
    if (unsent) {
        batch_part(b, c);
        batch_remove_cso(c);
    } else if (delete) {
        if (stage_delete(b, c)) tell_delete(b, m, c, NULL);
    } else {
        batch_drop_pe(c);
        release_target(b, c);
    }
}

void scope_exit(struct sync_batch *b, struct work_mvo *m, const struct plan_rules *exited, const struct plan_rules *holding) {
    for (struct work_cso *c = m->connectors, *next; c; c = next) {
        next = c->next;
        bool out = false, delete = false;
        for (size_t i = 0; i < exited->count; i++) {
            if (!touches(exited->at[i], c)) continue;
            out = true;
            delete |= exited->at[i]->config->deprovision == DEPROVISION_DELETE;
        }
        if (out && !c->removed && c->now.status != CSO_OBSOLETE && !held(holding, c) && !is_source(b, c, m)) leave(b, m, c, delete);
    }
}
