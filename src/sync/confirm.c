/* Change by change against the values that the import has seen. */
#include "sync/confirm.h"

enum { MOST_ATTEMPTS = 5 };

static bool same(const struct value *stored, const struct value *written) {
    if (written->type != TYPE_REFERENCE) return value_equal(stored, written);
    if (stored->reference.target && stored->reference.target == written->reference.target) return true;
    return text_equal(stored->reference.raw, written->reference.raw);
}

/* Sets of one attribute that many changes ask about are indexed once. */
struct lookup {
    int32_t attribute;
    const struct values *values;
    struct text_map raws;
    struct int_map targets;
    struct value_set set;
    bool indexed;
};

static void look_at(arena *a, struct lookup *l, const struct attributes *values, int32_t attribute) {
    if (l->values && l->attribute == attribute) return;
    *l = (struct lookup){.attribute = attribute, .values = attributes_find(values, attribute)};
    if (!l->values || l->values->count < 16) return;
    l->indexed = true;
    value_set_init(&l->set, a, l->values->count);
    text_map_init(&l->raws, a, l->values->count);
    int_map_init(&l->targets, a, l->values->count);
    for (EACH(struct value, v, l->values)) {
        if (v->type != TYPE_REFERENCE) {
            value_set_add(&l->set, a, v);
            continue;
        }
        text_map_put(&l->raws, v->reference.raw, v);
        if (v->reference.target) int_map_put(&l->targets, v->reference.target, v);
    }
}

static bool holds(const struct lookup *l, const struct value *v) {
    if (!l->values) return false;
    if (l->indexed && v->type != TYPE_REFERENCE) return value_set_has(&l->set, v);
    if (l->indexed)
        return text_map_get(&l->raws, v->reference.raw) || (v->reference.target && int_map_get(&l->targets, v->reference.target));
    for (EACH(struct value, stored, l->values))
        if (same(stored, v)) return true;
    return false;
}

static bool is_confirmed(const struct staged_change *c, const struct lookup *l) {
    switch (c->change) {
    case CHANGE_ADD:
        return holds(l, &c->value);
    case CHANGE_UPDATE:
        return c->has_value ? holds(l, &c->value) : !l->values;
    case CHANGE_REMOVE:
        return !holds(l, &c->value);
    case CHANGE_REMOVE_ALL:
        return !l->values;
    default:
        return false;
    }
}

static bool awaits(const struct staged_change *c) { return c->status == CHANGE_EXPORTED || c->status == CHANGE_NOT_CONFIRMED; }

/* A Create without any value awaits that its object is seen; else some change must have been written. */
static bool is_eligible(const struct pending_export *p) {
    if (p->status == EXPORT_EXPORTED && !p->changes.count) return true;
    for (EACH(struct staged_change, c, &p->changes))
        if (awaits(c)) return true;
    return false;
}

static bool names_object(const struct cs_type *type, int32_t attribute) {
    return (type->secondary && type->secondary->id == attribute) ||
           (!type->secondary && type->external_id && type->external_id->id == attribute) ||
           (type->external_id && type->external_id->id == attribute);
}

static enum export_status status_of(const struct staged_changes *changes, enum export_status before) {
    size_t failed = 0, unconfirmed = 0, pending = 0;
    for (EACH(struct staged_change, c, changes)) {
        failed += c->status == CHANGE_FAILED;
        unconfirmed += c->status == CHANGE_NOT_CONFIRMED;
        pending += c->status == CHANGE_PENDING;
    }
    if (changes->count == 0) return before;
    if (failed == changes->count) return EXPORT_FAILED;
    if (unconfirmed) return EXPORT_NOT_CONFIRMED;
    return pending ? EXPORT_PENDING : EXPORT_EXPORTED;
}

static void refuse(arena *a, struct staged_change *c, const struct lookup *l, struct confirmation *out) {
    c->last_imported = l->values && l->values->count ? value_text(a, l->values->at) : (text){0};
    out->unconfirmed++;
    c->status = c->attempts >= MOST_ATTEMPTS ? CHANGE_FAILED : CHANGE_NOT_CONFIRMED;
    out->failed += c->status == CHANGE_FAILED;
}

/* Shared by the import's confirmation and the synchronisation's second look; only the first one judges what is missing. */
static void compare(arena *a, const struct cs_type *type, const struct pending_export *p, const struct attributes *values,
                    bool judge, struct confirmation *out) {
    *out = (struct confirmation){.eligible = true, .after = *p};
    out->after.changes = (struct staged_changes){0};
    struct lookup l = {0};
    bool named = false;
    for (EACH(struct staged_change, c, &p->changes)) {
        if (!awaits(c)) {
            *LIST_ADD(a, &out->after.changes) = *c;
            continue;
        }
        look_at(a, &l, values, c->attribute);
        if (is_confirmed(c, &l)) {
            out->confirmed++;
            named |= names_object(type, c->attribute);
            continue;
        }
        struct staged_change *kept = LIST_ADD(a, &out->after.changes);
        *kept = *c;
        if (judge) refuse(a, kept, &l, out);
    }
    out->ended = out->after.changes.count == 0 && p->change != EXPORT_DELETE;
    if (p->change == EXPORT_CREATE && (named || (!judge && out->confirmed)) && out->after.changes.count)
        out->after.change = EXPORT_UPDATE;
    if (judge) out->after.status = status_of(&out->after.changes, p->status);
}

void confirm_export(arena *a, const struct cs_type *type, const struct pending_export *p, const struct attributes *values,
                    struct confirmation *out) {
    *out = (struct confirmation){0};
    if (p->change != EXPORT_DELETE && is_eligible(p)) compare(a, type, p, values, true, out);
}

void confirm_refuse_delete(const struct pending_export *p, struct confirmation *out) {
    *out = (struct confirmation){0};
    if (p->change != EXPORT_DELETE || p->status != EXPORT_EXPORTED) return;
    *out = (struct confirmation){.eligible = true, .unconfirmed = 1, .after = *p};
    out->after.errors++;
    bool spent = out->after.errors >= p->max_retries;
    out->after.status = spent ? EXPORT_FAILED : EXPORT_NOT_CONFIRMED;
    out->failed = spent;
}

bool confirm_again(arena *a, const struct cs_type *type, const struct pending_export *p, const struct attributes *values,
                   struct confirmation *out) {
    *out = (struct confirmation){0};
    if (p->status != EXPORT_NOT_CONFIRMED || p->change == EXPORT_DELETE) return false;
    compare(a, type, p, values, false, out);
    return out->confirmed > 0;
}
