/* Reads templates, pools and searches, and finds what they name. */
#include "search/catalogue.h"
#include "store/public.h"

#include "base/die.h"
#include "base/log.h"
#include "base/thread.h"

#include <stdlib.h>

/* ---- origins ---- */

static void add_field(arena *a, struct search_origin *o, const struct field_facts *f, int32_t attribute) {
    *LIST_ADD(a, &o->fields) = (struct search_field){f->name, f->type, f->multi_valued, attribute};
}

bool search_origin_of_template(arena *a, const struct config *c, int32_t tenant, const struct core_template_facts *facts,
                               struct search_origin *out) {
    const struct mv_type *type = config_mv_type_named(c, facts->object_type);
    *out = (struct search_origin){.reference = {REFERENCE_CORE_TEMPLATE, facts->name}, .scope = facts->scope};
    if (!type) return false;
    out->source = (struct search_source){.kind = SEARCH_METAVERSE, .tenant = tenant, .type = type->id};
    for (EACH(const struct field_facts, f, &facts->fields)) {
        const struct mv_attribute *m = config_mv_attribute_named(c, field_attribute(f));
        if (m && field_type_presents(f->type, m->type)) add_field(a, out, f, m->id);
    }
    return true;
}

bool search_origin_of_pool(arena *a, const struct config *c, int32_t tenant, int32_t id, const struct data_pool_facts *facts,
                           struct search_origin *out) {
    *out = (struct search_origin){.reference = {REFERENCE_DATA_POOL, facts->name}};
    if (facts->source.lookup_table.given && facts->source.lookup_table.value) {
        out->source = (struct search_source){.kind = SEARCH_LOOKUP, .tenant = tenant, .pool = id};
        for (EACH(const struct field_facts, f, &facts->fields)) add_field(a, out, f, 0);
        return true;
    }
    const struct connected_system *system = config_system(c, facts->source.connected_system.value);
    const struct cs_type *type = system ? config_cs_type_named(system, facts->source.object_type) : NULL;
    if (!type) return false;
    out->source = (struct search_source){.kind = SEARCH_CONNECTOR_SPACE, .tenant = tenant, .type = type->id};
    for (EACH(const struct field_facts, f, &facts->fields)) {
        const struct cs_attribute *m = config_cs_attribute_named(type, field_attribute(f));
        if (m && field_type_presents(f->type, m->type)) add_field(a, out, f, m->id);
    }
    return true;
}

static const struct template_item *template_named(const struct search_catalogue *k, int32_t tenant, text name) {
    const struct template_item *standard = NULL;
    for (EACH(const struct template_item, t, &k->templates)) {
        if (!text_equal(t->facts.name, name)) continue;
        if (t->tenant == tenant) return t;
        if (!t->tenant) standard = t;
    }
    return standard;
}

const struct search_origin *search_origin_find(const struct search_catalogue *k, arena *a, int32_t tenant,
                                               const struct search_reference *reference) {
    struct search_origin *o = ARENA_NEW(a, struct search_origin);
    if (reference->type == REFERENCE_CORE_TEMPLATE) {
        const struct template_item *t = template_named(k, tenant, reference->name);
        return t && search_origin_of_template(a, k->config, tenant, &t->facts, o) ? o : NULL;
    }
    for (EACH(const struct pool_item, p, &k->pools))
        if (p->tenant == tenant && text_equal(p->facts.name, reference->name))
            return search_origin_of_pool(a, k->config, tenant, p->id, &p->facts, o) ? o : NULL;
    return NULL;
}

const struct search_field *search_field_find(const struct search_origin *o, text name) {
    for (EACH(const struct search_field, f, &o->fields))
        if (text_equal(f->name, name)) return f;
    return NULL;
}

/* ---- relations ---- */

/* Where a walk over the hops stands: at identities, or at objects of a connected system's type (0: of some type). */
struct standing {
    const struct config *config;
    bool metaverse;
    int32_t type, end; /* end: the type of the result's objects */
};

static int32_t cs_attribute_of(const struct standing *s, text name) {
    const int32_t types[] = {s->type, s->end};
    for (size_t i = 0; i < 2; i++) {
        const struct cs_type *t = types[i] ? config_cs_type(s->config, types[i]) : NULL;
        const struct cs_attribute *m = t ? config_cs_attribute_named(t, name) : NULL;
        if (m && m->type == TYPE_REFERENCE) return m->id;
    }
    return 0;
}

static bool add_hop(arena *a, struct standing *s, const struct hop_facts *facts, struct search_hops *out) {
    struct search_hop hop = {.join = text_equal(facts->attribute, RELATION_JOIN), .incoming = facts->direction == HOP_INCOMING};
    if (hop.join) {
        s->metaverse = !s->metaverse;
        s->type = 0;
    } else if (s->metaverse) {
        const struct mv_attribute *m = config_mv_attribute_named(s->config, facts->attribute);
        hop.attribute = m && m->type == TYPE_REFERENCE ? m->id : 0;
    } else {
        if (hop.incoming) s->type = s->end;
        hop.attribute = cs_attribute_of(s, facts->attribute);
        s->type = 0;
    }
    *LIST_ADD(a, out) = hop;
    return hop.join || hop.attribute;
}

static void settle_hops(const struct config *c, arena *a, struct search_item *item) {
    const struct search_source *from = &item->search->source, *to = &item->result->source;
    item->hops = (struct search_hops){0};
    if (!item->facts.relation) {
        if (!reference_equal(&item->facts.search.reference, &item->facts.result.reference))
            item->broken = T("relation is needed when the two references differ");
        return;
    }
    if (from->kind == SEARCH_LOOKUP || to->kind == SEARCH_LOOKUP) {
        item->broken = T("lookup tables have no relations");
        return;
    }
    struct standing s = {.config = c,
                         .metaverse = from->kind == SEARCH_METAVERSE,
                         .type = from->kind == SEARCH_CONNECTOR_SPACE ? from->type : 0,
                         .end = to->kind == SEARCH_CONNECTOR_SPACE ? to->type : 0};
    for (EACH(const struct hop_facts, h, &item->facts.relation->path))
        if (!add_hop(a, &s, h, &item->hops)) item->broken = T("the relation names something that is no reference");
    if (!item->broken.at && s.metaverse != (to->kind == SEARCH_METAVERSE)) item->broken = T("the relation ends elsewhere");
}

void search_item_settle(const struct search_catalogue *k, arena *a, struct search_item *item) {
    item->search = search_origin_find(k, a, item->tenant, &item->facts.search.reference);
    item->result = search_origin_find(k, a, item->tenant, &item->facts.result.reference);
    item->broken = item->search && item->result ? (text){0} : T("its template or pool is gone");
    if (!item->broken.at) settle_hops(k->config, a, item);
}

/* ---- reading ---- */

static FALLIBLE read_document(arena *a, const struct public_item *item, const struct shape *shape, void *facts) {
    const struct json *document;
    struct problems problems = {.a = a};
    TRY_OR(json_read(a, item->doc, (struct json_limits){0}, &document, NULL), "document %d of kind %d", item->id, (int)item->kind);
    if (describe_read(a, shape, document, (struct reading){0}, facts, &problems)) return NULL;
    return FAIL(ERROR_CORRUPT, "document %d of kind %d is damaged: %.*s", item->id, (int)item->kind,
                TEXT_ARG(problems.at->message));
}

static FALLIBLE read_sources(store_tx *tx, arena *a, struct search_catalogue *k) {
    struct public_items items;
    TRY(store_public_items(tx, a, PUBLIC_TEMPLATE, 0, &items));
    for (EACH(const struct public_item, i, &items)) {
        struct template_item *t = LIST_ADD(a, &k->templates);
        *t = (struct template_item){.id = i->id, .tenant = i->tenant};
        TRY(read_document(a, i, &core_template_facts_shape, &t->facts));
    }
    for (EACH(const struct mv_type, type, &k->config->mv_types)) {
        struct template_item *t = LIST_ADD(a, &k->templates);
        t->id = -type->id;
        core_template_by_default(a, k->config, type, &t->facts);
    }
    TRY(store_public_items(tx, a, PUBLIC_POOL, 0, &items));
    for (EACH(const struct public_item, i, &items)) {
        struct pool_item *p = LIST_ADD(a, &k->pools);
        *p = (struct pool_item){.id = i->id, .tenant = i->tenant};
        TRY(read_document(a, i, &data_pool_facts_shape, &p->facts));
    }
    return NULL;
}

static text key_of(arena *a, int32_t tenant, text name) { return arena_print(a, "%d/%.*s", tenant, TEXT_ARG(name)); }

FALLIBLE search_catalogue_read(store_tx *tx, arena *a, const struct config *c, struct search_catalogue *k) {
    struct public_items items;
    *k = (struct search_catalogue){.a = a, .config = c};
    TRY(read_sources(tx, a, k));
    TRY(store_public_items(tx, a, PUBLIC_SEARCH, 0, &items));
    for (EACH(const struct public_item, i, &items)) {
        struct search_item *s = LIST_ADD(a, &k->searches);
        *s = (struct search_item){.id = i->id, .tenant = i->tenant, .version = i->version};
        TRY(read_document(a, i, &search_facts_shape, &s->facts));
        search_item_settle(k, a, s);
    }
    text_map_init(&k->by_name, a, k->searches.count + 1);
    for (EACH(struct search_item, s, &k->searches)) text_map_put(&k->by_name, key_of(a, s->tenant, s->facts.name), s);
    return NULL;
}

const struct search_item *search_find(const struct search_catalogue *k, arena *a, int32_t tenant, text name) {
    return text_map_get(&k->by_name, key_of(a, tenant, name));
}

/* ---- indexes ---- */

static void of_field(arena *a, const struct config *c, const struct search_origin *o, text name, struct search_indexes *out) {
    const struct search_field *f = search_field_find(o, name);
    if (f) search_needed_index(a, c, &o->source, f, out);
}

static void of_filters(arena *a, const struct config *c, const struct search_origin *o, const struct filters_facts *list,
                       struct search_indexes *out) {
    for (EACH(const struct filter_facts, f, list)) of_field(a, c, o, f->name, out);
    for (EACH(const struct filter_facts, f, &o->scope)) of_field(a, c, o, f->name, out);
}

void search_item_indexes(arena *a, const struct config *c, const struct search_item *item, struct search_indexes *out) {
    const struct search_facts *f = &item->facts;
    if (!item->search || !item->result) return;
    of_filters(a, c, item->search, &f->search.filters, out);
    of_filters(a, c, item->result, &f->result.filters, out);
    for (EACH(const text, name, &f->filterable)) {
        of_field(a, c, item->search, *name, out);
        of_field(a, c, item->result, *name, out);
    }
    for (EACH(const text, key, &f->result.columns.sort)) {
        text name;
        bool descending;
        if (sort_read(*key, &name, &descending)) of_field(a, c, item->result, name, out);
    }
}

/* ---- the keeper ---- */

enum { CATALOGUE_BYTES = 1 << 30 };
static const int64_t catalogue_life_ns = INT64_C(5000000000);

struct search_keeper {
    struct store *store;
    mutex lock;
    struct search_catalogue *current;
    int64_t changes; /* so far: a reading is of the time of one of them */
    pthread_t builder;
    pthread_cond_t wake;
    bool due, ending;  /* the builder looks again; it ends */
    search_wants also; /* or NULL */
};

static void drop(struct search_catalogue *k) {
    if (!k || --k->holders) return;
    const struct config *config = k->config;
    arena_free(k->a);
    free(k);
    config_release(config);
}

static FALLIBLE read_now(search_keeper *s, const struct config *c, int64_t generation, struct search_catalogue **out) {
    struct search_catalogue *k = calloc(1, sizeof *k);
    if (!k) die("out of memory");
    OWNED(arena) a = arena_new(CATALOGUE_BYTES);
    OWNED(store_tx) tx = NULL;
    error *e = store_read(s->store, &tx);
    if (!e) e = search_catalogue_read(tx, a, c, k);
    if (e) {
        free(k);
        return e;
    }
    a = NULL;
    k->holders = 1;
    k->generation = generation;
    k->read_ns = monotonic_ns();
    *out = k;
    return NULL;
}

/* Under the lock. */
static bool is_good(const search_keeper *s, const struct config *c) {
    const struct search_catalogue *k = s->current;
    return k && k->generation == s->changes && k->config == c && monotonic_ns() - k->read_ns < catalogue_life_ns;
}

/* The current one, when it is good for this configuration; under the lock. */
static struct search_catalogue *current(search_keeper *s, const struct config *c) {
    if (!is_good(s, c)) return NULL;
    s->current->holders++;
    return s->current;
}

bool search_is_at_hand(search_keeper *s) {
    const struct config *c = store_config_at_hand(s->store);
    if (!c) return false;
    pthread_mutex_lock(&s->lock);
    bool good = is_good(s, c);
    pthread_mutex_unlock(&s->lock);
    config_release(c);
    return good;
}

FALLIBLE search_take(search_keeper *s, struct search_catalogue **out) {
    const struct config *c;
    int64_t generation;
    TRY(store_config(s->store, &c));
    {
        WITH_LOCK(&s->lock);
        generation = s->changes;
        *out = current(s, c);
    }
    if (*out) {
        config_release(c);
        return NULL;
    }
    error *e = read_now(s, c, generation, out);
    if (e) {
        config_release(c);
        return e;
    }
    WITH_LOCK(&s->lock);
    if (s->current && s->current->generation > generation) return NULL; /* somebody else read a later one meanwhile */
    drop(s->current);
    s->current = *out;
    s->current->holders++;
    return NULL;
}

void search_give(search_keeper *s, struct search_catalogue *k) {
    WITH_LOCK(&s->lock);
    drop(k);
}

/* ---- the job that builds indexes ---- */

static FALLIBLE wanted_elsewhere(search_keeper *s, arena *a, const struct config *c, struct search_indexes *out) {
    search_wants also;
    {
        WITH_LOCK(&s->lock);
        also = s->also;
    }
    OWNED(store_tx) tx = NULL;
    if (!also) return NULL;
    TRY(store_read(s->store, &tx));
    return also(tx, a, c, out);
}

/* The next attribute that some search needs indexed. */
static FALLIBLE next_index(search_keeper *s, int32_t *mv, int32_t *cs) {
    OWNED(arena) a = arena_new(64 << 20);
    struct search_indexes needed = {0};
    struct search_catalogue *k;
    TRY(search_take(s, &k));
    for (EACH(const struct search_item, item, &k->searches)) search_item_indexes(a, k->config, item, &needed);
    error *e = wanted_elsewhere(s, a, k->config, &needed);
    search_give(s, k);
    if (e) return e;
    *mv = needed.mv.count ? needed.mv.at[0] : 0;
    *cs = needed.cs.count ? needed.cs.at[0] : 0;
    return NULL;
}

static bool is_ending(search_keeper *s) {
    WITH_LOCK(&s->lock);
    return s->ending;
}

/* In parts, each a session of its own, so that nobody waits for the whole; what is left when the program ends is done later. */
static FALLIBLE build(search_keeper *s, int32_t mv, int32_t cs, bool *done) {
    while (!*done && !is_ending(s)) {
        OWNED(store_tx) tx = NULL;
        TRY(store_write(s->store, STORE_BULK, &tx));
        TRY(mv ? store_index_mv_part(tx, mv, done) : store_index_cs_part(tx, cs, done));
        TRY(store_commit(tx));
    }
    return NULL;
}

/* One attribute (`last` is the one before); *more says that there may be another one. */
static FALLIBLE build_next(search_keeper *s, int32_t last[2], bool *more) {
    int32_t mv = 0, cs = 0;
    *more = false;
    TRY(next_index(s, &mv, &cs));
    if ((!mv && !cs) || (mv == last[0] && cs == last[1])) return NULL; /* done, or it does not help */
    last[0] = mv, last[1] = cs;
    bool done = false;
    TRY(build(s, mv, cs, &done));
    if (!done) return NULL;
    log_line(LOG_INFORMATION, "index built", "attribute %d of %s", mv ? mv : cs, mv ? "the metaverse" : "a connected system");
    *more = true;
    return NULL;
}

static void *build_indexes(void *state) {
    search_keeper *s = state;
    int32_t last[2] = {0};
    for (;;) {
        {
            WITH_LOCK(&s->lock);
            while (!s->due && !s->ending) pthread_cond_wait(&s->wake, &s->lock);
            if (s->ending) return NULL;
            s->due = false;
        }
        bool more;
        OWNED(error) e = build_next(s, last, &more);
        if (e) log_error("index not built", e);
        WITH_LOCK(&s->lock);
        s->due |= more && !e;
    }
}

/* ---- life ---- */

search_keeper *search_new(struct store *of) {
    search_keeper *s = calloc(1, sizeof *s);
    if (!s) die("out of memory");
    s->store = of;
    s->due = true; /* what was left to do when the program ended */
    pthread_mutex_init(&s->lock, NULL);
    condition_init(&s->wake);
    s->builder = thread_start("indexes", build_indexes, s);
    return s;
}

void search_free(search_keeper *s) {
    if (!s) return;
    {
        WITH_LOCK(&s->lock);
        s->ending = true;
        pthread_cond_signal(&s->wake);
    }
    pthread_join(s->builder, NULL);
    drop(s->current);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    free(s);
}

void search_also_index(search_keeper *s, search_wants wants) {
    WITH_LOCK(&s->lock);
    s->also = wants;
    s->due = true;
    pthread_cond_signal(&s->wake);
}

void search_changed(search_keeper *s) {
    WITH_LOCK(&s->lock);
    s->changes++;
    s->due = true;
    pthread_cond_signal(&s->wake);
}
