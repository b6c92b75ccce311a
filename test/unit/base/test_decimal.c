/* Decimals: the whole range, exactness, and the forms of doubles. */
#include "check.h"

#include "base/decimal.h"

#include <float.h>
#include <math.h>

#define LARGEST "79228162514264337593543950335"

static decimal d(const char *t) {
    decimal out;
    if (!decimal_read(text_of(t), &out)) fail_msg("%s is not read", t);
    return out;
}

static const char *form(decimal value) {
    char out[40];
    return arena_cstring(a, (text){out, decimal_write(value, out)});
}

static void canonical_form(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"1.50", "1.5"},
                                           {"1.5E3", "1500"},
                                           {"1.5e+3", "1500"},
                                           {"15e-1", "1.5"},
                                           {"-0", "0"},
                                           {"-0.00", "0"},
                                           {"0e99999999999999999999", "0"},
                                           {"+7", "7"},
                                           {".5", "0.5"},
                                           {"-.5", "-0.5"},
                                           {"5.", "5"},
                                           {"000123.4500", "123.45"},
                                           {"100", "100"},
                                           {LARGEST, LARGEST},
                                           {"-" LARGEST, "-" LARGEST},
                                           {"7.9228162514264337593543950335", "7.9228162514264337593543950335"},
                                           {"-7.9228162514264337593543950335", "-7.9228162514264337593543950335"},
                                           {"0.0000000000000000000000000001", "0.0000000000000000000000000001"},
                                           {"1e-28", "0.0000000000000000000000000001"},
                                           {"1e28", "10000000000000000000000000000"},
                                           {"0.00000000000000000000000000000000001e35", "1"},
                                           {"100000000000000000000000000000000000e-35", "1"},
                                           {"1.0000000000000000000000000000000000000000000000", "1"},
                                           {LARGEST ".000", LARGEST}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) assert_string_equal(form(d(pairs[i][0])), pairs[i][1]);
}

static void refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "-",
                                      ".",
                                      "+.",
                                      "1,5",
                                      "1e",
                                      "1e+",
                                      "1e5x",
                                      "0x10",
                                      " 1",
                                      "1 ",
                                      "--1",
                                      "1.2.3",
                                      "NaN",
                                      "79228162514264337593543950336",
                                      "1e29",
                                      "1e-29",
                                      "7.92281625142643375935439503350001",
                                      "0.00000000000000000000000000001",
                                      "123456789012345678901234567890",
                                      "8e28",
                                      "1e9999999999999999999",
                                      "1e-9999999999999999999"};
    decimal out;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (decimal_read(text_of(bad[i]), &out)) fail_msg("%s is read", bad[i]);
}

static void comparing(void **state) {
    (void)state;
    assert_int_equal(decimal_compare(d("1.50"), d("1.5")), 0);
    assert_int_equal(decimal_compare((decimal){150, 2, false}, (decimal){15, 1, false}), 0);
    assert_true(decimal_compare(d("-1"), d("0.0001")) < 0);
    assert_true(decimal_compare(d("-2"), d("-1")) < 0);
    assert_true(decimal_compare(d(LARGEST), d("7.9228162514264337593543950335")) > 0);
    assert_true(decimal_compare(d("1.0000000000000000000000000001"), d("1")) > 0);
    assert_int_equal(decimal_compare(d("0"), d("-0.0")), 0);
}

static const char *sum(const char *x, const char *y) {
    decimal out;
    return decimal_add(d(x), d(y), &out) ? form(out) : "fails";
}
static const char *difference(const char *x, const char *y) {
    decimal out;
    return decimal_subtract(d(x), d(y), &out) ? form(out) : "fails";
}
static const char *product(const char *x, const char *y) {
    decimal out;
    return decimal_multiply(d(x), d(y), &out) ? form(out) : "fails";
}
static const char *quotient(const char *x, const char *y) {
    decimal out;
    return decimal_divide(d(x), d(y), &out) ? form(out) : "fails";
}
static const char *rest(const char *x, const char *y) {
    decimal out;
    return decimal_remainder(d(x), d(y), &out) ? form(out) : "fails";
}

static void adding(void **state) {
    (void)state;
    assert_string_equal(sum("1.5", "2.25"), "3.75");
    assert_string_equal(sum("0.5", "0.5"), "1");
    assert_string_equal(sum("-1", "0.999"), "-0.001");
    assert_string_equal(sum("1", "-1"), "0");
    assert_string_equal(sum(LARGEST, "1"), "fails");
    assert_string_equal(sum(LARGEST, "0.1"), "fails");
    assert_string_equal(sum(LARGEST, "-0.5"), "fails");
    assert_string_equal(sum(LARGEST, "-" LARGEST), "0");
    assert_string_equal(sum("79228162514264337593543950334", "1"), LARGEST);
    assert_string_equal(difference("0.1", "0.3"), "-0.2");
    assert_string_equal(difference("0", "5"), "-5");
    assert_string_equal(difference("5", "0"), "5");
    assert_string_equal(difference("-" LARGEST, "1"), "fails");
    assert_string_equal(difference("1", "0.0000000000000000000000000001"), "0.9999999999999999999999999999");
}

static void multiplying(void **state) {
    (void)state;
    assert_string_equal(product("1.5", "-2"), "-3");
    assert_string_equal(product("-0.5", "-0.5"), "0.25");
    assert_string_equal(product("0", "-1"), "0");
    assert_string_equal(product(LARGEST, "2"), "fails");
    assert_string_equal(product(LARGEST, "1"), LARGEST);
    assert_string_equal(product("1e-14", "1e-14"), "0.0000000000000000000000000001");
    assert_string_equal(product("1e-15", "1e-14"), "fails");
    /* 2^80 times 5^25 / 10^19: more than 96 bits between, less in the end */
    assert_string_equal(product("1208925819614629174706176", "0.0298023223876953125"), "36028797018963968000000");
    assert_string_equal(product("79228162514264337593543950335", "0.1"), "7922816251426433759354395033.5");
    assert_string_equal(product("281474976710656", "281474976710656"), "fails"); /* 2^96 */
    assert_string_equal(product("281474976710655", "281474976710657"), LARGEST);
}

static void dividing(void **state) {
    (void)state;
    assert_string_equal(quotient("1", "4"), "0.25");
    assert_string_equal(quotient("1", "3"), "0.3333333333333333333333333333");
    assert_string_equal(quotient("2", "3"), "0.6666666666666666666666666667");
    assert_string_equal(quotient("-100", "3"), "-33.333333333333333333333333333");
    assert_string_equal(quotient("1", "0"), "fails");
    assert_string_equal(quotient("0", "-3"), "0");
    assert_string_equal(quotient(LARGEST, "0.1"), "fails");
    assert_string_equal(quotient(LARGEST, "1"), LARGEST);
    assert_string_equal(quotient("1", LARGEST), "0"); /* 1.3e-29 */
    assert_string_equal(quotient("1e-28", "2"), "0"); /* half of the last place, to even */
    assert_string_equal(quotient("3e-28", "2"), "0.0000000000000000000000000002");
    assert_string_equal(quotient("5e-28", "2"), "0.0000000000000000000000000002");
    assert_string_equal(quotient("1e28", "1e-1"), "fails");
    assert_string_equal(quotient("7", "0.001"), "7000");
    assert_string_equal(rest("7", "3"), "1");
    assert_string_equal(rest("-7", "3"), "-1");
    assert_string_equal(rest("7", "-3"), "1");
    assert_string_equal(rest("5.5", "2"), "1.5");
    assert_string_equal(rest("5", "0.3"), "0.2");
    assert_string_equal(rest(LARGEST, "11e-28"), "0.0000000000000000000000000008");
    assert_string_equal(rest("1e-28", LARGEST), "0.0000000000000000000000000001");
    assert_string_equal(rest("6", "3"), "0");
    assert_string_equal(rest("1", "0"), "fails");
}

static void integers(void **state) {
    (void)state;
    int64_t n;
    assert_string_equal(form(decimal_from_int64(INT64_MIN)), "-9223372036854775808");
    assert_string_equal(form(decimal_from_int64(0)), "0");
    assert_true(decimal_to_int64(d("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_true(decimal_to_int64(d("9223372036854775807"), &n) && n == INT64_MAX);
    assert_false(decimal_to_int64(d("9223372036854775808"), &n));
    assert_false(decimal_to_int64(d("-9223372036854775809"), &n));
    assert_false(decimal_to_int64(d("1.5"), &n));
    assert_true(decimal_to_int64((decimal){150, 1, false}, &n) && n == 15);
    assert_true(decimal_truncate_int64(d("-1.9"), &n) && n == -1);
    assert_true(decimal_truncate_int64(d("-9223372036854775808.5"), &n) && n == INT64_MIN);
    assert_false(decimal_truncate_int64(d(LARGEST), &n));
}

static const char *from_double(double n) {
    decimal out;
    return decimal_from_double(n, &out) ? form(out) : "fails";
}

static void exact_doubles(void **state) {
    (void)state;
    assert_string_equal(from_double(1.5), "1.5");
    assert_string_equal(from_double(-0.0), "0");
    assert_string_equal(from_double(-0.25), "-0.25");
    assert_string_equal(from_double(0.1), "fails"); /* has 55 places */
    assert_string_equal(from_double(ldexp(1, -28)), "0.0000000037252902984619140625");
    assert_string_equal(from_double(ldexp(1, -29)), "fails");
    assert_string_equal(from_double(ldexp(1, 95)), "39614081257132168796771975168");
    assert_string_equal(from_double(ldexp(1, 96)), "fails");
    assert_string_equal(from_double(9007199254740993.0), "9007199254740992");
    assert_string_equal(from_double(DBL_MAX), "fails");
    assert_string_equal(from_double(DBL_TRUE_MIN), "fails");
    assert_string_equal(from_double((double)INFINITY), "fails");
    assert_string_equal(from_double((double)NAN), "fails");
    assert_true(decimal_to_double(d("0.1")) == 0.1);
    assert_true(decimal_to_double(d(LARGEST)) == 79228162514264337593543950335.0);
    assert_true(decimal_to_double(d("-7.9228162514264337593543950335")) == -7.9228162514264337593543950335);
}

static const char *shortest(double n) {
    char out[32];
    return arena_cstring(a, (text){out, double_write(n, out)});
}

static void doubles_as_text(void **state) {
    (void)state;
    assert_string_equal(shortest(0.1), "0.1");
    assert_string_equal(shortest(1.5), "1.5");
    assert_string_equal(shortest(42), "42");
    assert_string_equal(shortest(-0.3), "-0.3");
    assert_string_equal(shortest(0.1 + 0.2), "0.30000000000000004");
    assert_string_equal(shortest(1e22), "1e+22");
    assert_string_equal(shortest(DBL_TRUE_MIN), "5e-324");
    assert_string_equal(shortest(DBL_MAX), "1.7976931348623157e+308");
    double n;
    assert_true(double_read(T("-1.5e3"), &n) && n == -1500);
    assert_true(double_read(T(".5"), &n) && n == 0.5);
    static const char *const bad[] = {"", ".", "1e", "0x1p3", "inf", "nan", " 1", "1 ", "1,5", "1e999", "1.2.3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(double_read(text_of(bad[i]), &n));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(canonical_form), TEST(refused),  TEST(comparing),     TEST(adding),          TEST(multiplying),
        TEST(dividing),       TEST(integers), TEST(exact_doubles), TEST(doubles_as_text),
    };
    return RUN(tests);
}
