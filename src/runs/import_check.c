/* What an imported object is worth: the checks of sync-engine §5.3 up to where the stored object is needed. */
#include "base/unicode.h"
#include "runs/import_batch.h"

#include <stdlib.h>

void import_refuse(struct incoming *n, enum item_error why, text message) {
    n->action = ACTION_REFUSE;
    n->error = why;
    n->message = message;
}

/* ---- one object by itself ---- */

static bool refused_by_connector(struct incoming *n) {
    text message = n->object->error_message;
    switch (n->object->error) {
    case IMPORT_UNKNOWN_TYPE:
        import_refuse(n, ITEM_COULD_NOT_MATCH_OBJECT_TYPE, message);
        return true;
    case IMPORT_EXTERNAL_ID:
        import_refuse(n, ITEM_MISSING_EXTERNAL_ID, message);
        return true;
    case IMPORT_CONFIGURATION:
        import_refuse(n, ITEM_CONNECTOR_CONFIGURATION, message);
        return true;
    case IMPORT_ATTRIBUTE_VALUE:
        n->error = ITEM_ATTRIBUTE_VALUE;
        n->message = message;
        return false;
    default:
        return false;
    }
}

static int by_attribute(const void *one, const void *two) {
    const struct import_attribute *a = one, *b = two;
    int32_t x = a->values.attribute, y = b->values.attribute;
    if (!x || !y) return (x == 0) - (y == 0);
    return (x > y) - (x < y);
}

/* Ascending by attribute, unknown ones last; connectors should deliver them so. */
static struct import_attributes in_order(arena *a, const struct import_attributes *list) {
    bool sorted = true;
    for (size_t i = 1; i < list->count; i++) sorted &= by_attribute(&list->at[i - 1], &list->at[i]) <= 0;
    if (sorted) return *list;
    struct import_attributes copy = {ARENA_ARRAY(a, struct import_attribute, list->count), list->count, list->count};
    memcpy(copy.at, list->at, list->count * sizeof *copy.at);
    qsort(copy.at, copy.count, sizeof *copy.at, by_attribute);
    return copy;
}

static bool has_repeated_attribute(const struct import_attributes *list) {
    for (size_t i = 1; i < list->count; i++) {
        const struct import_attribute *one = &list->at[i - 1], *two = &list->at[i];
        if (one->values.attribute && one->values.attribute == two->values.attribute) return true;
    }
    return false;
}

static bool is_empty(const struct value *v) {
    if (v->type == TYPE_TEXT || v->type == TYPE_BINARY) return v->text.len == 0;
    return v->type == TYPE_REFERENCE && v->reference.raw.len == 0;
}

/* References repeat without regard to case, everything else under its type's equality. */
static void add_value(arena *a, struct values *set, struct value_set *seen, struct text_map *folded, const struct value *v) {
    if (is_empty(v)) return;
    if (v->type == TYPE_REFERENCE) {
        if (text_map_put(folded, text_fold(a, v->reference.raw), set)) return;
    } else if (!value_set_add(seen, a, v)) {
        return;
    }
    *LIST_ADD(a, set) = *v;
}

static struct values different_values(arena *a, const struct values *from) {
    struct values set = {.attribute = from->attribute};
    struct value_set seen;
    struct text_map folded;
    value_set_init(&seen, a, from->count);
    text_map_init(&folded, a, from->count);
    for (EACH(struct value, v, from)) add_value(a, &set, &seen, &folded, v);
    return set;
}

static void take_attribute(const struct import *im, arena *a, struct incoming *n, const struct import_attribute *from) {
    const struct cs_attribute *known = config_cs_attribute(im->r->config, from->values.attribute);
    if (!known || (!known->selected && !known->external_id)) return;
    if (from->unparsed) {
        *LIST_ADD(a, &n->unparsed) = known->id;
        return;
    }
    if (from->values.count == 0 || (from->values.count == 1 && is_empty(from->values.at))) return;
    struct values set = from->values.count == 1 ? from->values : different_values(a, &from->values);
    if (set.count > 1 && known->plurality != MULTI_VALUED) {
        *LIST_ADD(a, &n->unparsed) = known->id;
        n->error = ITEM_ATTRIBUTE_VALUE;
        n->message = arena_print(a, "The attribute '%.*s' takes one value and came with several.", TEXT_ARG(known->name));
    } else if (set.count) {
        *LIST_ADD(a, &n->values) = set;
    }
}

static bool may_identify(enum data_type type) {
    return type == TYPE_TEXT || type == TYPE_NUMBER || type == TYPE_LONG_NUMBER || type == TYPE_DECIMAL || type == TYPE_GUID;
}

static void identify(arena *a, struct incoming *n) {
    const struct cs_attribute *attribute = n->object->type->external_id;
    const struct values *id = attributes_find(&n->values, attribute->id);
    if (!may_identify(attribute->type)) {
        import_refuse(n, ITEM_UNSUPPORTED_EXTERNAL_ID,
                      arena_print(a, "The external id '%.*s' has a type that cannot identify objects.", TEXT_ARG(attribute->name)));
    } else if (!id || id->count != 1) {
        text message = n->message;
        if (text_is_null(message)) message = arena_print(a, "The external id '%.*s' has no value.", TEXT_ARG(attribute->name));
        import_refuse(n, ITEM_MISSING_EXTERNAL_ID, message);
    } else {
        n->external = value_text(a, &id->at[0]);
        n->folded = text_fold(a, n->external);
        import_key(n->object->type->id, n->folded, n->key);
    }
}

static void check(const struct import *im, arena *a, struct incoming *n) {
    const struct import_object *o = n->object;
    if (refused_by_connector(n)) return;
    struct import_attributes attributes = in_order(a, &o->attributes);
    if (has_repeated_attribute(&attributes))
        return import_refuse(n, ITEM_DUPLICATE_ATTRIBUTES, T("An attribute occurs twice in this object."));
    if (!o->type || !o->type->selected || !o->type->external_id)
        return import_refuse(n, ITEM_COULD_NOT_MATCH_OBJECT_TYPE,
                             arena_print(a, "The object type '%.*s' is not known or not selected.", TEXT_ARG(o->type_name)));
    n->values.room = attributes.count + 1;
    n->values.at = ARENA_ARRAY(a, struct values, n->values.room);
    for (EACH(struct import_attribute, t, &attributes)) take_attribute(im, a, n, t);
    identify(a, n);
}

/* A refused object that can be named still counts as seen (§5.8). */
static void name_refused(arena *a, struct incoming *n) {
    const struct cs_type *type = n->object->type;
    if (n->action != ACTION_REFUSE || !type || !type->external_id) return;
    for (size_t i = 0; text_is_null(n->folded) && i < n->object->attributes.count; i++) {
        const struct import_attribute *t = &n->object->attributes.at[i];
        if (t->values.attribute != type->external_id->id || t->values.count != 1 || is_empty(t->values.at)) continue;
        n->external = value_text(a, t->values.at);
        n->folded = text_fold(a, n->external);
        import_key(type->id, n->folded, n->key);
    }
}

void import_check(const struct import *im, arena *a, struct incoming *n) {
    check(im, a, n);
    name_refused(a, n);
}

/* ---- the batch together ---- */

/* Both of two in one page are refused (invariant 33); of a file they are known beforehand, on whatever page they stand. */
static void refuse_repeated(arena *a, struct incoming *in, size_t count) {
    struct text_map seen;
    text_map_init(&seen, a, count);
    for (size_t i = 0; i < count; i++) {
        struct incoming *n = &in[i];
        if (n->action == ACTION_REFUSE) continue;
        struct incoming *twin = text_map_put(&seen, (text){(const char *)n->key, sizeof n->key}, n);
        if (!twin) continue;
        text why = T("The external id occurs more than once in this import; none of these objects is taken in.");
        import_refuse(n, ITEM_DUPLICATE_OBJECT, why);
        import_refuse(twin, ITEM_DUPLICATE_OBJECT, why);
    }
}

static bool is_repeated(const struct import *im, const struct import_slot *s) {
    return s && (im->foreseen ? s->repeated : s->fresh || s->seen);
}

/* May an object that comes with this stamp be left as it is, unread? */
static bool is_as_stored(const struct import *im, const struct import_slot *s, int32_t partition, const uint8_t stamp[16]) {
    return im->r->profile->type == RUN_FULL_IMPORT && !im->verify && !im->distrust && s->status == CSO_NORMAL && !s->awaiting &&
           (!partition || ((uint32_t)partition & 0xffffff) == s->partition) &&
           memcmp(stamp, s->import_hash, sizeof s->import_hash) == 0;
}

static bool may_skip(const struct import *im, const struct incoming *n, const struct import_slot *s) {
    int32_t partition = import_partition(im, n->object);
    return n->object->change != IMPORT_DELETED && n->error == ITEM_NO_ERROR && !n->unparsed.count &&
           is_as_stored(im, s, partition, n->hash);
}

/* The type's fingerprint makes every earlier stamp differ when the schema or the selection changed. */
static void mix_in(const struct import *im, const struct cs_type *type, uint8_t stamp[16]) {
    uint64_t mix;
    memcpy(&mix, stamp, sizeof mix);
    mix ^= im->fingerprints[type - im->r->system->types.at];
    memcpy(stamp, &mix, sizeof mix);
}

static bool has_print(const uint64_t print[2]) { return print[0] || print[1]; }

static void stamp(const struct import *im, struct incoming *n) {
    if (has_print(n->object->print))
        memcpy(n->hash, n->object->print, sizeof n->hash);
    else
        document_hash(&n->values, n->hash);
    mix_in(im, n->object->type, n->hash);
}

static const struct import_attribute *unknown_attribute(const struct import_object *o) {
    for (EACH(struct import_attribute, t, &o->attributes))
        if (!t->values.attribute && (t->values.count || t->unparsed)) return t;
    return NULL;
}

static void decide(struct import *im, arena *a, struct incoming *n) {
    struct import_slot *s = import_table_find(&im->table, n->key);
    bool repeated = is_repeated(im, s);
    if (s) s->seen = true;
    if (repeated)
        return import_refuse(
            n, ITEM_DUPLICATE_OBJECT,
            im->foreseen ? T("The external id occurs more than once in this import; none of these objects is taken in.")
                         : T("The external id came on an earlier page of this import already; this object is not taken in."));
    stamp(im, n);
    if (s && s->cso) {
        n->cso = s->cso;
        n->awaiting = s->awaiting;
        n->action = may_skip(im, n, s) ? ACTION_SKIP : ACTION_LOAD;
        return;
    }
    const struct import_attribute *unknown = unknown_attribute(n->object);
    n->action = n->object->change == IMPORT_DELETED ? ACTION_SKIP : ACTION_CREATE;
    if (unknown && n->action == ACTION_CREATE)
        import_refuse(
            n, ITEM_UNEXPECTED_ATTRIBUTE,
            arena_print(a, "The attribute '%.*s' is not in the schema; import the schema again.", TEXT_ARG(unknown->name)));
}

static void see_refused(struct import *im, struct incoming *n) {
    if (n->action != ACTION_REFUSE || text_is_null(n->folded)) return;
    struct import_slot *s = import_table_find(&im->table, n->key);
    if (!s) return;
    s->seen = true;
    n->cso = s->cso;
}

void import_decide(struct import *im, arena *a, struct incoming *in, size_t count) {
    if (!im->foreseen) refuse_repeated(a, in, count);
    for (size_t i = 0; i < count; i++) {
        if (in[i].action == ACTION_NONE) decide(im, a, &in[i]);
    }
    for (size_t i = 0; i < count; i++) see_refused(im, &in[i]);
}

/* ---- a file before its objects come ---- */

/* A row whose stamp is the stored one was taken in before without an error; it counts as received. */
static void foresee(struct import *im, struct import_glimpse *g, const struct cs_type *type) {
    struct import_slot *s = import_table_find(&im->table, g->key);
    if (!s) {
        s = import_table_add(&im->table, g->key);
        s->type = g->type;
        s->fresh = true;
    } else if (s->seen && !s->repeated && !im->asked_again) {
        s->repeated = true;
        im->repeated++;
    }
    s->seen = true;
    uint8_t stamp[16];
    memcpy(stamp, g->print, sizeof stamp);
    mix_in(im, type, stamp);
    g->wanted |= s->repeated || !has_print(g->print) || !is_as_stored(im, s, im->r->profile->partition, stamp);
    im->received += !g->wanted;
}

void import_foresee(struct import *im, struct import_glimpse *rows, size_t count) {
    const struct cs_type *type = NULL;
    for (size_t i = 0; i < count; i++) import_table_fetch(&im->table, rows[i].key);
    for (size_t i = 0; i < count; i++) {
        if (!type || type->id != rows[i].type) type = config_cs_type(im->r->config, rows[i].type);
        foresee(im, &rows[i], type);
    }
}
