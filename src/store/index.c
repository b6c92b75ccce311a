/* Builds index rows. */
#include "store/config_save.h"
FALLIBLE index_mv_attribute(store_tx *tx, int32_t id, bool wanted) {
    (void)tx, (void)id, (void)wanted;
    return NULL;
}
FALLIBLE index_cs_attribute(store_tx *tx, int32_t id, bool wanted) {
    (void)tx, (void)id, (void)wanted;
    return NULL;
}
FALLIBLE index_cs_references(store_tx *tx, int32_t id) {
    (void)tx, (void)id;
    return NULL;
}
FALLIBLE rebuild_keys(store_tx *tx) {
    (void)tx;
    return NULL;
}
FALLIBLE store_mv_attribute_uses(store_tx *tx, int32_t attribute, int64_t *objects) {
    (void)tx, (void)attribute;
    *objects = 0;
    return NULL;
}
FALLIBLE store_cs_attribute_uses(store_tx *tx, int32_t attribute, int64_t *objects) {
    (void)tx, (void)attribute;
    *objects = 0;
    return NULL;
}
