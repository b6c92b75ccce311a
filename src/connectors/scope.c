/* The most specific statement decides. */
#include "connectors/scope.h"

#include "base/unicode.h"
#include "connectors/dn.h"

static void add_partition(arena *a, const struct partition *p, struct scope_containers *out) {
    bool narrowed = false;
    for (EACH(const struct container, c, &p->containers)) {
        if (!c->selected && !c->excluded) continue;
        narrowed |= c->selected;
        *LIST_ADD(a, out) = (struct scope_container){.id = c->id,
                                                     .partition = p->id,
                                                     .external_id = c->external_id,
                                                     .one_level = c->scope == SCOPE_ONE_LEVEL,
                                                     .excluded = c->excluded};
    }
    if (!narrowed) *LIST_ADD(a, out) = (struct scope_container){.partition = p->id, .external_id = p->external_id};
}

void scope_stated(arena *a, const struct connected_system *s, int32_t partition, struct scope_containers *out) {
    *out = (struct scope_containers){0};
    for (EACH(const struct partition, p, &s->partitions))
        if (p->selected && (!partition || partition == p->id)) add_partition(a, p, out);
}

/* Lies one statement in the subtree of the other? */
static bool lies_in(const struct connector_ops *ops, const struct scope_container *c, const struct scope_container *in) {
    struct scope_container subtree = {.external_id = in->external_id};
    return ops->is_within_container(c->external_id, &subtree);
}

static bool is_more_specific(const struct connector_ops *ops, const struct scope_container *c, const struct scope_container *than) {
    return lies_in(ops, c, than) && !lies_in(ops, than, c);
}

void scope_bases(arena *a, const struct connector_ops *ops, const struct scope_containers *stated, struct scope_containers *out) {
    *out = (struct scope_containers){0};
    for (EACH(const struct scope_container, c, stated)) {
        bool covered = c->excluded;
        for (EACH(const struct scope_container, other, stated))
            covered |= !other->excluded && !other->one_level && is_more_specific(ops, c, other);
        if (!covered) *LIST_ADD(a, out) = *c;
    }
}

/* Of those that hold the object the one with the longest way to the root; at one place an exclusion wins. */
bool scope_allows(const struct connector_ops *ops, const struct scope_containers *stated, text object_id,
                  const struct scope_container **by) {
    const struct scope_container *decides = NULL;
    bool unrestricted = !stated->count || text_is_empty(object_id) || !ops->is_within_container;
    for (size_t i = 0; !unrestricted && i < stated->count; i++) {
        const struct scope_container *c = &stated->at[i];
        if (!ops->is_within_container(object_id, c)) continue;
        bool same_place = decides && lies_in(ops, c, decides) && lies_in(ops, decides, c);
        if (!decides || (same_place ? c->excluded : lies_in(ops, c, decides))) decides = c;
    }
    if (by) *by = decides;
    return unrestricted || (decides && !decides->excluded);
}

text scope_key(arena *a, text external_id) {
    text key = dn_key(a, external_id);
    return text_is_null(key) ? text_fold(a, external_id) : key;
}
