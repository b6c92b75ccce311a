/* Reading: bytes from the descriptor, UTF-8 from the decoder, records from the CSV reader. */
#include "connectors/file/source.h"

#include "base/die.h"
#include "connectors/file/roots.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { RAW_ROOM = 256 << 10, NAME_MAX_BYTES = 500 };

/* Moves what is left to the front and reads until there is something new or the file ends. */
static error *fill_raw(struct file_source *s) {
    memmove(s->raw, s->raw + s->raw_at, s->raw_len - s->raw_at);
    s->raw_len -= s->raw_at;
    s->raw_at = 0;
    ssize_t got;
    do got = read(s->fd, s->raw + s->raw_len, RAW_ROOM - s->raw_len);
    while (got < 0 && errno == EINTR);
    if (got < 0) return FAIL(ERROR_IO, "\"%.*s\" cannot be read: %s.", TEXT_ARG(s->path), strerror(errno));
    s->raw_len += (size_t)got;
    s->at_end = got == 0;
    return NULL;
}

static error *read_decoded(void *state, char *into, size_t room, size_t *got) {
    struct file_source *s = state;
    for (*got = 0; *got == 0;) {
        text in = {s->raw + s->raw_at, s->raw_len - s->raw_at};
        size_t used;
        TRY(decoder_run(s->decoder, in, s->at_end, &used, into, room, got));
        s->raw_at += used;
        if (*got || (s->at_end && s->raw_at == s->raw_len)) break;
        if (used == 0 && s->at_end) return FAIL(ERROR_INVALID, "the text ends in the middle of a character");
        if (used == 0 || s->raw_at == s->raw_len) TRY(fill_raw(s));
    }
    return NULL;
}

static error *begin(const struct file_options *o, struct file_source *s) {
    s->raw_at = s->raw_len = 0;
    s->at_end = false;
    TRY(decoder_new(o->encoding, &s->decoder));
    s->stream = (struct csv_source){.state = s, .read = read_decoded};
    return csv_reader_new(s->stream, o->delimiter, (struct csv_limits){0}, &s->reader);
}

static error *add_column(arena *a, struct file_source *s, text name, int32_t place) {
    size_t bad;
    if (text_is_empty(name)) return FAIL(ERROR_INVALID, "Column %d of \"%.*s\" has no name.", place + 1, TEXT_ARG(s->path));
    if (!utf8_valid(name, &bad))
        return FAIL(ERROR_INVALID, "The name of column %d of \"%.*s\" is not valid UTF-8; set the encoding of the file.", place + 1,
                    TEXT_ARG(s->path));
    if (name.len > NAME_MAX_BYTES)
        return FAIL(ERROR_INVALID, "The name of column %d of \"%.*s\" is longer than %d bytes; is its first row a header?",
                    place + 1, TEXT_ARG(s->path), NAME_MAX_BYTES);
    text folded = text_fold(a, name);
    struct file_column *c = NULL;
    for (EACH(struct file_column, known, &s->columns))
        if (text_equal(known->folded, folded)) c = known;
    if (!c) {
        c = LIST_ADD(a, &s->columns);
        *c = (struct file_column){.name = arena_text(a, name)};
        c->folded = text_fold(a, c->name);
    }
    *LIST_ADD(a, &c->places) = place;
    return NULL;
}

static error *read_header(arena *a, struct file_source *s) {
    struct csv_record header;
    bool found;
    TRY_OR(csv_next(s->reader, &header, &found), "\"%.*s\" cannot be read as delimited text", TEXT_ARG(s->path));
    if (!found) return FAIL(ERROR_INVALID, "\"%.*s\" is empty; its first row must name the columns.", TEXT_ARG(s->path));
    s->fields = header.count;
    for (size_t i = 0; i < header.count; i++) TRY(add_column(a, s, header.fields[i], (int32_t)i));
    return NULL;
}

error *file_source_open(arena *a, const struct texts *roots, const struct file_options *o, text path, struct file_source *s) {
    *s = (struct file_source){.fd = -1, .path = arena_text(a, path)};
    TRY(roots_open_file(roots, path, &s->fd));
    if (fstat(s->fd, &s->state) < 0) return FAIL(ERROR_IO, "\"%.*s\": %s.", TEXT_ARG(path), strerror(errno));
    s->raw = malloc(RAW_ROOM);
    if (!s->raw) die("out of memory");
    TRY(begin(o, s));
    return read_header(a, s);
}

error *file_source_rewind(const struct file_options *o, struct file_source *s) {
    csv_reader_free(TAKE(s->reader));
    decoder_free(TAKE(s->decoder));
    if (lseek(s->fd, 0, SEEK_SET) < 0) return FAIL(ERROR_IO, "\"%.*s\": %s.", TEXT_ARG(s->path), strerror(errno));
    TRY(begin(o, s));
    struct csv_record header;
    bool found;
    TRY(csv_next(s->reader, &header, &found));
    return NULL;
}

error *file_source_next_raw(struct file_source *s, struct csv_record *record, bool *found) {
    TRY_OR(csv_next_raw(s->reader, record, found), "\"%.*s\" cannot be read as delimited text", TEXT_ARG(s->path));
    return NULL;
}

void file_source_undo_quotes(struct file_source *s) { csv_undo_quotes(s->reader); }

error *file_source_next(struct file_source *s, struct csv_record *record, bool *found) {
    TRY(file_source_next_raw(s, record, found));
    if (*found) file_source_undo_quotes(s);
    return NULL;
}

error *file_source_unchanged(const struct file_source *s) {
    struct stat now;
    if (fstat(s->fd, &now) < 0) return FAIL(ERROR_IO, "\"%.*s\": %s.", TEXT_ARG(s->path), strerror(errno));
    if (now.st_size == s->state.st_size && now.st_mtim.tv_sec == s->state.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == s->state.st_mtim.tv_nsec)
        return NULL;
    return FAIL(ERROR_CONFLICT,
                "\"%.*s\" was changed while it was read. Run the import again, and let the writer replace the file as a whole.",
                TEXT_ARG(s->path));
}

void file_source_close(struct file_source *s) {
    csv_reader_free(TAKE(s->reader));
    decoder_free(TAKE(s->decoder));
    free(TAKE(s->raw));
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
}

const struct file_column *file_column_named(arena *a, const struct file_columns *columns, text name) {
    text folded = text_fold(a, name);
    for (EACH(const struct file_column, c, columns))
        if (text_equal(c->folded, folded)) return c;
    return NULL;
}

uint64_t file_source_bad_byte(const struct file_source *s, uint64_t record_offset, size_t record_length, uint64_t fallback) {
    static const char mark[] = "\xEF\xBB\xBF";
    char first[3];
    if (pread(s->fd, first, 3, 0) == 3 && memcmp(first, mark, 3) == 0) {
        record_offset += 3;
        fallback += 3;
    }
    char *raw = malloc(record_length + 1);
    if (!raw) return fallback;
    ssize_t got = pread(s->fd, raw, record_length, (off_t)record_offset);
    size_t bad;
    bool found = got > 0 && !utf8_valid((text){raw, (size_t)got}, &bad);
    free(raw);
    return found ? record_offset + bad : fallback;
}
