/* Values of filters and patterns on arbitrary bytes: type, condition, JSON of the value, line feed, text. What is accepted must
 * hold together with its complement, and a pattern must agree with a plain matcher. */
#include "base/unicode.h"
#include "search/private.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool right) {
    if (!right) abort();
}

/* reach[i]: the pattern so far matches the first i bytes. */
static bool plainly(arena *a, text pattern, text t) {
    bool *reach = ARENA_ARRAY(a, bool, t.len + 1);
    reach[0] = true;
    for (size_t i = 0; i < pattern.len; i++) {
        bool *next = ARENA_ARRAY(a, bool, t.len + 1);
        char c = pattern.at[i];
        if (c == '*') {
            for (size_t at = 0; at <= t.len; at++)
                next[at] = reach[at] || (at > 0 && next[at - 1] && (at == t.len || ((unsigned char)t.at[at] & 0xC0) != 0x80));
        } else if (c == '?') {
            for (size_t at = 0; at < t.len;) {
                size_t from = at;
                utf8_next(t, &at);
                if (reach[from]) next[at] = true;
            }
        } else {
            if (c == '\\') c = pattern.at[++i];
            for (size_t at = 0; at < t.len; at++)
                if (reach[at] && t.at[at] == c) next[at + 1] = true;
        }
        reach = next;
    }
    return reach[t.len];
}

static void try_pattern(arena *a, text pattern, text t) {
    struct pattern p;
    pattern_read(a, pattern, &p);
    must(pattern_matches(&p, t) == plainly(a, pattern, t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3 || size > 2000) return 0;
    OWNED(arena) a = arena_new((size_t)1 << 26);
    enum field_type type = data[0] % (FIELD_TYPE_BINARY + 1);
    enum search_condition condition = data[1] % SEARCH_CONDITION_COUNT;
    text rest = {(const char *)data + 2, size - 2}, subject = T("");
    size_t line = text_find_byte(rest, '\n');
    const struct json *value;
    if (!utf8_valid(rest, NULL) || !condition_fits(condition, type)) return 0;
    if (line != SIZE_MAX) {
        subject = text_slice(rest, line + 1, rest.len);
        rest = text_slice(rest, 0, line);
    }
    OWNED(error) bad = json_read(a, rest, (struct json_limits){.depth = 16}, &value, NULL);
    if (bad) return 0;
    struct problems problems = {.a = a};
    struct search_filter filter = {.field = {.name = T("f"), .type = type}, .condition = condition};
    if (!search_value_read(a, type, condition, value, "value", &problems, &filter.values)) {
        must(problems.count > 0);
        return 0;
    }
    struct test test;
    test_make(a, &filter, 1, &test);
    for (EACH(const struct search_value, v, &filter.values)) {
        if (test.positive == CONDITION_LIKE) try_pattern(a, v->text, subject);
        if (test.positive == CONDITION_EQUALS || test.positive == CONDITION_IN) must(test_value(&test, v));
        if (type != FIELD_TYPE_TEXT) must(text_compare(key_from(a, type, v), key_behind(a, type, v)) < 0);
    }
    return 0;
}
