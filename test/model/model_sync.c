/* Synchronisation: pages, joins and projections (sections 8 to 10). */
#include "model.h"

#include <stdlib.h>
#include <string.h>

static bool candidate_holds(struct model *m, const struct smvo *o, const struct match *k, const struct scso *from) {
    const struct smvo *as = before_of(m, o->id);
    if (!as) as = o; /* made in this page */
    for (int i = 0; i < from->v[k->attr].n; i++)
        for (int n = 0; n < as->v[k->target].n; n++)
            if (same_text(from->v[k->attr].at[i].word, as->v[k->target].at[n].word, k->any_case)) return true;
    return false;
}

/* How many MVOs match, and one of them. */
static int matching(struct model *m, const struct match *k, const struct scso *o, int mv_type, struct smvo **found) {
    int count = 0;
    for (int i = 0; i < m->now.mvos; i++) {
        struct smvo *x = &m->now.mvo[i];
        if (!x->id || x->type != mv_type || !candidate_holds(m, x, k, o)) continue;
        *found = x;
        count++;
    }
    return count;
}

static void establish(struct model *m, struct turn *t, struct scso *o, struct smvo *to) {
    if (connector_in(m, to->id, o->system)) {
        note_of(m, o->id)->error = ITEM_COULD_NOT_JOIN;
        return;
    }
    o->mvo = to->id;
    o->join = JOIN_JOINED;
    t->joined = true;
    note_of(m, o->id)->change = OBJECT_JOINED;
    if (to->marked && cancel_rule_says_so(m, to, o->system)) to->marked = false;
}

/* Whether a list of matching rules has decided. */
static bool match_list(struct model *m, struct turn *t, struct scso *o, const struct match *list, int mv_type) {
    for (int i = 0; i < MATCHES; i++) {
        struct smvo *found = NULL;
        int count = list[i].on ? matching(m, &list[i], o, mv_type, &found) : 0;
        if (count > 1) note_of(m, o->id)->error = ITEM_AMBIGUOUS_MATCH;
        if (count == 1) establish(m, t, o, found);
        if (count) return true;
    }
    return false;
}

static bool join(struct model *m, struct turn *t, struct scso *o) {
    const struct system_plan *p = &m->plan->system[o->system];
    if (!p->advanced) return match_list(m, t, o, p->matches[o->type], o->type);
    for (int i = 0; i < m->plan->rules; i++) {
        const struct rule *r = &m->plan->rule[i];
        if (flows(m, r, o) && match_list(m, t, o, r->matches, r->mv_type)) return true;
    }
    return false;
}

static void project(struct model *m, struct turn *t, struct scso *o) {
    for (int i = 0; i < m->plan->rules; i++) {
        const struct rule *r = &m->plan->rule[i];
        if (!flows(m, r, o) || !r->act) continue;
        if (m->now.mvos == MVOS) abort();
        struct smvo *to = &m->now.mvo[m->now.mvos++];
        *to = (struct smvo){.id = m->next_mvo++, .type = r->mv_type, .fresh = true, .trigger = -1};
        o->mvo = to->id;
        o->join = JOIN_PROJECTED;
        t->projected = true;
        note_of(m, o->id)->change = OBJECT_PROJECTED;
        return;
    }
}

static bool projects(const struct model *m, const struct scso *o) {
    for (int i = 0; i < m->plan->rules; i++)
        if (flows(m, &m->plan->rule[i], o) && m->plan->rule[i].act) return true;
    return false;
}

static const struct rule *first_rule(const struct model *m, const struct scso *o, bool scoped) {
    for (int i = 0; i < m->plan->rules; i++) {
        const struct rule *r = &m->plan->rule[i];
        bool has = r->criteria[0].on || r->criteria[1].on;
        if (r->on && r->import && r->enabled && r->system == o->system && r->type == o->type && (!scoped || has)) return r;
    }
    return NULL;
}

static bool flows_somewhere(const struct model *m, const struct scso *o) {
    for (int i = 0; i < m->plan->rules; i++)
        if (flows(m, &m->plan->rule[i], o)) return true;
    return false;
}

/* Is the object in scope of a rule, or has its type none at all? Acts on what has fallen out. */
static bool stays(struct model *m, struct scso *o) {
    if (flows_somewhere(m, o) || !first_rule(m, o, false)) return true;
    if (!o->mvo) return false;
    struct note *n = note_of(m, o->id);
    const struct rule *r = first_rule(m, o, true);
    n->change = r->exit == OUT_OF_SCOPE_REMAIN_JOINED ? OBJECT_OUT_OF_SCOPE_RETAIN_JOIN : OBJECT_DISCONNECTED_OUT_OF_SCOPE;
    if (r->exit != OUT_OF_SCOPE_DISCONNECT) return false;
    disconnect(m, o, n);
    struct spe *e = pe_of(m, o->id); /* what was staged for the MVO is not sent any more; a Delete stands */
    if (e && e->what == EXPORT_DELETE) e->mvo = 0;
    if (e && e->what != EXPORT_DELETE) forget_pe(e);
    return false;
}

static void pass_two(struct model *m, struct turn *t) {
    struct scso *o = cso_by_id(m, t->cso);
    enum item_error error = ITEM_NO_ERROR;
    t->handled = true;
    bool here = stays(m, o);
    t->mvo = o->mvo;
    t->left = o->was;
    if (!here) return;
    bool fails = flow_fails(m, o, &error);
    if (!o->mvo && !join(m, t, o) && !fails) project(m, t, o);
    if (fails && (o->mvo || projects(m, o)) && !note_of(m, o->id)->error) note_of(m, o->id)->error = error;
    t->mvo = o->mvo;
    t->stopped = fails;
    t->in_flow = o->mvo && !fails && first_rule(m, o, false);
    if (t->in_flow) flow_object(m, t, false);
}

/* Section 12.1. */
static void obsolete(struct model *m, struct turn *t) {
    struct scso *o = cso_by_id(m, t->cso);
    const struct rule *r = first_rule(m, o, false);
    struct note *n = NULL;
    if (o->mvo || o->join != JOIN_NONE) {
        n = note_of(m, o->id);
        n->change = OBJECT_DELETED;
    }
    if (o->mvo && (!r || r->exit == OUT_OF_SCOPE_DISCONNECT)) {
        n->change = OBJECT_DISCONNECTED;
        disconnect(m, o, n);
    }
    t->left = o->mvo ? o->mvo : o->was;
    o->mvo = 0;
}

static bool untouched(const struct model *m, const struct scso *o) {
    return o->status == CSO_NORMAL && o->mvo && !o->review && !o->failed && m->synced[m->system] &&
           o->touched <= m->synced[m->system] && m->applied[m->system] && m->rules_changed <= m->applied[m->system];
}

static bool configuration_changed(const struct model *m) {
    return !m->applied[m->system] || m->rules_changed > m->applied[m->system];
}

/* The first error of an object stands in its item; another of the same page has one of its own. */
static void tell_problem(struct model *m, int cso, enum item_error problem) {
    struct note *n = note_of(m, cso);
    if (!n->error)
        n->error = problem;
    else if (!has_told(m, cso, problem) && !m->again)
        note_new(m, cso)->error = problem;
}

/* What was staged for an object of which nothing else is told makes its item one of a pending export. */
static void evaluate_one(struct model *m, struct smvo *o, const struct smvo *before, unsigned all_for, bool changed) {
    int staged = m->staged, id = o->id;
    m->problems = 0;
    m->only_here = m->again && !changed;
    evaluate(m, o, before, all_for);
    m->only_here = false;
    for (int t = 0; t < m->turns; t++) {
        int cso = m->turn[t].cso;
        if (m->turn[t].mvo != id && m->turn[t].left != id) continue;
        for (int k = 0; k < m->problems; k++) tell_problem(m, cso, m->problem[k]);
        if (m->staged > staged && !note_of(m, cso)->change) note_of(m, cso)->change = OBJECT_PENDING_EXPORT;
    }
}

/* Every MVO that changed, was made or joined is evaluated once; with a changed configuration every one that was met (13.1). */
static void evaluate_page(struct model *m, bool all) {
    for (int i = 0; i < m->now.mvos; i++) {
        struct smvo *o = &m->now.mvo[i];
        unsigned systems = o->fresh ? ~0u : 0;
        bool changed = o->fresh;
        const struct smvo *before = before_of(m, o->id);
        for (int t = 0; t < m->turns; t++) {
            const struct turn *k = &m->turn[t];
            if (k->mvo != o->id || !o->id) continue;
            if (k->joined || (k->visited && k->projected)) systems |= 1u << m->system;
            if ((all && k->visited) || ((all || k->retried) && k->handled && !k->stopped)) systems = ~0u;
        }
        for (int at = 0; before && at < ATTRS; at++)
            changed = changed || !same_set(&before->v[at], &o->v[at]) || before->null[at] != o->null[at];
        bool ends = false;
        for (int d = 0; d < m->dying; d++) ends = ends || m->dying_mvo[d] == o->id;
        if (o->id && !ends && (changed || systems)) evaluate_one(m, o, before, systems, changed);
    }
}

static void begin_page(struct model *m) {
    resolve_all(m);
    m->befores = m->now.mvos;
    memcpy(m->before, m->now.mvo, sizeof m->before);
    for (int i = 0; i < m->now.mvos; i++) m->now.mvo[i].fresh = false;
    for (int i = 0; i < m->now.csos; i++) m->now.cso[i].was = 0;
    m->turns = m->dying = 0;
}

/* 12.5 step 1: those to which an object of that system has come back live on. */
static void spare(struct model *m) {
    int kept = 0;
    for (int i = 0; i < m->dying; i++) {
        const struct smvo *o = mvo_by_id(m, m->dying_mvo[i]);
        bool back = connector_in(m, o->id, m->dying_system[i]) != NULL;
        if (back) continue;
        m->dying_mvo[kept] = m->dying_mvo[i];
        m->dying_system[kept++] = m->dying_system[i];
    }
    m->dying = kept;
}

static void finish_page(struct model *m, bool all) {
    spare(m);
    for (int i = 0; i < m->turns; i++)
        if (m->turn[i].in_flow) flow_object(m, &m->turn[i], true);
    for (int i = 0; i < m->turns; i++)
        if ((m->turn[i].handled || m->turn[i].visited) && !m->turn[i].stopped && !m->turn[i].joined && !m->turn[i].projected &&
            cso_by_id(m, m->turn[i].cso))
            drift(m, cso_by_id(m, m->turn[i].cso));
    evaluate_page(m, all);
    for (int i = 0; i < m->turns; i++) {
        struct scso *o = cso_by_id(m, m->turn[i].cso);
        const struct note *n = NULL;
        if (!o) continue;
        for (int k = 0; k < m->notes; k++)
            if (m->note[k].cso == o->id && m->note[k].error) n = &m->note[k];
        o->failed = n != NULL;
        if (!n) o->review = false;
    }
    for (int i = 0; i < m->turns; i++) {
        struct scso *o = cso_by_id(m, m->turn[i].cso);
        if (o && o->status == CSO_OBSOLETE) forget_cso(m, o);
    }
    delete_dying(m);
}

static void take_page(struct model *m, const int *ids, int n, bool full) {
    bool all = full && configuration_changed(m);
    begin_page(m);
    for (int i = 0; i < n; i++) m->turn[m->turns++] = (struct turn){.cso = ids[i], .retried = cso_by_id(m, ids[i])->failed};
    for (int i = 0; i < n; i++) {
        struct scso *o = cso_by_id(m, ids[i]);
        confirm_sync(m, o);
        if (o->status == CSO_OBSOLETE) obsolete(m, &m->turn[i]);
    }
    for (int i = 0; i < n; i++) {
        const struct scso *o = cso_by_id(m, ids[i]);
        if (o->status == CSO_NORMAL && !(full && untouched(m, o))) pass_two(m, &m->turn[i]);
    }
    finish_page(m, all);
}

static bool among(const int *list, int n, int id) {
    for (int i = 0; i < n; i++)
        if (list[i] == id) return true;
    return false;
}

static const struct turn *visited(const struct turn *turns, int count, int cso) {
    for (int i = 0; i < count; i++)
        if (cso && turns[i].cso == cso && turns[i].handled && !turns[i].stopped) return &turns[i];
    return NULL;
}

/* References to objects that were joined on later pages (8.5); and what was judged of references before all had joined and left. */
static void across_pages(struct model *m, const int *ids, int n, const struct turn *turns, int count, bool all) {
    begin_page(m);
    for (int i = 0; i < m->now.csos; i++) {
        const struct scso *o = &m->now.cso[i];
        const struct turn *as = visited(turns, count, o->id);
        bool flows = o->id && among(ids, n, o->id);
        enum item_error error = ITEM_NO_ERROR;
        if ((!flows && !as) || o->status != CSO_NORMAL || !o->mvo || flow_fails(m, o, &error)) continue;
        struct turn *t = &m->turn[m->turns++];
        *t = (struct turn){.cso = o->id, .mvo = o->mvo, .in_flow = flows && flows_somewhere(m, o), .visited = as != NULL};
        t->projected = as && (as->joined || as->projected);
    }
    m->again = true;
    finish_page(m, all);
    m->again = false;
}

/* Whether the text could mean one of the objects, by whichever id: to look once more than needed is no error. */
static bool may_mean(struct model *m, const char *word, const int *list, int n) {
    for (int i = 0; i < n; i++) {
        const struct scso *o = cso_by_id(m, list[i]);
        if (o && same_text(first_word(&o->v[AT_ID]), word, true)) return true;
        if (o && is_secondary(m, o) && same_text(first_word(&o->v[AT_DN]), word, true)) return true;
    }
    return false;
}

/* Who refers to objects that were joined in this run looks again (11.7). */
static int referrers(struct model *m, const int *joined, int joins, int *held, int helds) {
    for (int i = 0; i < m->now.csos; i++) {
        const struct scso *o = &m->now.cso[i];
        if (!o->id || o->system != m->system || among(held, helds, o->id)) continue;
        for (int at = 0; at < ATTRS; at++)
            for (int k = 0; is_reference(at) && k < o->v[at].n; k++)
                if ((among(joined, joins, o->v[at].at[k].ref) || may_mean(m, o->v[at].at[k].word, joined, joins)) &&
                    !among(held, helds, o->id))
                    held[helds++] = o->id;
    }
    return helds;
}

void model_sync(struct model *m, bool full) {
    static struct turn turns[CSOS];
    int ids[CSOS], n = 0, held[CSOS], helds = 0, size = m->plan->page, joined[CSOS], joins = 0, count = 0;
    bool all = full && configuration_changed(m);
    long began = m->clock;
    for (int i = 0; i < m->now.csos; i++) {
        const struct scso *o = &m->now.cso[i];
        if (o->id && o->system == m->system && full && untouched(m, o)) {
            confirm_sync(m, &m->now.cso[i]); /* it has no part in the pages */
            continue;
        }
        if (o->id && o->system == m->system && (full || o->review || o->failed || o->touched > m->synced[m->system]))
            ids[n++] = o->id;
    }
    for (int from = 0; from < n; from += size) {
        take_page(m, ids + from, from + size < n ? size : n - from, full);
        for (int i = 0; i < m->turns; i++)
            if (m->turn[i].held) held[helds++] = m->turn[i].cso;
        for (int i = 0; i < m->turns; i++)
            if (m->turn[i].joined || m->turn[i].projected) joined[joins++] = m->turn[i].cso;
        for (int i = 0; i < m->turns; i++) turns[count++] = m->turn[i];
    }
    helds = referrers(m, joined, joins, held, helds);
    across_pages(m, held, helds, turns, count, all);
    model_scope_review(m);
    m->synced[m->system] = began;
    if (full) m->applied[m->system] = began;
}
