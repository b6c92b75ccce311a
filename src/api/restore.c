/* Restoring a deleted metaverse object: under its old id, with what it had last, owned by nobody (operations §18.2). */
#include "api/value_changes.h"
#include "runs/run.h"

#define OMISSIONS(X)                                                                                                               \
    X(OMITTED_GONE, "AttributeGone")                                                                                               \
    X(OMITTED_OTHER_TYPE, "AttributeHasOtherType") X(OMITTED_BYTES, "BytesNotRecorded") X(OMITTED_TARGET, "ReferencedObjectGone")
NAMED_ENUM(omission, OMISSIONS)
NAMED_ENUM_TABLE(omission, "RestoreOmissionReason", OMISSIONS)

/* ---- what travels ---- */

struct restore_in {
    uuid id;
    bool preview;
    text change_reason;
};
static SHAPE(restore_in, NULL,
             FIELDS(FIELD(restore_in, id, "id"),
                    FIELD(restore_in, preview, "preview", .query = true, .by_default = "false",
                          .doc = "Only tells what would come back; nothing is written."),
                    FIELD(restore_in, change_reason, "changeReason", .query = true)));

struct omitted_values {
    text attribute_name;
    enum omission reason;
    int32_t value_count;
};
static SHAPE(omitted_values, "RestoreOmission",
             FIELDS(FIELD(omitted_values, attribute_name, "attributeName"),
                    FIELD(omitted_values, reason, "reason", .names = &omission_names),
                    FIELD(omitted_values, value_count, "valueCount")));
struct restore_result {
    uuid id;
    bool restored;
    text display_name;
    int32_t attribute_count, value_count;
    struct LIST(struct omitted_values) omitted;
    uuid activity_id;
};
static SHAPE(restore_result, "MetaverseObjectRestoreResult",
             FIELDS(FIELD(restore_result, id, "id"), FIELD(restore_result, restored, "restored"),
                    FIELD(restore_result, display_name, "displayName", .nullable = true),
                    FIELD(restore_result, attribute_count, "attributeCount"), FIELD(restore_result, value_count, "valueCount"),
                    OBJECTS(restore_result, omitted, "omitted", omitted_values, .doc = "What cannot come back."),
                    FIELD(restore_result, activity_id, "activityId", .nullable = true)));

/* ---- what comes back ---- */

struct restoring {
    struct call *c;
    struct change x;
    struct mvo *o;
    struct restore_result *out;
};

static FALLIBLE omit(struct restoring *r, const struct value_change *k, enum omission why, size_t count) {
    const struct mv_attribute *m = config_mv_attribute(r->x.before, k->attribute);
    struct retired_attribute gone = {0};
    if (!m) TRY(store_retired_attribute(r->x.tx, r->c->a, HISTORY_OF_MVO, k->attribute, &gone));
    text name = m ? m->name : text_is_null(gone.name) ? T("(unknown)") : gone.name;
    *LIST_ADD(r->c->a, &r->out->omitted) = (struct omitted_values){name, why, (int32_t)count};
    return NULL;
}

static FALLIBLE take_references(struct restoring *r, const struct value_change *k, struct values *set) {
    struct int64s ids = {0};
    struct mvos there = {0};
    struct int_map known;
    for (EACH(const struct value, v, &k->removed)) *LIST_ADD(r->c->a, &ids) = v->reference.target;
    TRY(store_mvos_brief(r->x.tx, r->c->a, r->x.before, ids.at, ids.count, &there));
    int_map_init(&known, r->c->a, there.count);
    for (EACH(struct mvo, o, &there)) int_map_put(&known, o->id, o);
    for (EACH(const struct value, v, &k->removed))
        if (int_map_get(&known, v->reference.target) || v->reference.target == r->o->id) *LIST_ADD(r->c->a, set) = *v;
    return set->count < k->removed.count ? omit(r, k, OMITTED_TARGET, k->removed.count - set->count) : NULL;
}

/* An asserted null has nobody who asserts it any more, and stays away without a word. */
static FALLIBLE take(struct restoring *r, const struct value_change *k) {
    const struct mv_attribute *m = config_mv_attribute(r->x.before, k->attribute);
    size_t count = k->removed.count;
    if (!count) return NULL;
    bool bound = false;
    for (size_t i = 0; m && i < m->object_types.count; i++) bound |= m->object_types.at[i] == r->o->type;
    if (!bound) return omit(r, k, OMITTED_GONE, count);
    if (m->type != k->type || (m->plurality == SINGLE_VALUED && count > 1)) return omit(r, k, OMITTED_OTHER_TYPE, count);
    if (k->type == TYPE_BINARY) return omit(r, k, OMITTED_BYTES, count);
    struct values set = {.attribute = k->attribute};
    if (k->type == TYPE_REFERENCE)
        TRY(take_references(r, k, &set));
    else
        set = (struct values){.attribute = k->attribute, .at = k->removed.at, .count = count, .room = count};
    if (!set.count) return NULL;
    *attributes_ensure(r->c->a, &r->o->values, k->attribute) = set;
    r->out->attribute_count++;
    r->out->value_count += (int32_t)set.count;
    return NULL;
}

/* ---- doing it ---- */

static FALLIBLE find(struct restoring *r, int64_t id) {
    struct tombstones found = {0};
    struct change_records last = {0};
    struct change_query q = {.of = HISTORY_OF_MVO, .object = id, .limit = 1};
    int64_t total;
    if (id) TRY(store_tombstones_of(r->x.tx, r->c->a, HISTORY_OF_MVO, &id, 1, &found));
    if (!found.count) return FAIL(ERROR_NOT_FOUND, "Nothing is recorded of a deleted metaverse object of this id.");
    if (!config_mv_type(r->x.before, found.at[0].owner))
        return FAIL(ERROR_CONFLICT, "The type of the object does not exist any more.");
    TRY(store_object_history(r->x.tx, r->c->a, r->x.before, &q, &last, &total));
    *r->o = (struct mvo){.id = id,
                         .type = found.at[0].owner,
                         .tenant = found.at[0].tenant,
                         .origin = ORIGIN_INTERNAL,
                         .created = r->c->now,
                         .scope_review = true};
    r->o->version = 1;
    r->out->display_name = found.at[0].name;
    for (size_t i = 0; last.count && i < last.at[0].changes.count; i++) TRY(take(r, &last.at[0].changes.at[i]));
    return NULL;
}

static FALLIBLE write(struct restoring *r, text reason) {
    struct change_note note = {.target = TARGET_MVO, .operation = OPERATION_REVERT, .name = r->out->display_name, .reason = reason};
    struct mvo_change made = {.after = r->o, .kind = OBJECT_CREATED};
    TRY(store_ids(r->c->services->store, IDS_ACTIVITY, 1, &note.number));
    store_note_tracked(r->x.tx, r->x.before, note.number, r->c->now);
    TRY(store_forget_tombstone(r->x.tx, HISTORY_OF_MVO, r->o->id));
    TRY(store_write_mvos(r->x.tx, r->x.before, &(struct mvo_changes){.at = &made, .count = 1, .room = 1}));
    TRY(change_commit(r->c, &r->x, &note, NULL));
    r->out->restored = true;
    r->out->activity_id = note.activity;
    return NULL;
}

static FALLIBLE restore(struct call *c, const struct restore_in *in, struct restore_result *out) {
    OWNED_VALUE(change) x = {0};
    struct mvo o;
    TRY(change_begin(c, &x));
    struct restoring r = {.c = c, .x = x, .o = &o, .out = out};
    *out = (struct restore_result){.id = in->id};
    error *e = find(&r, id_from_uuid(ID_MVO, in->id));
    if (!e && !in->preview) e = write(&r, in->change_reason);
    x = r.x;
    return e;
}
HANDLER(restore, restore_in, restore_result)

const struct routes restore_routes = ROUTES(
    "History", "/api/v1/history",
    ROUTE(
        POST, "/deleted-objects/mvo/{id}/restore", restore, "Brings a deleted metaverse object back, with its last values.",
        .operation = "RestoreDeletedMvo", .status = 200, .role = ROLE_ADMINISTRATOR,
        .doc =
            "It comes back under its old id and with the origin Internal: no rule deletes it. Nobody contributes its values, until "
            "objects of connected systems join it again by their matching rules. Connected objects do not come back by this: the "
            "next synchronisation of a target decides anew.",
        .also = ALSO({404, NULL, "Nothing is recorded of a deleted metaverse object of this id."},
                     {409, NULL, "Its type does not exist any more."})));
