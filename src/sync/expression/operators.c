/* Operators and casts (expressions.md §4.2, §4.3, §7); operands are scalars. */
#include "sync/expression/evaluation.h"

#include <math.h>

const char *operator_name(enum operator o) {
    static const char *const names[] = {"Operator +", "Operator -", "Operator *",  "Operator /",  "Operator %",  "Operator &",
                                        "Operator |", "Operator ^", "Operator <<", "Operator >>", "Operator ==", "Operator !=",
                                        "Operator <", "Operator >", "Operator <=", "Operator >=", "Operator &&", "Operator ||",
                                        "Operator -", "Operator +", "Operator !",  "Operator ~",  "Operator ??", "Operator ? :"};
    return names[o];
}

/* ---- Numbers ---- */

static int compare_int64(int64_t a, int64_t b) { return (a > b) - (a < b); }

static int compare_int64_double(int64_t n, double d) {
    if (d >= 0x1p63) return -1;
    if (d < -0x1p63) return 1;
    double whole = trunc(d);
    int order = compare_int64(n, (int64_t)whole);
    return order ? order : (whole > d) - (whole < d);
}

/* A decimal as the nearest double where the double has no decimal form, which is then never equal. */
static int compare_decimal_double(decimal a, double d) {
    decimal b;
    if (decimal_from_double(d, &b)) return decimal_compare(a, b);
    return decimal_to_double(a) < d ? -1 : 1;
}

static decimal decimal_of(const struct expression_value *v) {
    return v->kind == EXPRESSION_DECIMAL ? *v->decimal : decimal_from_int64(v->integer);
}

int compare_numbers(const struct expression_value *a, const struct expression_value *b) {
    if (!is_number(a) || !is_number(b)) return 2;
    bool real_a = a->kind == EXPRESSION_DOUBLE, real_b = b->kind == EXPRESSION_DOUBLE;
    if ((real_a && isnan(a->real)) || (real_b && isnan(b->real))) return 2;
    if (real_a && real_b) return (a->real > b->real) - (a->real < b->real);
    if (real_a) return -compare_numbers(b, a);
    if (real_b) return is_integer(a) ? compare_int64_double(a->integer, b->real) : compare_decimal_double(*a->decimal, b->real);
    if (is_integer(a) && is_integer(b)) return compare_int64(a->integer, b->integer);
    return decimal_compare(decimal_of(a), decimal_of(b));
}

static bool overflow(struct evaluation *ev, enum expression_kind kind) {
    return fail(ev, "%s exceeds the range of %s.", ev->name, expression_kind_name(kind));
}

static bool by_zero(struct evaluation *ev) { return fail(ev, "%s: division by zero.", ev->name); }

static bool integer_result(struct evaluation *ev, int64_t n, bool narrow, struct expression_value *out) {
    if (narrow && (n < INT32_MIN || n > INT32_MAX)) return overflow(ev, EXPRESSION_INT32);
    *out = narrow ? make_int32((int32_t)n) : make_int64(n);
    return true;
}

static bool integer_arithmetic(struct evaluation *ev, enum operator o, const struct expression_value *a,
                               const struct expression_value *b, struct expression_value *out) {
    int64_t x = a->integer, y = b->integer, n = 0;
    bool narrow = a->kind == EXPRESSION_INT32 && b->kind == EXPRESSION_INT32, over = false;
    switch (o) {
    case OPERATOR_ADD:
        over = __builtin_add_overflow(x, y, &n);
        break;
    case OPERATOR_SUBTRACT:
        over = __builtin_sub_overflow(x, y, &n);
        break;
    case OPERATOR_MULTIPLY:
        over = __builtin_mul_overflow(x, y, &n);
        break;
    default:
        if (y == 0) return by_zero(ev);
        over = x == INT64_MIN && y == -1 && o == OPERATOR_DIVIDE;
        if (!over) n = o == OPERATOR_DIVIDE ? x / y : y == -1 ? 0 : x % y;
    }
    if (over) return overflow(ev, EXPRESSION_INT64);
    return integer_result(ev, n, narrow, out);
}

static bool decimal_arithmetic(struct evaluation *ev, enum operator o, decimal x, decimal y, struct expression_value *out) {
    decimal n;
    bool done;
    switch (o) {
    case OPERATOR_ADD:
        done = decimal_add(x, y, &n);
        break;
    case OPERATOR_SUBTRACT:
        done = decimal_subtract(x, y, &n);
        break;
    case OPERATOR_MULTIPLY:
        done = decimal_multiply(x, y, &n);
        break;
    default:
        if (y.coefficient == 0) return by_zero(ev);
        done = o == OPERATOR_DIVIDE ? decimal_divide(x, y, &n) : decimal_remainder(x, y, &n);
    }
    if (!done) return overflow(ev, EXPRESSION_DECIMAL);
    *out = make_decimal(ev, n);
    return true;
}

static double double_arithmetic(enum operator o, double x, double y) {
    switch (o) {
    case OPERATOR_ADD:
        return x + y;
    case OPERATOR_SUBTRACT:
        return x - y;
    case OPERATOR_MULTIPLY:
        return x * y;
    case OPERATOR_DIVIDE:
        return x / y;
    default:
        return fmod(x, y);
    }
}

static double double_of(const struct expression_value *v) { return v->kind == EXPRESSION_DOUBLE ? v->real : (double)v->integer; }

/* A double among decimals counts as the decimal that it is exactly, or not at all. */
static bool exact_decimal(struct evaluation *ev, const struct expression_value *v, decimal *out) {
    if (v->kind != EXPRESSION_DOUBLE) return *out = decimal_of(v), true;
    if (decimal_from_double(v->real, out)) return true;
    return fail(ev, "%s: the Double has no exact Decimal.", ev->name);
}

static bool arithmetic(struct evaluation *ev, enum operator o, const struct expression_value *a, const struct expression_value *b,
                       struct expression_value *out) {
    if (is_null(a) || is_null(b)) {
        const struct expression_value *other = is_null(a) ? b : a;
        *out = make_null();
        return is_null(other) || is_number(other) || fail_kind(ev, "numbers", other);
    }
    if (!is_number(a)) return fail_kind(ev, "numbers", a);
    if (!is_number(b)) return fail_kind(ev, "numbers", b);
    if (is_integer(a) && is_integer(b)) return integer_arithmetic(ev, o, a, b, out);
    decimal x, y;
    if (a->kind == EXPRESSION_DECIMAL || b->kind == EXPRESSION_DECIMAL)
        return exact_decimal(ev, a, &x) && exact_decimal(ev, b, &y) && decimal_arithmetic(ev, o, x, y, out);
    *out = make_double(double_arithmetic(o, double_of(a), double_of(b)));
    return true;
}

/* ---- Texts ---- */

static bool concatenate(struct evaluation *ev, const struct expression_value *a, const struct expression_value *b,
                        struct expression_value *out) {
    text left, right;
    if (!text_of_value(ev, a, &left) || !text_of_value(ev, b, &right)) return false;
    char *made = text_room(ev, left.len + right.len);
    if (!made) return false;
    if (left.len) memcpy(made, left.at, left.len);
    if (right.len) memcpy(made + left.len, right.at, right.len);
    *out = make_text((text){made, left.len + right.len});
    return true;
}

static bool add(struct evaluation *ev, const struct expression_value *a, const struct expression_value *b,
                struct expression_value *out) {
    if (a->kind == EXPRESSION_TEXT || b->kind == EXPRESSION_TEXT) return concatenate(ev, a, b, out);
    return arithmetic(ev, OPERATOR_ADD, a, b, out);
}

/* ---- Bits ---- */

static int64_t shifted(enum operator o, const struct expression_value *a, int64_t by) {
    bool narrow = a->kind == EXPRESSION_INT32;
    unsigned n = (unsigned)by & (narrow ? 31 : 63);
    if (o == OPERATOR_SHIFT_RIGHT) return a->integer >> n;
    uint64_t moved = (uint64_t)a->integer << n;
    return narrow ? (int32_t)(uint32_t)moved : (int64_t)moved;
}

static int64_t bits(enum operator o, int64_t a, int64_t b) {
    return o == OPERATOR_BIT_AND ? a & b : o == OPERATOR_BIT_OR ? a | b : a ^ b;
}

static bool bitwise(struct evaluation *ev, enum operator o, const struct expression_value *a, const struct expression_value *b,
                    struct expression_value *out) {
    bool shift = o == OPERATOR_SHIFT_LEFT || o == OPERATOR_SHIFT_RIGHT;
    if (!shift && a->kind == EXPRESSION_BOOL && b->kind == EXPRESSION_BOOL) {
        *out = make_bool(bits(o, a->truth, b->truth));
        return true;
    }
    *out = make_null();
    if (!is_null(a) && !is_integer(a)) return fail_kind(ev, "integers", a);
    if (!is_null(b) && !is_integer(b)) return fail_kind(ev, "integers", b);
    if (is_null(a) || is_null(b)) return true;
    bool narrow = a->kind == EXPRESSION_INT32 && (shift || b->kind == EXPRESSION_INT32);
    int64_t n = shift ? shifted(o, a, b->integer) : bits(o, a->integer, b->integer);
    *out = narrow ? make_int32((int32_t)n) : make_int64(n);
    return true;
}

/* ---- Comparison ---- */

bool values_equal(struct evaluation *ev, const struct expression_value *a, const struct expression_value *b, bool *equal) {
    text left, right;
    *equal = false;
    if (is_null(a) || is_null(b)) {
        *equal = is_null(a) && is_null(b);
    } else if (a->kind == EXPRESSION_TEXT || b->kind == EXPRESSION_TEXT) {
        if (!text_of_value(ev, a, &left) || !text_of_value(ev, b, &right)) return false;
        *equal = text_equal(left, right);
    } else if (is_number(a) && is_number(b)) {
        *equal = compare_numbers(a, b) == 0;
    } else if (a->kind == b->kind) {
        *equal = a->kind == EXPRESSION_BOOL       ? a->truth == b->truth
                 : a->kind == EXPRESSION_DATETIME ? a->when.ticks == b->when.ticks
                 : a->kind == EXPRESSION_GUID     ? uuid_equal(a->guid, b->guid)
                                                  : text_equal(a->text, b->text);
    }
    return true;
}

static bool ordered(struct evaluation *ev, enum operator o, const struct expression_value *a, const struct expression_value *b,
                    struct expression_value *out) {
    int order;
    *out = make_bool(false);
    if (is_null(a) || is_null(b)) return true;
    if (is_number(a) && is_number(b))
        order = compare_numbers(a, b);
    else if (a->kind == EXPRESSION_DATETIME && b->kind == EXPRESSION_DATETIME)
        order = compare_int64(a->when.ticks, b->when.ticks);
    else if (a->kind == EXPRESSION_TEXT && b->kind == EXPRESSION_TEXT)
        order = text_compare(a->text, b->text);
    else
        return fail(ev, "%s cannot compare %s with %s.", ev->name, expression_kind_name(a->kind), expression_kind_name(b->kind));
    if (order == 2) return true; /* not a number */
    *out = make_bool(o == OPERATOR_LESS         ? order < 0
                     : o == OPERATOR_GREATER    ? order > 0
                     : o == OPERATOR_LESS_EQUAL ? order <= 0
                                                : order >= 0);
    return true;
}

bool apply_binary(struct evaluation *ev, enum operator o, const struct expression_value *left, const struct expression_value *right,
                  struct expression_value *out) {
    bool equal;
    ev->name = operator_name(o);
    switch (o) {
    case OPERATOR_ADD:
        return add(ev, left, right, out);
    case OPERATOR_SUBTRACT:
    case OPERATOR_MULTIPLY:
    case OPERATOR_DIVIDE:
    case OPERATOR_REMAINDER:
        return arithmetic(ev, o, left, right, out);
    case OPERATOR_EQUAL:
    case OPERATOR_NOT_EQUAL:
        if (!values_equal(ev, left, right, &equal)) return false;
        *out = make_bool(equal == (o == OPERATOR_EQUAL));
        return true;
    case OPERATOR_LESS:
    case OPERATOR_GREATER:
    case OPERATOR_LESS_EQUAL:
    case OPERATOR_GREATER_EQUAL:
        return ordered(ev, o, left, right, out);
    default:
        return bitwise(ev, o, left, right, out);
    }
}

static bool negate(struct evaluation *ev, const struct expression_value *v, struct expression_value *out) {
    if (is_integer(v)) {
        if (v->integer == INT64_MIN) return overflow(ev, EXPRESSION_INT64);
        return integer_result(ev, -v->integer, v->kind == EXPRESSION_INT32, out);
    }
    if (v->kind == EXPRESSION_DOUBLE) return *out = make_double(-v->real), true;
    decimal d = *v->decimal;
    d.negative = d.coefficient != 0 && !d.negative;
    *out = make_decimal(ev, d);
    return true;
}

bool apply_unary(struct evaluation *ev, enum operator o, const struct expression_value *v, struct expression_value *out) {
    bool truth;
    ev->name = operator_name(o);
    if (o == OPERATOR_NOT) return truth_of(ev, v, &truth) && (*out = make_bool(!truth), true);
    *out = *v;
    if (is_null(v)) return true;
    if (o == OPERATOR_COMPLEMENT) {
        if (!is_integer(v)) return fail_kind(ev, "an integer", v);
        out->integer = ~v->integer;
        return true;
    }
    if (!is_number(v)) return fail_kind(ev, "a number", v);
    return o == OPERATOR_PLUS || negate(ev, v, out);
}

/* ---- Casts ---- */

static bool truncated(struct evaluation *ev, enum expression_kind kind, const struct expression_value *v,
                      struct expression_value *out) {
    int64_t n = 0;
    bool fits = true;
    if (is_integer(v))
        n = v->integer;
    else if (v->kind == EXPRESSION_DECIMAL)
        fits = decimal_truncate_int64(*v->decimal, &n);
    else if (v->real >= -0x1p63 && v->real < 0x1p63)
        n = (int64_t)v->real;
    else
        fits = false;
    return fits ? integer_result(ev, n, kind == EXPRESSION_INT32, out) : overflow(ev, kind);
}

static bool to_decimal(struct evaluation *ev, const struct expression_value *v, struct expression_value *out) {
    char digits[32];
    decimal d;
    if (v->kind != EXPRESSION_DOUBLE)
        d = decimal_of(v);
    else if (!decimal_read((text){digits, double_write(v->real, digits)}, &d))
        return overflow(ev, EXPRESSION_DECIMAL);
    *out = make_decimal(ev, d);
    return true;
}

bool apply_cast(struct evaluation *ev, enum expression_kind kind, bool nullable, const struct expression_value *v,
                struct expression_value *out) {
    static const char *const names[] = {
        [EXPRESSION_TEXT] = "Cast (string)",       [EXPRESSION_INT32] = "Cast (int)",     [EXPRESSION_INT64] = "Cast (long)",
        [EXPRESSION_DECIMAL] = "Cast (decimal)",   [EXPRESSION_DOUBLE] = "Cast (double)", [EXPRESSION_BOOL] = "Cast (bool)",
        [EXPRESSION_DATETIME] = "Cast (DateTime)", [EXPRESSION_GUID] = "Cast (Guid)",     [EXPRESSION_LIST] = "Cast (object)"};
    ev->name = names[kind];
    *out = *v;
    if (kind == EXPRESSION_LIST || v->kind == kind) return true;
    bool number = kind == EXPRESSION_INT32 || kind == EXPRESSION_INT64 || kind == EXPRESSION_DECIMAL || kind == EXPRESSION_DOUBLE;
    if (is_null(v)) return nullable || number || kind == EXPRESSION_TEXT || fail_kind(ev, expression_kind_name(kind), v);
    if (!number) return fail_kind(ev, expression_kind_name(kind), v);
    if (!is_number(v)) return fail_kind(ev, "a number", v);
    if (kind == EXPRESSION_DECIMAL) return to_decimal(ev, v, out);
    if (kind == EXPRESSION_DOUBLE) {
        *out = make_double(v->kind == EXPRESSION_DECIMAL ? decimal_to_double(*v->decimal) : (double)v->integer);
        return true;
    }
    return truncated(ev, kind, v, out);
}
