/* The shared parts of connector tests. */
#include "fixture.h"

#include "base/unicode.h"
#include "connectors/file/declared.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static bool cancelled(void *state) {
    struct fixture *f = state;
    return f->batches_until_cancel && f->batches >= f->batches_until_cancel;
}

static void enter_phase(void *state, text key, text name) {
    struct fixture *f = state;
    (void)name;
    *LIST_ADD(f->a, &f->phases) = arena_text(f->a, key);
}

int fixture_setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->a = arena_new((size_t)1 << 30);
    strcpy(f->root, "/tmp/joinery-connectors-XXXXXX");
    if (!mkdtemp(f->root)) return -1;
    *LIST_ADD(f->a, &f->roots) = text_of(f->root);
    f->ctx = (struct run_ctx){.state = f, .cancelled = cancelled, .enter_phase = enter_phase, .file_roots = &f->roots};
    f->system = (struct connected_system){.id = 1, .definition = 1, .name = T("people")};
    f->profile = (struct run_profile){.id = 1, .system = 1, .type = RUN_FULL_IMPORT};
    f->seen.max = (size_t)1 << 30;
    settings_defaults(f->a, &file_connector, &f->system.settings);
    fixture_set(f, FILE_PATH, fixture_path(f, "users.csv"));
    fixture_set(f, FILE_OBJECT_TYPE, "user");
    *state = f;
    return 0;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *walk) {
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

int fixture_teardown(void **state) {
    struct fixture *f = *state;
    nftw(f->root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    buffer_free(&f->seen);
    arena_free(f->batch);
    arena_free(f->a);
    free(f);
    return 0;
}

void fixture_set(struct fixture *f, int32_t setting, const char *value) {
    for (EACH(struct setting_value, v, &f->system.settings))
        if (v->setting == setting) v->value = arena_text(f->a, text_of(value));
}

const char *fixture_path(struct fixture *f, const char *name) { return arena_print(f->a, "%s/%s", f->root, name).at; }

void fixture_write(struct fixture *f, const char *name, text bytes) {
    FILE *file = fopen(fixture_path(f, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.at, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

text fixture_read(struct fixture *f, const char *name) {
    FILE *file = fopen(fixture_path(f, name), "rb");
    if (!file) return (text){0};
    OWNED_VALUE(buffer) b = {.max = 1 << 28};
    char block[4096];
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;) buffer_add(&b, block, n);
    fclose(file);
    return arena_text(f->a, buffer_as_text(&b));
}

static void take_error(struct fixture *f, error *e) {
    f->problem[0] = '\0';
    if (!e) return;
    f->kind = e->kind;
    error_chain(e, f->problem, sizeof f->problem);
    error_free(e);
}

void fixture_failed(struct fixture *f, enum error_kind kind, const char *words) {
    if (!strstr(f->problem, words)) fail_msg("\"%s\" does not say \"%s\"", f->problem, words);
    assert_int_equal(f->kind, kind);
}

static void adopt(struct fixture *f, const struct connector_schema *found) {
    struct schema_merge m;
    int32_t next = 1;
    schema_merge(f->a, &file_connector, &f->system, found, (instant){1}, &m);
    f->system.types = m.types;
    for (EACH(struct cs_type, t, &f->system.types)) {
        if (t->id == 0) t->id = 10 * next++;
        t->selected = true;
        t->external_id = NULL;
        for (EACH(struct cs_attribute, c, &t->attributes)) {
            if (c->id == 0) c->id = t->id * 100 + (int32_t)(c - t->attributes.at) + 1;
            c->type_id = t->id;
            c->selected = true;
            if (c->external_id) t->external_id = c;
        }
    }
}

void fixture_schema(struct fixture *f, const char *declaration) {
    struct connector_schema declared;
    take_error(f, declared_schema_read(f->a, arena_text(f->a, text_of(declaration)), &declared));
    assert_ok(f);
    f->system.types = (struct cs_types){0};
    adopt(f, &declared);
}

static struct connector_use use_of(struct fixture *f) { return (struct connector_use){.ctx = &f->ctx, .system = &f->system}; }

void fixture_adopt_schema(struct fixture *f, const char *external_id) {
    struct connector_schema found;
    struct connector_use use = use_of(f);
    take_error(f, file_connector.ops.schema(&use, f->a, &found));
    assert_ok(f);
    for (EACH(struct schema_type, t, &found.types)) t->external_id = text_of(external_id);
    f->system.types = (struct cs_types){0};
    adopt(f, &found);
}

struct cs_type *fixture_type(struct fixture *f, const char *type) {
    for (EACH(struct cs_type, t, &f->system.types))
        if (text_equal(t->name, text_of(type))) return t;
    fail_msg("no type %s", type);
    return NULL;
}

struct cs_attribute *fixture_attribute(struct fixture *f, const char *type, const char *name) {
    for (EACH(struct cs_attribute, c, &fixture_type(f, type)->attributes))
        if (text_equal(c->name, text_of(name))) return c;
    fail_msg("no attribute %s.%s", type, name);
    return NULL;
}

const char *fixture_discover(struct fixture *f) {
    struct connector_schema found;
    struct connector_use use = use_of(f);
    buffer_clear(&f->seen);
    take_error(f, file_connector.ops.schema(&use, f->a, &found));
    for (size_t i = 0; !f->problem[0] && i < found.types.count; i++) {
        const struct schema_type *t = &found.types.at[i];
        buffer_print(&f->seen, "%.*s =", TEXT_ARG(t->name));
        for (EACH(const struct schema_attribute, c, &t->attributes)) {
            buffer_print(&f->seen, "%s %.*s", c == t->attributes.at ? "" : ",", TEXT_ARG(c->name));
            if (text_equal(c->name, t->external_id)) buffer_print(&f->seen, "!");
            if (c->type != TYPE_TEXT) buffer_print(&f->seen, ":%s", enum_name(&data_type_names, c->type));
            if (c->plurality == MULTI_VALUED) buffer_print(&f->seen, "[]");
        }
        buffer_print(&f->seen, "\n");
    }
    f->warning = !f->problem[0] && found.warnings.count ? found.warnings.at[0] : (text){0};
    buffer_byte(&f->seen, '\0');
    return f->seen.at;
}

/* ---- Import ---- */
static struct text_map came; /* key → how often it came in the first reading */

static text map_key(const uint64_t key[2]) { return (text){(const char *)key, 16}; }

/* Every row is wanted. */
static error *glimpse(void *state, struct import_glimpse *rows, size_t count) {
    struct fixture *f = state;
    assert_in_range(count, 0, 1000);
    for (size_t i = 0; i < count; i++) {
        int *times = text_map_get(&came, map_key(rows[i].key));
        if (!times) text_map_put(&came, arena_text(f->a, map_key(rows[i].key)), times = ARENA_NEW(f->a, int));
        ++*times;
        rows[i].wanted |= !f->unwanted || !f->unwanted(f, &rows[i]);
    }
    return NULL;
}

static error *begin(void *state, int64_t total, bool *again) {
    struct fixture *f = state;
    f->total = total;
    *again = false;
    return NULL;
}

static void show_value(struct fixture *f, const struct value *v) {
    text t = value_text(f->a, v);
    buffer_text(&f->seen, t);
}

static void show_attribute(struct fixture *f, const struct import_attribute *c) {
    buffer_print(&f->seen, " %.*s=", TEXT_ARG(c->name));
    if (c->unparsed) {
        assert_int_equal(c->values.count, 0);
        buffer_print(&f->seen, "?");
        return;
    }
    if (c->values.count != 1) buffer_print(&f->seen, "[");
    for (size_t i = 0; i < c->values.count; i++) {
        if (i) buffer_print(&f->seen, "|");
        show_value(f, &c->values.at[i]);
    }
    if (c->values.count != 1) buffer_print(&f->seen, "]");
}

static bool is_told_duplicate(struct fixture *f, const struct import_object *o) {
    for (EACH(const struct import_attribute, c, &o->attributes))
        if (o->type && o->type->external_id && c->values.attribute == o->type->external_id->id && c->values.count == 1) {
            uint64_t key[2];
            import_key(o->type->id, text_fold(f->a, value_text(f->a, c->values.at)), key);
            const int *times = text_map_get(&came, map_key(key));
            assert_non_null(times);
            return *times > 1;
        }
    return false;
}

static arena *memory(void *state) {
    struct fixture *f = state;
    if (!f->batch) f->batch = arena_new(256 << 20);
    arena_reset(f->batch);
    return f->batch;
}

static error *deliver(void *state, arena *memory_, const struct import_objects *batch) {
    struct fixture *f = state;
    assert_ptr_equal(memory_, f->batch);
    f->batches++;
    if ((int64_t)batch->count > f->largest_batch) f->largest_batch = (int64_t)batch->count;
    for (EACH(const struct import_object, o, batch)) {
        buffer_print(&f->seen, "%lld%s %.*s", (long long)o->row, is_told_duplicate(f, o) ? "=dup" : "", TEXT_ARG(o->type_name));
        int32_t last = 0;
        for (EACH(const struct import_attribute, c, &o->attributes)) {
            assert_true(c->values.attribute > last);
            last = c->values.attribute;
            show_attribute(f, c);
        }
        if (o->error) buffer_print(&f->seen, " !%s %.*s", enum_name(&import_error_names, o->error), TEXT_ARG(o->error_message));
        buffer_print(&f->seen, "\n");
    }
    if (f->between) f->between(f);
    return NULL;
}

static void warn(void *state, enum item_error kind, text message) {
    struct fixture *f = state;
    (void)kind;
    f->warning = arena_text(f->a, message);
}

const char *fixture_import(struct fixture *f) {
    struct connector_use use = use_of(f);
    struct import_request request = {.profile = &f->profile};
    struct import_sink sink = {f, glimpse, begin, memory, deliver, warn};
    text_map_init(&came, f->a, 16);
    buffer_clear(&f->seen);
    f->total = -1;
    f->batches = f->largest_batch = 0;
    f->warning = (text){0};
    f->phases.count = 0;
    take_error(f, file_connector.ops.import_file(&use, &request, &sink));
    buffer_byte(&f->seen, '\0');
    return f->seen.at;
}

/* ---- Export ---- */

/* Gives items in pages of three. */
struct given {
    struct fixture *f;
    const struct export_item *items;
    struct export_result *results;
    size_t count, at, page;
};

static error *next_page(void *state, const struct export_item **items, size_t *count) {
    struct given *g = state;
    g->at += g->page;
    g->page = g->count - g->at < 3 ? g->count - g->at : 3;
    *items = g->items + g->at;
    *count = g->page;
    return NULL;
}

static error *told(void *state, const struct export_result *results) {
    struct given *g = state;
    for (size_t i = 0; i < g->page; i++) {
        struct export_result *r = &g->results[g->at + i];
        *r = results[i];
        r->external_id = arena_text(g->f->a, r->external_id);
        r->error_message = arena_text(g->f->a, r->error_message);
    }
    return NULL;
}

static error *export_all(const struct connector_use *use, struct given *g) {
    error *e = file_connector.ops.export_file(use, &(struct export_source){.state = g, .next = next_page, .told = told});
    if (e) memset(g->results, 0, g->count * sizeof *g->results);
    return e;
}

const char *fixture_export(struct fixture *f, const struct export_item *items, size_t count) {
    struct connector_use use = use_of(f);
    struct export_result *results = ARENA_ARRAY(f->a, struct export_result, count);
    buffer_clear(&f->seen);
    f->phases.count = 0;
    take_error(f, export_all(&use, &(struct given){f, items, results, count, 0, 0}));
    for (size_t i = 0; i < count; i++) {
        if (!results[i].done)
            buffer_print(&f->seen, "left\n");
        else if (results[i].success)
            buffer_print(&f->seen, "ok %.*s\n", TEXT_ARG(results[i].external_id));
        else
            buffer_print(&f->seen, "%s: %.*s\n", enum_name(&export_error_names, results[i].error),
                         TEXT_ARG(results[i].error_message));
    }
    buffer_byte(&f->seen, '\0');
    return f->seen.at;
}

struct value fixture_value(struct fixture *f, const struct cs_attribute *c, const char *literal) {
    struct value v;
    assert_true(value_read(f->a, c->type, text_of(literal), &v));
    return v;
}
