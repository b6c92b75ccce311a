/* Changes of the configuration that are proposed, to be previewed before they are saved (operations §16). */
#ifndef JOINERY_API_PROPOSALS_H
#define JOINERY_API_PROPOSALS_H

#include "api/rule_parts.h"
#include "runs/change_preview.h"

/* A proposal while it is applied to the copy `after`, whose lists may be changed and which has no indexes yet: look-ups ask
 * `before`. Problems that are collected on the call become blocking findings, as do errors of the kinds INVALID and NOT_FOUND. */
struct proposal {
    struct call *c; /* for call_problem; no request stands behind it */
    arena *a;       /* lives as long as `after` is used */
    snapshot *before;
    struct config *after;
    int32_t target;
    struct preview_findings *findings;
};
struct proposal_kind {
    enum preview_surface surface;
    const struct shape *shape; /* of the request */
    error *(*apply)(struct proposal *p, const void *request);
};
extern const struct proposal_kind toggles_proposal, behaviour_proposal, scope_proposal, flow_proposal, matching_proposal,
    schema_proposal, selection_proposal, deletion_proposal, priority_proposal;

/* `call_problem` says what makes the proposal impossible; this says what else there is to know. */
void proposal_note(struct proposal *p, enum preview_severity severity, const char *property, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The thing in the copy. */
struct sync_rule *proposed_rule(const struct proposal *p, int32_t id);
struct connected_system *proposed_system(const struct proposal *p, int32_t id);

/* runs_options.propose; `state` is not looked at. */
error *change_propose(void *state, arena *a, const struct proposal_request *q, struct config *after,
                      struct preview_findings *findings);

/* What every start operation answers: 202 with a Location. */
struct preview_finding_view {
    enum preview_severity severity;
    text message, property_name;
};
extern const struct shape preview_finding_view_shape;
struct preview_finding_views LIST(struct preview_finding_view);
void preview_finding_views_of(arena *a, const struct preview_findings *from, struct preview_finding_views *out);
struct preview_started {
    uuid activity_id;
    struct preview_finding_views validation_findings;
    bool is_blocked, failed;
    struct maybe_int32 estimated_affected_objects;
    struct maybe_int64 estimated_delta_rows;
};
extern const struct shape preview_started_shape;
/* The target must exist. */
FALLIBLE preview_start(struct call *c, enum preview_surface surface, int32_t target, enum preview_persistence persistence,
                       struct preview_started *out);
/* The same with a proposal other than the body. */
FALLIBLE preview_start_with(struct call *c, enum preview_surface surface, int32_t target, enum preview_persistence persistence,
                            text proposal, struct preview_started *out);
#define PERSISTENCE(tag, member)                                                                                                   \
    FIELD(tag, member, "deltaPersistence", .names = &preview_persistence_names, .by_default = "Capped",                            \
          .doc = "Capped: at most 1,000 rows a group; counts are true either way.")
/* PUT …previewActivityId: the id of a preview that exists, 0 for none; a problem of that field otherwise. */
FALLIBLE preview_reference(struct call *c, store_tx *tx, uuid id, int64_t *out);

/* The previews of one rule or system, in three files. */
#define PREVIEW_ROUTE(path, function, what, name)                                                                                  \
    ROUTE(POST, path, function, what, .operation = name, .status = 202, .role = ROLE_ADMINISTRATOR, .body_optional = true,         \
          .doc = "Nothing is changed. Follow the preview at the Location; blocking findings end it before anything is counted.",   \
          .also = ALSO({404, NULL, "There is nothing of this id."}))

#endif
