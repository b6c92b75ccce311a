/* Exports of connectors that write everything at once: pending exports pass by page by page, of each a few bytes are kept until the
 * file stands, and then the results are stored page by page. */
#include "base/unicode.h"
#include "runs/export.h"

enum { PAGE = 1000 };

/* What is known of one pending export that was handed over. */
struct note {
    int64_t pending_export, cso;
    uint64_t digest; /* of its changes as they were */
    uint8_t *sent;   /* one bit a change; NULL: every one that was due */
    uint32_t changes;
    uint8_t change, error;
    bool done, success, awaiting, missing; /* the last two as in struct export_work */
    bool refused;                          /* without asking the connector */
    text external_id, message;
};
struct notes LIST(struct note);

struct file_export {
    struct export *ex;
    bool final;
    size_t deferred_at;          /* of the final pass */
    struct pending_page_query q; /* else */
    struct export_batch b;       /* the page in hand */
    struct export_item *items;
    size_t count;
    struct notes notes;
    arena *kept;
    bool ours;      /* an error is not the connector's */
    int64_t failed; /* of the notes */
    bool too_many;  /* … so that nothing is written (guard ErrorRate) */
};

/* ---- handing over ---- */

static bool is_due(const struct staged_change *c) { return c->status == CHANGE_PENDING || c->status == CHANGE_NOT_CONFIRMED; }

static uint64_t mix(uint64_t h, uint64_t with) { return (h ^ with) * UINT64_C(0x9E3779B97F4A7C15) + (h >> 29); }

static uint64_t digest_of(arena *a, const struct pending_export *p) {
    uint64_t h = mix(p->changes.count, p->change);
    for (EACH(const struct staged_change, c, &p->changes)) {
        text value = c->has_value ? value_text(a, &c->value) : T("");
        h = mix(mix(h, (uint64_t)c->attribute), (uint64_t)c->change * 64 + (uint64_t)c->status * 4 + c->has_value);
        h = mix(mix(h, (uint64_t)c->reference_mvo), text_hash(value));
    }
    return h;
}

static FALLIBLE next_due(struct file_export *f, struct pending_exports *due) {
    struct export *ex = f->ex;
    if (!f->final) return export_next_page(ex, ex->batch, &f->q, due);
    OWNED(store_tx) tx = NULL;
    TRY(store_read(ex->r->store, &tx));
    size_t rest = ex->deferred.count - f->deferred_at, count = rest < PAGE ? rest : PAGE;
    if (count) TRY(store_pending(tx, ex->batch, ex->r->config, ex->deferred.at + f->deferred_at, count, due));
    f->deferred_at += count;
    return NULL;
}

/* What cannot be written now has its result at once. */
static FALLIBLE store_unsent(struct file_export *f, size_t all) {
    struct export_batch rest = {.a = f->b.a, .now = f->b.now, .final = f->final, .exports = f->b.exports};
    size_t noted = f->b.work.count;
    for (EACH(const struct export_work, w, &f->b.work))
        if (!w->send) *LIST_ADD(rest.a, &rest.work) = *w;
    noted -= rest.work.count;
    f->ex->done += (int64_t)(all - noted);
    f->ex->r->activity.counters.objects += (int64_t)(all - noted);
    return rest.work.count || rest.exports.count ? export_store(f->ex, &rest) : NULL;
}

static uint8_t *sent_bits(arena *a, const struct export_work *w) {
    bool all = true;
    for (size_t i = 0; i < w->before.changes.count; i++) all &= w->sent[i] == is_due(&w->before.changes.at[i]);
    if (all) return NULL;
    uint8_t *bits = ARENA_ARRAY(a, uint8_t, w->before.changes.count / 8 + 1);
    for (size_t i = 0; i < w->before.changes.count; i++)
        if (w->sent[i]) bits[i / 8] |= (uint8_t)(1 << (i % 8));
    return bits;
}

static void note(struct file_export *f, const struct export_work *w, const struct export_result *r) {
    struct note *n = LIST_ADD(f->kept, &f->notes);
    *n = (struct note){.pending_export = w->stored->id,
                       .cso = w->object->id,
                       .digest = digest_of(f->b.a, &w->before),
                       .sent = sent_bits(f->kept, w),
                       .changes = (uint32_t)w->item.changes.count,
                       .change = (uint8_t)w->before.change,
                       .error = (uint8_t)r->error,
                       .done = r->done,
                       .success = r->success,
                       .awaiting = w->awaiting,
                       .missing = w->missing,
                       .message = arena_text(f->kept, r->error_message)};
    if (!text_equal(r->external_id, w->object->external_id)) n->external_id = arena_text(f->kept, r->external_id);
    f->failed += r->done && !r->success;
}

/* As safety_errors, with what is not stored yet: the file is not written when most of it would be wrong. */
static error *judge_errors(struct file_export *f) {
    const struct run *r = f->ex->r;
    const struct activity_counters *so_far = &r->activity.counters;
    int64_t errors = so_far->objects_with_error + f->failed, objects = so_far->objects + (int64_t)f->notes.count;
    f->too_many = r->safety && safety_too_many_errors(&r->safety->policy, errors, objects);
    return f->too_many ? safety_error_rate(&r->safety->policy, errors, objects) : NULL;
}

static FALLIBLE prepare_page(struct file_export *f, bool *more) {
    struct export *ex = f->ex;
    struct pending_exports due = {0};
    arena_reset(ex->batch);
    f->count = 0;
    f->b = (struct export_batch){.a = ex->batch, .now = instant_now(), .final = f->final};
    if (run_cancelled(ex->r)) return FAIL(ERROR_CANCELLED, "The export was stopped.");
    TRY(next_due(f, &due));
    *more = due.count || (f->final && f->deferred_at < ex->deferred.count);
    if (!due.count) return NULL;
    TRY(export_prepare(ex, &f->b, &due));
    TRY(export_mark(ex, &f->b));
    f->count = export_items(ex, &f->b, &f->items);
    for (EACH(const struct export_work, w, &f->b.work)) {
        if (!w->send || w->place < f->count) continue;
        note(f, w, &f->b.results[w->place]);
        f->notes.at[f->notes.count - 1].refused = true;
    }
    TRY(store_unsent(f, due.count));
    return f->count ? NULL : judge_errors(f);
}

static error *next(void *state, const struct export_item **items, size_t *count) {
    struct file_export *f = state;
    f->ours = true;
    for (bool more = true; more;) {
        TRY(prepare_page(f, &more));
        if (f->count) break;
    }
    f->ours = false;
    *items = f->items;
    *count = f->count;
    return NULL;
}

static error *told(void *state, const struct export_result *results) {
    struct file_export *f = state;
    static const struct export_result nothing = {0};
    for (EACH(const struct export_work, w, &f->b.work))
        if (w->send && w->place < f->count) note(f, w, results ? &results[w->place] : &nothing);
    return results ? judge_errors(f) : NULL;
}

/* ---- storing what came of it ---- */

/* The same changes were sent, unless somebody has staged others meanwhile: then none counts as sent, and all go out again. */
static void recall(struct export_batch *b, const struct note *n, struct export_work *w) {
    bool same = digest_of(b->a, &w->before) == n->digest;
    w->sent = ARENA_ARRAY(b->a, bool, w->before.changes.count + 1);
    for (size_t i = 0; same && i < w->before.changes.count; i++)
        w->sent[i] = n->sent ? n->sent[i / 8] >> (i % 8) & 1 : is_due(&w->before.changes.at[i]);
    w->before.change = n->change;
    w->item.change = n->change;
    w->item.changes.count = n->changes;
}

static void add_work(struct file_export *f, struct export_batch *b, const struct note *n, const struct pending_export *p,
                     const struct cso *object) {
    const struct cs_type *type = config_cs_type(f->ex->r->config, object->type);
    if (!type) return;
    struct export_work *w = LIST_ADD(b->a, &b->work);
    *w = (struct export_work){
        .stored = p, .before = *p, .object = object, .type = type, .send = true, .awaiting = n->awaiting, .missing = n->missing};
    recall(b, n, w);
    w->place = b->work.count - 1;
    b->results[w->place] = (struct export_result){
        .done = n->done, .success = n->success, .external_id = n->external_id, .error_message = n->message, .error = n->error};
    bool named = n->success && text_is_null(n->external_id);
    if (named) b->results[w->place].external_id = object->external_id;
}

static FALLIBLE load_noted(struct file_export *f, struct export_batch *b, const struct note *notes, size_t count) {
    struct export *ex = f->ex;
    OWNED(store_tx) tx = NULL;
    struct pending_exports *exports = ARENA_NEW(b->a, struct pending_exports);
    struct csos *objects = ARENA_NEW(b->a, struct csos);
    struct int64s ids = {0};
    struct int_map by_cso, by_id;
    for (size_t i = 0; i < count; i++) *LIST_ADD(b->a, &ids) = notes[i].cso;
    TRY(store_read(ex->r->store, &tx));
    TRY(store_pending_by_cso(tx, b->a, ex->r->config, ids.at, ids.count, exports));
    TRY(export_objects(ex, tx, b->a, ids.at, ids.count, NULL, objects));
    int_map_init(&by_cso, b->a, count);
    int_map_init(&by_id, b->a, count);
    for (EACH(struct pending_export, p, exports)) int_map_put(&by_cso, p->cso, p);
    for (EACH(struct cso, o, objects)) int_map_put(&by_id, o->id, o);
    b->results = ARENA_ARRAY(b->a, struct export_result, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct pending_export *p = int_map_get(&by_cso, notes[i].cso);
        const struct cso *object = int_map_get(&by_id, notes[i].cso);
        if (p && object) add_work(f, b, &notes[i], p, object);
    }
    return NULL;
}

static FALLIBLE store_noted(struct file_export *f) {
    struct export *ex = f->ex;
    for (size_t done = 0; done < f->notes.count; done += PAGE) {
        size_t count = f->notes.count - done < PAGE ? f->notes.count - done : PAGE;
        arena_reset(ex->batch);
        struct export_batch b = {.a = ex->batch, .now = instant_now(), .final = f->final};
        TRY(load_noted(f, &b, f->notes.at + done, count));
        TRY(export_store(ex, &b));
        ex->done += (int64_t)count;
        ex->r->activity.counters.objects += (int64_t)count;
        run_progress(ex->r, ex->done, ex->total);
    }
    return NULL;
}

/* Nothing was written because too many were refused: those are told, the others stay as they are. */
static FALLIBLE keep_refusals(struct file_export *f, error *why) {
    for (EACH(struct note, n, &f->notes))
        if (n->success) n->done = n->success = false;
    OWNED(error) failing = why;
    TRY(store_noted(f));
    return TAKE(failing);
}

/* Nothing was written: whatever was told, every pending export of the run fails with the connector's error, also those that it did
 * not come to; a run that is stopped leaves them as they are. */
static FALLIBLE fail_all(struct file_export *f, const error *failure) {
    char sentence[1024];
    text message = arena_text(f->kept, text_of(error_chain(failure, sentence, sizeof sentence)));
    bool attempted = failure->kind != ERROR_CANCELLED && failure->kind != ERROR_BUSY;
    for (const struct export_item *items; attempted;) {
        size_t count;
        TRY(next(f, &items, &count));
        if (!count) break;
        TRY(told(f, NULL));
    }
    for (EACH(struct note, n, &f->notes)) {
        if (n->refused) continue;
        n->done = attempted;
        n->success = false;
        n->error = EXPORT_ERROR_GENERAL;
        n->external_id = (text){0};
        n->message = message;
    }
    f->ex->lost |= failure->kind == ERROR_BUSY;
    return NULL;
}

FALLIBLE export_to_file(struct export *ex, bool final) {
    OWNED(arena) kept = arena_new((size_t)16 << 30);
    struct file_export f = {.ex = ex, .final = final, .kept = kept};
    f.q = (struct pending_page_query){.system = ex->r->system->id, .due = ex->r->started, .limit = PAGE, .changes = ex->changes};
    struct export_source source = {.state = &f, .next = next, .told = told};
    error *e = ex->definition->ops.export_file(&ex->use, &source);
    if (e && f.too_many) return keep_refusals(&f, e);
    if (e && f.ours && e->kind != ERROR_CANCELLED) return e;
    error *failing = e ? fail_all(&f, e) : NULL;
    if (e && !ex->failure)
        ex->failure = e;
    else
        error_free(e);
    TRY(failing);
    return store_noted(&f);
}
