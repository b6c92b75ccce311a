/* Text processing of inbound values (sync-engine §11.3). */
#ifndef JOINERY_SYNC_PROCESS_TEXT_H
#define JOINERY_SYNC_PROCESS_TEXT_H

#include "model/config.h"
#include "model/value.h"

/* Trim, collapse, case, then whitespace-only as no value; repetitions that result are merged. Returns `set` itself, shared, when
 * nothing changes. `flags` are bits of enum value_processing. */
struct values process_text(arena *a, const struct values *set, unsigned flags, enum case_normalisation letters);

#endif
