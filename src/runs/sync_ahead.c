/* Reads and decides the next page of a synchronisation in a thread of its own, and knows what of it still holds when it is wanted.
 */
#include "runs/sync.h"

#include "base/die.h"
#include "base/thread.h"

#include "model/document.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { DOCUMENT_BYTES = 1 << 20, MOST_TARGETS = 20000, MARKS = 8192, IN_VAIN = 3, PAUSE = 64 };
#define PAGE_BYTES ((size_t)16 << 30)

/* What the run wrote: of metaverse objects the number of the session, of connected objects also where references to them lead. */
struct written {
    int64_t session;
    bool gone;
    struct sync_link link;
};
struct marks {
    arena *a;
    struct int_map csos; /* → struct written */
    struct int_map mvos; /* → session */
    int64_t last;
};

enum state { IDLE, ASKED, READ };

struct sync_ahead {
    struct run *r;
    int32_t system;
    const sync_plan *plan;
    struct sync_ids *ids;
    bool references; /* an import rule of the system maps one */
    arena *scratch;
    pthread_t thread;
    mutex m;
    pthread_cond_t changed;
    enum state state; /* this and the next three: by the lock */
    bool stop, whole; /* whole: what was asked for was read without an error */
    bool may_decide;
    atomic_bool awaited; /* the run waits for the page */
    struct sync_request asked;
    struct sync_page *reading;
    struct sync_page pages[2]; /* in turns: one is used while the other one is read */
    int next;
    struct marks marks[2]; /* newer and older */
    int64_t keys_changed, taken_seen;
    int in_vain, pause;
};

/* ---- The reading thread ---- */

static struct int64s ids_of_mvos(struct sync_page *p) {
    struct int64s ids = {0};
    struct int_map seen;
    int_map_init(&seen, p->a, p->objects.count);
    for (EACH(const struct cso, o, &p->objects))
        if (o->mvo && !int_map_put(&seen, o->mvo, p)) *LIST_ADD(p->a, &ids) = o->mvo;
    return ids;
}

/* Of most metaverse objects the page's object is the only connector, or one of few: its row need not be read again. */
static FALLIBLE read_connectors(struct sync_ahead *h, store_tx *tx, struct sync_page *p, const struct int64s *mvos) {
    struct connector_refs refs = {0};
    struct int64s others = {0};
    struct csos heads = {0};
    struct int_map by_id;
    int_map_init(&by_id, p->a, p->objects.count);
    for (EACH(struct cso, o, &p->objects)) int_map_put(&by_id, o->id, o);
    TRY(store_connector_ids(tx, p->a, mvos->at, mvos->count, &refs));
    for (EACH(const struct connector_ref, ref, &refs))
        if (!int_map_get(&by_id, ref->cso)) *LIST_ADD(p->a, &others) = ref->cso;
    TRY(store_csos(tx, p->a, h->r->config, others.at, others.count, false, &heads));
    for (EACH(struct cso, o, &heads)) int_map_put(&by_id, o->id, o);
    for (EACH(const struct connector_ref, ref, &refs)) {
        const struct cso *o = int_map_get(&by_id, ref->cso);
        if (o) *LIST_ADD(p->a, &p->connectors) = *o;
    }
    return NULL;
}

static FALLIBLE read_identities(struct sync_ahead *h, store_tx *tx, struct sync_page *p) {
    struct int64s ids = ids_of_mvos(p);
    TRY(store_mvos(tx, p->a, h->r->config, ids.at, ids.count, &p->mvos));
    TRY(read_connectors(h, tx, p, &ids));
    for (EACH(struct mvo, m, &p->mvos)) int_map_put(&p->mvo_by_id, m->id, m);
    for (size_t i = 0; i < p->connectors.count;) {
        struct sync_span *span = ARENA_NEW(p->a, struct sync_span);
        span->first = &p->connectors.at[i];
        while (i < p->connectors.count && p->connectors.at[i].mvo == span->first->mvo) i++, span->count++;
        int_map_put(&p->connectors_of, span->first->mvo, span);
    }
    return NULL;
}

static struct int64s ids_of_targets(struct sync_page *p) {
    struct int64s ids = {0};
    struct int_map seen;
    int_map_init(&seen, p->a, p->objects.count);
    for (EACH(const struct cso, o, &p->objects)) {
        for (EACH(const struct values, set, &o->values)) {
            if (!set->count || set->at[0].type != TYPE_REFERENCE) continue;
            for (size_t i = 0; i < set->count && ids.count < MOST_TARGETS; i++) {
                int64_t target = set->at[i].reference.target;
                if (!target || int_map_get(&p->target_by_id, target)) continue;
                if (!int_map_put(&seen, target, p)) *LIST_ADD(p->a, &ids) = target;
            }
        }
    }
    return ids;
}

static FALLIBLE read_targets(struct sync_ahead *h, store_tx *tx, struct sync_page *p) {
    struct csos heads = {0};
    if (!h->references) return NULL;
    for (EACH(struct cso_target, t, &p->targets)) int_map_put(&p->target_by_id, t->cso, t);
    struct int64s ids = ids_of_targets(p);
    TRY(store_csos(tx, p->a, h->r->config, ids.at, ids.count, false, &heads));
    for (EACH(const struct cso, o, &heads)) {
        struct cso_target *t = ARENA_NEW(p->a, struct cso_target);
        *t = (struct cso_target){o->id, o->mvo, o->system, o->type, o->status};
        int_map_put(&p->target_by_id, o->id, t);
    }
    return NULL;
}

static FALLIBLE read_page(struct sync_ahead *h, struct sync_page *p, const struct sync_request *q) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(h->r->store, &tx));
    p->seen = store_session_number(tx);
    p->targets.most = h->references ? MOST_TARGETS : 0;
    struct cso_page_query next = {
        .system = h->system, .after = q->after, .limit = q->count, .values = true, .targets = &p->targets};
    if (q->ids)
        TRY(store_csos(tx, p->a, h->r->config, q->ids, q->count, true, &p->objects));
    else
        TRY(store_cso_page(tx, p->a, h->r->config, &next, &p->objects));
    TRY(read_identities(h, tx, p));
    return read_targets(h, tx, p);
}

/* What the page answers; false when something must be looked up. */
static bool answer(struct sync_ahead *h, struct sync_page *p, const struct sync_wants *w, struct sync_facts *out) {
    if (w->values.count || w->links.count || w->pending.count || w->referrers.count || w->match_mvos.count || w->match_csos.count)
        return false;
    for (EACH(const int64_t, id, &w->mvos)) {
        const struct mvo *m = sync_ahead_mvo(h, p, *id);
        if (!m) return false;
        *LIST_ADD(p->a, &out->mvos) = *m;
    }
    for (EACH(const int64_t, id, &w->connectors)) {
        const struct sync_span *span = sync_ahead_connectors(h, p, *id);
        if (!span) return false;
        for (size_t i = 0; i < span->count; i++) *LIST_ADD(p->a, &out->connectors) = span->first[i];
    }
    for (EACH(const int64_t, id, &w->targets))
        if (!sync_ahead_target(h, p, p->a, *id, &out->targets)) return false;
    return sync_reserve_at_hand(h->r->store, w, h->ids);
}

static void decide(struct sync_ahead *h, struct sync_page *p) {
    p->batch = sync_batch_new(p->a, h->plan, &p->facts, h->ids);
    sync_batch_page(p->batch, &p->objects);
    while ((p->asks = sync_next(p->batch, &p->wants))) {
        struct sync_facts facts = {0};
        if (!answer(h, p, &p->wants, &facts)) return;
        sync_learn(p->batch, &facts);
    }
}

static text keep_document(arena *a, const struct buffer *b) { return b->overflow ? (text){0} : arena_text(a, buffer_as_text(b)); }

/* While the run is still busy with the page before: documents that it would have to write itself. */
static void write_documents(struct sync_ahead *h, struct sync_page *p) {
    if (p->asks) return;
    OWNED_VALUE(buffer) room = {.max = DOCUMENT_BYTES};
    const struct sync_outcome *o = sync_outcome(p->batch);
    for (EACH(struct mvo_change, k, &o->mvos)) {
        if (atomic_load_explicit(&h->awaited, memory_order_relaxed)) return;
        if (!k->before && k->after) {
            k->prepared = store_prepare_mvo(p->a, h->r->config, &room, k->after);
        } else if (k->after) {
            buffer_clear(&room);
            document_write_mvo(&room, &k->after->values);
            k->document = keep_document(p->a, &room);
        }
    }
    for (EACH(struct pending_export_change, k, &o->pending)) {
        if (atomic_load_explicit(&h->awaited, memory_order_relaxed)) return;
        if (!k->after) continue;
        buffer_clear(&room);
        document_write_changes(&room, &k->after->changes);
        k->document = keep_document(p->a, &room);
    }
    for (EACH(struct run_item, item, &o->items)) {
        if (atomic_load_explicit(&h->awaited, memory_order_relaxed)) return;
        if (!item->outcomes || p->facts.tracking != TRACK_DETAILED) continue; /* else not all of them is kept */
        buffer_clear(&room);
        document_write_outcomes(&room, item->outcomes);
        item->tree = keep_document(p->a, &room);
    }
}

static void *read_ahead(void *state) {
    struct sync_ahead *h = state;
    pthread_mutex_lock(&h->m);
    while (!h->stop) {
        if (h->state != ASKED) {
            pthread_cond_wait(&h->changed, &h->m);
            continue;
        }
        pthread_mutex_unlock(&h->m);
        error *failed = read_page(h, h->reading, &h->asked);
        bool whole = !failed;
        error_free(failed); /* the run will meet it itself */
        pthread_mutex_lock(&h->m);
        while (whole && !h->may_decide && !h->stop && !atomic_load(&h->awaited)) pthread_cond_wait(&h->changed, &h->m);
        if (whole && h->may_decide && !h->stop && !atomic_load(&h->awaited)) {
            pthread_mutex_unlock(&h->m);
            decide(h, h->reading);
            write_documents(h, h->reading);
            pthread_mutex_lock(&h->m);
        }
        h->state = READ;
        h->whole = whole;
        pthread_cond_broadcast(&h->changed);
    }
    pthread_mutex_unlock(&h->m);
    return NULL;
}

/* ---- Marks ---- */

static void begin_marks(struct marks *k) {
    if (k->a)
        arena_reset(k->a);
    else
        k->a = arena_new(PAGE_BYTES);
    k->last = 0;
    int_map_init(&k->csos, k->a, 1024);
    int_map_init(&k->mvos, k->a, 1024);
}

static void mark_mvo(struct marks *k, int64_t id) {
    if (id) int_map_put(&k->mvos, id, (void *)(intptr_t)k->last);
}

static void mark_cso(struct marks *k, const struct cso_change *c) {
    const struct cso *o = c->after ? c->after : c->before;
    struct written *w = ARENA_NEW(k->a, struct written);
    *w = (struct written){k->last, !c->after, {o->id, o->mvo, o->system, o->type, o->status}};
    int_map_put(&k->csos, o->id, w);
}

static bool mvo_unwritten(const struct sync_ahead *h, int64_t id, int64_t seen) {
    for (int i = 0; i < 2; i++)
        if ((int64_t)(intptr_t)int_map_get(&h->marks[i].mvos, id) > seen) return false;
    return true;
}

/* The last that the run wrote of it after the snapshot, or NULL; the first marks are the newer ones. */
static const struct written *cso_written(const struct sync_ahead *h, int64_t id, int64_t seen) {
    for (int i = 0; i < 2; i++) {
        const struct written *w = int_map_get(&h->marks[i].csos, id);
        if (w) return w->session > seen ? w : NULL;
    }
    return NULL;
}

/* What every later page sees needs no mark any more. */
static void forget_marks(struct sync_ahead *h) {
    if (h->marks[0].csos.count + h->marks[0].mvos.count < MARKS || h->marks[1].last > h->taken_seen) return;
    struct marks newer = h->marks[0];
    h->marks[0] = h->marks[1];
    h->marks[1] = newer;
    begin_marks(&h->marks[0]);
}

static bool same_keys(const struct cso *x, const struct cso *y) {
    return text_equal(x->external_id, y->external_id) && text_equal(x->secondary_external_id, y->secondary_external_id);
}

void sync_ahead_wrote(struct sync_ahead *h, store_tx *tx, const struct sync_outcome *o) {
    int64_t session = store_session_number(tx);
    forget_marks(h);
    struct marks *k = &h->marks[0];
    k->last = session;
    for (EACH(const struct mvo_change, c, &o->mvos)) mark_mvo(k, c->before ? c->before->id : c->after->id);
    for (EACH(const struct cso_change, c, &o->csos)) {
        const struct cso *one = c->before ? c->before : c->after;
        mark_cso(k, c);
        if (c->before) mark_mvo(k, c->before->mvo);
        if (c->after) mark_mvo(k, c->after->mvo);
        if (one->system == h->system && (!c->before || !c->after || !same_keys(c->before, c->after))) h->keys_changed = session;
    }
}

/* ---- Asking and taking ---- */

static bool maps_references(const struct config *c, int32_t system) {
    for (EACH(const struct sync_rule, rule, &c->rules)) {
        if (rule->system != system || rule->direction != DIRECTION_IMPORT || !rule->enabled) continue;
        for (EACH(const struct mapping, m, &rule->mappings)) {
            const struct mv_attribute *target = config_mv_attribute(c, m->mv_target);
            if (m->enabled && target && target->type == TYPE_REFERENCE) return true;
        }
    }
    return false;
}

struct sync_ahead *sync_ahead_start(struct run *r, int32_t system, const sync_plan *plan, struct sync_ids *ids) {
    struct sync_ahead *h = calloc(1, sizeof *h);
    if (!h) die("out of memory");
    h->r = r;
    h->system = system;
    h->plan = plan;
    h->ids = ids;
    h->scratch = arena_new(PAGE_BYTES);
    h->references = maps_references(r->config, system);
    pthread_mutex_init(&h->m, NULL);
    pthread_cond_init(&h->changed, NULL);
    for (int i = 0; i < 2; i++) {
        h->pages[i].a = arena_new(PAGE_BYTES);
        begin_marks(&h->marks[i]);
    }
    h->thread = thread_start("sync ahead", read_ahead, h);
    return h;
}

void sync_ahead_stop(struct sync_ahead *h) {
    if (!h) return;
    pthread_mutex_lock(&h->m);
    h->stop = true;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->m);
    pthread_join(h->thread, NULL);
    for (int i = 0; i < 2; i++) {
        arena_free(h->pages[i].a);
        arena_free(h->marks[i].a);
    }
    arena_free(h->scratch);
    pthread_cond_destroy(&h->changed);
    pthread_mutex_destroy(&h->m);
    free(h);
}

/* With the lock held. `at_once`: undecided, if that has not begun. */
static void wait_until_read(struct sync_ahead *h, bool at_once) {
    if (at_once) atomic_store(&h->awaited, true);
    pthread_cond_broadcast(&h->changed);
    while (h->state == ASKED) pthread_cond_wait(&h->changed, &h->m);
}

static void empty(struct sync_page *p) {
    arena *a = p->a;
    arena_reset(a);
    *p = (struct sync_page){.a = a};
    int_map_init(&p->mvo_by_id, a, 16);
    int_map_init(&p->target_by_id, a, 16);
    int_map_init(&p->connectors_of, a, 16);
}

static bool same_request(const struct sync_request *x, const struct sync_request *y) {
    if (x->count != y->count || !x->ids != !y->ids) return false;
    return x->ids ? memcmp(x->ids, y->ids, x->count * sizeof *x->ids) == 0 : x->after == y->after;
}

void sync_ahead_ask(struct sync_ahead *h, const struct sync_request *q) {
    if (h->pause > 0) {
        h->pause--;
        return;
    }
    WITH_LOCK(&h->m);
    wait_until_read(h, !h->may_decide);
    if (h->state == READ && same_request(&h->asked, q)) return;
    h->reading = &h->pages[h->next];
    h->next = !h->next;
    empty(h->reading);
    h->asked = *q;
    if (q->ids) {
        int64_t *ids = ARENA_ARRAY(h->reading->a, int64_t, q->count);
        memcpy(ids, q->ids, q->count * sizeof *ids);
        h->asked.ids = ids;
    }
    atomic_store(&h->awaited, false);
    h->may_decide = false;
    h->state = ASKED;
    pthread_cond_broadcast(&h->changed);
}

void sync_ahead_decide(struct sync_ahead *h, const struct sync_run *facts) {
    WITH_LOCK(&h->m);
    if (h->state != ASKED) return;
    arena_reset(h->scratch);
    h->reading->facts = *facts;
    h->reading->facts.scratch = h->scratch;
    h->reading->facts.now = instant_now();
    h->may_decide = true;
    pthread_cond_broadcast(&h->changed);
}

static bool holds(const struct sync_ahead *h, store_tx *tx, const struct sync_page *p) {
    if (store_others_wrote(tx) > p->seen || h->keys_changed > p->seen) return false;
    for (EACH(const struct cso, o, &p->objects))
        if (cso_written(h, o->id, p->seen)) return false;
    return true;
}

const struct sync_page *sync_ahead_take(struct sync_ahead *h, store_tx *tx, const struct sync_request *q,
                                        const struct sync_run *facts) {
    WITH_LOCK(&h->m);
    wait_until_read(h, true);
    if (h->state != READ) return NULL;
    h->state = IDLE;
    struct sync_page *p = h->reading;
    h->taken_seen = p->seen;
    bool good = h->whole && same_request(&h->asked, q) && holds(h, tx, p);
    if (p->batch && p->facts.no_pending != facts->no_pending) p->batch = NULL;
    /* where others write all the time, reading ahead is of no use for a while */
    h->in_vain = good ? 0 : h->in_vain + 1;
    if (h->in_vain >= IN_VAIN) h->pause = PAUSE;
    return good ? p : NULL;
}

const struct mvo *sync_ahead_mvo(const struct sync_ahead *h, const struct sync_page *p, int64_t id) {
    const struct mvo *m = p ? int_map_get(&p->mvo_by_id, id) : NULL;
    return m && mvo_unwritten(h, id, p->seen) ? m : NULL;
}

bool sync_ahead_target(const struct sync_ahead *h, const struct sync_page *p, arena *a, int64_t id, struct sync_links *out) {
    const struct written *w = p ? cso_written(h, id, p->seen) : NULL;
    if (w) {
        if (!w->gone) *LIST_ADD(a, out) = w->link;
        return true;
    }
    const struct cso_target *t = p ? int_map_get(&p->target_by_id, id) : NULL;
    if (t) *LIST_ADD(a, out) = (struct sync_link){t->cso, t->mvo, t->system, t->type, t->status};
    return t;
}

const struct sync_span *sync_ahead_connectors(const struct sync_ahead *h, const struct sync_page *p, int64_t mvo) {
    const struct sync_span *span = p ? int_map_get(&p->connectors_of, mvo) : NULL;
    return span && mvo_unwritten(h, mvo, p->seen) ? span : NULL;
}
