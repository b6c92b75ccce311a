/* One transaction: the change, its activity, its history. */
#include "api/history.h"
#include "api/search_items.h"

#include "model/ids.h"
#include "sync/sync.h"

/* Replies borrow texts of the snapshots, so each lives until the reply is written. */
FALLIBLE call_config(struct call *c, snapshot **out) {
    enum { MOST = sizeof c->configs / sizeof c->configs[0] };
    size_t i = 0;
    while (i < MOST && c->configs[i]) i++;
    if (i == MOST) return FAIL(ERROR_INTERNAL, "one call took more than %d snapshots", MOST);
    TRY(store_config(c->services->store, &c->configs[i]));
    *out = c->configs[i];
    return NULL;
}

FALLIBLE change_begin(struct call *c, struct change *out) {
    *out = (struct change){0};
    TRY(store_write(c->services->store, STORE_API, &out->tx));
    return call_config(c, &out->before);
}

void change_end(struct change *x) {
    if (x->tx) store_end(x->tx);
    *x = (struct change){0};
}

static bool decides(enum activity_target target) {
    return target == TARGET_SYNC_RULE || target == TARGET_CONNECTED_SYSTEM || target == TARGET_MATCHING_RULE ||
           target == TARGET_MV_ATTRIBUTE || target == TARGET_MV_TYPE;
}

static bool is_among(const struct texts *list, text sentence) {
    for (EACH(const text, t, list))
        if (text_equal(*t, sentence)) return true;
    return false;
}

/* What the engine would refuse object by object is refused here, once; what stood there before is not this change's fault. */
static FALLIBLE check_supported(struct call *c, const struct change *x, const struct change_note *n) {
    struct texts before = {0}, after = {0};
    const struct config *now = NULL;
    if (!decides(n->target)) return NULL;
    TRY(store_config_in(x->tx, &now));
    sync_unsupported(c->a, now, &after);
    config_release(now);
    if (!after.count) return NULL;
    sync_unsupported(c->a, x->before, &before);
    for (EACH(const text, t, &after))
        if (!is_among(&before, *t)) call_problem(c, "$", "%.*s", TEXT_ARG(*t));
    return call_check(c);
}

/* Changes of who may do what are told in the log as well, where an administrator cannot take them away. */
static void note_security(struct call *c, const struct change_note *n) {
    static const unsigned targets[] = {TARGET_ROLE,   TARGET_API_KEY,   TARGET_SERVICE_SETTING,
                                       TARGET_TENANT, TARGET_DATA_USER, TARGET_DATA_ROLE};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (targets[i] == n->target)
            CALL_AUDIT(c, .kind = AUDIT_CHANGED,
                       .reason = arena_cstring(c->a, arena_print(c->a, "%s %s", enum_name(&activity_operation_names, n->operation),
                                                                 enum_name(&activity_target_names, n->target))),
                       .subject = n->name, .detail = n->context);
}

FALLIBLE change_commit(struct call *c, struct change *x, struct change_note *n, snapshot **after) {
    TRY(check_supported(c, x, n));
    TRY(search_items_still_fit(c, x->tx, n->target));
    struct activity activity = {.id = n->number,
                                .created = c->now,
                                .executed = c->now,
                                .ended = c->now,
                                .status = ACTIVITY_COMPLETE,
                                .target = n->target,
                                .operation = n->operation,
                                .target_name = n->name,
                                .target_context = n->context,
                                .initiator = caller_initiator(c->a, &c->caller),
                                .change_reason = n->reason,
                                .system = n->system,
                                .rule = n->rule,
                                .preview = n->preview};
    for (EACH(text, w, &n->warnings)) {
        activity.status = ACTIVITY_COMPLETE_WITH_WARNING;
        text before = activity.warning_message;
        activity.warning_message = text_is_null(before) ? *w : arena_print(c->a, "%.*s %.*s", TEXT_ARG(before), TEXT_ARG(*w));
    }
    TRY(store_save_activity(x->tx, &activity));
    TRY(history_record(c, x, n, &activity));
    n->activity = id_to_uuid(ID_ACTIVITY, activity.id);
    TRY(store_commit(x->tx));
    store_end(x->tx);
    x->tx = NULL;
    note_security(c, n);
    return after ? call_config(c, after) : NULL;
}

FALLIBLE find_system(snapshot *s, int32_t id, const struct connected_system **out) {
    *out = config_system(s, id);
    return *out ? NULL : FAIL(ERROR_NOT_FOUND, "There is no connected system %d.", id);
}

FALLIBLE find_cs_type(snapshot *s, int32_t system, int32_t id, const struct cs_type **out) {
    const struct connected_system *of;
    TRY(find_system(s, system, &of));
    *out = config_cs_type(s, id);
    if (*out && (*out)->system == system) return NULL;
    return FAIL(ERROR_NOT_FOUND, "'%.*s' has no object type %d.", TEXT_ARG(of->name), id);
}

FALLIBLE find_rule(snapshot *s, int32_t id, const struct sync_rule **out) {
    *out = config_rule(s, id);
    return *out ? NULL : FAIL(ERROR_NOT_FOUND, "There is no synchronisation rule %d.", id);
}
