/* What the files that compute a preview share: the two configurations, the page in hand, and the rows that come of it. */
#ifndef JOINERY_RUNS_PREVIEW_PRIVATE_H
#define JOINERY_RUNS_PREVIEW_PRIVATE_H

#include "connectors/scope.h"
#include "runs/change_preview.h"
#include "runs/sync.h"

enum { PREVIEW_PAGE = 500, PREVIEW_CAP = 1000 };

/* ---- preview_collect.c: rows become groups ---- */

enum { PAIRS = 20, PATTERN_SLOT = 32, SLOTS = 64, PATTERNS = PATTERN_SUFFIX_REMOVED + 1 };

/* Rows that say the same, but for the values: one family of groups. As long as few different pairs of values occur, each pair is a
 * group; beyond that each pattern is one. part = family · SLOTS + slot. */
struct row_slot {
    text old_value, new_value; /* of a pair */
    int64_t objects, stored;
};
struct row_family {
    struct preview_group like; /* transition, type, system, attribute */
    int32_t first_part;
    size_t pair_count;
    bool many; /* there were more pairs */
    struct row_slot pairs[PAIRS], patterns[PATTERNS];
};
struct row_families LIST(struct row_family *);

struct collector {
    store *store;
    const struct config *config; /* for names */
    int64_t preview;
    bool capped;
    arena *keep; /* families and counts */
    arena *rows; /* rows that are not written yet */
    struct preview_rows waiting;
    struct row_families families;
    struct text_map by_name;
    struct preview_counts counts;
    int64_t number;
    bool written; /* some rows stand in the store */
};
void collector_open(struct collector *k, store *s, const struct config *config, const struct change_preview *p);
void collector_close(struct collector *k);
/* One row, with its family's metaverse type (0: none). */
void collector_add(struct collector *k, const struct preview_row *row, int32_t mv_type);
/* One object more goes through the transition. */
void collector_count(struct collector *k, enum outcome transition, int32_t system, int32_t mv_type);
/* Writes rows when there are enough of them. Call it between pages. */
FALLIBLE collector_spill(struct collector *k, bool all);
/* Puts rows of collapsed families together, trims, and tells counts and groups, whose texts live as long as the collector. */
FALLIBLE collector_finish(struct collector *k, arena *a, struct preview_document *out);
/* How new differs from old. */
enum preview_pattern preview_pattern_of(arena *a, text old_value, text new_value);

/* ---- preview_compare.c: two outcomes of the same objects ---- */

enum { PRESENT, PROPOSED, SIDES };

/* What both sides were told, so that it is asked once. */
struct told {
    struct sync_wants wants;
    struct sync_facts facts;
};
struct told_list LIST(struct told);

struct examiner {
    struct run *r;
    store_tx *tx; /* a reading session: nothing can be written */
    const struct config *configs[SIDES];
    const struct change_preview *preview;
    const struct sync_rule *rules[SIDES]; /* of a rule's surface */
    bool decidable[SIDES];                /* their scopes can be evaluated */
    sync_plan *plans[SIDES];
    struct sync_run facts;
    int32_t mv_type;                            /* of groups whose objects have no metaverse object */
    const struct connector_ops *ops;            /* of a system's surface */
    struct scope_containers stated[SIDES];      /* what of it is imported */
    bool dry;                                   /* of a run: nothing is decided at present, the run decides the rest */
    struct guard_counts disconnects, deletions; /* of a run: what limits of safety measure */
    struct int_map counted;                     /* of a run: who counts, also when several pages take something from them */
    arena *page, *scratch, *keep;
    struct collector rows;
    int64_t done, total;
    /* of the page */
    struct told_list told;
    struct preview_rows found; /* with mv types in `types` */
    struct int32s types;
    struct int_map names; /* of metaverse objects that values refer to */
};
/* Decides about the page under both configurations and notes what differs. The lists may be NULL; `pages` are alike but for what
 * the proposal takes from the values. */
struct examined {
    const struct csos *pages[SIDES];
    const struct mvos *evaluated;
};
FALLIBLE examiner_compare(struct examiner *x, const struct examined *what);
/* Notes a row about an object of the page; texts may live as long as the page. */
struct noted {
    enum outcome transition;
    int32_t system, mv_type;
    const struct cso *cso;
    const struct mvo *mvo; /* the row's object when there is no cso */
    text attribute, old_value, new_value;
};
void examiner_note(struct examiner *x, const struct noted *n);
/* Hands the page's rows to the collector and forgets the page. */
FALLIBLE examiner_end_page(struct examiner *x);

/* ---- preview_examine.c: which objects are looked at ---- */

/* How many objects that will be, about, and how many rows they may give. */
FALLIBLE preview_estimate(store_tx *tx, const struct config *before, const struct config *after, struct change_preview *p);
/* Looks at them all. */
FALLIBLE preview_examine(struct examiner *x);

/* ---- preview_holds.c ---- */

/* Adds what a page of a run would disconnect and delete. */
void preview_weigh(struct examiner *x, const struct sync_outcome *o);
/* Says of a run which limits would hold it; nothing for other previews. */
FALLIBLE preview_hold_findings(struct examiner *x, struct preview_findings *out);

/* ---- preview_work.c ---- */

/* The configuration as proposed; release it. */
FALLIBLE preview_propose(runs *r, arena *a, const struct config *before, const struct change_preview *p,
                         const struct config **after, struct preview_findings *findings);
#endif
