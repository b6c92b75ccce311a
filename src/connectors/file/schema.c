/* Schema discovery: one scan of the whole file, merged with what is declared (connectors §11.3). */
#include "connectors/file/cells.h"
#include "connectors/file/declared.h"
#include "connectors/file/file.h"
#include "connectors/file/source.h"

#include <stdlib.h>

enum { SAMPLES = 50, ATTRIBUTES_MAX = 100000, ROWS_BETWEEN_CHECKS = 1000 };

/* What the values of one column of one object type tell. */
struct column_facts {
    int samples;
    bool multi; /* a cell holds the multi-value delimiter, or the header is repeated */
    unsigned fitting;
};
struct found_type {
    text name;
    struct column_facts *columns; /* as in file_source.columns */
};
struct discovery {
    arena *a;
    const struct run_ctx *ctx;
    const struct file_options *o;
    struct file_source *source;
    arena *scratch;
    struct found_types LIST(struct found_type) types;
    struct text_map by_name; /* folded name to the place in `types`, counted from 1 */
    int32_t type_place;      /* -1: fixed type */
    int64_t rows, long_rows;
    struct found_type *last;
};

static struct found_type *add_type(struct discovery *d, text name) {
    struct found_type *t = LIST_ADD(d->a, &d->types);
    t->name = arena_text(d->a, name);
    t->columns = ARENA_ARRAY(d->a, struct column_facts, d->source->columns.count);
    for (size_t i = 0; i < d->source->columns.count; i++)
        t->columns[i] = (struct column_facts){.multi = d->source->columns.at[i].places.count > 1, .fitting = ~0U};
    return t;
}

static error *find_type(struct discovery *d, text name, struct found_type **out) {
    *out = d->last;
    if (d->last && text_equal(d->last->name, name)) return NULL;
    text folded = text_fold(d->scratch, name);
    uintptr_t place = (uintptr_t)text_map_get(&d->by_name, folded);
    if (place) return *out = d->last = &d->types.at[place - 1], NULL;
    if ((d->types.count + 1) * d->source->columns.count > ATTRIBUTES_MAX)
        return FAIL(ERROR_INVALID, "The object type column \"%.*s\" holds more than %zu different values; is it the right column?",
                    TEXT_ARG(d->o->type_column), d->types.count);
    *out = d->last = add_type(d, name);
    text_map_put(&d->by_name, arena_text(d->a, folded), (void *)(uintptr_t)d->types.count);
    return NULL;
}

static void look_at_cell(struct discovery *d, struct column_facts *f, text cell) {
    text delimiter = d->o->multi_delimiter;
    if (!f->multi && !text_is_empty(delimiter) && text_find(cell, delimiter) != SIZE_MAX) f->multi = true;
    for (text part; f->samples < SAMPLES && cell_part(&cell, delimiter, &part); f->samples++)
        f->fitting &= infer_fitting(d->scratch, d->o, part);
}

static error *look_at_row(struct discovery *d, const struct csv_record *record) {
    struct file_source *s = d->source;
    struct found_type *type = d->last;
    if (record->count < s->fields)
        return FAIL(ERROR_INVALID, "Row %lld of \"%.*s\" has %zu fields, but the header has %zu.", (long long)record->row,
                    TEXT_ARG(s->path), record->count, s->fields);
    d->long_rows += record->count > s->fields;
    if (d->type_place >= 0) {
        text name = text_trim_ascii(record->fields[d->type_place]);
        if (text_is_empty(name) || !utf8_valid(name, NULL)) return NULL;
        TRY(find_type(d, name, &type));
    }
    for (size_t i = 0; i < s->columns.count; i++)
        for (EACH(const int32_t, place, &s->columns.at[i].places))
            if (record->fields[*place].len) look_at_cell(d, &type->columns[i], record->fields[*place]);
    return NULL;
}

static error *scan(struct discovery *d) {
    struct csv_record record;
    for (bool found;;) {
        TRY(file_source_next(d->source, &record, &found));
        if (!found) return NULL;
        if (d->rows++ % ROWS_BETWEEN_CHECKS == 0) TRY(ctx_check(d->ctx));
        TRY(look_at_row(d, &record));
        arena_reset(d->scratch);
    }
}

static int by_name(const void *a, const void *b) {
    return text_compare(((const struct schema_type *)a)->name, ((const struct schema_type *)b)->name);
}

/* Every column is an attribute of every type; one that no row of the type fills is a Text. */
static void describe(struct discovery *d, struct connector_schema *out) {
    for (EACH(const struct found_type, t, &d->types)) {
        struct schema_type *type = LIST_ADD(d->a, &out->types);
        type->name = t->name;
        for (size_t i = 0; i < d->source->columns.count; i++) {
            const struct column_facts *f = &t->columns[i];
            *LIST_ADD(d->a, &type->attributes) = (struct schema_attribute){
                .name = d->source->columns.at[i].name,
                .type = f->samples ? infer_narrowest(f->fitting) : TYPE_TEXT,
                .plurality = f->multi ? MULTI_VALUED : SINGLE_VALUED,
                .writability = WRITABLE,
            };
        }
    }
    if (out->types.count) qsort(out->types.at, out->types.count, sizeof *out->types.at, by_name);
    if (d->long_rows)
        *LIST_ADD(d->a, &out->warnings) = arena_print(
            d->a, "%lld rows have more fields than the header; each of them will be an error at import.", (long long)d->long_rows);
}

/* ---- Declared and found ---- */
static struct schema_type *type_named(struct connector_schema *s, text name) {
    for (EACH(struct schema_type, t, &s->types))
        if (text_equal_fold(t->name, name)) return t;
    return NULL;
}

static struct schema_attribute *attribute_named(struct schema_type *t, text name) {
    for (EACH(struct schema_attribute, c, &t->attributes))
        if (text_equal_fold(c->name, name)) return c;
    return NULL;
}

static error *check_declared(const struct schema_type *t, const struct schema_attribute *declared, const struct column_facts *f) {
    bool any_text = declared->type == TYPE_TEXT || declared->type == TYPE_REFERENCE || declared->type == TYPE_BINARY;
    if (f->samples && !any_text && !(f->fitting & 1U << declared->type))
        return FAIL(ERROR_INVALID, "\"Declared Schema\" says that %.*s.%.*s is a %s, but values of the file are not.",
                    TEXT_ARG(t->name), TEXT_ARG(declared->name), enum_name(&data_type_names, declared->type));
    if (f->multi && declared->plurality == SINGLE_VALUED)
        return FAIL(ERROR_INVALID, "\"Declared Schema\" says that %.*s.%.*s has one value, but the file has several.",
                    TEXT_ARG(t->name), TEXT_ARG(declared->name));
    return NULL;
}

/* What is declared stands; the file may add columns, but not contradict. */
static error *merge_declared(struct discovery *d, struct connector_schema *declared, struct connector_schema *found) {
    for (EACH(struct schema_type, t, &found->types)) {
        struct schema_type *known = type_named(declared, t->name);
        if (!known)
            return FAIL(ERROR_INVALID, "The file holds the object type \"%.*s\", which \"Declared Schema\" does not declare.",
                        TEXT_ARG(t->name));
        struct found_type *facts = NULL;
        for (EACH(struct found_type, f, &d->types))
            if (text_equal(f->name, t->name)) facts = f;
        for (size_t i = 0; facts && i < t->attributes.count; i++) {
            struct schema_attribute *c = attribute_named(known, t->attributes.at[i].name);
            if (c)
                TRY(check_declared(known, c, &facts->columns[i]));
            else
                *LIST_ADD(d->a, &known->attributes) = t->attributes.at[i];
        }
    }
    return NULL;
}

/* Without rows: the columns of the header, if there is one, are Texts of every declared type. */
static void add_header(struct discovery *d, struct connector_schema *out) {
    for (EACH(struct schema_type, t, &out->types))
        for (EACH(const struct file_column, c, &d->source->columns))
            if (!attribute_named(t, c->name))
                *LIST_ADD(d->a, &t->attributes) =
                    (struct schema_attribute){.name = c->name,
                                              .type = TYPE_TEXT,
                                              .plurality = c->places.count > 1 ? MULTI_VALUED : SINGLE_VALUED,
                                              .writability = WRITABLE};
}

static error *schema_without_rows(struct discovery *d, struct connector_schema *declared, struct connector_schema *out) {
    *out = *declared;
    if (out->types.count == 0) {
        if (text_is_empty(d->o->object_type) || d->source->columns.count == 0)
            return FAIL(ERROR_INVALID,
                        "\"%.*s\" does not exist or has no rows; declare its columns in the setting \"Declared Schema\".",
                        TEXT_ARG(d->o->path));
        LIST_ADD(d->a, &out->types)->name = d->o->object_type;
    }
    add_header(d, out);
    return NULL;
}

static error *discover(struct discovery *d, struct connector_schema *out) {
    const struct file_options *o = d->o;
    d->type_place = -1;
    text_map_init(&d->by_name, d->a, 16);
    if (text_is_empty(o->type_column)) {
        d->last = add_type(d, o->object_type);
    } else {
        const struct file_column *column = file_column_named(d->a, &d->source->columns, o->type_column);
        if (!column)
            return FAIL(ERROR_INVALID, "\"%.*s\" lacks the object type column \"%.*s\".", TEXT_ARG(d->source->path),
                        TEXT_ARG(o->type_column));
        d->type_place = column->places.at[0];
    }
    TRY(scan(d));
    if (d->types.count == 0 && (d->rows || o->mode == MODE_IMPORT_ONLY))
        return FAIL(ERROR_INVALID, "No object types were found: no row has a value in the column \"%.*s\".",
                    TEXT_ARG(o->type_column));
    describe(d, out);
    return NULL;
}

/* Opens the file; when it may be made by an export, a missing or empty one is no error and leaves the source closed. */
static error *open_if_there(struct discovery *d) {
    error *e = file_source_open(d->a, d->ctx->file_roots, d->o, d->o->path, d->source);
    if (!e) return NULL;
    bool empty = d->source->fd >= 0 && d->source->state.st_size == 0;
    if (d->o->mode == MODE_IMPORT_ONLY || (e->kind != ERROR_NOT_FOUND && !empty)) return e;
    error_free(e);
    file_source_close(d->source);
    return NULL;
}

error *file_schema(const struct connector_use *use, arena *a, struct connector_schema *out) {
    OWNED_VALUE(file_options) options = {0};
    OWNED_VALUE(file_source) source = {.fd = -1};
    OWNED(arena) scratch = arena_new(256 << 20);
    struct discovery d = {.a = a, .ctx = use->ctx, .o = &options, .source = &source, .scratch = scratch};
    struct connector_schema declared = {0};
    *out = (struct connector_schema){0};
    TRY(file_options_read(a, &use->system->settings, NULL, &options));
    if (!text_is_null(options.declared)) TRY(declared_schema_read(a, options.declared, &declared));
    TRY(open_if_there(&d));
    if (source.fd >= 0) TRY(discover(&d, out));
    if (options.mode != MODE_IMPORT_ONLY && d.rows == 0) return schema_without_rows(&d, &declared, out);
    if (declared.types.count == 0) return NULL;
    TRY(merge_declared(&d, &declared, out));
    declared.warnings = out->warnings;
    *out = declared;
    return NULL;
}
