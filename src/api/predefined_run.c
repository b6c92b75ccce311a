/* Running a predefined search: which objects meet its criteria, and the page that is asked for (operations §22.2, §22.3). */
#include "api/mv_header.h"
#include "api/predefined.h"
#include "api/resources.h"
#include "base/unicode.h"
#include "model/credentials.h"
#include "search/model.h"
#include "sync/scope.h"

struct search_run {
    text uri;
    struct list_query list;
    text search, has_attribute;
};
static SHAPE(search_run, NULL,
             FIELDS(FIELD(search_run, uri, "predefinedSearchUri"), EMBED(search_run, list, list_query),
                    FIELD(search_run, search, "search", .max_length = 1000, .doc = "A part of any text value, in any case."),
                    FIELD(search_run, has_attribute, "hasAttribute", .max_length = 200,
                          .doc = "The name of an attribute that must have a value.")));

/* ---- does an object meet it? ---- */

/* A criterion ready to be compared: relative dates have become dates. */
struct ready_group {
    bool any;
    struct LIST(struct scope_criterion) criteria;
    struct ready_groups LIST(struct ready_group) children;
};
struct question {
    snapshot *config;
    struct ready_groups groups;
    text search; /* folded, or null */
    int32_t has_attribute;
};

static struct value value_of(const struct criterion_view *v) {
    switch (v->attribute_data_type) {
    case TYPE_TEXT:
        return (struct value){.type = TYPE_TEXT, .text = v->string_value};
    case TYPE_NUMBER:
        return (struct value){.type = TYPE_NUMBER, .integer = v->int_value.value};
    case TYPE_LONG_NUMBER:
        return (struct value){.type = TYPE_LONG_NUMBER, .integer = v->long_value.value};
    case TYPE_DECIMAL:
        return (struct value){.type = TYPE_DECIMAL, .decimal = &v->decimal_value.value};
    case TYPE_DATETIME:
        return (struct value){.type = TYPE_DATETIME, .integer = v->date_time_value.value.ticks};
    case TYPE_BOOLEAN:
        return (struct value){.type = TYPE_BOOLEAN, .integer = v->bool_value.value};
    default:
        return (struct value){.type = TYPE_GUID, .guid = v->guid_value.value};
    }
}

static struct scope_criterion ready_of(const struct predefined_criterion *k, instant now) {
    struct scope_criterion out = {.attribute = k->attribute,
                                  .comparison = k->v.comparison_type,
                                  .has_value = true,
                                  .value = value_of(&k->v),
                                  .case_sensitive = k->v.case_sensitive,
                                  .mode = k->v.value_mode,
                                  .relative_count = k->v.relative_count.value,
                                  .unit = k->v.relative_unit.value,
                                  .direction = k->v.relative_direction.value};
    if (out.mode == VALUE_RELATIVE) out.value.integer = scope_boundary(&out, now).ticks;
    return out;
}

static void make_ready(arena *a, const struct predefined_groups *from, instant now, struct ready_groups *out) {
    for (EACH(const struct predefined_group, g, from)) {
        struct ready_group ready = {.any = g->type == SCOPE_ANY};
        for (EACH(const struct predefined_criterion, k, &g->criteria)) *LIST_ADD(a, &ready.criteria) = ready_of(k, now);
        make_ready(a, &g->children, now, &ready.children);
        *LIST_ADD(a, out) = ready;
    }
}

static bool says_no(enum comparison comparison) {
    return comparison == COMPARE_NOT_STARTS_WITH || comparison == COMPARE_NOT_ENDS_WITH || comparison == COMPARE_NOT_CONTAINS;
}

/* Some value must satisfy it; what says that values have not the text must be satisfied by all, and by none. */
static bool criterion_holds(arena *a, const struct scope_criterion *k, const struct attributes *values) {
    const struct values *set = attributes_find(values, k->attribute);
    bool all = says_no(k->comparison);
    for (size_t i = 0; set && i < set->count; i++)
        if (scope_value_holds(a, k, &set->at[i]) != all) return !all;
    return all;
}

static bool group_holds(arena *a, const struct ready_group *g, const struct attributes *values) {
    if (!g->criteria.count && !g->children.count) return true;
    for (EACH(const struct scope_criterion, k, &g->criteria))
        if (criterion_holds(a, k, values) == g->any) return g->any;
    for (EACH(const struct ready_group, child, &g->children))
        if (group_holds(a, child, values) == g->any) return g->any;
    return !g->any;
}

static bool some_group_holds(arena *a, const struct ready_groups *groups, const struct attributes *values) {
    for (EACH(const struct ready_group, g, groups))
        if (group_holds(a, g, values)) return true;
    return groups->count == 0;
}

static bool has_text(arena *a, snapshot *s, text folded, const struct attributes *values) {
    for (EACH(const struct values, set, values)) {
        const struct mv_attribute *m = config_mv_attribute(s, set->attribute);
        if (!m || m->type != TYPE_TEXT || is_credential_attribute(m->name)) continue;
        for (size_t i = 0; i < set->count; i++)
            if (text_find(text_fold(a, set->at[i].text), folded) != SIZE_MAX) return true;
    }
    return false;
}

static bool accepts(void *state, arena *a, const struct mvo *o) {
    const struct question *q = state;
    if (q->has_attribute) {
        const struct values *set = attributes_find(&o->values, q->has_attribute);
        if (!set || !set->count) return false;
    }
    if (!some_group_holds(a, &q->groups, &o->values)) return false;
    return !q->search.at || has_text(a, q->config, q->search, &o->values);
}

static bool asks_nothing(const struct ready_groups *groups) {
    for (EACH(const struct ready_group, g, groups))
        if (!g->criteria.count && !g->children.count) return true;
    return groups->count == 0;
}

/* ---- as a search ---- */

/* What the search of the Public Data API understands alike runs there, on index rows: a single group whose criteria all hold. It
 * tells times apart by seconds only, and of several values takes "not equal" for "none is equal"; such criteria look at every
 * object. */
static const int conditions[] = {
    [COMPARE_EQUALS] = CONDITION_EQUALS,           [COMPARE_NOT_EQUALS] = CONDITION_NOT_EQUALS,
    [COMPARE_STARTS_WITH] = CONDITION_STARTS_WITH, [COMPARE_NOT_STARTS_WITH] = CONDITION_NOT_STARTS_WITH,
    [COMPARE_ENDS_WITH] = CONDITION_ENDS_WITH,     [COMPARE_NOT_ENDS_WITH] = CONDITION_NOT_ENDS_WITH,
    [COMPARE_CONTAINS] = CONDITION_CONTAINS,       [COMPARE_NOT_CONTAINS] = CONDITION_NOT_CONTAINS,
    [COMPARE_LESS] = CONDITION_LESS_THAN,          [COMPARE_LESS_OR_EQUAL] = CONDITION_LESS_OR_EQUAL,
    [COMPARE_GREATER] = CONDITION_GREATER_THAN,    [COMPARE_GREATER_OR_EQUAL] = CONDITION_GREATER_OR_EQUAL};

static struct search_field field_of(const struct mv_attribute *m) {
    return (struct search_field){
        .name = m->name, .type = field_type_of(m->type), .multi = m->plurality == MULTI_VALUED, .attribute = m->id};
}

static struct search_value search_value_of(const struct value *v) {
    switch (v->type) {
    case TYPE_TEXT:
        return (struct search_value){.text = v->text};
    case TYPE_DECIMAL:
        return (struct search_value){.decimal = *v->decimal};
    case TYPE_GUID:
        return (struct search_value){.guid = v->guid};
    default:
        return (struct search_value){.number = v->integer};
    }
}

static bool filter_of(arena *a, snapshot *s, const struct scope_criterion *k, struct search_filters *out) {
    const struct mv_attribute *m = config_mv_attribute(s, k->attribute);
    if (!m || m->type == TYPE_DATETIME || k->comparison == COMPARE_NOT_SET) return false;
    struct search_field field = field_of(m);
    if (k->comparison == COMPARE_NOT_EQUALS) {
        if (field.multi) return false;
        *LIST_ADD(a, out) = (struct search_filter){.field = field, .condition = CONDITION_IS_NOT_EMPTY};
    }
    struct search_filter f = {
        .field = field, .condition = (enum search_condition)conditions[k->comparison], .any_case = !k->case_sensitive};
    *LIST_ADD(a, &f.values) = search_value_of(&k->value);
    *LIST_ADD(a, out) = f;
    return true;
}

static bool plain_group(const struct question *question) {
    const struct ready_group *g = question->groups.at;
    if (question->search.at || question->has_attribute || question->groups.count != 1) return false;
    return g->criteria.count && !g->children.count && (!g->any || g->criteria.count == 1);
}

static bool search_of(arena *a, const struct question *question, const struct object_query *q, struct search_query *out) {
    const struct mv_attribute *sort = config_mv_attribute(question->config, q->sort_attribute);
    if (!plain_group(question) || q->sort == 2 || (q->descending && !sort)) return false;
    if (sort && (sort->type == TYPE_DATETIME || sort->plurality == MULTI_VALUED)) return false;
    *out = (struct search_query){.search = {.kind = SEARCH_METAVERSE, .type = q->type}, .offset = q->offset, .limit = q->limit};
    out->result = out->search;
    for (EACH(const struct scope_criterion, k, &question->groups.at->criteria))
        if (!filter_of(a, question->config, k, &out->filters)) return false;
    if (sort) *LIST_ADD(a, &out->sort) = (struct search_sort){.field = field_of(sort), .descending = q->descending};
    return true;
}

/* By the search where it can, else by a look at every object. */
static FALLIBLE find_objects(struct call *c, store_tx *tx, struct question *question, struct object_query *q, struct mvos *found,
                             int64_t *total) {
    struct search_query search;
    struct int64s ids = {0};
    enum search_outcome outcome;
    if (search_of(c->a, question, q, &search)) {
        TRY(search_ids(tx, c->a, question->config, &search, &ids, total, &outcome));
        return store_listed_mvos(tx, c->a, question->config, q, &ids, found);
    }
    if (question->search.at || question->has_attribute || !asks_nothing(&question->groups)) {
        q->accepts = accepts;
        q->state = question;
    }
    return store_list_mvos(tx, c->a, question->config, q, found, total);
}

FALLIBLE predefined_indexes(store_tx *tx, arena *a, const struct config *c, struct search_indexes *out) {
    struct predefined_searches all = {0};
    TRY(predefined_all(tx, a, c, &all));
    for (EACH(const struct predefined_search, p, &all)) {
        struct question question = {.config = c};
        struct object_query q = {.type = p->facts.type};
        struct search_query search;
        make_ready(a, &p->facts.groups, instant_now(), &question.groups);
        if (p->facts.enabled && search_of(a, &question, &q, &search)) search_needed_indexes(a, c, &search, out);
    }
    return NULL;
}

/* ---- the page ---- */

/* False when nothing can be found. */
static bool ask(struct call *c, snapshot *s, const struct search_run *in, const struct predefined_search *p, struct question *out) {
    *out = (struct question){.config = s};
    make_ready(c->a, &p->facts.groups, c->now, &out->groups);
    if (!text_is_empty(in->search)) out->search = text_fold(c->a, in->search);
    if (text_is_empty(in->has_attribute)) return true;
    const struct mv_attribute *m = config_mv_attribute_named(s, in->has_attribute);
    out->has_attribute = m ? m->id : 0;
    return m != NULL;
}

/* By the shown name the index rows know the order; by creation it needs none. */
static void set_order(snapshot *s, const struct search_run *in, struct object_query *q) {
    const struct mv_attribute *m = config_mv_attribute_named(s, in->list.sort_by);
    q->sort = m && m == s->display[0] ? 2 : 1;
    if (m && m != s->display[0]) q->sort_attribute = m->id;
    q->descending = list_descending(&in->list);
}

static FALLIBLE objects_search(struct call *c, const struct search_run *in, struct object_page *out) {
    snapshot *s;
    struct predefined_search p;
    struct question question;
    struct mvos found = {0};
    int64_t total = 0;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(predefined_find_uri(tx, c->a, s, in->uri, &p));
    if (!p.facts.enabled) return FAIL(ERROR_NOT_FOUND, "The predefined search is disabled.");
    struct object_query q = {
        .type = p.facts.type, .status = -1, .join = -1, .offset = list_offset(&in->list), .limit = in->list.page_size};
    for (EACH(const struct predefined_column, column, &p.facts.columns)) *LIST_ADD(c->a, &q.large) = column->attribute;
    set_order(s, in, &q);
    if (ask(c, s, in, &p, &question)) {
        TRY(find_objects(c, tx, &question, &q, &found, &total));
    }
    for (EACH(const struct mvo, o, &found)) object_header_of(c->a, s, o, &q, LIST_ADD(c->a, &out->items));
    page_fill(&out->counts, in->list.page, in->list.page_size, total);
    return NULL;
}
HANDLER(objects_search, search_run, object_page)

const struct routes predefined_run_routes = ROUTES(
    "Metaverse", "/api/v1/metaverse",
    ROUTE(GET, "/objects/search/{predefinedSearchUri}", objects_search,
          "Lists the objects that a predefined search finds, with the values of its columns.", .operation = "SearchObjects",
          .role = ROLE_ADMINISTRATOR, .doc = "sortBy is the name of an attribute; without it objects come as they were created.",
          .also = ALSO({404, NULL, "There is no such search, or it is disabled."})));
