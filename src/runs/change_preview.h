/* What would happen if this change of the configuration were saved? Started, followed, cancelled (operations §16). */
#ifndef JOINERY_RUNS_CHANGE_PREVIEW_H
#define JOINERY_RUNS_CHANGE_PREVIEW_H

#include "describe/describe.h"
#include "runs/runs.h"

struct change_preview_request {
    enum preview_surface surface;
    int32_t target;                       /* id of the rule, system or type; it exists */
    text proposal;                        /* the request's body: JSON, read by runs_options.propose */
    enum preview_persistence persistence; /* Capped: at most 1,000 rows a group, true counts */
    struct initiator initiator;
};
struct change_preview_started {
    int64_t activity;
    struct preview_findings findings;
    bool blocked; /* a finding blocks: nothing is counted, the preview has ended */
    int64_t estimated_objects, estimated_rows;
};
/* Checks the proposal, estimates, and lets a server thread or, above Preview.WorkerThreshold objects, the worker do the rest. */
FALLIBLE change_preview_start(runs *r, arena *a, const struct change_preview_request *q, struct change_preview_started *out);
/* *found false: there is no such preview; *stopping false: it had ended already. */
FALLIBLE change_preview_cancel(runs *r, int64_t activity, bool *found, bool *stopping);

/* What the document of a preview holds. */
struct preview_document {
    struct preview_findings findings;
    struct preview_counts counts; /* the largest first */
    struct preview_groups groups; /* likewise */
};
text preview_document_write(arena *a, const struct preview_document *d);
FALLIBLE preview_document_read(arena *a, text document, struct preview_document *out);

#endif
