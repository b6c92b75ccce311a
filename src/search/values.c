/* Reads the values of filters as §6.1 says. */
#include "search/private.h"

#include "base/unicode.h"

/* Digits of fixed width; false when something else stands there. */
static bool digits(text t, size_t from, size_t count, int *out) {
    if (t.len < from + count) return false;
    *out = 0;
    for (size_t i = from; i < from + count; i++) {
        if (t.at[i] < '0' || t.at[i] > '9') return false;
        *out = *out * 10 + (t.at[i] - '0');
    }
    return true;
}

/* "Z", "+0200" or "+02:00" from the 19th byte on, as minutes. */
static bool zone(text t, int *minutes) {
    text z = text_slice(t, 19, t.len);
    int hour, minute;
    *minutes = 0;
    if (text_equal(z, T("Z"))) return true;
    if (z.len < 5 || (z.at[0] != '+' && z.at[0] != '-') || !digits(z, 1, 2, &hour)) return false;
    bool colon = z.at[3] == ':';
    if (z.len != (colon ? 6U : 5U) || !digits(z, colon ? 4 : 3, 2, &minute) || hour > 23 || minute > 59) return false;
    *minutes = (z.at[0] == '-' ? -1 : 1) * (hour * 60 + minute);
    return true;
}

static bool date_parts(text t, struct date_parts *p) {
    static const char marks[] = "....-..-..T..:..:..";
    if (t.len < 20) return false;
    for (size_t i = 0; i < 19; i++)
        if (marks[i] != '.' && t.at[i] != marks[i]) return false;
    *p = (struct date_parts){0};
    return digits(t, 0, 4, &p->year) && digits(t, 5, 2, &p->month) && digits(t, 8, 2, &p->day) && digits(t, 11, 2, &p->hour) &&
           digits(t, 14, 2, &p->minute) && digits(t, 17, 2, &p->second) && p->hour < 24 && p->minute < 60 && p->second < 60;
}

/* yyyy-MM-ddTHH:mm:ss and a zone, by the type of field. */
static bool read_date(enum field_type type, text t, int64_t *out) {
    struct date_parts p;
    int minutes;
    instant at;
    if (!date_parts(t, &p) || !zone(t, &minutes) || !instant_from_parts(p, &at)) return false;
    int64_t time = at.ticks % TICKS_PER_DAY;
    /* what was converted to UTC may lie a little before or after the calendar */
    *out = type == FIELD_TYPE_DATE   ? at.ticks - time
           : type == FIELD_TYPE_TIME ? time
                                     : at.ticks - minutes * INT64_C(60) * TICKS_PER_SECOND;
    return true;
}

/* An optional minus and digits. */
static bool read_integer(text t, int64_t *out) {
    if (!t.len || t.at[0] == '+' || t.at[0] == ' ') return false;
    return text_to_int64(t, out);
}

/* -?d+(.d+)? */
static bool plain_decimal(text t) {
    size_t first = t.len && t.at[0] == '-', point = SIZE_MAX;
    for (size_t i = first; i < t.len; i++) {
        if (t.at[i] == '.' && point == SIZE_MAX && i > first)
            point = i;
        else if (t.at[i] < '0' || t.at[i] > '9')
            return false;
    }
    return t.len > first && point != t.len - 1;
}

const char *pattern_fault(text t) {
    size_t wildcards = 0;
    for (size_t i = 0; i < t.len; i++) {
        wildcards += t.at[i] == '*' || t.at[i] == '?';
        if (t.at[i] == '\\' && ++i == t.len) return "The pattern ends in a lone backslash.";
    }
    return wildcards > SEARCH_WILDCARDS ? "A pattern has at most 16 wildcards." : NULL;
}

static const char *read_number(enum field_type type, const struct json *v, struct search_value *out) {
    if ((v->kind != JSON_STRING && v->kind != JSON_NUMBER) || !read_integer(v->content, &out->number))
        return "An integer is needed.";
    if (type == FIELD_TYPE_NUMBER && (out->number < INT32_MIN || out->number > INT32_MAX))
        return "The number is out of the field's range.";
    return NULL;
}

static const char *read_truth(const struct json *v, struct search_value *out) {
    bool is = v->kind == JSON_STRING ? text_equal(v->content, T("true")) : v->truth;
    bool known = v->kind == JSON_BOOL || (v->kind == JSON_STRING && (is || text_equal(v->content, T("false"))));
    out->number = is;
    return known ? NULL : "true or false is needed.";
}

static const char *read_decimal(const struct json *v, struct search_value *out) {
    bool number = v->kind == JSON_NUMBER, plain = v->kind == JSON_STRING && plain_decimal(v->content);
    return (number || plain) && decimal_read(v->content, &out->decimal) ? NULL : "A decimal number is needed.";
}

/* NULL, or what is wrong. */
static const char *read_scalar(enum field_type type, const struct json *v, struct search_value *out) {
    bool string = v->kind == JSON_STRING;
    switch (type) {
    case FIELD_TYPE_TEXT:
        out->text = v->content;
        return string ? NULL : "A text is needed.";
    case FIELD_TYPE_NUMBER:
    case FIELD_TYPE_LONG_NUMBER:
        return read_number(type, v, out);
    case FIELD_TYPE_DECIMAL:
        return read_decimal(v, out);
    case FIELD_TYPE_BOOLEAN:
        return read_truth(v, out);
    case FIELD_TYPE_GUID:
    case FIELD_TYPE_REFERENCE:
        return string && uuid_read(v->content, &out->guid) ? NULL : "A UUID is needed.";
    case FIELD_TYPE_DATE:
    case FIELD_TYPE_DATETIME:
    case FIELD_TYPE_TIME:
        return string && read_date(type, v->content, &out->number) ? NULL : "A date yyyy-MM-dd'T'HH:mm:ssZ is needed.";
    default:
        return "Such a field takes no value.";
    }
}

bool scalar_read(enum field_type type, const struct json *v, struct search_value *out, const char **why) {
    *out = (struct search_value){0};
    *why = v->content.len > SEARCH_VALUE_BYTES ? "A value has at most 4096 bytes." : read_scalar(type, v, out);
    return !*why;
}

static bool read_one(arena *a, enum field_type type, const struct json *v, const char *member, struct problems *problems,
                     struct search_values *out) {
    const char *why;
    if (scalar_read(type, v, LIST_ADD(a, out), &why)) return true;
    describe_problem(problems, v->content.len > SEARCH_VALUE_BYTES ? PROBLEM_LENGTH : PROBLEM_FORMAT, member, "%s", why);
    return false;
}

static bool read_many(arena *a, enum field_type type, bool two, const struct json *v, const char *member, struct problems *problems,
                      struct search_values *out) {
    if (v->kind != JSON_ARRAY) {
        describe_problem(problems, PROBLEM_TYPE, member,
                         two ? "An array of two values is needed." : "An array of values is needed.");
        return false;
    }
    if (two ? v->count != 2 : v->count < 1 || v->count > SEARCH_LIST_VALUES) {
        describe_problem(problems, PROBLEM_LENGTH, member, two ? "Two values are needed." : "A list has 1 to 1000 values.");
        return false;
    }
    bool good = true;
    int at = 0;
    for (EACH_JSON(item, v))
        good &= read_one(a, type, item, arena_cstring(a, arena_print(a, "%s[%d]", member, at++)), problems, out);
    if (good && two && search_value_compare(type, &out->at[0], &out->at[1]) > 0) {
        describe_problem(problems, PROBLEM_RANGE, member, "The first value must not be above the second one.");
        return false;
    }
    return good;
}

bool search_value_read(arena *a, enum field_type type, enum search_condition condition, const struct json *value,
                       const char *member, struct problems *problems, struct search_values *out) {
    enum condition_value takes = condition_rules[condition].takes;
    bool none = !value || value->kind == JSON_NULL;
    *out = (struct search_values){0};
    if (takes == TAKES_NONE) {
        if (!none) describe_problem(problems, PROBLEM_TYPE, member, "This condition takes no value.");
        return none;
    }
    if (none) {
        describe_problem(problems, PROBLEM_MISSING, member, "This condition needs a value.");
        return false;
    }
    if (takes == TAKES_TWO || takes == TAKES_LIST) return read_many(a, type, takes == TAKES_TWO, value, member, problems, out);
    if (!read_one(a, type, value, member, problems, out)) return false;
    const char *fault = takes == TAKES_PATTERN ? pattern_fault(out->at[0].text) : NULL;
    if (fault) describe_problem(problems, PROBLEM_FORMAT, member, "%s", fault);
    return !fault;
}

int search_value_compare(enum field_type type, const struct search_value *x, const struct search_value *y) {
    switch (type) {
    case FIELD_TYPE_TEXT:
    case FIELD_TYPE_BINARY:
        return text_compare(x->text, y->text);
    case FIELD_TYPE_DECIMAL:
        return decimal_compare(x->decimal, y->decimal);
    case FIELD_TYPE_GUID:
    case FIELD_TYPE_REFERENCE:
        return memcmp(x->guid.bytes, y->guid.bytes, sizeof x->guid.bytes);
    default:
        return (x->number > y->number) - (x->number < y->number);
    }
}
