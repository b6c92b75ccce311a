/* Object ids: the store counts in int64, the wire shows UUIDs; the mapping needs no table. */
#ifndef JOINERY_MODEL_IDS_H
#define JOINERY_MODEL_IDS_H

#include "base/uuid.h"

/* The kind is part of the UUID, so that an activity's id never names an object. */
enum id_kind {
    ID_CSO = 1,
    ID_MVO,
    ID_PENDING_EXPORT,
    ID_ACTIVITY,
    ID_RUN_ITEM,
    ID_TASK,
    ID_API_KEY,
    ID_CHANGE,
    ID_SCHEDULE,
    ID_EXECUTION,
    ID_HOLD,
    ID_OTHER
};

/* Version 8 UUID: 48 bits id, 12 bits kind, 62 bits of the installation's own random number (from Instance.Id), so that ids of two
 * installations never meet. Ids are 1 … 2^48-1 and ascending, hence UUIDs of one kind sort by age. */
uuid id_to_uuid(enum id_kind kind, int64_t id);
/* 0 when the UUID is not one of this installation and kind. */
int64_t id_from_uuid(enum id_kind kind, uuid u);
/* Set once at start, before threads. */
void ids_installation(uuid instance_id);

#endif
