/* The working state of one batch: the objects as they were, as they become, and what is still to be decided about them. */
#ifndef JOINERY_SYNC_BATCH_H
#define JOINERY_SYNC_BATCH_H

#include "sync/formula.h"
#include "sync/plan.h"

struct work_mvo;

/* What happened to an object of the page; its item tells it. */
enum event {
    EVENT_NONE,
    EVENT_PROJECTED,
    EVENT_JOINED,
    EVENT_DISCONNECTED,
    EVENT_OUT_OF_SCOPE,
    EVENT_RETAINED, /* out of scope, join kept */
    EVENT_ENDED,    /* an obsolete row ends without disconnecting an identity */
};

/* What became of the MVO that an object left (§12.3). */
enum fate { FATE_NOT_DELETED, FATE_DELETED, FATE_SCHEDULED };

/* Additions and removals of values; attributes that became asserted null or lost their last contributor. */
struct tally {
    int32_t flows, asserted_null, no_contributor;
};

struct work_pe {
    const struct pending_export *before; /* NULL: made here */
    struct pending_export now;
    bool changed, removed;
};

/* An item under construction. */
struct work_item {
    struct run_item item;
    struct outcome_node *anchor; /* what follows hangs below it: AttributeFlow, else the root; NULL: roots */
    bool again;                  /* was written earlier, under the same id */
};
struct work_items LIST(struct work_item *);

struct work_cso {
    const struct cso *before; /* as stored; NULL: made here */
    struct cso now;
    const struct plan_type *type; /* NULL: not configured */
    struct work_mvo *mvo;         /* joined to; NULL: not, or not known here */
    struct work_cso *next;        /* the next connector of that MVO */
    struct work_pe *pe;
    bool in_page;
    bool changed, values_changed, removed;
    bool pending_asked, values_asked;
    /* pass 1 and 2 */
    struct plan_rules scope; /* import rules that hold, decided at the beginning */
    bool scope_known;
    text trouble; /* why it cannot be processed, or null */
    enum event event;
    int32_t rule; /* that projected or joined it */
    struct tally tally;
    bool flowing;          /* its references flow at the page's end */
    bool waiting;          /* a reference's target is known and not joined */
    bool referred;         /* its references have flowed, none of them with a problem */
    bool failed;           /* an error stands on its item */
    bool stopped;          /* … and nothing of it flowed */
    bool handled;          /* pass 2 reached it: drift is judged */
    bool joined_here;      /* joined or projected in this batch */
    bool again;            /* an earlier page has handled it: what its page judged is judged anew */
    bool open;             /* what was found about its references may change when others join */
    struct work_mvo *left; /* the MVO it was disconnected from */
    enum fate fate;        /* of that */
    text fate_message;
    struct work_item *item;
    const struct run_item *earlier; /* the item that this batch completes */
    bool evaluate_wholly;           /* its MVO is evaluated with all attributes */
};
struct work_cso_refs LIST(struct work_cso *);

/* How much of an MVO is evaluated for export (§13.1). */
enum evaluation { EVALUATE_NOTHING, EVALUATE_SCOPE, EVALUATE_CHANGES, EVALUATE_ALL };

struct attribute_diff {
    int32_t attribute;
    struct value_diff values;
    bool empty; /* no value is left */
};
struct attribute_diffs LIST(struct attribute_diff);

struct work_mvo {
    const struct mvo *before; /* as stored; NULL: projected here */
    struct mvo now;
    const struct plan_mv_type *type; /* NULL: not configured */
    struct work_cso *connectors;
    bool connectors_asked;
    bool changed;    /* head or values differ from before */
    bool own_values; /* the list now.values belongs to the batch */
    bool removed;
    struct attributes seen; /* the values that export evaluation knows already */
    bool queued;
    enum evaluation evaluation;
    struct int32s wholly;         /* systems whose rules are evaluated with all attributes: a connector joined there */
    struct attribute_diffs diffs; /* between seen and now, while it is queued */
    struct work_cso *origin;      /* the page's object whose item carries what follows */
    struct work_item *carrier;    /* the item itself, where there is no such object */
    bool doomed;                  /* to be deleted in this batch */
    int32_t trigger_system;       /* the system whose leaving dooms it, 0: none */
    int reason;                   /* index of CausalReasonCode */
    struct work_cso *leaver;      /* the object that left */
    struct cause recall;          /* while references to a deleted MVO are taken from it */
    bool recalled;
};
struct work_mvo_refs LIST(struct work_mvo *);

struct link_chain {
    struct sync_link link;
    struct link_chain *next;
};

enum batch_task { BATCH_PAGE, BATCH_REFERENCES, BATCH_REVIEW, BATCH_DELETIONS, BATCH_EVALUATE, BATCH_EXPLAIN };

struct sync_batch {
    arena *a;
    const struct sync_plan *plan;
    const struct sync_run *run;
    struct sync_ids *ids;
    enum batch_task task;
    void (*const *steps)(struct sync_batch *b);
    size_t step;
    bool finished;
    bool abandoned;
    struct sync_wants wants, asked; /* collected; given out and not yet answered */
    struct int_map csos, mvos;      /* by id: work_cso, work_mvo */
    struct int_map asked_mvos, asked_targets, asked_links, asked_referrers;
    struct int_map orphans; /* MVO id → work_cso whose MVO is not known here, chained by `next` */
    struct int_map targets; /* CSO id → struct sync_link */
    struct int_map links;   /* MVO id → struct link_chain */
    struct work_cso_refs page, all_csos;
    struct work_mvo_refs all_mvos, queue, doomed;
    struct work_items items;
    struct sync_referrers referrers;
    struct probes *probes;         /* inbound matching */
    struct int_map new_keys;       /* matching keys of MVOs projected in this page (J+23) */
    struct claims *claims;         /* export matching */
    size_t claims_asked;           /* how many of them earlier rounds asked */
    size_t round;                  /* of the outbound stage: deletions may begin another */
    const struct attributes *gone; /* of the page's only object: values that its partial sets hold no more; or NULL */
    bool *needs_whole;             /* something was asked of a set of which only a part is at hand */
    struct sync_outcome outcome;
};

/* Is the run to stop? Then also notes when the batch is to be given up. */
bool batch_stops(struct sync_batch *b);

/* ---- objects.c: the objects of a batch ---- */
/* Ends the process when more is taken than was asked for. */
int64_t batch_fresh_id(struct sync_id_range *ids);
struct work_cso *batch_cso(const struct sync_batch *b, int64_t id); /* NULL: not known */
struct work_mvo *batch_mvo(const struct sync_batch *b, int64_t id);
struct work_cso *batch_add_cso(struct sync_batch *b, const struct cso *o);
struct work_mvo *batch_add_mvo(struct sync_batch *b, const struct mvo *o);
struct work_mvo *batch_project(struct sync_batch *b, int32_t tenant, const struct mv_type *type);
struct work_cso *batch_provision(struct sync_batch *b, const struct plan_type *type, struct work_mvo *m);
struct work_pe *batch_stage(struct sync_batch *b, struct work_cso *c, enum export_change change);
/* The CSO's pending export as it now is, or NULL. */
struct work_pe *batch_pe(const struct work_cso *c);
void batch_drop_pe(struct work_cso *c);
/* Ends the CSO's row; its pending export goes with it. */
void batch_remove_cso(struct work_cso *c);
void batch_join(struct sync_batch *b, struct work_cso *c, struct work_mvo *m, enum cso_join join);
/* Breaks the join; of an MVO that is to be deleted batch_link still knows where the CSO stood. */
void batch_part(struct sync_batch *b, struct work_cso *c);
/* The MVO's connector in a system, or NULL. */
struct work_cso *batch_connector(const struct work_mvo *m, int32_t system);
/* Where a CSO leads: *mvo 0 when not joined; false when no such CSO exists, or only on its way out: whether the page at hand or
 * another one ends it must not matter. */
bool batch_target(const struct sync_batch *b, int64_t cso, int64_t *mvo);
/* The CSO to which a reference to the MVO leads in a system, 0: none. What is obsolete, or has left its MVO in this batch, is none:
 * whoever comes in another page finds it gone. Of MVOs that are deleted in this batch it is the one that they had. */
int64_t batch_link(const struct sync_batch *b, int64_t mvo, int32_t system);
void batch_know_link(struct sync_batch *b, struct sync_link link);
/* The MVO's list of values, ready to be changed. */
struct attributes *batch_values(struct sync_batch *b, struct work_mvo *m);
void batch_queue(struct sync_batch *b, struct work_mvo *m, enum evaluation evaluation);
void batch_count(struct sync_batch *b, struct sync_type_counts *counts, int32_t type);

/* ---- Wants: each thing is asked for once ---- */
void want_mvo(struct sync_batch *b, int64_t id);
void want_connectors(struct sync_batch *b, struct work_mvo *m);
void want_values(struct sync_batch *b, struct work_cso *c);
void want_target(struct sync_batch *b, int64_t cso);
void want_link(struct sync_batch *b, int64_t mvo);
void want_pending(struct sync_batch *b, struct work_cso *c);
void want_referrers(struct sync_batch *b, int64_t mvo);

/* An object of an earlier page that joined in this run: all of it was evaluated there, and there was no drift to be judged. */
static inline bool batch_joined_before(const struct sync_batch *b, const struct work_cso *c) {
    return c->again && c->now.joined.ticks >= b->run->began.ticks;
}

/* To be asked of each set that is read as a whole. */
static inline void batch_whole(const struct sync_batch *b, const struct values *set) {
    if (set && set->partial) *b->needs_whole = true;
}

/* What mappings are computed from in this batch. */
static inline struct formula_inputs batch_inputs(const struct sync_batch *b, const struct attributes *mv,
                                                 const struct attributes *cs) {
    return (struct formula_inputs){
        .mv = mv, .cs = cs, .now = b->run->now, .scratch = b->run->scratch, .mask = b->run->preview, .needs_whole = b->needs_whole};
}

/* ---- items.c ---- */
/* The item of a page's object, made when first needed. */
struct work_item *item_of(struct sync_batch *b, struct work_cso *c);
/* An item about an object that has none of its own in this batch. */
struct work_item *item_new(struct sync_batch *b, const struct work_cso *c, enum object_change change);
/* Sets the item's error unless one stands there. */
void item_error(struct work_item *item, enum item_error kind, text message);
/* The same for an object of the page, which the next full run then takes up again (J+44). */
void item_fail(struct sync_batch *b, struct work_cso *c, enum item_error kind, text message);
/* A new node below `parent` (NULL: a root); all are roots at level Standard; NULL at level None. */
struct outcome_node *item_node(struct sync_batch *b, struct work_item *item, struct outcome_node *parent, enum outcome type);
void item_cause(struct sync_batch *b, struct work_item *item, struct cause cause);
/* Turns what pass 1 and 2 noted about the page's objects into items. */
void items_of_page(struct sync_batch *b);

#endif
