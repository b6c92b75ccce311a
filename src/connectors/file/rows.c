/* One row, one object: the cells copied once, then read by the plan; all problems of a row in one message. */
#include "connectors/file/rows.h"

#include "base/die.h"
#include "connectors/file/cells.h"

#include <stdlib.h>

enum { ROOM_MAX = 1 << 16, BATCH_BYTES = 16 << 20, ROW_VALUES_MAX = 1 << 21, PROBLEMS_MAX = 16 << 10 };

struct row_batch *rows_new(const struct file_options *o, struct file_source *s, struct import_plan *plan) {
    struct row_batch *r = calloc(1, sizeof *r);
    if (!r) die("out of memory");
    r->options = o;
    r->source = s;
    r->plan = plan;
    size_t most = plan->attributes_max + 1; /* a refused row may carry its external id alone */
    r->room = most * BATCH_ROWS < ROOM_MAX ? most * BATCH_ROWS : ROOM_MAX;
    if (r->room < most) r->room = most;
    r->cells = malloc((s->fields + 1) * sizeof *r->cells);
    if (!r->cells) die("out of memory");
    r->problems.max = PROBLEMS_MAX;
    return r;
}

void row_batch_free(struct row_batch *r) {
    if (!r) return;
    free(r->cells);
    buffer_free(&r->problems);
    free(r);
}

bool rows_full(const struct row_batch *r) {
    return r->objects.count == BATCH_ROWS || r->room - r->attributes_used < r->plan->attributes_max + 1 ||
           arena_used(r->batch) - r->arrays > BATCH_BYTES;
}

void rows_begin(struct row_batch *r, arena *a) {
    r->batch = a;
    r->objects = (struct import_objects){.at = ARENA_ARRAY(a, struct import_object, BATCH_ROWS), .room = BATCH_ROWS};
    r->attributes = ARENA_ARRAY(a, struct import_attribute, r->room);
    r->values = ARENA_ARRAY(a, struct value, r->room);
    r->attributes_used = r->values_used = 0;
    r->arrays = arena_used(a);
}

/* Everything that a row needs while it becomes an object. */
struct row {
    struct row_batch *r;
    const struct csv_record *record;
    struct import_object *object;
    bool suspicious;    /* holds bytes that are not UTF-8, or NUL */
    uint64_t bad_known; /* offset in the file of the first bad byte, and the byte itself in the record; 0: not looked for yet */
    const char *bad_at;
    size_t values;
};

/* The record's fields lie in order in one piece of memory: one copy takes them all. */
static void copy_cells(struct row *w) {
    const struct csv_record *record = w->record;
    size_t count = record->count < w->r->source->fields ? record->count : w->r->source->fields;
    if (count == 0) return;
    const char *first = record->fields[0].at;
    const text *last = &record->fields[count - 1];
    size_t len = (size_t)(last->at - first) + last->len;
    char *copy = arena_bytes(w->r->batch, len);
    memcpy(copy, first, len);
    for (size_t i = 0; i < count; i++) w->r->cells[i] = (text){copy + (record->fields[i].at - first), record->fields[i].len};
    w->suspicious = !utf8_valid((text){copy, len}, NULL) || memchr(copy, 0, len);
}

static void begin_problem(struct row *w) {
    if (w->r->problems.len)
        buffer_text(&w->r->problems, T(" "));
    else
        buffer_print(&w->r->problems, "Row %lld: ", (long long)w->record->row);
}

/* In the record, a byte's distance from another is the same as in the file, but for doubled quotes between them. */
static uint64_t offset_of_bad_byte(struct row *w, size_t place, size_t bad) {
    const text *fields = w->record->fields;
    const char *at = fields[place].at + bad;
    if (!w->bad_at) {
        const text *last = &fields[w->record->count - 1];
        uint64_t guess = w->record->offset + (uint64_t)(at - fields[0].at);
        size_t len = (size_t)(last->at - fields[0].at) + last->len + 2;
        w->bad_known = file_source_bad_byte(w->r->source, w->record->offset, len, guess);
        w->bad_at = at;
    }
    return w->bad_known + (uint64_t)(at - w->bad_at);
}

static void report_bad_bytes(struct row *w, const struct attribute_plan *p, size_t place, size_t bad) {
    begin_problem(w);
    buffer_print(&w->r->problems, "\"%.*s\" is not valid UTF-8 at byte offset %llu of the file.", TEXT_ARG(p->attribute->name),
                 (unsigned long long)offset_of_bad_byte(w, place, bad));
}

static void report_unparsed(struct row *w, const struct attribute_plan *p) {
    begin_problem(w);
    buffer_print(&w->r->problems, "\"%.*s\" does not hold a %s.", TEXT_ARG(p->attribute->name),
                 enum_name(&data_type_names, p->attribute->type));
}

/* Text has no NUL (connectors §4); the copy is ours, so it is squeezed in place. */
static text without_nul(text t) {
    char *to = (char *)(uintptr_t)t.at;
    size_t len = 0;
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i]) to[len++] = t.at[i];
    return (text){t.at, len};
}

/* False when a cell of the attribute is not UTF-8. */
static bool clean_cells(struct row *w, const struct attribute_plan *p) {
    for (size_t i = 0; i < p->column->places.count; i++) {
        size_t place = (size_t)p->column->places.at[i], bad;
        if (!utf8_valid(w->r->cells[place], &bad)) return report_bad_bytes(w, p, place, bad), false;
        w->r->cells[place] = without_nul(w->r->cells[place]);
    }
    return true;
}

static size_t count_parts(const struct row *w, const struct attribute_plan *p, text delimiter) {
    size_t count = 0;
    for (size_t i = 0; i < p->column->places.count; i++) count += cell_parts_count(w->r->cells[p->column->places.at[i]], delimiter);
    return count;
}

/* All same-named columns in order, each split. False when a value does not parse. */
static bool read_parts(struct row *w, const struct attribute_plan *p, text delimiter, struct values *out) {
    for (size_t i = 0; i < p->column->places.count; i++) {
        text rest = w->r->cells[p->column->places.at[i]];
        for (text part; cell_part(&rest, delimiter, &part); out->count++)
            if (!cell_read(w->r->batch, w->r->options, p->attribute->type, part, &out->at[out->count])) return false;
    }
    return true;
}

static error *read_several(struct row *w, const struct attribute_plan *p, struct import_attribute *out) {
    bool multi = p->attribute->plurality == MULTI_VALUED;
    text delimiter = multi ? w->r->options->multi_delimiter : T("");
    size_t count = count_parts(w, p, delimiter);
    w->values += count;
    if (w->values > ROW_VALUES_MAX)
        return FAIL(ERROR_TOO_LARGE, "Row %lld has more than %d values.", (long long)w->record->row, ROW_VALUES_MAX);
    if (count == 0) return NULL;
    out->values.at = (struct value *)(void *)arena_alloc(w->r->batch, count * sizeof(struct value));
    out->values.room = count;
    if (count > 1 && !multi) {
        out->unparsed = true;
        begin_problem(w);
        buffer_print(&w->r->problems, "\"%.*s\" has several columns with values but is single-valued; retrieve the schema again.",
                     TEXT_ARG(p->attribute->name));
    } else if (!read_parts(w, p, delimiter, &out->values)) {
        out->unparsed = true;
        report_unparsed(w, p);
    }
    return NULL;
}

static void read_single(struct row *w, const struct attribute_plan *p, struct import_attribute *out) {
    text cell = w->r->cells[p->column->places.at[0]];
    enum data_type type = p->attribute->type;
    if (cell.len == 0 || (type != TYPE_TEXT && text_is_empty(text_trim_ascii(cell)))) return;
    struct value *v = &w->r->values[w->r->values_used];
    if (!cell_read(w->r->batch, w->r->options, type, cell, v)) {
        out->unparsed = true;
        report_unparsed(w, p);
        return;
    }
    w->r->values_used++;
    out->values.at = v;
    out->values.count = out->values.room = 1;
}

/* Adds the attribute when it has values, or keeps its stored ones. */
static error *read_attribute(struct row *w, const struct attribute_plan *p) {
    struct import_attribute *out = &w->r->attributes[w->r->attributes_used];
    *out = (struct import_attribute){.name = p->attribute->name, .values.attribute = p->attribute->id};
    if (!p->column || (w->suspicious && !clean_cells(w, p)))
        out->unparsed = true;
    else if (p->column->places.count == 1 && p->attribute->plurality == SINGLE_VALUED)
        read_single(w, p, out);
    else
        TRY(read_several(w, p, out));
    if (out->unparsed) out->values = (struct values){.attribute = p->attribute->id};
    if (!out->unparsed && out->values.count == 0) return NULL;
    w->r->attributes_used++;
    w->object->attributes.count++;
    return NULL;
}

static text problems_text(struct row_batch *r) {
    text t = arena_text(r->batch, buffer_as_text(&r->problems));
    return r->problems.overflow ? arena_print(r->batch, "%.*s …", TEXT_ARG(t)) : t;
}

/* What was found becomes the object's error; an unusable external id weighs more than a bad value. */
static void settle(struct row *w, const struct type_plan *type) {
    struct import_object *o = w->object;
    const struct import_attribute *id = NULL;
    for (size_t i = 0; i < o->attributes.count; i++)
        if (o->attributes.at[i].values.attribute == type->external_id.attribute->id) id = &o->attributes.at[i];
    if (!id) {
        begin_problem(w);
        buffer_print(&w->r->problems, "the External ID column \"%.*s\" is empty.", TEXT_ARG(type->external_id.attribute->name));
    }
    if (w->r->problems.len == 0) return;
    if (o->error == IMPORT_NO_ERROR) o->error = !id || id->unparsed ? IMPORT_EXTERNAL_ID : IMPORT_ATTRIBUTE_VALUE;
    o->error_message = problems_text(w->r);
}

static error *read_known(struct row *w, const struct type_plan *type) {
    copy_cells(w);
    w->object->type = type->type;
    w->object->type_name = type->type->name;
    if (w->record->count == w->r->source->fields) {
        for (EACH(const struct attribute_plan, p, &type->attributes)) TRY(read_attribute(w, p));
    } else {
        w->object->error = IMPORT_CONFIGURATION;
        begin_problem(w);
        buffer_print(&w->r->problems, "it has %zu fields, but the header has %zu.", w->record->count, w->r->source->fields);
        for (size_t i = w->record->count; i < w->r->source->fields; i++) w->r->cells[i] = T("");
        TRY(read_attribute(w, &type->external_id));
    }
    settle(w, type);
    return NULL;
}

static void read_unknown(struct row *w) {
    struct row_batch *r = w->r;
    size_t place = (size_t)r->plan->type_place;
    text name = place < w->record->count ? w->record->fields[place] : (text){0};
    bool named = !text_is_empty(name) && name.len <= 200 && utf8_valid(name, NULL);
    if (named) w->object->type_name = arena_text(r->batch, name);
    w->object->error = IMPORT_UNKNOWN_TYPE;
    w->object->error_message = named ? arena_print(r->batch, "Row %lld: the object type \"%.*s\" is not in the schema.",
                                                   (long long)w->record->row, TEXT_ARG(name))
                                     : arena_print(r->batch, "Row %lld has no object type.", (long long)w->record->row);
}

/* The type of a row that was read raw, and its print, 0 when there is none; undoes the quotes between the two. */
static const struct type_plan *type_and_print(struct file_source *s, struct import_plan *plan, const struct csv_record *record,
                                              uint64_t print[2]) {
    const struct type_plan *p = import_plan_type(plan, record);
    print[0] = print[1] = 0;
    if (p && p->read && record->count == s->fields) import_plan_print(p, record, print);
    file_source_undo_quotes(s);
    return p ? p : import_plan_type(plan, record);
}

error *rows_add(struct row_batch *r, const struct csv_record *record, bool *flagged) {
    uint64_t print[2];
    const struct type_plan *type = type_and_print(r->source, r->plan, record, print);
    *flagged = false;
    if (type && !type->read) return NULL;
    struct import_object *object = &r->objects.at[r->objects.count++];
    *object = (struct import_object){.row = record->row, .change = IMPORT_NOT_SET, .print = {print[0], print[1]}};
    object->attributes.at = &r->attributes[r->attributes_used];
    struct row w = {.r = r, .record = record, .object = object};
    buffer_clear(&r->problems);
    if (type)
        TRY(read_known(&w, type));
    else
        read_unknown(&w);
    object->attributes.room = object->attributes.count;
    *flagged = object->error != IMPORT_NO_ERROR;
    return NULL;
}

/* The folded external id; null when it cannot be read. */
static text folded_id(const struct file_options *o, const struct type_plan *p, const struct csv_record *record, arena *scratch) {
    const struct attribute_plan *id = &p->external_id;
    size_t place = (size_t)id->column->places.at[0];
    if (place >= record->count || text_is_empty(record->fields[place]) || !utf8_valid(record->fields[place], NULL))
        return (text){0};
    text cell = record->fields[place];
    struct value v;
    if (memchr(cell.at, 0, cell.len)) cell = without_nul(arena_text(scratch, cell));
    if (text_is_empty(cell) || !cell_read(scratch, o, id->attribute->type, cell, &v)) return (text){0};
    return text_fold(scratch, value_text(scratch, &v));
}

bool rows_glimpse(const struct file_options *o, struct file_source *s, struct import_plan *plan, const struct csv_record *record,
                  arena *scratch, struct import_glimpse *out) {
    *out = (struct import_glimpse){0};
    const struct type_plan *p = type_and_print(s, plan, record, out->print);
    out->wanted = !p || (p->read && record->count != s->fields);
    if (!p || !p->read) return false;
    out->type = p->type->id;
    text folded = folded_id(o, p, record, scratch);
    out->wanted |= text_is_null(folded);
    if (!text_is_null(folded)) import_key(p->type->id, folded, out->key);
    return !text_is_null(folded);
}
