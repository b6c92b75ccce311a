/* From a connector's result to the state of the pending export, its changes and its object. */
#include "base/unicode.h"
#include "runs/export.h"

enum { DEFER_MINUTES = 5, LONGEST_WAIT_MINUTES = 60 };

static instant in_minutes(instant now, int64_t minutes) { return (instant){now.ticks + minutes * 60 * TICKS_PER_SECOND}; }

static bool shows(const struct cs_type *type, int32_t attribute) {
    if (type->external_id && type->external_id->id == attribute) return true;
    for (size_t i = 0; i < sizeof type->display / sizeof type->display[0]; i++)
        if (type->display[i] && type->display[i]->id == attribute) return true;
    return false;
}

struct export_names export_names(arena *a, const struct config *c, const struct cso *o, const struct pending_export *p) {
    const struct cs_type *type = config_cs_type(c, o->type);
    text id = o->external_id.len ? o->external_id : o->secondary_external_id;
    struct cso known = *o;
    if (type && o->status == CSO_PENDING_PROVISIONING) {
        known.values = (struct attributes){0};
        for (EACH(const struct staged_change, change, &p->changes))
            if (change->has_value && shows(type, change->attribute))
                values_add(a, attributes_ensure(a, &known.values, change->attribute), change->value);
        if (!id.len) known.external_id = id = cso_external_id(a, type, &known.values);
    }
    return (struct export_names){cso_display_name(a, c, &known), id};
}

static struct run_item *add_item(struct export *ex, struct export_batch *b, const struct export_work *w, enum object_change change,
                                 int64_t *id) {
    struct export_names names = export_names(b->a, ex->r->config, w->object, &w->before);
    struct run_item *item = LIST_ADD(b->a, &b->items);
    *item = (struct run_item){.id = (*id)++,
                              .change = change,
                              .cso = w->object->id,
                              .pending_export = w->stored->id,
                              .external_id = names.external_id,
                              .display_name = names.display_name,
                              .object_type = w->type->name};
    if (!w->stored->queued_by) return item;
    item->causes = ARENA_NEW(b->a, struct cause);
    enum { PENDING_EXPORT_QUEUEING_CAUSED_EXPORT_EXECUTION = 3, EXPORT_CREATE_STAGED = 5 };
    *item->causes = (struct cause){.edge = PENDING_EXPORT_QUEUEING_CAUSED_EXPORT_EXECUTION,
                                   .reason = EXPORT_CREATE_STAGED + (int)w->stored->change - (int)EXPORT_CREATE,
                                   .item = w->stored->queued_by,
                                   .mvo = w->stored->mvo};
    item->cause_count = 1;
    return item;
}

static void add_outcome(struct export_batch *b, struct run_item *item, enum outcome type, size_t count) {
    item->outcomes = ARENA_NEW(b->a, struct outcome_node);
    item->outcomes->type = type;
    item->outcomes->count = (int32_t)count;
}

/* ---- the object ---- */

/* The written changes applied to the values that are stored (§16.5). */
static void apply_change(struct export_batch *b, struct attributes *values, const struct export_work *w,
                         const struct staged_change *c) {
    const struct cs_attribute *attribute = NULL;
    for (EACH(struct cs_attribute, t, &w->type->attributes))
        if (t->id == c->attribute) attribute = t;
    if (!attribute) return;
    struct values *set = attributes_ensure(b->a, values, c->attribute);
    if (c->change == CHANGE_UPDATE || c->change == CHANGE_REMOVE_ALL) set->count = 0;
    if (c->change == CHANGE_REMOVE)
        values_remove(set, &c->value);
    else if (c->has_value)
        values_add(b->a, set, c->value);
    if (!set->count) attributes_remove(values, c->attribute);
}

/* The text is what is stored: another one for the same target is another value, also of the history. */
static void forget_targets(struct attributes *values) {
    for (EACH(struct values, set, values))
        for (EACH(struct value, v, set))
            if (v->type == TYPE_REFERENCE && !text_is_null(v->reference.raw)) v->reference.target = 0;
}

/* A system stores texts: two objects that are called the same, being of two types, are one value there (invariant 16). */
static void merge_texts(arena *a, struct values *set) {
    struct values once = {.attribute = set->attribute, .null_marker = set->null_marker, .mapping = set->mapping};
    struct value_set seen;
    value_set_init(&seen, a, set->count);
    for (EACH(const struct value, v, set))
        if (value_set_add(&seen, a, v)) *LIST_ADD(a, &once) = *v;
    if (once.count < set->count) *set = once;
}

static void merge_added(struct export_batch *b, struct attributes *values, const struct export_work *w) {
    int32_t merged = 0;
    for (EACH(const struct staged_change, c, &w->before.changes)) {
        bool adds = c->change == CHANGE_ADD && c->value.type == TYPE_REFERENCE && c->attribute != merged;
        struct values *set = adds ? attributes_find(values, c->attribute) : NULL;
        if (set) merge_texts(b->a, set);
        if (set) merged = c->attribute;
    }
}

static void take_ids(struct export_batch *b, struct cso *o, const struct export_work *w, const struct export_result *r) {
    if (!text_is_null(r->external_id)) {
        o->external_id = r->external_id;
        struct value v;
        if (w->type->external_id && value_read(b->a, w->type->external_id->type, r->external_id, &v)) {
            struct values *set = attributes_ensure(b->a, &o->values, w->type->external_id->id);
            set->count = 0;
            values_add(b->a, set, v);
        }
    }
}

/* What the system says its object is called now wins over what was asked for. */
static void take_secondary(struct export_batch *b, struct cso *o, const struct export_work *w, const struct export_result *r) {
    const struct cs_attribute *attribute = w->type->secondary;
    struct value v;
    if (!attribute) return;
    if (!text_is_null(r->secondary_external_id) && value_read(b->a, attribute->type, r->secondary_external_id, &v)) {
        struct values *set = attributes_ensure(b->a, &o->values, attribute->id);
        set->count = 0;
        values_add(b->a, set, v);
    }
    text secondary = cso_secondary_id(b->a, w->type, &o->values);
    if (!text_is_null(secondary)) o->secondary_external_id = secondary;
}

bool export_applies_values(const struct export *ex) { return ex->auto_confirm || !ex->definition->ops.export_file; }

static void write_object(struct export *ex, struct export_batch *b, struct export_work *w, const struct export_result *r) {
    struct cso *o = ARENA_NEW(b->a, struct cso);
    *o = *w->object;
    if (w->before.change == EXPORT_DELETE) {
        if (!ex->auto_confirm) return;
        o->status = CSO_OBSOLETE;
        o->updated = b->now;
        *LIST_ADD(b->a, &b->objects) = (struct cso_change){.before = w->object, .after = o};
        return;
    }
    o->values = attributes_copy(b->a, &w->object->values);
    take_ids(b, o, w, r);
    for (size_t i = 0; export_applies_values(ex) && i < w->before.changes.count; i++) {
        const struct staged_change *c = &w->before.changes.at[i];
        bool clears = c->change == CHANGE_UPDATE && !c->has_value;
        if (w->sent[i] && (!clears || ex->auto_confirm)) apply_change(b, &o->values, w, c);
    }
    take_secondary(b, o, w, r);
    forget_targets(&o->values);
    if (export_applies_values(ex)) merge_added(b, &o->values, w);
    memset(o->import_hash, 0, sizeof o->import_hash);
    if (ex->auto_confirm) o->status = CSO_NORMAL;
    *LIST_ADD(b->a, &b->objects) = (struct cso_change){
        .before = w->object, .after = o, .values_changed = true, .kind = OBJECT_EXPORTED, .item = w->before.exported_by};
}

/* ---- the pending export ---- */

static struct pending_export *after_of(struct export_batch *b, struct export_work *w) {
    struct pending_export *p = ARENA_NEW(b->a, struct pending_export);
    *p = w->before;
    *LIST_ADD(b->a, &b->exports) = (struct pending_export_change){w->stored, p};
    return p;
}

/* What the final pass will look at stays due until then, should the run end before it. */
static void defer(struct export *ex, struct export_batch *b, struct export_work *w, struct pending_export *p) {
    bool comes_again = !b->final && w->awaiting;
    p->unresolved = w->awaiting || w->missing;
    if (!p->unresolved) return;
    p->next_retry = comes_again ? (instant){0} : in_minutes(b->now, DEFER_MINUTES);
    if (comes_again) *LIST_ADD(ex->kept, &ex->deferred) = p->id;
}

/* Of an auto-confirming system only what could not be written yet remains. */
static void keep_unsent(struct export_batch *b, struct export_work *w, struct pending_export *p) {
    struct staged_changes rest = {0};
    for (size_t i = 0; i < w->before.changes.count; i++)
        if (!w->sent[i]) *LIST_ADD(b->a, &rest) = w->before.changes.at[i];
    p->changes = rest;
}

/* References that could not be written yet, and changes that were merged in meanwhile. */
static bool leaves_changes(const struct export_work *w) {
    if (w->awaiting || w->missing) return true;
    for (size_t i = 0; i < w->before.changes.count; i++)
        if (!w->sent[i] && w->before.changes.at[i].status == CHANGE_PENDING) return true;
    return false;
}

static void succeeded(struct export *ex, struct export_batch *b, struct export_work *w) {
    bool partial = leaves_changes(w);
    if (ex->auto_confirm && !partial) {
        *LIST_ADD(b->a, &b->exports) = (struct pending_export_change){w->stored, NULL};
        return;
    }
    struct pending_export *p = after_of(b, w);
    p->ever_exported = true;
    p->status = partial ? EXPORT_PENDING : EXPORT_EXPORTED;
    p->next_retry = (instant){0};
    if (partial && p->change == EXPORT_CREATE) p->change = EXPORT_UPDATE;
    for (size_t i = 0; i < p->changes.count; i++) {
        struct staged_change *c = &p->changes.at[i];
        if (!w->sent[i] || p->change == EXPORT_DELETE) continue; /* what addresses a deleted object is no change of it */
        c->status = CHANGE_EXPORTED;
        c->attempts++;
        c->exported = b->now;
    }
    if (ex->auto_confirm) keep_unsent(b, w, p);
    defer(ex, b, w, p);
}

static void failed(struct export *ex, struct export_batch *b, struct export_work *w, const struct export_result *r) {
    struct pending_export *p = after_of(b, w);
    p->errors++;
    p->last_error = r->error_message;
    bool spent = p->errors >= p->max_retries;
    int64_t wait = p->errors < 6 ? INT64_C(1) << p->errors : LONGEST_WAIT_MINUTES;
    p->status = spent ? EXPORT_FAILED : ex->definition->ops.export_file ? EXPORT_NOT_CONFIRMED : EXPORT_PENDING;
    p->next_retry = spent ? (instant){0} : in_minutes(b->now, wait < LONGEST_WAIT_MINUTES ? wait : LONGEST_WAIT_MINUTES);
}

/* Not attempted: back to what it was. */
static void untouched(struct export_batch *b, struct export_work *w) {
    struct pending_export *p = after_of(b, w);
    p->status = w->stored->status == EXPORT_EXECUTING ? EXPORT_PENDING : w->stored->status;
    p->attempted = w->stored->attempted;
}

/* What goes through the final pass, too, is reported there. */
static void report_missing(struct export *ex, struct export_batch *b, const struct export_work *w, struct run_item *item,
                           int64_t *id) {
    if (!w->missing || (w->awaiting && !b->final)) return;
    ex->unresolved++;
    if (ex->r->system->unresolved != UNRESOLVED_ERROR) return;
    if (!item) item = add_item(ex, b, w, OBJECT_PENDING_EXPORT, id);
    if (item->error != ITEM_NO_ERROR) return;
    item->error = ITEM_UNRESOLVED_REFERENCE;
    item->error_message = T("A reference names an object that is not in this connected system; it will be tried again.");
}

static void nothing_to_send(struct export *ex, struct export_batch *b, struct export_work *w, int64_t *item_id) {
    if (w->left || (!w->awaiting && !w->missing)) return;
    struct pending_export *p = after_of(b, w);
    if (p->status == EXPORT_EXECUTING) p->status = EXPORT_PENDING;
    defer(ex, b, w, p);
    report_missing(ex, b, w, NULL, item_id);
}

void export_result_apply(struct export *ex, struct export_batch *b, struct export_work *w, int64_t *item_id) {
    if (!w->send) return nothing_to_send(ex, b, w, item_id);
    const struct export_result *r = &b->results[w->place];
    if (!r->done && w->replaced) return;
    if (!r->done) return untouched(b, w);
    bool deleted = w->before.change == EXPORT_DELETE;
    struct run_item *item = add_item(ex, b, w, deleted ? OBJECT_DEPROVISIONED : OBJECT_EXPORTED, item_id);
    if (!r->success) {
        if (!w->replaced) failed(ex, b, w, r);
        item->error = r->error == EXPORT_ERROR_INVALID_ID ? ITEM_INVALID_GENERATED_ID : ITEM_UNHANDLED;
        item->error_message =
            arena_print(b->a, "Attempt %d of %d: %.*s", w->before.errors + 1, w->before.max_retries, TEXT_ARG(r->error_message));
        return;
    }
    w->before.exported_by = item->id;
    if (!item->external_id.len) item->external_id = r->external_id;
    add_outcome(b, item, deleted ? OUTCOME_DEPROVISIONED : OUTCOME_EXPORTED, w->item.changes.count);
    if (!w->replaced) succeeded(ex, b, w);
    if (!w->object_gone) write_object(ex, b, w, r);
    report_missing(ex, b, w, item, item_id);
}

bool export_auto_confirms(const struct export *ex) {
    if (!ex->definition->can.auto_confirm_export) return false;
    return !ex->definition->ops.auto_confirms || ex->definition->ops.auto_confirms(ex->r->system);
}
