/* Records versions of configuration objects: with each change, and when the program starts. */
#include "api/history.h"

#include "api/service_settings.h"
#include "api/system_view.h"
#include "base/crypto.h"
#include "model/ids.h"

/* An object that is not what its newest version says. */
struct altered {
    const struct history_kind *kind;
    struct configuration_change change;
};
struct altered_list LIST(struct altered);

static bool tracked(snapshot *s) { return !text_equal_ascii_case(config_setting(s, T(SETTING_TRACK_CONFIGURATION)), T("false")); }

/* ---- comparing ---- */

static FALLIBLE tombstone(struct history_source *s, const struct history_kind *kind, const struct configuration_change *newest,
                          struct altered_list *out) {
    struct altered *k = LIST_ADD(s->a, out);
    *k = (struct altered){kind, *newest};
    k->change.operation = OPERATION_DELETE;
    k->change.version = 0;
    k->change.class = CLASS_DESTRUCTIVE;
    return NULL;
}

/* Compares the object as it is now with its newest version, and adds it when they differ. */
static FALLIBLE compare(struct history_source *s, const struct history_kind *kind, text object, struct altered_list *out) {
    struct configuration_change newest, now = {.kind = kind->target, .object = object};
    bool known;
    TRY(history_capture(s, kind, object, &now.snapshot, &now.name));
    TRY(store_configuration_change(s->tx, s->a, kind->target, object, 0, &newest, &known));
    if (text_is_null(now.snapshot)) return known ? tombstone(s, kind, &newest, out) : NULL;
    if (known && text_equal(newest.snapshot, now.snapshot)) return NULL;
    struct configuration_snapshot before, after;
    struct configuration_diff diff;
    if (known) TRY(history_snapshot(s->a, &newest, &before));
    TRY(history_snapshot(s->a, &now, &after));
    history_diff(s->a, known ? &before : NULL, &after, false, &diff);
    if (!diff.has_changes && known) return NULL;
    now.class = history_class(kind, &diff);
    now.operation = known ? OPERATION_UPDATE : OPERATION_CREATE;
    *LIST_ADD(s->a, out) = (struct altered){kind, now};
    return NULL;
}

static bool same_view(const struct buffer *a, const struct buffer *b) {
    return a->len == b->len && (!a->len || memcmp(a->at, b->at, a->len) == 0);
}

/* Does the object look other than before? Cheap, and may say yes for names of other objects alone. */
static FALLIBLE looks_other(struct history_source *now, snapshot *before, const struct history_kind *kind, text object,
                            bool *other) {
    enum { VIEW_BYTES = 256 << 20 };
    OWNED(arena) scratch = arena_new((size_t)1 << 30);
    OWNED_VALUE(buffer) old = {.max = VIEW_BYTES}, new = {.max = VIEW_BYTES};
    struct history_source was = *now, is = *now;
    was.a = is.a = scratch;
    was.config = before;
    struct json_writer w_old = {.out = &old}, w_new = {.out = &new};
    TRY(kind->write(&was, object, &w_old));
    TRY(kind->write(&is, object, &w_new));
    *other = !same_view(&old, &new);
    return NULL;
}

static bool among(const struct texts *list, text wanted) {
    for (EACH(const text, t, list))
        if (text_equal(*t, wanted)) return true;
    return false;
}

/* Objects of before that are gone, and all of now. */
static FALLIBLE all_of(struct history_source *now, snapshot *before, const struct history_kind *kind, struct texts *out) {
    struct history_source was = *now;
    was.config = before;
    struct texts old = {0};
    TRY(kind->each(now, out));
    TRY(kind->each(&was, &old));
    size_t alive = out->count;
    for (EACH(const text, t, &old)) {
        struct texts now_there = {.at = out->at, .count = alive};
        if (!among(&now_there, *t)) *LIST_ADD(now->a, out) = *t;
    }
    return NULL;
}

static FALLIBLE sweep(struct history_source *now, snapshot *before, const struct history_kind *kind, text except,
                      struct altered_list *out) {
    struct texts objects = {0};
    TRY(all_of(now, before, kind, &objects));
    for (EACH(const text, object, &objects)) {
        bool other = false;
        if (text_equal(*object, except)) continue;
        TRY(looks_other(now, before, kind, *object, &other));
        if (other) TRY(compare(now, kind, *object, out));
    }
    return NULL;
}

/* ---- recording ---- */

static FALLIBLE save(store_tx *tx, const struct activity *of, struct altered *k) {
    k->change.activity = of->id;
    k->change.at = of->created;
    k->change.initiator = of->initiator;
    k->change.reason = of->change_reason;
    return store_add_configuration_change(tx, &k->change);
}

/* What else changed stands below the activity of what was asked for. */
static FALLIBLE save_below(store_tx *tx, const struct activity *parent, struct altered *k) {
    struct activity child = {.parent = parent->id,
                             .created = parent->created,
                             .executed = parent->executed,
                             .ended = parent->ended,
                             .status = ACTIVITY_COMPLETE,
                             .target = k->kind->target,
                             .operation = k->change.operation,
                             .target_name = k->change.name,
                             .initiator = parent->initiator,
                             .change_reason = parent->change_reason};
    int32_t id;
    bool numbered = k->kind->identity == HISTORY_BY_ID && text_to_int32(k->change.object, &id);
    if (numbered && child.target == TARGET_CONNECTED_SYSTEM) child.system = id;
    if (numbered && child.target == TARGET_SYNC_RULE) child.rule = id;
    TRY(store_save_activity(tx, &child));
    return save(tx, &child, k);
}

static text object_of(arena *a, const struct history_kind *kind, const struct change_note *n) {
    if (!kind) return (text){0};
    if (kind->identity == HISTORY_BY_KEY) return n->key;
    if (kind->identity == HISTORY_BY_ID) return arena_print(a, "%d", n->id);
    char *id = arena_bytes(a, 36);
    uuid_write(n->guid, id);
    return (text){id, 36};
}

static FALLIBLE record(struct history_source *s, snapshot *before, const struct change_note *note,
                       const struct activity *activity) {
    const struct history_kind *own = history_kind_of(note->target);
    text object = object_of(s->a, own, note);
    struct altered_list altered = {0};
    if (own) TRY(compare(s, own, object, &altered));
    size_t of_own = altered.count;
    for (EACH(const struct changed_object, o, &note->along)) TRY(compare(s, history_kind_of(o->target), o->key, &altered));
    for (size_t i = 0; (!own || own->swept) && history_kinds[i]; i++)
        if (history_kinds[i]->swept)
            TRY(sweep(s, before, history_kinds[i], history_kinds[i] == own ? object : (text){0}, &altered));
    if (of_own && altered.at[0].change.operation != OPERATION_DELETE && note->operation != OPERATION_DELETE)
        altered.at[0].change.operation = note->operation;
    /* an activity about something that has no history, such as a matching rule, shows the object that it belongs to */
    for (size_t i = 0; i < altered.count; i++)
        TRY(i == 0 && (of_own || altered.count == 1) ? save(s->tx, activity, &altered.at[i])
                                                     : save_below(s->tx, activity, &altered.at[i]));
    return NULL;
}

static FALLIBLE record_change(struct history_source *s, snapshot *before, const struct change_note *note,
                              const struct activity *activity) {
    const struct config *now = NULL;
    TRY(store_config_in(s->tx, &now));
    s->config = now;
    error *e = tracked(before) || tracked(now) ? record(s, before, note, activity) : NULL;
    config_release(now);
    return e;
}

FALLIBLE history_record(struct call *c, struct change *x, const struct change_note *note, const struct activity *activity) {
    struct history_source s = {.a = c->a, .tx = x->tx, .services = c->services};
    return record_change(&s, x->before, note, activity);
}

FALLIBLE history_of_task(void *services, arena *a, store_tx *tx, const struct config *before, const struct activity *activity) {
    struct history_source s = {.a = a, .tx = tx, .services = services};
    struct change_note note = {.target = activity->target, .operation = activity->operation, .id = activity->system};
    return record_change(&s, before, &note, activity);
}

/* ---- at the start ---- */

static FALLIBLE make_hash_key(store_tx *tx, snapshot *s, arena *a, bool *made) {
    *made = text_is_null(config_setting(s, T(SETTING_HASH_KEY)));
    if (!*made) return NULL;
    uint8_t key[32];
    char *hex = arena_bytes(a, 2 * sizeof key);
    random_bytes(key, sizeof key);
    hex_write(key, sizeof key, hex);
    return store_save_setting(tx, T(SETTING_HASH_KEY), (text){hex, 2 * sizeof key});
}

static FALLIBLE compare_kind(struct history_source *s, const struct history_kind *kind, struct altered_list *out) {
    struct texts objects = {0};
    TRY(kind->each(s, &objects));
    for (EACH(const text, object, &objects)) {
        struct configuration_change newest;
        bool known = false;
        if (!kind->mirrors) TRY(store_configuration_change(s->tx, s->a, kind->target, *object, 0, &newest, &known));
        if (!known) TRY(compare(s, kind, *object, out));
    }
    return NULL;
}

static FALLIBLE record_start(struct history_source *s) {
    struct altered_list altered = {0};
    bool first = true;
    for (size_t i = 0; history_kinds[i]; i++) TRY(compare_kind(s, history_kinds[i], &altered));
    if (!altered.count) return NULL;
    for (EACH(struct altered, k, &altered)) first &= k->change.operation == OPERATION_CREATE;
    instant now = instant_now();
    struct activity activity = {.created = now,
                                .executed = now,
                                .ended = now,
                                .status = ACTIVITY_COMPLETE,
                                .target = TARGET_SYSTEM_INITIALISATION,
                                .operation = first ? OPERATION_CREATE : OPERATION_UPDATE,
                                .target_name = T("System initialisation"),
                                .initiator = caller_initiator(s->a, &caller_system)};
    TRY(store_save_activity(s->tx, &activity));
    for (EACH(struct altered, k, &altered)) TRY(save_below(s->tx, &activity, k));
    return NULL;
}

static FALLIBLE begin(struct history_source *s, const struct config **config) {
    bool made;
    TRY(store_config_in(s->tx, config));
    TRY(make_hash_key(s->tx, *config, s->a, &made));
    if (made) {
        config_release(*config);
        *config = NULL;
        TRY(store_config_in(s->tx, config));
    }
    s->config = *config;
    if (tracked(s->config)) TRY(record_start(s));
    return store_commit(s->tx);
}

FALLIBLE history_start(const struct services *services) {
    OWNED(arena) a = arena_new((size_t)1 << 32);
    OWNED(store_tx) tx = NULL;
    const struct config *config = NULL;
    TRY(store_write(services->store, STORE_API, &tx));
    struct history_source s = {.a = a, .tx = tx, .services = services};
    error *e = begin(&s, &config);
    config_release(config);
    return e;
}
