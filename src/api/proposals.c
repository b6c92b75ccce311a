/* A proposal from the request's body to a changed copy of the configuration, and the start of its preview. */
#include "api/proposals.h"

#include "model/ids.h"

#include <stdarg.h>

static const struct proposal_kind *const kinds[] = {&toggles_proposal,   &behaviour_proposal, &scope_proposal,
                                                    &flow_proposal,      &matching_proposal,  &schema_proposal,
                                                    &selection_proposal, &deletion_proposal,  &priority_proposal};

static const struct proposal_kind *kind_of(enum preview_surface surface) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i]->surface == surface) return kinds[i];
    return NULL;
}

static void add_finding(struct proposal *p, enum preview_severity severity, text message, text property) {
    *LIST_ADD(p->a, p->findings) = (struct preview_finding){severity, message, property};
}

void proposal_note(struct proposal *p, enum preview_severity severity, const char *property, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text message = arena_vprint(p->a, format, args);
    va_end(args);
    add_finding(p, severity, message, property ? text_of(property) : (text){0});
}

struct sync_rule *proposed_rule(const struct proposal *p, int32_t id) {
    for (EACH(struct sync_rule, r, &p->after->rules))
        if (r->id == id) return r;
    return NULL;
}

struct connected_system *proposed_system(const struct proposal *p, int32_t id) {
    for (EACH(struct connected_system, s, &p->after->systems))
        if (s->id == id) return s;
    return NULL;
}

/* What is wrong with a proposal is told, and fails nothing. */
static FALLIBLE tell(struct proposal *p, error *e) {
    struct preview_findings notes = *p->findings;
    *p->findings = (struct preview_findings){0};
    for (size_t i = 0; i < p->c->problems.count; i++)
        add_finding(p, FINDING_BLOCKING, p->c->problems.at[i].message, p->c->problems.at[i].field);
    if (e && e->kind != ERROR_INVALID && e->kind != ERROR_NOT_FOUND) return e;
    if (e && !p->c->problems.count) add_finding(p, FINDING_BLOCKING, arena_text(p->a, text_of(e->sentence)), (text){0});
    for (EACH(const struct preview_finding, f, &notes)) *LIST_ADD(p->a, p->findings) = *f;
    error_free(e);
    return NULL;
}

error *change_propose(void *state, arena *a, const struct proposal_request *q, struct config *after,
                      struct preview_findings *findings) {
    (void)state;
    const struct proposal_kind *kind = kind_of(q->surface);
    const struct json *body;
    if (!kind) return FAIL(ERROR_UNSUPPORTED, "Changes of this kind cannot be previewed.");
    struct call c = {.a = a, .now = instant_now(), .problems = {.a = a}};
    struct proposal p = {.c = &c, .a = a, .before = q->before, .after = after, .target = q->target, .findings = findings};
    void *request = arena_alloc(a, kind->shape->size);
    TRY(json_read(a, q->body, (struct json_limits){0}, &body, NULL));
    if (!describe_read(a, kind->shape, body, (struct reading){0}, request, &c.problems)) return tell(&p, NULL);
    return tell(&p, kind->apply(&p, request));
}

/* ---- starting ---- */

SHAPE(preview_finding_view, "PreviewValidationFinding",
      FIELDS(FIELD(preview_finding_view, severity, "severity", .names = &preview_severity_names),
             FIELD(preview_finding_view, message, "message"),
             FIELD(preview_finding_view, property_name, "propertyName", .nullable = true)));
SHAPE(preview_started, "ConfigurationChangePreviewStartResponse",
      FIELDS(FIELD(preview_started, activity_id, "activityId"),
             OBJECTS(preview_started, validation_findings, "validationFindings", preview_finding_view),
             FIELD(preview_started, is_blocked, "isBlocked"), FIELD(preview_started, failed, "failed"),
             FIELD(preview_started, estimated_affected_objects, "estimatedAffectedObjects"),
             FIELD(preview_started, estimated_delta_rows, "estimatedDeltaRows")));

void preview_finding_views_of(arena *a, const struct preview_findings *from, struct preview_finding_views *out) {
    for (EACH(const struct preview_finding, f, from))
        *LIST_ADD(a, out) = (struct preview_finding_view){f->severity, f->message, f->property};
}

FALLIBLE preview_start(struct call *c, enum preview_surface surface, int32_t target, enum preview_persistence persistence,
                       struct preview_started *out) {
    text body = text_is_empty(c->http->body) ? T("{}") : c->http->body;
    return preview_start_with(c, surface, target, persistence, body, out);
}

FALLIBLE preview_start_with(struct call *c, enum preview_surface surface, int32_t target, enum preview_persistence persistence,
                            text proposal, struct preview_started *out) {
    struct change_preview_request q = {.surface = surface,
                                       .target = target,
                                       .proposal = proposal,
                                       .persistence = persistence,
                                       .initiator = caller_initiator(c->a, &c->caller)};
    struct change_preview_started started;
    TRY(change_preview_start(c->services->runs, c->a, &q, &started));
    *out = (struct preview_started){.activity_id = id_to_uuid(ID_ACTIVITY, started.activity), .is_blocked = started.blocked};
    preview_finding_views_of(c->a, &started.findings, &out->validation_findings);
    if (!started.blocked) {
        int64_t most = started.estimated_objects < INT32_MAX ? started.estimated_objects : INT32_MAX;
        out->estimated_affected_objects = (struct maybe_int32)GIVE((int32_t)most);
        out->estimated_delta_rows = (struct maybe_int64)GIVE(started.estimated_rows);
    }
    char id[36];
    uuid_write(out->activity_id, id);
    call_location(c, "/api/v1/previews/%.36s", id);
    return NULL;
}

FALLIBLE preview_reference(struct call *c, store_tx *tx, uuid id, int64_t *out) {
    struct change_preview p;
    bool found = false;
    *out = 0;
    if (uuid_is_zero(id)) return NULL;
    int64_t activity = id_from_uuid(ID_ACTIVITY, id);
    if (activity) TRY(store_change_preview(tx, c->a, activity, &p, &found));
    if (!found) call_problem(c, "previewActivityId", "There is no preview of this id.");
    *out = found ? activity : 0;
    return NULL;
}
