/* Words for tests of holds: many people, the holds there are, what they list, a release. */
#ifndef JOINERY_TEST_RUNS_HOLDING_H
#define JOINERY_TEST_RUNS_HOLDING_H

#include "px.h"

#include "runs/safety.h"
#include "world_private.h"

/* People with the ids from … to, all known in HR. */
static inline void people(struct world *w, int from, int to) {
    text rows = T("");
    for (int i = from; i <= to; i++)
        rows = arena_print(w->a, "%.*s%shrId=%d;employeeId=E%d;displayName=P%d", TEXT_ARG(rows), rows.len ? "\n" : "", i, i, i);
    world_rows(w, "HR", arena_cstring(w->a, rows));
}

static inline void so_many(struct world *w, int count) {
    people(w, 1, count);
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(world_mvo_count(w), count);
}

static inline void hundred(struct world *w) { so_many(w, 100); }

static inline struct holds holds(struct world *w) {
    OWNED(store_tx) tx = NULL;
    struct holds found = {0};
    int64_t total;
    OK(store_read(w->s, &tx));
    OK(store_holds(tx, w->a, &(struct hold_query){.guard = -1, .limit = 100}, &found, &total));
    assert_int_equal(found.count, total);
    return found;
}

/* The newest one must be so. */
static inline struct hold the_hold(struct world *w, enum hold_guard guard, enum hold_status status) {
    struct holds all = holds(w);
    assert_true(all.count > 0);
    assert_int_equal(all.at[0].guard, guard);
    assert_int_equal(all.at[0].status, status);
    return all.at[0];
}

static inline struct held_objects list_of(struct world *w, const struct hold *h) {
    OWNED(store_tx) tx = NULL;
    struct held_objects found = {0};
    OK(store_read(w->s, &tx));
    OK(store_held(tx, w->a, &(struct held_query){.hold = h->id, .state = -1, .limit = 100000}, &found));
    assert_int_equal(found.count, h->objects);
    return found;
}

static inline size_t in_state(struct world *w, const struct hold *h, enum held_state held) {
    size_t n = 0;
    struct held_objects list = list_of(w, h);
    for (EACH(const struct held_object, o, &list)) n += o->state == held;
    return n;
}

static const struct initiator ada = {.type = BY_USER, .id = {"Ada", 3}, .name = {"Ada", 3}};

static inline enum activity_status release(struct world *w, const struct hold *h) {
    struct run_ticket ticket;
    OK(runs_release_hold(w->runs, w->a, h->id, &ada, T("They have left."), &ticket));
    world_await(w, ticket.activity);
    world_load_run(w, ticket.activity);
    return w->run.status;
}

static inline size_t obsolete(struct world *w) {
    size_t n = 0;
    struct csos all = world_csos(w, "HR");
    for (EACH(const struct cso, o, &all)) n += o->status == CSO_OBSOLETE;
    return n;
}

/* Objects of the metaverse that HR's objects are joined to. */
static inline size_t joined(struct world *w) {
    size_t n = 0;
    struct csos all = world_csos(w, "HR");
    for (EACH(const struct cso, o, &all)) n += o->mvo != 0;
    return n;
}

#endif
