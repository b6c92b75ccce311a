/* Exact decimals on 128-bit integers; what does not fit fails. */
#include "base/decimal.h"

typedef unsigned __int128 u128;

enum { SCALE_MAX = 28 };
static const u128 COEFFICIENT_MAX = ((u128)1 << 96) - 1;

static u128 power(int exponent) {
    u128 p = 1;
    while (exponent-- > 0) p *= 10;
    return p;
}

decimal decimal_normal(decimal d) {
    while (d.scale > 0 && d.coefficient % 10 == 0) d.coefficient /= 10, d.scale--;
    if (d.coefficient == 0) d = (decimal){0};
    return d;
}

static bool times_ten(u128 *coefficient, int times) {
    while (times-- > 0) {
        if (*coefficient > COEFFICIENT_MAX / 10) return false;
        *coefficient *= 10;
    }
    return true;
}

/* The digits of a number on their way to a coefficient; zeros wait until a digit follows, because at the end they only scale. */
struct digits {
    u128 coefficient;
    int64_t zeros, places;
    bool any, fits;
};

static size_t take_digits(struct digits *d, text t, size_t i, bool behind_point) {
    for (; i < t.len && t.at[i] >= '0' && t.at[i] <= '9'; i++) {
        d->any = true;
        d->places += behind_point;
        if (t.at[i] == '0') {
            d->zeros += d->coefficient != 0;
            continue;
        }
        if (d->zeros > SCALE_MAX || !times_ten(&d->coefficient, (int)d->zeros + 1)) d->fits = false;
        unsigned digit = (unsigned)(t.at[i] - '0');
        if (d->coefficient > COEFFICIENT_MAX - digit) d->fits = false;
        if (d->fits) d->coefficient += digit;
        d->zeros = 0;
    }
    return i;
}

/* [e [sign] digits] up to the end; saturates far beyond what a text could make up for by zeros. */
static bool read_exponent(text t, size_t i, int64_t *exponent) {
    *exponent = 0;
    if (i == t.len) return true;
    if (t.at[i] != 'e' && t.at[i] != 'E') return false;
    bool negative = ++i < t.len && t.at[i] == '-';
    if (i < t.len && (t.at[i] == '-' || t.at[i] == '+')) i++;
    if (i == t.len) return false;
    for (; i < t.len; i++) {
        if (t.at[i] < '0' || t.at[i] > '9') return false;
        if (*exponent < INT64_C(1000000000000)) *exponent = *exponent * 10 + (t.at[i] - '0');
    }
    if (negative) *exponent = -*exponent;
    return true;
}

/* coefficient * 10^shift */
static bool scale_by(struct digits d, int64_t shift, bool negative, decimal *out) {
    if (d.coefficient == 0 && d.fits) return *out = (decimal){0}, true;
    if (!d.fits || shift > SCALE_MAX || shift < -SCALE_MAX) return false;
    if (shift > 0 && !times_ten(&d.coefficient, (int)shift)) return false;
    *out = (decimal){d.coefficient, shift < 0 ? (int)-shift : 0, negative};
    return true;
}

bool decimal_read(text t, decimal *out) {
    struct digits d = {.fits = true};
    int64_t exponent;
    bool negative = t.len && t.at[0] == '-';
    size_t i = take_digits(&d, t, negative || (t.len && t.at[0] == '+'), false);
    if (i < t.len && t.at[i] == '.') i = take_digits(&d, t, i + 1, true);
    if (!d.any || !read_exponent(t, i, &exponent)) return false;
    return scale_by(d, exponent - d.places + d.zeros, negative, out);
}

size_t decimal_write(decimal d, char out[40]) {
    d = decimal_normal(d);
    char digits[40];
    int count = 0;
    for (u128 left = d.coefficient; left || count <= d.scale; left /= 10) digits[count++] = (char)('0' + (int)(left % 10));
    char *at = out;
    if (d.negative) *at++ = '-';
    while (count > 0) {
        if (count == d.scale) *at++ = '.';
        *at++ = digits[--count];
    }
    return (size_t)(at - out);
}

decimal decimal_from_int64(int64_t n) { return (decimal){n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 0, n < 0}; }

bool decimal_from_double(double d, decimal *out) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);
    int exponent = (int)(bits >> 52 & 0x7FF);
    if (exponent == 0x7FF) return false;
    if (exponent) mantissa |= UINT64_C(1) << 52; /* below the normal range nothing fits but zero */
    if (mantissa == 0) return *out = (decimal){0}, true;
    exponent -= 1075;
    int zeros = __builtin_ctzll(mantissa);
    u128 coefficient = mantissa >> zeros;
    exponent += zeros;
    if (exponent > 95 || exponent < -SCALE_MAX) return false;
    for (int i = 0; i < exponent; i++) {
        if (coefficient > COEFFICIENT_MAX / 2) return false;
        coefficient *= 2;
    }
    for (int i = exponent; i < 0; i++) { /* odd / 2^n = odd * 5^n / 10^n */
        if (coefficient > COEFFICIENT_MAX / 5) return false;
        coefficient *= 5;
    }
    *out = (decimal){coefficient, exponent < 0 ? -exponent : 0, (bits >> 63) != 0};
    return true;
}

bool decimal_truncate_int64(decimal d, int64_t *out) {
    u128 whole = d.coefficient / power(d.scale);
    if (whole > (u128)INT64_MAX + d.negative) return false;
    *out = (int64_t)(d.negative ? 0 - (uint64_t)whole : (uint64_t)whole);
    return true;
}

bool decimal_to_int64(decimal d, int64_t *out) { return decimal_normal(d).scale == 0 && decimal_truncate_int64(d, out); }

double decimal_to_double(decimal d) {
    char digits[40];
    double out = 0;
    size_t len = decimal_write(d, digits);
    (void)double_read((text){digits, len}, &out);
    return out;
}

/* A magnitude as whole part and fraction in units of 10^-28, so that two of them add and compare without wide integers. */
struct parts {
    u128 whole, fraction;
};

static struct parts split(decimal d) {
    u128 unit = power(d.scale);
    return (struct parts){d.coefficient / unit, d.coefficient % unit * power(SCALE_MAX - d.scale)};
}

static int compare_parts(struct parts a, struct parts b) {
    if (a.whole != b.whole) return a.whole < b.whole ? -1 : 1;
    return (a.fraction > b.fraction) - (a.fraction < b.fraction);
}

static bool join(struct parts p, bool negative, decimal *out) {
    int scale = SCALE_MAX;
    while (scale > 0 && p.fraction % 10 == 0) p.fraction /= 10, scale--;
    u128 unit = power(scale);
    if (p.whole > COEFFICIENT_MAX / unit || p.whole * unit > COEFFICIENT_MAX - p.fraction) return false;
    u128 coefficient = p.whole * unit + p.fraction;
    *out = (decimal){coefficient, scale, negative && coefficient != 0};
    return true;
}

int decimal_compare(decimal a, decimal b) {
    if (a.negative != b.negative) return a.negative ? -1 : 1;
    int order = compare_parts(split(a), split(b));
    return a.negative ? -order : order;
}

bool decimal_add(decimal a, decimal b, decimal *out) {
    struct parts x = split(a), y = split(b), sum;
    u128 unit = power(SCALE_MAX);
    if (a.negative == b.negative) {
        sum = (struct parts){x.whole + y.whole, x.fraction + y.fraction};
        if (sum.fraction >= unit) sum.whole++, sum.fraction -= unit;
        return join(sum, a.negative, out);
    }
    bool swap = compare_parts(x, y) < 0;
    struct parts large = swap ? y : x, small = swap ? x : y;
    bool borrow = large.fraction < small.fraction;
    sum.whole = large.whole - small.whole - borrow;
    sum.fraction = large.fraction - small.fraction + (borrow ? unit : 0);
    return join(sum, swap ? b.negative : a.negative, out);
}

bool decimal_subtract(decimal a, decimal b, decimal *out) {
    if (b.coefficient) b.negative = !b.negative;
    return decimal_add(a, b, out);
}

/* A product has up to 192 bits: six limbs of 32, the lowest first. */
struct wide {
    uint32_t limb[6];
};

static struct wide multiply(u128 a, u128 b) {
    struct wide w = {{0}};
    for (int i = 0; i < 3; i++) {
        uint64_t carry = 0;
        for (int k = 0; k < 3; k++) {
            uint64_t sum = (uint64_t)(uint32_t)(a >> 32 * i) * (uint32_t)(b >> 32 * k) + w.limb[i + k] + carry;
            w.limb[i + k] = (uint32_t)sum;
            carry = sum >> 32;
        }
        w.limb[i + 3] = (uint32_t)carry;
    }
    return w;
}

static unsigned divide_by_ten(struct wide *w) {
    uint64_t rest = 0;
    for (int i = 6; i-- > 0;) {
        uint64_t part = rest << 32 | w->limb[i];
        w->limb[i] = (uint32_t)(part / 10);
        rest = part % 10;
    }
    return (unsigned)rest;
}

bool decimal_multiply(decimal a, decimal b, decimal *out) {
    a = decimal_normal(a);
    b = decimal_normal(b);
    if (a.coefficient == 0 || b.coefficient == 0) return *out = (decimal){0}, true;
    struct wide w = multiply(a.coefficient, b.coefficient);
    int scale = a.scale + b.scale;
    for (; scale > 0; scale--) {
        struct wide tenth = w;
        if (divide_by_ten(&tenth) != 0) break;
        w = tenth;
    }
    if (scale > SCALE_MAX || w.limb[3] || w.limb[4] || w.limb[5]) return false;
    *out = (decimal){(u128)w.limb[2] << 64 | (u128)w.limb[1] << 32 | w.limb[0], scale, a.negative != b.negative};
    return true;
}

bool decimal_divide(decimal a, decimal b, decimal *out) {
    if (b.coefficient == 0) return false;
    if (a.coefficient == 0) return *out = (decimal){0}, true;
    u128 quotient = a.coefficient / b.coefficient, rest = a.coefficient % b.coefficient;
    int scale = a.scale - b.scale;
    while (scale < 0 || (rest && scale < SCALE_MAX)) { /* one digit more */
        u128 digit = rest * 10 / b.coefficient;
        if (quotient > (COEFFICIENT_MAX - digit) / 10) break;
        quotient = quotient * 10 + digit;
        rest = rest * 10 % b.coefficient;
        scale++;
    }
    if (scale < 0) return false;
    if (rest * 2 > b.coefficient || (rest * 2 == b.coefficient && quotient % 2 == 1)) quotient++;
    if (quotient > COEFFICIENT_MAX) { /* it ends in 6 then: rounding away one digit goes up */
        if (scale-- == 0) return false;
        quotient = quotient / 10 + 1;
    }
    *out = decimal_normal((decimal){quotient, scale, a.negative != b.negative});
    return true;
}

bool decimal_remainder(decimal a, decimal b, decimal *out) {
    if (b.coefficient == 0) return false;
    u128 rest;
    int scale = a.scale;
    if (a.scale >= b.scale) {
        u128 unit = power(a.scale - b.scale); /* b in a's scale; larger than any a when it does not fit */
        rest = b.coefficient > COEFFICIENT_MAX / unit ? a.coefficient : a.coefficient % (b.coefficient * unit);
    } else {
        rest = a.coefficient % b.coefficient;
        for (; scale < b.scale; scale++) rest = rest * 10 % b.coefficient;
    }
    *out = decimal_normal((decimal){rest, scale, a.negative && rest != 0});
    return true;
}
