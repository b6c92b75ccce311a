/* Loads lookup tables: rows as they are shown, checked against the fields of their data pool. */
#include "search/private.h"

enum { LOOKUP_ROWS = 1000000, LOOKUP_ROW_BYTES = 1 << 26 };

static const struct search_field *field_named(const struct search_fields *fields, text name) {
    for (EACH(const struct search_field, f, fields))
        if (text_equal(f->name, name)) return f;
    return NULL;
}

static bool value_good(arena *a, const struct search_field *f, const struct json *v, const char **why) {
    struct search_value read;
    *why = "A value of this field is base64.";
    if (f->type == FIELD_TYPE_BINARY) return v->kind == JSON_STRING && !text_is_null(base64_read(a, v->content));
    return scalar_read(f->type, v, &read, why);
}

static bool member_good(arena *a, const struct search_fields *fields, const struct json *v, const char **why) {
    const struct search_field *f = field_named(fields, v->name);
    *why = "The data pool has no such field.";
    if (!f) return false;
    if (v->kind == JSON_NULL) return true;
    *why = "The field has one value.";
    if (v->kind == JSON_ARRAY && !f->multi) return false;
    if (v->kind != JSON_ARRAY) return value_good(a, f, v, why);
    for (EACH_JSON(one, v))
        if (!value_good(a, f, one, why)) return false;
    return true;
}

static void write_json(struct json_writer *w, const struct json *v) {
    switch (v->kind) {
    case JSON_STRING:
        json_string(w, v->content);
        return;
    case JSON_NUMBER:
        json_raw(w, v->content);
        return;
    case JSON_BOOL:
        json_bool(w, v->truth);
        return;
    case JSON_ARRAY:
        json_array(w);
        for (EACH_JSON(one, v)) write_json(w, one);
        json_array_end(w);
        return;
    default:
        json_null(w);
    }
}

static text row_document(arena *a, const struct json *row) {
    OWNED_VALUE(buffer) b = {.max = LOOKUP_ROW_BYTES};
    struct json_writer w = {.out = &b};
    json_object(&w);
    for (EACH_JSON(v, row)) {
        if (v->kind == JSON_NULL || (v->kind == JSON_ARRAY && !v->count)) continue;
        json_name(&w, v->name);
        write_json(&w, v);
    }
    json_object_end(&w);
    return arena_text(a, buffer_as_text(&b));
}

static bool row_good(arena *a, const struct search_fields *fields, const struct json *row, size_t number,
                     struct problems *problems) {
    const char *why;
    bool good = true;
    if (row->kind != JSON_OBJECT) {
        describe_problem(problems, PROBLEM_TYPE, arena_cstring(a, arena_print(a, "[%zu]", number)), "A row is an object.");
        return false;
    }
    for (EACH_JSON(v, row)) {
        if (member_good(a, fields, v, &why)) continue;
        const char *member = arena_cstring(a, arena_print(a, "[%zu].%.*s", number, TEXT_ARG(v->name)));
        describe_problem(problems, PROBLEM_FORMAT, member, "%s", why);
        good = false;
    }
    return good;
}

FALLIBLE search_lookup_replace(store_tx *tx, arena *a, int32_t pool, const struct search_fields *fields, const struct json *rows,
                               struct problems *problems, bool *taken) {
    struct lookup_entries list = {0};
    *taken = false;
    if (rows && (rows->kind != JSON_ARRAY || rows->count > LOOKUP_ROWS)) {
        describe_problem(problems, PROBLEM_TYPE, "", "An array of at most %d rows is needed.", LOOKUP_ROWS);
        return NULL;
    }
    bool good = true;
    for (EACH_JSON(row, rows)) {
        if (good) good = row_good(a, fields, row, list.count, problems);
        *LIST_ADD(a, &list) = (struct lookup_entry){pool, (int64_t)list.count, (text){0}};
        list.at[list.count - 1].id = (int64_t)list.count;
        if (good) list.at[list.count - 1].doc = row_document(a, row);
    }
    if (!good) return NULL;
    *taken = true;
    return store_replace_lookup(tx, pool, &list);
}
