/* Sort keys: texts whose bytes have the order of a field, and positions between two pages. */
#include "search/order.h"

#include "base/unicode.h"

/* Folded, then as it is. */
static text text_sort_key(arena *a, text t) {
    text folded = text_fold(a, t);
    char *out = arena_bytes(a, folded.len + t.len + 1);
    if (folded.len) memcpy(out, folded.at, folded.len);
    out[folded.len] = '\0';
    if (t.len) memcpy(out + folded.len + 1, t.at, t.len);
    return (text){out, folded.len + t.len + 1};
}

text sort_key_of(arena *a, enum field_type type, const struct search_value *v) {
    if (type == FIELD_TYPE_TEXT || type == FIELD_TYPE_BINARY) return text_sort_key(a, v->text);
    return key_from(a, type, v);
}

text sort_key(struct work *w, arena *a, const struct search_sort *sort, const struct attributes *values) {
    const struct values *set = attributes_find(values, field_number(w, &w->q->result, &sort->field));
    text best = {0};
    for (size_t i = 0; set && i < set->count; i++) {
        struct search_value v;
        if (!present(w->q->result.kind, sort->field.type, &set->at[i], &v)) continue;
        text key = sort_key_of(a, sort->field.type, &v);
        int order = text_is_null(best) ? -1 : text_compare(key, best);
        if (text_is_null(best) || (sort->descending ? order > 0 : order < 0)) best = key;
    }
    return best;
}

int sort_compare(const struct search_sort *sort, text x, text y) {
    if (text_is_null(x) || text_is_null(y)) {
        int order = text_is_null(x) - text_is_null(y); /* no value stands last, and first when descending */
        return sort->descending ? -order : order;
    }
    int order = text_compare(x, y);
    return sort->descending ? -order : order;
}

text position_write(arena *a, const struct search_query *q, const struct position *p) {
    text out = arena_print(a, "%lld", (long long)p->id);
    for (size_t i = 0; i < q->sort.count; i++) {
        text key = text_is_null(p->keys[i]) ? T("-") : base64url_write(a, p->keys[i]);
        out = arena_print(a, "%.*s.%s%.*s", TEXT_ARG(out), text_is_null(p->keys[i]) ? "" : "+", TEXT_ARG(key));
    }
    return out;
}

/* Takes the text up to the next dot. */
static text next_part(text *rest) {
    size_t dot = text_find_byte(*rest, '.');
    text part = dot == SIZE_MAX ? *rest : text_slice(*rest, 0, dot);
    *rest = dot == SIZE_MAX ? (text){0} : text_slice(*rest, dot + 1, rest->len);
    return part;
}

static bool key_read(arena *a, text part, text *out) {
    if (text_equal(part, T("-"))) return true;
    if (!part.len || part.at[0] != '+') return false;
    *out = part.len == 1 ? T("") : base64url_read(a, text_slice(part, 1, part.len));
    return !text_is_null(*out);
}

bool position_read(arena *a, const struct search_query *q, struct position *out) {
    text rest = q->after;
    *out = (struct position){.given = !text_is_null(rest), .keys = ARENA_ARRAY(a, text, q->sort.count + 1)};
    if (!out->given) return true;
    if (!text_to_int64(next_part(&rest), &out->id) || out->id < 0) return false;
    for (size_t i = 0; i < q->sort.count; i++)
        if (text_is_null(rest) || !key_read(a, next_part(&rest), &out->keys[i])) return false;
    return text_is_null(rest);
}
