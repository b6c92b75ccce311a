/* The export to a file: load what stands there, merge the changes page by page, replace the file as a whole. */
#include "base/csv.h"
#include "connectors/file/file.h"
#include "connectors/file/merge.h"
#include "connectors/file/replace.h"

#include <unistd.h>

#define TABLE_MEMORY_MAX ((size_t)16 << 30)
enum { WRITE_CHUNK = 256 << 10, RECORD_MAX = 128 << 20, ITEMS_BETWEEN_CHECKS = 100, ROWS_BETWEEN_CHECKS = 1000 };

struct writing {
    const struct file_options *o;
    const struct encoder *encoder;
    struct replacement to;
    struct file_place place;
    struct buffer record, encoded;
    text *ordered; /* the cells of a row by column as they are written */
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

static error *write_row(struct writing *w, const struct int32s *order, const text *cells) {
    for (size_t i = 0; i < order->count; i++) w->ordered[i] = cells[order->at[i]];
    return write_record(w, w->ordered, order->count);
}

static error *write_table(struct writing *w, const struct run_ctx *ctx, struct table *t) {
    struct int32s order = table_order(t);
    size_t written = 0;
    w->ordered = ARENA_ARRAY(t->a, text, order.count + 1);
    encoder_begin(w->encoder, &w->encoded);
    TRY(write_row(w, &order, t->header.at));
    for (struct table_row *row = t->first; row; row = row->next) {
        text *cells;
        if (row->removed) continue;
        if (written++ % ROWS_BETWEEN_CHECKS == 0) TRY(ctx_check(ctx));
        arena_reset(t->scratch);
        TRY(table_cells(t, row, &cells));
        TRY(write_row(w, &order, cells));
    }
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
    TRY(write_table(&w, ctx, t));
    return replacement_commit(&w.to, o->keep_previous);
}

/* ---- The run ---- */
struct exporting {
    const struct run_ctx *ctx;
    const struct export_source *from;
    struct table table;
    struct encoder encoder;
    arena *page; /* results of the page in hand */
    size_t succeeded, read;
};

/* The texts of a result outlive the scratch that they were made in. */
static void keep_texts(arena *a, struct export_result *r) {
    r->external_id = arena_text(a, r->external_id);
    r->error_message = arena_text(a, r->error_message);
}

static error *merge_page(struct exporting *x, const struct export_item *items, size_t count) {
    arena_reset(x->page);
    struct export_result *results = ARENA_ARRAY(x->page, struct export_result, count);
    for (size_t i = 0; i < count; i++) {
        if (x->read++ % ITEMS_BETWEEN_CHECKS == 0) TRY(ctx_check(x->ctx));
        arena_reset(x->table.scratch);
        merge_columns(&x->table, &items[i]);
        TRY(merge_item(&x->table, &x->encoder, &items[i], &results[i]));
        keep_texts(x->page, &results[i]);
        x->succeeded += results[i].success;
    }
    ctx_read(x->ctx, (int64_t)x->read);
    return x->from->told(x->from->state, results);
}

static error *merge_all(struct exporting *x) {
    for (;;) {
        const struct export_item *items;
        size_t count = 0;
        TRY(x->from->next(x->from->state, &items, &count));
        if (!count) return ctx_check(x->ctx);
        TRY(merge_page(x, items, count));
    }
}

static error *export_to(struct exporting *x, const struct connected_system *system, const struct file_options *o, arena *memory) {
    OWNED_VALUE(file_source) source = {.fd = -1};
    char first[4];
    bool found;
    ctx_phase(x->ctx, T("load-existing-file"), T("Loading existing export file"));
    TRY(table_begin(memory, system, o, &x->table));
    TRY(table_load(&x->table, x->ctx, &source, &found));
    ssize_t got = found ? pread(source.fd, first, sizeof first, 0) : 0;
    TRY(encoder_make(o->encoding, (text){first, got > 0 ? (size_t)got : 0}, &x->encoder));
    ctx_phase(x->ctx, T("merge"), T("Merging changes into file"));
    TRY(merge_all(x));
    ctx_phase(x->ctx, T("write"), T("Writing the output file"));
    if (found) TRY(file_source_unchanged(&source));
    return x->succeeded ? replace_file(x->ctx, o, &x->encoder, &x->table) : NULL;
}

error *file_export(const struct connector_use *use, const struct export_source *from) {
    OWNED_VALUE(file_options) options = {0};
    OWNED_VALUE(spool) spool = {.fd = -1};
    OWNED_VALUE(buffer) bytes = {.max = 2 * (size_t)RECORD_MAX};
    OWNED(arena) memory = arena_new(TABLE_MEMORY_MAX);
    OWNED(arena) scratch = arena_new(TABLE_MEMORY_MAX);
    OWNED(arena) page = arena_new(TABLE_MEMORY_MAX);
    TRY(file_options_read(memory, &use->system->settings, NULL, &options));
    if (options.mode == MODE_IMPORT_ONLY)
        return FAIL(ERROR_INVALID, "The setting \"Mode\" is Import Only; set Bidirectional or Export Only to export.");
    spool_begin(&spool, use->ctx->file_roots, options.path);
    struct exporting x = {.ctx = use->ctx, .from = from, .page = page};
    x.table.scratch = scratch;
    x.table.spool = &spool;
    x.table.bytes = &bytes;
    return export_to(&x, use->system, &options, memory);
}
