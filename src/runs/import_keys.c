/* What the connector space knows by external id: all of it before everything is imported; of a delta only what it asks for, so that
 * it costs no more than it delivers. */
#include "runs/import_batch.h"

/* A look-up costs as much as so many keys that are read in order; a few are looked up whatever there is. */
enum { KEYS_A_LOOK_UP = 8, FEW = 1000 };

/* A few keys wait until the memory has brought their places. */
static void settle(struct import *im) {
    for (size_t i = 0; i < im->arriving_count; i++) {
        if (im->looked_up && import_table_find(&im->table, im->arriving[i].key)) continue;
        struct import_slot *s = import_table_add(&im->table, im->arriving[i].key);
        *s = im->arriving[i];
    }
    im->arriving_count = 0;
}

static void remember(void *state, const struct cso_key *k) {
    struct import *im = state;
    if (text_is_null(k->key)) return;
    if (im->arriving_count == ARRIVING) settle(im);
    struct import_slot *s = &im->arriving[im->arriving_count++];
    *s = (struct import_slot){.cso = k->id,
                              .type = k->type,
                              .partition = (uint32_t)k->partition & 0xffffff,
                              .status = k->status & 3,
                              .awaiting = k->awaiting};
    import_key(k->type, k->key, s->key);
    memcpy(s->import_hash, k->import_hash, sizeof s->import_hash);
    import_table_fetch(&im->table, s->key);
}

static FALLIBLE load_all(struct import *im) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(im->r->store, &tx));
    TRY(store_each_cso_key(tx, im->r->system->id, remember, im));
    settle(im);
    return NULL;
}

FALLIBLE import_keys_begin(struct import *im) {
    struct system_counts counts;
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_read(im->r->store, &tx));
        TRY(store_system_counts(tx, im->r->system->id, &counts));
    }
    im->had_objects = counts.objects > 0;
    im->objects = counts.objects;
    im->partly = im->had_objects && im->r->profile->type == RUN_DELTA_IMPORT;
    import_table_init(&im->table, im->partly ? 0 : (size_t)counts.objects);
    return im->partly ? NULL : load_all(im);
}

FALLIBLE import_keys_ask(struct import *im, arena *a, const struct incoming *in, size_t count) {
    if (!im->partly) return NULL;
    text *keys = ARENA_ARRAY(a, text, count);
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++)
        if (!text_is_null(in[i].folded) && !import_table_find(&im->table, in[i].key)) keys[wanted++] = in[i].folded;
    im->looked_up += (int64_t)wanted;
    if (im->looked_up > FEW + im->objects / KEYS_A_LOOK_UP) { /* the rest at once */
        TRY(load_all(im));
        im->partly = false;
        return NULL;
    }
    OWNED(store_tx) tx = NULL;
    TRY(store_read(im->r->store, &tx));
    TRY(store_cso_keys_of(tx, a, im->r->system->id, keys, wanted, remember, im));
    settle(im);
    return NULL;
}
