/* Bodies of searches on arbitrary bytes: what is accepted can only narrow the configured search (public-data-api.md §7.2). */
#include "search/request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PERSON "\"reference\":{\"type\":\"CORE_TEMPLATE\",\"name\":\"Person\"}"
static const char configuration[] =
    "{\"name\":\"S\",\"search\":{" PERSON ",\"filters\":["
    "{\"name\":\"Last\",\"condition\":\"STARTS_WITH\",\"value\":\"S\"},"
    "{\"name\":\"Secret\",\"condition\":\"EQUALS\",\"value\":\"x\",\"hidden\":true},"
    "{\"name\":\"First\",\"condition\":\"EQUALS\",\"value\":\"${user.name}\",\"mode\":\"EDITABLE\"}]},"
    "\"result\":{" PERSON
    ",\"columns\":{\"fields\":[\"First\",\"Last\",\"Number\"],\"sort\":[\"Number|DESC\"]}},\"valueOperators\":true}";
static struct search_field fields[] = {{T("First"), FIELD_TYPE_TEXT, false, 1},
                                       {T("Last"), FIELD_TYPE_TEXT, false, 2},
                                       {T("Number"), FIELD_TYPE_NUMBER, false, 3},
                                       {T("Secret"), FIELD_TYPE_TEXT, false, 4}};
static struct search_origin origin = {.reference = {REFERENCE_CORE_TEMPLATE, T("Person")},
                                      .source = {.kind = SEARCH_METAVERSE, .tenant = 1, .type = 1},
                                      .fields = {fields, 4, 4}};

static void must(bool right) {
    if (!right) abort();
}

static bool is_column(text name) {
    return text_equal(name, T("First")) || text_equal(name, T("Last")) || text_equal(name, T("Number"));
}

/* The fixed filters are there once, as configured; nothing else touches the secret field. */
static void check(const struct search_query *q) {
    int fixed = 0, hidden = 0;
    for (EACH(const struct search_filter, f, &q->filters)) {
        must(condition_fits(f->condition, f->field.type));
        if (text_equal(f->field.name, T("Secret"))) {
            must(f->condition == CONDITION_EQUALS && f->values.count == 1 && text_equal(f->values.at[0].text, T("x")));
            hidden++;
        }
        fixed += text_equal(f->field.name, T("Last")) && f->condition == CONDITION_STARTS_WITH && f->values.count == 1 &&
                 text_equal(f->values.at[0].text, T("S"));
    }
    for (EACH(const struct search_filter, f, &q->result_filters)) must(!text_equal(f->field.name, T("Secret")));
    must(hidden == 1 && fixed >= 1);
    must(q->columns.count >= 1 && q->columns.count <= 3);
    for (EACH(const struct search_field, f, &q->columns)) must(is_column(f->name));
    for (EACH(const struct search_sort, s, &q->sort)) must(is_column(s->field.name));
    must(q->search.tenant == 1 && q->result.tenant == 1 && q->hops.count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 4000) return 0;
    OWNED(arena) a = arena_new((size_t)1 << 26);
    const struct json *facts, *body;
    struct search_item item = {.id = 1, .tenant = 1, .version = 1, .search = &origin, .result = &origin};
    struct problems problems = {.a = a};
    OWNED(error) none = json_read(a, text_of(configuration), (struct json_limits){0}, &facts, NULL);
    must(!none && describe_read(a, &search_facts_shape, facts, (struct reading){0}, &item.facts, &problems));
    OWNED(error)
    bad = json_read(a, (text){(const char *)data, size}, (struct json_limits){.depth = 16, .refuse_repeated = true}, &body, NULL);
    if (bad) return 0;
    struct search_request request = {0};
    struct search_query q = {0};
    struct search_asker who = {.user = 7, .user_name = T("alice"), .address = T("127.0.0.1"), .now = {TICKS_1970}};
    if (!describe_read(a, &search_request_shape, body, (struct reading){.strict = true}, &request, &problems)) {
        must(problems.count > 0);
        return 0;
    }
    OWNED(error) failed = search_request_merge(a, &item, &request, &who, &problems, &q);
    if (!failed && !problems.count) check(&q);
    return 0;
}
