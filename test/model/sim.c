/* Connected systems in memory. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SLOTS = 1 << 16 };

const char *intern(const char *word, size_t length) {
    static char *slots[SLOTS];
    unsigned hash = 5381;
    for (size_t i = 0; i < length; i++) hash = hash * 33 + (unsigned char)word[i];
    for (unsigned at = hash % SLOTS;; at = (at + 1) % SLOTS) {
        if (!slots[at]) slots[at] = strndup(word, length);
        if (strlen(slots[at]) == length && !memcmp(slots[at], word, length)) return slots[at];
    }
}

bool same_words(const struct words *x, const struct words *y) {
    if (x->n != y->n) return false;
    for (int i = 0; i < x->n; i++)
        if (strcmp(x->at[i], y->at[i])) return false;
    return true;
}

static const char *id_of(const struct sim_object *o) { return o->values[AT_ID].n ? o->values[AT_ID].at[0] : ""; }

static struct sim_object *find(struct sim *s, int type, const char *id) {
    for (int i = 0; i < s->count; i++)
        if (s->objects[i].type == type && !strcmp(id_of(&s->objects[i]), id)) return &s->objects[i];
    return NULL;
}

static void take_out(struct sim_object *list, int *count, int at) {
    memmove(&list[at], &list[at + 1], (size_t)(*count - at - 1) * sizeof *list);
    --*count;
}

static void forget_gone(struct sim *s, int type, const char *id) {
    for (int i = s->gone_count - 1; i >= 0; i--)
        if (s->gone[i].type == type && !strcmp(id_of(&s->gone[i]), id)) take_out(s->gone, &s->gone_count, i);
}

/* Second names are unique in a system: nobody takes one that another object has. */
static bool name_is_taken(const struct sim *s, const struct sim_object *o, const char *name) {
    for (int i = 0; i < s->count; i++) {
        const struct words *w = &s->objects[i].values[AT_DN];
        if (&s->objects[i] != o && w->n && !strcasecmp(w->at[0], name)) return true;
    }
    return false;
}

static struct sim_object *add(struct sim *s, int type, const char *id) {
    if (s->count == SIM_OBJECTS) abort();
    struct sim_object *o = &s->objects[s->count++];
    memset(o, 0, sizeof *o);
    o->type = type;
    char name[40];
    int length = snprintf(name, sizeof name, "dn-%s", id);
    if (s->by_content && name_is_taken(s, o, name)) s->twins = true;
    if (name_is_taken(s, o, name)) length = snprintf(name, sizeof name, "dn--%s", id);
    o->values[AT_ID] = (struct words){1, {id}};
    o->values[AT_DN] = (struct words){1, {intern(name, (size_t)length)}};
    o->version = ++s->version;
    forget_gone(s, type, id);
    return o;
}

static void drop(struct sim *s, struct sim_object *o) {
    if (s->gone_count == SIM_OBJECTS) take_out(s->gone, &s->gone_count, 0);
    s->gone[s->gone_count] = *o;
    s->gone[s->gone_count++].version = ++s->version;
    take_out(s->objects, &s->count, (int)(o - s->objects));
}

static const char *const names[TYPES][6] = {
    {"o1", "o2", "o3", "o4", "o5", "O1"}, {"p1", "p2", "p3", "p4", "p5", "P1"}, {"q1", "q2", "q3", "q4", "q5", "Q1"}};

void sim_trim(struct words *w) {
    struct words kept = {0};
    for (int i = 0; i < w->n; i++) {
        const char *from = w->at[i] + strspn(w->at[i], " ");
        size_t length = strlen(from);
        while (length && from[length - 1] == ' ') length--;
        const char *word = intern(from, length);
        bool again = false;
        for (int k = 0; k < kept.n; k++) again = again || kept.at[k] == word;
        if (length && !again) kept.at[kept.n++] = word;
    }
    *w = kept;
}

static void give(struct sim *s, struct sim_object *o, int attr, const struct words *w) {
    struct words cell = *w;
    if (s->file && is_multi(attr)) sim_trim(&cell);
    w = &cell;
    if (attr != AT_DN || (w->n && !name_is_taken(s, o, w->at[0]))) o->values[attr] = *w;
}

static void put(struct sim *s, const struct event *e) {
    const char *id = names[e->type][e->object];
    struct sim_object *o = find(s, e->type, id);
    if (!o) o = add(s, e->type, id);
    for (int at = AT_DN; at < ATTRS; at++) give(s, o, at, &e->values[at]);
    o->version = ++s->version;
}

/* One of the objects: by its place, or by the place of its id where the order in which they came must not matter. */
static struct sim_object *pick(struct sim *s, int number) {
    if (!s->count) return NULL;
    for (int i = 0; i < s->count && (s->by_content || s->file); i++) {
        int smaller = 0;
        for (int k = 0; k < s->count; k++) {
            int order = s->objects[k].type - s->objects[i].type;
            if (!order) order = strcmp(id_of(&s->objects[k]), id_of(&s->objects[i]));
            smaller += order < 0;
        }
        if (smaller == number % s->count) return &s->objects[i];
    }
    return &s->objects[number % s->count];
}

void sim_happen(struct sim *s, const struct event *e) {
    struct sim_object *some = pick(s, e->number);
    if (e->what == HAPPENS_PUT) put(s, e);
    if (e->what == HAPPENS_REMOVE) some = find(s, e->type, names[e->type][e->object]);
    if (e->what == HAPPENS_REFUSE) s->refuse = e->number;
    if (!some) return;
    if (e->what == HAPPENS_REMOVE || e->what == HAPPENS_DROP) drop(s, some);
    if (e->what != HAPPENS_EDIT) return;
    give(s, some, e->object, &e->values[e->object]);
    some->version = ++s->version;
}

void sim_deliver(const struct sim *s, bool delta, long after, struct delivery *out) {
    out->count = 0;
    for (int i = 0; i < s->count; i++)
        if (!delta || s->objects[i].version > after) out->at[out->count++] = (struct delivered){&s->objects[i], false};
    for (int i = 0; i < s->gone_count && delta; i++)
        if (s->gone[i].version > after) out->at[out->count++] = (struct delivered){&s->gone[i], true};
}

static int place_of(const struct words *w, const char *word) {
    for (int i = 0; i < w->n; i++)
        if (!strcmp(w->at[i], word)) return i;
    return -1;
}

static void change(const struct sim *s, struct sim_object *o, const struct sim_change *c) {
    struct words *w = &o->values[c->attr];
    const char *word = c->word;
    if (s->refuse == 3 && c->attr == AT_A && word) word = intern("distorted", 9);
    int at = word ? place_of(w, word) : -1;
    if (c->how == CHANGE_UPDATE || c->how == CHANGE_REMOVE_ALL) w->n = 0;
    if (c->how == CHANGE_REMOVE && at >= 0) {
        memmove(&w->at[at], &w->at[at + 1], (size_t)(w->n - at - 1) * sizeof *w->at);
        w->n--;
    }
    if (word && (c->how == CHANGE_UPDATE || (c->how == CHANGE_ADD && at < 0)) && w->n < VALUES) w->at[w->n++] = word;
}

static const char *new_id(struct sim *s, const struct sim_write *w) {
    for (int i = 0; i < w->count; i++)
        if (w->changes[i].attr == AT_ID && w->changes[i].word) return w->changes[i].word;
    char id[16];
    int length = snprintf(id, sizeof id, "g%d", ++s->created);
    unsigned sum = 0;
    for (int i = 0; i < w->count && s->by_content; i++)
        for (const char *c = is_reference(w->changes[i].attr) ? NULL : w->changes[i].word; c && *c; c++)
            sum += (unsigned)(*c * (w->changes[i].attr + 7));
    for (const struct sim_object *o = NULL; s->by_content; sum++) {
        length = snprintf(id, sizeof id, "h%u", sum);
        o = find(s, w->type, id);
        if (!o || (s->resumed && o->version >= s->resumed && !o->claimed)) break;
        s->twins = true;
    }
    return intern(id, (size_t)length);
}

/* After a kill everything whose result was not stored is sent again: the object is there, or gone, already. */
static struct sim_object *sent_again(struct sim *s, const struct sim_write *w, const char *id) {
    struct sim_object *o = w->what == EXPORT_CREATE && s->resumed ? find(s, w->type, id) : NULL;
    if (!o || o->version < s->resumed || o->claimed) return NULL;
    o->claimed = true;
    return o;
}

static bool gone_again(const struct sim *s, const struct sim_write *w) {
    for (int i = 0; i < s->gone_count && s->resumed && w->what == EXPORT_DELETE; i++)
        if (s->gone[i].type == w->type && s->gone[i].version >= s->resumed && !strcmp(id_of(&s->gone[i]), w->id)) return true;
    return false;
}

static void write_changes(struct sim *s, struct sim_object *o, const struct sim_write *w, const char **dn) {
    for (int i = 0; i < w->count; i++)
        if (w->changes[i].attr != AT_ID && (w->changes[i].attr != AT_DN || w->changes[i].word || !s->named))
            change(s, o, &w->changes[i]);
    o->version = ++s->version;
    *dn = o->values[AT_DN].n ? o->values[AT_DN].at[0] : NULL;
}

/* Some are refused: those with an odd sum of letters, whatever the order in which they come. */
static bool refused(const struct sim *s, const struct sim_write *w) {
    int sum = 0;
    for (const char *c = w->id ? w->id : ""; *c; c++) sum += *c;
    for (int i = 0; i < w->count && w->what != EXPORT_DELETE; i++)
        for (const char *c = w->changes[i].word ? w->changes[i].word : ""; *c; c++) sum += *c;
    return s->refuse == 1 || (s->refuse == 2 && sum % 2);
}

/* ---- Rows of a file ---- */

static bool is_changed(const struct sim_write *w, int attr) {
    for (int i = 0; i < w->count; i++)
        if (w->changes[i].attr == attr) return true;
    return false;
}

static void write_cells(struct sim *s, struct sim_object *row, const struct sim_write *w) {
    for (int i = 0; i < w->count; i++) {
        struct sim_change c = w->changes[i];
        if (c.word && !*c.word) c.word = NULL;
        change(s, row, &c);
    }
    for (int at = 0; at < ATTRS; at++) {
        if (!row->values[at].n && !is_changed(w, at)) row->values[at] = w->known[at];
        if (is_multi(at)) sim_trim(&row->values[at]);
    }
    row->version = ++s->version;
}

/* What is to be made and stands there is changed, what is to be changed and does not is made, what is to be deleted may be gone. */
static bool write_row(struct sim *s, const struct sim_write *w, const char **id) {
    const char *given = NULL;
    for (int i = 0; i < w->count; i++)
        if (w->changes[i].attr == AT_ID && w->changes[i].word) given = w->changes[i].word;
    *id = given ? given : w->id;
    struct sim_object *row = *id ? find(s, w->type, w->id ? w->id : *id) : NULL;
    if (w->what == EXPORT_DELETE) {
        if (row) drop(s, row);
        return w->id != NULL;
    }
    if (!*id) return false;
    if (!row) {
        if (s->count == SIM_OBJECTS) abort();
        row = &s->objects[s->count++];
        memset(row, 0, sizeof *row);
        row->type = w->type;
        row->values[AT_ID] = (struct words){1, {*id}};
    }
    write_cells(s, row, w);
    return true;
}

static bool write_object(struct sim *s, const struct sim_write *w, const char **id, const char **dn) {
    struct sim_object *o = w->id ? find(s, w->type, w->id) : NULL;
    bool clash = false;
    for (int i = 0; i < w->count; i++)
        clash = clash || (w->changes[i].attr == AT_DN && w->changes[i].word && name_is_taken(s, o, w->changes[i].word));
    if (refused(s, w)) return false;
    if (w->what == EXPORT_CREATE) {
        *id = new_id(s, w);
        o = sent_again(s, w, *id);
        if (!o && (clash || find(s, w->type, *id))) return false;
        if (!o) {
            o = add(s, w->type, *id);
            o->claimed = s->resumed;
        }
    } else if (clash) {
        return false;
    }
    if (!o) return gone_again(s, w);
    if (w->what == EXPORT_DELETE)
        drop(s, o);
    else
        write_changes(s, o, w, dn);
    return true;
}

bool sim_write(struct sim *s, const struct sim_write *w, const char **id, const char **dn) {
    *id = w->id;
    *dn = NULL;
    return s->file ? write_row(s, w, id) : write_object(s, w, id, dn);
}

static int by_line(const void *x, const void *y) { return strcmp(*(char *const *)x, *(char *const *)y); }

void sim_print(const struct sim *s, int system, FILE *out) {
    char *lines[SIM_OBJECTS];
    for (int i = 0; i < s->count; i++) {
        size_t size;
        FILE *f = open_memstream(&lines[i], &size);
        fprintf(f, "outside S%d T%d", system, s->objects[i].type);
        for (int at = 0; at < ATTRS; at++) {
            const char *sorted[VALUES];
            struct words *w = &(struct words){0};
            *w = s->objects[i].values[at];
            memcpy(sorted, w->at, sizeof sorted);
            qsort(sorted, (size_t)w->n, sizeof *sorted, by_line);
            for (int k = 0; k < w->n; k++)
                fprintf(f, "%s%s",
                        k         ? "|"
                        : at == 0 ? " id="
                                  : " ",
                        k || at == 0 ? "" : kinds[at].name),
                    fprintf(f, "%s%s", k || at == 0 ? "" : "=", sorted[k]);
        }
        fclose(f);
    }
    qsort(lines, (size_t)s->count, sizeof *lines, by_line);
    for (int i = 0; i < s->count; i++) {
        fprintf(out, "%s\n", lines[i]);
        free(lines[i]);
    }
}
