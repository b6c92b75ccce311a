/* The reference model: what the specification of the engine says, written down as simply as it can be said. It is slow on purpose:
 * every question is answered by looking at everything. */
#ifndef JOINERY_TEST_MODEL_MODEL_H
#define JOINERY_TEST_MODEL_MODEL_H

#include "space.h"

enum { NOTES = 128, OUTCOMES = 32, DUE = CSOS };

/* The item of one object in the run at hand. */
struct note {
    int cso;
    const char *id;
    enum object_change change;
    enum item_error error;
    int outcomes[OUTCOMES];
};
/* What happened to one object of the page at hand. */
struct turn {
    int cso, mvo, left;                                               /* left: the MVO from which it was disconnected */
    bool handled, stopped, joined, projected, in_flow, held, retried; /* retried: its last time ended in an error */
    bool visited;                                                     /* an earlier page has handled it */
};
struct model {
    struct story *plan;
    struct space now;
    int befores; /* MVOs as they were when the page began */
    struct smvo before[MVOS];
    long clock; /* grows with every run and every touched object */
    int64_t minutes, temporal;
    int next_cso, next_mvo;
    long order;
    int staged, staged_on[CSOS]; /* counts what was staged; the last objects for which it was */
    int problems;                /* of an evaluation, each kind once */
    enum item_error problem[8];
    bool scope_only;            /* of an evaluation */
    bool again;                 /* objects of earlier pages, with the items that they have */
    bool only_here;             /* of an evaluation: only the rules of the system at hand */
    long seen_version[SYSTEMS]; /* the connector's watermark */
    bool seen[SYSTEMS];
    long synced[SYSTEMS], applied[SYSTEMS]; /* LastSyncCompletedAt, ConfigurationLastFullyAppliedAt */
    long rules_changed;
    /* The run at hand */
    int system;
    int notes;
    struct note note[NOTES];
    int names; /* who was called what when the page began */
    struct {
        int cso;
        bool known, obsolete; /* known to its system */
        const char *name;
    } name[CSOS];
    /* The page at hand */
    int turns;
    struct turn turn[CSOS];
    int gone, gone_mvo[MVOS], gone_cso[MVOS][SYSTEMS]; /* MVOs just deleted, and their former objects */
    int dying, dying_mvo[MVOS], dying_system[MVOS];    /* to be deleted when the page ends */
};

void model_open(struct model *m, struct story *plan);
void model_happen(struct model *m, const struct event *e);

/* ---- model.c: looking around ---- */
struct scso *cso_by_id(struct model *m, int id);
struct smvo *mvo_by_id(struct model *m, int id);
struct spe *pe_of(struct model *m, int cso);
const struct smvo *before_of(const struct model *m, int mvo);    /* NULL: it was not there when the page began */
struct scso *connector_in(struct model *m, int mvo, int system); /* the MVO's object there, or NULL */
/* What a reference to the MVO leads to there, or NULL: what its system has reported as gone is nobody's, in whatever page it is. */
struct scso *named_in(struct model *m, int mvo, int system);
const char *first_word(const struct set *v);
bool same_text(const char *x, const char *y, bool any_case);
bool same_set(const struct set *x, const struct set *y);
bool has_item(const struct set *v, struct item x);
void add_item(struct set *v, struct item x);
void take_item(struct set *v, int at);
bool is_secondary(const struct model *m, const struct scso *o);
/* The id that others in the system address it by. */
const char *address_of(const struct model *m, const struct scso *o);
/* The object that raw text names, 0: none or several. */
int target_of(struct model *m, const struct scso *o, const char *raw);
/* Keeps who is called what. */
void remember_names(struct model *m);
/* The name by which an object was addressed then, or NULL. */
const char *name_then(const struct model *m, int cso);
/* Who referred then to an object of the system at hand that is called otherwise now follows it to its new name; but not those that
 * the import at hand has read itself. */
void follow_names(struct model *m, bool (*was_read)(const struct scso *o));
void resolve_all(struct model *m);
struct note *note_of(struct model *m, int cso); /* made when there is none */
struct note *note_new(struct model *m, int cso);
bool has_told(const struct model *m, int cso, enum item_error error);
void forget_cso(struct model *m, struct scso *o);
void forget_pe(struct spe *e);
struct scso *new_cso(struct model *m, int system, int type);

/* ---- model_scope.c ---- */
bool in_scope(const struct model *m, const struct rule *r, const struct set *values, const bool *null);
bool cso_in_scope(const struct model *m, const struct rule *r, const struct scso *o);
bool mvo_in_scope(const struct model *m, const struct rule *r, const struct smvo *o);
int64_t day_boundary(const struct model *m, int days_ago); /* minutes */

/* ---- model_import.c, model_confirm.c ---- */
void model_import(struct model *m, bool delta);
/* Section 7 for one object that an import has seen. */
void confirm_import(struct model *m, struct scso *o);
/* … and in pass 1 of a synchronisation. */
void confirm_sync(struct model *m, struct scso *o);

/* ---- model_flow.c ---- */
enum flow { FLOW_VALUES, FLOW_NOTHING, FLOW_SKIP, FLOW_FAIL };
/* The values that a mapping would contribute; *held: some reference leads to an object that is not joined yet. */
enum flow contribution(struct model *m, const struct map *k, const struct scso *o, struct set *out, enum item_error *error,
                       bool *held);
struct rule *rule_of_map(struct model *m, int map, struct map **out);
bool flows(const struct model *m, const struct rule *r, const struct scso *o);
/* Whether something of the object must fail as a whole. */
bool flow_fails(struct model *m, const struct scso *o, enum item_error *error);
void flow_object(struct model *m, struct turn *t, bool references);
/* Takes an attribute's values away and lets the other contributors decide; `leaving` no longer counts, 0: none. */
void elect_again(struct model *m, struct smvo *o, int attr, int leaving);

/* ---- model_sync.c, model_delete.c ---- */
void model_sync(struct model *m, bool full);
void disconnect(struct model *m, struct scso *o, struct note *n);
void mark_for_deletion(struct model *m, struct smvo *o, int system, struct note *n);
/* Would the disconnection of the system's object lead to deletion (12.3)? */
bool deletion_follows(struct model *m, const struct smvo *o, int system, int leaving);
void delete_dying(struct model *m);
void model_housekeep(struct model *m);
bool cancel_rule_says_so(struct model *m, const struct smvo *o, int system);

/* ---- model_stage.c, model_evaluate.c ---- */
/* Which attributes of an MVO are looked at: those that changed, and all for some systems. */
void evaluate(struct model *m, struct smvo *o, const struct smvo *before, unsigned all_for);
void drift(struct model *m, struct scso *o);
void model_scope_review(struct model *m);
/* Stages changes on an object. */
void stage(struct model *m, struct scso *o, struct smvo *source, const struct change *list, int n);
void stage_removal(struct model *m, struct scso *o);
void stage_new(struct model *m, struct scso *o, struct smvo *source, const struct change *list, int n);
bool create_counts_as_exported(struct model *m, const struct scso *o);
/* What the target holds, or was told to hold, of an attribute. */
void effective(struct model *m, const struct scso *o, int attr, struct set *out);
bool same_in_target(struct model *m, const struct scso *o, int attr, struct item staged, struct item held);
/* Takes the MVOs that are gone out of everything. */
void recall_references(struct model *m);
int gone_place(const struct model *m, int mvo); /* -1: it is not one of them */

/* ---- model_export.c, model_temporal.c ---- */
void model_export(struct model *m);
void model_temporal(struct model *m);

#endif
