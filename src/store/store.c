/* Opening and closing the store, and what concerns it as a whole. */
#include "store/store.h"

#include "base/die.h"
#include "base/unicode.h"
#include "model/ids.h"
#include "store/session.h"

#include <stdlib.h>

static const struct driver *const drivers[] = {&sqlite_driver};

static FALLIBLE choose(text url, const struct driver **out) {
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        if (!text_starts_with(url, text_of(drivers[i]->scheme))) continue;
        *out = drivers[i];
        return NULL;
    }
    if (text_starts_with(url, T("postgres")))
        return FAIL(ERROR_UNSUPPORTED, "this build has no PostgreSQL driver; set JOINERY_DATABASE_URL to sqlite:PATH");
    return FAIL(ERROR_INVALID,
                "JOINERY_DATABASE_URL must begin with sqlite: and name a file, such as sqlite:/var/lib/joinery/joinery.db");
}

FALLIBLE store_connect(store *s, bool write, bool create, struct db **out) {
    struct db_options options = {.url = s->url, .create = create, .write = write};
    return s->driver->open(&options, out);
}

/* Stored keys are folded by one Unicode version, and written in one form; another one may fold, or write, differently. */
static FALLIBLE note_unicode(store_tx *tx) {
    text stored, now = arena_print(tx->scratch, "%s, form 2", unicode_version());
    TRY(meta_get(tx, tx->scratch, T("unicode_version"), &stored));
    if (text_equal(stored, now)) return NULL;
    if (!text_is_null(stored)) TRY(rebuild_keys(tx));
    return meta_put(tx, T("unicode_version"), now);
}

/* Objects without a name are listed under their UUID, which holds the number of the installation. */
static FALLIBLE take_installation(store_tx *tx) {
    const struct config *c = NULL;
    uuid id;
    TRY(config_read(tx, &c));
    bool known = uuid_read(config_setting(c, T("Instance.Id")), &id);
    config_release(c);
    if (!known) return FAIL(ERROR_CORRUPT, "the database has no Instance.Id; it was not made by this program or is damaged");
    ids_installation(id);
    return NULL;
}

static FALLIBLE prepare(store *s) {
    OWNED(store_tx) tx = NULL;
    bool fresh;
    TRY(store_migrate_session(s, &tx));
    TRY(migrate(tx, &fresh));
    TRY(ids_refill(tx));
    if (fresh) TRY(seed(tx));
    TRY(take_installation(tx));
    TRY(note_unicode(tx));
    TRY(mv_index_open(tx));
    return store_commit(tx);
}

FALLIBLE store_open(const struct store_options *options, store **out) {
    const struct driver *driver;
    TRY(choose(options->url, &driver));
    store *s = calloc(1, sizeof *s);
    if (!s || !(s->url = strndup(options->url.at, options->url.len))) die("out of memory");
    s->driver = driver;
    s->slow_ns = options->slow_ms < 0 ? -1 : options->slow_ms * 1000000;
    s->config_stale = true;
    write_lock_init(&s->write_lock);
    mutex *locks[] = {&s->pool_lock, &s->ids_lock, &s->config_lock};
    for (size_t i = 0; i < sizeof locks / sizeof *locks; i++) pthread_mutex_init(locks[i], NULL);
    driver->io(&s->first_syncs, &s->first_bytes);
    error *e = store_connect(s, true, options->create, &s->writer);
    if (!e) e = prepare(s);
    if (!e) e = keeper_start(s);
    if (e) {
        store_close(s);
        return e;
    }
    *out = s;
    return NULL;
}

void store_close(store *s) {
    if (!s) return;
    keeper_stop(s);
    if (s->writer) store_settle(s);
    config_release(s->config);
    for (size_t i = 0; i < s->idle_count; i++) s->driver->close(s->idle[i]);
    if (s->writer) s->driver->close(s->writer);
    pthread_mutex_t *locks[] = {&s->pool_lock, &s->ids_lock, &s->config_lock, &s->write_lock.m};
    for (size_t i = 0; i < sizeof locks / sizeof *locks; i++) pthread_mutex_destroy(locks[i]);
    arena_free(s->write_memory);
    free(s->url);
    free(s);
}

FALLIBLE store_ready(store *s) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(s, &tx));
    text version;
    TRY(meta_get(tx, tx->scratch, T("unicode_version"), &version));
    return text_is_null(version) ? FAIL(ERROR_CORRUPT, "the database is not set up") : NULL;
}

FALLIBLE store_backup(store *s, text path, void (*progress)(void *state, text message), void *state) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(s, &tx));
    text version;
    TRY(meta_get(tx, tx->scratch, T("unicode_version"), &version)); /* takes the snapshot */
    return tx->db->driver->backup(tx->db, path, progress, state);
}

void store_io(store *s, int64_t *syncs, int64_t *bytes) {
    s->driver->io(syncs, bytes);
    *syncs -= s->first_syncs;
    *bytes -= s->first_bytes;
}
