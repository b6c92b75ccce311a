/* The rules as the engine uses them: enabled ones only, in the order of invariant 45, compiled once a run. */
#ifndef JOINERY_SYNC_PLAN_H
#define JOINERY_SYNC_PLAN_H

#include "sync/sync.h"

struct plan_rule;
struct formula;

/* An enabled mapping of an enabled rule. */
struct plan_mapping {
    const struct mapping *config;
    const struct plan_rule *rule;
    int32_t id, target; /* target: metaverse attribute (import) or connected system attribute (export) */
    enum data_type type;
    bool multi;              /* the target takes several values */
    bool source_multi;       /* a direct source may carry several */
    int32_t source;          /* direct: attribute id; 0: expression */
    struct formula *formula; /* expression: parsed and bound; NULL for a direct source */
    enum missing_input missing;
    bool create_only; /* export: InitialExportOnly or WritableOnCreate: written in a Create only (invariant 29) */
    bool never;       /* export: the target is ReadOnly */
    bool address;     /* export: the target is an external id, without which nothing finds the object again */
    text broken;      /* why it cannot be evaluated, or null */
    struct plan_contributors *contributors; /* import */
    uint32_t rank;                          /* place among them, 0 is best */
};
struct plan_mappings LIST(struct plan_mapping);

struct plan_match {
    const struct matching_rule *config;
    int32_t mv_type;
    text broken; /* why it cannot be evaluated (J+15), or null */
};
struct plan_matches LIST(struct plan_match);

struct plan_rule {
    const struct sync_rule *config;
    const struct connected_system *system;
    const struct cs_type *cs_type;
    const struct mv_type *mv_type;
    struct plan_mappings mappings; /* ascending by id */
    struct plan_matches matches;   /* those that serve this rule, in order */
    bool scoped;
    text broken_scope; /* why its scope cannot be decided, or null */
};
struct plan_rules LIST(struct plan_rule *);

/* The enabled import mappings that target one attribute of one metaverse type, best first. */
struct plan_contributors {
    int32_t mv_type, attribute;
    struct plan_mapping **at;
    size_t count, room;
};

/* A CS object type with the rules that touch it. */
struct plan_type {
    const struct cs_type *config;
    const struct connected_system *system;
    struct plan_rules imports, exports;
    struct plan_matches matches; /* simple mode */
    bool flows_references;       /* an import rule maps a reference */
    bool enforces;               /* an export rule has EnforceState */
    bool loses_targets;          /* an export rule maps a reference, and objects of the system may leave its import rules' scope */
};

struct plan_mv_type {
    const struct mv_type *config;
    struct plan_rules exports; /* all systems of the tenant, ascending by id */
    struct plan_rules imports; /* all systems of the tenant, ascending by id */
    bool contested;            /* some attribute has contributors of several systems or rules */
    bool references_exported;  /* an export rule maps a reference */
};

struct sync_plan {
    arena *a;
    const struct config *config;
    struct int_map types;        /* by id */
    struct int_map mv_types;     /* by plan_key(tenant, metaverse type); tenant 0: one without a system */
    struct int_map contributors; /* by plan_key(metaverse type, attribute) */
    struct int_map mappings;     /* enabled import mappings by id */
    struct int_map origins;      /* every mapping that ever was, by id: struct plan_origin */
    bool abandons;               /* some of them bring in values no more, those of disabled rules included */
};

/* The system and rule behind a mapping id, also of disabled and deleted mappings. */
struct plan_origin {
    int32_t system, rule;
};

static inline int64_t plan_key(int32_t mv_type, int32_t attribute) { return (int64_t)mv_type << 32 | (uint32_t)attribute; }
struct plan_type *plan_type_of(const struct sync_plan *p, int32_t cs_type);
/* A metaverse type with the rules of one tenant's systems. */
struct plan_mv_type *plan_mv_type_of(const struct sync_plan *p, int32_t tenant, int32_t mv_type);
const struct plan_contributors *plan_contributors_of(const struct sync_plan *p, int32_t mv_type, int32_t attribute);
/* The enabled import mapping, or NULL: it contributes nothing any more. */
const struct plan_mapping *plan_import_mapping(const struct sync_plan *p, int32_t mapping);
/* The system whose mapping supplied a value; 0 when unknown or nobody did. */
int32_t plan_system_of_mapping(const struct sync_plan *p, int32_t mapping);

#endif
