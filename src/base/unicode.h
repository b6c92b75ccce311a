/* Unicode and encodings, by ICU: folding, one-to-one case mapping, white space, cultures, decoding of files. */
#ifndef JOINERY_BASE_UNICODE_H
#define JOINERY_BASE_UNICODE_H

#include "base/arena.h"
#include "base/error.h"

/* True when every byte belongs to well-formed UTF-8; else *bad (may be NULL) is the offset of the first byte that does not. */
bool utf8_valid(text t, size_t *bad);
/* Number of code points of valid UTF-8. */
size_t utf8_length(text t);
/* Byte offset of code point number n (or t.len when there are fewer). */
size_t utf8_offset(text t, size_t n);
/* Decodes the code point at *i and moves *i behind it; U+FFFD for a bad byte. */
uint32_t utf8_next(text t, size_t *i);
/* Writes one code point, returns the bytes used (1..4). */
size_t utf8_put(char out[4], uint32_t code_point);

/* Simple (one code point to one) case mapping without locale, so ß stays ß. ASCII takes a fast path without copying when nothing
 * changes. */
text text_upper(arena *a, text t);
text text_lower(arena *a, text t);
text text_title_words(
    arena *a, text t); /* sync-engine §11.3 Title: a word starts at a letter, runs over letters, digits, marks, apostrophes */
text text_capitalise(arena *a, text t); /* expressions §9.1 Capitalise */
/* Simple case folding, the equality of "without regard to case" everywhere in identity data: ß never equals ss. */
text text_fold(arena *a, text t);
bool text_equal_fold(text a, text b);
bool unicode_is_space(uint32_t code_point);
bool unicode_is_letter(uint32_t code_point);
text text_trim_unicode(text t);
bool text_is_blank(text t); /* empty or Unicode white space only */
/* Runs of white space become one space. */
text text_collapse_spaces(arena *a, text t);
/* The Unicode version of the folding, such as "15.0", recorded with stored keys. */
const char *unicode_version(void);

/* Streaming decoder to UTF-8. Names: Auto, UTF-8, UTF-16LE, UTF-16BE, Windows-1252, ISO-8859-1, ISO-8859-15. `Auto` looks at a byte
 * order mark (UTF-8, UTF-16, UTF-32), else UTF-8. For UTF-8 the bytes are passed through unchecked (the reader of the file checks
 * fields, so that the message can name the row). A byte order mark of the encoding is dropped. */
typedef struct decoder decoder;
FALLIBLE decoder_new(text encoding, decoder **out);
void decoder_free(decoder *d);
OWNED_TYPE(decoder, decoder_free)
/* Consumes *used bytes of `in`, writes *made bytes of UTF-8 to `out` (room of at least 4); `last` says that no more input follows.
 * Up to three bytes at the end of `in` stay unconsumed when they begin a code point (or what may be a byte order mark) that is not
 * complete: pass them again with what follows. A malformed sequence of another encoding than UTF-8 is ERROR_INVALID with the byte
 * offset from the beginning. */
FALLIBLE decoder_run(decoder *d, text in, bool last, size_t *used, char *out, size_t room, size_t *made);

/* Number and date forms of a culture (BCP 47 tag; empty: invariant). Immutable, usable from any thread. */
typedef struct culture culture;
FALLIBLE culture_new(text tag, culture **out);
/* The version of the cultures' data, which changes with the library. */
const char *culture_version(void);
void culture_free(culture *c);
OWNED_TYPE(culture, culture_free)
/* The culture's number with its group and decimal separators, rewritten in invariant form ("1.234,5" → "1234.5"); null when it is
 * none. Groups must have the culture's sizes, so "1.5" is no German number; the invariant culture has no groups. An exponent may
 * follow. */
text culture_number(const culture *c, arena *a, text t);
/* The culture's short and long date (and date-time) patterns; ticks as in base/instant.h, UTC. Years of two digits lie between 1950
 * and 2049. False when it is none. */
bool culture_date(const culture *c, text t, int64_t *ticks);

#endif
