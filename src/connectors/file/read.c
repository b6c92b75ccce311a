/* The import of a file: one reading to count and to find repeated external ids, one to deliver. */
#include "connectors/duplicates.h"
#include "connectors/file/file.h"
#include "connectors/file/rows.h"

#include <stdio.h>

enum { PROGRESS_ROWS = 10000 };

struct import {
    const struct connector_use *use;
    const struct import_sink *sink;
    struct file_options *options;
    struct file_source *source;
    struct import_plan *plan;
    int64_t total; /* rows without the header */
    duplicate_keys *duplicates;
};

/* What a parse-only reading does with a key. */
typedef error *key_visitor(void *state, int32_t type, text folded);

static error *visit_keys(struct import *m, key_visitor *visit, void *state) {
    OWNED(arena) scratch = arena_new(256 << 20);
    struct csv_record record;
    bool found;
    int32_t type;
    text folded;
    m->total = 0;
    for (;;) {
        TRY(file_source_next(m->source, &record, &found));
        if (!found) return NULL;
        if (m->total++ % BATCH_ROWS == 0) TRY(ctx_check(m->use->ctx));
        if (rows_key(m->options, m->plan, &record, scratch, &type, &folded)) TRY(visit(state, type, folded));
        if (arena_used(scratch) > 64 << 10) arena_reset(scratch);
    }
}

static error *collect_hash(void *state, int32_t type, text folded) {
    key_hashes_add(state, type, folded);
    return NULL;
}

struct suspects {
    const struct key_hashes *hashes;
    duplicate_keys *keys;
};

static error *collect_suspect(void *state, int32_t type, text folded) {
    struct suspects *s = state;
    return key_hashes_suspect(s->hashes, type, folded) ? duplicate_keys_add(s->keys, type, folded) : NULL;
}

static error *first_reading(struct import *m) {
    OWNED_VALUE(key_hashes) hashes = {0};
    TRY(visit_keys(m, collect_hash, &hashes));
    key_hashes_finish(&hashes);
    if (hashes.repeated) {
        struct suspects suspects = {&hashes, m->duplicates};
        TRY(file_source_rewind(m->options, m->source));
        TRY(visit_keys(m, collect_suspect, &suspects));
    }
    TRY(file_source_unchanged(m->source));
    return file_source_rewind(m->options, m->source);
}

static error *deliver(struct import *m, struct row_batch *r) {
    TRY(ctx_check(m->use->ctx));
    TRY(file_source_unchanged(m->source));
    if (r->objects.count) TRY(m->sink->deliver(m->sink->state, &r->objects));
    rows_clear(r);
    return NULL;
}

/* Delivers what was read, the flagged row included, and fails: a run that stops here must not take unread rows for deleted. */
static error *stop(struct import *m, struct row_batch *r) {
    OWNED(arena) a = arena_new(1 << 20);
    text message = arena_text(a, r->objects.at[r->objects.count - 1].error_message);
    TRY(deliver(m, r));
    return FAIL(ERROR_INVALID, "Stopped at the first error, as the settings ask. %.*s", TEXT_ARG(message));
}

static void show_progress(struct import *m, int64_t rows) {
    char message[96];
    ctx_read(m->use->ctx, rows);
    int len = snprintf(message, sizeof message, "Read %lld of %lld rows", (long long)rows, (long long)m->total);
    ctx_report(m->use->ctx, (text){message, (size_t)len});
}

static error *second_reading(struct import *m) {
    OWNED(row_batch) r = rows_new(m->options, m->source, m->plan);
    struct csv_record record;
    int64_t rows = 0;
    for (bool found = true, flagged;;) {
        TRY(file_source_next(m->source, &record, &found));
        if (!found) break;
        if (rows_full(r)) TRY(deliver(m, r));
        TRY(rows_add(r, &record, &flagged));
        if (flagged && m->options->stop_on_first_error) return stop(m, r);
        if (++rows % PROGRESS_ROWS == 0) show_progress(m, rows);
    }
    TRY(deliver(m, r));
    show_progress(m, rows);
    if (rows == m->total) return NULL;
    return FAIL(ERROR_CONFLICT, "\"%.*s\" was changed while it was read.", TEXT_ARG(m->source->path));
}

static void warn_of_missing_columns(const struct import *m, arena *a) {
    if (!m->sink->warn || m->plan->missing.count == 0) return;
    OWNED_VALUE(buffer) names = {.max = 4096};
    for (EACH(const text, name, &m->plan->missing)) buffer_print(&names, "%s\"%.*s\"", names.len ? ", " : "", TEXT_ARG(*name));
    m->sink->warn(m->sink->state, ITEM_CONNECTOR_CONFIGURATION,
                  arena_print(a,
                              "The file lacks the columns %.*s; the stored values of these attributes were kept. Retrieve the "
                              "schema, or deselect the attributes.",
                              TEXT_ARG(buffer_as_text(&names))));
}

static error *check_run(const struct file_options *o, const struct run_profile *profile) {
    if (profile && profile->type == RUN_DELTA_IMPORT)
        return FAIL(ERROR_UNSUPPORTED, "A file is a full statement; there is no Delta Import of files.");
    if (o->mode == MODE_EXPORT_ONLY)
        return FAIL(ERROR_INVALID, "The setting \"Mode\" is Export Only; set Bidirectional to import this file too.");
    return NULL;
}

error *file_import(const struct connector_use *use, const struct import_request *request, const struct import_sink *sink) {
    OWNED(arena) a = arena_new(64 << 20);
    OWNED(duplicate_keys) duplicates = duplicate_keys_new();
    OWNED_VALUE(file_options) options = {0};
    OWNED_VALUE(file_source) source = {.fd = -1};
    struct import_plan plan;
    struct import m = {use, sink, &options, &source, &plan, 0, duplicates};
    TRY(file_options_read(a, &use->system->settings, NULL, &options));
    TRY(check_run(&options, request->profile));
    ctx_phase(use->ctx, T("read"), T("Reading the file"));
    text path = request->profile ? text_trim_ascii(request->profile->file_path) : (text){0};
    TRY(file_source_open(a, use->ctx->file_roots, &options, text_is_empty(path) ? options.path : path, &source));
    TRY(import_plan_make(a, use->system, &options, &source, &plan));
    TRY(first_reading(&m));
    ctx_expected(use->ctx, m.total);
    warn_of_missing_columns(&m, a);
    TRY(sink->begin(sink->state, m.total, duplicates));
    return second_reading(&m);
}
