/* Proposed changes of a connected system: what is imported of its schema, and how its objects are matched. */
#include "api/mv_view.h"
#include "api/proposals.h"

static FALLIBLE start_on_system(struct call *c, int32_t system, enum preview_surface surface, enum preview_persistence persistence,
                                struct preview_started *out) {
    snapshot *s;
    const struct connected_system *found;
    TRY(call_config(c, &s));
    TRY(find_system(s, system, &found));
    return preview_start(c, surface, system, persistence, out);
}

/* ---- the schema ---- */

struct type_selection {
    int32_t object_type_id;
    struct maybe_bool selected, remove_contributed_attributes_on_obsoletion;
    struct int32s selected_attribute_ids; /* null: unchanged */
};
static SHAPE(type_selection, "ConnectedSystemObjectTypeSelectionRequest",
             FIELDS(FIELD(type_selection, object_type_id, "objectTypeId"), FIELD(type_selection, selected, "selected"),
                    FIELD(type_selection, remove_contributed_attributes_on_obsoletion, "removeContributedAttributesOnObsoletion"),
                    FIELD(type_selection, selected_attribute_ids, "selectedAttributeIds", .nullable = true)));

struct schema_request {
    int32_t system;
    struct LIST(struct type_selection) object_types;
    enum preview_persistence persistence;
};
static SHAPE(schema_request, "StartConnectedSystemSchemaPreviewRequest",
             FIELDS(FIELD(schema_request, system, "connectedSystemId"),
                    OBJECTS(schema_request, object_types, "objectTypes", type_selection, .nullable = true,
                            .doc = "Types that are left out stay as they are."),
                    PERSISTENCE(schema_request, persistence)));

static void check_deselected(struct proposal *p, const struct cs_attribute *m) {
    if (m->external_id || m->secondary_external_id)
        call_problem(p->c, "selectedAttributeIds", "'%.*s' identifies the objects and must stay selected.", TEXT_ARG(m->name));
    else if (m->selection_locked)
        call_problem(p->c, "selectedAttributeIds", "The connector needs '%.*s'; it must stay selected.", TEXT_ARG(m->name));
    for (EACH(const struct sync_rule, r, &p->before->rules))
        for (EACH(const struct mapping, k, &r->mappings))
            for (EACH(const struct mapping_source, s, &k->sources))
                if (s->cs_attribute == m->id && k->enabled && r->enabled)
                    proposal_note(p, FINDING_WARNING, "selectedAttributeIds",
                                  "The rule '%.*s' reads '%.*s', which would have no values.", TEXT_ARG(r->name),
                                  TEXT_ARG(m->name));
}

static void select_attributes(struct proposal *p, struct cs_type *t, const struct int32s *ids) {
    bool gains = false;
    for (EACH(const int32_t, id, ids)) {
        const struct cs_attribute *m = config_cs_attribute(p->before, *id);
        if (!m || m->type_id != t->id)
            call_problem(p->c, "selectedAttributeIds", "'%.*s' has no attribute %d.", TEXT_ARG(t->name), *id);
    }
    for (EACH(struct cs_attribute, m, &t->attributes)) {
        bool selected = contains_id(ids, m->id);
        if (m->selected && !selected) check_deselected(p, m);
        gains |= !m->selected && selected;
        m->selected = selected;
    }
    if (gains)
        proposal_note(p, FINDING_INFORMATION, "selectedAttributeIds",
                      "Values of attributes of '%.*s' that are selected now come with the next full import and cannot be foreseen.",
                      TEXT_ARG(t->name));
}

static error *apply_schema(struct proposal *p, const void *request) {
    const struct schema_request *in = request;
    struct connected_system *s = proposed_system(p, p->target);
    for (size_t i = 0; i < in->object_types.count; i++) {
        const struct type_selection *wanted = &in->object_types.at[i];
        struct cs_type *t = NULL;
        for (EACH(struct cs_type, k, &s->types))
            if (k->id == wanted->object_type_id) t = k;
        p->c->problems.base_field = arena_print(p->a, "objectTypes[%zu]", i);
        if (!t) {
            call_problem(p->c, "objectTypeId", "'%.*s' has no object type %d.", TEXT_ARG(s->name), wanted->object_type_id);
        } else {
            if (wanted->selected.given) t->selected = wanted->selected.value;
            if (wanted->remove_contributed_attributes_on_obsoletion.given)
                t->remove_contributed = wanted->remove_contributed_attributes_on_obsoletion.value;
            if (wanted->selected_attribute_ids.at) select_attributes(p, t, &wanted->selected_attribute_ids);
        }
        p->c->problems.base_field = (text){0};
    }
    return call_check(p->c);
}
const struct proposal_kind schema_proposal = {SURFACE_SCHEMA, &schema_request_shape, apply_schema};

static FALLIBLE schema_start(struct call *c, const struct schema_request *in, struct preview_started *out) {
    return start_on_system(c, in->system, SURFACE_SCHEMA, in->persistence, out);
}
HANDLER(schema_start, schema_request, preview_started)

/* ---- partitions and containers ---- */

struct selection_request {
    int32_t system;
    struct int32s selected_partition_ids, selected_container_ids, excluded_container_ids; /* null: unchanged */
    enum preview_persistence persistence;
};
static SHAPE(selection_request, "StartConnectedSystemScopeSelectionPreviewRequest",
             FIELDS(FIELD(selection_request, system, "connectedSystemId"),
                    FIELD(selection_request, selected_partition_ids, "selectedPartitionIds", .nullable = true),
                    FIELD(selection_request, selected_container_ids, "selectedContainerIds", .nullable = true),
                    FIELD(selection_request, excluded_container_ids, "excludedContainerIds", .nullable = true),
                    PERSISTENCE(selection_request, persistence)));

static void check_partitions(struct proposal *p, const struct connected_system *s, const struct int32s *ids) {
    for (EACH(const int32_t, id, ids))
        if (!config_partition(s, *id))
            call_problem(p->c, "selectedPartitionIds", "'%.*s' has no partition %d.", TEXT_ARG(s->name), *id);
}

static void check_containers(struct proposal *p, const struct connected_system *s, const char *field, const struct int32s *ids) {
    for (EACH(const int32_t, id, ids)) {
        bool found = false;
        for (EACH(const struct partition, k, &s->partitions))
            for (EACH(const struct container, c, &k->containers)) found |= c->id == *id;
        if (!found) call_problem(p->c, field, "'%.*s' has no container %d.", TEXT_ARG(s->name), *id);
    }
}

static void select_containers(struct proposal *p, struct partition *k, const struct selection_request *in) {
    for (EACH(struct container, c, &k->containers)) {
        if (in->selected_container_ids.at) c->selected = contains_id(&in->selected_container_ids, c->id);
        if (in->excluded_container_ids.at) c->excluded = contains_id(&in->excluded_container_ids, c->id);
        if (c->selected && c->excluded)
            call_problem(p->c, "excludedContainerIds", "'%.*s' cannot be both selected and excluded.", TEXT_ARG(c->name));
    }
}

static error *apply_selection(struct proposal *p, const void *request) {
    const struct selection_request *in = request;
    struct connected_system *s = proposed_system(p, p->target);
    bool any = false;
    check_partitions(p, s, &in->selected_partition_ids);
    check_containers(p, s, "selectedContainerIds", &in->selected_container_ids);
    check_containers(p, s, "excludedContainerIds", &in->excluded_container_ids);
    for (EACH(struct partition, k, &s->partitions)) {
        if (in->selected_partition_ids.at) k->selected = contains_id(&in->selected_partition_ids, k->id);
        any |= k->selected;
        select_containers(p, k, in);
    }
    if (!s->partitions.count)
        proposal_note(p, FINDING_INFORMATION, NULL, "'%.*s' has no partitions: everything in it is imported.", TEXT_ARG(s->name));
    else if (!any)
        proposal_note(p, FINDING_WARNING, "selectedPartitionIds", "No partition would be selected: nothing can be imported then.");
    return call_check(p->c);
}
const struct proposal_kind selection_proposal = {SURFACE_SYSTEM, &selection_request_shape, apply_selection};

static FALLIBLE selection_start(struct call *c, const struct selection_request *in, struct preview_started *out) {
    return start_on_system(c, in->system, SURFACE_SYSTEM, in->persistence, out);
}
HANDLER(selection_start, selection_request, preview_started)

#define SYSTEM "/connected-systems/{connectedSystemId}"
const struct routes system_proposal_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           PREVIEW_ROUTE(SYSTEM "/schema-selection/preview", schema_start,
                         "What would happen if these types and attributes were imported?", "StartConnectedSystemSchemaPreview"),
           PREVIEW_ROUTE(SYSTEM "/scope-selection/preview", selection_start,
                         "What would happen if these partitions and containers were imported?",
                         "StartConnectedSystemScopeSelectionPreview"));
