/* Lists: the common request, page counts, and filtering, sorting and cutting of what is whole in memory (contract §5). */
#include "api/private.h"

#include <stdlib.h>

enum { OFFSET_MOST = 1000000, PAGE_SIZE_STANDARD = 25, PAGE_SIZE_MOST = 100 };
#define TOO_DEEP "The list cannot be paged beyond 1,000,000 rows."

static bool too_deep(int64_t page, int64_t page_size) { return (page - 1) * page_size > OFFSET_MOST; }

static void check_list_query(const void *value, struct problems *problems) {
    const struct list_query *q = value;
    if (!text_equal(q->sort_direction, T("asc")) && !text_equal(q->sort_direction, T("desc")))
        describe_problem(problems, PROBLEM_ENUM, "sortDirection", "Must be asc or desc.");
    if (too_deep(q->page, q->page_size)) describe_problem(problems, PROBLEM_RANGE, "page", TOO_DEEP);
}

SHAPE(list_query, NULL,
      FIELDS(FIELD(list_query, page, "page", .by_default = "1", AT_LEAST(1), .clamp = true, .doc = "From 1."),
             FIELD(list_query, page_size, "pageSize", .by_default = "25", BETWEEN(1, PAGE_SIZE_MOST), .clamp = true),
             FIELD(list_query, sort_by, "sortBy", .max_length = 100),
             FIELD(list_query, sort_direction, "sortDirection", .by_default = "asc", .pattern = "^(asc|desc)$"),
             FIELD(list_query, filter, "filter", .max_length = 500, .doc = "property:operator:value")),
      .check = check_list_query);

SHAPE(page_counts, NULL,
      FIELDS(FIELD(page_counts, total_count, "totalCount"), FIELD(page_counts, page, "page"),
             FIELD(page_counts, page_size, "pageSize"), FIELD(page_counts, total_pages, "totalPages"),
             FIELD(page_counts, has_next, "hasNextPage"), FIELD(page_counts, has_previous, "hasPreviousPage")));

void list_clamp(int32_t *page, int32_t *page_size, int32_t standard, int32_t most) {
    if (*page < 1) *page = 1;
    if (*page_size < 1) *page_size = standard;
    if (*page_size > most) *page_size = most;
}

FALLIBLE list_depth(struct call *c, int32_t page, int32_t page_size) {
    return too_deep(page, page_size) ? call_invalid(c, "page", TOO_DEEP) : NULL;
}

void page_fill(struct page_counts *counts, int32_t page, int32_t page_size, int64_t total) {
    int64_t pages = page_size > 0 ? (total + page_size - 1) / page_size : 0;
    *counts = (struct page_counts){
        .total_count = total > INT32_MAX ? INT32_MAX : (int32_t)total,
        .page = page,
        .page_size = page_size,
        .total_pages = pages > INT32_MAX ? INT32_MAX : (int32_t)pages,
        .has_next = page<pages, .has_previous = page> 1,
    };
}

/* ---- filter=property:operator:value ---- */

enum operator_kind { OPERATOR_NONE, EQ, NE, CONTAINS, STARTS_WITH, ENDS_WITH, GT, GTE, LT, LTE };
static const struct {
    const char *name;
    enum operator_kind kind;
} operators[] = {
    {"eq", EQ},   {"ne", NE}, {"contains", CONTAINS}, {"startswith", STARTS_WITH}, {"endswith", ENDS_WITH}, {"gt", GT},
    {"gte", GTE}, {"lt", LT}, {"lte", LTE},
};

struct clause {
    const struct field *field; /* NULL: no clause, or one that is ignored */
    size_t offset;
    enum operator_kind operator;
    text value;
    void *member; /* the value as a member, for ordered comparison */
};

static enum operator_kind operator_named(text name) {
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (text_equal_ascii_case(name, text_of(operators[i].name))) return operators[i].kind;
    return OPERATOR_NONE;
}

static bool is_textual(const struct field *f) {
    return f->kind == FIELD_TEXT || f->kind == FIELD_ENUM || f->kind == FIELD_MAYBE_ENUM;
}

static bool is_ordered(const struct field *f) {
    return (f->kind >= FIELD_INT32 && f->kind <= FIELD_TIMESPAN) ||
           (f->kind >= FIELD_MAYBE_INT32 && f->kind <= FIELD_MAYBE_TIMESPAN);
}

static bool operator_fits(const struct field *f, enum operator_kind operator) {
    if (operator== EQ || operator== NE) return true;
    return operator>= GT ? is_ordered(f) : operator!= OPERATOR_NONE && is_textual(f);
}

static struct clause read_clause(arena *a, const struct shape *item, text filter) {
    struct clause c = {0}, none = {0};
    size_t first = filter.len ? text_find_byte(filter, ':') : SIZE_MAX;
    if (first == SIZE_MAX) return none;
    text rest = text_slice(filter, first + 1, filter.len);
    size_t second = text_find_byte(rest, ':');
    if (second == SIZE_MAX) return none;
    c.field = describe_find(item, text_slice(filter, 0, first), &c.offset);
    c.operator= operator_named(text_slice(rest, 0, second));
    c.value = text_slice(rest, second + 1, rest.len);
    if (!c.field || !operator_fits(c.field, c.operator)) return none;
    const char *why;
    c.member = arena_alloc(a, c.field->size);
    if (!is_textual(c.field) && !describe_read_text(a, c.field, c.value, c.member, &why)) return none;
    return c;
}

static bool text_matches(const struct clause *c, text value) {
    switch (c->operator) {
    case EQ:
        return text_equal(value, c->value);
    case NE:
        return !text_equal(value, c->value);
    case CONTAINS:
        return value.at && text_find(value, c->value) != SIZE_MAX;
    case STARTS_WITH:
        return value.at && text_starts_with(value, c->value);
    case ENDS_WITH:
        return value.at && text_ends_with(value, c->value);
    default:
        return false;
    }
}

static bool matches(arena *a, const struct clause *c, const void *item) {
    if (!c->field) return true;
    const void *member = (const char *)item + c->offset;
    if (is_textual(c->field)) return text_matches(c, describe_text(a, c->field, member));
    if (describe_is_null(c->field, member)) return c->operator== NE;
    int order = describe_compare(c->field, member, c->member);
    switch (c->operator) {
    case EQ:
        return order == 0;
    case NE:
        return order != 0;
    case GT:
        return order > 0;
    case GTE:
        return order >= 0;
    case LT:
        return order < 0;
    default:
        return order <= 0;
    }
}

/* ---- sorting ---- */

struct sorting {
    const struct field *field;
    size_t offset;
    bool descending;
};

/* Items are handled by address, so that equal ones keep their order. */
static int compare(const void *a, const void *b, void *state) {
    const struct sorting *s = state;
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    int order = s->field ? describe_compare(s->field, x + s->offset, y + s->offset) : 0;
    if (order == 0 && s->field) return x < y ? -1 : x > y;
    if (order == 0) order = x < y ? -1 : x > y;
    return s->descending ? -order : order;
}

void list_select(arena *a, const struct list_query *q, const struct shape *item, void *items, size_t *count,
                 struct page_counts *counts) {
    struct clause clause = read_clause(a, item, q->filter);
    char *at = items;
    char **kept = ARENA_ARRAY(a, char *, *count + 1);
    size_t total = 0;
    for (size_t i = 0; i < *count; i++)
        if (matches(a, &clause, at + i * item->size)) kept[total++] = at + i * item->size;
    struct sorting sorting = {.descending = list_descending(q)};
    if (q->sort_by.len) sorting.field = describe_find(item, q->sort_by, &sorting.offset);
    if (total) qsort_r(kept, total, sizeof *kept, compare, &sorting);
    size_t from = (size_t)list_offset(q) < total ? (size_t)list_offset(q) : total;
    size_t take = total - from < (size_t)q->page_size ? total - from : (size_t)q->page_size;
    char *page = arena_alloc(a, take * item->size);
    for (size_t i = 0; i < take; i++) memcpy(page + i * item->size, kept[from + i], item->size);
    if (take) memcpy(at, page, take * item->size);
    *count = take;
    page_fill(counts, q->page, q->page_size, (int64_t)total);
}
