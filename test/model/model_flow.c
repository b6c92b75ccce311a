/* What flows inbound (section 11). */
#include "model.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct rule *rule_of_map(struct model *m, int map, struct map **out) {
    for (int i = 0; i < m->plan->rules && map; i++)
        for (int k = 0; k < MAPS; k++) {
            struct rule *r = &m->plan->rule[i];
            if (!r->on || !r->maps[k].on || r->maps[k].id != map) continue;
            if (out) *out = &r->maps[k];
            return r;
        }
    return NULL;
}

static bool live(const struct map *k) { return k->on && !k->gone && k->enabled; }

bool flows(const struct model *m, const struct rule *r, const struct scso *o) {
    return r->on && r->import && r->enabled && r->system == o->system && r->type == o->type && cso_in_scope(m, r, o);
}

/* ---- What a mapping contributes ---- */

static bool blank(const char *t) { return t[strspn(t, " ")] == '\0'; }

/* Section 11.3, for words of ASCII. */
static const char *processed(const struct map *k, const char *word) {
    char out[128];
    size_t n = 0, length = strlen(word), from = 0;
    bool trim = k->processing & 1u << PROCESS_TRIM, collapse = k->processing & 1u << PROCESS_COLLAPSE;
    while (trim && length && word[length - 1] == ' ') length--;
    while (trim && from < length && word[from] == ' ') from++;
    for (; from < length; from++) {
        if (collapse && word[from] == ' ' && n && out[n - 1] == ' ') continue;
        char c = word[from];
        if (k->casing == CASE_UPPER) c = (char)toupper(c);
        if (k->casing == CASE_LOWER) c = (char)tolower(c);
        out[n++] = c;
    }
    return intern(out, n);
}

static const char *formula_result(const struct map *k, const char *input) {
    char out[128];
    int n = 0;
    if (k->formula == 1 && !input) return NULL;
    if (k->formula == 1)
        for (; input[n]; n++) out[n] = (char)toupper(input[n]);
    if (k->formula == 2) n = snprintf(out, sizeof out, "<%s>", input ? input : "");
    if (k->formula == 3) n = snprintf(out, sizeof out, "%s", input ? input : "none");
    return intern(out, (size_t)n);
}

static void take_references(struct model *m, const struct set *from, struct set *out, bool *held) {
    for (int i = 0; i < from->n; i++) {
        const struct scso *target = cso_by_id(m, from->at[i].ref);
        if (!target || target->status == CSO_OBSOLETE) continue; /* what is on its way out is nobody, and holds nothing back */
        if (!target->mvo) *held = true;
        if (target->mvo) add_item(out, (struct item){NULL, target->mvo});
    }
}

static enum flow by_formula(const struct map *k, const struct set *from, struct set *raw, enum item_error *error) {
    const char *input = first_word(from);
    if (!input && k->missing == MISSING_CONTRIBUTE_NO_VALUE) return FLOW_NOTHING;
    if (!input && (k->missing == MISSING_FAIL_MAPPING || k->missing == MISSING_FAIL_OBJECT)) {
        *error = ITEM_EXPRESSION_MISSING_INPUT;
        return k->missing == MISSING_FAIL_OBJECT ? FLOW_FAIL : FLOW_SKIP;
    }
    const char *result = formula_result(k, input);
    if (result) add_item(raw, (struct item){result, 0});
    return FLOW_VALUES;
}

enum flow contribution(struct model *m, const struct map *k, const struct scso *o, struct set *out, enum item_error *error,
                       bool *held) {
    struct set raw = {0};
    out->n = 0;
    if (k->formula) {
        enum flow f = by_formula(k, &o->v[k->source], &raw, error);
        if (f != FLOW_VALUES) return f;
    } else if (is_reference(k->target)) {
        take_references(m, &o->v[k->source], out, held);
    } else {
        raw = o->v[k->source];
    }
    for (int i = 0; i < raw.n; i++) {
        bool words = kinds[k->target].type == TYPE_TEXT;
        const char *word = words ? processed(k, raw.at[i].word) : raw.at[i].word;
        if (words && k->processing & 1u << PROCESS_WHITESPACE_AS_NO_VALUE && blank(word)) continue;
        add_item(out, (struct item){word, 0});
    }
    if (!is_multi(k->target) && out->n > 1) {
        *error = ITEM_MULTI_TO_SINGLE;
        return FLOW_SKIP;
    }
    return out->n ? FLOW_VALUES : FLOW_NOTHING;
}

bool flow_fails(struct model *m, const struct scso *o, enum item_error *error) {
    struct set v;
    bool held = false;
    for (int i = 0; i < m->plan->rules; i++)
        for (int k = 0; k < MAPS; k++) {
            const struct rule *r = &m->plan->rule[i];
            if (!flows(m, r, o) || !live(&r->maps[k])) continue;
            if (contribution(m, &r->maps[k], o, &v, error, &held) == FLOW_FAIL) return true;
        }
    *error = ITEM_NO_ERROR;
    return false;
}

/* ---- Who may contribute ---- */

struct ranked {
    int n;
    struct {
        const struct rule *rule;
        const struct map *map;
    } at[RULES * MAPS];
};

static void contributors(struct model *m, int mv_type, int attr, struct ranked *out) {
    out->n = 0;
    for (int i = 0; i < m->plan->rules; i++)
        for (int k = 0; k < MAPS; k++) {
            const struct rule *r = &m->plan->rule[i];
            const struct map *map = &r->maps[k];
            if (!r->on || !r->import || !r->enabled || r->mv_type != mv_type || !live(map) || map->target != attr) continue;
            int at = out->n++;
            for (; at && (out->at[at - 1].map->priority > map->priority ||
                          (out->at[at - 1].map->priority == map->priority && out->at[at - 1].map->id > map->id));
                 at--)
                out->at[at] = out->at[at - 1];
            out->at[at].rule = r;
            out->at[at].map = map;
        }
}

static int rank_of(const struct ranked *list, int map) {
    for (int i = 0; i < list->n; i++)
        if (list->at[i].map->id == map) return i;
    return -1;
}

/* The object through which a rule contributes to the MVO now, or NULL: RuleNotApplicable. */
static struct scso *speaker(struct model *m, const struct rule *r, const struct smvo *o, int leaving) {
    struct scso *x = connector_in(m, o->id, r->system);
    if (!x || x->id == leaving || x->status != CSO_NORMAL || !flows(m, r, x)) return NULL;
    return x;
}

/* What the mapping had brought there before the page began keeps its place. */
static void put_values(struct model *m, struct smvo *o, int attr, const struct set *v, int map) {
    const struct smvo *as = before_of(m, o->id);
    struct set merged = {0};
    for (int i = 0; as && as->by[attr] == map && i < as->v[attr].n; i++)
        if (has_item(v, as->v[attr].at[i])) add_item(&merged, as->v[attr].at[i]);
    for (int i = 0; i < v->n; i++) add_item(&merged, v->at[i]);
    o->v[attr] = merged;
    o->null[attr] = false;
    o->by[attr] = map;
}

static void put_null(struct smvo *o, int attr, int map) {
    o->v[attr].n = 0;
    o->null[attr] = true;
    o->by[attr] = map;
}

void elect_again(struct model *m, struct smvo *o, int attr, int leaving) {
    struct ranked list;
    contributors(m, o->type, attr, &list);
    for (int i = 0; i < list.n; i++) {
        const struct map *k = list.at[i].map;
        const struct scso *x = speaker(m, list.at[i].rule, o, leaving);
        enum item_error error = ITEM_NO_ERROR;
        bool held = false;
        struct set v;
        if (!x) continue;
        enum flow f = contribution(m, k, x, &v, &error, &held);
        if (f == FLOW_VALUES)
            put_values(m, o, attr, &v, k->id);
        else if (f == FLOW_NOTHING && k->null_is_value && !held)
            put_null(o, attr, k->id);
        else
            continue;
        return;
    }
    o->v[attr].n = 0;
    o->null[attr] = false;
    o->by[attr] = 0;
}

/* ---- The gate (11.4) ---- */

static void incoming(struct model *m, struct smvo *o, const struct map *k, enum flow f, const struct set *v) {
    struct ranked list;
    int attr = k->target, mine, theirs = -1;
    contributors(m, o->type, attr, &list);
    mine = rank_of(&list, k->id);
    if (o->by[attr]) theirs = rank_of(&list, o->by[attr]);
    if (theirs >= 0 && theirs != mine && !speaker(m, list.at[theirs].rule, o, 0)) theirs = -1; /* no longer a contributor */
    if (theirs >= 0 && theirs < mine) return;
    if (f == FLOW_VALUES)
        put_values(m, o, attr, v, k->id);
    else if (k->null_is_value)
        put_null(o, attr, k->id);
    else if ((theirs == mine || theirs < 0) && (o->v[attr].n || o->null[attr])) /* where nothing is, nothing is withdrawn */
        elect_again(m, o, attr, 0);
}

static void flow_map(struct model *m, struct turn *t, struct scso *o, struct smvo *to, const struct map *k) {
    enum item_error error = ITEM_NO_ERROR;
    struct set v;
    bool held = false;
    enum flow f = contribution(m, k, o, &v, &error, &held);
    if (error) {
        struct note *n = note_of(m, o->id);
        if (!n->error) n->error = error;
    }
    if (held) { /* a partial view never takes anything away */
        t->held = true;
        if (f == FLOW_NOTHING) return;
        for (int i = 0; i < to->v[k->target].n && is_multi(k->target) && to->by[k->target] == k->id; i++)
            add_item(&v, to->v[k->target].at[i]);
    }
    if (f == FLOW_VALUES || f == FLOW_NOTHING) incoming(m, to, k, f, &v);
}

/* Values that this object's system has contributed by a mapping that does not flow any more (J+11, J+26, disabled ones). */
static void withdraw_silent(struct model *m, const struct scso *o, struct smvo *to, bool references) {
    for (int at = AT_KEY; at < ATTRS; at++) {
        struct map *k = NULL;
        const struct rule *r = rule_of_map(m, to->by[at], &k);
        if (is_reference(at) != references || !to->by[at]) continue;
        if (!r || r->system != o->system || (flows(m, r, o) && live(k))) continue;
        elect_again(m, to, at, 0);
    }
}

void flow_object(struct model *m, struct turn *t, bool references) {
    struct scso *o = cso_by_id(m, t->cso);
    struct smvo *to = o ? mvo_by_id(m, o->mvo) : NULL;
    if (!to) return;
    const struct smvo as = *to;
    bool differs = false;
    withdraw_silent(m, o, to, references);
    for (int i = 0; i < m->plan->rules; i++)
        for (int k = 0; k < MAPS; k++) {
            const struct rule *r = &m->plan->rule[i];
            if (flows(m, r, o) && r->mv_type == to->type && live(&r->maps[k]) && is_reference(r->maps[k].target) == references)
                flow_map(m, t, o, to, &r->maps[k]);
        }
    for (int at = AT_KEY; at < ATTRS; at++) differs = differs || !same_set(&as.v[at], &to->v[at]) || (!as.null[at] && to->null[at]);
    if (differs && !note_of(m, o->id)->change) note_of(m, o->id)->change = OBJECT_ATTRIBUTE_FLOW;
}
