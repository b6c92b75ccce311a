/* How many evaluations a core does in a second (expressions.md §14), and how fast the documents of objects are read and written. */
#include "model/document.h"
#include "sync/expression/expression.h"

#include <stdio.h>

enum { OBJECTS = 1000, SECONDS = 2 };

static double seconds_since(int64_t start) { return (double)(monotonic_ns() - start) / 1e9; }

static void put(arena *a, struct attributes *list, int32_t attribute, const char *t) {
    values_add(a, attributes_ensure(a, list, attribute), (struct value){.type = TYPE_TEXT, .text = text_of(t)});
}

static void bench_expression(const struct config *c, const char *source) {
    OWNED(arena) a = arena_new(1 << 24);
    OWNED(arena) work = arena_new(EXPRESSION_MAX_MEMORY);
    const struct expression *e;
    struct expression_error problem;
    if (!expression_parse(a, text_of(source), &e, &problem)) return;
    const struct expression *bound = expression_bind_config(a, e, c, &c->systems.at[0].types.at[0]);
    struct attributes values = {0};
    put(a, &values, 1, "Ada");
    put(a, &values, 2, "Lovelace");
    struct expression_inputs in = {.mv = &values, .cs = &values};
    int64_t start = monotonic_ns();
    size_t count = 0, bytes = 0;
    while (seconds_since(start) < SECONDS) {
        for (int i = 0; i < OBJECTS; i++, count++) {
            struct expression_result out;
            arena_reset(work);
            if (expression_evaluate(bound, &in, work, &out)) bytes += out.value.text.len;
        }
    }
    printf("%-50s %8.2f million evaluations/s (%zu bytes)\n", source, (double)count / seconds_since(start) / 1e6, bytes / count);
}

/* Twenty attributes, about 500 bytes. */
static struct attributes person(arena *a) {
    struct attributes list = {0};
    for (int32_t id = 1; id <= 16; id++) put(a, &list, id, "a value of some length");
    values_add(a, attributes_ensure(a, &list, 17), (struct value){.type = TYPE_NUMBER, .integer = 514});
    values_add(a, attributes_ensure(a, &list, 18), (struct value){.type = TYPE_BOOLEAN, .integer = 1});
    values_add(a, attributes_ensure(a, &list, 19), (struct value){.type = TYPE_DATETIME, .integer = TICKS_1970});
    values_add(a, attributes_ensure(a, &list, 20), (struct value){.type = TYPE_REFERENCE, .reference = {T("E4711"), 4711}});
    return list;
}

static void bench_documents(const struct config *c) {
    OWNED(arena) a = arena_new(1 << 24);
    OWNED(arena) work = arena_new(1 << 24);
    OWNED_VALUE(buffer) document = {.max = 1 << 20};
    struct attributes list = person(a), back;
    size_t bytes = 0;
    int64_t start = monotonic_ns();
    while (seconds_since(start) < SECONDS) {
        for (int i = 0; i < OBJECTS; i++) {
            buffer_clear(&document);
            document_write_cso(&document, &list);
            bytes += document.len;
        }
    }
    printf("documents written: %.0f MB/s of %zu bytes each\n", (double)bytes / seconds_since(start) / 1e6, document.len);
    bytes = 0;
    start = monotonic_ns();
    while (seconds_since(start) < SECONDS) {
        for (int i = 0; i < OBJECTS; i++) {
            arena_reset(work);
            error *e = document_read_cso(work, c, buffer_as_text(&document), &back);
            if (e) return error_free(e);
            bytes += document.len;
        }
    }
    printf("documents read:    %.0f MB/s\n", (double)bytes / seconds_since(start) / 1e6);
    uint8_t hash[16];
    size_t count = 0;
    start = monotonic_ns();
    for (; seconds_since(start) < SECONDS; count += OBJECTS) {
        for (int i = 0; i < OBJECTS; i++) document_hash(&list, hash);
    }
    printf("objects hashed:    %.2f million/s\n", (double)count / seconds_since(start) / 1e6);
}

static void add_attribute(struct config *c, struct cs_type *t, int32_t id, text name, enum data_type type) {
    *LIST_ADD(c->a, &t->attributes) = (struct cs_attribute){.id = id, .name = name, .type = type};
    *LIST_ADD(c->a, &c->mv_attributes) = (struct mv_attribute){.id = id, .name = name, .type = type};
}

int main(void) {
    static const enum data_type last[] = {TYPE_NUMBER, TYPE_BOOLEAN, TYPE_DATETIME, TYPE_REFERENCE};
    struct config *c = config_new();
    struct connected_system *s = LIST_ADD(c->a, &c->systems);
    struct cs_type *t = LIST_ADD(c->a, &s->types);
    t->id = 1;
    add_attribute(c, t, 1, T("a"), TYPE_TEXT);
    add_attribute(c, t, 2, T("b"), TYPE_TEXT);
    for (int32_t id = 3; id <= 20; id++) add_attribute(c, t, id, arena_print(c->a, "x%d", id), id < 17 ? TYPE_TEXT : last[id - 17]);
    config_index(c);
    bench_expression(c, "Lower(mv[\"a\"]) + \".\" + Lower(mv[\"b\"]) + \"@x\"");
    bench_expression(c, "IIF(Eq(mv[\"a\"], \"Ada\"), \"tech-\" + cs[\"b\"], null)");
    bench_documents(c);
    config_release(c);
    return 0;
}
