/* The kinds of fields as data, lists of any struct, and problems with their place. */
#include "describe/kinds.h"

#include <stdarg.h>
#include <stdio.h>

#define PLAIN(kind, type) [kind] = {kind, false, false, 0, sizeof(type)}
#define MAYBE(kind, scalar, tag) [kind] = {scalar, true, false, offsetof(struct tag, value), sizeof(((struct tag *)0)->value)}
#define MANY(kind, scalar, type) [kind] = {scalar, false, true, 0, sizeof(type)}
const struct kind_info describe_kinds[FIELD_EMBEDDED + 1] = {
    PLAIN(FIELD_TEXT, text),
    PLAIN(FIELD_BOOL, bool),
    PLAIN(FIELD_INT32, int32_t),
    PLAIN(FIELD_INT64, int64_t),
    PLAIN(FIELD_DOUBLE, double),
    PLAIN(FIELD_DECIMAL, decimal),
    PLAIN(FIELD_INSTANT, instant),
    PLAIN(FIELD_TIMESPAN, timespan),
    PLAIN(FIELD_UUID, uuid),
    PLAIN(FIELD_ENUM, unsigned),
    PLAIN(FIELD_BYTES, struct bytes),
    MAYBE(FIELD_MAYBE_BOOL, FIELD_BOOL, maybe_bool),
    MAYBE(FIELD_MAYBE_INT32, FIELD_INT32, maybe_int32),
    MAYBE(FIELD_MAYBE_INT64, FIELD_INT64, maybe_int64),
    MAYBE(FIELD_MAYBE_DOUBLE, FIELD_DOUBLE, maybe_double),
    MAYBE(FIELD_MAYBE_DECIMAL, FIELD_DECIMAL, maybe_decimal),
    MAYBE(FIELD_MAYBE_INSTANT, FIELD_INSTANT, maybe_instant),
    MAYBE(FIELD_MAYBE_TIMESPAN, FIELD_TIMESPAN, maybe_timespan),
    MAYBE(FIELD_MAYBE_UUID, FIELD_UUID, maybe_uuid),
    MAYBE(FIELD_MAYBE_ENUM, FIELD_ENUM, maybe_enum),
    MANY(FIELD_TEXTS, FIELD_TEXT, text),
    MANY(FIELD_INT32S, FIELD_INT32, int32_t),
    MANY(FIELD_INT64S, FIELD_INT64, int64_t),
    MANY(FIELD_UUIDS, FIELD_UUID, uuid),
    MANY(FIELD_ENUMS, FIELD_ENUM, unsigned),
    PLAIN(FIELD_JSON, struct json_value),
    MANY(FIELD_JSONS, FIELD_JSON, struct json_value),
};

void list_put(const struct field *f, void *member, void *at, size_t count) {
    size_t count_at = f->count_offset ? f->count_offset - f->offset : sizeof(void *);
    memcpy(member, &at, sizeof at);
    memcpy((char *)member + count_at, &count, sizeof count);
    bool has_room = count_at == offsetof(struct any_list, count) && f->size == sizeof(struct any_list);
    if (has_room) ((struct any_list *)member)->room = count;
}

enum { PROBLEMS_MAX = 100 };

static void add(struct problems *p, struct problem problem) {
    if (p->count >= PROBLEMS_MAX) return;
    *LIST_ADD(p->a, p) = problem;
}

/* Appends "~1" for "/" and "~0" for "~" (RFC 6901). */
static void pointer_name(struct buffer *out, text name) {
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '/' || name.at[i] == '~')
            buffer_text(out, name.at[i] == '/' ? T("~1") : T("~0"));
        else
            buffer_byte(out, name.at[i]);
    }
}

static void paths(const struct place *here, struct buffer *pointer, struct buffer *field) {
    if (!here) return;
    paths(here->up, pointer, field);
    buffer_byte(pointer, '/');
    if (text_is_null(here->name)) {
        buffer_print(pointer, "%zu", here->index);
        buffer_print(field, "[%zu]", here->index);
        return;
    }
    pointer_name(pointer, here->name);
    if (field->len) buffer_byte(field, '.');
    buffer_text(field, here->name);
}

enum { PATH_MAX_BYTES = 4096 };

static void place_texts(arena *a, const struct place *here, text *pointer, text *field) {
    OWNED_VALUE(buffer) p = {.max = PATH_MAX_BYTES}, f = {.max = PATH_MAX_BYTES};
    paths(here, &p, &f);
    *pointer = arena_text(a, buffer_as_text(&p));
    *field = arena_text(a, buffer_as_text(&f));
}

void problem_here(struct problems *p, const struct place *here, enum problem_kind kind, const char *format, ...) {
    struct problem problem = {.kind = kind};
    place_texts(p->a, here, &problem.pointer, &problem.field);
    if (text_is_empty(problem.field)) problem.field = T("$");
    va_list args;
    va_start(args, format);
    problem.message = arena_vprint(p->a, format, args);
    va_end(args);
    add(p, problem);
}

/* steps[2].type → /steps/2/type */
static text pointer_of_field(arena *a, text base, const char *field) {
    OWNED_VALUE(buffer) out = {.max = PATH_MAX_BYTES};
    buffer_text(&out, base);
    if (*field && *field != '[') buffer_byte(&out, '/');
    for (const char *c = field; *c; c++)
        if (*c == '.' || *c == '[')
            buffer_byte(&out, '/');
        else if (*c != ']')
            buffer_byte(&out, *c);
    return arena_text(a, buffer_as_text(&out));
}

void describe_problem(struct problems *p, enum problem_kind kind, const char *field, const char *format, ...) {
    struct problem problem = {.kind = kind, .pointer = pointer_of_field(p->a, p->base_pointer, field)};
    bool join = p->base_field.len && *field && *field != '[';
    problem.field = arena_print(p->a, "%.*s%s%s", TEXT_ARG(p->base_field), join ? "." : "", field);
    va_list args;
    va_start(args, format);
    problem.message = arena_vprint(p->a, format, args);
    va_end(args);
    add(p, problem);
}

void check_here(struct problems *p, const struct place *here, const struct shape *shape, const void *value) {
    text pointer = p->base_pointer, field = p->base_field;
    place_texts(p->a, here, &p->base_pointer, &p->base_field);
    shape->check(value, p);
    p->base_pointer = pointer;
    p->base_field = field;
}
