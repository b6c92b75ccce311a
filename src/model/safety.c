/* The limits that hold when nobody has set any (operations §23). */
#include "model/safety.h"

int64_t safety_default(enum safety_limit limit) {
    switch (limit) {
    case LIMIT_MINIMUM_POPULATION:
    case LIMIT_ERROR_PERCENT:
        return 50;
    case LIMIT_IMPORT_DELETE_PERCENT:
    case LIMIT_DISCONNECT_PERCENT:
    case LIMIT_EXPORT_DELETE_PERCENT:
    case LIMIT_METAVERSE_DELETE_PERCENT:
        return 10;
    default:
        return SAFETY_OFF;
    }
}
