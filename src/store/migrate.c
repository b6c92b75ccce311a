/* Migrations: forward only, each once, under the write lock of the database, and never changed after they were applied. */
#include "base/log.h"
#include "store/session.h"

static FALLIBLE compare(store_tx *tx, size_t *applied) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_migrations(tx, &r));
    struct q_migrations_row row;
    *applied = 0;
    while (q_migrations_next(&r, &row)) {
        if (*applied == migration_count || row.number != migrations[*applied].number)
            return FAIL(ERROR_CONFLICT,
                        "the database was made by a newer joinery (migration %.*s); start that version, or restore a backup",
                        TEXT_ARG(row.name));
        if (!text_equal(row.checksum, text_of(migrations[*applied].checksum)))
            return FAIL(
                ERROR_CORRUPT,
                "migration %.*s is not what was applied to this database; start the joinery that made it, or restore a backup",
                TEXT_ARG(row.name));
        ++*applied;
    }
    return rows_end(&r);
}

static FALLIBLE apply(store_tx *tx, const struct migration *m) {
    TRY_OR(tx->db->driver->script(tx->db, m->text[tx->db->driver->dialect]), "migration %s", m->name);
    struct q_migration_add_in in = {m->number, text_of(m->name), text_of(m->checksum), instant_now()};
    TRY(q_migration_add(tx, &in, 1));
    log_line(LOG_INFORMATION, "migrated", "%s", m->name);
    return NULL;
}

FALLIBLE migrate(store_tx *tx, bool *fresh) {
    static const char table[] =
        "create table if not exists migration (number integer primary key, name text not null, checksum text not null, "
        "applied bigint not null)";
    /* written before any statement is prepared, and the same for every database */
    TRY(tx->db->driver->script(tx->db, table));
    size_t applied;
    TRY(compare(tx, &applied));
    *fresh = applied == 0;
    for (size_t i = applied; i < migration_count; i++) TRY(apply(tx, &migrations[i]));
    return NULL;
}
