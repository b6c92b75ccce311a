/* A connector for measuring: the File connector, which also delivers deltas. A delta is the rows of FILE.delta, page by page, with
 * the time of the reading as its watermark. It adds itself to the program that it is linked with. */
#include "base/csv.h"
#include "connectors/context.h"
#include "connectors/file/file.h"
#include "connectors/host.h"
#include "connectors/settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAGE = 1000, TYPE_COLUMN = 0 };

struct connector {
    arena *a;
    int fd;
    csv_reader *reader;
    struct texts columns;
};

static struct connector *make(void) {
    struct connector *c = calloc(1, sizeof *c);
    if (!c) abort();
    *c = (struct connector){.a = arena_new(1 << 20), .fd = -1};
    return c;
}

static void destroy(struct connector *c) {
    csv_reader_free(c->reader);
    if (c->fd >= 0) close(c->fd);
    arena_free(c->a);
    free(c);
}

static error *read_bytes(void *state, char *into, size_t room, size_t *got) {
    ssize_t n = read(((struct connector *)state)->fd, into, room);
    if (n < 0) return FAIL(ERROR_IO, "The delta cannot be read.");
    *got = (size_t)n;
    return NULL;
}

static error *open_import(const struct connector_use *use, const struct import_request *request) {
    struct connector *c = use->connector;
    struct csv_record header;
    bool found;
    (void)request;
    c->fd =
        open(arena_print(c->a, "%.*s.delta", TEXT_ARG(setting_text(&use->system->settings, FILE_PATH))).at, O_RDONLY | O_CLOEXEC);
    TRY(csv_reader_new((struct csv_source){c, read_bytes}, T(","), (struct csv_limits){0}, &c->reader));
    TRY(csv_next(c->reader, &header, &found));
    for (size_t i = 0; found && i < header.count; i++) *LIST_ADD(c->a, &c->columns) = arena_text(c->a, header.fields[i]);
    return NULL;
}

static void read_value(arena *a, const struct cs_attribute *known, text cell, struct import_attribute *t) {
    if (!value_read(a, known->type, arena_text(a, cell), LIST_ADD(a, &t->values))) t->unparsed = true;
    if (t->unparsed) t->values.count = 0;
}

static void read_cell(arena *a, const struct cs_attribute *known, text cell, struct import_object *o) {
    struct import_attribute *t = LIST_ADD(a, &o->attributes);
    *t = (struct import_attribute){.name = known->name, .values = {.attribute = known->id}};
    while (!t->unparsed && known->plurality == MULTI_VALUED) {
        size_t end = text_find_byte(cell, '|');
        if (end == SIZE_MAX) break;
        read_value(a, known, text_slice(cell, 0, end), t);
        cell = text_slice(cell, end + 1, cell.len);
    }
    if (!t->unparsed) read_value(a, known, cell, t);
}

static void read_row(const struct connector_use *use, arena *a, const struct csv_record *row, struct import_object *o) {
    o->type_name = arena_text(a, row->fields[TYPE_COLUMN]);
    o->type = config_cs_type_named(use->system, o->type_name);
    for (size_t i = TYPE_COLUMN + 1; o->type && i < row->count && i < use->connector->columns.count; i++) {
        const struct cs_attribute *known = config_cs_attribute_named(o->type, use->connector->columns.at[i]);
        if (known && row->fields[i].len) read_cell(a, known, row->fields[i], o);
    }
}

static error *import_page(const struct connector_use *use, arena *a, const struct import_request *request,
                          struct import_page *out) {
    struct csv_record row;
    bool found = true;
    (void)request;
    while (out->objects.count < PAGE) {
        TRY(csv_next(use->connector->reader, &row, &found));
        if (!found) break;
        read_row(use, a, &row, LIST_ADD(a, &out->objects));
    }
    out->persisted = arena_print(a, "%lld", (long long)ctx_now(use->ctx).ticks);
    if (found) *LIST_ADD(a, &out->tokens) = (struct import_token){T("page"), T("next")};
    return NULL;
}

static struct connector_definition deltas;

__attribute__((constructor)) static void add_deltas(void) {
    deltas = file_connector;
    deltas.id = 901;
    deltas.name = deltas.label = "File With Deltas";
    deltas.can.delta_import = deltas.can.paging = true;
    deltas.ops.make = make;
    deltas.ops.destroy = destroy;
    deltas.ops.open_import = open_import;
    deltas.ops.import_page = import_page;
    if (!connector_add(&deltas)) abort();
}
