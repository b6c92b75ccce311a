/* A connector for tests with partitions, containers, pages, deltas of nothing, and slowness: a directory in a text file. It adds
 * itself to the program that it is linked with.
 *
 *     partition;dc=one                                        a partition
 *     container;ou=People,dc=one;stable-1                     a container: its name and its stable id
 *     person;uid=ann,ou=People,dc=one;id=1;name=Ann;boss=…    an object: its type, its name, its attributes
 *
 * A file beside it, FILE.slow, holds milliseconds that every object takes, read and written. */
#include "connectors/context.h"
#include "connectors/dn.h"
#include "connectors/host.h"
#include "connectors/scope.h"
#include "connectors/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SETTING_PATH = 1, FILE_BYTES = 64 << 20, MEMORY = 512 << 20 };

struct connector {
    arena *a;
    const struct scope_containers *scope;
    struct texts lines, created;
    text path;
    long slow_ms;
    bool changed;
};

static struct connector *make(void) {
    struct connector *c = calloc(1, sizeof *c);
    if (!c) abort();
    c->a = arena_new(MEMORY);
    return c;
}

static void destroy(struct connector *c) {
    arena_free(c->a);
    free(c);
}

/* ---- the file ---- */

static bool next_part(text *rest, char separator, text *part) {
    if (text_is_null(*rest)) return false;
    size_t end = text_find_byte(*rest, separator);
    *part = end == SIZE_MAX ? *rest : text_slice(*rest, 0, end);
    *rest = end == SIZE_MAX ? (text){0} : text_slice(*rest, end + 1, rest->len);
    return true;
}

static text read_whole(arena *a, const char *path) {
    FILE *f = fopen(path, "r");
    if (!f) return (text){0};
    char *at = arena_bytes(a, FILE_BYTES);
    size_t len = fread(at, 1, FILE_BYTES, f);
    fclose(f);
    return (text){at, len};
}

static error *load(const struct connector_use *use) {
    struct connector *c = use->connector;
    c->path = setting_text(&use->system->settings, SETTING_PATH);
    c->lines = (struct texts){0};
    text line, slow = read_whole(c->a, arena_print(c->a, "%.*s.slow", TEXT_ARG(c->path)).at);
    text all = read_whole(c->a, arena_cstring(c->a, c->path));
    if (text_is_null(all)) return FAIL(ERROR_IO, "The directory of the test cannot be read.");
    if (!text_is_null(slow)) c->slow_ms = strtol(arena_cstring(c->a, slow), NULL, 10);
    while (next_part(&all, '\n', &line))
        if (line.len && line.at[0] != '#') *LIST_ADD(c->a, &c->lines) = line;
    return NULL;
}

static void save(struct connector *c) {
    FILE *f = c->changed ? fopen(arena_cstring(c->a, c->path), "w") : NULL;
    if (!f) return;
    for (EACH(const text, line, &c->lines))
        if (line->len) fprintf(f, "%.*s\n", TEXT_ARG(*line));
    fclose(f);
    c->changed = false;
}

static text kind_of(text line) {
    text kind;
    return next_part(&line, ';', &kind) ? kind : (text){0};
}

static text name_of(text line) {
    text kind, name = {0};
    if (next_part(&line, ';', &kind)) next_part(&line, ';', &name);
    return name;
}

static bool is_object(text line) {
    text kind = kind_of(line);
    return !text_equal(kind, T("partition")) && !text_equal(kind, T("container"));
}

static text value_of(text line, text name) {
    text part;
    while (next_part(&line, ';', &part)) {
        size_t equal = text_find_byte(part, '=');
        if (equal != SIZE_MAX && text_equal(text_slice(part, 0, equal), name)) return text_slice(part, equal + 1, part.len);
    }
    return (text){0};
}

static bool pause_for(const struct connector_use *use) {
    long left = use->connector->slow_ms;
    for (; left > 0; left -= 50) {
        struct timespec t = {0, (left < 50 ? left : 50) * 1000000};
        nanosleep(&t, NULL);
        error *e = ctx_check(use->ctx);
        error_free(e);
        if (e) return false;
    }
    return true;
}

/* ---- hierarchy and schema ---- */

static void take_containers(struct connector *c, arena *a, text parent, struct found_containers *out) {
    for (EACH(const text, line, &c->lines)) {
        text kind, name, stable = {0}, rest = *line;
        if (!text_equal(kind_of(*line), T("container")) || !dn_within(name_of(*line), parent, true)) continue;
        next_part(&rest, ';', &kind), next_part(&rest, ';', &name), next_part(&rest, ';', &stable);
        name = arena_text(a, name);
        stable = arena_text(a, stable);
        struct found_container *f = LIST_ADD(a, out);
        *f = (struct found_container){.external_id = name, .stable_id = stable, .name = dn_first_value(a, name)};
        take_containers(c, a, name, &f->children);
    }
}

static error *partitions(const struct connector_use *use, arena *a, struct found_partitions *out) {
    TRY(load(use));
    for (EACH(const text, line, &use->connector->lines)) {
        if (!text_equal(kind_of(*line), T("partition"))) continue;
        struct found_partition *p = LIST_ADD(a, out);
        *p = (struct found_partition){.external_id = arena_text(a, name_of(*line))};
        p->name = p->external_id;
        take_containers(use->connector, a, p->external_id, &p->containers);
    }
    return NULL;
}

static error *container_counts(const struct connector_use *use, arena *a, text partition, const struct texts *types,
                               struct container_counts *out) {
    (void)types;
    out->complete = true;
    for (EACH(const text, line, &use->connector->lines)) {
        if (!text_equal(kind_of(*line), T("container")) || !dn_within(name_of(*line), partition, false)) continue;
        struct container_count *n = LIST_ADD(a, &out->list);
        n->container = name_of(*line);
        for (EACH(const text, object, &use->connector->lines))
            n->objects += is_object(*object) && dn_within(name_of(*object), n->container, true);
    }
    return NULL;
}

static bool is_within_container(text object_id, const struct scope_container *container) {
    return dn_within(object_id, container->external_id, container->one_level);
}

static void set_managed_scope(struct connector *c, const struct scope_containers *containers) { c->scope = containers; }

static void add_attribute(arena *a, struct schema_type *t, const char *name, enum data_type type, enum plurality plurality) {
    *LIST_ADD(a, &t->attributes) = (struct schema_attribute){.name = text_of(name), .type = type, .plurality = plurality};
}

static error *schema(const struct connector_use *use, arena *a, struct connector_schema *out) {
    static const char *const names[] = {"person", "group"};
    (void)use;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct schema_type *t = LIST_ADD(a, &out->types);
        *t = (struct schema_type){.name = text_of(names[i]), .external_id = T("id"), .secondary_external_id = T("dn")};
        add_attribute(a, t, "id", TYPE_TEXT, SINGLE_VALUED);
        add_attribute(a, t, "dn", TYPE_TEXT, SINGLE_VALUED);
        add_attribute(a, t, "name", TYPE_TEXT, SINGLE_VALUED);
        add_attribute(a, t, "boss", TYPE_REFERENCE, SINGLE_VALUED);
        add_attribute(a, t, "member", TYPE_REFERENCE, MULTI_VALUED);
    }
    return NULL;
}

/* ---- import ---- */

static error *open_import(const struct connector_use *use, const struct import_request *request) {
    (void)request;
    return load(use);
}

static error *read_attribute(arena *a, const struct cs_type *type, text name, text list, struct import_object *o) {
    struct import_attribute *t = LIST_ADD(a, &o->attributes);
    const struct cs_attribute *known = type ? config_cs_attribute_named(type, name) : NULL;
    text one;
    t->name = name;
    if (known) t->values.attribute = known->id;
    while (next_part(&list, '|', &one)) {
        struct value *v = LIST_ADD(a, &t->values);
        if (!value_read(a, known ? known->type : TYPE_TEXT, one, v)) return FAIL(ERROR_INVALID, "A value cannot be read.");
    }
    return NULL;
}

static const struct partition *partition_of(const struct connected_system *s, text dn) {
    for (EACH(const struct partition, p, &s->partitions))
        if (dn_within(dn, p->external_id, false)) return p;
    return NULL;
}

static error *read_object(const struct connector_use *use, arena *a, text line, struct import_object *o) {
    text part, rest = line, dn = name_of(line);
    const struct partition *p = partition_of(use->system, dn);
    next_part(&rest, ';', &o->type_name);
    next_part(&rest, ';', &part);
    o->type = config_cs_type_named(use->system, o->type_name);
    o->partition = p ? p->id : 0;
    TRY(read_attribute(a, o->type, T("dn"), dn, o));
    while (next_part(&rest, ';', &part)) {
        size_t equal = text_find_byte(part, '=');
        if (equal != SIZE_MAX)
            TRY(read_attribute(a, o->type, text_slice(part, 0, equal), text_slice(part, equal + 1, part.len), o));
    }
    return NULL;
}

static void discard(arena *a, struct import_page *out, int32_t container) {
    for (EACH(struct discarded_entries, d, &out->discarded))
        if (d->container == container) {
            d->count++;
            return;
        }
    *LIST_ADD(a, &out->discarded) = (struct discarded_entries){container, 1};
}

/* Searches below one selection; exclusions are applied to what is found there. */
static error *search(const struct connector_use *use, arena *a, const struct connector_ops *ops, const struct scope_container *base,
                     struct import_page *out) {
    struct connector *c = use->connector;
    for (EACH(const text, line, &c->lines)) {
        const struct scope_container *by;
        if (!is_object(*line) || (base && !is_within_container(name_of(*line), base))) continue;
        if (!pause_for(use)) return FAIL(ERROR_CANCELLED, "The search was stopped.");
        bool allowed = !c->scope || scope_allows(ops, c->scope, name_of(*line), &by);
        if (allowed)
            TRY(read_object(use, a, *line, LIST_ADD(a, &out->objects)));
        else if (by)
            discard(a, out, by->id);
    }
    return NULL;
}

extern const struct connector_definition test_directory;

/* One selection a page. */
static error *import_page(const struct connector_use *use, arena *a, const struct import_request *request,
                          struct import_page *out) {
    struct scope_containers bases = {0};
    int32_t at = 0;
    const struct scope_containers *scope = use->connector->scope;
    if (!scope) return search(use, a, &test_directory.ops, NULL, out);
    scope_bases(a, &test_directory.ops, scope, &bases);
    if (request->tokens.count && !text_to_int32(request->tokens.at[0].value, &at)) return FAIL(ERROR_INVALID, "That is no page.");
    if ((size_t)at < bases.count) TRY(search(use, a, &test_directory.ops, &bases.at[at], out));
    if ((size_t)at + 1 < bases.count) *LIST_ADD(a, &out->tokens) = (struct import_token){T("base"), arena_print(a, "%d", at + 1)};
    return NULL;
}

/* ---- export ---- */

static error *open_export(const struct connector_use *use, arena *a, text persisted) {
    (void)a, (void)persisted;
    return load(use);
}

static error *close_export(const struct connector_use *use, arena *a, text *persisted) {
    (void)a, (void)persisted;
    save(use->connector);
    return NULL;
}

static text *line_of(struct connector *c, text id) {
    for (EACH(text, line, &c->lines))
        if (line->len && is_object(*line) && text_equal(value_of(*line, T("id")), id)) return line;
    return NULL;
}

static text without(arena *a, text list, text value) {
    text one, out = T("");
    while (list.len && next_part(&list, '|', &one))
        if (!text_equal(one, value)) out = arena_print(a, "%.*s%s%.*s", TEXT_ARG(out), out.len ? "|" : "", TEXT_ARG(one));
    return out;
}

static text with_value(arena *a, text line, text name, text value) {
    text part, rest = line, out = {0};
    while (next_part(&rest, ';', &part)) {
        size_t equal = text_find_byte(part, '=');
        bool same = !text_is_null(out) && equal != SIZE_MAX && text_equal(text_slice(part, 0, equal), name);
        if (same) continue;
        out = text_is_null(out) ? part : arena_print(a, "%.*s;%.*s", TEXT_ARG(out), TEXT_ARG(part));
    }
    return value.len ? arena_print(a, "%.*s;%.*s=%.*s", TEXT_ARG(out), TEXT_ARG(name), TEXT_ARG(value)) : out;
}

static text renamed(arena *a, text line, text dn) {
    text kind = {0}, name = {0}, rest = line;
    next_part(&rest, ';', &kind), next_part(&rest, ';', &name);
    return text_is_null(rest) ? arena_print(a, "%.*s;%.*s", TEXT_ARG(kind), TEXT_ARG(dn))
                              : arena_print(a, "%.*s;%.*s;%.*s", TEXT_ARG(kind), TEXT_ARG(dn), TEXT_ARG(rest));
}

static text changed(arena *a, text line, const struct export_attribute *c) {
    text name = c->attribute->name, value = c->has_value ? value_text(a, &c->value) : T("");
    if (text_equal(name, T("dn"))) return renamed(a, line, value);
    text before = value_of(line, name);
    if (c->change == CHANGE_ADD && before.len)
        value = arena_print(a, "%.*s|%.*s", TEXT_ARG(without(a, before, value)), TEXT_ARG(value));
    if (c->change == CHANGE_REMOVE) value = without(a, before, value);
    return with_value(a, line, name, value);
}

static bool has_place(struct connector *c, text dn) {
    for (EACH(const text, line, &c->lines))
        if (line->len && !is_object(*line) && dn_within(dn, name_of(*line), false) && dn_within(name_of(*line), dn, false))
            return true;
    return false;
}

/* The containers above an object are made when they are missing, the highest first. */
static void make_parents(struct connector *c, text dn) {
    text parent = dn_parent(dn);
    if (text_is_empty(parent) || has_place(c, parent)) return;
    make_parents(c, parent);
    *LIST_ADD(c->a, &c->lines) = arena_print(c->a, "container;%.*s;made-%zu", TEXT_ARG(parent), c->created.count + 1);
    *LIST_ADD(c->a, &c->created) = arena_text(c->a, parent);
}

static struct export_result carry_out(struct connector *c, const struct export_item *item) {
    bool create = item->change == EXPORT_CREATE;
    text *at = create ? NULL : line_of(c, item->external_id);
    if (!create && !at) return (struct export_result){.done = true, .error_message = T("There is no such object.")};
    text line = create ? arena_print(c->a, "%.*s;", TEXT_ARG(item->type->name)) : *at;
    for (EACH(const struct export_attribute, change, &item->changes)) line = changed(c->a, line, change);
    if (item->change == EXPORT_DELETE) line = T("");
    line = arena_text(c->a, line);
    if (line.len) make_parents(c, name_of(line));
    if (!create) at = line_of(c, item->external_id); /* the list may have moved */
    if (create)
        *LIST_ADD(c->a, &c->lines) = line;
    else
        *at = line;
    c->changed = true;
    struct export_result r = {.done = true, .success = true};
    if (line.len) r.external_id = value_of(line, T("id")), r.secondary_external_id = name_of(line);
    return r;
}

static error *export_batch(const struct connector_use *use, arena *a, const struct export_item *items, size_t count,
                           struct export_result *results) {
    (void)a;
    for (size_t i = 0; i < count; i++) {
        if (!pause_for(use)) return FAIL(ERROR_CANCELLED, "The export was stopped.");
        results[i] = carry_out(use->connector, &items[i]);
    }
    return NULL;
}

static error *created_containers(struct connector *c, arena *a, struct texts *out) {
    for (EACH(const text, id, &c->created)) *LIST_ADD(a, out) = arena_text(a, *id);
    return NULL;
}

static const struct setting_definition settings[] = {{.id = SETTING_PATH,
                                                      .name = "Path",
                                                      .category = CATEGORY_GENERAL,
                                                      .type = SETTING_STRING,
                                                      .required = true,
                                                      .description = "The file that holds the directory."}};

const struct connector_definition test_directory = {
    .id = 900,
    .name = "Test Directory",
    .label = "Test Directory",
    .description = "A directory in a text file, for tests.",
    .can = {.full_import = true,
            .export = true,
            .paging = true,
            .partitions = true,
            .partition_containers = true,
            .secondary_external_id = true},
    .settings = settings,
    .settings_count = 1,
    .ops = {.make = make,
            .destroy = destroy,
            .schema = schema,
            .partitions = partitions,
            .container_counts = container_counts,
            .is_within_container = is_within_container,
            .set_managed_scope = set_managed_scope,
            .open_import = open_import,
            .import_page = import_page,
            .open_export = open_export,
            .close_export = close_export,
            .export_batch = export_batch,
            .created_containers = created_containers},
};

__attribute__((constructor)) static void add_directory(void) {
    if (!connector_add(&test_directory)) abort();
}
