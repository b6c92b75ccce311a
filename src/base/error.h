/* What went wrong, as a value: a kind for the machine, a sentence for the person, and the cause beneath it. */
#ifndef JOINERY_BASE_ERROR_H
#define JOINERY_BASE_ERROR_H

#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>

enum error_kind {
    ERROR_INVALID,        /* the caller's input breaks a rule */
    ERROR_NOT_FOUND,      /* the thing named does not exist */
    ERROR_CONFLICT,       /* the state does not allow it now */
    ERROR_DENIED,         /* known caller, not allowed */
    ERROR_UNKNOWN_CALLER, /* no or bad credentials */
    ERROR_TOO_LARGE,      /* a limit is exceeded */
    ERROR_UNSUPPORTED,    /* asked for something that does not exist here */
    ERROR_IO,             /* disk, network or connected system */
    ERROR_FULL,           /* no space left */
    ERROR_BUSY,           /* transient: may succeed when repeated */
    ERROR_CANCELLED,      /* stopped on request */
    ERROR_CORRUPT,        /* stored data is not what it must be */
    ERROR_INTERNAL,       /* a defect of ours */
};

typedef struct error error;
struct error {
    enum error_kind kind;
    char *sentence; /* one sentence with the remedy where there is one; never a secret, never an attribute value */
    error *cause;   /* what happened beneath, or NULL */
    const char *file;
    int line;
};

/* A function that can fail returns NULL for success; the result must be used. The caller owns the error. */
#define FALLIBLE __attribute__((warn_unused_result)) error *

/* Makes an error here: return FAIL(ERROR_INVALID, "row %d has …", row); */
#define FAIL(kind, ...) error_make((kind), NULL, __FILE__, __LINE__, __VA_ARGS__)
/* Passes an error on. */
#define TRY(call)                                                                                                                  \
    do {                                                                                                                           \
        error *try_ = (call);                                                                                                      \
        if (try_) return try_;                                                                                                     \
    } while (0)
/* Passes an error on beneath a sentence that says what was being done; the kind stays. */
#define TRY_OR(call, ...)                                                                                                          \
    do {                                                                                                                           \
        error *try_ = (call);                                                                                                      \
        if (try_) return error_make(try_->kind, try_, __FILE__, __LINE__, __VA_ARGS__);                                            \
    } while (0)

error *error_make(enum error_kind kind, error *cause, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 5, 6), returns_nonnull));
/* Frees the error and its causes; NULL is allowed. */
void error_free(error *e);
/* Writes "sentence: cause: cause" into out (always closed by NUL) and returns out. */
const char *error_chain(const error *e, char *out, size_t size);

OWNED_TYPE(error, error_free)

#endif
