/* Loading and keeping the rows of an export file. */
#include "connectors/file/table.h"

#include "connectors/file/cells.h"

enum { FILE_BYTES_MAX = 1 << 30, ROWS_BETWEEN_CHECKS = 1000 };

static const struct cs_type *type_named(const struct connected_system *system, text name) {
    for (EACH(const struct cs_type, t, &system->types))
        if (text_equal_fold(t->name, name)) return t;
    return NULL;
}

error *table_begin(arena *a, const struct connected_system *system, const struct file_options *o, struct table *t) {
    *t = (struct table){.a = a, .system = system, .o = o, .type_place = -1};
    t->end = &t->first;
    text_map_init(&t->rows, a, 1024);
    if (!text_is_empty(o->type_column)) return NULL;
    t->fixed = type_named(system, o->object_type);
    if (t->fixed) return NULL;
    return FAIL(ERROR_INVALID, "The object type \"%.*s\" of the settings is not in the schema; retrieve the schema again.",
                TEXT_ARG(o->object_type));
}

const struct file_column *table_column(const struct table *t, text name) { return file_column_named(t->a, &t->columns, name); }

void table_add_column(struct table *t, text name) {
    if (table_column(t, name)) return;
    struct file_column *c = LIST_ADD(t->a, &t->columns);
    *c = (struct file_column){.name = arena_text(t->a, name)};
    c->folded = text_fold(t->a, c->name);
    *LIST_ADD(t->a, &c->places) = (int32_t)t->header.count;
    *LIST_ADD(t->a, &t->header) = c->name;
    if (!t->fixed && text_equal_fold(name, t->o->type_column)) t->type_place = c->places.at[0];
}

static text map_key(const struct table *t, const struct cs_type *type, text key) {
    return arena_print(t->a, "%d:%.*s", type->id, TEXT_ARG(key));
}

struct table_row *table_find(const struct table *t, const struct cs_type *type, text key) {
    struct table_row *row = text_map_get(&t->rows, map_key(t, type, key));
    return row && !row->removed && text_equal(row->key, key) ? row : NULL;
}

void table_set_key(struct table *t, struct table_row *row, text key) {
    row->key = key;
    if (!text_is_null(key)) text_map_put(&t->rows, map_key(t, row->type, key), row);
}

static struct table_row *append(struct table *t, const struct cs_type *type) {
    struct table_row *row = ARENA_NEW(t->a, struct table_row);
    row->type = type;
    *t->end = row;
    t->end = &row->next;
    return row;
}

text *table_cells(struct table *t, struct table_row *row) {
    if (row->count < t->header.count) {
        text *more = ARENA_ARRAY(t->a, text, t->header.count);
        if (row->count) memcpy(more, row->cells, row->count * sizeof *more);
        for (size_t i = row->count; i < t->header.count; i++) more[i] = T("");
        row->cells = more;
        row->count = t->header.count;
    }
    return row->cells;
}

struct table_row *table_add(struct table *t, const struct cs_type *type, text key) {
    struct table_row *row = append(t, type);
    table_set_key(t, row, key);
    if (t->type_place >= 0) table_cells(t, row)[t->type_place] = type->name;
    return row;
}

/* ---- Loading ---- */
static error *row_type(struct table *t, const struct csv_record *record, const struct cs_type **type) {
    *type = t->fixed;
    if (t->fixed) return NULL;
    text name = text_trim_ascii(record->fields[t->type_place]);
    *type = utf8_valid(name, NULL) ? type_named(t->system, name) : NULL;
    return NULL;
}

/* The row's key in canonical form, so that 7 and 07 of a Number are one. */
static error *row_key(struct table *t, struct file_source *s, const struct csv_record *record, const struct cs_type *type,
                      text *key) {
    const struct cs_attribute *id = type->external_id;
    const struct file_column *column = id ? table_column(t, id->name) : NULL;
    struct value v;
    if (!column)
        return FAIL(ERROR_INVALID,
                    "The existing file \"%.*s\" has no column for the External ID of \"%.*s\"; it was left untouched.",
                    TEXT_ARG(s->path), TEXT_ARG(type->name));
    text cell = record->fields[column->places.at[0]];
    if (text_is_empty(cell) || !utf8_valid(cell, NULL) || !cell_read(t->a, t->o, id->type, cell, &v))
        return FAIL(ERROR_INVALID, "Row %lld of the existing file \"%.*s\" has no usable value in \"%.*s\"; it was left untouched.",
                    (long long)record->row, TEXT_ARG(s->path), TEXT_ARG(id->name));
    *key = arena_text(t->a, value_text(t->a, &v));
    if (!table_find(t, type, *key)) return NULL;
    return FAIL(ERROR_INVALID, "The existing file \"%.*s\" holds an External ID twice (row %lld); it was left untouched.",
                TEXT_ARG(s->path), (long long)record->row);
}

static error *load_row(struct table *t, struct file_source *s, const struct csv_record *record) {
    const struct cs_type *type;
    text key = {0};
    if (record->count != s->fields)
        return FAIL(ERROR_INVALID, "Row %lld of the existing file \"%.*s\" has %zu fields instead of %zu; it was left untouched.",
                    (long long)record->row, TEXT_ARG(s->path), record->count, s->fields);
    TRY(row_type(t, record, &type));
    if (type) TRY(row_key(t, s, record, type, &key));
    struct table_row *row = append(t, type);
    if (type) table_set_key(t, row, key);
    text *cells = table_cells(t, row);
    for (size_t i = 0; i < record->count; i++) {
        if (!utf8_valid(record->fields[i], NULL))
            return FAIL(ERROR_INVALID, "Row %lld of the existing file \"%.*s\" is not valid UTF-8; set its encoding.",
                        (long long)record->row, TEXT_ARG(s->path));
        cells[i] = arena_text(t->a, record->fields[i]);
    }
    return NULL;
}

static void take_header(struct table *t, struct file_source *s) {
    t->columns = s->columns;
    for (size_t i = 0; i < s->fields; i++) LIST_ADD(t->a, &t->header);
    for (EACH(const struct file_column, c, &s->columns))
        for (EACH(const int32_t, place, &c->places)) t->header.at[*place] = c->name;
}

static error *load(struct table *t, const struct run_ctx *ctx, struct file_source *s) {
    struct csv_record record;
    take_header(t, s);
    if (!t->fixed) {
        const struct file_column *column = table_column(t, t->o->type_column);
        if (!column)
            return FAIL(ERROR_INVALID, "The existing file \"%.*s\" lacks the object type column \"%.*s\"; it was left untouched.",
                        TEXT_ARG(s->path), TEXT_ARG(t->o->type_column));
        t->type_place = column->places.at[0];
    }
    for (bool found;;) {
        TRY(file_source_next(s, &record, &found));
        if (!found) return file_source_unchanged(s);
        if (t->rows_read++ % ROWS_BETWEEN_CHECKS == 0) TRY(ctx_check(ctx));
        TRY(load_row(t, s, &record));
    }
}

error *table_load(struct table *t, const struct run_ctx *ctx, struct file_source *source, bool *found) {
    error *e = file_source_open(t->a, ctx->file_roots, t->o, t->o->path, source);
    bool empty = e && source->fd >= 0 && source->state.st_size == 0;
    *found = !e;
    if (e && (e->kind == ERROR_NOT_FOUND || empty)) return error_free(e), NULL;
    TRY(e);
    if (source->state.st_size > FILE_BYTES_MAX)
        return FAIL(ERROR_TOO_LARGE, "\"%.*s\" is larger than 1 GiB; such a file cannot be exported to.", TEXT_ARG(source->path));
    return load(t, ctx, source);
}
