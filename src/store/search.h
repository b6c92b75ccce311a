/* What the store offers to searches: walks over index rows, ids of objects and of those that refer to them, documents with the
 * attributes that are asked for, and the rows of lookup tables. */
#ifndef JOINERY_STORE_SEARCH_H
#define JOINERY_STORE_SEARCH_H

#include "store/store.h"

/* ---- Index rows ---- */

/* The key of an index row: order-preserving for numbers, decimals and times ("c42", "b1.5"), the folded text for all others, cut at
 * 200 bytes with a hash behind. */
text index_key(arena *a, const struct value *v);
/* A key that is longer than this may be cut; only so many bytes of it are surely the beginning of the folded value. */
enum { INDEX_KEY_HEAD = 180 };
/* What stands beside the key when that is not the value's text: "=" and the text, "?" and the text where the key may be cut, or "?"
 * alone: only the document knows. */
text index_raw(arena *a, const struct value *v, text key);
/* The number or ticks of the key of a Number, LongNumber or DateTime; the decimal of any number. False when it is none. */
bool index_key_number(text key, int64_t *out);
bool index_key_decimal(text key, decimal *out);

struct index_hit {
    text key, raw; /* borrowed until the next one */
    int64_t object;
};
struct index_span {
    bool metaverse;
    int32_t attribute;
    int32_t type;   /* metaverse */
    text low, high; /* keys from low up to before high; null: open */
    int64_t after;  /* of the rows whose key is `low` only those of objects behind this one; 0: all */
    text part;      /* only keys that hold this, or may be cut; null: all */
    bool descending;
};
/* A walk in the order of key and object. Only one may be open in a session. */
typedef struct index_walk index_walk;
FALLIBLE index_walk_open(store_tx *tx, const struct index_span *span, index_walk **out);
/* False at the end, or when it fails: then index_walk_end tells why. */
bool index_walk_next(index_walk *w, struct index_hit *out);
FALLIBLE index_walk_end(index_walk *w);
void index_walk_close(index_walk *w);
OWNED_TYPE(index_walk, index_walk_close)

/* ---- Objects ---- */
struct object_page {
    bool metaverse;
    int32_t type; /* of the metaverse, or of a connected system */
    int64_t after, limit, offset;
};
/* Ids in their order. */
FALLIBLE search_object_ids(store_tx *tx, arena *a, const struct object_page *page, struct int64s *out);
/* Metaverse objects are of all tenants. `only` false: nothing but those of this tenant exist; else `of` are those of the tenant,
 * or, for the first one, `but` those that are not. */
struct tenant_objects {
    bool only;
    struct int64s of, but;
};
FALLIBLE search_tenant_objects(store_tx *tx, arena *a, int32_t tenant, int32_t type, struct tenant_objects *out);
/* Whether any object is of another tenant than the first one. */
FALLIBLE search_has_tenants(store_tx *tx, bool *any);
/* How many there are of a type. */
FALLIBLE search_object_count(store_tx *tx, bool metaverse, int32_t type, int64_t *count);
/* Those of the ids that are of the type. */
FALLIBLE search_ids_of_type(store_tx *tx, arena *a, bool metaverse, int32_t type, const struct int64s *ids, struct int64s *out);

/* The attributes that are asked for, ascending by their ids, with large values; references of connected objects with their targets.
 */
struct search_object {
    int64_t id;
    struct attributes values;
};
struct search_objects LIST(struct search_object);
/* Of those that exist, in the order of the ids. wanted: ascending. */
FALLIBLE search_objects(store_tx *tx, arena *a, const struct config *c, bool metaverse, const struct int64s *ids,
                        const struct int32s *wanted, struct search_objects *out);

/* From objects to others; unsorted, with repetitions. */
FALLIBLE search_connectors(store_tx *tx, arena *a, const struct int64s *mvos, struct int64s *csos);
FALLIBLE search_joined(store_tx *tx, arena *a, const struct int64s *csos, struct int64s *mvos);
/* Metaverse objects whose attribute names one of these. */
FALLIBLE search_referring(store_tx *tx, arena *a, int32_t attribute, const struct int64s *targets, struct int64s *out);
/* Connected objects whose attribute may name one of these: by the text of its ids; how it resolves is not asked. */
FALLIBLE search_cso_referring(store_tx *tx, arena *a, int32_t attribute, const struct int64s *targets, struct int64s *out);
/* Calls back with every metaverse object that has a value of the reference, in no order, perhaps repeatedly. */
FALLIBLE search_each_with_reference(store_tx *tx, int32_t attribute, void (*visit)(void *state, int64_t id), void *state);

/* ---- Lookup tables ---- */
struct lookup_entry {
    int32_t pool;
    int64_t id; /* from 1 */
    text doc;   /* an object of JSON */
};
struct lookup_entries LIST(struct lookup_entry);
FALLIBLE store_replace_lookup(store_tx *tx, int32_t pool, const struct lookup_entries *rows);
/* The next ones by id. */
FALLIBLE store_lookup_page(store_tx *tx, arena *a, int32_t pool, int64_t after, int64_t limit, struct lookup_entries *out);
/* Those of the ids that exist. */
FALLIBLE store_lookup_rows(store_tx *tx, arena *a, int32_t pool, const struct int64s *ids, struct lookup_entries *out);
FALLIBLE store_lookup_count(store_tx *tx, int32_t pool, int64_t *count);

#endif
