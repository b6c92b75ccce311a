/* The import of a file: one reading to count and to tell which rows matter, one to deliver those. */
#include "base/die.h"
#include "connectors/file/file.h"
#include "connectors/file/rows.h"

#include <stdio.h>
#include <stdlib.h>

enum { PROGRESS_ROWS = 10000 };

struct import {
    const struct connector_use *use;
    const struct import_sink *sink;
    struct file_options *options;
    struct file_source *source;
    struct import_plan *plan;
    int64_t total; /* rows without the header */
    struct import_glimpse asking[BATCH_ROWS];
    int64_t asking_for[BATCH_ROWS]; /* numbers of their rows, from 0 */
    size_t asking_count;
    uint8_t *wanted; /* a bit for each row that has to be delivered */
    size_t wanted_room;
    int64_t wanted_count;
};

static void make_room(struct import *m) {
    size_t room = m->wanted_room ? m->wanted_room * 2 : 4096;
    m->wanted = realloc(m->wanted, room);
    if (!m->wanted) die("out of memory");
    memset(m->wanted + m->wanted_room, 0, room - m->wanted_room);
    m->wanted_room = room;
}

static void want(struct import *m, int64_t row) {
    while ((size_t)row / 8 >= m->wanted_room) make_room(m);
    m->wanted[row / 8] |= (uint8_t)(1U << row % 8);
    m->wanted_count++;
}

static bool is_wanted(const struct import *m, int64_t row) {
    return (size_t)row / 8 < m->wanted_room && m->wanted[row / 8] & 1U << row % 8;
}

static error *ask(struct import *m) {
    TRY(ctx_check(m->use->ctx));
    TRY(m->sink->glimpse(m->sink->state, m->asking, m->asking_count));
    for (size_t i = 0; i < m->asking_count; i++)
        if (m->asking[i].wanted) want(m, m->asking_for[i]);
    m->asking_count = 0;
    return NULL;
}

/* Every row, but no object: how many there are, and which are wanted. */
static error *first_reading(struct import *m) {
    OWNED(arena) scratch = arena_new(256 << 20);
    struct csv_record record;
    m->total = m->wanted_count = 0;
    if (m->wanted) memset(m->wanted, 0, m->wanted_room);
    for (bool found;; m->total++) {
        TRY(file_source_next_raw(m->source, &record, &found));
        if (!found) break;
        struct import_glimpse *g = &m->asking[m->asking_count];
        if (rows_glimpse(m->options, m->source, m->plan, &record, scratch, g))
            m->asking_for[m->asking_count++] = m->total;
        else if (g->wanted)
            want(m, m->total);
        if (m->asking_count == BATCH_ROWS) TRY(ask(m));
        if (arena_used(scratch) > 64 << 10) arena_reset(scratch);
    }
    TRY(ask(m));
    TRY(file_source_unchanged(m->source));
    return file_source_rewind(m->options, m->source);
}

static error *deliver(struct import *m, struct row_batch *r) {
    TRY(ctx_check(m->use->ctx));
    TRY(file_source_unchanged(m->source));
    if (!r->batch) return NULL;
    arena *a = TAKE(r->batch);
    return m->sink->deliver(m->sink->state, a, &r->objects);
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

/* The wanted rows, as objects. */
static error *second_reading(struct import *m) {
    OWNED(row_batch) r = rows_new(m->options, m->source, m->plan);
    struct csv_record record;
    int64_t rows = 0;
    for (bool found = true, flagged;; rows++) {
        TRY(file_source_next_raw(m->source, &record, &found));
        if (!found) break;
        if (rows % PROGRESS_ROWS == 0) show_progress(m, rows);
        if (!is_wanted(m, rows)) continue;
        if (r->batch && rows_full(r)) TRY(deliver(m, r));
        if (!r->batch) rows_begin(r, m->sink->memory(m->sink->state));
        TRY(rows_add(r, &record, &flagged));
        if (flagged && m->options->stop_on_first_error) return stop(m, r);
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

static error *read_all(struct import *m, arena *a) {
    for (bool again = true; again;) {
        TRY(first_reading(m));
        ctx_expected(m->use->ctx, m->total);
        TRY(m->sink->begin(m->sink->state, m->total, &again));
    }
    warn_of_missing_columns(m, a);
    return m->wanted_count ? second_reading(m) : NULL;
}

error *file_import(const struct connector_use *use, const struct import_request *request, const struct import_sink *sink) {
    OWNED(arena) a = arena_new(64 << 20);
    OWNED_VALUE(file_options) options = {0};
    OWNED_VALUE(file_source) source = {.fd = -1};
    struct import_plan plan;
    struct import m = {.use = use, .sink = sink, .options = &options, .source = &source, .plan = &plan};
    TRY(file_options_read(a, &use->system->settings, NULL, &options));
    TRY(check_run(&options, request->profile));
    ctx_phase(use->ctx, T("read"), T("Reading the file"));
    text path = request->profile ? text_trim_ascii(request->profile->file_path) : (text){0};
    TRY(file_source_open(a, use->ctx->file_roots, &options, text_is_empty(path) ? options.path : path, &source));
    TRY(import_plan_make(a, use->system, &options, &source, &plan));
    error *e = read_all(&m, a);
    free(m.wanted);
    return e;
}
