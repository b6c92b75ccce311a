/* The import of a file of arbitrary bytes under a fixed schema: whatever stands there, the batches keep their promises. The first
 * byte chooses delimiter, encoding, kind of object type and strictness. */
#include "base/unicode.h"
#include "connectors/exchange.h"
#include "connectors/file/declared.h"
#include "connectors/file/file.h"
#include "connectors/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char root[64];

static void remove_root(void) {
    char path[80];
    snprintf(path, sizeof path, "%s/f.csv", root);
    unlink(path);
    rmdir(root);
}

static void write_file(const char *path, const uint8_t *data, size_t size) {
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
    close(fd);
}

static void set(struct setting_values *values, int32_t id, text value) {
    for (EACH(struct setting_value, v, values))
        if (v->setting == id) v->value = value;
}

static struct connected_system make_system(arena *a, uint8_t choice, text path) {
    static const text delimiters[] = {{",", 1}, {";;", 2}},
                      encodings[] = {{"Auto", 4}, {"Windows-1252", 12}, {"UTF-16LE", 8}, {"UTF-8", 5}};
    struct connected_system s = {.id = 1};
    struct connector_schema declared;
    struct schema_merge merged;
    settings_defaults(a, &file_connector, &s.settings);
    set(&s.settings, FILE_PATH, path);
    set(&s.settings, choice & 1 ? FILE_TYPE_COLUMN : FILE_OBJECT_TYPE, choice & 1 ? T("k") : T("u"));
    set(&s.settings, FILE_DELIMITER, delimiters[choice >> 1 & 1]);
    set(&s.settings, FILE_ENCODING, encodings[choice >> 2 & 3]);
    set(&s.settings, FILE_STOP_ON_FIRST_ERROR, choice & 16 ? T("true") : T("false"));
    if (choice & 32 && choice & 64) set(&s.settings, FILE_CULTURE, T("de-DE"));
    if (declared_schema_read(
            a,
            T("u = i!, t, n:Number, l:LongNumber, d:Decimal, w:DateTime, b:Boolean, g:Guid, x:Binary, m[], r:Reference[]\n"
              "v = n:Number!, t"),
            &declared))
        abort();
    schema_merge(a, &file_connector, &s, &declared, (instant){1}, &merged);
    s.types = merged.types;
    int32_t id = 1;
    for (EACH(struct cs_type, t, &s.types)) {
        t->id = id++;
        t->selected = true;
        for (EACH(struct cs_attribute, c, &t->attributes)) {
            c->id = id++;
            c->selected = true;
        }
    }
    return s;
}

struct seen {
    int64_t total, row;
    struct text_map keys; /* those of the first reading → how often */
    arena *a, *batch;
    struct text_map ids;
    bool stopped;
};

static text map_key(const uint64_t key[2]) { return (text){(const char *)key, 16}; }

static error *glimpse(void *state, struct import_glimpse *rows, size_t count) {
    struct seen *s = state;
    if (count > 1000) abort();
    for (size_t i = 0; i < count; i++) {
        text key = map_key(rows[i].key);
        int *times = text_map_get(&s->keys, key);
        if (!times) text_map_put(&s->keys, arena_text(s->a, key), times = ARENA_NEW(s->a, int));
        ++*times;
        rows[i].wanted = true;
    }
    return NULL;
}

static error *begin(void *state, int64_t total, bool *again) {
    struct seen *s = state;
    s->total = total;
    *again = false;
    return NULL;
}

/* Ids that are not told as repeated must not repeat. */
static void check_id(struct seen *s, const struct import_object *o, const struct values *v) {
    text folded = text_fold(s->a, value_text(s->a, &v->at[0]));
    text key = arena_print(s->a, "%d:%.*s", o->type->id, TEXT_ARG(folded));
    if (memchr(folded.at, 0, folded.len)) abort();
    bool before = text_map_put(&s->ids, key, s) != NULL;
    uint64_t hash[2];
    import_key(o->type->id, folded, hash);
    const int *times = text_map_get(&s->keys, map_key(hash));
    if (!times || (before && *times < 2)) abort();
}

static void check_object(struct seen *s, const struct import_object *o) {
    int32_t last = 0;
    if (o->row <= s->row || o->row > s->total + 1 || (o->error != IMPORT_NO_ERROR) != !text_is_null(o->error_message)) abort();
    if (!o->type && o->error != IMPORT_UNKNOWN_TYPE) abort();
    s->row = o->row;
    for (EACH(const struct import_attribute, c, &o->attributes)) {
        if (c->values.attribute <= last || c->unparsed != (c->values.count == 0)) abort();
        last = c->values.attribute;
        for (size_t i = 0; i < c->values.count; i++) {
            text t = value_text(s->a, &c->values.at[i]);
            if (!utf8_valid(t, NULL) || memchr(t.at, 0, t.len)) abort();
        }
        if (c->values.attribute == o->type->external_id->id && c->values.count) check_id(s, o, &c->values);
    }
}

static arena *memory(void *state) {
    struct seen *s = state;
    if (!s->batch) s->batch = arena_new(256 << 20);
    arena_reset(s->batch);
    return s->batch;
}

static error *deliver(void *state, arena *memory_, const struct import_objects *batch) {
    if (memory_ != ((struct seen *)state)->batch) abort();
    struct seen *s = state;
    if (batch->count == 0 || batch->count > 1000) abort();
    for (EACH(const struct import_object, o, batch)) check_object(s, o);
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[80];
    if (size == 0) return 0;
    if (!root[0]) {
        strcpy(root, "/tmp/joinery-fuzz-XXXXXX");
        if (!mkdtemp(root)) abort();
        atexit(remove_root);
    }
    snprintf(path, sizeof path, "%s/f.csv", root);
    write_file(path, data + 1, size - 1);
    OWNED(arena) a = arena_new((size_t)1 << 30);
    struct connected_system system = make_system(a, data[0], text_of(path));
    struct texts roots = {.at = &(text){root, strlen(root)}, .count = 1};
    struct run_ctx ctx = {.file_roots = &roots};
    struct connector_use use = {.ctx = &ctx, .system = &system};
    struct run_profile profile = {.type = RUN_FULL_IMPORT};
    struct import_request request = {.profile = &profile};
    struct seen seen = {.a = a};
    text_map_init(&seen.ids, a, 64);
    text_map_init(&seen.keys, a, 64);
    struct import_sink sink = {.state = &seen, .glimpse = glimpse, .begin = begin, .memory = memory, .deliver = deliver};
    OWNED(error) e = file_connector.ops.import_file(&use, &request, &sink);
    arena_free(seen.batch);
    struct connector_schema found;
    OWNED(error) e2 = file_connector.ops.schema(&use, a, &found);
    return 0;
}
