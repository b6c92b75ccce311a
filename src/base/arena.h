/* Memory with one life: a request, a batch, a snapshot; freed or reset as a whole. */
#ifndef JOINERY_BASE_ARENA_H
#define JOINERY_BASE_ARENA_H

#include "base/owned.h"
#include "base/text.h"

#include <stdarg.h>

typedef struct arena arena;

/* Makes an arena that may hold at most max_bytes. Asking for more, or running out of memory, ends the process with a
 * message: limits on input keep a client from causing it. */
arena *arena_new(size_t max_bytes);
/* Frees everything; NULL is allowed. */
void arena_free(arena *a);
/* Forgets every allocation and keeps the memory for the next use. */
void arena_reset(arena *a);
/* Bytes handed out since the last reset. */
size_t arena_used(const arena *a);
/* Bytes that may still be handed out before the limit, for readers of input that answer instead of ending the process. */
size_t arena_left(const arena *a);
/* Zeroed memory aligned to 16 bytes; lives until reset or free. Size 0 gives a unique pointer. */
void *arena_alloc(arena *a, size_t size) __attribute__((malloc, alloc_size(2), returns_nonnull));
/* As arena_alloc, but neither zeroed nor aligned: for text. */
char *arena_bytes(arena *a, size_t size) __attribute__((malloc, alloc_size(2), returns_nonnull));
/* A grown copy of the array `old` of old_size bytes; extends in place when it was the last allocation. */
void *arena_grow(arena *a, void *old, size_t old_size, size_t new_size);
/* A copy, closed by a NUL that the length does not count; null stays null. */
text arena_text(arena *a, text t);
/* printf into the arena, closed by NUL. */
text arena_print(arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
text arena_vprint(arena *a, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
/* A NUL-ended copy for interfaces that want one. */
const char *arena_cstring(arena *a, text t);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (size_t)(count)))

OWNED_TYPE(arena, arena_free)

#endif
