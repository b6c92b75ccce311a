/* Staging: what a target holds, and one pending export an object (sections 13.4 and 13.5). */
#include "model.h"

#include <stdlib.h>
#include <string.h>

bool create_counts_as_exported(struct model *m, const struct scso *o) {
    const struct spe *e = pe_of(m, o->id);
    if (o->v[AT_ID].n || !e || e->what == EXPORT_UPDATE || e->status == EXPORT_EXPORTED) return true;
    for (int i = 0; i < e->n; i++)
        if (e->at[i].attempts) return true;
    return e->exported;
}

bool same_in_target(struct model *m, const struct scso *o, int attr, struct item staged, struct item held) {
    if (!is_reference(attr) || !staged.ref) {
        const struct scso *x = is_reference(attr) ? cso_by_id(m, held.ref) : NULL;
        return same_text(staged.word, held.word, false) || (x && same_text(staged.word, address_of(m, x), false));
    }
    const struct scso *target = named_in(m, staged.ref, o->system);
    if (staged.word && same_text(staged.word, held.word, false)) return true;
    return target && held.ref == target->id; /* text that several could mean names none of them */
}

static int place(struct model *m, const struct scso *o, int attr, const struct set *v, struct item staged) {
    for (int i = 0; i < v->n; i++)
        if (same_in_target(m, o, attr, staged, v->at[i])) return i;
    return -1;
}

void effective(struct model *m, const struct scso *o, int attr, struct set *out) {
    const struct spe *e = pe_of(m, o->id);
    *out = o->v[attr];
    for (int i = 0; e && i < e->n; i++) {
        const struct change *c = &e->at[i];
        if (c->attr != attr || !(c->status == CHANGE_EXPORTED || (c->status == CHANGE_PENDING && c->attempts))) continue;
        int at = c->has ? place(m, o, attr, out, c->v) : -1;
        const struct scso *target = is_reference(attr) && c->v.ref ? named_in(m, c->v.ref, o->system) : NULL;
        struct item x = {c->v.word, target ? target->id : 0};
        if (c->how == CHANGE_UPDATE || c->how == CHANGE_REMOVE_ALL) out->n = 0, at = -1;
        if (c->how == CHANGE_REMOVE && at >= 0) take_item(out, at);
        if (c->how == CHANGE_ADD && at >= 0 && !out->at[at].ref)
            out->at[at].ref = x.ref; /* it means the one for which it was written */
        if ((c->how == CHANGE_ADD && at < 0) || (c->how == CHANGE_UPDATE && c->has)) out->at[out->n++] = x;
    }
}

static bool no_net_change(struct model *m, const struct scso *o, const struct change *c) {
    struct set v;
    effective(m, o, c->attr, &v);
    int at = c->has ? place(m, o, c->attr, &v, c->v) : -1;
    if (!c->has) return v.n == 0;
    if (c->how == CHANGE_UPDATE) return v.n == 1 && at == 0;
    return c->how == CHANGE_ADD ? at >= 0 : at < 0;
}

/* The object of the target system that a staged reference names. */
static int leads_to(struct model *m, const struct scso *o, const struct item *x) {
    const struct scso *target = x->ref ? named_in(m, x->ref, o->system) : NULL;
    if (x->ref) return target ? target->id : 0;
    return x->word ? target_of(m, o, x->word) : 0;
}

static bool same_staged(struct model *m, const struct scso *o, int attr, const struct item *x, const struct item *y) {
    if (x->ref && y->ref) return x->ref == y->ref;
    if (is_reference(attr)) {
        int a = leads_to(m, o, x), b = leads_to(m, o, y);
        if (a && b) return a == b;
    }
    return (!x->word && !y->word) || same_text(x->word, y->word, false);
}

/* Section 13.5: SVA by attribute, MVA by attribute and value; what is replaced as a whole has no value. */
static bool same_key(struct model *m, const struct scso *o, const struct change *x, const struct change *y) {
    if (x->attr != y->attr) return false;
    if (!is_multi(x->attr) || x->how == CHANGE_UPDATE || x->how == CHANGE_REMOVE_ALL) return true;
    return y->has && (y->how == CHANGE_ADD || y->how == CHANGE_REMOVE) && same_staged(m, o, x->attr, &x->v, &y->v);
}

static int cancel(struct model *m, const struct scso *o, struct spe *e, const struct change *c) {
    int kept = 0, before = e->n;
    for (int i = 0; i < e->n; i++) {
        const struct change *old = &e->at[i];
        bool same = old->how == c->how && old->has == c->has && (!c->has || same_staged(m, o, c->attr, &old->v, &c->v));
        bool written = old->status == CHANGE_EXPORTED || (old->status == CHANGE_PENDING && old->attempts && same);
        if (written || !same_key(m, o, c, old)) e->at[kept++] = *old;
    }
    e->n = kept;
    return before - kept;
}

static void supersede(struct model *m, const struct scso *o, struct spe *e, const struct change *c) {
    int kept = 0;
    for (int i = 0; i < e->n; i++)
        if (!same_key(m, o, c, &e->at[i])) e->at[kept++] = e->at[i];
    e->n = kept;
    if (e->n == CHANGES) abort();
    e->at[e->n++] = *c;
}

static struct spe *new_pe(struct model *m, const struct scso *o, const struct smvo *source, enum export_change what) {
    struct spe *e = &m->now.pe[m->now.pes++];
    if (m->now.pes == CSOS) abort();
    *e = (struct spe){.cso = o->id, .mvo = source ? source->id : 0, .order = ++m->order, .what = what};
    return e;
}

/* New changes on something that was sent, or has failed: one export that begins anew. */
static void begin_anew(struct model *m, const struct scso *o, struct spe *e) {
    bool any = e->status != EXPORT_PENDING;
    for (int i = 0; i < e->n; i++) any = any || e->at[i].status != CHANGE_PENDING || e->at[i].attempts;
    if (!any) return;
    if (create_counts_as_exported(m, o)) e->what = EXPORT_UPDATE;
    e->status = EXPORT_PENDING;
    e->errors = 0;
    e->retry = 0;
    for (int i = 0; i < e->n; i++) e->at[i].status = CHANGE_PENDING;
}

static void refresh_references(struct spe *e) {
    e->unresolved = false;
    for (int i = 0; i < e->n; i++)
        e->unresolved = e->unresolved || (e->at[i].v.ref && !e->at[i].v.word && e->at[i].status == CHANGE_PENDING);
}

static bool any_is(const struct spe *e, enum attribute_change_status status) {
    for (int i = 0; i < e->n; i++)
        if (e->at[i].status == status) return true;
    return false;
}

/* What remains when changes were cancelled. */
static void settle(struct model *m, const struct scso *o, struct spe *e) {
    refresh_references(e);
    if (!e->n && (e->what == EXPORT_UPDATE || create_counts_as_exported(m, o))) forget_pe(e);
    if (!e->n) return;
    e->status = any_is(e, CHANGE_PENDING)         ? EXPORT_PENDING
                : any_is(e, CHANGE_NOT_CONFIRMED) ? EXPORT_NOT_CONFIRMED
                : any_is(e, CHANGE_EXPORTED)      ? EXPORT_EXPORTED
                                                  : EXPORT_FAILED;
}

static bool staged_already(struct model *m, const struct scso *o, const struct spe *e, const struct change *c) {
    for (int i = 0; i < e->n; i++) {
        const struct change *k = &e->at[i];
        if (k->status == CHANGE_PENDING && k->attr == c->attr && k->how == c->how && k->has == c->has &&
            same_staged(m, o, c->attr, &k->v, &c->v))
            return true; /* also of an export that has failed: only something new opens that again (16.8) */
    }
    return false;
}

/* Evaluation wins over what drift correction staged for the same attribute. */
static void drop_drift(struct spe *e, const struct change *list, int n) {
    int kept = 0;
    for (int i = 0; i < e->n; i++) {
        bool again = false;
        for (int k = 0; k < n && e->at[i].drift; k++) again = again || list[k].attr == e->at[i].attr;
        if (!again) e->at[kept++] = e->at[i];
    }
    e->n = kept;
}

void stage(struct model *m, struct scso *o, struct smvo *source, const struct change *list, int n) {
    struct spe *e = pe_of(m, o->id);
    struct change fresh[CHANGES];
    int count = 0, cancelled = 0;
    if (e && e->what == EXPORT_DELETE) return;
    for (int i = 0; i < n; i++) {
        bool current = no_net_change(m, o, &list[i]);
        if (current && e) cancelled += cancel(m, o, e, &list[i]);
        if (!current && !(e && staged_already(m, o, e, &list[i]))) fresh[count++] = list[i];
    }
    if (!count && cancelled) settle(m, o, e);
    if (!count) return;
    m->staged_on[m->staged++ % CSOS] = o->id;
    if (!e) e = new_pe(m, o, source, EXPORT_UPDATE);
    begin_anew(m, o, e);
    if (!fresh[0].drift) drop_drift(e, fresh, count);
    for (int i = 0; i < count; i++) supersede(m, o, e, &fresh[i]);
    refresh_references(e);
}

void stage_removal(struct model *m, struct scso *o) {
    struct spe *e = pe_of(m, o->id);
    struct smvo *source = mvo_by_id(m, o->mvo);
    if (e && e->what == EXPORT_DELETE) {
        e->mvo = o->mvo;
        return;
    }
    forget_pe(e);
    m->staged_on[m->staged++ % CSOS] = o->id;
    e = new_pe(m, o, source, EXPORT_DELETE);
    if (!is_secondary(m, o) || !o->v[AT_DN].n) return;
    e->at[e->n++] = (struct change){.attr = AT_DN, .how = CHANGE_UPDATE, .has = true, .v = o->v[AT_DN].at[0]}; /* to address it */
}

static bool same_changes(struct model *m, const struct scso *o, const struct spe *e, const struct change *list, int n) {
    for (int i = 0; i < n && e->n == n; i++)
        if (e->at[i].attr != list[i].attr || e->at[i].how != list[i].how ||
            !same_staged(m, o, list[i].attr, &e->at[i].v, &list[i].v))
            return false;
    return e->n == n;
}

void stage_new(struct model *m, struct scso *o, struct smvo *source, const struct change *list, int n) {
    struct spe *e = pe_of(m, o->id);
    if (e && e->what == EXPORT_CREATE && same_changes(m, o, e, list, n)) return;
    m->staged_on[m->staged++ % CSOS] = o->id;
    if (!e) e = new_pe(m, o, source, EXPORT_CREATE);
    e->errors = 0;
    e->retry = 0;
    e->status = EXPORT_PENDING;
    e->n = n;
    memcpy(e->at, list, (size_t)n * sizeof *list);
    refresh_references(e);
    if (is_secondary(m, o)) o->v[AT_DN].n = 0;
    for (int i = 0; i < n && is_secondary(m, o); i++)
        if (list[i].attr == AT_DN && list[i].has) o->v[AT_DN] = (struct set){1, {list[i].v}};
}

/* ---- References to an MVO that is gone (12.6) ---- */

int gone_place(const struct model *m, int mvo) {
    for (int g = 0; g < m->gone; g++)
        if (m->gone_mvo[g] == mvo) return g;
    return -1;
}

static void purge(struct model *m, struct spe *e, int gone) {
    int kept = 0, before = e->n;
    for (int i = 0; i < e->n; i++)
        if (e->at[i].v.ref != gone) e->at[kept++] = e->at[i];
    e->n = kept;
    if (before == kept) return;
    refresh_references(e);
    if (!e->n && (e->what == EXPORT_UPDATE || create_counts_as_exported(m, cso_by_id(m, e->cso)))) forget_pe(e);
}

void recall_references(struct model *m) {
    for (int i = 0; i < m->now.pes; i++)
        for (int g = 0; g < m->gone && m->now.pe[i].cso; g++) purge(m, &m->now.pe[i], m->gone_mvo[g]);
    for (int i = 0; i < m->now.mvos; i++) {
        struct smvo *o = &m->now.mvo[i], before = *o;
        bool had = false;
        for (int at = AT_KEY; at < ATTRS && o->id; at++) {
            for (int k = o->v[at].n - 1; k >= 0 && is_reference(at); k--) {
                if (gone_place(m, o->v[at].at[k].ref) < 0) continue;
                take_item(&o->v[at], k);
                had = true;
            }
            if (!o->v[at].n && !o->null[at]) o->by[at] = 0;
        }
        if (had) evaluate(m, o, &before, 0);
    }
    m->gone = 0;
}
