/* Confirmation of pending exports (section 7). */
#include "model.h"

#include <string.h>

static bool eligible_change(const struct change *c) { return c->status == CHANGE_EXPORTED || c->status == CHANGE_NOT_CONFIRMED; }

/* A reference is compared by its raw text, or by the object that it leads to. */
static bool holds(struct model *m, const struct scso *o, const struct change *c) {
    for (int i = 0; i < o->v[c->attr].n; i++)
        if (same_in_target(m, o, c->attr, c->v, o->v[c->attr].at[i])) return true;
    return false;
}

static bool confirmed(struct model *m, const struct scso *o, const struct change *c) {
    if (c->how == CHANGE_REMOVE_ALL || !c->has) return o->v[c->attr].n == 0;
    return c->how == CHANGE_REMOVE ? !holds(m, o, c) : holds(m, o, c);
}

static bool any(const struct spe *e, enum attribute_change_status status) {
    for (int i = 0; i < e->n; i++)
        if (e->at[i].status == status) return true;
    return false;
}

static bool all_failed(const struct spe *e) {
    for (int i = 0; i < e->n; i++)
        if (e->at[i].status != CHANGE_FAILED) return false;
    return e->n > 0;
}

static void seen_again(struct model *m, struct scso *o, struct spe *e) {
    if (e->status != EXPORT_EXPORTED && e->status != EXPORT_NOT_CONFIRMED) return;
    struct note *n = note_of(m, o->id);
    e->errors++;
    e->status = e->errors >= 5 ? EXPORT_FAILED : EXPORT_NOT_CONFIRMED;
    if (!n->change) n->change = OBJECT_UPDATED;
    if (!n->error) n->error = ITEM_EXPORT_NOT_CONFIRMED;
}

static void drop(struct spe *e, int at) {
    memmove(&e->at[at], &e->at[at + 1], (size_t)(e->n - at - 1) * sizeof *e->at);
    e->n--;
}

static void tell(struct model *m, struct scso *o, int good, int bad, bool failed) {
    if (!good && !bad) return;
    struct note *n = note_of(m, o->id);
    if (!n->change) n->change = OBJECT_UPDATED;
    if (good) n->outcomes[OUTCOME_EXPORT_CONFIRMED]++;
    if (bad) n->outcomes[OUTCOME_EXPORT_FAILED]++;
    if (bad && !n->error) n->error = failed ? ITEM_EXPORT_CONFIRMATION_FAILED : ITEM_EXPORT_NOT_CONFIRMED;
}

void confirm_import(struct model *m, struct scso *o) {
    struct spe *e = pe_of(m, o->id);
    int good = 0, bad = 0;
    bool failed = false, id_seen = false;
    if (!e) return;
    if (e->what == EXPORT_DELETE) {
        seen_again(m, o, e);
        return;
    }
    for (int i = e->n - 1; i >= 0; i--) {
        struct change *c = &e->at[i];
        if (!eligible_change(c)) continue;
        if (confirmed(m, o, c)) {
            id_seen = id_seen || c->attr == AT_ID || (c->attr == AT_DN && is_secondary(m, o));
            good++;
            drop(e, i);
            continue;
        }
        bad++;
        c->status = c->attempts >= 5 ? CHANGE_FAILED : CHANGE_NOT_CONFIRMED;
        failed = failed || c->status == CHANGE_FAILED;
    }
    tell(m, o, good, bad, failed);
    if (!good && !bad && e->status != EXPORT_EXPORTED && e->status != EXPORT_NOT_CONFIRMED) return;
    if (e->what == EXPORT_CREATE && id_seen && e->n) e->what = EXPORT_UPDATE;
    if (!e->n)
        forget_pe(e);
    else
        e->status = all_failed(e)                  ? EXPORT_FAILED
                    : any(e, CHANGE_NOT_CONFIRMED) ? EXPORT_NOT_CONFIRMED
                    : any(e, CHANGE_PENDING)       ? EXPORT_PENDING
                                                   : EXPORT_EXPORTED;
}

void confirm_sync(struct model *m, struct scso *o) {
    struct spe *e = pe_of(m, o->id);
    int good = 0;
    if (!e || e->status != EXPORT_NOT_CONFIRMED || e->what == EXPORT_DELETE) return;
    for (int i = e->n - 1; i >= 0; i--) {
        if (!confirmed(m, o, &e->at[i])) continue;
        drop(e, i);
        good++;
    }
    if (good && !e->n) /* a Create without any change is not confirmed by nothing */
        forget_pe(e);
    else if (good && e->what == EXPORT_CREATE)
        e->what = EXPORT_UPDATE;
}
