/* Ids as version 8 UUIDs: count, kind, installation. */
#include "model/ids.h"

/* The last 62 bits of the installation's random UUID; the two bits above them are the variant of every UUID. */
static uint8_t installation[8] = {0x80};

void ids_installation(uuid instance_id) {
    memcpy(installation, instance_id.bytes + 8, sizeof installation);
    installation[0] = (uint8_t)((installation[0] & 0x3F) | 0x80);
}

uuid id_to_uuid(enum id_kind kind, int64_t id) {
    uuid u;
    for (int i = 0; i < 6; i++) u.bytes[i] = (uint8_t)(id >> (40 - 8 * i));
    u.bytes[6] = (uint8_t)(0x80 | (((unsigned)kind >> 8) & 0x0F));
    u.bytes[7] = (uint8_t)kind;
    memcpy(u.bytes + 8, installation, sizeof installation);
    return u;
}

int64_t id_from_uuid(enum id_kind kind, uuid u) {
    int64_t id = 0;
    for (int i = 0; i < 6; i++) id = id << 8 | u.bytes[i];
    return uuid_equal(u, id_to_uuid(kind, id)) ? id : 0;
}
