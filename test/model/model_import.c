/* Import (sections 5 and 6). */
#include "model.h"

#include <string.h>
#include <strings.h>

/* A key that was delivered in this run. */
struct arrival {
    int type, cso; /* cso 0: refused */
    uint64_t stamp;
    struct words open;   /* references that led to nobody when its page was read */
    bool added, skipped; /* skipped: its content is what the last full import saw */
    const char *id;
    bool deleted;
};
static struct arrival arrivals[SIM_ITEMS];
static int arrival_count;
static bool delta;             /* of the run at hand */
static struct lines new_names; /* of the page at hand */

static struct scso *by_word(struct model *m, int type, int attr, const char *word, bool provisioning) {
    for (int i = 0; i < m->now.csos; i++) {
        struct scso *o = &m->now.cso[i];
        if (!o->id || o->system != m->system || o->type != type) continue;
        if (provisioning && o->status != CSO_PENDING_PROVISIONING) continue;
        if (same_text(first_word(&o->v[attr]), word, true)) return o;
    }
    return NULL;
}

static struct scso *find(struct model *m, const struct sim_object *x) {
    struct scso *o = by_word(m, x->type, AT_ID, x->values[AT_ID].at[0], false);
    if (o || !m->plan->system[m->system].secondary || !x->values[AT_DN].n) return o;
    return by_word(m, x->type, AT_DN, x->values[AT_DN].at[0], true);
}

static bool same_value(struct model *m, int attr, struct item stored, const char *word) {
    if (same_text(stored.word, word, false)) return true;
    return is_reference(attr) && stored.ref && same_text(name_then(m, stored.ref), word, true);
}

/* Section 5.3: imported values are deduplicated (references without regard to case), kept ones keep their place. */
static int diff(struct model *m, struct scso *o, int attr, const struct words *w) {
    struct set *v = &o->v[attr];
    struct words in = {0};
    int changes = 0;
    for (int i = 0; i < w->n; i++) {
        bool known = false;
        for (int k = 0; k < in.n; k++) known = known || same_text(in.at[k], w->at[i], is_reference(attr));
        if (!known && *w->at[i]) in.at[in.n++] = w->at[i];
    }
    for (int i = v->n - 1; i >= 0; i--) {
        bool kept = false;
        for (int k = 0; k < in.n; k++) kept = kept || same_value(m, attr, v->at[i], in.at[k]);
        if (kept) continue;
        take_item(v, i);
        changes++;
    }
    for (int k = 0; k < in.n; k++) {
        bool there = false;
        for (int i = 0; i < v->n; i++) there = there || same_value(m, attr, v->at[i], in.at[k]);
        if (there || v->n == VALUES) continue;
        v->at[v->n++] = (struct item){in.at[k], 0};
        changes++;
    }
    return changes;
}

static void make_obsolete(struct model *m, struct scso *o) {
    o->status = CSO_OBSOLETE;
    o->touched = ++m->clock;
    forget_pe(pe_of(m, o->id));
    struct note *n = note_of(m, o->id);
    n->change = OBJECT_DELETED;
    n->outcomes[OUTCOME_DELETION_DETECTED]++;
}

/* Of the content, whatever the order of values. */
static uint64_t stamp_of(const struct sim_object *x) {
    uint64_t sum = 1;
    for (int at = 0; at < ATTRS; at++)
        for (int i = 0; i < x->values[at].n; i++) {
            uint64_t one = (uint64_t)at + 77;
            bool known = false;
            for (int k = 0; k < i; k++) known = known || same_text(x->values[at].at[k], x->values[at].at[i], false);
            for (const char *c = x->values[at].at[i]; *c && !known; c++) one = one * 1099511628211u + (unsigned char)*c;
            if (!known) sum += one * one;
        }
    return sum;
}

static bool awaits_confirmation(struct model *m, const struct scso *o) {
    const struct spe *e = pe_of(m, o->id);
    bool any = e && (e->status == EXPORT_EXPORTED || e->status == EXPORT_NOT_CONFIRMED);
    for (int i = 0; e && i < e->n; i++) any = any || e->at[i].status == CHANGE_EXPORTED || e->at[i].status == CHANGE_NOT_CONFIRMED;
    return any;
}

static void note_names(struct model *m, const struct scso *o, const char *was_id, const char *was_dn) {
    const char *id = first_word(&o->v[AT_ID]), *dn = is_secondary(m, o) ? first_word(&o->v[AT_DN]) : NULL;
    if (!same_text(id, was_id, false)) new_names.at[new_names.n++] = id;
    if (dn && !same_text(dn, was_dn, false)) new_names.at[new_names.n++] = dn;
}

static void take(struct model *m, const struct delivered *d, struct arrival *a) {
    struct scso *o = find(m, d->object);
    bool added = !o, status = false;
    int changes = 0;
    if (d->deleted) {
        if (o && o->status != CSO_OBSOLETE) make_obsolete(m, o);
        return;
    }
    if (added) {
        o = new_cso(m, m->system, d->object->type);
        o->status = CSO_NORMAL;
    }
    a->stamp = stamp_of(d->object);
    a->skipped = !delta && o->stamp == a->stamp && o->status == CSO_NORMAL && !awaits_confirmation(m, o);
    const char *was_id = first_word(&o->v[AT_ID]), *was_dn = first_word(&o->v[AT_DN]);
    status = o->status != CSO_NORMAL;
    o->status = CSO_NORMAL;
    for (int references = 1; references >= 0; references--) /* which are compared with what stood there before */
        for (int at = 0; at < ATTRS; at++)
            if (is_reference(at) == references) changes += diff(m, o, at, &d->object->values[at]);
    a->cso = o->id;
    a->added = added;
    note_names(m, o, was_id, was_dn);
    if (changes) o->stamp = 0;
    if (!added && !status && !changes) return;
    if (!added) o->touched = ++m->clock;
    struct note *n = note_of(m, o->id);
    n->id = first_word(&o->v[AT_ID]);
    n->change = added ? OBJECT_ADDED : OBJECT_UPDATED;
    if (added) n->outcomes[OUTCOME_CSO_ADDED]++;
    if (!added && changes) n->outcomes[OUTCOME_CSO_UPDATED]++;
}

static bool was_read(const struct scso *o) {
    for (int k = 0; k < arrival_count; k++)
        if (arrivals[k].type == o->type && same_text(arrivals[k].id, first_word(&o->v[AT_ID]), true)) return true;
    return false;
}

static bool is_new(int cso) {
    for (int k = 0; k < arrival_count; k++)
        if (arrivals[k].added && arrivals[k].cso == cso) return true;
    return false;
}

/* Text that is the new id of an object makes its bearer look again (J+33), even where references go by the other id. */
static void wake(struct model *m, const char *word) {
    for (int i = 0; i < m->now.csos; i++) {
        struct scso *o = &m->now.cso[i];
        bool names = false;
        for (int at = 0; at < ATTRS && o->id && o->system == m->system; at++)
            for (int k = 0; is_reference(at) && k < o->v[at].n; k++) names = names || same_text(o->v[at].at[k].word, word, true);
        if (names && !is_new(o->id)) o->touched = ++m->clock;
    }
}

static void refuse(struct model *m, const char *id) {
    struct note *n = note_new(m, 0);
    n->cso = -1;
    n->id = id;
    n->error = ITEM_DUPLICATE_OBJECT;
}

/* Who named nobody before and names somebody now is looked at again, too. */
static void resolve(struct model *m) {
    for (int i = 0; i < m->now.csos; i++) {
        struct scso *o = &m->now.cso[i];
        bool late = false;
        for (int at = 0; at < ATTRS && o->id && o->system == m->system; at++)
            for (int k = 0; is_reference(at) && k < o->v[at].n; k++) {
                bool before = o->v[at].at[k].ref;
                o->v[at].at[k].ref = target_of(m, o, o->v[at].at[k].word);
                late = late || (!before && o->v[at].at[k].ref);
            }
        if (late) o->touched = ++m->clock;
    }
}

static void take_page(struct model *m, const struct delivery *in, int from, int to) {
    resolve(m);
    remember_names(m);
    new_names.n = 0;
    for (int i = from; i < to; i++) {
        const struct sim_object *x = in->at[i].object;
        const char *id = x->values[AT_ID].at[0];
        bool twice = false;
        for (int k = from; k < to; k++)
            twice = twice ||
                    (k != i && in->at[k].object->type == x->type && same_text(in->at[k].object->values[AT_ID].at[0], id, true));
        for (int k = 0; k < arrival_count; k++)
            twice = twice || (arrivals[k].cso && arrivals[k].type == x->type && same_text(arrivals[k].id, id, true));
        struct arrival *a = &arrivals[arrival_count++];
        *a = (struct arrival){.type = x->type, .id = id, .deleted = in->at[i].deleted};
        if (twice)
            refuse(m, id);
        else
            take(m, &in->at[i], a);
    }
    for (int i = 0; i < new_names.n; i++) wake(m, new_names.at[i]);
    if (delta) follow_names(m, was_read);
    for (int k = arrival_count - (to - from); k < arrival_count; k++) {
        const struct scso *o = cso_by_id(m, arrivals[k].cso);
        for (int at = 0; at < ATTRS && o; at++)
            for (int n = 0; is_reference(at) && n < o->v[at].n; n++)
                if (!o->v[at].at[n].ref && !target_of(m, o, o->v[at].at[n].word) && arrivals[k].open.n < VALUES)
                    arrivals[k].open.at[arrivals[k].open.n++] = o->v[at].at[n].word;
    }
}

static void detect_deletions(struct model *m) {
    for (int i = 0; i < m->now.csos; i++) {
        struct scso *o = &m->now.cso[i];
        bool seen = false;
        if (!o->id || o->system != m->system || o->status == CSO_OBSOLETE || !o->v[AT_ID].n) continue;
        for (int k = 0; k < arrival_count; k++)
            seen = seen || arrivals[k].cso == o->id ||
                   (arrivals[k].type == o->type && same_text(arrivals[k].id, first_word(&o->v[AT_ID]), true));
        if (!seen) make_obsolete(m, o);
    }
}

/* Nothing came, so nothing is missing: that is said. */
static void miss_nothing(struct model *m) {
    for (int i = 0; i < m->now.csos; i++)
        if (m->now.cso[i].id && m->now.cso[i].system == m->system) m->now.ended = ACTIVITY_COMPLETE_WITH_WARNING;
}

static bool received(int cso) {
    for (int k = 0; k < arrival_count; k++)
        if (arrivals[k].cso == cso) return !arrivals[k].skipped;
    return false;
}

/* Does some reference that led to nobody when it was read still do so? One that was lost only later is not told. */
static bool is_open(struct model *m, const struct scso *o) {
    for (int k = 0; k < arrival_count; k++)
        for (int i = 0; arrivals[k].cso == o->id && i < arrivals[k].open.n; i++)
            if (!target_of(m, o, arrivals[k].open.at[i])) return true;
    return false;
}

/* What went well is stamped, so that it can be skipped the next time. */
static void stamp(struct model *m) {
    for (int k = 0; k < arrival_count; k++) {
        struct scso *o = cso_by_id(m, arrivals[k].cso);
        bool good = o != NULL;
        for (int i = 0; i < m->notes; i++) good = good && !(m->note[i].cso == o->id && m->note[i].error);
        if (o && (!delta || arrivals[k].added || !good)) o->stamp = good ? arrivals[k].stamp : 0;
    }
}

static void tell_unresolved(struct model *m) {
    for (int i = 0; i < m->now.csos; i++) {
        const struct scso *o = &m->now.cso[i];
        if (!o->id || o->system != m->system || !received(o->id) || !is_open(m, o)) continue;
        if (m->plan->system[m->system].unresolved == UNRESOLVED_WARN) m->now.ended = ACTIVITY_COMPLETE_WITH_WARNING;
        if (m->plan->system[m->system].unresolved == UNRESOLVED_ERROR && !note_of(m, o->id)->error)
            note_of(m, o->id)->error = ITEM_UNRESOLVED_REFERENCE;
    }
}

void model_import(struct model *m, bool only_changes) {
    static struct delivery in;
    struct sim *sim = &m->now.sim[m->system];
    int size = m->plan->system[m->system].file ? SIM_ITEMS : m->plan->system[m->system].page; /* a file is one page (5.4) */
    arrival_count = 0;
    delta = only_changes;
    sim_deliver(sim, delta, m->seen[m->system] ? m->seen_version[m->system] : 0, &in);
    for (int from = 0; from < in.count; from += size) take_page(m, &in, from, from + size < in.count ? from + size : in.count);
    if (!delta && in.count) detect_deletions(m);
    if (!delta && !in.count) miss_nothing(m);
    resolve(m);
    for (int i = 0; i < m->now.csos; i++) {
        struct scso *o = &m->now.cso[i];
        if (o->id && o->system == m->system && received(o->id)) confirm_import(m, o);
    }
    tell_unresolved(m);
    stamp(m);
    m->seen[m->system] = true;
    m->seen_version[m->system] = sim->version;
}
