/* What the target systems should hold: export evaluation, scope exits, drift (sections 13 to 15). */
#include "model.h"

#include <ctype.h>
#include <string.h>

struct staging {
    int n;
    struct change at[CHANGES];
    enum item_error error;
    bool keeps_name;
    bool fails; /* nothing at all is staged for the MVO */
};

static void tell(struct model *m, enum item_error error) {
    for (int i = 0; i < m->problems; i++)
        if (m->problem[i] == error) return;
    if (error) m->problem[m->problems++] = error;
}

static bool live(const struct map *k) { return k->on && !k->gone && k->enabled; }

static bool on_create_only(const struct model *m, const struct rule *r, const struct map *k) {
    return k->initial_only || k->target == AT_ID || (k->target == AT_B && m->plan->system[r->system].create_only_b);
}

static void put(struct staging *s, int attr, enum attribute_change how, const struct item *v) {
    if (!v && attr == AT_DN && s->keeps_name) return; /* what addresses an object is never cleared */
    struct change *c = &s->at[s->n++];
    *c = (struct change){.attr = attr, .how = how, .has = v != NULL};
    if (v) c->v = *v;
}

static const char *formula(const struct map *k, const char *input) {
    char out[128];
    int n = 0;
    if (k->formula == 1 && !input) return NULL;
    if (k->formula == 1)
        for (; input[n]; n++) out[n] = (char)toupper(input[n]);
    if (k->formula == 2) n = snprintf(out, sizeof out, "<%s>", input ? input : "");
    if (k->formula == 3) n = snprintf(out, sizeof out, "%s", input ? input : "none");
    return intern(out, (size_t)n);
}

/* What the target attribute should hold; false: the mapping has nothing to say. */
static bool wanted(const struct map *k, const struct smvo *o, struct set *out, struct staging *s) {
    const struct set *v = &o->v[k->source];
    *out = *v;
    if (k->formula) {
        const char *input = first_word(v), *result;
        if ((!input || !*input) && k->missing != MISSING_EVALUATE_ANYWAY) {
            if (k->missing != MISSING_CONTRIBUTE_NO_VALUE) s->error = ITEM_EXPRESSION_MISSING_INPUT;
            if (k->missing == MISSING_FAIL_OBJECT) s->fails = true;
            return false;
        }
        result = formula(k, input);
        out->n = 0;
        if (result) add_item(out, (struct item){result, 0});
        return result != NULL;
    }
    if (!is_multi(k->target) && v->n > 1) {
        s->error = ITEM_MULTI_TO_SINGLE;
        return false;
    }
    for (int i = out->n - 1; i >= 0; i--) /* empty text is no value */
        if (out->at[i].word && !*out->at[i].word) take_item(out, i);
    return true;
}

static bool changed(const struct smvo *before, const struct smvo *now, int attr) {
    return !before || !same_set(&before->v[attr], &now->v[attr]) || before->null[attr] != now->null[attr];
}

static bool says_rightly(struct model *m, const struct scso *o, const struct smvo *from, int attr);

/* What is taken away is named as the target holds it. A reference to an MVO that is gone names the object that it had, or nothing.
 */
static void put_removal(struct model *m, struct staging *s, const struct map *k, struct item v, struct scso *x) {
    int place = is_reference(k->target) ? gone_place(m, v.ref) : -1;
    const struct scso *target = place >= 0 ? cso_by_id(m, m->gone_cso[place][x->system]) : named_in(m, v.ref, x->system);
    struct set held;
    effective(m, x, k->target, &held);
    for (int i = 0; i < held.n && is_reference(k->target) && target; i++)
        if (held.at[i].ref == target->id) v = (struct item){held.at[i].word, 0};
    if (place >= 0 && !target) return;
    if (place >= 0 && v.ref) v = (struct item){address_of(m, target), 0};
    if (v.ref || v.word) put(s, k->target, CHANGE_REMOVE, &v);
}

static void differences(struct model *m, struct scso *x, const struct map *k, const struct set *want, struct staging *s);

/* One mapping on the Update path: what changed, or everything that is there. What is absent is then taken away where the rule
 * enforces its state, but not from a system that rightly decides. */
static void update(struct model *m, struct staging *s, const struct rule *r, const struct map *k, const struct smvo *before,
                   const struct smvo *o, struct scso *x, bool all) {
    struct set v;
    s->keeps_name = m->plan->system[r->system].secondary;
    bool by_value = is_multi(k->target) && is_multi(k->source) && !k->formula;
    if (!all && !changed(before, o, k->source)) return;
    if (!wanted(k, o, &v, s)) return;
    if (all && !k->formula && (r->enforce || o->null[k->source]) && !says_rightly(m, x, o, k->source)) {
        differences(m, x, k, &v, s);
        return;
    }
    if (!by_value) {
        if (v.n) put(s, k->target, CHANGE_UPDATE, &v.at[0]);
        bool lost = before && before->v[k->source].n && changed(before, o, k->source);
        if (!v.n && (!all || lost)) put(s, k->target, CHANGE_UPDATE, NULL);
        return;
    }
    for (int i = 0; i < v.n; i++)
        if (all || !before || !has_item(&before->v[k->source], v.at[i])) put(s, k->target, CHANGE_ADD, &v.at[i]);
    for (int i = 0; before && i < before->v[k->source].n; i++)
        if (!has_item(&v, before->v[k->source].at[i])) put_removal(m, s, k, before->v[k->source].at[i], x);
}

static void create(struct staging *s, const struct rule *r, const struct smvo *o) {
    for (int i = 0; i < MAPS; i++) {
        const struct map *k = &r->maps[i];
        struct set v;
        if (!live(k) || !wanted(k, o, &v, s)) continue;
        for (int n = 0; n < v.n; n++)
            put(s, k->target, is_multi(k->target) && is_multi(k->source) ? CHANGE_ADD : CHANGE_UPDATE, &v.at[n]);
    }
}

static void updates(struct model *m, struct staging *s, const struct rule *r, const struct smvo *before, const struct smvo *o,
                    struct scso *x, bool all) {
    for (int i = 0; i < MAPS; i++)
        if (live(&r->maps[i]) && !on_create_only(m, r, &r->maps[i])) update(m, s, r, &r->maps[i], before, o, x, all);
}

/* ---- Export matching ---- */

static int match_count(struct model *m, const struct rule *r, const struct smvo *o, const struct match *k, struct scso **found) {
    int count = 0;
    for (int i = 0; i < m->now.csos; i++) {
        struct scso *x = &m->now.cso[i];
        const struct spe *e = pe_of(m, x->id);
        bool hit = false;
        if (e && e->what == EXPORT_DELETE && e->status != EXPORT_PENDING) continue; /* it may be gone already */
        if (!x->id || x->system != r->system || x->type != r->type || x->status != CSO_NORMAL || x->mvo) continue;
        for (int a = 0; a < o->v[k->target].n; a++)
            for (int b = 0; b < x->v[k->attr].n; b++)
                hit = hit ||
                      (*o->v[k->target].at[a].word && same_text(o->v[k->target].at[a].word, x->v[k->attr].at[b].word, k->any_case));
        if (!hit) continue;
        *found = x;
        count++;
    }
    return count;
}

/* 0: none; 1: one that may be claimed; 2: several. */
static int candidates(struct model *m, const struct rule *r, const struct smvo *o, struct scso **found) {
    const struct system_plan *p = &m->plan->system[r->system];
    const struct match *list = p->advanced ? r->matches : p->matches[r->type];
    for (int i = 0; i < MATCHES; i++) {
        int count = list[i].on ? match_count(m, r, o, &list[i], found) : 0;
        if (count > 1) return 2;
        if (count == 1) return 1;
    }
    return 0;
}

static int claim(struct model *m, const struct rule *r, struct smvo *o, struct scso **found) {
    int count = candidates(m, r, o, found);
    if (count != 1) return count;
    struct spe *e = pe_of(m, (*found)->id);
    if (e && e->what == EXPORT_DELETE) forget_pe(e);
    (*found)->mvo = o->id;
    (*found)->join = JOIN_JOINED;
    if (o->marked && cancel_rule_says_so(m, o, r->system)) o->marked = false;
    return 1;
}

/* ---- One rule ---- */

static bool relevant(const struct rule *r, const struct smvo *before, const struct smvo *o, bool all) {
    for (int i = 0; i < MAPS; i++)
        if (live(&r->maps[i]) && (all || r->maps[i].formula || changed(before, o, r->maps[i].source))) return true;
    return false;
}

static bool export_rule(const struct rule *r, const struct smvo *o) {
    return r->on && !r->import && r->enabled && r->mv_type == o->type;
}

/* What all provisioning rules in scope say of a new object there. */
static void create_by_all(struct model *m, struct staging *s, const struct rule *r, const struct smvo *o) {
    for (int i = 0; i < m->plan->rules; i++) {
        const struct rule *k = &m->plan->rule[i];
        if (export_rule(k, o) && k->act && k->system == r->system && k->type == r->type && mvo_in_scope(m, k, o)) create(s, k, o);
    }
}

static void provision(struct model *m, const struct rule *r, struct smvo *o) {
    struct staging s = {0};
    struct scso *x = NULL;
    create_by_all(m, &s, r, o);
    int claimed = claim(m, r, o, &x);
    if (claimed == 2) tell(m, ITEM_AMBIGUOUS_MATCH);
    if (claimed == 2) return;
    if (claimed == 1) {
        s.n = 0;
        s.error = ITEM_NO_ERROR;
        updates(m, &s, r, NULL, o, x, true);
        tell(m, s.error);
        stage(m, x, o, s.at, s.n);
        return;
    }
    tell(m, s.error);
    x = new_cso(m, r->system, r->type);
    x->status = CSO_PENDING_PROVISIONING;
    x->join = JOIN_PROVISIONED;
    x->mvo = o->id;
    stage_new(m, x, o, s.at, s.n);
}

/* A Delete that was not sent yet is taken back (15.2). */
static bool comes_back(const struct spe *e) { return e && e->what == EXPORT_DELETE && e->status == EXPORT_PENDING; }

static bool unsent(struct model *m, const struct scso *x) {
    return x->status == CSO_PENDING_PROVISIONING && !create_counts_as_exported(m, x);
}

/* Nothing is staged for what is gone, nor, when only scope is looked at, for what is there as it should be. */
static bool left_alone(const struct model *m, const struct scso *x, const struct spe *e) {
    return x->status == CSO_OBSOLETE || (m->scope_only && !comes_back(e));
}

static void evaluate_rule(struct model *m, const struct rule *r, struct smvo *o, const struct smvo *before, bool all) {
    struct scso *x = connector_in(m, o->id, r->system);
    struct spe *e = x ? pe_of(m, x->id) : NULL;
    struct staging s = {0};
    if (!x) {
        if (r->act) provision(m, r, o);
        return;
    }
    bool back = comes_back(e);
    if (x->type != r->type || left_alone(m, x, e)) return;
    if (unsent(m, x)) {
        if (!r->act || !relevant(r, before, o, all)) return;
        create_by_all(m, &s, r, o);
        tell(m, s.error);
        stage_new(m, x, o, s.at, s.n);
        return;
    }
    if (back) forget_pe(e); /* 15.2; what it replaced is lost, so everything is looked at */
    updates(m, &s, r, before, o, x, all || back);
    tell(m, s.error);
    stage(m, x, o, s.at, s.n);
}

static void try_new(struct model *m, struct staging *s, const struct rule *r, struct smvo *o) {
    struct scso *found = NULL;
    int count = r->act ? candidates(m, r, o, &found) : 2;
    if (count == 1) updates(m, s, r, NULL, o, found, true);
    if (count == 0) create(s, r, o);
}

static bool rule_fails(struct model *m, const struct rule *r, struct smvo *o, const struct smvo *before, bool all) {
    struct staging s = {0};
    struct scso *x = connector_in(m, o->id, r->system);
    const struct spe *e = x ? pe_of(m, x->id) : NULL;
    if (x && left_alone(m, x, e)) return false;
    all = all || comes_back(e);
    if (!x) try_new(m, &s, r, o);
    if (x && unsent(m, x) && r->act && relevant(r, before, o, all)) create(&s, r, o);
    if (x && !unsent(m, x)) updates(m, &s, r, before, o, x, all);
    if (s.fails) tell(m, s.error);
    return s.fails;
}

/* Would something of the MVO's evaluation stop all of it? */
static bool fails(struct model *m, struct smvo *o, const struct smvo *before, unsigned all_for) {
    for (int i = 0; i < m->plan->rules; i++) {
        const struct rule *r = &m->plan->rule[i];
        if (export_rule(r, o) && mvo_in_scope(m, r, o) && rule_fails(m, r, o, before, all_for >> r->system & 1)) return true;
    }
    return false;
}

/* ---- Scope exit (15.1) ---- */

static bool feeds(struct model *m, const struct scso *x) {
    for (int i = 0; i < m->plan->rules; i++)
        if (x->status == CSO_NORMAL && flows(m, &m->plan->rule[i], x)) return true;
    return false;
}

static void leave(struct model *m, const struct rule *r, struct smvo *o) {
    struct scso *x = connector_in(m, o->id, r->system);
    bool deletes = false, stays = false;
    if (!x || x->type != r->type || x->status == CSO_OBSOLETE || feeds(m, x)) return;
    for (int i = 0; i < m->plan->rules; i++) {
        const struct rule *other = &m->plan->rule[i];
        if (!export_rule(other, o) || other->system != r->system || other->type != r->type) continue;
        bool in = mvo_in_scope(m, other, o);
        stays = stays || in;
        deletes = deletes || (!in && other->deprovision == DEPROVISION_DELETE);
    }
    if (stays) return;
    if (unsent(m, x)) {
        forget_cso(m, x);
        return;
    }
    if (deletes) {
        stage_removal(m, x);
        return;
    }
    int system = x->system;
    forget_pe(pe_of(m, x->id));
    x->mvo = 0;
    x->join = JOIN_NONE;
    mark_for_deletion(m, o, system, NULL);
}

void evaluate(struct model *m, struct smvo *o, const struct smvo *before, unsigned all_for) {
    if (fails(m, o, before, all_for)) return;
    for (int i = 0; i < m->plan->rules; i++) {
        const struct rule *r = &m->plan->rule[i];
        bool here = !m->only_here || r->system == m->system;
        if (here && export_rule(r, o) && mvo_in_scope(m, r, o)) evaluate_rule(m, r, o, before, all_for >> r->system & 1);
    }
    for (int i = 0; i < m->plan->rules && !m->only_here; i++) {
        const struct rule *r = &m->plan->rule[i];
        if (export_rule(r, o) && !mvo_in_scope(m, r, o)) leave(m, r, o);
    }
}

/* There is no object of the run that could tell it: one of the MVO's own does, unless it has told so already. */
static void tell_review(struct model *m, const struct smvo *o, enum item_error problem) {
    int teller = 0;
    for (int i = 0; i < m->now.csos; i++)
        if (m->now.cso[i].id && m->now.cso[i].mvo == o->id) teller = m->now.cso[i].id;
    if (teller && !has_told(m, teller, problem)) note_new(m, teller)->error = problem;
}

/* What is staged in a review is told by the object for which it is staged. */
static void tell_staged(struct model *m, int since) {
    for (int i = since; i < m->staged; i++) {
        const struct scso *o = cso_by_id(m, m->staged_on[i % CSOS]);
        struct note *n = note_new(m, o->id);
        n->id = o->v[AT_ID].n ? first_word(&o->v[AT_ID]) : "-";
        n->change = OBJECT_PENDING_EXPORT;
    }
}

void model_scope_review(struct model *m) {
    m->dying = 0;
    for (int i = 0; i < m->now.mvos; i++) {
        struct smvo *o = &m->now.mvo[i];
        if (!o->id || !o->review) continue;
        o->review = false;
        m->scope_only = true;
        m->problems = 0;
        int staged = m->staged;
        evaluate(m, o, &(struct smvo){.type = o->type}, 0);
        tell_staged(m, staged);
        for (int k = 0; k < m->problems; k++) tell_review(m, o, m->problem[k]);
        m->scope_only = false;
    }
    delete_dying(m);
}

/* ---- Drift (14) ---- */

/* Does the object's system rightly say what the attribute is: as its only contributor, or as the one that wins? */
static bool says_rightly(struct model *m, const struct scso *o, const struct smvo *from, int attr) {
    bool mine = false, others = false;
    for (int i = 0; i < m->plan->rules; i++)
        for (int k = 0; k < MAPS; k++) {
            const struct rule *r = &m->plan->rule[i];
            if (!r->on || !r->import || !r->enabled || r->mv_type != from->type || !live(&r->maps[k]) || r->maps[k].target != attr)
                continue;
            mine = mine || r->system == o->system;
            others = others || r->system != o->system;
        }
    const struct rule *winner = rule_of_map(m, from->by[attr], NULL);
    return mine && (!others || (winner && winner->system == o->system));
}

static bool awaits(const struct spe *e, int attr) {
    for (int i = 0; e && i < e->n; i++)
        if (e->at[i].attr == attr && (!e->at[i].drift || e->at[i].status != CHANGE_PENDING)) return true;
    return false;
}

/* What is missing, and what is too much. */
static void differences(struct model *m, struct scso *o, const struct map *k, const struct set *want, struct staging *s) {
    struct set held;
    bool by_value = is_multi(k->target) && is_multi(k->source);
    effective(m, o, k->target, &held);
    for (int i = 0; i < want->n; i++) put(s, k->target, by_value ? CHANGE_ADD : CHANGE_UPDATE, &want->at[i]);
    for (int n = 0; n < held.n && by_value; n++) {
        bool there = false;
        for (int i = 0; i < want->n; i++) there = there || same_in_target(m, o, k->target, want->at[i], held.at[n]);
        struct item surplus = held.at[n];
        surplus.ref = 0;
        if (!there) put(s, k->target, CHANGE_REMOVE, &surplus);
    }
    if (!want->n && !by_value) put(s, k->target, CHANGE_UPDATE, NULL);
}

/* Corrections staged earlier that are not needed any more. */
static void forget_drift(struct spe *e, int attr, const struct staging *s, int from) {
    int kept = 0, all = e ? e->n : 0;
    for (int i = 0; i < all; i++) {
        const struct change *c = &e->at[i];
        bool needed = c->attr != attr || !c->drift || c->status != CHANGE_PENDING;
        for (int k = from; k < s->n; k++)
            needed = needed || (s->at[k].how == c->how && s->at[k].v.ref == c->v.ref && s->at[k].v.word == c->v.word);
        if (needed) e->at[kept++] = *c;
    }
    if (e) e->n = kept;
    if (kept < all && !kept && e->what == EXPORT_UPDATE) forget_pe(e);
}

static void drift_map(struct model *m, const struct map *k, struct scso *o, struct smvo *from, struct staging *s) {
    struct set want;
    if (awaits(pe_of(m, o->id), k->target) || says_rightly(m, o, from, k->source) || !wanted(k, from, &want, s)) return;
    int before = s->n, all = want.n;
    for (int i = want.n - 1; i >= 0; i--) /* what has no object in the system cannot have drifted */
        if (is_reference(k->target) && want.at[i].ref && !named_in(m, want.at[i].ref, o->system)) take_item(&want, i);
    if (all && !want.n && !(is_multi(k->target) && is_multi(k->source))) return;
    differences(m, o, k, &want, s);
    for (int i = before; i < s->n; i++) s->at[i].drift = true;
    forget_drift(pe_of(m, o->id), k->target, s, before);
}

void drift(struct model *m, struct scso *o) {
    struct smvo *from = mvo_by_id(m, o->mvo);
    struct staging s = {0};
    if (!from || o->status != CSO_NORMAL) return;
    for (int i = 0; i < m->plan->rules; i++) {
        const struct rule *r = &m->plan->rule[i];
        if (!export_rule(r, from) || !r->enforce || r->system != o->system || r->type != o->type || !mvo_in_scope(m, r, from))
            continue;
        s.keeps_name = is_secondary(m, o);
        for (int k = 0; k < MAPS; k++)
            if (live(&r->maps[k]) && !on_create_only(m, r, &r->maps[k])) drift_map(m, &r->maps[k], o, from, &s);
    }
    if (s.fails && !note_of(m, o->id)->error) note_of(m, o->id)->error = s.error;
    if (!s.n || s.fails) return;
    struct spe *e = pe_of(m, o->id);
    if (e && e->what == EXPORT_DELETE) return;
    int staged = m->staged;
    stage(m, o, from, s.at, s.n);
    if (m->staged > staged && !note_of(m, o->id)->change) note_of(m, o->id)->change = OBJECT_DRIFT_CORRECTION;
}
