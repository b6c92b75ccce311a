/* A borrowed run of UTF-8 bytes: pointer and length, never owned, not closed by NUL. */
#ifndef JOINERY_BASE_TEXT_H
#define JOINERY_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A NULL `at` means "no text" (null on the wire); an empty text has a pointer and length 0. */
typedef struct text {
    const char *at;
    size_t len;
} text;

/* A text from a string literal. */
#define T(literal) ((text){(literal), sizeof(literal) - 1})
/* For printf: printf("%.*s", TEXT_ARG(t)). */
#define TEXT_ARG(t) (int)(t).len, ((t).at ? (t).at : "")

static inline text text_of(const char *zero_ended) { return (text){zero_ended, zero_ended ? strlen(zero_ended) : 0}; }
static inline bool text_is_null(text t) { return t.at == NULL; }
static inline bool text_is_empty(text t) { return t.len == 0; }
static inline text text_slice(text t, size_t from, size_t to) { return (text){t.at + from, to - from}; }

/* Bytewise equality; null equals only null. */
bool text_equal(text a, text b);
/* Bytewise order, as memcmp, the shorter first; null sorts before everything. */
int text_compare(text a, text b);
/* Equality without regard to the case of ASCII letters (names on the wire); for identity data use text_fold(). */
bool text_equal_ascii_case(text a, text b);
bool text_starts_with(text t, text prefix);
bool text_ends_with(text t, text suffix);
/* Offset of the first `needle` in `t`, or SIZE_MAX. An empty needle is found at 0. */
size_t text_find(text t, text needle);
size_t text_find_byte(text t, char byte);
/* Without ASCII blanks (space, tab, CR, LF) at both ends. */
text text_trim_ascii(text t);
/* Reads a whole decimal number with optional sign; false when anything else stands there or it does not fit. */
bool text_to_int64(text t, int64_t *value);
bool text_to_int32(text t, int32_t *value);
/* 64-bit XXH3 hash, seeded per process: for tables in memory, never stored. */
uint64_t text_hash(text t);
/* 128-bit XXH3 hash, seeded per process and by `salt`: an identity for keys that nobody can make collide. Never stored. */
void text_hash128(text t, uint64_t salt, uint64_t out[2]);

#endif
