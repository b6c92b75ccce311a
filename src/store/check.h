/* What the files of the check share. */
#ifndef JOINERY_STORE_CHECK_H
#define JOINERY_STORE_CHECK_H

#include "store/objects.h"

struct checker {
    store_tx *tx;
    const struct config *c;
    arena *keep, *page; /* findings; one page of objects */
    struct texts *findings;
    void (*progress)(void *state, text message);
    void *state;
    int64_t csos, mvos;
};

void find_wrong(struct checker *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tell(struct checker *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
FALLIBLE check_csos(struct checker *k);
FALLIBLE check_mvos(struct checker *k);
FALLIBLE check_history(struct checker *k);

#endif
