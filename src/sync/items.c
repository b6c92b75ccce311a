/* What a run tells about each object: its item, the tree of outcomes, the error (sync-engine §11.8, §12.2, §13.6, §22). */
#include "sync/batch.h"

#include "model/document.h"

static struct work_item *add_item(struct sync_batch *b, const struct work_cso *c, enum object_change change) {
    struct work_item *w = ARENA_NEW(b->a, struct work_item);
    const struct cso *o = c->before && !c->now.has_values ? c->before : &c->now;
    w->item = (struct run_item){.id = batch_fresh_id(&b->ids->item),
                                .change = change,
                                .cso = c->now.id,
                                .external_id = o->external_id,
                                .display_name = cso_display_name(b->a, b->plan->config, o),
                                .object_type = c->type ? c->type->config->name : (text){0}};
    *LIST_ADD(b->a, &b->items) = w;
    return w;
}

struct work_item *item_new(struct sync_batch *b, const struct work_cso *c, enum object_change change) {
    return add_item(b, c, change);
}

/* The node after which the next root, or the next child of `parent`, goes. */
static void append(struct outcome_node **at, struct outcome_node *node) {
    while (*at) at = &(*at)->next;
    *at = node;
}

/* Where an earlier item goes on: its AttributeFlow, else its root. */
static struct outcome_node *find_anchor(struct outcome_node *roots) {
    for (struct outcome_node *root = roots; root; root = root->next) {
        if (root->type == OUTCOME_ATTRIBUTE_FLOW) return root;
        for (struct outcome_node *child = root->children; child; child = child->next) {
            if (child->type == OUTCOME_ATTRIBUTE_FLOW) return child;
        }
    }
    return roots;
}

struct work_item *item_of(struct sync_batch *b, struct work_cso *c) {
    if (c->item) return c->item;
    if (!c->earlier) return c->item = add_item(b, c, OBJECT_NOT_SET);
    c->item = ARENA_NEW(b->a, struct work_item);
    *LIST_ADD(b->a, &b->items) = c->item;
    c->item->item = *c->earlier;
    c->item->again = true;
    c->item->anchor = find_anchor(c->earlier->outcomes);
    return c->item;
}

void item_error(struct work_item *w, enum item_error kind, text message) {
    if (w->item.error != ITEM_NO_ERROR) return;
    w->item.error = kind;
    w->item.error_message = message;
}

void item_fail(struct sync_batch *b, struct work_cso *c, enum item_error kind, text message) {
    item_error(item_of(b, c), kind, message);
    c->failed = true;
}

struct outcome_node *item_node(struct sync_batch *b, struct work_item *w, struct outcome_node *parent, enum outcome type) {
    if (b->run->tracking == TRACK_NONE) return NULL;
    struct outcome_node *node = ARENA_NEW(b->a, struct outcome_node);
    *node = (struct outcome_node){.type = type, .count = -1};
    append(parent && b->run->tracking == TRACK_DETAILED ? &parent->children : &w->item.outcomes, node);
    return node;
}

void item_cause(struct sync_batch *b, struct work_item *w, struct cause cause) {
    struct cause *all = ARENA_ARRAY(b->a, struct cause, w->item.cause_count + 1);
    if (w->item.cause_count) memcpy(all, w->item.causes, w->item.cause_count * sizeof *all);
    all[w->item.cause_count++] = cause;
    w->item.causes = all;
}

/* ---- The page's objects ---- */

static void name_rule(struct sync_batch *b, struct outcome_node *node, int32_t rule) {
    const struct sync_rule *config = rule ? config_rule(b->plan->config, rule) : NULL;
    if (!node || !config) return;
    node->rule = config->id;
    node->rule_name = config->name;
}

static void name_mvo(struct sync_batch *b, struct outcome_node *node, const struct work_mvo *m) {
    if (!node || !m) return;
    node->target = m->now.id;
    node->target_is_mvo = true;
    node->target_description = mvo_display_name(b->a, b->plan->config, m->before && !m->now.values.count ? m->before : &m->now);
}

static struct outcome_node *counted(struct sync_batch *b, struct work_item *w, struct outcome_node *parent, enum outcome type,
                                    int32_t count) {
    struct outcome_node *node = item_node(b, w, parent, type);
    if (node) node->count = count;
    return node;
}

static void tell_attributes(struct sync_batch *b, struct work_item *w, struct outcome_node *parent, const struct tally *t) {
    if (b->run->tracking != TRACK_DETAILED) return;
    if (t->asserted_null) counted(b, w, parent, OUTCOME_ASSERTED_NULL, t->asserted_null);
    if (t->no_contributor) counted(b, w, parent, OUTCOME_NO_CONTRIBUTOR, t->no_contributor);
}

/* Adds to the AttributeFlow node that an earlier pass of this run told. */
static bool tell_more_flows(struct work_item *w, const struct tally *t) {
    if (!w->anchor || w->anchor->type != OUTCOME_ATTRIBUTE_FLOW) return false;
    w->anchor->count += t->flows;
    return true;
}

static void tell_flow(struct sync_batch *b, struct work_cso *c, struct work_item *w, struct outcome_node *root) {
    const struct tally *t = &c->tally;
    w->item.attribute_flows += t->flows;
    if ((t->flows || t->asserted_null) && !tell_more_flows(w, t)) {
        struct outcome_node *flow = counted(b, w, root, OUTCOME_ATTRIBUTE_FLOW, t->flows);
        w->anchor = flow;
        if (!root) name_mvo(b, flow, c->mvo);
    }
    tell_attributes(b, w, root ? root : w->anchor, t);
}

static void tell_entry(struct sync_batch *b, struct work_cso *c, bool projected) {
    struct work_item *w = item_of(b, c);
    w->item.change = projected ? OBJECT_PROJECTED : OBJECT_JOINED;
    struct outcome_node *root = item_node(b, w, NULL, projected ? OUTCOME_PROJECTED : OUTCOME_JOINED);
    name_rule(b, root, c->rule);
    name_mvo(b, root, c->mvo);
    w->anchor = root;
    tell_flow(b, c, w, root);
}

static void tell_leaving(struct sync_batch *b, struct work_cso *c) {
    struct work_item *w = item_of(b, c);
    bool gone = c->event == EVENT_DISCONNECTED;
    w->item.change = gone ? OBJECT_DISCONNECTED : OBJECT_DISCONNECTED_OUT_OF_SCOPE;
    struct outcome_node *root = item_node(b, w, NULL, gone ? OUTCOME_DISCONNECTED : OUTCOME_DISCONNECTED_OUT_OF_SCOPE);
    name_rule(b, root, c->rule);
    name_mvo(b, root, c->left);
    w->anchor = root;
    tell_flow(b, c, w, root);
    if (gone) item_node(b, w, root, OUTCOME_CSO_DELETED);
    bool saved = c->fate == FATE_DELETED ? !c->left->doomed : !c->left->now.deletion.disconnected.ticks;
    if (c->fate == FATE_NOT_DELETED || saved) return;
    struct outcome_node *end =
        item_node(b, w, root, c->fate == FATE_DELETED ? OUTCOME_MVO_DELETED : OUTCOME_MVO_DELETION_SCHEDULED);
    name_mvo(b, end, c->left);
    if (end) end->message = c->fate_message;
    if (c->fate == FATE_DELETED && c->left->leaver == c) {
        w->anchor = end;
        c->left->carrier = w;
    }
}

static void tell_unchanged(struct sync_batch *b, struct work_cso *c) {
    if (!b->run->verbose || !c->handled || c->failed || !c->mvo) return;
    struct work_item *w = item_of(b, c);
    w->item.change = OBJECT_NO_CHANGE;
    w->item.no_change = NO_CHANGE_MVO;
}

static void tell(struct sync_batch *b, struct work_cso *c) {
    switch (c->event) {
    case EVENT_PROJECTED:
    case EVENT_JOINED:
        tell_entry(b, c, c->event == EVENT_PROJECTED);
        return;
    case EVENT_DISCONNECTED:
    case EVENT_OUT_OF_SCOPE:
        tell_leaving(b, c);
        return;
    case EVENT_RETAINED:
        item_of(b, c)->item.change = OBJECT_OUT_OF_SCOPE_RETAIN_JOIN;
        return;
    case EVENT_ENDED:
        item_of(b, c)->item.change = OBJECT_DELETED;
        item_node(b, c->item, NULL, OUTCOME_CSO_DELETED);
        return;
    case EVENT_NONE:
        break;
    }
    if (c->tally.flows || c->tally.asserted_null) {
        struct work_item *w = item_of(b, c);
        if (w->item.change == OBJECT_NOT_SET || w->item.change == OBJECT_NO_CHANGE) w->item.change = OBJECT_ATTRIBUTE_FLOW;
        struct outcome_node *entry = w->again && w->anchor && w->anchor->type != OUTCOME_ATTRIBUTE_FLOW ? w->anchor : NULL;
        tell_flow(b, c, w, entry);
    } else {
        tell_unchanged(b, c);
    }
}

void items_of_page(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count; i++) tell(b, b->page.at[i]);
}
