/* Chunks that double up to a megabyte, kept over resets; with the address sanitizer every piece gets a poisoned gap. */
#include "base/arena.h"

#include "base/die.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define GAP 16
#define POISON(at, size) ASAN_POISON_MEMORY_REGION((at), (size))
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION((at), (size))
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define GAP 16
#define POISON(at, size) ASAN_POISON_MEMORY_REGION((at), (size))
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION((at), (size))
#endif
#endif
#ifndef GAP
#define GAP 0
#define POISON(at, size) ((void)0)
#define UNPOISON(at, size) ((void)0)
#endif

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20, ALIGNMENT = 16 };

struct chunk {
    struct chunk *next;
    size_t size, used;
    alignas(ALIGNMENT) char bytes[];
};

struct arena {
    struct chunk *first, *current;
    size_t max, used, reserved;
    char *last; /* the latest piece: it may grow in place */
};

arena *arena_new(size_t max_bytes) {
    arena *a = calloc(1, sizeof *a);
    if (!a) die("out of memory");
    a->max = max_bytes;
    return a;
}

void arena_free(arena *a) {
    if (!a) return;
    for (struct chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        UNPOISON(c->bytes, c->size);
        free(c);
    }
    free(a);
}

void arena_reset(arena *a) {
    for (struct chunk *c = a->first; c; c = c->next) {
        c->used = 0;
        POISON(c->bytes, c->size);
    }
    a->current = a->first;
    a->used = 0;
    a->last = NULL;
}

size_t arena_used(const arena *a) { return a->used; }

size_t arena_left(const arena *a) { return a->max - a->used; }

static struct chunk *add_chunk(arena *a, size_t least) {
    size_t size = a->current ? a->current->size * 2 : FIRST_CHUNK;
    if (size > LARGEST_CHUNK) size = LARGEST_CHUNK;
    if (size < least) size = least;
    struct chunk *c = malloc(sizeof *c + size);
    if (!c) die("out of memory");
    *c = (struct chunk){.size = size};
    POISON(c->bytes, size);
    if (a->current) {
        c->next = a->current->next;
        a->current->next = c;
    } else {
        a->first = c;
    }
    a->reserved += size;
    return a->current = c;
}

static char *take(arena *a, size_t size, size_t alignment) {
    if (size > a->max || a->used > a->max - size)
        die("a memory limit of %zu bytes is exceeded: this is a defect, please report it", a->max);
    size_t wanted = size + GAP;
    struct chunk *c = a->current;
    size_t start = c ? (c->used + alignment - 1) & ~(alignment - 1) : 0;
    while (!c || start + wanted > c->size) {
        if (c && c->next) {
            c = a->current = c->next;
        } else {
            c = add_chunk(a, wanted);
        }
        start = 0;
        if (c->used) start = (c->used + alignment - 1) & ~(alignment - 1);
    }
    c->used = start + wanted;
    a->used += size;
    char *piece = c->bytes + start;
    UNPOISON(piece, size);
    return a->last = piece;
}

void *arena_alloc(arena *a, size_t size) {
    char *piece = take(a, size ? size : 1, ALIGNMENT);
    memset(piece, 0, size);
    return piece;
}

char *arena_bytes(arena *a, size_t size) { return take(a, size ? size : 1, 1); }

void *arena_grow(arena *a, void *old, size_t old_size, size_t new_size) {
    struct chunk *c = a->current;
    if (old && old == a->last && c) {
        size_t start = (size_t)((char *)old - c->bytes);
        if (start + new_size + GAP <= c->size && new_size - old_size <= a->max - a->used) {
            c->used = start + new_size + GAP;
            a->used += new_size - old_size;
            UNPOISON((char *)old, new_size);
            memset((char *)old + old_size, 0, new_size - old_size);
            return old;
        }
    }
    void *grown = arena_alloc(a, new_size);
    if (old_size) memcpy(grown, old, old_size);
    return grown;
}

text arena_text(arena *a, text t) {
    if (!t.at) return t;
    char *copy = arena_bytes(a, t.len + 1);
    memcpy(copy, t.at, t.len);
    copy[t.len] = '\0';
    return (text){copy, t.len};
}

text arena_vprint(arena *a, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0) die("cannot format a message");
    char *out = arena_bytes(a, (size_t)len + 1);
    vsnprintf(out, (size_t)len + 1, format, args);
    return (text){out, (size_t)len};
}

text arena_print(arena *a, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text out = arena_vprint(a, format, args);
    va_end(args);
    return out;
}

const char *arena_cstring(arena *a, text t) { return t.at ? arena_text(a, t).at : NULL; }
