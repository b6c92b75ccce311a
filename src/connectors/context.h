/* What the core lends to a connector for one use: cancellation, deadline, progress, secrets, clock, trust and file roots. */
#ifndef JOINERY_CONNECTORS_CONTEXT_H
#define JOINERY_CONNECTORS_CONTEXT_H

#include "base/base.h"
#include "base/instant.h"
#include "model/enums.h"

/* Every function pointer may be NULL (then nothing happens, nothing is cancelled); `state` belongs to the core and is handed back.
 * Progress calls are cheap, serialised by the core and cannot fail a run (connectors §2.5). Made by runs/, borrowed by connectors.
 */
struct run_ctx {
    void *state;
    bool (*cancelled)(void *state);
    int64_t deadline_ns; /* of monotonic_ns(); 0: none */
    instant (*now)(void *state);
    void (*enter_phase)(void *state, text key, text name);
    void (*report)(void *state, text message); /* at page and phase boundaries; blank is ignored */
    void (*expected_objects)(void *state, int64_t count);
    void (*objects_read)(void *state, int64_t count); /* so far, within this call */
    /* The plain form of a stored StringEncrypted value; a value without a seal is returned as it is (connectors §10). */
    error *(*open_secret)(void *state, arena *a, text sealed, text *plain);
    const struct texts *file_roots; /* absolute paths of the configured roots, in order; NULL: none */
    text trusted_certificates;      /* PEM of the enabled store certificates, added to the system's bundle; may be null */
};

/* ERROR_CANCELLED when the run is to stop, ERROR_BUSY when its time is over. Asked before every wait, page and batch. */
FALLIBLE ctx_check(const struct run_ctx *ctx);
void ctx_phase(const struct run_ctx *ctx, text key, text name);
void ctx_report(const struct run_ctx *ctx, text message);
void ctx_expected(const struct run_ctx *ctx, int64_t count);
void ctx_read(const struct run_ctx *ctx, int64_t count);
/* The clock of the context, else the system's. */
instant ctx_now(const struct run_ctx *ctx);

#endif
