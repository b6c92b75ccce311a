/* The reference model: its life, and looking around in it. */
#include "model.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void model_open(struct model *m, struct story *plan) {
    memset(m, 0, sizeof *m);
    m->plan = plan;
    m->clock = 1;
    m->rules_changed = 1;
    m->next_cso = m->next_mvo = 1;
    m->temporal = -1;
    for (int i = 0; i < SYSTEMS; i++) m->now.sim[i].named = plan->system[i].secondary;
    for (int i = 0; i < SYSTEMS; i++) m->now.sim[i].file = plan->system[i].file;
}

struct scso *cso_by_id(struct model *m, int id) {
    for (int i = 0; i < m->now.csos; i++)
        if (id && m->now.cso[i].id == id) return &m->now.cso[i];
    return NULL;
}

struct smvo *mvo_by_id(struct model *m, int id) {
    for (int i = 0; i < m->now.mvos; i++)
        if (id && m->now.mvo[i].id == id) return &m->now.mvo[i];
    return NULL;
}

struct spe *pe_of(struct model *m, int cso) {
    for (int i = 0; i < m->now.pes; i++)
        if (cso && m->now.pe[i].cso == cso) return &m->now.pe[i];
    return NULL;
}

const struct smvo *before_of(const struct model *m, int mvo) {
    for (int i = 0; i < m->befores; i++)
        if (m->before[i].id == mvo) return &m->before[i];
    return NULL;
}

/* Rows of what is gone are used again; the others keep their order, which is that of their ids. */
static void compact(struct model *m) {
    int csos = 0, mvos = 0, pes = 0;
    for (int i = 0; i < m->now.csos; i++)
        if (m->now.cso[i].id) m->now.cso[csos++] = m->now.cso[i];
    for (int i = 0; i < m->now.mvos; i++)
        if (m->now.mvo[i].id) m->now.mvo[mvos++] = m->now.mvo[i];
    for (int i = 0; i < m->now.pes; i++)
        if (m->now.pe[i].cso) m->now.pe[pes++] = m->now.pe[i];
    m->now.csos = csos;
    m->now.mvos = mvos;
    m->now.pes = pes;
}

struct scso *connector_in(struct model *m, int mvo, int system) {
    for (int i = 0; i < m->now.csos; i++) {
        struct scso *o = &m->now.cso[i];
        if (o->id && mvo && o->mvo == mvo && o->system == system) return o;
    }
    return NULL;
}

struct scso *named_in(struct model *m, int mvo, int system) {
    struct scso *o = connector_in(m, mvo, system);
    return o && o->status != CSO_OBSOLETE ? o : NULL;
}

const char *first_word(const struct set *v) { return v->n ? v->at[0].word : NULL; }

bool same_text(const char *x, const char *y, bool any_case) {
    if (!x || !y) return false;
    return any_case ? !strcasecmp(x, y) : !strcmp(x, y);
}

static bool same_item(struct item x, struct item y) {
    if (x.ref || y.ref) return x.ref == y.ref;
    return same_text(x.word, y.word, false);
}

bool has_item(const struct set *v, struct item x) {
    for (int i = 0; i < v->n; i++)
        if (same_item(v->at[i], x)) return true;
    return false;
}

void add_item(struct set *v, struct item x) {
    if (!has_item(v, x) && v->n < VALUES) v->at[v->n++] = x;
}

void take_item(struct set *v, int at) {
    memmove(&v->at[at], &v->at[at + 1], (size_t)(v->n - at - 1) * sizeof *v->at);
    v->n--;
}

bool same_set(const struct set *x, const struct set *y) {
    if (x->n != y->n) return false;
    for (int i = 0; i < x->n; i++)
        if (!has_item(y, x->at[i])) return false;
    return true;
}

bool is_secondary(const struct model *m, const struct scso *o) { return m->plan->system[o->system].secondary; }

const char *address_of(const struct model *m, const struct scso *o) {
    const char *dn = is_secondary(m, o) ? first_word(&o->v[AT_DN]) : NULL;
    return dn ? dn : first_word(&o->v[AT_ID]);
}

/* Section 6: exactly one candidate resolves; what has left its system gives way to who bears its name now. */
int target_of(struct model *m, const struct scso *o, const char *raw) {
    int found = 0, count = 0, old = 0, olds = 0, by = is_secondary(m, o) ? AT_DN : AT_ID;
    for (int i = 0; i < m->now.csos; i++) {
        const struct scso *x = &m->now.cso[i];
        if (!x->id || x->system != o->system || !same_text(first_word(&x->v[by]), raw, true)) continue;
        if (x->status == CSO_OBSOLETE) {
            olds++;
            old = x->id;
            continue;
        }
        count++;
        found = x->id;
    }
    return count == 1 ? found : !count && olds == 1 ? old : 0;
}

void remember_names(struct model *m) {
    m->names = 0;
    for (int i = 0; i < m->now.csos; i++) {
        const struct scso *o = &m->now.cso[i];
        if (!o->id || o->system != m->system) continue;
        m->name[m->names].cso = o->id;
        m->name[m->names].obsolete = o->status == CSO_OBSOLETE;
        m->name[m->names].known = o->v[AT_ID].n > 0;
        m->name[m->names++].name = first_word(&o->v[is_secondary(m, o) ? AT_DN : AT_ID]);
    }
}

const char *name_then(const struct model *m, int cso) {
    for (int i = 0; i < m->names; i++)
        if (m->name[i].cso == cso) return m->name[i].name;
    return NULL;
}

/* What the object that was called so is called now; NULL: still the same, or it was nobody, several, or unknown to its system. */
static const char *new_name(struct model *m, const char *old) {
    int found = -1, count = 0, left = -1, lefts = 0;
    for (int i = 0; i < m->names; i++) {
        if (!same_text(m->name[i].name, old, true)) continue;
        if (m->name[i].obsolete) {
            lefts++;
            left = i;
            continue;
        }
        count++;
        found = i;
    }
    if (!count && lefts == 1) found = left, count = 1;
    const struct scso *o = count == 1 && m->name[found].known ? cso_by_id(m, m->name[found].cso) : NULL;
    const char *now = o ? first_word(&o->v[is_secondary(m, o) ? AT_DN : AT_ID]) : NULL;
    return same_text(now, old, true) ? NULL : now;
}

/* Whether anything in it was renamed; a name that stands there already is not repeated. */
static bool follow_in(struct model *m, struct set *v) {
    struct set all = {0};
    bool any = false;
    for (int k = 0; k < v->n; k++) {
        const char *now = new_name(m, v->at[k].word), *word = now ? now : v->at[k].word;
        bool there = false;
        for (int n = 0; n < all.n; n++) there = there || same_text(all.at[n].word, word, false);
        if (!there) all.at[all.n++] = (struct item){word, v->at[k].ref};
        any = any || now;
    }
    if (any) *v = all;
    return any;
}

void follow_names(struct model *m, bool (*was_read)(const struct scso *o)) {
    for (int i = 0; i < m->now.csos; i++) {
        struct scso *o = &m->now.cso[i];
        if (!o->id || o->system != m->system || (was_read && was_read(o))) continue;
        for (int at = 0; at < ATTRS; at++)
            if (is_reference(at) && follow_in(m, &o->v[at])) o->stamp = 0;
    }
}

void resolve_all(struct model *m) {
    for (int i = 0; i < m->now.csos; i++) {
        struct scso *o = &m->now.cso[i];
        for (int at = 0; at < ATTRS && o->id; at++)
            for (int k = 0; is_reference(at) && k < o->v[at].n; k++) o->v[at].at[k].ref = target_of(m, o, o->v[at].at[k].word);
    }
}

struct note *note_new(struct model *m, int cso) {
    struct scso *o = cso_by_id(m, cso);
    if (m->notes == NOTES) abort();
    struct note *n = &m->note[m->notes++];
    memset(n, 0, sizeof *n);
    n->cso = cso;
    n->id = o ? first_word(&o->v[AT_ID]) : NULL;
    if (o && !n->id) n->id = address_of(m, o);
    if (!n->id) n->id = "-";
    return n;
}

struct note *note_of(struct model *m, int cso) {
    for (int i = 0; i < m->notes; i++)
        if (m->note[i].cso == cso) return &m->note[i];
    return note_new(m, cso);
}

bool has_told(const struct model *m, int cso, enum item_error error) {
    for (int i = 0; i < m->notes; i++)
        if (m->note[i].cso == cso && m->note[i].error == error) return true;
    return false;
}

void forget_pe(struct spe *e) {
    if (e) memset(e, 0, sizeof *e);
}

/* References to an object that is gone are raw again. */
void forget_cso(struct model *m, struct scso *o) {
    forget_pe(pe_of(m, o->id));
    for (int i = 0; i < m->now.csos; i++)
        for (int at = 0; at < ATTRS; at++)
            for (int k = 0; is_reference(at) && k < m->now.cso[i].v[at].n; k++)
                if (m->now.cso[i].v[at].at[k].ref == o->id) m->now.cso[i].v[at].at[k].ref = 0;
    memset(o, 0, sizeof *o);
}

struct scso *new_cso(struct model *m, int system, int type) {
    if (m->now.csos == CSOS) abort();
    struct scso *o = &m->now.cso[m->now.csos++];
    *o = (struct scso){.id = m->next_cso++, .system = system, .type = type, .touched = ++m->clock};
    return o;
}

static void run(struct model *m, const struct event *e) {
    m->system = e->system;
    m->clock++;
    switch (e->run) {
    case RUN_FULL_IMPORT:
    case RUN_DELTA_IMPORT:
        model_import(m, e->run == RUN_DELTA_IMPORT);
        break;
    case RUN_FULL_SYNCHRONISATION:
    case RUN_DELTA_SYNCHRONISATION:
        model_sync(m, e->run == RUN_FULL_SYNCHRONISATION);
        break;
    default:
        model_export(m);
    }
    resolve_all(m);
    bool all = m->notes > 0, any = false, unhandled = false;
    for (int i = 0; i < m->notes; i++) {
        const struct note *n = &m->note[i];
        item_line(&m->now.items, n->id, n->change, n->error, n->outcomes);
        all = all && n->error;
        any = any || n->error;
        unhandled = unhandled || n->error == ITEM_UNHANDLED;
    }
    m->now.ended = all                   ? ACTIVITY_FAILED
                   : unhandled           ? ACTIVITY_COMPLETE_WITH_ERROR
                   : any || m->now.ended ? ACTIVITY_COMPLETE_WITH_WARNING
                                         : ACTIVITY_COMPLETE;
}

void model_happen(struct model *m, const struct event *e) {
    compact(m);
    m->notes = 0;
    m->now.items.n = 0;
    m->now.ended = ACTIVITY_NOT_SET;
    switch (e->what) {
    case HAPPENS_RUN:
        run(m, e);
        break;
    case HAPPENS_WAIT:
        m->minutes += e->number;
        break;
    case HAPPENS_HOUSEKEEPING:
        model_housekeep(m);
        break;
    case HAPPENS_TEMPORAL:
        model_temporal(m);
        break;
    case HAPPENS_PUT:
    case HAPPENS_REMOVE:
    case HAPPENS_EDIT:
    case HAPPENS_DROP:
    case HAPPENS_REFUSE:
        sim_happen(&m->now.sim[e->system], e);
        break;
    case HAPPENS_DELETION: /* read when it is decided upon */
        break;
    default:
        m->rules_changed = ++m->clock;
    }
}
