/* Systems that are files: their rows as CSV, between the simulated world and the real connector. */
#include "connectors/file/file.h"

#include "connectors/settings.h"
#include "engine_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path_of(const struct engine *e, int system) {
    static char path[128];
    snprintf(path, sizeof path, "%s/S%d.csv", e->files, system);
    return path;
}

void engine_files_open(struct engine *e) {
    snprintf(e->files, sizeof e->files, "%s-files", e->path);
    if (mkdir(e->files, 0700) && access(e->files, W_OK)) abort();
}

void engine_files_close(struct engine *e) {
    for (int i = 0; i < SYSTEMS; i++) unlink(path_of(e, i));
    rmdir(e->files);
}

static void set(struct setting_values *values, int32_t id, text value) {
    for (EACH(struct setting_value, v, values))
        if (v->setting == id) v->value = value;
}

void engine_file_settings(struct engine *e, int system, struct connected_system *c) {
    c->definition = file_connector.id;
    settings_defaults(e->a, &file_connector, &c->settings);
    set(&c->settings, FILE_PATH, arena_text(e->a, text_of(path_of(e, system))));
    set(&c->settings, FILE_TYPE_COLUMN, T("type"));
    set(&c->settings, FILE_MODE, T("Bidirectional"));
}

static void write_row(const struct sim_object *o, FILE *f) {
    fprintf(f, "\"t%d\"", o->type);
    for (int at = 0; at < ATTRS; at++) {
        fprintf(f, ",\"");
        for (int i = 0; i < o->values[at].n; i++) fprintf(f, "%s%s", i ? "|" : "", o->values[at].at[i]);
        fprintf(f, "\"");
    }
    fputc('\n', f);
}

static void write_file(const char *path, const struct sim *s) {
    FILE *f = fopen(path, "wb");
    if (!f) abort();
    fprintf(f, "type");
    for (int at = 0; at < ATTRS; at++) fprintf(f, ",%s", kinds[at].name);
    fputc('\n', f);
    for (int i = 0; i < s->count; i++) write_row(&s->objects[i], f);
    fclose(f);
}

void engine_files_write(struct engine *e) {
    for (int i = 0; i < e->story->systems; i++)
        if (e->story->system[i].file) write_file(path_of(e, i), &e->sim[i]);
}

/* The next field of a line without quotes inside of fields. */
static char *next_field(char **rest) {
    char *from = *rest;
    bool quoted = *from == '"';
    from += quoted;
    char *end = from + strcspn(from, quoted ? "\"" : ",\r\n");
    *rest = end + quoted;
    *rest += **rest == ',';
    *end = '\0';
    return from;
}

/* A date as stories write it: without the fraction. */
static const char *word_in(int attr, char *word) {
    char *fraction = kinds[attr].type == TYPE_DATETIME ? strstr(word, ".0000000Z") : NULL;
    if (fraction) strcpy(fraction, "Z");
    return intern(word, strlen(word));
}

static void read_cell(int attr, char *cell, struct words *out) {
    char *rest = cell;
    out->n = 0;
    if (!*cell) return;
    if (!is_multi(attr)) *out = (struct words){1, {word_in(attr, cell)}};
    for (char *part; is_multi(attr) && (part = strsep(&rest, "|"));) out->at[out->n++] = word_in(attr, part);
    if (is_multi(attr)) sim_trim(out);
}

static bool same_rows(const struct sim *x, const struct sim *y) {
    if (x->count != y->count) return false;
    for (int i = 0; i < x->count; i++)
        for (int at = 0; at < ATTRS; at++)
            if (!same_words(&x->objects[i].values[at], &y->objects[i].values[at])) return false;
    return true;
}

static void read_file(const char *path, struct sim *s) {
    static struct sim before;
    char *line = NULL;
    size_t room = 0;
    FILE *f = fopen(path, "rb");
    if (!f || getline(&line, &room, f) < 0) abort();
    before = *s;
    for (s->count = 0; getline(&line, &room, f) > 0;) {
        struct sim_object *o = &s->objects[s->count++];
        char *rest = line;
        memset(o, 0, sizeof *o);
        o->type = atoi(next_field(&rest) + 1);
        for (int at = 0; at < ATTRS; at++) read_cell(at, next_field(&rest), &o->values[at]);
    }
    s->version += !same_rows(&before, s);
    free(line);
    fclose(f);
}

void engine_files_read(struct engine *e, struct sim *into) {
    for (int i = 0; i < e->story->systems; i++)
        if (e->story->system[i].file) read_file(path_of(e, i), &into[i]);
}
