/* The history of the configuration: snapshots by object and version. */
#include "store/session.h"

FALLIBLE store_add_configuration_change(store_tx *tx, struct configuration_change *k) {
    TRY(need_write(tx));
    if (k->operation != OPERATION_DELETE) {
        struct q_configuration_change_newest_row newest;
        bool found;
        struct q_configuration_change_newest_in in = {(int32_t)k->kind, k->object};
        TRY(q_configuration_change_newest_one(tx, tx->scratch, &in, &newest, &found));
        k->version = newest.version + 1;
    }
    return q_configuration_change_add(tx, k, 1);
}

FALLIBLE store_configuration_changes(store_tx *tx, arena *a, enum activity_target kind, text object, int64_t offset, int64_t limit,
                                     struct configuration_changes *out, int64_t *total) {
    struct q_configuration_changes_count_row count;
    bool found;
    struct q_configuration_changes_count_in of = {(int32_t)kind, object};
    TRY(q_configuration_changes_count_one(tx, a, &of, &count, &found));
    *total = count.number;
    struct q_configuration_changes_in in = {.kind = (int32_t)kind, .object = object, .limit = limit, .offset = offset};
    return q_configuration_changes_all(tx, a, &in, 1, out);
}

FALLIBLE store_configuration_change(store_tx *tx, arena *a, enum activity_target kind, text object, int32_t version,
                                    struct configuration_change *out, bool *found) {
    *out = (struct configuration_change){0};
    if (!version) {
        struct q_configuration_change_newest_row newest;
        struct q_configuration_change_newest_in of = {(int32_t)kind, object};
        TRY(q_configuration_change_newest_one(tx, a, &of, &newest, found));
        version = newest.version;
    }
    struct q_configuration_change_version_in in = {(int32_t)kind, object, version};
    return q_configuration_change_version_one(tx, a, &in, out, found);
}

FALLIBLE store_configuration_change_of(store_tx *tx, arena *a, int64_t activity, struct configuration_change *out, bool *found) {
    *out = (struct configuration_change){0};
    return q_configuration_change_of_one(tx, a, &(struct q_configuration_change_of_in){activity}, out, found);
}
