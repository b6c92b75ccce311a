/* The CSV reader scans a window of the stream in place; the writer quotes what needs it. */
#include "base/csv.h"

#include "base/die.h"
#include "base/utf8.h"

#include <stdlib.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { WINDOW = 256 << 10, SLACK = 32, FIRST_FIELDS = 64, DELIMITER_MAX = 64 };

struct csv_reader {
    struct csv_source source;
    struct csv_limits limits;
    char delimiter[DELIMITER_MAX];
    size_t delimiter_len;
    char *window; /* room + SLACK bytes; a line feed stands behind the last byte that is filled */
    size_t room, at, end;
    uint64_t base; /* stream offset of the window's first byte */
    bool ended, spent, in_quotes;
    int64_t row;
    text *fields;
    size_t count, fields_room;
    size_t *doubled; /* numbers of the fields in which quotes must be undone */
    size_t doubled_count, doubled_room;
};

static void *grow(void *old, size_t count, size_t size) {
    void *grown = reallocarray(old, count, size);
    if (!grown) die("out of memory");
    return grown;
}

error *csv_reader_new(struct csv_source source, text delimiter, struct csv_limits limits, csv_reader **out) {
    *out = NULL;
    if (delimiter.len == 0) return FAIL(ERROR_INVALID, "the delimiter is empty");
    if (delimiter.len > DELIMITER_MAX) return FAIL(ERROR_INVALID, "the delimiter is longer than %d bytes", DELIMITER_MAX);
    for (size_t i = 0; i < delimiter.len; i++)
        if (memchr("\"\r\n", delimiter.at[i], 3)) return FAIL(ERROR_INVALID, "the delimiter must not hold a quote or a line end");
    csv_reader *r = calloc(1, sizeof *r);
    if (!r) die("out of memory");
    r->source = source;
    r->limits.field_max = limits.field_max ? limits.field_max : 16 << 20;
    r->limits.record_max = limits.record_max ? limits.record_max : 64 << 20;
    r->limits.columns_max = limits.columns_max ? limits.columns_max : 10000;
    memcpy(r->delimiter, delimiter.at, delimiter.len);
    r->delimiter_len = delimiter.len;
    r->room = WINDOW;
    r->window = grow(NULL, r->room + SLACK, 1);
    memset(r->window, '\n', SLACK);
    r->fields_room = FIRST_FIELDS;
    r->fields = grow(NULL, r->fields_room, sizeof *r->fields);
    *out = r;
    return NULL;
}

void csv_reader_free(csv_reader *r) {
    if (!r) return;
    free(r->window);
    free(r->fields);
    free(r->doubled);
    free(r);
}

static error *too_long(const csv_reader *r, const char *what, size_t limit) {
    return FAIL(ERROR_TOO_LARGE, "row %lld: a %s is longer than %zu bytes%s", (long long)r->row + 1, what, limit,
                r->in_quotes ? "; perhaps a quote is never closed" : "");
}

/* Moves the record that is being read to the front, makes room when it fills the window, and reads until the window is full. */
static error *fill(csv_reader *r) {
    if (r->at) {
        memmove(r->window, r->window + r->at, r->end - r->at);
        r->base += r->at;
        r->end -= r->at;
        r->at = 0;
    }
    if (r->end > r->limits.record_max + 2) return too_long(r, "record", r->limits.record_max);
    if (r->end == r->room) {
        size_t largest = r->limits.record_max + 3;
        r->room = r->room * 2 < largest ? r->room * 2 : largest;
        r->window = grow(r->window, r->room + SLACK, 1);
    }
    while (r->end < r->room && !r->ended) {
        size_t got = 0;
        TRY(r->source.read(r->source.state, r->window + r->end, r->room - r->end, &got));
        r->end += got;
        r->ended = got == 0;
    }
    memset(r->window + r->end, '\n', SLACK);
    return NULL;
}

/* The first byte from p on that may end an unquoted field. The line feed behind the window stops it at the latest. */
static inline char *find_end(char *p, char delimiter) {
#if defined(__SSE2__)
    const __m128i d = _mm_set1_epi8(delimiter), quote = _mm_set1_epi8('"'), cr = _mm_set1_epi8('\r'), lf = _mm_set1_epi8('\n');
    for (;; p += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)p);
        __m128i separators = _mm_or_si128(_mm_cmpeq_epi8(bytes, d), _mm_cmpeq_epi8(bytes, quote));
        __m128i line_ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, cr), _mm_cmpeq_epi8(bytes, lf));
        unsigned marks = (unsigned)_mm_movemask_epi8(_mm_or_si128(separators, line_ends));
        if (marks) return p + __builtin_ctz(marks);
    }
#else
    for (;; p += 8) {
        uint64_t eight;
        memcpy(&eight, p, 8);
        uint64_t separators = utf8_equal(eight, (unsigned char)delimiter) | utf8_equal(eight, '"');
        uint64_t marks = separators | utf8_equal(eight, '\r') | utf8_equal(eight, '\n');
        if (marks) return p + utf8_first(marks);
    }
#endif
}

enum step { NEXT_FIELD, RECORD_END, NEED_MORE, REFUSED };

/* Behind the closing quote of the field that opens at *at; NEXT_FIELD when there is one. */
static enum step skip_quoted(csv_reader *r, char **at, bool *doubled, error **e) {
    char *end = r->window + r->end, *p = *at + 1;
    r->in_quotes = true;
    for (;;) {
        char *quote = memchr(p, '"', (size_t)(end - p));
        size_t len = (size_t)((quote ? quote : end) - *at);
        if (len > r->limits.field_max + 1) return *e = too_long(r, "field", r->limits.field_max), REFUSED;
        if (!r->ended && (!quote || quote + 1 == end)) return NEED_MORE;
        if (!quote) {
            *e = FAIL(ERROR_INVALID, "row %lld: a quote is opened and never closed", (long long)r->row + 1);
            return REFUSED;
        }
        if (quote + 1 == end || quote[1] != '"') {
            r->in_quotes = false;
            *at = quote + 1;
            return NEXT_FIELD;
        }
        *doubled = true;
        p = quote + 2;
    }
}

/* The delimiter may be cut by the window's end, or only look like one (`misses`). */
static inline enum step match_delimiter(csv_reader *r, char **p, char *end, bool *misses) {
    size_t len = r->delimiter_len, left = (size_t)(end - *p);
    if (len > 1) {
        bool begins = memcmp(*p, r->delimiter, left < len ? left : len) == 0;
        if (begins && left < len && !r->ended) return NEED_MORE;
        *misses = !begins || left < len;
    }
    if (!*misses) *p += len;
    return NEXT_FIELD;
}

static inline enum step match_return(csv_reader *r, char **p, char *end) {
    bool at_end = *p + 1 == end;
    if (at_end && !r->ended) return NEED_MORE;
    *p += !at_end && (*p)[1] == '\n' ? 2 : 1;
    return RECORD_END;
}

/* What stands at *p behind a field. Moves *p behind the delimiter or the line end; `misses` when neither stands there. */
static inline enum step classify(csv_reader *r, char **p, bool *misses) {
    char *at = *p, *end = r->window + r->end;
    if (at == end) return r->ended ? RECORD_END : NEED_MORE;
    if (*at == r->delimiter[0]) return match_delimiter(r, p, end, misses);
    if (*at == '\r') return match_return(r, p, end);
    if (*at == '\n') return *p = at + 1, RECORD_END;
    return *misses = true, NEXT_FIELD;
}

static error *malformed(const csv_reader *r, const char *problem) {
    return FAIL(ERROR_INVALID, "row %lld: %s", (long long)r->row + 1, problem);
}

static enum step quoted_field(csv_reader *r, char **at, text *field, error **e) {
    char *open = *at;
    bool doubled = false, misses = false;
    enum step step = skip_quoted(r, at, &doubled, e);
    if (step != NEXT_FIELD) return step;
    *field = (text){open + 1, (size_t)(*at - open) - 2};
    if (doubled) {
        if (r->doubled_count == r->doubled_room) {
            r->doubled_room = r->doubled_room ? r->doubled_room * 2 : FIRST_FIELDS;
            r->doubled = grow(r->doubled, r->doubled_room, sizeof *r->doubled);
        }
        r->doubled[r->doubled_count++] = r->count;
    }
    step = classify(r, at, &misses);
    if (misses) return *e = malformed(r, "text stands behind a closing quote"), REFUSED;
    return step;
}

static enum step plain_field(csv_reader *r, char **at, text *field, error **e) {
    char *start = *at, *p = start;
    for (;;) {
        bool misses = false;
        char *stop = p = find_end(p, r->delimiter[0]);
        enum step step = classify(r, &p, &misses);
        if (misses && *stop == '"') return *e = malformed(r, "a quote stands inside an unquoted field"), REFUSED;
        if (misses) {
            p = stop + 1;
            continue;
        }
        *field = (text){start, (size_t)(stop - start)};
        *at = p;
        if (field->len > r->limits.field_max) return *e = too_long(r, "field", r->limits.field_max), REFUSED;
        return step;
    }
}

/* Scans one record from r->at on without changing the window, because the scan begins anew when more must be read. */
static enum step scan(csv_reader *r, char **after, error **e) {
    char *p = r->window + r->at;
    enum step step;
    r->count = r->doubled_count = 0;
    r->in_quotes = false;
    do {
        if (r->count == r->fields_room) r->fields = grow(r->fields, r->fields_room *= 2, sizeof *r->fields);
        text *field = &r->fields[r->count];
        bool quoted = *p == '"' && p < r->window + r->end;
        step = quoted ? quoted_field(r, &p, field, e) : plain_field(r, &p, field, e);
        if (step == NEED_MORE || step == REFUSED) return step;
        if (r->count == r->limits.columns_max) {
            *e = FAIL(ERROR_TOO_LARGE, "row %lld: more than %zu columns", (long long)r->row + 1, r->limits.columns_max);
            return REFUSED;
        }
        r->count++;
    } while (step == NEXT_FIELD);
    *after = p;
    return step;
}

void csv_undo_quotes(csv_reader *r) {
    for (size_t i = 0; i < r->doubled_count; i++) {
        text *field = &r->fields[r->doubled[i]];
        char *start = r->window + (field->at - r->window), *to = start, *from = start, *end = start + field->len;
        for (char *quote; (quote = memchr(from, '"', (size_t)(end - from)));) {
            size_t len = (size_t)(quote - from) + 1;
            memmove(to, from, len);
            to += len;
            from = quote + 2;
        }
        memmove(to, from, (size_t)(end - from));
        field->len = (size_t)(to - start) + (size_t)(end - from);
    }
    r->doubled_count = 0;
}

/* Stands at the first byte of a record then; false at the end of the stream. */
static error *skip_blank_lines(csv_reader *r, bool *found) {
    for (;;) {
        while (r->at < r->end && (r->window[r->at] == '\n' || r->window[r->at] == '\r')) r->at++;
        *found = r->at < r->end;
        if (*found || r->ended) return NULL;
        TRY(fill(r));
    }
}

static error *next(csv_reader *r, struct csv_record *record, bool *found) {
    char *after = NULL;
    error *e = NULL;
    TRY(skip_blank_lines(r, found));
    if (!*found) return NULL;
    for (enum step step; (step = scan(r, &after, &e)) != RECORD_END;) {
        if (step == REFUSED) return e;
        TRY(fill(r));
    }
    size_t end = (size_t)(after - r->window);
    if (end - r->at > r->limits.record_max + 2) return too_long(r, "record", r->limits.record_max);
    *record = (struct csv_record){r->fields, r->count, ++r->row, r->base + r->at, r->window + r->at};
    r->at = end;
    return NULL;
}

error *csv_next_raw(csv_reader *r, struct csv_record *record, bool *found) {
    *found = false;
    if (r->spent) return FAIL(ERROR_INVALID, "the file was given up at an earlier error");
    error *e = next(r, record, found);
    if (e) r->spent = true, *found = false;
    return e;
}

error *csv_next(csv_reader *r, struct csv_record *record, bool *found) {
    TRY(csv_next_raw(r, record, found));
    if (*found) csv_undo_quotes(r);
    return NULL;
}

static bool needs_quotes(text field, text delimiter) {
    if (field.len == 0) return false;
    if (field.at[0] == ' ' || field.at[field.len - 1] == ' ' || text_find(field, delimiter) != SIZE_MAX) return true;
    return memchr(field.at, '"', field.len) || memchr(field.at, '\n', field.len) || memchr(field.at, '\r', field.len);
}

void csv_write_field(struct buffer *out, text field, text delimiter) {
    if (!needs_quotes(field, delimiter)) {
        buffer_text(out, field);
        return;
    }
    buffer_byte(out, '"');
    for (size_t quote; (quote = text_find_byte(field, '"')) != SIZE_MAX; field = text_slice(field, quote + 1, field.len)) {
        buffer_add(out, field.at, quote + 1);
        buffer_byte(out, '"');
    }
    buffer_text(out, field);
    buffer_byte(out, '"');
}
