/* Rows become groups: those that say the same of many objects, few values each by itself, many values by their pattern. */
#include "runs/preview_private.h"

#include "base/unicode.h"

#include <stdlib.h>

enum { WAITING_ROWS = 2000, ROWS_AT_ONCE = 1000, VALUE_CHARACTERS = 1000 };
#define KEEP_BYTES ((size_t)1 << 30)

void collector_open(struct collector *k, store *s, const struct config *config, const struct change_preview *p) {
    *k = (struct collector){.store = s,
                            .config = config,
                            .preview = p->activity,
                            .capped = p->persistence == PERSIST_CAPPED,
                            .keep = arena_new(KEEP_BYTES),
                            .rows = arena_new(KEEP_BYTES)};
    text_map_init(&k->by_name, k->keep, 64);
}

void collector_close(struct collector *k) {
    arena_free(k->keep);
    arena_free(k->rows);
}

/* ---- patterns ---- */

static bool same_up_to(text a, text b, char end, size_t *at) {
    size_t one = text_find(a, (text){&end, 1}), other = text_find(b, (text){&end, 1});
    *at = one;
    return one != SIZE_MAX && one == other && one && memcmp(a.at, b.at, one) == 0;
}

/* name@one → name@other, each with one @ */
static bool other_domain(text a, text b) {
    size_t at;
    if (!same_up_to(a, b, '@', &at)) return false;
    text rest_a = text_slice(a, at + 1, a.len), rest_b = text_slice(b, at + 1, b.len);
    return text_find(rest_a, T("@")) == SIZE_MAX && text_find(rest_b, T("@")) == SIZE_MAX && rest_a.len && rest_b.len;
}

/* CN=x,OU=one → CN=x,OU=other */
static bool other_container(text a, text b) {
    size_t at;
    if (!same_up_to(a, b, ',', &at) || a.at[at - 1] == '\\') return false;
    text name = text_slice(a, 0, at), rest_a = text_slice(a, at, a.len), rest_b = text_slice(b, at, b.len);
    return text_find(name, T("=")) != SIZE_MAX && text_find(rest_a, T("=")) != SIZE_MAX && text_find(rest_b, T("=")) != SIZE_MAX;
}

enum preview_pattern preview_pattern_of(arena *a, text old, text new) {
    if (text_is_empty(old) || text_is_empty(new) || text_equal(old, new)) return PATTERN_NONE;
    if (text_equal(text_fold(a, old), text_fold(a, new))) return PATTERN_CASING;
    if (other_domain(old, new)) return PATTERN_EMAIL_DOMAIN;
    if (other_container(old, new)) return PATTERN_CONTAINER;
    if (text_ends_with(new, old)) return PATTERN_PREFIX_ADDED;
    if (text_ends_with(old, new)) return PATTERN_PREFIX_REMOVED;
    if (text_starts_with(new, old)) return PATTERN_SUFFIX_ADDED;
    return text_starts_with(old, new) ? PATTERN_SUFFIX_REMOVED : PATTERN_NONE;
}

/* ---- families ---- */

static struct row_family *family_of(struct collector *k, const struct preview_row *row, int32_t mv_type) {
    text name = arena_print(k->rows, "%d %d %d %.*s", (int)row->transition, row->system, mv_type, TEXT_ARG(row->attribute));
    struct row_family *f = text_map_get(&k->by_name, name);
    if (f) return f;
    f = ARENA_NEW(k->keep, struct row_family);
    f->like = (struct preview_group){
        .transition = row->transition, .mv_type = mv_type, .system = row->system, .attribute = arena_text(k->keep, row->attribute)};
    f->first_part = (int32_t)k->families.count * SLOTS;
    *LIST_ADD(k->keep, &k->families) = f;
    text_map_put(&k->by_name, arena_text(k->keep, name), f);
    return f;
}

static bool same(text a, text b) { return text_is_null(a) == text_is_null(b) && text_equal(a, b); }

static size_t slot_of_pattern(enum preview_pattern p) { return PATTERN_SLOT + (size_t)p; }

/* From now on there is a group a pattern; rows that stand elsewhere move at the end. */
static void collapse(struct collector *k, struct row_family *f) {
    f->many = true;
    for (size_t i = 0; i < f->pair_count; i++) {
        struct row_slot *to = &f->patterns[preview_pattern_of(k->rows, f->pairs[i].old_value, f->pairs[i].new_value)];
        to->objects += f->pairs[i].objects;
        to->stored += f->pairs[i].stored;
    }
}

static struct row_slot *slot_of(struct collector *k, struct row_family *f, struct preview_row *row) {
    for (size_t i = 0; !f->many && i < f->pair_count; i++) {
        if (!same(f->pairs[i].old_value, row->old_value) || !same(f->pairs[i].new_value, row->new_value)) continue;
        row->part = f->first_part + (int32_t)i;
        return &f->pairs[i];
    }
    if (!f->many && f->pair_count == PAIRS) collapse(k, f);
    if (f->many) {
        row->part = f->first_part + (int32_t)slot_of_pattern(row->pattern);
        return &f->patterns[row->pattern];
    }
    row->part = f->first_part + (int32_t)f->pair_count;
    struct row_slot *slot = &f->pairs[f->pair_count++];
    *slot = (struct row_slot){.old_value = arena_text(k->keep, row->old_value), .new_value = arena_text(k->keep, row->new_value)};
    return slot;
}

static text shortened(arena *a, text t) {
    if (t.len <= VALUE_CHARACTERS) return t;
    size_t end = VALUE_CHARACTERS;
    while (end && ((unsigned char)t.at[end] & 0xC0) == 0x80) end--;
    return arena_print(a, "%.*s…", TEXT_ARG(text_slice(t, 0, end)));
}

void collector_add(struct collector *k, const struct preview_row *found, int32_t mv_type) {
    struct preview_row row = *found;
    row.preview = k->preview;
    row.old_value = shortened(k->rows, row.old_value);
    row.new_value = shortened(k->rows, row.new_value);
    row.pattern = preview_pattern_of(k->rows, row.old_value, row.new_value);
    struct row_slot *slot = slot_of(k, family_of(k, &row, mv_type), &row);
    slot->objects++;
    if (k->capped && slot->stored >= PREVIEW_CAP) return;
    slot->stored++;
    row.number = ++k->number;
    text *const texts[] = {&row.display_name, &row.object_type, &row.attribute, &row.old_value, &row.new_value};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = arena_text(k->rows, *texts[i]);
    row.search = text_fold(k->rows, arena_print(k->rows, "%.*s\n%.*s\n%.*s\n%.*s", TEXT_ARG(row.display_name),
                                                TEXT_ARG(row.attribute), TEXT_ARG(row.old_value), TEXT_ARG(row.new_value)));
    *LIST_ADD(k->rows, &k->waiting) = row;
}

void collector_count(struct collector *k, enum outcome transition, int32_t system, int32_t mv_type) {
    for (EACH(struct preview_count, c, &k->counts)) {
        if (c->transition != transition || c->system != system || c->mv_type != mv_type) continue;
        c->objects++;
        return;
    }
    *LIST_ADD(k->keep, &k->counts) = (struct preview_count){transition, system, mv_type, 1};
}

/* ---- writing ---- */

static FALLIBLE write_some(struct collector *k, const struct preview_rows *some) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(k->store, STORE_BULK, &tx));
    TRY(store_add_preview_rows(tx, some));
    return store_commit(tx);
}

FALLIBLE collector_spill(struct collector *k, bool all) {
    if (!k->waiting.count || (!all && k->waiting.count < WAITING_ROWS)) return NULL;
    for (size_t from = 0; from < k->waiting.count; from += ROWS_AT_ONCE) {
        size_t left = k->waiting.count - from;
        struct preview_rows some = {.at = k->waiting.at + from, .count = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE};
        k->written = true;
        TRY(write_some(k, &some));
    }
    k->waiting = (struct preview_rows){0};
    arena_reset(k->rows);
    return NULL;
}

static FALLIBLE move_rows(struct collector *k, store_tx *tx, const struct row_family *f) {
    for (size_t i = 0; f->many && i < f->pair_count; i++) {
        enum preview_pattern p = preview_pattern_of(k->rows, f->pairs[i].old_value, f->pairs[i].new_value);
        TRY(store_move_preview_rows(tx, k->preview, f->first_part + (int32_t)i, f->first_part + (int32_t)slot_of_pattern(p)));
    }
    return NULL;
}

static FALLIBLE trim_rows(struct collector *k, store_tx *tx, struct row_family *f) {
    for (size_t p = 0; k->capped && f->many && p < PATTERNS; p++) {
        if (f->patterns[p].stored <= PREVIEW_CAP) continue;
        f->patterns[p].stored = PREVIEW_CAP;
        TRY(store_trim_preview_rows(tx, k->preview, f->first_part + (int32_t)slot_of_pattern((enum preview_pattern)p),
                                    PREVIEW_CAP));
    }
    return NULL;
}

static FALLIBLE settle_rows(struct collector *k) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(k->store, STORE_BULK, &tx));
    for (size_t i = 0; i < k->families.count; i++) {
        TRY(move_rows(k, tx, k->families.at[i]));
        TRY(trim_rows(k, tx, k->families.at[i]));
    }
    return store_commit(tx);
}

/* ---- groups ---- */

static void add_group(struct collector *k, arena *a, const struct row_family *f, size_t slot, const struct row_slot *s,
                      struct preview_groups *out) {
    if (!s->objects) return;
    const struct mv_type *type = config_mv_type(k->config, f->like.mv_type);
    const struct connected_system *system = config_system(k->config, f->like.system);
    struct preview_group *g = LIST_ADD(a, out);
    *g = f->like;
    g->part = f->first_part + (int32_t)slot;
    g->mv_type_name = type ? type->name : (text){0};
    g->system_name = system ? system->name : (text){0};
    g->old_value = s->old_value;
    g->new_value = s->new_value;
    g->pattern = f->many ? (enum preview_pattern)(slot - PATTERN_SLOT) : preview_pattern_of(a, s->old_value, s->new_value);
    g->objects = s->objects;
    g->sampled = s->stored < s->objects;
}

static int larger_group(const void *one, const void *two) {
    const struct preview_group *a = one, *b = two;
    if (a->objects != b->objects) return a->objects > b->objects ? -1 : 1;
    return (a->part > b->part) - (a->part < b->part);
}

static int larger_count(const void *one, const void *two) {
    const struct preview_count *a = one, *b = two;
    if (a->objects != b->objects) return a->objects > b->objects ? -1 : 1;
    if (a->transition != b->transition) return a->transition < b->transition ? -1 : 1;
    return (a->system > b->system) - (a->system < b->system);
}

FALLIBLE collector_finish(struct collector *k, arena *a, struct preview_document *out) {
    TRY(collector_spill(k, true));
    if (k->written) TRY(settle_rows(k));
    for (size_t i = 0; i < k->families.count; i++) {
        const struct row_family *f = k->families.at[i];
        for (size_t n = 0; !f->many && n < f->pair_count; n++) add_group(k, a, f, n, &f->pairs[n], &out->groups);
        for (size_t p = 0; f->many && p < PATTERNS; p++)
            add_group(k, a, f, slot_of_pattern((enum preview_pattern)p), &f->patterns[p], &out->groups);
    }
    out->counts = k->counts;
    if (out->groups.count > 1) qsort(out->groups.at, out->groups.count, sizeof *out->groups.at, larger_group);
    if (out->counts.count > 1) qsort(out->counts.at, out->counts.count, sizeof *out->counts.at, larger_count);
    return NULL;
}
