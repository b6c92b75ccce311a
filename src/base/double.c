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

/* [sign] digits [. digits] [e [sign] digits], with a digit before or after the point. */
static bool has_number_form(text t) {
    size_t i = 0, digits = 0;
    if (i < t.len && (t.at[i] == '-' || t.at[i] == '+')) i++;
    for (; i < t.len && t.at[i] >= '0' && t.at[i] <= '9'; i++) digits++;
    if (i < t.len && t.at[i] == '.')
        for (i++; i < t.len && t.at[i] >= '0' && t.at[i] <= '9'; i++) digits++;
    if (digits == 0) return false;
    if (i == t.len) return true;
    if (t.at[i] != 'e' && t.at[i] != 'E') return false;
    i++;
    if (i < t.len && (t.at[i] == '-' || t.at[i] == '+')) i++;
    if (i == t.len) return false;
    while (i < t.len && t.at[i] >= '0' && t.at[i] <= '9') i++;
    return i == t.len;
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
