/* Templates, pools and searches looked at together: what uses what, and what would break. */
#include "api/search_items.h"

FALLIBLE search_items_now(struct call *c, store_tx *tx, struct search_catalogue *out) {
    enum { MOST = sizeof c->configs / sizeof c->configs[0] };
    size_t i = 0;
    while (i < MOST && c->configs[i]) i++;
    if (i == MOST) return FAIL(ERROR_INTERNAL, "one call took more than %d snapshots", MOST);
    TRY(store_config_in(tx, &c->configs[i]));
    return search_catalogue_read(tx, c->a, c->configs[i], out);
}

/* All that it is made of can be found. */
static bool fits(struct call *c, const struct search_item *item) {
    struct problems problems = {.a = c->a};
    if (item->broken.at) return false;
    search_facts_check(c->a, item, &problems);
    return problems.count == 0;
}

static bool template_fits(struct call *c, const struct search_catalogue *k, const struct template_item *t) {
    struct search_origin o;
    return search_origin_of_template(c->a, k->config, t->tenant, &t->facts, &o) && o.fields.count == t->facts.fields.count;
}

static bool pool_fits(struct call *c, const struct search_catalogue *k, const struct pool_item *p) {
    struct search_origin o;
    return search_origin_of_pool(c->a, k->config, p->tenant, p->id, &p->facts, &o) && o.fields.count == p->facts.fields.count;
}

/* Sets `old` to the item of this id before the change, if there was one. */
#define BEFORE(list, item, old)                                                                                                    \
    for (size_t i_ = 0; i_ < (list)->count; i_++)                                                                                  \
        if ((list)->at[i_].id == (item)->id) old = &(list)->at[i_]

static FALLIBLE check_template(struct call *c, const struct search_catalogue *before, const struct search_catalogue *after,
                               const struct template_item *t) {
    const struct template_item *old = NULL;
    BEFORE(&before->templates, t, old);
    if (!t->tenant || !old || !template_fits(c, before, old) || template_fits(c, after, t)) return NULL;
    return FAIL(ERROR_INVALID, "The core template '%.*s' of tenant %d needs this.", TEXT_ARG(t->facts.name), t->tenant);
}

static FALLIBLE check_pool(struct call *c, const struct search_catalogue *before, const struct search_catalogue *after,
                           const struct pool_item *p) {
    const struct pool_item *old = NULL;
    BEFORE(&before->pools, p, old);
    if (!old || !pool_fits(c, before, old) || pool_fits(c, after, p)) return NULL;
    return FAIL(ERROR_INVALID, "The data pool '%.*s' of tenant %d needs this.", TEXT_ARG(p->facts.name), p->tenant);
}

static FALLIBLE check_search(struct call *c, const struct search_catalogue *before, const struct search_item *s) {
    const struct search_item *old = NULL;
    BEFORE(&before->searches, s, old);
    if (!old || !fits(c, old) || fits(c, s)) return NULL;
    return FAIL(ERROR_INVALID, "The search '%.*s' of tenant %d needs this.", TEXT_ARG(s->facts.name), s->tenant);
}

static FALLIBLE compare(struct call *c, store_tx *tx, const struct search_catalogue *before) {
    struct search_catalogue after;
    TRY(search_items_now(c, tx, &after));
    for (EACH(const struct template_item, t, &after.templates)) TRY(check_template(c, before, &after, t));
    for (EACH(const struct pool_item, p, &after.pools)) TRY(check_pool(c, before, &after, p));
    for (EACH(const struct search_item, s, &after.searches)) TRY(check_search(c, before, s));
    return NULL;
}

static bool may_break(enum activity_target t) {
    return t == TARGET_MV_TYPE || t == TARGET_MV_ATTRIBUTE || t == TARGET_CONNECTED_SYSTEM || t == TARGET_CORE_TEMPLATE ||
           t == TARGET_DATA_POOL;
}

FALLIBLE search_items_still_fit(struct call *c, store_tx *tx, enum activity_target target) {
    struct search_catalogue *before;
    if (!c->services->search || !may_break(target)) return NULL;
    TRY(search_take(c->services->search, &before));
    bool own = before->searches.count || before->pools.count;
    for (EACH(const struct template_item, t, &before->templates)) own |= t->tenant != 0;
    error *e = own ? compare(c, tx, before) : NULL;
    search_give(c->services->search, before);
    return e;
}

FALLIBLE search_items_unused(const struct search_catalogue *k, int32_t tenant, const struct search_reference *reference) {
    for (EACH(const struct search_item, s, &k->searches)) {
        if (s->tenant != tenant) continue;
        if (reference_equal(&s->facts.search.reference, reference) || reference_equal(&s->facts.result.reference, reference))
            return FAIL(ERROR_CONFLICT, "'%.*s' is used by the search '%.*s'.", TEXT_ARG(reference->name), TEXT_ARG(s->facts.name));
    }
    return NULL;
}

void search_items_check_fields(struct call *c, const struct fields_facts *fields) {
    for (size_t i = 0; i < fields->count; i++) {
        const char *at = arena_print(c->a, "fields[%zu].name", i).at;
        if (!is_field_name(fields->at[i].name))
            call_problem(c, at, "1 to 64 characters, without '|', control characters, and blanks at the ends.");
        for (size_t j = 0; j < i; j++)
            if (text_equal(fields->at[i].name, fields->at[j].name)) {
                call_problem(c, at, "The field stands there twice.");
                break;
            }
    }
}
