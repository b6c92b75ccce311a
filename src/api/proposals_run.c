/* What a run would do: a synchronisation or an export that does not take place. */
#include "api/proposals.h"

struct dry_run_request {
    int32_t system, profile;
    enum preview_persistence persistence;
};
static SHAPE(dry_run_request, "StartRunProfilePreviewRequest",
             FIELDS(FIELD(dry_run_request, system, "connectedSystemId"), FIELD(dry_run_request, profile, "runProfileId"),
                    PERSISTENCE(dry_run_request, persistence)));

static FALLIBLE dry_run_start(struct call *c, const struct dry_run_request *in, struct preview_started *out) {
    snapshot *s;
    const struct connected_system *system;
    TRY(call_config(c, &s));
    TRY(find_system(s, in->system, &system));
    const struct run_profile *profile = config_run_profile(s, in->profile);
    if (!profile || profile->system != system->id)
        return FAIL(ERROR_NOT_FOUND, "'%.*s' has no run profile %d.", TEXT_ARG(system->name), in->profile);
    return preview_start(c, SURFACE_RUN, profile->id, in->persistence, out);
}
HANDLER(dry_run_start, dry_run_request, preview_started)

const struct routes run_proposal_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           PREVIEW_ROUTE("/connected-systems/{connectedSystemId}/run-profiles/{runProfileId}/preview", dry_run_start,
                         "What would this synchronisation or export do now?", "StartRunProfilePreview"));
