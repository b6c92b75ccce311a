/* Pending exports before and after the connector has them: nothing that others stage meanwhile is lost (sync-engine §24). */
#include "base/unicode.h"
#include "runs/export.h"
#include "store/names.h"

/* ---- what stands there now ---- */

struct current {
    struct int_map exports, heads; /* by object */
};

static FALLIBLE load_current(struct export *ex, struct export_batch *b, store_tx *tx, bool heads, struct current *now) {
    struct int64s ids = {0};
    struct pending_exports *exports = ARENA_NEW(b->a, struct pending_exports);
    struct csos *objects = ARENA_NEW(b->a, struct csos);
    for (EACH(struct export_work, w, &b->work)) *LIST_ADD(b->a, &ids) = w->object->id;
    int_map_init(&now->exports, b->a, ids.count);
    int_map_init(&now->heads, b->a, ids.count);
    TRY(store_pending_by_cso(tx, b->a, ex->r->config, ids.at, ids.count, exports));
    for (EACH(struct pending_export, p, exports)) int_map_put(&now->exports, p->cso, p);
    if (heads) TRY(store_csos(tx, b->a, ex->r->config, ids.at, ids.count, false, objects));
    for (EACH(struct cso, o, objects)) int_map_put(&now->heads, o->id, o);
    return NULL;
}

static bool is_same_value(const struct value *one, const struct value *two) {
    if (one->type == TYPE_REFERENCE && two->type == TYPE_REFERENCE) return text_equal(one->reference.raw, two->reference.raw);
    return value_equal(one, two);
}

static bool is_same_change(const struct staged_change *one, const struct staged_change *two) {
    return one->attribute == two->attribute && one->change == two->change && one->status == two->status &&
           one->has_value == two->has_value && one->reference_mvo == two->reference_mvo &&
           (!one->has_value || is_same_value(&one->value, &two->value));
}

static bool is_same(const struct pending_export *one, const struct pending_export *two) {
    if (one->change != two->change || one->changes.count != two->changes.count) return false;
    for (size_t i = 0; i < one->changes.count; i++)
        if (!is_same_change(&one->changes.at[i], &two->changes.at[i])) return false;
    return true;
}

/* ---- before ---- */

FALLIBLE export_mark(struct export *ex, struct export_batch *b) {
    OWNED(store_tx) tx = NULL;
    struct pending_export_changes changes = {0};
    struct current now;
    TRY(store_write(ex->r->store, STORE_BULK, &tx));
    TRY(load_current(ex, b, tx, false, &now));
    for (EACH(struct export_work, w, &b->work)) {
        const struct pending_export *current = int_map_get(&now.exports, w->object->id);
        w->left = !current || !is_same(current, w->stored);
        w->send &= !w->left;
        if (!w->send) continue;
        w->before.status = EXPORT_EXECUTING;
        w->before.attempted = b->now;
        *LIST_ADD(b->a, &changes) = (struct pending_export_change){w->stored, &w->before};
    }
    if (changes.count) TRY(store_write_pending(tx, ex->r->config, &changes));
    return store_commit(tx);
}

/* ---- after ---- */

/* Changes were staged onto it while it was sent: they stay as they are. What was sent is found again in its order. */
static void merge(struct export_batch *b, struct export_work *w, const struct pending_export *current) {
    struct staged_changes sent = w->before.changes, all = {0};
    bool *was_sent = w->sent;
    size_t next = 0;
    w->sent = ARENA_ARRAY(b->a, bool, current->changes.count + 1);
    for (EACH(struct staged_change, c, &current->changes)) {
        size_t i = next;
        while (i < sent.count && !is_same_change(&sent.at[i], c)) i++;
        if (i < sent.count) {
            w->sent[all.count] = was_sent[i];
            next = i + 1;
        }
        *LIST_ADD(b->a, &all) = *c;
    }
    enum export_change change = w->before.change;
    w->before = *current;
    w->before.change = change;
    w->before.changes = all;
}

static void follow_export(struct export_batch *b, struct export_work *w, const struct pending_export *current) {
    if (!w->send) {
        w->left |= !current || !is_same(current, w->stored);
    } else if (!current || (current->change == EXPORT_DELETE && w->before.change != EXPORT_DELETE)) {
        w->replaced = true;
    } else if (!is_same(current, &w->before)) {
        merge(b, w, current);
    }
}

/* Joins and flags may have changed; values only an import or export of this system changes, and there is no other. */
static void follow_object(struct export_batch *b, struct export_work *w, const struct cso *head) {
    w->object_gone = !head;
    if (!head || (head->mvo == w->object->mvo && head->status == w->object->status)) return;
    struct cso *o = ARENA_NEW(b->a, struct cso);
    *o = *head;
    o->has_values = true;
    o->values = w->object->values;
    w->object = o;
}

static FALLIBLE follow(struct export *ex, struct export_batch *b, store_tx *tx) {
    struct current now;
    TRY(load_current(ex, b, tx, true, &now));
    for (EACH(struct export_work, w, &b->work)) {
        follow_export(b, w, int_map_get(&now.exports, w->object->id));
        follow_object(b, w, int_map_get(&now.heads, w->object->id));
    }
    return NULL;
}

/* An id that the connector gave and another object has already is no id (§16.3). */
static FALLIBLE check_ids(struct export *ex, struct export_batch *b, store_tx *tx) {
    struct cso_key_query *queries = ARENA_ARRAY(b->a, struct cso_key_query, b->work.count + 1);
    struct export_work **asking = ARENA_ARRAY(b->a, struct export_work *, b->work.count + 1);
    struct cso_key_hits hits = {0};
    struct text_map given;
    size_t asked = 0;
    text_map_init(&given, b->a, b->work.count);
    for (EACH(struct export_work, w, &b->work)) {
        struct export_result *r = w->send ? &b->results[w->place] : NULL;
        if (!r || !r->success || text_is_null(r->external_id) || text_equal(r->external_id, w->object->external_id)) continue;
        text key = arena_print(b->a, "%d|%.*s", w->type->id, TEXT_ARG(text_fold(b->a, r->external_id)));
        if (text_map_put(&given, key, w)) r->error = EXPORT_ERROR_INVALID_ID;
        queries[asked] = (struct cso_key_query){.system = ex->r->system->id, .type = w->type->id, .value = r->external_id};
        asking[asked++] = w;
    }
    if (asked) TRY(store_find_keys(tx, b->a, queries, asked, &hits));
    for (EACH(struct cso_key_hit, h, &hits))
        if (h->cso != asking[h->query]->object->id) b->results[asking[h->query]->place].error = EXPORT_ERROR_INVALID_ID;
    for (size_t i = 0; i < asked; i++) {
        struct export_result *r = &b->results[asking[i]->place];
        if (r->error != EXPORT_ERROR_INVALID_ID) continue;
        r->success = false;
        r->error_message = T("The system returned an external id that another object has already.");
    }
    return NULL;
}

static FALLIBLE store_all(struct export *ex, struct export_batch *b, store_tx *tx, int64_t item_id) {
    run_note(ex->r, tx);
    TRY(follow(ex, b, tx));
    TRY(check_ids(ex, b, tx));
    for (EACH(struct export_work, w, &b->work)) export_result_apply(ex, b, w, &item_id);
    if (b->exports.count) TRY(store_write_pending(tx, ex->r->config, &b->exports));
    if (b->objects.count) TRY(store_write_renamed_csos(tx, ex->r->config, &b->objects, NULL, NULL));
    TRY(run_write_items(ex->r, tx, &b->items));
    return store_commit(tx);
}

FALLIBLE export_store(struct export *ex, struct export_batch *b) {
    OWNED(store_tx) tx = NULL;
    int64_t item_id;
    struct activity_counters counters = ex->r->activity.counters;
    TRY(store_ids(ex->r->store, IDS_ITEM, (int64_t)b->work.count + 1, &item_id));
    TRY(store_write(ex->r->store, STORE_BULK, &tx));
    error *e = store_all(ex, b, tx, item_id);
    if (!e) return NULL;
    ex->r->activity.counters = counters;
    return error_make(e->kind, e, __FILE__, __LINE__, "The results of a batch of %zu could not be stored.", b->work.count);
}
