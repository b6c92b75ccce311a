/* Has what was exported arrived? (sync-engine §7): pure. */
#ifndef JOINERY_SYNC_CONFIRM_H
#define JOINERY_SYNC_CONFIRM_H

#include "model/config.h"
#include "model/object.h"

struct confirmation {
    bool eligible;                          /* false: nothing of this pending export awaits confirmation; the rest is not set */
    int32_t confirmed, unconfirmed, failed; /* changes; failed ones are also unconfirmed */
    bool ended;                             /* every change was confirmed: the pending export is to be deleted */
    struct pending_export after;            /* unless ended */
};

/* Compares the changes that were exported with the object's values.
 * References compare by raw text or resolved target. Everything in `a`. */
void confirm_export(arena *a, const struct cs_type *type, const struct pending_export *p, const struct attributes *values,
                    struct confirmation *out);

/* The object of a Delete was seen again as a living one (§7 rule 6, J+14). One that was counted as refused before waits for its
 * next export. */
void confirm_refuse_delete(const struct pending_export *p, struct confirmation *out);

/* Pass 1 of a synchronisation (§7, last rule but one): drops the changes of an ExportNotConfirmed export that are present now. True
 * when anything changed. */
bool confirm_again(arena *a, const struct cs_type *type, const struct pending_export *p, const struct attributes *values,
                   struct confirmation *out);

#endif
