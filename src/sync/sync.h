/* The synchronisation engine: decides what a page of connected objects means for identities and for other systems.
 *
 * Pure functions over a batch: no store, no clock, no log, no globals. The caller asks what the batch wants to know, looks it up
 * with one query a kind, tells the batch, and repeats until nothing is wanted; then everything decided stands in the outcome. A run
 * applies the outcome, a preview shows it, a test compares it: there is one engine. `README.md` tells one person's way through it.
 */
#ifndef JOINERY_SYNC_SYNC_H
#define JOINERY_SYNC_SYNC_H

#include "model/activity.h"
#include "model/config.h"
#include "model/object.h"

/* ---- The rules, compiled once a run ---- */

/* Every enabled rule of the configuration in the order of invariant 45, with compiled expressions, scopes, matching rules,
 * contributors by (metaverse type, attribute) and display attributes. Borrows `c`, which must outlive it. Never fails: what cannot
 * be compiled becomes an error of each object that needs it. */
typedef struct sync_plan sync_plan;
sync_plan *sync_plan_new(const struct config *c);
void sync_plan_free(sync_plan *p);
OWNED_TYPE(sync_plan, sync_plan_free)

/* What this engine cannot do with a configuration, as sentences for the administrator who saves it; none: everything is understood.
 */
void sync_unsupported(arena *a, const struct config *c, struct texts *sentences);

/* ---- The run ---- */

/* SYNC_STOP: objects that were not begun stay as they are, the others are completed (invariant 36). SYNC_ABANDON: nothing of the
 * batch shall be stored. */
enum sync_stop { SYNC_GO_ON, SYNC_STOP, SYNC_ABANDON };

struct sync_run {
    int32_t system;             /* the system that is synchronised; 0: housekeeping and previews of metaverse objects */
    bool full;                  /* full synchronisation */
    bool configuration_changed; /* sync-engine §8.2: nothing is unchanged, every joined MVO is evaluated wholly (§13.1) */
    bool verbose;               /* Sync.VerboseNoChangeRecording */
    bool preview;               /* nothing will be written: random secrets are masked */
    bool no_pending;            /* the system has no pending exports: no look-up for the page's objects */
    enum tracking_level tracking;
    instant now;       /* the instant of every decision of the run's page (invariant 46) */
    instant began;     /* of the run: what joined since has joined in it */
    instant last_sync; /* LastSyncCompletedAt, ticks 0: never */
    struct initiator initiator;
    arena *scratch; /* for single evaluations, emptied after each; NULL: what they need stays in the batch's arena */
    enum sync_stop (*stop)(void *state); /* asked between objects; NULL: never */
    void *stop_state;
};

/* Fresh ids in consecutive ranges, taken from the front. The batch asks for more through its wants. */
struct sync_id_range {
    int64_t next, end;
};
struct sync_ids {
    struct sync_id_range mvo, cso, pending_export, item;
};

/* False when full synchronisation may skip pass 2 of this object (§8.2, fast path): only its head is needed then. */
bool sync_needs_values(const struct sync_run *run, const struct cso *head);

/* ---- One batch ---- */

/* Lives in `a`, which must outlive the outcome. `plan`, `run` and `ids` are borrowed. One batch takes one of the tasks below.
 */
typedef struct sync_batch sync_batch;
sync_batch *sync_batch_new(arena *a, const sync_plan *plan, const struct sync_run *run, struct sync_ids *ids);

/* A page of the run's system, ascending by id: pass 1 and pass 2, references of the page, drift, exports, deletions (§8.3, §8.4).
 * Objects that need no values may be heads. */
void sync_batch_page(sync_batch *b, const struct csos *page);
/* The same for a page of one object whose large sets are partial: what of them came, and in `gone`, by attribute, what went since
 * they last flowed. Where only whole sets can answer, outcome.needs_whole tells it: then nothing of the outcome holds, and the
 * object is to be decided again as a page with all its values. */
void sync_batch_difference(sync_batch *b, const struct csos *page, const struct attributes *gone);
/* After the last page (§8.5 no. 1): objects whose references waited, with values, and the items written for them, if any, which
 * then return completed under their old ids in outcome.items_again. */
struct sync_waiting {
    int64_t cso;
    int64_t item; /* 0: none was written */
};
struct sync_waitings LIST(struct sync_waiting);
/* An object of a page whose references were held against the joins of that moment. */
struct sync_doubt {
    struct sync_waiting object;
    bool open; /* an object that joins later may change what was found; else only one that leaves */
};
struct sync_doubts LIST(struct sync_doubt);
void sync_batch_references(sync_batch *b, const struct csos *objects, const struct run_items *earlier);
/* One of these objects stands among the doubtful ones of its page: where references lead is judged anew, too. */
void sync_batch_judge_again(sync_batch *b, int64_t cso);
/* MVOs flagged ScopeReviewPending (§8.5 no. 3): only the scope of their export rules is decided. */
void sync_batch_review(sync_batch *b, const struct mvos *flagged);
/* MVOs that housekeeping found due (§12.7); those that are not due are left alone. */
void sync_batch_housekeeping(sync_batch *b, const struct mvos *marked);
/* MVOs that an administrator deletes (invariant 41). */
void sync_batch_delete(sync_batch *b, const struct mvos *chosen);
/* MVO export preview (§20): what export evaluation of all mapped attributes would stage. */
void sync_batch_evaluate(sync_batch *b, const struct mvos *chosen);
/* Nothing is decided: explain.h then tells why the MVO has the values that it has. */
void sync_batch_explain(sync_batch *b, const struct mvo *o);

struct sync_match {
    int32_t type; /* metaverse type, or CS object type in the reverse direction */
    int32_t attribute;
    text key; /* value_key: only preselects, the engine compares itself */
};
struct sync_matches LIST(struct sync_match);
struct sync_match_hit {
    uint32_t query; /* index into the wants */
    int64_t object;
};
struct sync_match_hits LIST(struct sync_match_hit);
/* Where a reference leads: a CSO and the MVO it is joined to (0: none). */
struct sync_link {
    int64_t cso, mvo;
    int32_t system, type;
    enum cso_status status;
};
struct sync_links LIST(struct sync_link);
struct sync_referrer {
    int64_t mvo, target;
    int32_t attribute;
};
struct sync_referrers LIST(struct sync_referrer);

/* What the batch must know to go on. Each list is free of repetitions and may be large where groups are. */
struct sync_wants {
    struct int64s mvos;       /* MVOs by id, with values */
    struct int64s connectors; /* of these MVOs: the heads of all joined CSOs */
    struct int64s values;     /* CSOs by id, with values */
    struct int64s targets;    /* CSOs by id: only what they are joined to */
    struct int64s links;      /* MVOs by id: only which CSOs they are joined to */
    struct int64s pending;    /* pending exports of these CSOs */
    struct int64s referrers;  /* who refers to these MVOs */
    struct sync_matches match_mvos, match_csos;
    /* Top the ids up until so many are left in each range. */
    int64_t mvo_ids, cso_ids, pending_export_ids, item_ids;
};
/* The answers; what is missing does not exist. Everything must live as long as the batch. */
struct sync_facts {
    struct mvos mvos;
    struct csos connectors; /* heads */
    struct csos values;
    struct sync_links targets, links;
    struct pending_exports pending;
    struct sync_referrers referrers;
    struct sync_match_hits match_mvos, match_csos;
};

/* Decides as far as the facts reach: true with `wants` filled when more must be known, false when the outcome is complete. */
bool sync_next(sync_batch *b, struct sync_wants *wants);
void sync_learn(sync_batch *b, const struct sync_facts *facts);

/* ---- What was decided ---- */

struct sync_type_count {
    int32_t type; /* CS object type, or metaverse type */
    int64_t count;
};
struct sync_type_counts LIST(struct sync_type_count);

/* Did all references of the object flow, so that the metaverse now holds what it holds? Then only differences count from here. */
struct sync_flow {
    int64_t cso;
    instant updated; /* its LastUpdated, else when it was created */
    bool whole;
};
struct sync_flows LIST(struct sync_flow);

struct sync_outcome {
    struct mvo_changes mvos;               /* creates, updates, deletes; after->version = before->version + 1 */
    struct cso_changes csos;               /* releases and deletes stand before new joins (invariant 2) */
    struct pending_export_changes pending; /* creates, updates, deletes */
    struct run_items items;                /* with ids of their own */
    struct run_items items_again;          /* items written earlier, to be replaced by id */
    struct sync_waitings waiting;          /* objects with references whose targets are known but not joined yet (§11.7) */
    struct sync_doubts doubtful;           /* in a page: to be judged again once all objects have joined and left */
    struct int64s left;                    /* CSOs that left their MVO and stay: who refers to them may have been judged before */
    struct int64s joined;                  /* CSOs that joined or projected here: who refers to them is looked at again */
    size_t processed;                      /* objects of the page */
    bool needs_whole;                      /* of sync_batch_difference */
    struct sync_flows flows;               /* objects of the page with large sets of references */
    int64_t already_current;               /* changes that the target held already (§13.4, CsoAlreadyCurrent) */
    /* For the safety thresholds (operations §23), before anything is written. */
    struct sync_type_counts disconnects; /* joins lost and Deletes staged, by CS object type */
    struct sync_type_counts deletions;   /* MVOs deleted, by metaverse type */
};
/* Valid after sync_next said false. */
const struct sync_outcome *sync_outcome(const sync_batch *b);

/* Runs a batch to its end with a source that answers wants: for callers whose facts are at hand. ERROR_CANCELLED when it was
 * abandoned. */
struct sync_source {
    void *state;
    error *(*answer)(void *state, arena *a, const struct sync_wants *wants, struct sync_ids *ids, struct sync_facts *facts);
};
FALLIBLE sync_finish(sync_batch *b, struct sync_source source);

/* ---- Deletion (§2.2, §12.3, §12.7) ---- */

/* One object of a metaverse object goes. */
struct sync_leaving {
    int32_t system;
    text system_name;
    struct int32s remaining; /* the systems of the objects that stay joined */
    struct initiator initiator;
    instant now;
};
/* Why the metaverse object is to be deleted under the rule of its type (NULL: not configured); REASON_NONE: it is not. */
enum causal_reason sync_deletion_reason(const struct mv_type *type, const struct mvo *o, const struct sync_leaving *l);
/* What is set on it while its deletion waits, with the policy in force; texts are borrowed. */
struct deletion_marker sync_deletion_marker(arena *a, const struct mv_type *type, const struct sync_leaving *l,
                                            enum causal_reason reason);
bool sync_lists_system(const struct int32s *systems, int32_t system);

bool sync_is_pending_deletion(const struct mv_type *type, const struct mvo *o);
/* Ticks 0 unless the deletion is pending and the type's grace period is positive. */
instant sync_deletion_eligible(const struct mv_type *type, const struct mvo *o);
/* True when housekeeping may delete it now; `joined`: number of its joined CSOs. */
bool sync_deletion_due(const struct mv_type *type, const struct mvo *o, size_t joined, instant now);

#endif
