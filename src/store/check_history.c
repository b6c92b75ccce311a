/* Compares what is recorded about changes with the objects: what history says that they have, they have, and so back to the first
 * row. */
#include "store/check.h"

enum { PAGE = 1000 };

static const char *name_of(enum history_of of) { return of == HISTORY_OF_CSO ? "Connected object" : "Metaverse object"; }

/* A row that cannot be read is a finding; where values were changed without a record, nothing can be said. */
static FALLIBLE check_object(struct checker *k, enum history_of of, instant untracked, int64_t object) {
    struct history_rows rows = {0};
    struct attributes values;
    bool known, right;
    unsigned table = of == HISTORY_OF_CSO ? 0 : 1;
    TRY(q_history_since_all(k->tx, k->page, table, &(struct q_history_since_in){object, 0}, 1, &rows));
    if (!rows.count || rows.at[rows.count - 1].at.ticks <= untracked.ticks) return NULL;
    error *e = history_values_at(k->tx, k->page, k->c, of, object, 0, &values, &known, &right);
    if (e) {
        char said[500];
        find_wrong(k, "%s %lld: what is recorded about it cannot be read: %s.", name_of(of), (long long)object,
                   error_chain(e, said, sizeof said));
        error_free(e);
        return NULL;
    }
    if (!known) find_wrong(k, "%s %lld is gone, and its history does not say so.", name_of(of), (long long)object);
    if (!right) find_wrong(k, "%s %lld has not the values that its history tells.", name_of(of), (long long)object);
    return NULL;
}

static FALLIBLE check_kind(struct checker *k, enum history_of of) {
    instant untracked;
    TRY(history_untracked(k->tx, of, &untracked));
    for (int64_t after = 0, more = 1; more;) {
        struct int64s objects = {0};
        arena_reset(k->page);
        {
            OWNED_VALUE(rows) r = {0};
            unsigned table = of == HISTORY_OF_CSO ? 0 : 1;
            TRY(q_history_objects(k->tx, table, &(struct q_history_objects_in){after, PAGE}, 1, &r));
            for (struct q_history_objects_row row; q_history_objects_next(&r, &row);) *LIST_ADD(k->page, &objects) = row.object;
            TRY(rows_end(&r));
        }
        for (EACH(const int64_t, id, &objects)) TRY(check_object(k, of, untracked, *id));
        more = objects.count > 0;
        if (more) after = objects.at[objects.count - 1];
    }
    return NULL;
}

FALLIBLE check_history(struct checker *k) {
    tell(k, "comparing objects with their history");
    TRY(check_kind(k, HISTORY_OF_CSO));
    return check_kind(k, HISTORY_OF_MVO);
}
