/* What is wrong with a search configuration, or with the scope of a template: before it is kept. */
#include "search/request.h"

struct check {
    arena *a;
    struct problems *problems;
};

static void say(struct check *c, const char *sentence, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(struct check *c, const char *sentence, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text at = arena_vprint(c->a, format, args);
    va_end(args);
    describe_problem(c->problems, PROBLEM_RULE, at.at, "%s", sentence);
}

/* Some text of the value holds an expression; *known says whether all are ones that exist. */
static bool expressive(arena *a, const struct json *v, bool *known) {
    if (!v) return false;
    if (v->kind == JSON_STRING && has_expression(v->content)) {
        *known &= expressions_known(a, v->content);
        return true;
    }
    bool any = false;
    for (EACH_JSON(child, v)) any |= expressive(a, child, known);
    return any;
}

static bool is_missing(const struct json *v) { return !v || v->kind == JSON_NULL || (v->kind == JSON_STRING && !v->content.len); }

static void check_value(struct check *c, const struct filter_facts *f, enum field_type type, const char *at) {
    const struct json *v = f->value.json && f->value.json->kind == JSON_NULL ? NULL : f->value.json;
    struct search_values unused = {0};
    bool known = true, changeable = f->mode != FILTER_FIXED && !f->hidden;
    if (changeable && is_missing(v)) return; /* callers give it */
    if (expressive(c->a, v, &known)) {
        if (!known) say(c, "There is no such expression.", "%s", at);
    } else
        (void)search_value_read(c->a, type, f->condition, v, at, c->problems, &unused);
}

static void check_filters(struct check *c, const struct filters_facts *list, const struct search_origin *origin,
                          const char *where) {
    for (size_t i = 0; i < list->count; i++) {
        const struct filter_facts *f = &list->at[i];
        const struct search_field *field = search_field_find(origin, f->name);
        if (f->mode == FILTER_MANDATORY && f->hidden) say(c, "Callers cannot give what is hidden.", "%s[%zu].hidden", where, i);
        if (!field)
            say(c, "There is no such field.", "%s[%zu].name", where, i);
        else if (!condition_fits(f->condition, field->type))
            say(c, "The condition does not fit the field.", "%s[%zu].condition", where, i);
        else
            check_value(c, f, field->type, arena_print(c->a, "%s[%zu].value", where, i).at);
    }
}

static void check_names(struct check *c, const struct texts *names, const struct search_origin *first,
                        const struct search_origin *second, const char *where) {
    for (size_t i = 0; i < names->count; i++) {
        bool known = search_field_find(first, names->at[i]) || (second && search_field_find(second, names->at[i]));
        if (!known) say(c, "There is no such field.", "%s[%zu]", where, i);
        for (size_t j = 0; j < i; j++)
            if (text_equal(names->at[i], names->at[j])) {
                say(c, "The field stands there twice.", "%s[%zu]", where, i);
                break;
            }
    }
}

static void check_sort(struct check *c, const struct texts *keys, const struct search_origin *origin) {
    for (size_t i = 0; i < keys->count; i++) {
        text name, other;
        bool descending;
        if (!sort_read(keys->at[i], &name, &descending)) {
            say(c, "Must be a field, '|', and ASC or DESC.", "result.columns.sort[%zu]", i);
            continue;
        }
        if (!search_field_find(origin, name)) say(c, "There is no such field.", "result.columns.sort[%zu]", i);
        for (size_t j = 0; j < i; j++)
            if (sort_read(keys->at[j], &other, &descending) && text_equal(name, other))
                say(c, "The field stands there twice.", "result.columns.sort[%zu]", i);
    }
}

void search_facts_check(arena *a, const struct search_item *item, struct problems *problems) {
    const struct search_facts *f = &item->facts;
    struct check c = {a, problems};
    if (!is_search_name(f->name))
        say(&c, "Letters, digits, '_', '.' and '-', at most 128, the first no '.' or '-', no '..'.", "name");
    if (!item->search) say(&c, "There is no such template or data pool.", "search.reference.name");
    if (!item->result) say(&c, "There is no such template or data pool.", "result.reference.name");
    if (!item->search || !item->result) return;
    if (item->broken.at) say(&c, arena_print(a, "%.*s", TEXT_ARG(item->broken)).at, "relation");
    check_filters(&c, &f->search.filters, item->search, "search.filters");
    check_filters(&c, &f->result.filters, item->result, "result.filters");
    check_names(&c, &f->result.columns.fields, item->result, NULL, "result.columns.fields");
    check_names(&c, &f->filterable, item->search, item->result, "filterableFields");
    check_sort(&c, &f->result.columns.sort, item->result);
}

void search_scope_check(arena *a, const struct search_origin *origin, struct problems *problems) {
    struct check c = {a, problems};
    check_filters(&c, &origin->scope, origin, "scope");
}
