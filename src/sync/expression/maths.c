/* The few members of Math that expressions may use (expressions.md §9.9); null stays null, the type stays. */
#include "sync/expression/functions.h"

#include <math.h>

static bool need_number(struct evaluation *ev, const struct expression_value *v) {
    return is_number(v) || fail_kind(ev, "a number", v);
}

CALLABLE(run_abs) {
    (void)count;
    struct expression_value zero = make_int32(0);
    *out = args[0];
    if (is_null(&args[0])) return true;
    if (!need_number(ev, &args[0])) return false;
    if (compare_numbers(&args[0], &zero) >= 0) return true;
    const char *name = ev->name;
    bool done = apply_unary(ev, OPERATOR_NEGATE, &args[0], out);
    ev->name = name;
    return done;
}

static bool lesser(struct evaluation *ev, const struct expression_value *args, int sign, struct expression_value *out) {
    *out = make_null();
    if (is_null(&args[0]) || is_null(&args[1])) return true;
    if (!need_number(ev, &args[0]) || !need_number(ev, &args[1])) return false;
    *out = args[compare_numbers(&args[1], &args[0]) * sign < 0];
    return true;
}
CALLABLE(run_min) {
    (void)count;
    return lesser(ev, args, 1, out);
}
CALLABLE(run_max) {
    (void)count;
    return lesser(ev, args, -1, out);
}

/* 10^-places as a decimal. */
static decimal unit_of(int places) { return (decimal){.coefficient = 1, .scale = places}; }

enum rounding { DOWN, UP, NEAREST };

/* To a multiple of 10^-places; ties go to the even neighbour. */
static bool round_decimal(decimal d, int places, enum rounding how, decimal *out) {
    decimal unit = unit_of(places), rest, twice;
    if (decimal_normal(d).scale <= places) return *out = d, true;
    if (!decimal_remainder(d, unit, &rest) || !decimal_subtract(d, rest, out) || !decimal_add(rest, rest, &twice)) return false;
    bool negative = rest.negative;
    twice.negative = false;
    int half = decimal_compare(twice, unit);
    decimal half_quotient, two = decimal_multiply(unit, decimal_from_int64(2), &two) ? two : unit;
    bool odd = decimal_remainder(*out, two, &half_quotient) && half_quotient.coefficient != 0;
    bool away = how == DOWN ? negative : how == UP ? !negative : half > 0 || (half == 0 && odd);
    if (!away) return true;
    return negative ? decimal_subtract(*out, unit, out) : decimal_add(*out, unit, out);
}

static double round_double(double d, int places, enum rounding how) {
    if (how == DOWN) return floor(d);
    if (how == UP) return ceil(d);
    double scale = pow(10, places), moved = d * scale;
    return isfinite(moved) ? nearbyint(moved) / scale : d;
}

static bool rounded(struct evaluation *ev, const struct expression_value *v, int places, enum rounding how,
                    struct expression_value *out) {
    *out = *v;
    if (is_null(v)) return true;
    if (!need_number(ev, v)) return false;
    if (v->kind == EXPRESSION_DOUBLE) *out = make_double(round_double(v->real, places, how));
    if (v->kind != EXPRESSION_DECIMAL) return true;
    decimal d;
    if (!round_decimal(*v->decimal, places, how, &d)) return fail(ev, "%s exceeds the range of Decimal.", ev->name);
    *out = make_decimal(ev, d);
    return true;
}

CALLABLE(run_floor) {
    (void)count;
    return rounded(ev, &args[0], 0, DOWN, out);
}
CALLABLE(run_ceiling) {
    (void)count;
    return rounded(ev, &args[0], 0, UP, out);
}
CALLABLE(run_round) {
    int64_t places = 0;
    if (count > 1 && !integer_of(ev, &args[1], &places)) return false;
    if (places < 0 || places > 15) return fail(ev, "%s rounds to 0 to 15 places.", ev->name);
    return rounded(ev, &args[0], (int)places, NEAREST, out);
}
