/* Single values: from text, within their limits, compared, and back to text. */
#include "describe/kinds.h"

#include <math.h>
#include <stdio.h>

static bool fail(struct scalar_fault *fault, enum problem_kind kind, const char *why) {
    *fault = (struct scalar_fault){kind, why};
    return false;
}

static bool whole_number(text value, enum field_kind base, void *out, struct scalar_fault *fault) {
    int64_t n;
    if (!text_to_int64(value, &n)) {
        text digits = value.len && (value.at[0] == '-' || value.at[0] == '+') ? text_slice(value, 1, value.len) : value;
        bool all = digits.len > 0;
        for (size_t i = 0; i < digits.len; i++) all &= digits.at[i] >= '0' && digits.at[i] <= '9';
        return all ? fail(fault, PROBLEM_RANGE, "The number is too large.") : fail(fault, PROBLEM_TYPE, "Must be a whole number.");
    }
    if (base == FIELD_INT64) {
        *(int64_t *)out = n;
        return true;
    }
    if (n < INT32_MIN || n > INT32_MAX) return fail(fault, PROBLEM_RANGE, "The number is too large.");
    *(int32_t *)out = (int32_t)n;
    return true;
}

static bool truth(text value, bool *out, struct scalar_fault *fault) {
    *out = text_equal_ascii_case(value, T("true"));
    if (*out || text_equal_ascii_case(value, T("false"))) return true;
    return fail(fault, PROBLEM_TYPE, "Must be true or false.");
}

/* "A, B" → the bits of A and B; "None" and the empty text → 0. */
static bool flags(const struct enum_names *names, text value, bool any_case, unsigned *out) {
    *out = 0;
    while (value.len) {
        size_t comma = text_find_byte(value, ',');
        text part = text_trim_ascii(text_slice(value, 0, comma == SIZE_MAX ? value.len : comma));
        value = comma == SIZE_MAX ? T("") : text_slice(value, comma + 1, value.len);
        unsigned bit;
        if (text_equal_ascii_case(part, T("None"))) continue;
        if (!enum_find(names, part, any_case, &bit)) return false;
        *out |= 1u << bit;
    }
    return true;
}

static bool known_number(const struct enum_names *names, text value, unsigned *out) {
    int32_t n;
    if (!text_to_int32(value, &n) || n < 0) return false;
    *out = (unsigned)n;
    if (names->flags) return n < 1 << names->count;
    return (size_t)n < names->count && names->names[n];
}

static bool named(arena *a, const struct enum_names *names, text value, bool any_case, bool numbers, unsigned *out,
                  struct scalar_fault *fault) {
    bool found = names->flags ? flags(names, value, any_case, out) : enum_find(names, value, any_case, out);
    if (found || (numbers && known_number(names, value, out))) return true;
    OWNED_VALUE(buffer) all = {.max = 2000};
    buffer_text(&all, names->flags ? T("Must be a comma-separated list of these names: ") : T("Must be one of these names: "));
    for (size_t i = 0, shown = 0; i < names->count; i++)
        if (names->names[i]) buffer_print(&all, "%s%s", shown++ ? ", " : "", names->names[i]);
    buffer_byte(&all, '.');
    return fail(fault, PROBLEM_ENUM, arena_cstring(a, buffer_as_text(&all)));
}

static bool number(text value, enum field_kind base, void *out, struct scalar_fault *fault) {
    if (base == FIELD_INT32 || base == FIELD_INT64) return whole_number(value, base, out, fault);
    if (base == FIELD_DECIMAL)
        return decimal_read(value, out) || fail(fault, PROBLEM_TYPE, "Must be a number of at most 28 digits.");
    return (double_read(value, out) && isfinite(*(double *)out)) || fail(fault, PROBLEM_TYPE, "Must be a number.");
}

static bool base64(arena *a, text value, struct bytes *out) {
    out->raw = base64_read(a, value);
    return !text_is_null(out->raw);
}

/* What has a form of its own: the sentence tells it. */
static bool formed(arena *a, text value, enum field_kind base, void *out, struct scalar_fault *fault) {
    if (base == FIELD_INSTANT)
        return instant_read(value, out) || fail(fault, PROBLEM_FORMAT, "Must be a date and time such as 2025-01-31T08:00:00Z.");
    if (base == FIELD_TIMESPAN)
        return timespan_read(value, out) ||
               fail(fault, PROBLEM_FORMAT, "Must be a duration such as 1.06:30:00 (days, hours, minutes, seconds).");
    if (base == FIELD_UUID) return uuid_read(value, out) || fail(fault, PROBLEM_FORMAT, "Must be a UUID.");
    return base64(a, value, out) || fail(fault, PROBLEM_FORMAT, "Must be base64.");
}

bool scalar_from_text(arena *a, const struct field *f, enum field_kind base, text value, bool any_case, bool numbers, void *out,
                      struct scalar_fault *fault) {
    switch (base) {
    case FIELD_TEXT:
        *(text *)out = value;
        return true;
    case FIELD_BOOL:
        return truth(value, out, fault);
    case FIELD_INT32:
    case FIELD_INT64:
    case FIELD_DOUBLE:
    case FIELD_DECIMAL:
        return number(value, base, out, fault);
    case FIELD_INSTANT:
    case FIELD_TIMESPAN:
    case FIELD_UUID:
    case FIELD_BYTES:
        return formed(a, value, base, out, fault);
    case FIELD_ENUM:
        return named(a, f->names, value, any_case, numbers, out, fault);
    default:
        return fail(fault, PROBLEM_TYPE, "This cannot be given as text.");
    }
}

bool describe_read_text(arena *a, const struct field *field, text value, void *member, const char **why) {
    const struct kind_info *k = kind_of(field);
    struct scalar_fault fault = {0};
    if (!k->base || k->list) {
        *why = "This cannot be given as text.";
        return false;
    }
    if (!scalar_from_text(a, field, k->base, value, true, true, scalar_in(k, member), &fault)) {
        *why = fault.why;
        return false;
    }
    if (k->maybe) *(bool *)member = true;
    return true;
}

void put_default(arena *a, const struct field *f, void *member) {
    const char *why;
    if (f->by_default) (void)describe_read_text(a, f, text_of(f->by_default), member, &why);
}

/* ---- limits ---- */

static size_t characters(text t) {
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) n += ((unsigned char)t.at[i] & 0xC0) != 0x80;
    return n;
}

static bool blank(text t) { return text_is_empty(text_trim_ascii(t)); }

static void text_within(const struct field *f, text t, struct problems *p, const struct place *here) {
    if ((f->required || f->not_blank) && blank(t))
        problem_here(p, here, PROBLEM_LENGTH, "Must not be blank.");
    else if (f->max_length && characters(t) > f->max_length)
        problem_here(p, here, PROBLEM_LENGTH, "Must be at most %u characters long.", f->max_length);
    else if (f->min_length && characters(t) < f->min_length)
        problem_here(p, here, PROBLEM_LENGTH, "Must be at least %u character%s long.", f->min_length,
                     f->min_length == 1 ? "" : "s");
}

static int against(double n, const struct field *f) {
    if (f->has_min && n < (double)f->min) return -1;
    return f->has_max && n > (double)f->max ? 1 : 0;
}

static int against_whole(int64_t n, const struct field *f) {
    if (f->has_min && n < f->min) return -1;
    return f->has_max && n > f->max ? 1 : 0;
}

static void clamp(const struct field *f, enum field_kind base, int side, void *member) {
    int64_t n = side > 0 ? f->max : f->min;
    if (side < 0 && f->by_default) (void)text_to_int64(text_of(f->by_default), &n);
    if (base == FIELD_INT32) *(int32_t *)member = (int32_t)n;
    if (base == FIELD_INT64) *(int64_t *)member = n;
    if (base == FIELD_DOUBLE) *(double *)member = (double)n;
    if (base == FIELD_DECIMAL) *(decimal *)member = decimal_from_int64(n);
}

static void number_within(const struct field *f, enum field_kind base, void *member, struct problems *p, const struct place *here) {
    int side = base == FIELD_INT32    ? against_whole(*(int32_t *)member, f)
               : base == FIELD_INT64  ? against_whole(*(int64_t *)member, f)
               : base == FIELD_DOUBLE ? against(*(double *)member, f)
                                      : against(decimal_to_double(*(decimal *)member), f);
    if (side == 0) return;
    if (f->clamp)
        clamp(f, base, side, member);
    else if (f->has_min && f->has_max)
        problem_here(p, here, PROBLEM_RANGE, "Must be between %lld and %lld.", (long long)f->min, (long long)f->max);
    else if (side < 0)
        problem_here(p, here, PROBLEM_RANGE, "Must be at least %lld.", (long long)f->min);
    else
        problem_here(p, here, PROBLEM_RANGE, "Must be at most %lld.", (long long)f->max);
}

bool scalar_within(const struct field *f, enum field_kind base, void *member, struct problems *p, const struct place *here) {
    size_t before = p->count;
    if (base == FIELD_TEXT) text_within(f, *(text *)member, p, here);
    if (base == FIELD_INT32 || base == FIELD_INT64 || base == FIELD_DOUBLE || base == FIELD_DECIMAL)
        number_within(f, base, member, p, here);
    return p->count == before;
}

void count_within(const struct field *f, size_t count, struct problems *p, const struct place *here) {
    if (f->max_length && count > f->max_length) problem_here(p, here, PROBLEM_LENGTH, "Must have at most %u items.", f->max_length);
    if (f->min_length && count < f->min_length)
        problem_here(p, here, PROBLEM_LENGTH, "Must have at least %u item%s.", f->min_length, f->min_length == 1 ? "" : "s");
}

/* ---- back ---- */

static text flags_text(arena *a, const struct enum_names *names, unsigned bits) {
    text all = T("");
    for (size_t i = 0; i < names->count; i++)
        if (bits >> i & 1) all = arena_print(a, "%.*s%s%s", TEXT_ARG(all), all.len ? ", " : "", names->names[i]);
    return all.len ? all : T("None");
}

text scalar_text(arena *a, const struct field *f, enum field_kind base, const void *scalar, char out[64]) {
    size_t len;
    switch (base) {
    case FIELD_TEXT:
        return *(const text *)scalar;
    case FIELD_BOOL:
        return *(const bool *)scalar ? T("true") : T("false");
    case FIELD_INT32:
        len = (size_t)snprintf(out, 64, "%d", *(const int32_t *)scalar);
        break;
    case FIELD_INT64:
        len = (size_t)snprintf(out, 64, "%lld", (long long)*(const int64_t *)scalar);
        break;
    case FIELD_DOUBLE:
        len = double_write(*(const double *)scalar, out);
        break;
    case FIELD_DECIMAL:
        len = decimal_write(*(const decimal *)scalar, out);
        break;
    case FIELD_INSTANT:
        len = instant_write(*(const instant *)scalar, out);
        break;
    case FIELD_TIMESPAN:
        len = timespan_write(*(const timespan *)scalar, out);
        break;
    case FIELD_UUID:
        uuid_write(*(const uuid *)scalar, out), len = 36;
        break;
    case FIELD_ENUM:
        if (f->names->flags) return flags_text(a, f->names, *(const unsigned *)scalar);
        return enum_text(f->names, *(const unsigned *)scalar);
    case FIELD_BYTES:
        return base64_write(a, ((const struct bytes *)scalar)->raw);
    default:
        return (text){0};
    }
    return (text){out, len};
}

bool describe_is_null(const struct field *f, const void *member) {
    if (kind_of(f)->maybe) return !*(const bool *)member;
    switch (f->kind) {
    case FIELD_TEXT:
        return text_is_null(*(const text *)member);
    case FIELD_BYTES:
        return text_is_null(((const struct bytes *)member)->raw);
    case FIELD_INSTANT:
        return f->nullable && ((const instant *)member)->ticks == 0;
    case FIELD_UUID:
        return f->nullable && uuid_is_zero(*(const uuid *)member);
    case FIELD_OBJECT:
        return *(const void *const *)member == NULL;
    case FIELD_JSON:
        return !((const struct json_value *)member)->json && text_is_null(((const struct json_value *)member)->raw);
    default:
        return false;
    }
}

text describe_text(arena *a, const struct field *f, const void *member) {
    const struct kind_info *k = kind_of(f);
    if (!k->base || k->list || k->base == FIELD_JSON || describe_is_null(f, member)) return (text){0};
    char out[64];
    return arena_text(a, scalar_text(a, f, k->base, (const char *)member + k->value_at, out));
}

static int text_order(text a, text b) {
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        unsigned char x = (unsigned char)a.at[i], y = (unsigned char)b.at[i];
        if (x >= 'A' && x <= 'Z') x = (unsigned char)(x + 32);
        if (y >= 'A' && y <= 'Z') y = (unsigned char)(y + 32);
        if (x != y) return x < y ? -1 : 1;
    }
    return a.len != b.len ? (a.len < b.len ? -1 : 1) : text_compare(a, b);
}

#define ORDER(type) (*(const type *)a < *(const type *)b ? -1 : *(const type *)a > *(const type *)b)

int describe_compare(const struct field *f, const void *a, const void *b) {
    bool a_null = describe_is_null(f, a), b_null = describe_is_null(f, b);
    if (a_null || b_null) return (int)b_null - (int)a_null;
    const struct kind_info *k = kind_of(f);
    a = (const char *)a + k->value_at;
    b = (const char *)b + k->value_at;
    switch (k->base) {
    case FIELD_TEXT:
        return text_order(*(const text *)a, *(const text *)b);
    case FIELD_BOOL:
        return ORDER(bool);
    case FIELD_INT32:
        return ORDER(int32_t);
    case FIELD_INT64:
    case FIELD_INSTANT:
    case FIELD_TIMESPAN:
        return ORDER(int64_t);
    case FIELD_DOUBLE:
        return ORDER(double);
    case FIELD_DECIMAL:
        return decimal_compare(*(const decimal *)a, *(const decimal *)b);
    case FIELD_UUID:
        return memcmp(a, b, sizeof(uuid));
    case FIELD_ENUM:
        return ORDER(unsigned);
    default:
        return 0;
    }
}
