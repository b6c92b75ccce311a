/* What of the Public Data API shows or asks for an attribute or an object type of the metaverse, and so keeps it from being
 * deleted. */
#include "api/search_uses.h"

#include "api/search_items.h"

/* What is looked for: an attribute (of the type, or of all with type 0), or any of the type when attribute is 0. */
struct wanted {
    int32_t attribute, type;
};

static bool is_of(const struct search_origin *o, struct wanted w) {
    return o && o->source.kind == SEARCH_METAVERSE && (!w.type || o->source.type == w.type);
}

static bool names(const struct search_origin *o, text field, struct wanted w) {
    const struct search_field *f = search_field_find(o, field);
    return f && f->attribute == w.attribute;
}

static bool filters_ask(const struct search_origin *o, const struct filters_facts *list, struct wanted w) {
    for (EACH(const struct filter_facts, f, list))
        if (names(o, f->name, w)) return true;
    return false;
}

static bool texts_name(const struct search_origin *o, const struct texts *list, struct wanted w) {
    for (EACH(const text, name, list))
        if (names(o, *name, w)) return true;
    return false;
}

static bool sorts_by(const struct search_origin *o, const struct texts *keys, struct wanted w) {
    for (EACH(const text, key, keys)) {
        text name;
        bool descending;
        if (sort_read(*key, &name, &descending) && names(o, name, w)) return true;
    }
    return false;
}

static bool steps_over(const struct search_item *s, struct wanted w) {
    if (!is_of(s->search, w) && !is_of(s->result, w)) return false;
    for (EACH(const struct search_hop, h, &s->hops))
        if (!h->join && h->attribute == w.attribute) return true;
    return false;
}

static bool section_asks(const struct search_origin *o, const struct search_item *s, const struct filters_facts *filters,
                         struct wanted w) {
    if (!is_of(o, w)) return false;
    return !w.attribute || filters_ask(o, filters, w) || texts_name(o, &s->facts.filterable, w);
}

static bool search_asks(const struct search_item *s, struct wanted w) {
    const struct search_facts *f = &s->facts;
    if (section_asks(s->search, s, &f->search.filters, w) || section_asks(s->result, s, &f->result.filters, w)) return true;
    if (w.attribute && steps_over(s, w)) return true;
    return is_of(s->result, w) &&
           (texts_name(s->result, &f->result.columns.fields, w) || sorts_by(s->result, &f->result.columns.sort, w));
}

/* Templates that somebody has made; those that types have by themselves follow the schema. */
static bool template_shows(arena *a, const struct config *c, const struct template_item *t, struct wanted w) {
    struct search_origin o;
    if (!t->tenant || !search_origin_of_template(a, c, t->tenant, &t->facts, &o) || !is_of(&o, w)) return false;
    for (EACH(const struct search_field, f, &o.fields))
        if (!w.attribute || f->attribute == w.attribute) return true;
    return false;
}

static FALLIBLE find(struct call *c, store_tx *tx, struct wanted w, struct texts *out) {
    struct search_catalogue all;
    TRY(search_items_now(c, tx, &all));
    for (EACH(const struct template_item, t, &all.templates))
        if (template_shows(c->a, all.config, t, w))
            *LIST_ADD(c->a, out) =
                arena_print(c->a, "The core template '%.*s' of tenant %d shows it.", TEXT_ARG(t->facts.name), t->tenant);
    for (EACH(const struct search_item, s, &all.searches))
        if (search_asks(s, w))
            *LIST_ADD(c->a, out) =
                arena_print(c->a, "The search '%.*s' of tenant %d needs it.", TEXT_ARG(s->facts.name), s->tenant);
    return NULL;
}

FALLIBLE search_uses_of_attribute(struct call *c, store_tx *tx, int32_t attribute, int32_t type, struct texts *out) {
    return find(c, tx, (struct wanted){attribute, type}, out);
}

FALLIBLE search_uses_of_type(struct call *c, store_tx *tx, int32_t type, struct texts *out) {
    return find(c, tx, (struct wanted){0, type}, out);
}
