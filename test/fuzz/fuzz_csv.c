/* The CSV reader on arbitrary bytes: small pieces and one large piece must agree, and what is written must come back. The first
 * byte chooses the delimiter and the size of the pieces. */
#include "base/csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stream {
    text bytes;
    size_t at, piece;
};

static error *pull(void *state, char *into, size_t room, size_t *got) {
    struct stream *s = state;
    size_t n = s->bytes.len - s->at;
    if (n > room) n = room;
    if (n > s->piece) n = s->piece;
    memcpy(into, s->bytes.at + s->at, n);
    s->at += n;
    *got = n;
    return NULL;
}

struct table {
    struct texts fields;
    struct int64s counts; /* fields of each record */
    text problem;
};

static struct table read_all(arena *a, text bytes, text delimiter, size_t piece) {
    static const struct csv_limits limits = {.field_max = 1000, .record_max = 2000, .columns_max = 50};
    struct stream s = {.bytes = bytes, .piece = piece};
    struct table t = {.problem = {0}};
    OWNED(csv_reader) r = NULL;
    if (csv_reader_new((struct csv_source){&s, pull}, delimiter, limits, &r)) abort();
    for (;;) {
        struct csv_record record;
        bool found = false;
        OWNED(error) e = csv_next(r, &record, &found);
        if (e) t.problem = arena_text(a, text_of(e->sentence));
        if (e || !found) return t;
        if (record.count == 0 || record.row != (int64_t)t.counts.count + 1 || record.offset >= bytes.len) abort();
        *LIST_ADD(a, &t.counts) = (int64_t)record.count;
        for (size_t i = 0; i < record.count; i++) *LIST_ADD(a, &t.fields) = arena_text(a, record.fields[i]);
    }
}

static void must_agree(const struct table *x, const struct table *y) {
    if (x->fields.count != y->fields.count || x->counts.count != y->counts.count) abort();
    for (size_t i = 0; i < x->fields.count; i++)
        if (!text_equal(x->fields.at[i], y->fields.at[i])) abort();
    for (size_t i = 0; i < x->counts.count; i++)
        if (x->counts.at[i] != y->counts.at[i]) abort();
}

static void write_all(struct buffer *out, const struct table *t, text delimiter) {
    size_t at = 0;
    for (size_t i = 0; i < t->counts.count; i++) {
        size_t start = out->len;
        for (int64_t k = 0; k < t->counts.at[i]; k++) {
            if (k) buffer_text(out, delimiter);
            csv_write_field(out, t->fields.at[at++], delimiter);
        }
        if (out->len == start) buffer_text(out, T("\"\"")); /* else it would be a blank line */
        buffer_text(out, T("\r\n"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const text delimiters[] = {{",", 1}, {";", 1}, {"||", 2}, {"\t", 1}, {"abab", 4}, {"\xE2\x82\xAC", 3}};
    if (size == 0) return 0;
    text bytes = {(const char *)data + 1, size - 1}, delimiter = delimiters[data[0] % 6];
    OWNED(arena) a = arena_new(256 << 20);
    struct table whole = read_all(a, bytes, delimiter, SIZE_MAX), pieces = read_all(a, bytes, delimiter, 1u + data[0] / 6 % 8);
    must_agree(&whole, &pieces);
    if (!text_equal(whole.problem, pieces.problem)) abort();
    OWNED_VALUE(buffer) out = {.max = 64 << 20};
    write_all(&out, &whole, delimiter);
    if (out.len > 2000) return 0; /* quoting could exceed the small limits */
    struct table again = read_all(a, buffer_as_text(&out), delimiter, SIZE_MAX);
    if (again.problem.at) abort();
    must_agree(&whole, &again);
    return 0;
}
