/* Rows of expression, inputs and expected result, for the tests of the expression language. */
#ifndef JOINERY_TEST_EXPRESSION_CHECK_H
#define JOINERY_TEST_EXPRESSION_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/unicode.h"
#include "sync/expression/expression.h"

#include <stdio.h>

/* `inputs`: lines "mv Name=value", "cs Name:Number=514", "mv Groups:Text[]=a|b"; NULL: none.
 * `expected`: "\"text\"", "Int32 7", "null", "[a|b]", "? 13 words" (parse error at 13 whose message holds the words), "! words"
 * (evaluation error whose message holds the words). */
struct row {
    const char *expression, *inputs, *expected;
};

struct named {
    bool metaverse, multi;
    text name;
    enum data_type type;
};
struct world {
    arena *a;
    struct nameds LIST(struct named) names; /* attribute id: index + 1 */
    struct attributes mv, cs;
    instant now;
    bool mask;
};

static inline bool world_find(const void *state, bool metaverse, text name, int32_t *attribute, bool *multi_valued) {
    const struct world *w = state;
    for (size_t i = 0; i < w->names.count; i++) {
        if (w->names.at[i].metaverse != metaverse || !text_equal_fold(w->names.at[i].name, name)) continue;
        *attribute = (int32_t)i + 1;
        *multi_valued = w->names.at[i].multi;
        return true;
    }
    return false;
}

static inline void world_put(struct world *w, int32_t attribute, text t) {
    const struct named *n = &w->names.at[attribute - 1];
    struct value v;
    if (!value_read(w->a, n->type, t, &v)) fail_msg("the test's input %.*s is no value", TEXT_ARG(t));
    values_add(w->a, attributes_ensure(w->a, n->metaverse ? &w->mv : &w->cs, attribute), v);
}

static inline text cut(text *rest, char at) {
    size_t i = text_find_byte(*rest, at);
    text head = i == SIZE_MAX ? *rest : text_slice(*rest, 0, i);
    *rest = i == SIZE_MAX ? T("") : text_slice(*rest, i + 1, rest->len);
    return head;
}

static inline struct world world_of(arena *a, const char *inputs) {
    struct world w = {.a = a};
    instant_read(T("2026-03-15T23:30:00Z"), &w.now);
    text rest = text_of(inputs ? inputs : "");
    while (rest.len) {
        text value = cut(&rest, '\n'), head = cut(&value, '='), world = cut(&head, ' '), name = cut(&head, ':');
        struct named *n = LIST_ADD(a, &w.names);
        *n = (struct named){.metaverse = text_equal(world, T("mv")), .name = name, .type = TYPE_TEXT};
        n->multi = text_ends_with(head, T("[]"));
        if (n->multi) head.len -= 2;
        unsigned type = TYPE_TEXT;
        if (head.len && !enum_find(&data_type_names, head, false, &type)) fail_msg("the test's type %.*s", TEXT_ARG(head));
        n->type = (enum data_type)type;
        if (!n->multi) world_put(&w, (int32_t)w.names.count, value);
        while (n->multi && value.len) world_put(&w, (int32_t)w.names.count, cut(&value, '|'));
    }
    return w;
}

static inline const struct expression *parsed(arena *a, const char *source) {
    const struct expression *e;
    struct expression_error problem;
    if (!expression_parse(a, text_of(source), &e, &problem)) fail_msg("%s: %.*s", source, TEXT_ARG(problem.message));
    return e;
}

static inline bool evaluated(struct world *w, const struct expression *e, struct expression_result *out) {
    const struct expression *bound = expression_bind(w->a, e, (struct expression_names){w, world_find});
    struct expression_inputs in = {.mv = &w->mv, .cs = &w->cs, .now = w->now, .mask_secrets = w->mask};
    return expression_evaluate(bound, &in, w->a, out);
}

static inline text shown(arena *a, const struct expression_value *v) {
    if (v->kind == EXPRESSION_NULL) return T("null");
    if (v->kind == EXPRESSION_TEXT) return arena_print(a, "\"%.*s\"", TEXT_ARG(v->text));
    if (v->kind != EXPRESSION_LIST)
        return arena_print(a, "%s %.*s", expression_kind_name(v->kind), TEXT_ARG(expression_text(a, v)));
    OWNED_VALUE(buffer) out = {.max = 1 << 20};
    buffer_byte(&out, '[');
    for (size_t i = 0; i < v->list.count; i++) {
        if (i) buffer_byte(&out, '|');
        buffer_text(&out, value_text(a, &v->list.at[i]));
    }
    buffer_byte(&out, ']');
    return arena_text(a, buffer_as_text(&out));
}

static inline bool holds(text message, const char *words) { return text_find(message, text_of(words)) != SIZE_MAX; }

static inline void check_row(const struct row *row) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    const struct expression *e;
    struct expression_error problem;
    struct expression_result result;
    text outcome;
    struct world w = world_of(a, row->inputs);
    if (!expression_parse(a, text_of(row->expression), &e, &problem)) {
        size_t position = 999999;
        char words[200] = "";
        if (row->expected[0] == '?') sscanf(row->expected, "? %zu %199[^\n]", &position, words);
        if (position == problem.position && holds(problem.message, words)) return;
        outcome = arena_print(a, "? %zu %.*s", problem.position, TEXT_ARG(problem.message));
    } else if (!evaluated(&w, e, &result)) {
        if (row->expected[0] == '!' && holds(result.error, row->expected + 2)) return;
        outcome = arena_print(a, "! %.*s", TEXT_ARG(result.error));
    } else {
        outcome = shown(a, &result.value);
        if (text_equal(outcome, text_of(row->expected))) return;
    }
    fail_msg("%s gave %.*s, not %s", row->expression, TEXT_ARG(outcome), row->expected);
}

#define CHECK(...)                                                                                                                 \
    do {                                                                                                                           \
        static const struct row rows_[] = {__VA_ARGS__};                                                                           \
        for (size_t i_ = 0; i_ < sizeof rows_ / sizeof rows_[0]; i_++) check_row(&rows_[i_]);                                      \
    } while (0)

#endif
