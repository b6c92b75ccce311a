/* One typed value of an attribute, and the sets of values that objects carry. */
#ifndef JOINERY_MODEL_VALUE_H
#define JOINERY_MODEL_VALUE_H

#include "base/base.h"
#include "base/decimal.h"
#include "base/instant.h"
#include "base/uuid.h"
#include "model/enums.h"

/* 32 bytes; everything it points to is borrowed from the arena of the batch. */
struct value {
    enum data_type type;
    union {
        text text;              /* TYPE_TEXT; TYPE_BINARY: the bytes */
        int64_t integer;        /* TYPE_NUMBER, TYPE_LONG_NUMBER; TYPE_DATETIME: ticks; TYPE_BOOLEAN: 0 or 1 */
        const decimal *decimal; /* TYPE_DECIMAL */
        uuid guid;              /* TYPE_GUID */
        struct {
            text raw;       /* connector space: the source's text, kept after resolution; metaverse: null */
            int64_t target; /* id of the CSO (connector space) or MVO (metaverse) it points to; 0 while unresolved */
        } reference;        /* TYPE_REFERENCE */
    };
};

/* More references than that in one attribute are stored member by member, and their changes travel as differences. */
enum { LARGE_MEMBERS = 1000 };

/* All values of one attribute of one object, in stored order (the order of insertion, sync-engine §2.1). */
struct values {
    int32_t attribute; /* id of the connected system's or metaverse attribute */
    int32_t mapping;   /* metaverse: id of the contributing mapping (invariant 19); 0 when nobody contributed */
    bool null_marker;  /* metaverse: an asserted NullValue; then count is 0 (invariant 17) */
    bool partial; /* of a large set only those values are at hand, maybe none, that may have changed: there are more, which stay */
    struct value *at;
    size_t count, room;
    struct value_set *index; /* of values_add for large sets; set to NULL after changing values in place */
};

/* An object's attributes, ascending by attribute id; an attribute without values (and marker) is not listed. */
struct attributes LIST(struct values);

/* Equality of sync-engine §2.1. References are equal when they name the same target, or, while either is unresolved, the same raw
 * text. */
bool value_equal(const struct value *a, const struct value *b);
/* Total order within one type: numeric, by instant, bytewise for text; false < true. */
int value_compare(const struct value *a, const struct value *b);
/* Text without regard to case (folded), everything else as value_equal: for matching rules and external ids (CaseSensitive=false).
 */
bool value_equal_any_case(const struct value *a, const struct value *b);
/* Canonical text (expressions §4.1): what exports, snapshots and the API show. Text and raw references are borrowed, others printed
 * into a. */
text value_text(arena *a, const struct value *v);
/* Reads the canonical forms of connectors §4 (invariant culture); false when the text is no such value. Booleans also accept 1 and
 * 0. */
bool value_read(arena *a, enum data_type type, text t, struct value *out);
/* A deep copy into another arena. */
struct value value_copy(arena *a, const struct value *v);
/* The folded key of an index row or look-up: type-independent text form, folded, cut at 200 bytes with a hash suffix (architecture
 * §4). Equal values (any case) have equal keys; different values may share one only for text that folds alike. */
text value_key(arena *a, const struct value *v);

/* The values of an attribute, or NULL. */
struct values *attributes_find(const struct attributes *list, int32_t attribute);
/* The first value in stored order, or NULL. */
const struct value *attributes_first(const struct attributes *list, int32_t attribute);
/* The entry for an attribute, inserted in its place when missing. */
struct values *attributes_ensure(arena *a, struct attributes *list, int32_t attribute);
/* Drops an attribute from the list. */
void attributes_remove(struct attributes *list, int32_t attribute);
struct attributes attributes_copy(arena *a, const struct attributes *list);
/* Adds a value unless the set holds an equal one; true when added. Linear for small sets; beyond 64 values an index is built once
 * and kept with the set, so that n additions cost O(n). */
bool values_add(arena *a, struct values *set, struct value v);
bool values_contain(const struct values *set, const struct value *v);
bool values_remove(struct values *set, const struct value *v);
/* Set equality regardless of order; O(n) also for very large sets. */
bool values_same(const struct values *a, const struct values *b);
/* What `after` has and `before` lacks, and the reverse; either may be NULL (empty). O(n). */
struct value_diff {
    struct values added, removed;
};
void values_diff(arena *a, const struct values *before, const struct values *after, struct value_diff *out);

/* A hash index over values for sets of any size: O(1) membership. */
struct value_set {
    const struct value **slots;
    size_t room, count;
};
void value_set_init(struct value_set *set, arena *a, size_t expected);
/* False when an equal value was there already. */
bool value_set_add(struct value_set *set, arena *a, const struct value *v);
bool value_set_has(const struct value_set *set, const struct value *v);

#endif
