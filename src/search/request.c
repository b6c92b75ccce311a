/* Merges a request into a configured search. */
#include "search/request.h"

/* ---- what travels ---- */

static SHAPE(request_filter, "RequestFilter",
             FIELDS(FIELD(request_filter, name, "name", .required = true),
                    FIELD(request_filter, value, "value", .nullable = true, .doc = "A value, a list of values, or null."),
                    FIELD(request_filter, condition, "condition", .names = &search_condition_names),
                    FIELD(request_filter, case_sensitive, "caseSensitive")),
             WITH_GIVEN(request_filter));
static SHAPE(request_search, "RequestSearch",
             FIELDS(OBJECT(request_search, reference, "reference", search_reference),
                    OBJECTS(request_search, filters, "filters", request_filter, .max_length = SEARCH_FILTERS_MAX)),
             WITH_GIVEN(request_search));
static SHAPE(request_columns, "RequestColumns",
             FIELDS(FIELD(request_columns, fields, "fields", .min_length = 1, .max_length = SEARCH_COLUMNS_MAX),
                    FIELD(request_columns, sort, "sort", .max_length = SEARCH_SORTS_MAX)),
             WITH_GIVEN(request_columns));
static SHAPE(request_result, "RequestResult",
             FIELDS(OBJECT(request_result, reference, "reference", search_reference),
                    OBJECTS(request_result, filters, "filters", request_filter, .max_length = SEARCH_FILTERS_MAX),
                    OBJECT(request_result, columns, "columns", request_columns)),
             WITH_GIVEN(request_result));
SHAPE(search_request, "SearchRequest",
      FIELDS(OBJECT(search_request, search, "search", request_search), OBJECT(search_request, result, "result", request_result),
             FIELD(search_request, links, "links", .doc = "Not looked at, so that a description can be sent back.",
                   .schema = "{\"type\":\"array\"}")),
      WITH_GIVEN(search_request), .doc = "What differs from the configured search; what is absent is as configured.");

/* ---- one section ---- */

struct merge {
    arena *a;
    const struct search_item *item;
    const struct search_asker *who;
    struct problems *problems;
    const char *section; /* "search", "result" */
    const struct search_origin *origin;
    const struct filters_facts *configured;
    const struct request_filters *given; /* NULL: absent */
    struct search_filters *out;
};

/* "search.filters[2].value" */
static const char *member(const struct merge *m, size_t i, const char *name) {
    return arena_print(m->a, "%s.filters[%zu]%s%s", m->section, i, *name ? "." : "", name).at;
}

static void problem(struct merge *m, size_t i, const char *name, const char *sentence) {
    describe_problem(m->problems, PROBLEM_RULE, member(m, i, name), "%s", sentence);
}

#define NO_SUCH_FIELD "There is no such field."

static bool same_json(const struct json *a, const struct json *b) {
    bool no_a = !a || a->kind == JSON_NULL, no_b = !b || b->kind == JSON_NULL;
    if (no_a || no_b) return no_a && no_b;
    if (a->kind != b->kind || a->truth != b->truth || a->count != b->count || !text_equal(a->content, b->content)) return false;
    const struct json *y = b->first;
    for (EACH_JSON(x, a)) {
        if (!same_json(x, y)) return false;
        y = y->next;
    }
    return true;
}

static bool has_value(const struct json *v) { return v && v->kind != JSON_NULL && !(v->kind == JSON_STRING && !v->content.len); }

static bool takes_value(enum search_condition c) { return condition_rules[c].takes != TAKES_NONE; }

static enum filter_mode mode_of(const struct filter_facts *f) { return f->hidden ? FILTER_FIXED : f->mode; }

/* ---- values ---- */

/* The configured value with its expressions replaced; NULL when one cannot be. */
static const struct json *evaluated(const struct merge *m, const struct json *v) {
    if (!v || (v->kind != JSON_STRING && v->kind != JSON_ARRAY)) return v;
    struct json *made = ARENA_NEW(m->a, struct json);
    *made = *v;
    if (v->kind == JSON_STRING) {
        if (has_expression(v->content) && !expressions_evaluate(m->a, v->content, m->who, &made->content)) return NULL;
        return made;
    }
    const struct json **at = &made->first;
    for (EACH_JSON(child, v)) {
        const struct json *one = evaluated(m, child);
        if (!one) return NULL;
        struct json *copy = ARENA_NEW(m->a, struct json);
        *copy = *one;
        copy->next = NULL;
        *at = copy;
        at = &copy->next;
    }
    return made;
}

static FALLIBLE add_configured(struct merge *m, const struct filter_facts *f) {
    const struct search_field *field = search_field_find(m->origin, f->name);
    struct problems problems = {.a = m->a};
    if (!field) return FAIL(ERROR_INVALID, "A field of the search does not exist any more.");
    const struct json *value = f->value.json ? evaluated(m, f->value.json) : NULL;
    if (f->value.json && !value) return FAIL(ERROR_INVALID, "An expression of the search has no value here.");
    struct search_filter filter = {.field = *field, .condition = f->condition, .any_case = !f->case_sensitive};
    bool fits = condition_fits(f->condition, field->type);
    if (fits && search_value_read(m->a, field->type, f->condition, value, "value", &problems, &filter.values)) {
        *LIST_ADD(m->a, m->out) = filter;
        return NULL;
    }
    return FAIL(ERROR_INVALID, "A configured value of the search does not fit its field.");
}

/* " AND " and " OR " in a value of a text filter, where the configuration honours them. */
static bool has_operators(const struct merge *m, enum field_type type, enum search_condition condition, const struct json *value) {
    enum condition_value takes = condition_rules[condition].takes;
    if (!m->item->facts.value_operators || type != FIELD_TYPE_TEXT || (takes != TAKES_ONE && takes != TAKES_PATTERN)) return false;
    if (!value || value->kind != JSON_STRING) return false;
    return text_find(value->content, T(" AND ")) != SIZE_MAX || text_find(value->content, T(" OR ")) != SIZE_MAX;
}

static void add_operands(struct merge *m, size_t i, const struct search_filter *like, const struct json *value) {
    text rest = value->content;
    bool all = text_find(rest, T(" AND ")) != SIZE_MAX, any = text_find(rest, T(" OR ")) != SIZE_MAX;
    if (all && any) {
        problem(m, i, "value", "' AND ' and ' OR ' cannot both stand in one value.");
        return;
    }
    text between = all ? T(" AND ") : T(" OR ");
    struct search_filter filter = *like;
    for (bool more = true; more;) {
        size_t at = text_find(rest, between);
        more = at != SIZE_MAX;
        struct json one = *value;
        one.content = text_slice(rest, 0, more ? at : rest.len);
        rest = more ? text_slice(rest, at + between.len, rest.len) : rest;
        struct search_values read = {0};
        if (!search_value_read(m->a, filter.field.type, filter.condition, &one, member(m, i, "value"), m->problems, &read)) return;
        for (EACH(const struct search_value, v, &read)) *LIST_ADD(m->a, &filter.values) = *v;
        if (!all) continue;
        *LIST_ADD(m->a, m->out) = filter;
        filter.values = (struct search_values){0};
    }
    if (!all) *LIST_ADD(m->a, m->out) = filter;
}

static void add_given(struct merge *m, size_t i, const struct search_field *field, enum search_condition condition, bool any_case) {
    const struct json *value = m->given->at[i].value.json;
    struct search_filter filter = {.field = *field, .condition = condition, .any_case = any_case};
    if (!condition_fits(condition, field->type)) {
        problem(m, i, "condition", "The condition does not fit the field.");
        return;
    }
    if (has_operators(m, field->type, condition, value)) {
        add_operands(m, i, &filter, value);
        return;
    }
    if (search_value_read(m->a, field->type, condition, value, member(m, i, "value"), m->problems, &filter.values))
        *LIST_ADD(m->a, m->out) = filter;
}

/* ---- which filter stands for which ---- */

#define GIVEN(f, name) WAS_GIVEN(f, request_filter, name)

/* What a filter of the request says about one of the configuration: nothing new. */
static bool repeats(const struct request_filter *f, const struct filter_facts *of) {
    if (!text_equal(f->name, of->name) || (GIVEN(f, condition) && f->condition != of->condition)) return false;
    if (GIVEN(f, case_sensitive) && f->case_sensitive != of->case_sensitive) return false;
    return same_json(f->value.json, of->value.json);
}

/* Whether callers may add filters on this field. */
static bool is_filterable(const struct search_facts *f, text name) {
    const struct texts *list = f->filterable.at ? &f->filterable : &f->result.columns.fields;
    for (EACH(const text, t, list))
        if (text_equal(*t, name)) return true;
    if (f->filterable.at) return false;
    const struct filters_facts *sections[] = {&f->search.filters, &f->result.filters};
    for (size_t s = 0; s < 2; s++)
        for (EACH(const struct filter_facts, k, sections[s]))
            if (mode_of(k) != FILTER_FIXED && text_equal(k->name, name)) return true;
    return false;
}

static void add_extra(struct merge *m, size_t i) {
    const struct request_filter *f = &m->given->at[i];
    const struct search_field *field = is_filterable(&m->item->facts, f->name) ? search_field_find(m->origin, f->name) : NULL;
    if (!field)
        problem(m, i, "name", NO_SUCH_FIELD);
    else if (!GIVEN(f, condition))
        problem(m, i, "condition", "Is required.");
    else
        add_given(m, i, field, f->condition, GIVEN(f, case_sensitive) && !f->case_sensitive);
}

enum { NOT_TAKEN = SEARCH_FILTERS_MAX };

/* The first filter of the configuration that this one stands for; SIZE_MAX: none, and NOT_TAKEN when it only repeats a fixed one.
 */
static size_t stands_for(const struct merge *m, const struct request_filter *f, const size_t taken_by[]) {
    for (EACH(const struct filter_facts, k, m->configured))
        if (!k->hidden && k->mode == FILTER_FIXED && repeats(f, k)) return NOT_TAKEN;
    for (size_t j = 0; j < m->configured->count; j++) {
        const struct filter_facts *k = &m->configured->at[j];
        if (mode_of(k) != FILTER_FIXED && taken_by[j] == SIZE_MAX && text_equal(k->name, f->name)) return j;
    }
    return SIZE_MAX;
}

/* A filter of the request in place of one that callers may change. */
static FALLIBLE replace(struct merge *m, const struct filter_facts *k, size_t i) {
    const struct request_filter *f = &m->given->at[i];
    enum search_condition condition = GIVEN(f, condition) ? f->condition : k->condition;
    if (takes_value(condition) && !has_value(f->value.json)) {
        if (k->mode == FILTER_MANDATORY) problem(m, i, "value", "A value is needed.");
        return NULL;
    }
    if (repeats(f, k)) return add_configured(m, k);
    const struct search_field *field = search_field_find(m->origin, k->name);
    if (!field) return FAIL(ERROR_INVALID, "A field of the search does not exist any more.");
    add_given(m, i, field, condition, GIVEN(f, case_sensitive) ? !f->case_sensitive : !k->case_sensitive);
    return NULL;
}

static FALLIBLE as_configured(struct merge *m, const struct filter_facts *k) {
    bool usable = !takes_value(k->condition) || has_value(k->value.json);
    if (mode_of(k) == FILTER_FIXED || (!m->given && usable)) return add_configured(m, k);
    if (k->mode == FILTER_MANDATORY)
        describe_problem(m->problems, PROBLEM_MISSING, arena_print(m->a, "%s.filters", m->section).at,
                         "A filter on '%.*s' with a value is needed.", TEXT_ARG(k->name));
    return NULL;
}

static FALLIBLE merge_section(struct merge *m) {
    size_t taken_by[SEARCH_FILTERS_MAX];
    bool extra[SEARCH_FILTERS_MAX] = {false};
    memset(taken_by, 0xFF, sizeof taken_by); /* SIZE_MAX */
    for (size_t i = 0; m->given && i < m->given->count; i++) {
        size_t j = stands_for(m, &m->given->at[i], taken_by);
        extra[i] = j == SIZE_MAX;
        if (j < NOT_TAKEN) taken_by[j] = i;
    }
    for (size_t j = 0; j < m->configured->count; j++) {
        const struct filter_facts *k = &m->configured->at[j];
        TRY(taken_by[j] == SIZE_MAX ? as_configured(m, k) : replace(m, k, taken_by[j]));
    }
    for (size_t i = 0; m->given && i < m->given->count; i++)
        if (extra[i]) add_extra(m, i);
    for (EACH(const struct filter_facts, k, &m->origin->scope)) TRY(add_configured(m, k));
    return NULL;
}

/* ---- columns and sort keys ---- */

static bool contains(const struct texts *list, text t) {
    for (EACH(const text, each, list))
        if (text_equal(*each, t)) return true;
    return false;
}

static bool repeated(const struct texts *list, size_t i) {
    return contains(&(struct texts){.at = list->at, .count = i}, list->at[i]);
}

#define SAY(m, i, what, sentence)                                                                                                  \
    describe_problem((m)->problems, PROBLEM_RULE, arena_print((m)->a, "result.columns." what "[%zu]", i).at, sentence)

static FALLIBLE merge_columns(struct merge *m, const struct request_columns *given, struct search_fields *out) {
    const struct texts *configured = &m->item->facts.result.columns.fields;
    bool own = given && WAS_GIVEN(given, request_columns, fields);
    const struct texts *wanted = own ? &given->fields : configured;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct search_field *field = search_field_find(m->origin, wanted->at[i]);
        if (own && !contains(configured, wanted->at[i]))
            SAY(m, i, "fields", NO_SUCH_FIELD);
        else if (own && repeated(wanted, i))
            SAY(m, i, "fields", "The field stands there twice.");
        else if (!field)
            return FAIL(ERROR_INVALID, "A column of the search does not exist any more.");
        else
            *LIST_ADD(m->a, out) = *field;
    }
    return NULL;
}

static void read_sort(struct merge *m, const struct texts *keys, size_t i, bool own, struct search_sorts *out) {
    const struct columns_facts *configured = &m->item->facts.result.columns;
    text name;
    bool descending, twice = false;
    if (!sort_read(keys->at[i], &name, &descending)) {
        SAY(m, i, "sort", "Must be a field, '|', and ASC or DESC.");
        return;
    }
    const struct search_field *field = search_field_find(m->origin, name);
    if (!field || (own && !contains(&configured->fields, name) && !contains(&configured->sort, keys->at[i]))) {
        SAY(m, i, "sort", NO_SUCH_FIELD);
        return;
    }
    for (EACH(const struct search_sort, s, out)) twice |= text_equal(s->field.name, name);
    if (twice)
        SAY(m, i, "sort", "The field stands there twice.");
    else
        *LIST_ADD(m->a, out) = (struct search_sort){*field, descending};
}

/* ---- the whole ---- */

static void check_reference(struct problems *problems, const struct search_reference *given,
                            const struct search_reference *configured, const char *at) {
    if (given && !reference_equal(given, configured)) describe_problem(problems, PROBLEM_RULE, at, "Must be as configured.");
}

static FALLIBLE merge_sorts(struct merge *m, const struct request_columns *columns, struct search_sorts *out) {
    bool own = columns && WAS_GIVEN(columns, request_columns, sort);
    const struct texts *keys = own ? &columns->sort : &m->item->facts.result.columns.sort;
    for (size_t i = 0; i < keys->count; i++) read_sort(m, keys, i, own, out);
    return NULL;
}

static FALLIBLE merge_search(struct merge *m, const struct request_search *given, struct search_query *out) {
    const struct search_section *configured = &m->item->facts.search;
    m->section = "search", m->origin = m->item->search, m->configured = &configured->filters, m->out = &out->filters;
    m->given = given && WAS_GIVEN(given, request_search, filters) ? &given->filters : NULL;
    if (given) check_reference(m->problems, given->reference, &configured->reference, "search.reference");
    return merge_section(m);
}

static FALLIBLE merge_result(struct merge *m, const struct request_result *given, struct search_query *out) {
    const struct result_section *configured = &m->item->facts.result;
    const struct request_columns *columns = given ? given->columns : NULL;
    m->section = "result", m->origin = m->item->result, m->configured = &configured->filters, m->out = &out->result_filters;
    m->given = given && WAS_GIVEN(given, request_result, filters) ? &given->filters : NULL;
    if (given) check_reference(m->problems, given->reference, &configured->reference, "result.reference");
    TRY(merge_section(m));
    TRY(merge_columns(m, columns, &out->columns));
    return merge_sorts(m, columns, &out->sort);
}

FALLIBLE search_request_merge(arena *a, const struct search_item *item, const struct search_request *request,
                              const struct search_asker *who, struct problems *problems, struct search_query *out) {
    if (item->broken.at) return FAIL(ERROR_INVALID, "The search cannot run: %.*s.", TEXT_ARG(item->broken));
    *out = (struct search_query){.search = item->search->source,
                                 .result = item->result->source,
                                 .hops = item->hops,
                                 .max_results = item->facts.max_results.given ? item->facts.max_results.value : 0};
    struct merge m = {.a = a, .item = item, .who = who, .problems = problems};
    TRY(merge_search(&m, request ? request->search : NULL, out));
    TRY(merge_result(&m, request ? request->result : NULL, out));
    if (request && WAS_GIVEN(request, search_request, links) && request->links.json->kind == JSON_NULL)
        describe_problem(problems, PROBLEM_NULL, "links", "Must not be null.");
    return NULL;
}
