/* Exact decimals: 96-bit coefficient, scale 0..28, as connectors §4; overflow and lost precision are failures, never rounding. */
#ifndef JOINERY_BASE_DECIMAL_H
#define JOINERY_BASE_DECIMAL_H

#include "base/text.h"

typedef struct decimal {
    unsigned __int128 coefficient; /* at most 79228162514264337593543950335 */
    int scale;                     /* 0..28 */
    bool negative;                 /* never set for zero */
} decimal;

/* Plain or exponent form with '.', optional sign; the whole text. False when malformed or not exactly representable. */
bool decimal_read(text t, decimal *out);
/* Canonical: plain notation, no trailing zeros, no exponent, "0" for zero. Returns length (≤ 31). */
size_t decimal_write(decimal d, char out[40]);
decimal decimal_from_int64(int64_t n);
/* Exact conversion; false when the double has no exact decimal of this range (or is not finite). */
bool decimal_from_double(double d, decimal *out);
bool decimal_to_int64(decimal d, int64_t *out);       /* false with a fraction or out of range */
bool decimal_truncate_int64(decimal d, int64_t *out); /* drops the fraction */
double decimal_to_double(decimal d);
int decimal_compare(decimal a, decimal b);
/* Arithmetic; false on overflow and when the exact result does not fit. Division: places beyond the 28th, or beyond what the
 * coefficient holds, are rounded half to even; by zero is false. The remainder has the sign of a. */
bool decimal_add(decimal a, decimal b, decimal *out);
bool decimal_subtract(decimal a, decimal b, decimal *out);
bool decimal_multiply(decimal a, decimal b, decimal *out);
bool decimal_divide(decimal a, decimal b, decimal *out);
bool decimal_remainder(decimal a, decimal b, decimal *out);
decimal decimal_normal(decimal d); /* smallest scale */

/* Doubles as text, the same under every locale. Reading takes the same forms as decimal_read, of the whole text; false when
 * malformed or beyond the range. Writing gives the shortest form that reads back ("1.5", "1e+22"); returns the length (≤ 24). */
bool double_read(text t, double *out);
size_t double_write(double d, char out[32]);

#endif
