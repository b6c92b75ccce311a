/* The export to a file: load what stands there, merge the changes, replace the file as a whole. */
#include "base/csv.h"
#include "connectors/file/file.h"
#include "connectors/file/merge.h"
#include "connectors/file/replace.h"

#include <unistd.h>

/* A gigabyte of file takes a few of memory as cells. */
#define TABLE_MEMORY_MAX ((size_t)16 << 30)
enum { WRITE_CHUNK = 256 << 10, RECORD_MAX = 128 << 20, ITEMS_BETWEEN_CHECKS = 100 };

struct writing {
    const struct file_options *o;
    const struct encoder *encoder;
    struct replacement to;
    struct file_place place;
    struct buffer record, encoded;
};

static void writing_close(struct writing *w) {
    replacement_close(&w->to);
    file_place_close(&w->place);
    buffer_free(&w->record);
    buffer_free(&w->encoded);
}
OWNED_STRUCT(writing, writing_close)

/* One record; several names of one column and empty cells at the end are written as they are, so that the columns stay. */
static error *write_record(struct writing *w, const text *cells, size_t count) {
    buffer_clear(&w->record);
    for (size_t i = 0; i < count; i++) {
        if (i) buffer_text(&w->record, w->o->delimiter);
        if (count == 1 && text_is_empty(cells[i]))
            buffer_text(&w->record, T("\"\"")); /* else the line would be blank, and skipped by readers */
        else
            csv_write_field(&w->record, cells[i], w->o->delimiter);
    }
    buffer_text(&w->record, w->o->line_ending);
    if (w->record.overflow) return FAIL(ERROR_TOO_LARGE, "A row is longer than %d bytes.", RECORD_MAX);
    encoder_write(w->encoder, &w->encoded, buffer_as_text(&w->record));
    if (w->encoded.len < WRITE_CHUNK) return NULL;
    TRY(replacement_write(&w->to, buffer_as_text(&w->encoded)));
    buffer_clear(&w->encoded);
    return NULL;
}

static error *write_table(struct writing *w, struct table *t) {
    encoder_begin(w->encoder, &w->encoded);
    TRY(write_record(w, t->header.at, t->header.count));
    for (struct table_row *row = t->first; row; row = row->next)
        if (!row->removed) TRY(write_record(w, table_cells(t, row), t->header.count));
    return replacement_write(&w->to, buffer_as_text(&w->encoded));
}

static error *replace_file(const struct run_ctx *ctx, const struct file_options *o, const struct encoder *encoder,
                           struct table *t) {
    OWNED_VALUE(writing)
    w = {
        .o = o,
        .encoder = encoder,
        .to.fd = -1,
        .place.folder = -1,
        .record.max = RECORD_MAX,
        .encoded.max = 2 * (size_t)RECORD_MAX + WRITE_CHUNK,
    };
    TRY(roots_open_place(ctx->file_roots, o->path, true, &w.place));
    TRY(replacement_open(&w.place, &w.to));
    TRY(write_table(&w, t));
    return replacement_commit(&w.to, o->keep_previous);
}

static error *merge_all(const struct run_ctx *ctx, struct table *t, const struct encoder *encoder, const struct export_item *items,
                        size_t count, struct export_result *results, size_t *succeeded) {
    merge_columns(t, items, count);
    for (size_t i = 0; i < count; i++) {
        if (i % ITEMS_BETWEEN_CHECKS == 0) TRY(ctx_check(ctx));
        merge_item(t, encoder, &items[i], &results[i]);
        *succeeded += results[i].success;
    }
    return ctx_check(ctx);
}

/* The results outlive the table, which may be large. */
static void keep_texts(arena *a, struct export_result *results, size_t count) {
    for (size_t i = 0; i < count; i++) {
        results[i].external_id = arena_text(a, results[i].external_id);
        results[i].error_message = arena_text(a, results[i].error_message);
    }
}

static error *export_to(const struct connector_use *use, const struct file_options *o, arena *a, arena *memory,
                        const struct export_item *items, size_t count, struct export_result *results) {
    OWNED_VALUE(file_source) source = {.fd = -1};
    const struct run_ctx *ctx = use->ctx;
    struct table table;
    struct encoder encoder;
    char first[4];
    size_t succeeded = 0;
    bool found;
    ctx_phase(ctx, T("load-existing-file"), T("Loading existing export file"));
    TRY(table_begin(memory, use->system, o, &table));
    TRY(table_load(&table, ctx, &source, &found));
    ssize_t got = found ? pread(source.fd, first, sizeof first, 0) : 0;
    TRY(encoder_make(o->encoding, (text){first, got > 0 ? (size_t)got : 0}, &encoder));
    ctx_phase(ctx, T("merge"), T("Merging changes into file"));
    TRY(merge_all(ctx, &table, &encoder, items, count, results, &succeeded));
    ctx_phase(ctx, T("write"), T("Writing the output file"));
    if (found) TRY(file_source_unchanged(&source));
    if (succeeded) TRY(replace_file(ctx, o, &encoder, &table));
    keep_texts(a, results, count);
    ctx_read(ctx, (int64_t)count);
    return NULL;
}

error *file_export(const struct connector_use *use, arena *a, const struct export_item *items, size_t count,
                   struct export_result *results) {
    OWNED_VALUE(file_options) options = {0};
    OWNED(arena) memory = arena_new(TABLE_MEMORY_MAX);
    TRY(file_options_read(memory, &use->system->settings, NULL, &options));
    if (options.mode == MODE_IMPORT_ONLY)
        return FAIL(ERROR_INVALID, "The setting \"Mode\" is Import Only; set Bidirectional or Export Only to export.");
    error *e = export_to(use, &options, a, memory, items, count, results);
    if (e) memset(results, 0, count * sizeof *results); /* nothing was written */
    return e;
}
