/* Large sets of an imported object beside the stored ones, which are not loaded: names that both have cancel out as the stored ones
 * pass by, and what remains is compared like any small set. */
#include "base/unicode.h"
#include "runs/import_batch.h"
#include "store/differences.h"

/* One set; a name is found by its hash. */
struct crossing {
    struct import *im;
    arena *a, *scratch;
    const struct cs_attribute *attribute;
    struct values imported; /* all of it */
    uint32_t *slots;        /* place in `imported` + 1; 0: free */
    size_t room;
    bool *met;          /* by place: the stored set has it, too */
    bool *kept;         /* by place: it is compared all the same */
    bool watch;         /* names that lead to no object are to be told */
    struct values gone; /* stored and not imported */
};

static uint32_t *slot_of(const struct crossing *k, text raw) {
    size_t i = text_hash(raw) & (k->room - 1);
    while (k->slots[i] && !text_equal(k->imported.at[k->slots[i] - 1].reference.raw, raw)) i = (i + 1) & (k->room - 1);
    return &k->slots[i];
}

static void index_names(struct crossing *k) {
    for (k->room = 64; k->room < k->imported.count * 2;) k->room *= 2;
    k->slots = ARENA_ARRAY(k->a, uint32_t, k->room);
    k->met = ARENA_ARRAY(k->a, bool, k->imported.count);
    k->kept = ARENA_ARRAY(k->a, bool, k->imported.count);
    for (size_t i = 0; i < k->imported.count; i++) *slot_of(k, k->imported.at[i].reference.raw) = (uint32_t)i + 1;
}

static void visit(void *state, text raw) {
    struct crossing *k = state;
    uint32_t found = *slot_of(k, raw);
    if (!found) {
        *LIST_ADD(k->a, &k->gone) = (struct value){.type = TYPE_REFERENCE, .reference = {.raw = arena_text(k->a, raw)}};
        return;
    }
    k->met[found - 1] = true;
    if (k->watch) k->kept[found - 1] = !import_knows(k->im, k->scratch, k->attribute, raw);
    if (arena_used(k->scratch) > 64 << 10) arena_reset(k->scratch);
}

static bool is_ascii(text t) {
    unsigned char any = 0;
    for (size_t i = 0; i < t.len; i++) any |= (unsigned char)t.at[i];
    return any < 0x80;
}

/* Another spelling of what went, which stays, keeps the index row of both. */
static void keep_spellings(struct crossing *k) {
    struct text_map folded;
    bool lengths[256] = {0};
    if (!k->gone.count) return;
    text_map_init(&folded, k->a, k->gone.count);
    for (EACH(struct value, v, &k->gone)) {
        text key = text_fold(k->a, v->reference.raw);
        text_map_put(&folded, key, v);
        lengths[key.len % 256] = true;
    }
    for (size_t i = 0; i < k->imported.count; i++) {
        text raw = k->imported.at[i].reference.raw;
        if (!k->met[i] || (is_ascii(raw) && !lengths[raw.len % 256])) continue;
        k->kept[i] |= text_map_get(&folded, text_fold(k->scratch, raw)) != NULL;
        if (arena_used(k->scratch) > 64 << 10) arena_reset(k->scratch);
    }
}

/* What an export waits for is looked for among what stays. False: it may stay under another name than the export wrote. */
static FALLIBLE keep_awaited(struct crossing *k, store_tx *tx, int64_t cso, const struct pending_export *p, bool *told) {
    struct text_map went;
    text_map_init(&went, k->a, k->gone.count);
    for (EACH(struct value, v, &k->gone)) text_map_put(&went, v->reference.raw, v);
    size_t awaited = 0;
    for (size_t i = 0; p && *told && i < p->changes.count; i++) {
        const struct staged_change *c = &p->changes.at[i];
        if (c->attribute != k->attribute->id || !c->has_value || c->value.type != TYPE_REFERENCE) continue;
        text raw = c->value.reference.raw;
        uint32_t found = text_is_null(raw) ? 0 : *slot_of(k, raw);
        bool refers = false;
        if (found)
            k->kept[found - 1] = k->met[found - 1];
        else if (text_is_null(raw) || !text_map_get(&went, raw))
            TRY(store_refers(tx, k->a, k->im->r->config, k->attribute, cso, text_is_null(raw) ? T("") : raw, &refers));
        *told = !refers && ++awaited <= LARGE_MEMBERS;
    }
    return NULL;
}

static void divide(struct crossing *k, struct values *stored, struct values *imported) {
    *stored = (struct values){.attribute = k->attribute->id, .partial = true};
    *imported = *stored;
    for (EACH(const struct value, v, &k->gone)) *LIST_ADD(k->a, stored) = *v;
    for (size_t i = 0; i < k->imported.count; i++) {
        if (k->met[i] && !k->kept[i]) continue;
        *LIST_ADD(k->a, imported) = k->imported.at[i];
        if (k->kept[i]) *LIST_ADD(k->a, stored) = k->imported.at[i];
    }
}

/* Names of other types than text, and those that only the store resolves, are compared as a whole. */
static bool compares_names(const struct import *im, const struct cs_attribute *attribute) {
    const struct cs_type *target = attribute->references_type ? config_cs_type(im->r->config, attribute->references_type) : NULL;
    bool by_text = !target || !target->external_id || target->external_id->type == TYPE_TEXT;
    return by_text && attribute->selected &&
           (!import_knows_by_store(im, attribute) || im->r->system->unresolved == UNRESOLVED_IGNORE);
}

static bool is_unparsed(const struct incoming *n, int32_t attribute) {
    for (EACH(const int32_t, each, &n->unparsed))
        if (*each == attribute) return true;
    return false;
}

static FALLIBLE compare_set(struct import *im, arena *a, store_tx *tx, const struct incoming *n, const struct pending_export *p,
                            struct values *stored, struct values *imported, bool *told) {
    const struct cs_attribute *attribute = config_cs_attribute(im->r->config, stored->attribute);
    *told =
        attribute && imported && imported->count > LARGE_MEMBERS && imported->count < UINT32_MAX && compares_names(im, attribute);
    if (!*told) return NULL;
    OWNED(arena) scratch = arena_new((size_t)1 << 30);
    struct crossing k = {.im = im,
                         .a = a,
                         .scratch = scratch,
                         .attribute = attribute,
                         .imported = *imported,
                         .watch = im->r->system->unresolved != UNRESOLVED_IGNORE,
                         .gone = {.attribute = attribute->id}};
    index_names(&k);
    TRY(store_each_member(tx, n->cso, attribute->id, visit, &k));
    keep_spellings(&k);
    TRY(keep_awaited(&k, tx, n->cso, p, told));
    if (*told) divide(&k, stored, imported);
    return NULL;
}

FALLIBLE import_compare_large(struct import *im, arena *a, store_tx *tx, const struct incoming *n, const struct pending_export *p,
                              struct cso *stored, struct attributes *imported, bool *told) {
    struct attributes part = {.at = ARENA_ARRAY(a, struct values, n->values.count + 1), .count = n->values.count};
    part.room = part.count + 1;
    for (size_t i = 0; i < part.count; i++) part.at[i] = n->values.at[i];
    *told = !im->partly;
    for (size_t i = 0; *told && i < stored->values.count; i++) {
        struct values *set = &stored->values.at[i];
        if (!set->partial || is_unparsed(n, set->attribute)) continue;
        TRY(compare_set(im, a, tx, n, p, set, attributes_find(&part, set->attribute), told));
    }
    if (!*told) return NULL;
    *imported = part;
    return store_resolve(tx, a, im->r->config, stored);
}
