/* Random stories. */
#include "story.h"

#include <string.h>

const struct attr_kind kinds[ATTRS] = {
    {"id", TYPE_TEXT, false},     {"dn", TYPE_TEXT, false},    {"key", TYPE_TEXT, false}, {"a", TYPE_TEXT, false},
    {"b", TYPE_TEXT, false},      {"n", TYPE_NUMBER, false},   {"m", TYPE_TEXT, true},    {"r", TYPE_REFERENCE, false},
    {"rs", TYPE_REFERENCE, true}, {"d", TYPE_DATETIME, false},
};

uint64_t story_random(struct story *s) {
    uint64_t z = (s->random += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

int story_pick(struct story *s, int n) { return (int)(story_random(s) % (uint64_t)n); }
bool story_chance(struct story *s, int percent) { return story_pick(s, 100) < percent; }

#define PICK(s, list) list[story_pick(s, (int)(sizeof(list) / sizeof *(list)))]

const char *word_of(struct story *s, int attr) {
    static const char *const ids[] = {"o1", "o2", "o3", "o4", "o5"}, *const others[] = {"p1", "p2", "p3"};
    static const char *const keys[] = {"k1", "k2", "k3", "k4", "k5", "K1"};
    static const char *const texts[] = {"x", "y", "z", "X", " x", "x  y", " "};
    static const char *const numbers[] = {"1", "2", "3", "10"};
    static const char *const names[] = {"dn1", "dn2", "dn-o1", "dn-o2", "dn-o3", "DN-o3"};
    static const char *const dates[] = {"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T12:00:00Z",
                                        "2026-01-05T00:00:00Z"};
    switch (kinds[attr].type) {
    case TYPE_NUMBER:
        return PICK(s, numbers);
    case TYPE_DATETIME:
        return PICK(s, dates);
    case TYPE_REFERENCE:
        if (story_chance(s, 40)) return PICK(s, names);
        return s->types > 1 && story_chance(s, 40) ? others[story_pick(s, 3)] : ids[story_pick(s, 5)];
    default:
        if (attr == AT_DN) return PICK(s, names);
        if (attr == AT_KEY) return keys[story_chance(s, 10) ? 5 : story_pick(s, 5)];
        return texts[story_pick(s, story_chance(s, 80) ? 3 : 7)];
    }
}

/* ---- Configuration ---- */

static void make_match(struct story *s, struct match *m) {
    static const int sources[] = {AT_KEY, AT_KEY, AT_KEY, AT_A, AT_M, AT_N};
    static const int targets[] = {AT_KEY, AT_KEY, AT_KEY, AT_A, AT_M, AT_B};
    m->on = true;
    m->attr = PICK(s, sources);
    m->target = m->attr == AT_N ? AT_N : PICK(s, targets);
    m->any_case = story_chance(s, 30);
}

static void make_matches(struct story *s, struct match *m) {
    if (story_chance(s, 80)) make_match(s, &m[0]);
    if (story_chance(s, 20)) make_match(s, &m[1]);
}

static void make_system(struct story *s, struct system_plan *p) {
    static const int pages[] = {1, 2, 3, 1000};
    p->on = true;
    p->secondary = story_chance(s, 40);
    p->advanced = story_chance(s, 25);
    p->confirms = story_chance(s, 15);
    p->keep = story_chance(s, 20);
    p->create_only_b = story_chance(s, 15);
    p->unresolved = (enum unresolved_handling)story_pick(s, 3);
    p->page = PICK(s, pages);
    for (int t = 0; t < s->types && !p->advanced; t++) make_matches(s, p->matches[t]);
}

static void make_deletion(struct story *s, struct type_plan *t) {
    t->rule = (enum deletion_rule)story_pick(s, 3);
    t->grace_days = story_chance(s, 50) ? 0 : 1 + story_pick(s, 2);
    t->mode = (enum deletion_trigger_mode)story_pick(s, 2);
    t->triggers = (unsigned)story_pick(s, 1 << s->systems);
}

static void make_criterion(struct story *s, struct criterion *c, bool dates) {
    static const int attrs[] = {AT_A, AT_A, AT_B, AT_N, AT_M, AT_D, AT_KEY};
    c->on = true;
    c->attr = PICK(s, attrs);
    c->days = -1;
    c->word = story_chance(s, 12) ? NULL : word_of(s, c->attr);
    c->any_case = story_chance(s, 30);
    if (kinds[c->attr].type == TYPE_TEXT)
        c->how = COMPARE_EQUALS + (enum comparison)story_pick(s, 8);
    else
        c->how = story_chance(s, 40) ? COMPARE_EQUALS + (enum comparison)story_pick(s, 2)
                                     : COMPARE_LESS + (enum comparison)story_pick(s, 4);
    if (kinds[c->attr].type == TYPE_DATETIME && dates && story_chance(s, 60)) c->days = story_pick(s, 3);
}

/* What may flow where: the same type; now and then another attribute of that type. */
static int other_of(struct story *s, int attr, bool to_multi) {
    static const int texts[] = {AT_A, AT_B, AT_KEY};
    if (story_chance(s, 75)) return attr;
    if (kinds[attr].type == TYPE_REFERENCE) return to_multi ? AT_RS : AT_R;
    if (kinds[attr].type != TYPE_TEXT) return attr;
    return to_multi && story_chance(s, 30) ? AT_M : PICK(s, texts);
}

static void make_map(struct story *s, const struct rule *r, struct map *m, int attr) {
    *m = (struct map){.on = true, .enabled = !story_chance(s, 6), .source = attr, .processing = 1};
    m->target = other_of(s, attr, true);
    m->priority = story_chance(s, 50) ? 1 + story_pick(s, 3) : INT32_MAX;
    m->null_is_value = r->import && story_chance(s, 15);
    m->initial_only = !r->import && story_chance(s, 10);
    if (r->import && story_chance(s, 25)) m->processing = (unsigned)story_pick(s, 8);
    if (r->import && story_chance(s, 15)) m->casing = (enum case_normalisation)story_pick(s, 3);
    m->missing = (enum missing_input)story_pick(s, 4);
    if (kinds[attr].type == TYPE_TEXT && !is_multi(attr) && !is_multi(m->target) && story_chance(s, 15))
        m->formula = 1 + story_pick(s, 3);
}

/* Do this rule, or another one that exports to the same objects, write the attribute already? */
static bool has_target(const struct story *s, const struct rule *r, int target) {
    for (int k = 0; k < RULES; k++)
        for (int i = 0; i < MAPS; i++) {
            const struct rule *other = &s->rule[k];
            bool near = other == r || (other->on && !other->import && other->system == r->system && other->type == r->type);
            if (near && other->maps[i].on && other->maps[i].target == target) return true;
        }
    return false;
}

static void make_maps(struct story *s, struct rule *r) {
    int n = 0;
    for (int at = AT_KEY; at < ATTRS; at++) {
        if (!story_chance(s, at == AT_KEY ? 95 : 55)) continue;
        struct map m;
        make_map(s, r, &m, at);
        if (at == AT_KEY && story_chance(s, 80)) m.source = m.target = AT_KEY, m.formula = 0;
        if (!r->import && has_target(s, r, m.target)) continue;
        r->maps[n++] = m;
    }
    if (r->import || n == MAPS) return;
    struct map name = {.on = true, .enabled = true, .source = AT_KEY, .target = AT_DN, .missing = MISSING_CONTRIBUTE_NO_VALUE};
    name.formula = story_chance(s, 60) ? 1 : 0;
    bool named = s->system[r->system].secondary || story_chance(s, 20);
    if (named && !has_target(s, r, AT_DN)) r->maps[n++] = name;
    name = (struct map){.on = true, .enabled = true, .source = AT_KEY, .target = AT_ID};
    if (n < MAPS && story_chance(s, 30) && !has_target(s, r, AT_ID)) r->maps[n++] = name;
}

static void make_rule(struct story *s, struct rule *r, int system, int type, bool import) {
    *r = (struct rule){.on = true, .system = system, .type = type, .mv_type = type, .import = import};
    r->act = story_chance(s, 75);
    r->enabled = !story_chance(s, 5);
    r->enforce = story_chance(s, 70);
    r->exit = story_chance(s, 70) ? OUT_OF_SCOPE_DISCONNECT : OUT_OF_SCOPE_REMAIN_JOINED;
    r->deprovision = story_chance(s, 50) ? DEPROVISION_DELETE : DEPROVISION_DISCONNECT;
    r->scoped = story_chance(s, 30);
    r->any = story_chance(s, 40);
    r->apart = story_chance(s, 25);
    if (r->scoped) make_criterion(s, &r->criteria[0], true);
    if (r->scoped && story_chance(s, 40)) make_criterion(s, &r->criteria[1], true);
    make_maps(s, r);
    if (s->system[system].advanced) make_matches(s, r->matches);
}

static void make_rules(struct story *s) {
    for (int system = 0; system < s->systems; system++) {
        for (int type = 0; type < s->types; type++) {
            int imports = system == 0 || story_chance(s, 55) ? 1 + story_chance(s, 12) : 0;
            int exports = system > 0 && story_chance(s, imports ? 45 : 90) ? 1 + story_chance(s, 12) : story_chance(s, 12);
            for (int i = 0; i < imports && s->rules < RULES; i++) make_rule(s, &s->rule[s->rules++], system, type, true);
            for (int i = 0; i < exports && s->rules < RULES; i++) make_rule(s, &s->rule[s->rules++], system, type, false);
        }
    }
}

/* ---- Events ---- */

static void make_values(struct story *s, struct event *e) {
    static const int chance[ATTRS] = {100, 25, 85, 75, 50, 50, 50, 40, 40, 40};
    for (int at = AT_DN; at < ATTRS; at++) {
        if (!story_chance(s, chance[at])) continue;
        int n = is_multi(at) ? 1 + story_pick(s, 3) : 1;
        for (int i = 0; i < n; i++) e->values[at].at[e->values[at].n++] = word_of(s, at);
    }
}

static void make_change(struct story *s, struct event *e) {
    static const enum happening changes[] = {HAPPENS_RULE,     HAPPENS_MAP,   HAPPENS_NULL,     HAPPENS_UNMAP,
                                             HAPPENS_PRIORITY, HAPPENS_SCOPE, HAPPENS_DELETION, HAPPENS_DELETION};
    e->what = PICK(s, changes);
    e->rule = story_pick(s, s->rules ? s->rules : 1);
    e->map = story_pick(s, MAPS);
    e->number = story_pick(s, 1000);
}

static void make_event(struct story *s, struct event *e) {
    int dice = story_pick(s, 100);
    e->on = true;
    e->system = story_pick(s, s->systems);
    e->type = story_pick(s, s->types);
    e->number = story_pick(s, 1000);
    if (dice < 30) {
        e->what = HAPPENS_PUT;
        if (story_chance(s, 50)) e->system = 0;
        e->object = story_chance(s, 3) ? 5 : story_pick(s, 5);
        make_values(s, e);
    } else if (dice < 36) {
        e->what = HAPPENS_REMOVE;
        e->object = story_pick(s, 5);
    } else if (dice < 44) {
        e->what = dice < 42 ? HAPPENS_EDIT : HAPPENS_DROP;
        e->object = AT_DN + story_pick(s, ATTRS - AT_DN);
        make_values(s, e);
    } else if (dice < 48) {
        e->what = HAPPENS_REFUSE;
        e->number = story_pick(s, 4);
    } else if (dice < 52) {
        static const int minutes[] = {1, 3, 10, 70, 1440, 2880};
        e->what = HAPPENS_WAIT;
        e->number = PICK(s, minutes);
    } else if (dice < 54) {
        e->what = HAPPENS_HOUSEKEEPING;
    } else if (dice < 56) {
        e->what = HAPPENS_TEMPORAL;
    } else if (dice < 60) {
        make_change(s, e);
    } else {
        e->what = HAPPENS_RUN;
        e->run = RUN_FULL_IMPORT + (enum run_type)story_pick(s, 5);
    }
}

/* Import and synchronisation of a system, and sometimes exports, as a schedule does it. */
static void make_cycle(struct story *s, bool exports) {
    static const enum run_type runs[] = {RUN_FULL_IMPORT, RUN_DELTA_SYNCHRONISATION, RUN_EXPORT};
    int first = story_chance(s, 50) ? 0 : story_pick(s, s->systems);
    for (int step = 0; step < (exports ? 3 : 2); step++) {
        for (int i = 0; i < s->systems && s->events < EVENTS; i++) {
            struct event *e = &s->event[s->events++];
            *e = (struct event){.on = true, .what = HAPPENS_RUN, .system = (first + i) % s->systems, .run = runs[step]};
            if (step == 1 && story_chance(s, 50)) e->run = RUN_FULL_SYNCHRONISATION;
        }
    }
}

static void make_events(struct story *s) {
    int wanted = 4 + story_pick(s, EVENTS - 4);
    for (int i = 0; i < 5 && s->events < wanted; i++) {
        struct event *e = &s->event[s->events++];
        *e = (struct event){.on = true, .what = HAPPENS_PUT, .object = story_pick(s, 5), .type = story_pick(s, s->types)};
        make_values(s, e);
    }
    while (s->events < wanted) {
        if (story_chance(s, 12))
            make_cycle(s, story_chance(s, 70));
        else
            make_event(s, &s->event[s->events++]);
    }
}

/* One system of every fourth story is a file: it has no second names, no deltas, and nobody refuses what is written. */
static void make_file(struct story *s) {
    int chosen = (int)(s->seed / 4 % (uint64_t)s->systems);
    struct system_plan *p = &s->system[chosen];
    if (s->seed % 4) return;
    p->file = true;
    p->secondary = p->confirms = false;
    for (int i = 0; i < s->events; i++) {
        struct event *e = &s->event[i];
        if (e->system != chosen) continue;
        if (e->what == HAPPENS_RUN && e->run == RUN_DELTA_IMPORT) e->run = RUN_FULL_IMPORT;
        if (e->what == HAPPENS_REFUSE) e->number = 0;
    }
}

void story_make(struct story *s, uint64_t seed) {
    static const int pages[] = {1, 2, 7, 1000};
    *s = (struct story){.seed = seed, .random = seed * 0x2545F4914F6CDD1Du};
    s->systems = 1 + story_pick(s, 3) + story_chance(s, 20);
    s->types = 1 + story_chance(s, 40) + story_chance(s, 15);
    s->page = PICK(s, pages);
    for (int i = 0; i < s->systems; i++) make_system(s, &s->system[i]);
    for (int i = 0; i < s->types; i++) make_deletion(s, &s->type[i]);
    make_rules(s);
    make_events(s);
    make_file(s);
}
