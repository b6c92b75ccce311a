/* Export (section 16), and what time alone changes (section 17). */
#include "model.h"

#include <stdlib.h>
#include <string.h>

enum reach { RESOLVABLE, AWAITING, MISSING };

static enum reach reach_of(struct model *m, const struct change *c, const char **word) {
    *word = c->v.word;
    if (!is_reference(c->attr) || !c->v.ref) return RESOLVABLE;
    const struct scso *target = connector_in(m, c->v.ref, m->system);
    if (!target) return MISSING;
    if (target->status == CSO_PENDING_PROVISIONING && !create_counts_as_exported(m, target)) return AWAITING;
    *word = address_of(m, target);
    return *word && target->v[AT_ID].n ? RESOLVABLE : AWAITING;
}

static bool to_be_sent(const struct change *c) { return c->status == CHANGE_PENDING || c->status == CHANGE_NOT_CONFIRMED; }

static bool executable(const struct model *m, const struct spe *e) {
    bool any = false;
    if (!e->cso || e->errors >= 5 || e->retry > m->minutes || e->status == EXPORT_FAILED) return false;
    if (e->what != EXPORT_UPDATE) return e->status != EXPORT_EXPORTED;
    for (int i = 0; i < e->n; i++) any = any || to_be_sent(&e->at[i]);
    return any;
}

/* ---- One pending export on its way ---- */

struct sending {
    struct sim_write write;
    const char *known;
    bool sent[CHANGES], open, awaiting, missing, anything, taken, final; /* taken: its external id belongs to another object */
};

static bool speaks_of(const struct spe *e, int attr) {
    for (int i = 0; i < e->n; i++)
        if (e->at[i].attr == attr) return true;
    return false;
}

/* What the object holds where the export changes nothing. */
static void know_rest(const struct scso *o, const struct spe *e, struct words *known) {
    for (int at = 0; at < ATTRS; at++)
        for (int i = 0; i < o->v[at].n && !speaks_of(e, at); i++) known[at].at[known[at].n++] = o->v[at].at[i].word;
}

static void prepare(struct model *m, const struct scso *o, struct spe *e, struct sending *s) {
    *s = (struct sending){.write = {.what = e->what, .type = o->type, .id = first_word(&o->v[AT_ID])}};
    s->known = s->write.id ? s->write.id : address_of(m, o);
    if (e->what == EXPORT_CREATE && o->status == CSO_NORMAL) s->write.what = e->what = EXPORT_UPDATE;
    for (int i = 0; i < e->n && e->what != EXPORT_DELETE; i++) {
        struct change *c = &e->at[i];
        const char *word;
        if (!to_be_sent(c)) continue;
        enum reach reach = reach_of(m, c, &word);
        s->open = s->open || reach != RESOLVABLE;
        s->missing = s->missing || reach == MISSING;
        s->awaiting = s->awaiting || reach == AWAITING;
        if (reach != RESOLVABLE) continue;
        if (c->v.ref) c->v.word = word;
        s->sent[i] = s->anything = true;
        s->write.changes[s->write.count++] = (struct sim_change){c->attr, c->how, c->has ? word : NULL};
    }
    s->anything = s->anything || e->what != EXPORT_UPDATE;
    know_rest(o, e, s->write.known);
}

static void apply(struct model *m, struct scso *o, const struct change *c, bool clears_too) {
    struct set *v = &o->v[c->attr];
    const struct scso *target = is_reference(c->attr) && c->v.ref ? connector_in(m, c->v.ref, o->system) : NULL;
    struct item x = {c->v.word, target ? target->id : 0};
    int at = -1;
    if (!c->has && !clears_too) return;
    for (int i = 0; i < v->n && c->has; i++)
        if (same_in_target(m, o, c->attr, c->v, v->at[i])) at = i;
    if (c->how == CHANGE_UPDATE || c->how == CHANGE_REMOVE_ALL) v->n = 0, at = -1;
    if (c->how == CHANGE_REMOVE && at >= 0) take_item(v, at);
    if (c->has && c->how != CHANGE_REMOVE && at < 0) v->at[v->n++] = x;
}

static void failed(struct model *m, struct spe *e) {
    e->errors++;
    e->status = e->errors >= 5 ? EXPORT_FAILED : m->plan->system[m->system].file ? EXPORT_NOT_CONFIRMED : EXPORT_PENDING;
    e->retry = e->errors < 5 ? m->minutes + (1 << e->errors) : 0;
}

static void end_confirmed(struct model *m, struct scso *o, struct spe *e) {
    if (e->what == EXPORT_DELETE) {
        o->status = CSO_OBSOLETE;
        o->touched = ++m->clock;
    } else {
        o->status = CSO_NORMAL;
    }
    forget_pe(e);
}

static void succeeded(struct model *m, struct scso *o, struct spe *e, struct sending *s, const char *id, const char *dn) {
    bool confirms = m->plan->system[m->system].confirms;
    int kept = 0;
    o->stamp = 0;
    if (e->what != EXPORT_DELETE && id) o->v[AT_ID] = (struct set){1, {{id, 0}}};
    for (int i = 0; i < e->n; i++)
        if (s->sent[i] && e->at[i].attr != AT_ID && !m->plan->system[m->system].file) apply(m, o, &e->at[i], confirms);
    if (e->what != EXPORT_DELETE && dn && is_secondary(m, o)) o->v[AT_DN] = (struct set){1, {{dn, 0}}};
    if (confirms && !s->open) {
        end_confirmed(m, o, e);
        return;
    }
    for (int i = 0; i < e->n; i++) {
        struct change c = e->at[i];
        if (s->sent[i]) c.status = CHANGE_EXPORTED, c.attempts++;
        if (!s->sent[i] || !confirms) e->at[kept++] = c;
    }
    e->n = kept;
    e->exported = true;
    e->status = s->open ? EXPORT_PENDING : EXPORT_EXPORTED;
    e->unresolved = s->open;
    e->retry = s->open ? m->minutes + 5 : 0;
    if (s->open && e->what == EXPORT_CREATE) e->what = EXPORT_UPDATE;
    if (confirms && o->status == CSO_PENDING_PROVISIONING) o->status = CSO_NORMAL;
}

/* What the object was addressed by when it was sent; one that is made, by what it was asked to be or has become. */
static const char *address(const struct scso *o, const struct spe *e, const struct sending *s, const char *given) {
    if (s->known) return s->known;
    for (int i = 0; i < e->n && o->status == CSO_PENDING_PROVISIONING; i++)
        if (e->at[i].attr == AT_ID && e->at[i].v.word) return e->at[i].v.word;
    return given ? given : "-";
}

/* Of what is looked at again in the final pass, references are told there. */
static void tell(struct model *m, const struct scso *o, const struct spe *e, const struct sending *s, bool good, bool invalid,
                 const char *given) {
    bool missing = s->missing && !(s->awaiting && good && !s->final);
    bool report = missing && m->plan->system[m->system].unresolved == UNRESOLVED_ERROR;
    if (missing && m->plan->system[m->system].unresolved == UNRESOLVED_WARN) m->now.ended = ACTIVITY_COMPLETE_WITH_WARNING;
    if (!s->anything && !report) return;
    struct note *n = note_new(m, o->id);
    n->id = address(o, e, s, good ? given : NULL);
    n->change = !s->anything ? OBJECT_PENDING_EXPORT : e->what == EXPORT_DELETE ? OBJECT_DEPROVISIONED : OBJECT_EXPORTED;
    if (!good)
        n->error = invalid ? ITEM_INVALID_GENERATED_ID : ITEM_UNHANDLED;
    else if (report)
        n->error = ITEM_UNRESOLVED_REFERENCE;
    if (good && s->anything) n->outcomes[e->what == EXPORT_DELETE ? OUTCOME_DEPROVISIONED : OUTCOME_EXPORTED]++;
}

static bool id_is_taken(struct model *m, const struct scso *o, const char *id) {
    for (int i = 0; i < m->now.csos; i++) {
        const struct scso *x = &m->now.cso[i];
        if (x->id && x->id != o->id && x->system == o->system && x->type == o->type &&
            same_text(first_word(&x->v[AT_ID]), id, true))
            return true;
    }
    return false;
}

/* Whether its references are looked at again in the final pass. */
static bool send(struct model *m, struct spe *e, struct sending *s) {
    struct scso *o = cso_by_id(m, e->cso);
    const char *id = NULL, *dn = NULL;
    struct spe was = *e;
    bool invalid = s->taken, good = !s->taken;
    if (good) good = !s->anything || sim_write(&m->now.sim[m->system], &s->write, &id, &dn);
    if (good && s->write.what == EXPORT_CREATE && id_is_taken(m, o, id)) good = false, invalid = true;
    if (!s->anything) {
        e->unresolved = true;
        e->retry = m->minutes + 5;
    } else if (good) {
        succeeded(m, o, e, s, id, dn);
    } else {
        failed(m, e);
    }
    tell(m, o, &was, s, good, invalid, id);
    return good && s->awaiting;
}

/* References of a batch are looked up before any of it is sent. */
static void batch(struct model *m, const int *csos, int n, bool final, bool *again) {
    static struct sending sendings[CSOS];
    remember_names(m);
    for (int i = 0; i < n; i++) prepare(m, cso_by_id(m, csos[i]), pe_of(m, csos[i]), &sendings[i]);
    for (int i = 0; i < n; i++) { /* one external id is one object (invariant 3) */
        const struct scso *o = cso_by_id(m, csos[i]);
        const char *id = NULL;
        for (int k = 0; k < sendings[i].write.count; k++)
            if (sendings[i].write.changes[k].attr == AT_ID) id = sendings[i].write.changes[k].word;
        sendings[i].taken = id && id_is_taken(m, o, id);
        for (int k = 0; k < i && id; k++) {
            const struct scso *other = cso_by_id(m, csos[k]);
            for (int c = 0; c < sendings[k].write.count; c++)
                if (sendings[k].write.changes[c].attr == AT_ID && other->type == o->type)
                    sendings[i].taken |= same_text(sendings[k].write.changes[c].word, id, true);
        }
    }
    for (int i = 0; i < n; i++) sendings[i].final = final;
    for (int i = 0; i < n; i++) again[i] = send(m, pe_of(m, csos[i]), &sendings[i]);
    follow_names(m, NULL);
}

static int due(struct model *m, int *csos) {
    int n = 0;
    for (int i = 0; i < m->now.pes; i++) {
        const struct spe *e = &m->now.pe[i];
        const struct scso *o = cso_by_id(m, e->cso);
        if (o && o->system == m->system && executable(m, e)) csos[n++] = e->cso;
    }
    return n;
}

/* 16.6: those that were looked at in this run and can be written now. */
static int writable_now(struct model *m, const int *seen, const int *errors, int n, int *csos) {
    int count = 0;
    for (int i = 0; i < n; i++) {
        const struct spe *e = pe_of(m, seen[i]);
        const char *word;
        bool any = false;
        for (int k = 0; e && k < e->n; k++)
            any = any || (e->unresolved && e->status == EXPORT_PENDING && e->errors == errors[i] && to_be_sent(&e->at[k]) &&
                          e->at[k].v.ref && is_reference(e->at[k].attr) && reach_of(m, &e->at[k], &word) == RESOLVABLE);
        if (any) csos[count++] = seen[i];
    }
    return count;
}

/* What still cannot be written is told of at the end. */
static void tell_rest(struct model *m, const int *seen, const bool *deferred, int n, const int *written, int writes) {
    static struct sending s;
    for (int i = 0; i < n; i++) {
        bool done = !deferred[i];
        for (int k = 0; k < writes; k++) done = done || written[k] == seen[i];
        if (done) continue;
        prepare(m, cso_by_id(m, seen[i]), pe_of(m, seen[i]), &s);
        s.final = true;
        s.anything = false;
        tell(m, cso_by_id(m, seen[i]), pe_of(m, seen[i]), &s, true, false, NULL);
    }
}

void model_export(struct model *m) {
    static int seen[CSOS], errors[CSOS], again[CSOS];
    static bool deferred[CSOS], ignored[CSOS];
    int n = due(m, seen);
    for (int i = 0; i < n; i++) errors[i] = pe_of(m, seen[i])->errors;
    batch(m, seen, n, false, deferred);
    int writes = writable_now(m, seen, errors, n, again);
    batch(m, again, writes, true, ignored);
    tell_rest(m, seen, deferred, n, again, writes);
}

/* ---- Time ---- */

static bool relative(const struct rule *r) {
    for (int i = 0; i < CRITERIA; i++)
        if (r->criteria[i].on && r->criteria[i].days >= 0) return true;
    return false;
}

/* Has time alone moved it over the edge since the last look, or is this the first one? */
static bool flipped(struct model *m, const struct rule *r, const struct set *values, const bool *null, bool *now) {
    int64_t minutes = m->minutes;
    *now = in_scope(m, r, values, null);
    if (m->temporal < 0) return true;
    m->minutes = m->temporal;
    bool before = in_scope(m, r, values, null);
    m->minutes = minutes;
    return before != *now;
}

static void look(struct model *m, const struct rule *r) {
    bool now;
    for (int k = 0; k < m->now.csos && r->import; k++) {
        struct scso *o = &m->now.cso[k];
        if (!o->id || o->system != r->system || o->type != r->type || o->status != CSO_NORMAL) continue;
        if (flipped(m, r, o->v, NULL, &now) && now != (o->mvo != 0)) o->review = true;
    }
    for (int k = 0; k < m->now.mvos && !r->import; k++) {
        struct smvo *o = &m->now.mvo[k];
        if (!o->id || o->type != r->mv_type || !flipped(m, r, o->v, o->null, &now)) continue;
        if (now != (connector_in(m, o->id, r->system) != NULL)) o->review = true;
    }
}

void model_temporal(struct model *m) {
    bool any = false;
    for (int i = 0; i < m->plan->rules; i++) {
        const struct rule *r = &m->plan->rule[i];
        if (!r->on || !r->enabled || !relative(r)) continue;
        look(m, r);
        any = true;
    }
    if (any) m->temporal = m->minutes;
}
