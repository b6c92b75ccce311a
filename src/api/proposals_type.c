/* Proposed changes of when the objects of a metaverse type are deleted. */
#include "api/mv_view.h"
#include "api/proposals.h"

struct deletion_request {
    int32_t id;
    struct maybe_enum deletion_rule;
    struct maybe_timespan deletion_grace_period;
    struct int32s deletion_trigger_connected_system_ids; /* null: unchanged */
    struct maybe_enum deletion_trigger_mode;
    enum preview_persistence persistence;
};
static SHAPE(
    deletion_request, "StartMetaverseObjectTypeDeletionSettingsPreviewRequest",
    FIELDS(FIELD(deletion_request, id, "id"), FIELD(deletion_request, deletion_rule, "deletionRule", .names = &deletion_rule_names),
           FIELD(deletion_request, deletion_grace_period, "deletionGracePeriod", .doc = "00:00:00: none."),
           FIELD(deletion_request, deletion_trigger_connected_system_ids, "deletionTriggerConnectedSystemIds", .nullable = true),
           FIELD(deletion_request, deletion_trigger_mode, "deletionTriggerMode", .names = &deletion_trigger_mode_names),
           PERSISTENCE(deletion_request, persistence)));

static void take_triggers(struct proposal *p, const struct int32s *ids, struct mv_type *t) {
    t->trigger_systems = (struct int32s){0};
    for (EACH(const int32_t, id, ids)) {
        if (!config_system(p->before, *id))
            call_problem(p->c, "deletionTriggerConnectedSystemIds", "There is no connected system %d.", *id);
        if (!contains_id(&t->trigger_systems, *id)) *LIST_ADD(p->a, &t->trigger_systems) = *id;
    }
}

static error *apply_deletion(struct proposal *p, const void *request) {
    const struct deletion_request *in = request;
    for (EACH(struct mv_type, t, &p->after->mv_types)) {
        if (t->id != p->target) continue;
        if (in->deletion_rule.given) t->deletion_rule = in->deletion_rule.value;
        if (in->deletion_trigger_mode.given) t->trigger_mode = in->deletion_trigger_mode.value;
        if (in->deletion_grace_period.given) t->grace = in->deletion_grace_period.value;
        if (t->grace.ticks < 0) call_problem(p->c, "deletionGracePeriod", "The grace period must not be negative.");
        if (in->deletion_trigger_connected_system_ids.at) take_triggers(p, &in->deletion_trigger_connected_system_ids, t);
        if (t->deletion_rule == DELETE_WHEN_AUTHORITATIVE_SOURCE && !t->trigger_systems.count)
            call_problem(p->c, "deletionTriggerConnectedSystemIds",
                         "WhenAuthoritativeSourceDisconnected needs at least one connected system.");
    }
    proposal_note(
        p, FINDING_INFORMATION, NULL,
        "Metaverse objects that no source has left yet are not counted: what becomes of them is decided when one leaves.");
    return call_check(p->c);
}
const struct proposal_kind deletion_proposal = {SURFACE_MV_TYPE, &deletion_request_shape, apply_deletion};

static FALLIBLE deletion_start(struct call *c, const struct deletion_request *in, struct preview_started *out) {
    snapshot *s;
    const struct mv_type *t;
    TRY(call_config(c, &s));
    TRY(find_mv_type(s, in->id, &t));
    return preview_start(c, SURFACE_MV_TYPE, in->id, in->persistence, out);
}
HANDLER(deletion_start, deletion_request, preview_started)

const struct routes type_proposal_routes =
    ROUTES("Metaverse", "/api/v1/metaverse",
           PREVIEW_ROUTE("/object-types/{id}/deletion-settings/preview", deletion_start,
                         "What would become of objects that wait for their deletion?", "StartObjectTypeDeletionSettingsPreview"));
