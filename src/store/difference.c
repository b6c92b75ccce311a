/* The difference of old and new objects, as rows to add and to remove, written in the order of their keys. */
#include "store/objects.h"

#include <stdlib.h>

typedef int compare_rows(const void *x, const void *y);

static int by_index(const void *x, const void *y) {
    const struct index_row *a = x, *b = y;
    if (a->attribute != b->attribute) return a->attribute < b->attribute ? -1 : 1;
    if (a->owner != b->owner) return a->owner < b->owner ? -1 : 1;
    int order = text_compare(a->key, b->key);
    if (order) return order;
    if (a->object != b->object) return a->object < b->object ? -1 : 1;
    return text_compare(a->raw, b->raw);
}

/* The order of cs_ref. */
static int by_reference(const void *x, const void *y) {
    const struct index_row *a = x, *b = y;
    if (a->owner != b->owner) return a->owner < b->owner ? -1 : 1;
    int order = text_compare(a->key, b->key);
    if (order) return order;
    if (a->attribute != b->attribute) return a->attribute < b->attribute ? -1 : 1;
    return (a->object > b->object) - (a->object < b->object);
}

/* The order of mv_ref. */
static int by_target(const void *x, const void *y) {
    const struct member_row *a = x, *b = y;
    if (a->target != b->target) return a->target < b->target ? -1 : 1;
    if (a->attribute != b->attribute) return a->attribute < b->attribute ? -1 : 1;
    return (a->object > b->object) - (a->object < b->object);
}

static int by_member(const void *x, const void *y) {
    const struct member_row *a = x, *b = y;
    if (a->object != b->object) return a->object < b->object ? -1 : 1;
    if (a->attribute != b->attribute) return a->attribute < b->attribute ? -1 : 1;
    int order = text_compare(a->raw, b->raw);
    return order ? order : (a->target > b->target) - (a->target < b->target);
}

static int by_blob(const void *x, const void *y) {
    const struct blob_row *a = x, *b = y;
    if (a->object != b->object) return a->object < b->object ? -1 : 1;
    return memcmp(a->hash, b->hash, sizeof a->hash);
}

/* Adds to `out` what `of` has and `without` lacks; both are sorted. */
#define EXCEPT(a, of, without, compare, out)                                                                                       \
    do {                                                                                                                           \
        size_t other_ = 0;                                                                                                         \
        for (size_t i_ = 0; i_ < (of)->count; i_++) {                                                                              \
            while (other_ < (without)->count && compare(&(without)->at[other_], &(of)->at[i_]) < 0) other_++;                      \
            if (other_ < (without)->count && compare(&(without)->at[other_], &(of)->at[i_]) == 0) continue;                        \
            *LIST_ADD((a), (out)) = (of)->at[i_];                                                                                  \
        }                                                                                                                          \
    } while (0)

#define SORT(list, compare)                                                                                                        \
    do {                                                                                                                           \
        if ((list)->count > 1) qsort((list)->at, (list)->count, sizeof *(list)->at, compare);                                      \
    } while (0)

static void compare_index(arena *a, struct index_rows *before, struct index_rows *after, compare_rows *order,
                          struct index_rows *removed, struct index_rows *added) {
    SORT(before, order);
    SORT(after, order);
    EXCEPT(a, before, after, order, removed);
    EXCEPT(a, after, before, order, added);
}

/* A set that moves back into the document is dropped whole; of one that stays only the difference is written. */
static void compare_members(struct difference *d, struct member_rows *before, struct member_rows *after,
                            const struct attributes *document) {
    if (!before->count && !after->count) return;
    struct member_rows kept = {0};
    for (size_t i = 0, next; i < before->count; i = next) {
        int32_t attribute = before->at[i].attribute;
        const struct values *now = attributes_find(document, attribute);
        bool stays = now && is_member_mark(d->kind, now);
        if (!stays) *LIST_ADD(d->a, &d->members_dropped) = before->at[i];
        for (next = i; next < before->count && before->at[next].attribute == attribute; next++)
            if (stays) *LIST_ADD(d->a, &kept) = before->at[next];
    }
    /* the new members in the order of insertion, the removed ones in any */
    struct member_rows sorted = {0}, added = {0};
    for (EACH(const struct member_row, m, after)) {
        struct member_row *copy = LIST_ADD(d->a, &sorted);
        *copy = *m;
        copy->pos = m - after->at;
    }
    SORT(&kept, by_member);
    SORT(&sorted, by_member);
    EXCEPT(d->a, &kept, &sorted, by_member, &d->members_removed);
    EXCEPT(d->a, &sorted, &kept, by_member, &added);
    for (EACH(const struct member_row, m, &added)) *LIST_ADD(d->a, &d->members_added) = *m;
}

static void compare_blobs(struct difference *d, struct blob_rows *before, struct blob_rows *after) {
    SORT(before, by_blob);
    SORT(after, by_blob);
    EXCEPT(d->a, before, after, by_blob, &d->blobs_removed);
    EXCEPT(d->a, after, before, by_blob, &d->blobs_added);
}

struct attributes difference_cso(struct difference *d, const struct config *c, const struct cso *before, const struct cso *after) {
    struct index_rows ix[2] = {0}, refs[2] = {0};
    struct large_values large[2] = {0};
    struct attributes document = {0};
    if (before) {
        cso_index_rows(d->a, c, before, &ix[0], &refs[0]);
        without_large(d->a, d->kind, before->id, &before->values, &large[0]);
    }
    if (after) {
        cso_index_rows(d->a, c, after, &ix[1], &refs[1]);
        document = without_large(d->a, d->kind, after->id, &after->values, &large[1]);
    }
    /* how the target of a reference was found does not matter here */
    for (int i = 0; i < 2; i++)
        for (EACH(struct member_row, m, &large[i].members)) m->target = 0;
    compare_index(d->a, &ix[0], &ix[1], by_index, &d->ix_removed, &d->ix_added);
    compare_index(d->a, &refs[0], &refs[1], by_reference, &d->refs_removed, &d->refs_added);
    compare_members(d, &large[0].members, &large[1].members, &document);
    compare_blobs(d, &large[0].blobs, &large[1].blobs);
    return document;
}

struct attributes difference_mvo(struct difference *d, const struct config *c, const struct mvo *before, const struct mvo *after) {
    struct index_rows ix[2] = {0};
    struct member_rows refs[2] = {0};
    struct large_values large[2] = {0};
    struct attributes document = {0};
    if (before) {
        mvo_index_rows(d->a, c, before, &ix[0], &refs[0]);
        without_large(d->a, d->kind, before->id, &before->values, &large[0]);
    }
    if (after) {
        mvo_index_rows(d->a, c, after, &ix[1], &refs[1]);
        document = without_large(d->a, d->kind, after->id, &after->values, &large[1]);
    }
    compare_index(d->a, &ix[0], &ix[1], by_index, &d->ix_removed, &d->ix_added);
    EXCEPT(d->a, &refs[0], &refs[1], by_target, &d->mv_refs_removed);
    EXCEPT(d->a, &refs[1], &refs[0], by_target, &d->mv_refs_added);
    compare_members(d, &large[0].members, &large[1].members, &document);
    compare_blobs(d, &large[0].blobs, &large[1].blobs);
    return document;
}

static FALLIBLE write_members(store_tx *tx, struct difference *d) {
    bool cs = d->kind == BLOB_CSO;
    for (EACH(const struct member_row, m, &d->members_dropped)) {
        if (cs)
            TRY(q_cs_members_drop(tx, &(struct q_cs_members_drop_in){m->object, m->attribute}, 1));
        else
            TRY(q_mv_members_drop(tx, &(struct q_mv_members_drop_in){m->object, m->attribute}, 1));
    }
    if (d->members_added.count) {
        /* later members stand behind earlier ones: the sequence never goes back */
        int64_t first, most = 0;
        for (EACH(const struct member_row, m, &d->members_added))
            if (m->pos > most) most = m->pos;
        TRY(member_positions(tx, most + 1, &first));
        for (EACH(struct member_row, m, &d->members_added)) m->pos += first;
    }
    SORT(&d->members_removed, by_member);
    SORT(&d->members_added, by_member);
    if (cs) {
        TRY(q_cs_member_delete(tx, d->members_removed.at, d->members_removed.count));
        return q_cs_member_add(tx, d->members_added.at, d->members_added.count);
    }
    TRY(q_mv_member_delete(tx, d->members_removed.at, d->members_removed.count));
    return q_mv_member_add(tx, d->members_added.at, d->members_added.count);
}

static FALLIBLE write_blobs(store_tx *tx, struct difference *d) {
    TRY(q_blob_add(tx, d->blobs_added.at, d->blobs_added.count));
    TRY(q_blob_use_add(tx, d->blobs_added.at, d->blobs_added.count));
    TRY(q_blob_use_delete(tx, d->blobs_removed.at, d->blobs_removed.count));
    return q_blob_drop(tx, d->blobs_removed.at, d->blobs_removed.count);
}

FALLIBLE difference_write(store_tx *tx, struct difference *d) {
    SORT(&d->ix_removed, by_index);
    SORT(&d->ix_added, by_index);
    SORT(&d->refs_removed, by_reference);
    SORT(&d->refs_added, by_reference);
    SORT(&d->mv_refs_removed, by_target);
    SORT(&d->mv_refs_added, by_target);
    if (d->kind == BLOB_CSO) {
        TRY(q_cs_ix_delete(tx, d->ix_removed.at, d->ix_removed.count));
        TRY(q_cs_ix_add(tx, d->ix_added.at, d->ix_added.count));
        TRY(q_cs_ref_delete(tx, d->refs_removed.at, d->refs_removed.count));
        TRY(q_cs_ref_add(tx, d->refs_added.at, d->refs_added.count));
    } else {
        TRY(q_mv_ix_delete_recent(tx, d->ix_removed.at, d->ix_removed.count));
        TRY(q_mv_ix_delete_settled(tx, d->ix_removed.at, d->ix_removed.count));
        TRY(mv_index_add(tx, &d->ix_added));
        TRY(q_mv_ref_delete(tx, d->mv_refs_removed.at, d->mv_refs_removed.count));
        TRY(q_mv_ref_add(tx, d->mv_refs_added.at, d->mv_refs_added.count));
    }
    TRY(write_members(tx, d));
    return write_blobs(tx, d);
}
