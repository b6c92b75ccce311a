/* The JSON reader on arbitrary bytes: what it accepts must come back the same after writing, whatever the limits. */
#include "base/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy(struct json_writer *w, const struct json *v) {
    switch (v->kind) {
    case JSON_NULL:
        json_null(w);
        break;
    case JSON_BOOL:
        json_bool(w, v->truth);
        break;
    case JSON_NUMBER:
        json_raw(w, v->content);
        break;
    case JSON_STRING:
        json_string(w, v->content);
        break;
    case JSON_ARRAY:
        json_array(w);
        for (EACH_JSON(child, v)) copy(w, child);
        json_array_end(w);
        break;
    case JSON_OBJECT:
        json_object(w);
        for (EACH_JSON(child, v)) {
            json_name(w, child->name);
            copy(w, child);
        }
        json_object_end(w);
        break;
    }
}

static bool same(const struct json *x, const struct json *y) {
    if (x->kind != y->kind || x->count != y->count || x->truth != y->truth || !text_equal(x->content, y->content)) return false;
    const struct json *other = y->first;
    for (EACH_JSON(child, x)) {
        if (!other || !text_equal(child->name, other->name) || !same(child, other)) return false;
        other = other->next;
    }
    return other == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct json_limits limits[] = {
        {.depth = 63}, {.depth = 5, .refuse_repeated = true}, {.depth = 63, .refuse_repeated = true, .repeated_any_case = true}};
    text source = {(const char *)data, size};
    OWNED(arena) a = arena_new(8 << 20);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const struct json *v = NULL, *again = NULL;
        size_t offset = 0;
        arena_reset(a);
        OWNED(error) refused = json_read(a, source, limits[i], &v, &offset);
        if ((refused == NULL) != (v != NULL) || offset > size) abort();
        if (refused) continue;
        OWNED_VALUE(buffer) out = {.max = 64 << 20};
        struct json_writer w = {.out = &out};
        copy(&w, v);
        OWNED(error) failed = json_read(a, buffer_as_text(&out), limits[i], &again, NULL);
        if (failed ? failed->kind != ERROR_TOO_LARGE : !same(v, again)) abort();
    }
    return 0;
}
