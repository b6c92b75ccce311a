/* The check of the whole store: what stands in documents, heads and index rows must agree, and nothing may point to nothing. */
#include "store/check.h"

enum { MOST_FINDINGS = 1000 };

void find_wrong(struct checker *k, const char *format, ...) {
    if (k->findings->count >= MOST_FINDINGS) return;
    va_list args;
    va_start(args, format);
    text said = arena_vprint(k->keep, format, args);
    va_end(args);
    *LIST_ADD(k->keep, k->findings) = said;
}

void tell(struct checker *k, const char *format, ...) {
    if (!k->progress) return;
    va_list args;
    va_start(args, format);
    k->progress(k->state, arena_vprint(k->page, format, args));
    va_end(args);
}

/* In the order of the alternatives of the statement `strays`. */
struct sentence {
    const char *before, *after; /* the id stands between */
};

static const struct sentence stray_sentences[] = {
    {"Connected object", " has no document (cso_doc)."},
    {"The document", " (cso_doc) belongs to no connected object."},
    {"Connected object", " is joined to a metaverse object that does not exist."},
    {"Connected object", " has a join type but no metaverse object, or the reverse (invariant 1)."},
    {"Connected object", " is of an object type that its system does not have."},
    {"Metaverse object", " is of an object type that does not exist."},
    {"Metaverse object", " refers to one that does not exist."},
    {"Pending export", " is for a connected object that its system does not have (invariant 24)."},
    {"Pending export", " comes from a metaverse object that does not exist."},
    {"Object", " uses a large value that is missing in the table blob."},
    {"A large value is kept for connected object", ", which does not exist."},
    {"A large value is kept for metaverse object", ", which does not exist."},
    {"Members are kept for connected object", ", which does not exist."},
    {"Members are kept for metaverse object", ", which does not exist."},
    {"Items belong to activity", ", which does not exist."},
    {"Task", " belongs to an activity that does not exist."},
    {"A tombstone of a connected object has no row of history:", "."},
    {"A tombstone of a metaverse object has no row of history:", "."},
    {"A connected object that was deleted exists:", "."},
    {"A metaverse object that was deleted exists:", "."},
};

static const struct sentence tally_sentences[] = {
    {"The stored number of metaverse objects of type", " is wrong."},
    {"The stored number of connected objects of system", " is wrong."},
    {"The stored number of pending exports of system", " is wrong."},
    {"The stored number of changes of objects of system", " is wrong."},
    {"The stored number of connected objects of type", " is wrong."},
};

static void find_row(struct checker *k, const struct sentence *s, int64_t id) {
    find_wrong(k, "%s %lld%s", s->before, (long long)id, s->after);
}

static FALLIBLE strays(struct checker *k) {
    tell(k, "looking for rows that point to nothing");
    for (size_t i = 0; i < sizeof stray_sentences / sizeof *stray_sentences; i++) {
        OWNED_VALUE(rows) r = {0};
        TRY(q_strays(k->tx, (unsigned)i, &r));
        for (struct q_strays_row row; q_strays_next(&r, &row);) find_row(k, &stray_sentences[i], row.id);
        TRY(rows_end(&r));
    }
    for (size_t i = 0; i < sizeof tally_sentences / sizeof *tally_sentences; i++) {
        OWNED_VALUE(rows) r = {0};
        TRY(q_wrong_tallies(k->tx, (unsigned)i, &r));
        for (struct q_wrong_tallies_row row; q_wrong_tallies_next(&r, &row);) find_row(k, &tally_sentences[i], row.id);
        TRY(rows_end(&r));
    }
    return NULL;
}

static FALLIBLE check_all(struct checker *k) {
    tell(k, "checking the database itself");
    TRY(k->tx->db->driver->check(k->tx->db, k->keep, k->findings));
    TRY(strays(k));
    TRY(check_csos(k));
    TRY(check_mvos(k));
    TRY(check_history(k));
    tell(k, "checked %lld connected objects and %lld identities", (long long)k->csos, (long long)k->mvos);
    return NULL;
}

FALLIBLE store_check(store *s, arena *a, void (*progress)(void *state, text message), void *state, struct texts *findings) {
    OWNED(arena) page = arena_new((size_t)1 << 34);
    OWNED(store_tx) tx = NULL;
    TRY(store_read(s, &tx));
    const struct config *c;
    TRY(config_read(tx, &c));
    struct checker k = {.tx = tx, .c = c, .keep = a, .page = page, .findings = findings, .progress = progress, .state = state};
    error *e = check_all(&k);
    config_release(c);
    return e;
}
