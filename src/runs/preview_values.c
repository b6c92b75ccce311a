/* Values and names of objects as rows of a preview show them. */
#include "runs/preview_values.h"

#include "runs/preview.h"
#include "sync/plan.h"

enum { SHOWN = 5, REFERENCES = 50, NAMES_AT_ONCE = 5000 };

text preview_mvo_name(struct examiner *x, const struct mvo *o, int64_t id) {
    if (o && o->values.count) return mvo_display_name(x->page, x->configs[PRESENT], o);
    const text *name = int_map_get(&x->names, id);
    return name ? *name : (text){0};
}

static text value_shown(struct examiner *x, const struct value *v) {
    if (v->type != TYPE_REFERENCE || !text_is_null(v->reference.raw)) return value_text(x->page, v);
    text name = preview_mvo_name(x, NULL, v->reference.target);
    return text_is_null(name) ? T("(new object)") : name;
}

static text joined(struct examiner *x, text list, text more) {
    return text_is_null(list) ? more : arena_print(x->page, "%.*s, %.*s", TEXT_ARG(list), TEXT_ARG(more));
}

static text and_more(struct examiner *x, text list, size_t count) {
    return count > SHOWN ? arena_print(x->page, "%.*s and %zu more", TEXT_ARG(list), count - SHOWN) : list;
}

text preview_values_text(struct examiner *x, const struct values *set) {
    text list = {0};
    for (size_t i = 0; set && i < set->count && i < SHOWN; i++) list = joined(x, list, value_shown(x, &set->at[i]));
    return set ? and_more(x, list, set->count) : list;
}

text preview_instant_text(struct examiner *x, instant t) {
    char out[32];
    if (!t.ticks) return (text){0};
    return arena_text(x->page, (text){out, instant_write(t, out)});
}

int32_t preview_supplier(const struct examiner *x, const struct values *old_set, const struct values *new_set) {
    int32_t by = new_set && new_set->mapping ? plan_system_of_mapping(x->plans[PROPOSED], new_set->mapping) : 0;
    if (!by && old_set && old_set->mapping) by = plan_system_of_mapping(x->plans[PRESENT], old_set->mapping);
    return by;
}

/* ---- staged changes ---- */

static text change_shown(struct examiner *x, const struct staged_change *k) {
    if (k->change == CHANGE_REMOVE_ALL) return T("(none)");
    text value = {0};
    if (k->has_value || k->reference_mvo) {
        struct value to =
            k->reference_mvo ? (struct value){.type = TYPE_REFERENCE, .reference.target = k->reference_mvo} : k->value;
        value = value_shown(x, &to);
    }
    if (k->change == CHANGE_ADD || k->change == CHANGE_REMOVE)
        return arena_print(x->page, "%c%.*s", k->change == CHANGE_ADD ? '+' : '-', TEXT_ARG(value));
    return value;
}

static uint64_t hash_of(arena *a, const struct staged_change *k) {
    uint64_t hash = (uint64_t)k->change * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)k->reference_mvo;
    if (k->has_value && !k->reference_mvo) hash ^= text_hash(value_text(a, &k->value));
    return hash * UINT64_C(0xFF51AFD7ED558CCD) ^ hash >> 31;
}

struct staged_text preview_staged_text(struct examiner *x, const struct pending_export *p, int32_t attribute) {
    struct staged_text out = {0};
    for (size_t i = 0; p && i < p->changes.count; i++) {
        const struct staged_change *k = &p->changes.at[i];
        if (k->attribute != attribute) continue;
        out.drift |= k->drift;
        out.hash += hash_of(x->page, k);
        if (out.changes++ < SHOWN) out.shown = joined(x, out.shown, change_shown(x, k));
    }
    out.shown = and_more(x, out.shown, out.changes);
    return out;
}

/* ---- names ---- */

static void wanted(struct examiner *x, const struct int_map *known, struct int64s *ids, int64_t id) {
    if (!id || preview_made(id) || int_map_get(&x->names, id)) return;
    static text pending;
    const struct mvo *o = int_map_get(known, id);
    text *name = &pending;
    if (o && o->values.count) {
        name = ARENA_NEW(x->page, text);
        *name = mvo_display_name(x->page, x->configs[PRESENT], o);
    } else {
        *LIST_ADD(x->page, ids) = id;
    }
    int_map_put(&x->names, id, name);
}

/* Only what may be shown; a group of half a million members shows five. */
static void wanted_of_set(struct examiner *x, const struct int_map *known, const struct values *set, struct int64s *ids) {
    for (size_t i = 0; i < set->count && i < SHOWN && set->at[0].type == TYPE_REFERENCE; i++)
        wanted(x, known, ids, set->at[i].reference.target);
}

static void wanted_of_export(struct examiner *x, const struct int_map *known, const struct pending_export *p, struct int64s *ids) {
    for (size_t i = 0; i < p->changes.count && i < REFERENCES; i++) wanted(x, known, ids, p->changes.at[i].reference_mvo);
}

static void wanted_of(struct examiner *x, const struct int_map *known, const struct sync_outcome *o, struct int64s *ids) {
    for (EACH(const struct mvo_change, m, &o->mvos)) {
        for (size_t i = 0; m->before && i < m->before->values.count; i++) wanted_of_set(x, known, &m->before->values.at[i], ids);
        for (size_t i = 0; m->after && i < m->after->values.count; i++) wanted_of_set(x, known, &m->after->values.at[i], ids);
    }
    for (EACH(const struct cso_change, c, &o->csos))
        if (c->after) wanted(x, known, ids, c->after->mvo);
    for (EACH(const struct pending_export_change, p, &o->pending))
        if (p->after) wanted_of_export(x, known, p->after, ids);
}

static FALLIBLE load_names(struct examiner *x, const struct int64s *ids) {
    text *names = ARENA_ARRAY(x->page, text, ids->count);
    for (size_t from = 0; from < ids->count; from += NAMES_AT_ONCE) {
        size_t some = ids->count - from < NAMES_AT_ONCE ? ids->count - from : NAMES_AT_ONCE;
        TRY(store_mvo_names(x->tx, x->page, x->configs[PRESENT], ids->at + from, some, names + from));
    }
    for (size_t i = 0; i < ids->count; i++) int_map_put(&x->names, ids->at[i], &names[i]);
    return NULL;
}

FALLIBLE preview_load_names(struct examiner *x, const struct sync_outcome *present, const struct sync_outcome *proposed,
                            const struct int_map *known) {
    struct int64s ids = {0};
    wanted_of(x, known, present, &ids);
    wanted_of(x, known, proposed, &ids);
    return load_names(x, &ids);
}

FALLIBLE preview_load_export_names(struct examiner *x, const struct pending_exports *list, const struct int_map *known) {
    struct int64s ids = {0};
    for (EACH(const struct pending_export, p, list)) wanted_of_export(x, known, p, &ids);
    return load_names(x, &ids);
}
