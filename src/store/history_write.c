/* Keeps what every write changed on objects: one row each, beside the objects and in their transaction (sync-engine §21). */
#include "base/unicode.h"
#include "store/objects.h"

struct records {
    store_tx *tx;
    arena *a;
    const struct config *c;
    enum history_of of;
    struct buffer document;
    struct history_rows rows;
    struct tombstone_rows graves;
    int64_t next;
    bool untracked; /* values were changed that nobody records */
};

void store_note(store_tx *tx, const struct history_note *note) { tx->note = *note; }

static bool is_tracked(const struct config *c, text key) { return !text_equal_ascii_case(config_setting(c, key), T("false")); }

void store_note_tracked(store_tx *tx, const struct config *c, int64_t activity, instant at) {
    store_note(tx, &(struct history_note){.activity = activity,
                                          .at = at,
                                          .csos = is_tracked(c, T("ChangeTracking.CsoChanges.Enabled")),
                                          .mvos = is_tracked(c, T("ChangeTracking.MvoChanges.Enabled"))});
}

static const char *untracked_name(enum history_of of) { return of == HISTORY_OF_CSO ? "untracked:cso" : "untracked:mvo"; }

FALLIBLE history_untracked(store_tx *tx, enum history_of of, instant *at) {
    text stored;
    int64_t ticks = 0;
    TRY(meta_get(tx, tx->scratch, text_of(untracked_name(of)), &stored));
    *at = (instant){!text_is_null(stored) && text_to_int64(stored, &ticks) ? ticks : 0};
    return NULL;
}

/* What one write does to an object of either kind. */
struct write {
    int64_t object, item;
    int32_t owner, tenant;
    enum object_change kind;
    const struct attributes *before, *after; /* NULL: it was made, or goes */
};

static text difference(struct records *r, const struct write *w) {
    buffer_clear(&r->document);
    document_write_history(r->a, &r->document, w->before, w->after, r->of == HISTORY_OF_MVO);
    return buffer_as_text(&r->document);
}

/* False when nothing changed. Who is made needs no values here: they stand in the object, or lead back from what it has later. */
static bool add(struct records *r, const struct write *w) {
    text document = {0};
    if (w->before) {
        document = difference(r, w);
        if (w->after && document.len == 2) return false;
        if (r->document.overflow) document = T("{}");
        document = arena_text(r->a, document);
    }
    *LIST_ADD(r->a, &r->rows) = (struct history_row){.id = r->next++,
                                                     .object = w->object,
                                                     .owner = w->owner,
                                                     .activity = r->tx->note.activity,
                                                     .item = w->item,
                                                     .at = r->tx->note.at,
                                                     .change = w->kind,
                                                     .document = document};
    return true;
}

static void bury(struct records *r, const struct write *w, text name, text external, text type) {
    *LIST_ADD(r->a, &r->graves) =
        (struct tombstone_row){.t = {.id = r->next - 1,
                                     .object = w->object,
                                     .owner = w->owner,
                                     .tenant = w->tenant,
                                     .at = r->tx->note.at,
                                     .activity = r->tx->note.activity,
                                     .name = name,
                                     .external_id = external,
                                     .type_name = type},
                               .kind = (int32_t)r->of,
                               .name_key = text_fold(r->a, name),
                               .external_key = text_is_null(external) ? external : text_fold(r->a, external)};
}

static FALLIBLE begin(struct records *r, size_t most) {
    if (most) TRY(store_ids(r->tx->s, IDS_CHANGE, (int64_t)most, &r->next));
    return NULL;
}

static FALLIBLE count_rows(struct records *r) {
    int32_t owner = 0;
    int64_t n = 0;
    for (EACH(const struct history_row, row, &r->rows)) {
        if (row->owner != owner) {
            TRY(tally_add(r->tx, TALLY_HISTORY_SYSTEM, owner, n));
            owner = row->owner;
            n = 0;
        }
        n++;
    }
    return tally_add(r->tx, TALLY_HISTORY_SYSTEM, owner, n);
}

static FALLIBLE end(struct records *r) {
    if (r->untracked) {
        text now = arena_print(r->a, "%lld", (long long)instant_now().ticks);
        return meta_put(r->tx, text_of(untracked_name(r->of)), now);
    }
    if (!r->rows.count) return NULL;
    if (r->graves.count) TRY(q_tombstone_add(r->tx, r->graves.at, r->graves.count));
    if (r->of == HISTORY_OF_MVO) return q_mvo_history_add(r->tx, r->rows.at, r->rows.count);
    TRY(q_cso_history_add(r->tx, r->rows.at, r->rows.count));
    return count_rows(r);
}

/* ---- connected objects ---- */

/* What waits for its provisioning exists nowhere yet. */
static bool exists(const struct cso *o) { return o->status != CSO_PENDING_PROVISIONING; }

/* An object that is missing now, or is back: nothing of its values changes. */
static void record_status(struct records *r, const struct cso_change *k) {
    bool gone = k->after->status == CSO_OBSOLETE;
    if (gone == (k->before->status == CSO_OBSOLETE)) return;
    *LIST_ADD(r->a, &r->rows) = (struct history_row){.id = r->next++,
                                                     .object = k->after->id,
                                                     .owner = k->after->system,
                                                     .activity = r->tx->note.activity,
                                                     .item = k->item,
                                                     .at = r->tx->note.at,
                                                     .change = gone ? OBJECT_DELETED : OBJECT_UPDATED,
                                                     .document = T("{}")};
}

static void record_cso(struct records *r, const struct cso_change *k) {
    const struct cso *o = k->after ? k->after : k->before;
    struct write w = {.object = o->id, .item = k->item, .owner = o->system, .kind = k->kind};
    if (k->before) w.before = &k->before->values;
    if (k->after) w.after = &k->after->values;
    if (!exists(o)) return;
    if (k->before && k->after && !k->values_changed) {
        record_status(r, k);
        return;
    }
    if (w.kind == OBJECT_NOT_SET) w.kind = !k->before ? OBJECT_ADDED : k->after ? OBJECT_UPDATED : OBJECT_DELETED;
    if (!add(r, &w) || k->after) return;
    const struct cs_type *type = config_cs_type(r->c, o->type);
    const struct connected_system *system = config_system(r->c, o->system);
    w.tenant = system ? system->tenant : 1;
    bury(r, &w, cso_display_name(r->a, r->c, o), o->external_id, type ? type->name : (text){0});
}

FALLIBLE history_csos(store_tx *tx, arena *a, const struct config *c, const struct cso_changes *changes) {
    struct records r = {.tx = tx, .a = a, .c = c, .of = HISTORY_OF_CSO, .document = {.max = DOCUMENT_BYTES}};
    if (tx->note.csos) TRY(begin(&r, changes->count));
    for (EACH(const struct cso_change, k, changes)) {
        r.untracked |= !tx->note.csos && k->before && k->after && k->values_changed;
        if (tx->note.csos) record_cso(&r, k);
    }
    buffer_free(&r.document);
    return end(&r);
}

/* ---- metaverse objects ---- */

static void record_mvo(struct records *r, const struct mvo_change *k) {
    const struct mvo *o = k->after ? k->after : k->before;
    struct write w = {.object = o->id, .item = k->item, .owner = o->type, .tenant = o->tenant, .kind = k->kind};
    if (k->before) w.before = &k->before->values;
    if (k->after) w.after = &k->after->values;
    if (w.kind == OBJECT_NOT_SET) w.kind = !k->before ? OBJECT_PROJECTED : k->after ? OBJECT_ATTRIBUTE_FLOW : OBJECT_DELETED;
    if (!add(r, &w) || k->after) return;
    const struct mv_type *type = config_mv_type(r->c, o->type);
    bury(r, &w, mvo_display_name(r->a, r->c, o), (text){0}, type ? type->name : (text){0});
    const struct deletion_marker *by = &o->deletion;
    if (by->disconnected.ticks)
        r->graves.at[r->graves.count - 1].t.initiator =
            (struct initiator){by->initiator_type, by->initiator_id, by->initiator_name};
}

FALLIBLE history_mvos(store_tx *tx, arena *a, const struct config *c, const struct mvo_changes *changes) {
    struct records r = {.tx = tx, .a = a, .c = c, .of = HISTORY_OF_MVO, .document = {.max = DOCUMENT_BYTES}};
    if (tx->note.mvos) TRY(begin(&r, changes->count));
    for (EACH(const struct mvo_change, k, changes)) {
        struct value_change some;
        if (tx->note.mvos) record_mvo(&r, k);
        if (tx->note.mvos || r.untracked || !k->before || !k->after) continue;
        const struct attributes *before = &k->before->values, *after = &k->after->values;
        r.untracked = before->count != after->count;
        for (size_t i = 0; i < before->count && !r.untracked; i++)
            r.untracked =
                before->at[i].attribute != after->at[i].attribute || values_changes(a, &before->at[i], &after->at[i], &some);
    }
    buffer_free(&r.document);
    return end(&r);
}
