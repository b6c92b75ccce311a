/* Errors live on the heap, because they outlive the arena of the work that failed. */
#include "base/error.h"

#include "base/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

error *error_make(enum error_kind kind, error *cause, const char *file, int line, const char *format, ...) {
    error *e = calloc(1, sizeof *e);
    if (!e) die("out of memory");
    va_list args;
    va_start(args, format);
    if (vasprintf(&e->sentence, format, args) < 0) die("out of memory");
    va_end(args);
    e->kind = kind;
    e->cause = cause;
    e->file = file;
    e->line = line;
    return e;
}

void error_free(error *e) {
    while (e) {
        error *cause = e->cause;
        free(e->sentence);
        free(e);
        e = cause;
    }
}

const char *error_chain(const error *e, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (; e && used < size; e = e->cause) {
        int n = snprintf(out + used, size - used, "%s%s", used ? ": " : "", e->sentence);
        if (n < 0) break;
        used += (size_t)n;
    }
    return out;
}
