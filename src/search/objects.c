/* The objects of a source: of the metaverse, of a connected system, or rows of a lookup table. */
#include "search/private.h"

struct search_tuning search_tuning = {.few = 1000, .document_cost = 10};

FALLIBLE look_up(struct work *w) {
    if (w->q->cancelled && atomic_load(w->q->cancelled)) w->stopped = SEARCH_CANCELLED;
    if (w->q->deadline && monotonic_ns() >= w->q->deadline) w->stopped = SEARCH_TIMED_OUT;
    return w->stopped ? FAIL(ERROR_CANCELLED, "the search was stopped") : NULL;
}

int32_t field_number(struct work *w, const struct search_source *source, const struct search_field *field) {
    if (source->kind != SEARCH_LOOKUP) return field->attribute;
    for (size_t i = 0; i < w->columns.count; i++)
        if (text_equal(w->columns.at[i].name, field->name)) return (int32_t)i + 1;
    *LIST_ADD(w->a, &w->columns) = *field;
    return (int32_t)w->columns.count;
}

bool field_indexed(const struct work *w, const struct search_source *source, const struct search_field *field) {
    if (source->kind == SEARCH_LOOKUP || field->type == FIELD_TYPE_REFERENCE) return false;
    if (source->kind == SEARCH_METAVERSE) {
        const struct mv_attribute *t = config_mv_attribute(w->c, field->attribute);
        return t && t->indexed;
    }
    const struct cs_attribute *t = config_cs_attribute(w->c, field->attribute);
    return t && t->indexed;
}

void want(arena *a, struct int32s *wanted, int32_t attribute) {
    size_t at = 0;
    while (at < wanted->count && wanted->at[at] < attribute) at++;
    if (at < wanted->count && wanted->at[at] == attribute) return;
    LIST_ADD(a, wanted);
    memmove(wanted->at + at + 1, wanted->at + at, (wanted->count - 1 - at) * sizeof *wanted->at);
    wanted->at[at] = attribute;
}

/* ---- Rows of lookup tables ---- */

static void add_value(arena *a, struct values *set, enum field_type type, const struct json *v) {
    struct search_value s;
    const char *why;
    struct value out = {.type = TYPE_LONG_NUMBER};
    if (type == FIELD_TYPE_BINARY) {
        out = (struct value){.type = TYPE_BINARY, .text = base64_read(a, v->content)};
    } else {
        if (!scalar_read(type, v, &s, &why)) return; /* the field was given another type since */
        out.integer = s.number;
        if (type == FIELD_TYPE_TEXT) out = (struct value){.type = TYPE_TEXT, .text = s.text};
        if (type == FIELD_TYPE_DECIMAL) {
            decimal *d = ARENA_NEW(a, decimal);
            *d = s.decimal;
            out = (struct value){.type = TYPE_DECIMAL, .decimal = d};
        }
        if (type == FIELD_TYPE_GUID || type == FIELD_TYPE_REFERENCE) out = (struct value){.type = TYPE_GUID, .guid = s.guid};
        if (type == FIELD_TYPE_DATE || type == FIELD_TYPE_DATETIME || type == FIELD_TYPE_TIME) out.type = TYPE_DATETIME;
        if (type == FIELD_TYPE_BOOLEAN) out.type = TYPE_BOOLEAN;
    }
    if (set->count == set->room) set->at = list_grow_(a, set->at, &set->room, sizeof *set->at);
    set->at[set->count++] = out;
}

static FALLIBLE lookup_objects(struct work *w, int32_t pool, const struct int64s *ids, struct search_objects *out) {
    struct lookup_entries rows = {0};
    TRY(store_lookup_rows(w->tx, w->batch, pool, ids, &rows));
    for (EACH(const struct lookup_entry, row, &rows)) {
        const struct json *doc;
        TRY(json_read(w->batch, row->doc, (struct json_limits){0}, &doc, NULL));
        struct search_object *o = LIST_ADD(w->batch, out);
        o->id = row->id;
        for (size_t i = 0; i < w->columns.count; i++) {
            const struct json *v = json_member(doc, w->columns.at[i].name);
            if (!v || v->kind == JSON_NULL) continue;
            struct values *set = attributes_ensure(w->batch, &o->values, (int32_t)i + 1);
            if (v->kind != JSON_ARRAY) add_value(w->batch, set, w->columns.at[i].type, v);
            for (EACH_JSON(one, v->kind == JSON_ARRAY ? v : NULL)) add_value(w->batch, set, w->columns.at[i].type, one);
        }
    }
    return NULL;
}

/* ---- All kinds ---- */

FALLIBLE objects_of(struct work *w, const struct search_source *source, const struct int64s *ids, const struct int32s *wanted,
                    struct search_objects *out) {
    arena_reset(w->batch);
    if (source->kind == SEARCH_LOOKUP) return lookup_objects(w, source->pool, ids, out);
    return search_objects(w->tx, w->batch, w->c, source->kind == SEARCH_METAVERSE, ids, wanted, out);
}

FALLIBLE count_of(struct work *w, const struct search_source *source, int64_t *count) {
    if (source->kind == SEARCH_LOOKUP) return store_lookup_count(w->tx, source->pool, count);
    return search_object_count(w->tx, source->kind == SEARCH_METAVERSE, source->type, count);
}

FALLIBLE all_of(struct work *w, const struct search_source *source, struct id_set **out) {
    *out = id_set_new(w->a);
    if (source->kind == SEARCH_LOOKUP) { /* they are numbered from 1 */
        int64_t count;
        TRY(store_lookup_count(w->tx, source->pool, &count));
        for (int64_t id = 1; id <= count; id++) id_set_add(*out, id);
        return NULL;
    }
    OWNED(arena) some = arena_new((size_t)1 << 28);
    struct object_page page = {.metaverse = source->kind == SEARCH_METAVERSE, .type = source->type, .limit = 20000};
    for (;;) {
        struct int64s ids = {0};
        arena_reset(some);
        TRY(look_up(w));
        TRY(search_object_ids(w->tx, some, &page, &ids));
        for (EACH(const int64_t, id, &ids)) id_set_add(*out, *id);
        if (ids.count < (size_t)page.limit) return NULL;
        page.after = ids.at[ids.count - 1];
    }
}

FALLIBLE having(struct work *w, const struct search_source *source, const struct search_field *field, struct id_set **out) {
    struct index_span span = whole_span(w, source, field);
    OWNED(index_walk) walk = NULL;
    *out = id_set_new(w->a);
    TRY(index_walk_open(w->tx, &span, &walk));
    for (struct index_hit hit; index_walk_next(walk, &hit);) {
        TRY(look(w));
        id_set_add(*out, hit.object);
    }
    return index_walk_end(walk);
}
