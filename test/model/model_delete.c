/* Disconnection, deletion rules and their grace (section 12). */
#include "model.h"

#include <string.h>

static int remaining(struct model *m, int mvo, int leaving, unsigned *systems) {
    int count = 0;
    *systems = 0;
    for (int i = 0; i < m->now.csos; i++) {
        const struct scso *o = &m->now.cso[i];
        if (!o->id || o->mvo != mvo || o->id == leaving) continue;
        *systems |= 1u << o->system;
        count++;
    }
    return count;
}

bool deletion_follows(struct model *m, const struct smvo *o, int system, int leaving) {
    const struct type_plan *t = &m->plan->type[o->type];
    unsigned systems;
    int left = remaining(m, o->id, leaving, &systems);
    unsigned sources = t->triggers;
    if (t->rule == DELETE_MANUAL) return false;
    if (t->rule == DELETE_WHEN_LAST_CONNECTOR || !sources) return left == 0;
    if (!(sources >> system & 1)) return false;
    return t->mode == SPECIFIC_SOURCES_DISCONNECT || !(systems & sources);
}

bool cancel_rule_says_so(struct model *m, const struct smvo *o, int system) {
    const struct type_plan *t = &m->plan->type[o->type];
    if (t->rule != DELETE_WHEN_AUTHORITATIVE_SOURCE || !t->triggers || o->trigger < 0) return true;
    if (t->mode == ALL_SOURCES_DISCONNECT) return t->triggers >> system & 1;
    return system == o->trigger;
}

static bool grace(const struct model *m, const struct smvo *o) { return m->plan->type[o->type].grace_days > 0; }

/* Step 8 of 12.2. */
static void decide(struct model *m, struct smvo *o, int system, bool follows) {
    if (!follows) return;
    if (grace(m, o)) {
        o->marked = true;
        o->marked_at = m->minutes;
        o->trigger = system;
        return;
    }
    for (int i = 0; i < m->dying; i++)
        if (m->dying_mvo[i] == o->id) return;
    m->dying_mvo[m->dying] = o->id;
    m->dying_system[m->dying++] = system;
}

static void recall(struct model *m, struct smvo *o, const struct scso *leaving, bool freeze) {
    for (int at = AT_KEY; at < ATTRS; at++) {
        struct map *k = NULL;
        const struct rule *r = rule_of_map(m, o->by[at], &k);
        struct set kept = o->v[at];
        bool null = o->null[at];
        int by = o->by[at];
        if (!r || r->system != leaving->system) continue;
        elect_again(m, o, at, leaving->id);
        if (!freeze || o->by[at]) continue;
        o->v[at] = kept;
        o->null[at] = null;
        o->by[at] = by;
    }
}

void disconnect(struct model *m, struct scso *o, struct note *n) {
    struct smvo *from = mvo_by_id(m, o->mvo);
    bool follows = deletion_follows(m, from, o->system, o->id), now = follows && !grace(m, from);
    (void)n;
    if (!now && !m->plan->system[o->system].keep) recall(m, from, o, (follows && grace(m, from)) || from->marked);
    o->was = o->mvo;
    o->mvo = 0;
    o->join = JOIN_NONE;
    decide(m, from, o->system, follows);
}

void mark_for_deletion(struct model *m, struct smvo *o, int system, struct note *n) {
    (void)n;
    decide(m, o, system, deletion_follows(m, o, system, 0));
}

/* Which rule decides over the connectors of a deleted MVO (12.5 step 3). */
static bool deprovisions(const struct model *m, const struct scso *o, int mv_type) {
    for (int i = 0; i < m->plan->rules; i++) {
        const struct rule *r = &m->plan->rule[i];
        if (r->on && !r->import && r->enabled && r->system == o->system && r->type == o->type && r->mv_type == mv_type &&
            r->deprovision == DEPROVISION_DELETE)
            return true;
    }
    return false;
}

static void delete_mvo(struct model *m, struct smvo *o) {
    int id = o->id, type = o->type, place = m->gone++;
    m->gone_mvo[place] = id;
    memset(m->gone_cso[place], 0, sizeof m->gone_cso[place]);
    for (int i = 0; i < m->now.csos; i++) {
        struct scso *x = &m->now.cso[i];
        if (!x->id || x->mvo != id) continue;
        m->gone_cso[place][x->system] = x->id;
        x->mvo = 0;
        x->join = JOIN_NONE;
        if (x->status == CSO_PENDING_PROVISIONING && !create_counts_as_exported(m, x))
            forget_cso(m, x);
        else if (x->status != CSO_OBSOLETE && deprovisions(m, x, type))
            stage_removal(m, x);
        else
            forget_pe(pe_of(m, x->id));
    }
    memset(o, 0, sizeof *o);
}

/* All of them first, then the references to them. */
void delete_dying(struct model *m) {
    for (int i = 0; i < m->dying; i++) {
        struct smvo *o = mvo_by_id(m, m->dying_mvo[i]);
        if (o) delete_mvo(m, o);
    }
    m->dying = 0;
    if (m->gone) recall_references(m);
}

static bool due(struct model *m, const struct smvo *o) {
    const struct type_plan *t = &m->plan->type[o->type];
    unsigned systems;
    if (!o->id || !o->marked || t->rule == DELETE_MANUAL || o->marked_at + t->grace_days * 1440 > m->minutes) return false;
    return t->rule == DELETE_WHEN_AUTHORITATIVE_SOURCE || remaining(m, o->id, 0, &systems) == 0;
}

void model_housekeep(struct model *m) {
    for (int i = 0; i < m->now.mvos; i++)
        if (due(m, &m->now.mvo[i])) delete_mvo(m, &m->now.mvo[i]);
    if (m->gone) recall_references(m);
}
