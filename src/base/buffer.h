/* A growing run of bytes on the heap with a maximum that is stated at birth. */
#ifndef JOINERY_BASE_BUFFER_H
#define JOINERY_BASE_BUFFER_H

#include "base/owned.h"
#include "base/text.h"

/* Begin as: OWNED_VALUE(buffer) b = {.max = 1 << 20}; What does not fit any more sets `overflow` and is dropped. */
struct buffer {
    char *at;
    size_t len, room, max;
    bool overflow;
};

void buffer_free(struct buffer *b);
/* Keeps the memory, forgets the bytes and the overflow. */
void buffer_clear(struct buffer *b);
/* Room for `more` bytes at at+len; false (and overflow) beyond the maximum. The caller then adds to len. */
bool buffer_reserve(struct buffer *b, size_t more);
void buffer_add(struct buffer *b, const void *bytes, size_t len);
void buffer_print(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void buffer_text(struct buffer *b, text t) { buffer_add(b, t.at, t.len); }
static inline void buffer_byte(struct buffer *b, char c) {
    if (b->len < b->room || buffer_reserve(b, 1)) b->at[b->len++] = c;
}
static inline text buffer_as_text(const struct buffer *b) { return (text){b->at ? b->at : "", b->len}; }

OWNED_STRUCT(buffer, buffer_free)

#endif
