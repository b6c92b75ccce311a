/* Bytes that double until their maximum. */
#include "base/buffer.h"

#include "base/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_free(struct buffer *b) {
    free(b->at);
    *b = (struct buffer){.max = b->max};
}

void buffer_clear(struct buffer *b) {
    b->len = 0;
    b->overflow = false;
}

bool buffer_reserve(struct buffer *b, size_t more) {
    if (b->room - b->len >= more && b->at) return true;
    if (more > b->max || b->len > b->max - more) {
        b->overflow = true;
        return false;
    }
    size_t room = b->room ? b->room : 256;
    while (room < b->len + more) room *= 2;
    if (room > b->max) room = b->max;
    char *grown = realloc(b->at, room);
    if (!grown) die("out of memory");
    b->at = grown;
    b->room = room;
    return true;
}

void buffer_add(struct buffer *b, const void *bytes, size_t len) {
    if (len == 0 || !buffer_reserve(b, len)) return;
    memcpy(b->at + b->len, bytes, len);
    b->len += len;
}

void buffer_print(struct buffer *b, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len > 0 && buffer_reserve(b, (size_t)len + 1)) {
        vsnprintf(b->at + b->len, (size_t)len + 1, format, args);
        b->len += (size_t)len;
    }
    va_end(args);
}
