/* A preview of a change of the configuration: what was proposed, and what would become of which objects (operations §16). */
#ifndef JOINERY_MODEL_CHANGE_PREVIEW_H
#define JOINERY_MODEL_CHANGE_PREVIEW_H

#include "base/base.h"
#include "base/instant.h"
#include "model/enums.h"

/* What is to be said about the proposal itself. */
struct preview_finding {
    enum preview_severity severity;
    text message, property; /* property: the member of the proposal, or null */
};
struct preview_findings LIST(struct preview_finding);

/* Objects that would go through a transition. */
struct preview_count {
    enum outcome transition;
    int32_t system, mv_type; /* 0: none */
    int64_t objects;
};
struct preview_counts LIST(struct preview_count);

/* Rows that say the same of many objects. */
struct preview_group {
    int32_t part; /* number within the preview */
    enum outcome transition;
    int32_t mv_type, system; /* 0: none */
    text mv_type_name, system_name, attribute, old_value, new_value;
    enum preview_pattern pattern; /* all rows show it */
    int64_t objects;
    bool sampled; /* there are fewer rows than objects */
};
struct preview_groups LIST(struct preview_group);

struct preview_row {
    int64_t preview; /* activity */
    int32_t part;    /* of the group */
    int64_t number;  /* within the preview */
    enum outcome transition;
    int64_t mvo, cso; /* 0: none, or one that would be made */
    int32_t system;
    text display_name, object_type, attribute, old_value, new_value;
    enum preview_pattern pattern;
    text search; /* folded */
};
struct preview_rows LIST(struct preview_row);

struct change_preview {
    int64_t activity; /* its id */
    enum preview_surface surface;
    int32_t target; /* id of the rule, system or type */
    text proposal;  /* the request's body, JSON */
    enum preview_persistence persistence;
    bool dispatched;  /* to the worker */
    bool complete;    /* figures and rows are all there; only then they may be shown */
    instant baseline; /* what was looked at is as of then */
    int64_t estimated_objects, estimated_rows;
    text document; /* findings, counts, groups: runs/change_preview_document.c */
};
struct change_previews LIST(struct change_preview);

#endif
