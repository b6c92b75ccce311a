/* Doubles as text, without the locale's decimal point. */
#include "base/decimal.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static locale_t plain;

static void make_plain(void) { plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

static locale_t plain_locale(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_plain);
    return plain;
}

static size_t skip_sign(text t, size_t i) { return i < t.len && (t.at[i] == '-' || t.at[i] == '+') ? i + 1 : i; }

static size_t skip_digits(text t, size_t i) {
    while (i < t.len && t.at[i] >= '0' && t.at[i] <= '9') i++;
    return i;
}

/* [sign] digits [. digits] [e [sign] digits], with a digit before or after the point. */
static bool has_number_form(text t) {
    size_t start = skip_sign(t, 0), i = skip_digits(t, start), digits = i - start;
    if (i < t.len && t.at[i] == '.') {
        start = i + 1;
        i = skip_digits(t, start);
        digits += i - start;
    }
    if (digits == 0 || i == t.len) return digits > 0;
    if (t.at[i] != 'e' && t.at[i] != 'E') return false;
    start = skip_sign(t, i + 1);
    return start < t.len && skip_digits(t, start) == t.len;
}

bool double_read(text t, double *out) {
    char closed[512];
    if (t.len >= sizeof closed || !has_number_form(t)) return false;
    memcpy(closed, t.at, t.len);
    closed[t.len] = '\0';
    *out = strtod_l(closed, NULL, plain_locale());
    return __builtin_isfinite(*out);
}

size_t double_write(double d, char out[32]) {
    int len = 0;
    locale_t before = uselocale(plain_locale());
    /* 15 digits suffice for most; below the normal range fewer may, and must be tried. */
    for (int digits = __builtin_isnormal(d) ? 15 : 1; digits <= 17; digits++) {
        len = snprintf(out, 32, "%.*g", digits, d);
        if (d != d || strtod_l(out, NULL, plain_locale()) == d) break;
    }
    uselocale(before);
    return (size_t)len;
}
