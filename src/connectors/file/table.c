/* Loading and keeping the rows of an export file. */
#include "connectors/file/table.h"

#include "connectors/file/cells.h"

#include <stdlib.h>

enum { FILE_BYTES_MAX = 1 << 30, ROWS_BETWEEN_CHECKS = 1000 };

static const struct cs_type *type_named(const struct connected_system *system, text name) {
    for (EACH(const struct cs_type, t, &system->types))
        if (text_equal_fold(t->name, name)) return t;
    return NULL;
}

error *table_begin(arena *a, const struct connected_system *system, const struct file_options *o, struct table *t) {
    t->a = a;
    t->system = system;
    t->o = o;
    t->type_place = -1;
    t->end = &t->first;
    if (!text_is_empty(o->type_column)) return NULL;
    t->fixed = type_named(system, o->object_type);
    if (t->fixed) return NULL;
    return FAIL(ERROR_INVALID, "The object type \"%.*s\" of the settings is not in the schema; retrieve the schema again.",
                TEXT_ARG(o->object_type));
}

const struct file_column *table_column(const struct table *t, text name) {
    return file_column_named(t->scratch, &t->columns, name);
}

void table_reserve_column(struct table *t, text name) {
    if (table_column(t, name)) return;
    struct file_column *c = LIST_ADD(t->a, &t->columns);
    *c = (struct file_column){.name = arena_text(t->a, name)};
    c->folded = text_fold(t->a, c->name);
    *LIST_ADD(t->a, &c->places) = (int32_t)t->header.count;
    *LIST_ADD(t->a, &t->header) = c->name;
    *LIST_ADD(t->a, &t->shown) = 0;
    if (!t->fixed && text_equal_fold(name, t->o->type_column)) t->type_place = c->places.at[0];
}

void table_add_column(struct table *t, text name) {
    table_reserve_column(t, name);
    for (EACH(const int32_t, place, &table_column(t, name)->places)) t->shown.at[*place] = 1;
}

/* ---- The look-up ---- */

static void key_of(const struct cs_type *type, text key, uint64_t out[2]) {
    text_hash128(key, (uint64_t)type->id, out);
    if (!out[0] && !out[1]) out[0] = 1;
}

/* The slot of a key, or the free one where it belongs. */
static struct table_row **slot_of(const struct table *t, const uint64_t key[2]) {
    for (size_t i = (size_t)key[0] & (t->room - 1);; i = (i + 1) & (t->room - 1)) {
        struct table_row *row = t->slots[i];
        if (!row || (row->key[0] == key[0] && row->key[1] == key[1])) return &t->slots[i];
    }
}

static void grow(struct table *t) {
    size_t room = t->room;
    struct table_row **old = t->slots;
    t->room = room ? room * 2 : 1024;
    t->slots = ARENA_ARRAY(t->a, struct table_row *, t->room);
    t->used = 0;
    for (size_t i = 0; i < room; i++) {
        struct table_row **slot = old[i] ? slot_of(t, old[i]->key) : NULL;
        if (!slot) continue;
        t->used += !*slot;
        *slot = old[i];
    }
}

struct table_row *table_find(const struct table *t, const struct cs_type *type, text key) {
    uint64_t wanted[2];
    if (!t->room) return NULL;
    key_of(type, key, wanted);
    struct table_row *row = *slot_of(t, wanted);
    return row && !row->removed ? row : NULL;
}

/* Where a row stood under its old key nothing of that key is found any more. */
void table_set_key(struct table *t, struct table_row *row, text key) {
    if (t->used * 4 >= t->room * 3) grow(t);
    key_of(row->type, key, row->key);
    struct table_row **slot = slot_of(t, row->key);
    t->used += !*slot;
    *slot = row;
}

/* ---- Rows ---- */

static struct table_row *append(struct table *t, const struct cs_type *type) {
    struct table_row *row = ARENA_NEW(t->a, struct table_row);
    row->type = type;
    *t->end = row;
    t->end = &row->next;
    return row;
}

struct table_row *table_add(struct table *t, const struct cs_type *type, text key) {
    struct table_row *row = append(t, type);
    table_set_key(t, row, key);
    return row;
}

error *table_put(struct table *t, struct table_row *row, const text *cells, size_t count) {
    buffer_clear(t->bytes);
    for (size_t i = 0; i < count; i++) {
        uint32_t len = (uint32_t)cells[i].len;
        buffer_add(t->bytes, &len, sizeof len);
        buffer_text(t->bytes, cells[i]);
    }
    if (t->bytes->overflow) return FAIL(ERROR_TOO_LARGE, "A row of \"%.*s\" is too long.", TEXT_ARG(t->o->path));
    row->length = (uint32_t)t->bytes->len;
    row->count = (uint32_t)count;
    return spool_add(t->spool, buffer_as_text(t->bytes), &row->at);
}

error *table_cells(struct table *t, const struct table_row *row, text **cells) {
    text bytes;
    TRY(spool_read(t->spool, row->at, row->length, &bytes));
    char *copy = arena_bytes(t->scratch, bytes.len + 1);
    if (bytes.len) memcpy(copy, bytes.at, bytes.len);
    *cells = ARENA_ARRAY(t->scratch, text, t->header.count + 1);
    size_t at = 0;
    for (size_t i = 0; i < t->header.count; i++) {
        uint32_t len = 0;
        if (i < row->count) memcpy(&len, copy + at, sizeof len), at += sizeof len;
        (*cells)[i] = len ? (text){copy + at, len} : T("");
        at += len;
    }
    return NULL;
}

static int by_name(const void *a, const void *b, void *header) {
    const struct texts *names = header;
    return text_compare(names->at[*(const int32_t *)a], names->at[*(const int32_t *)b]);
}

struct int32s table_order(struct table *t) {
    struct int32s order = {0};
    for (size_t i = 0; i < t->header.count; i++)
        if (t->shown.at[i]) *LIST_ADD(t->a, &order) = (int32_t)i;
    size_t added = order.count - t->header_read;
    if (added > 1) qsort_r(order.at + t->header_read, added, sizeof *order.at, by_name, &t->header);
    return order;
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
    if (text_is_empty(cell) || !utf8_valid(cell, NULL) || !cell_read(t->scratch, t->o, id->type, cell, &v))
        return FAIL(ERROR_INVALID, "Row %lld of the existing file \"%.*s\" has no usable value in \"%.*s\"; it was left untouched.",
                    (long long)record->row, TEXT_ARG(s->path), TEXT_ARG(id->name));
    *key = value_text(t->scratch, &v);
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
    for (size_t i = 0; i < record->count; i++) {
        if (!utf8_valid(record->fields[i], NULL))
            return FAIL(ERROR_INVALID, "Row %lld of the existing file \"%.*s\" is not valid UTF-8; set its encoding.",
                        (long long)record->row, TEXT_ARG(s->path));
    }
    return table_put(t, row, record->fields, record->count);
}

static void take_header(struct table *t, struct file_source *s) {
    t->columns = s->columns;
    t->header_read = s->fields;
    for (size_t i = 0; i < s->fields; i++) LIST_ADD(t->a, &t->header), *LIST_ADD(t->a, &t->shown) = 1;
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
        arena_reset(t->scratch);
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
