/* Stories as text, and their parts. */
#include "story.h"

#include <string.h>

static void print_words(const struct words *w, FILE *out) {
    for (int i = 0; i < w->n; i++) fprintf(out, "%s\"%s\"", i ? "|" : "", w->at[i]);
}

static void print_matches(const char *before, const struct match *m, FILE *out) {
    for (int i = 0; i < MATCHES; i++)
        if (m[i].on)
            fprintf(out, "%smatch %s = mv %s%s\n", before, kinds[m[i].attr].name, kinds[m[i].target].name,
                    m[i].any_case ? ", any case" : "");
}

static void print_map(const struct map *m, bool import, FILE *out) {
    static const char *const before[] = {"", "Upper(", "\"<\" + ", "Coalesce("}, *const after[] = {"", ")", " + \">\"",
                                                                                                   ", \"none\")"};
    fprintf(out, "    m%d: ", m->id);
    fprintf(out, "%s%s%s", before[m->formula], kinds[m->source].name, after[m->formula]);
    fprintf(out, " -> %s", kinds[m->target].name);
    if (import && m->priority != INT32_MAX) fprintf(out, ", priority %d", m->priority);
    if (m->null_is_value) fprintf(out, ", NullIsValue");
    if (m->initial_only) fprintf(out, ", InitialExportOnly");
    if (import && m->processing != 1) fprintf(out, ", processing %u", m->processing);
    if (m->casing) fprintf(out, ", %s", enum_name(&case_normalisation_names, m->casing));
    if (m->formula) fprintf(out, ", %s", enum_name(&missing_input_names, m->missing));
    fprintf(out, "%s%s\n", m->enabled ? "" : ", disabled", m->gone ? ", deleted" : "");
}

static void print_rule(const struct rule *r, int n, FILE *out) {
    fprintf(out, "  R%d: %s S%d T%d", n, r->import ? "import" : "export", r->system, r->type);
    if (r->act) fprintf(out, r->import ? ", projects" : ", provisions");
    if (!r->enabled) fprintf(out, ", disabled");
    if (r->import) fprintf(out, ", out of scope: %s", enum_name(&out_of_scope_action_names, r->exit));
    if (!r->import)
        fprintf(out, "%s, deprovision: %s", r->enforce ? ", enforces" : "", enum_name(&deprovision_action_names, r->deprovision));
    fputc('\n', out);
    for (int i = 0; i < CRITERIA; i++) {
        const struct criterion *c = &r->criteria[i];
        if (!c->on) continue;
        fprintf(out, "    scope (%s%s): %s %s ", r->any ? "Any" : "All", r->apart ? ", apart" : "", kinds[c->attr].name,
                enum_name(&comparison_names, c->how));
        if (c->days >= 0)
            fprintf(out, "%d days ago\n", c->days);
        else
            fprintf(out, "%s%s\n", c->word ? c->word : "(no value)", c->any_case ? ", any case" : "");
    }
    for (int i = 0; i < MAPS; i++)
        if (r->maps[i].on) print_map(&r->maps[i], r->import, out);
    print_matches("    ", r->matches, out);
}

void event_print(const struct story *s, const struct event *e, FILE *out) {
    static const char *const names[HAPPENINGS] = {"put",   "remove",       "edit",     "drop",    "refuse",         "run",
                                                  "wait",  "housekeeping", "temporal", "rule",    "mapping on/off", "null",
                                                  "unmap", "priority",     "scope",    "deletion"};
    fprintf(out, "%s", names[e->what]);
    if (e->what == HAPPENS_RUN) fprintf(out, " S%d %s", e->system, enum_name(&run_type_names, e->run));
    if (e->what == HAPPENS_PUT || e->what == HAPPENS_REMOVE)
        fprintf(out, " S%d T%d %c%d", e->system, e->type, "opq"[e->type], e -> object + 1);
    if (e->what == HAPPENS_EDIT) fprintf(out, " S%d object %d: %s", e->system, e->number, kinds[e->object].name);
    if (e->what == HAPPENS_DROP || e->what == HAPPENS_REFUSE) fprintf(out, " S%d %d", e->system, e->number);
    if (e->what == HAPPENS_WAIT) fprintf(out, " %d minutes", e->number);
    if (e->what >= HAPPENS_RULE && e->what < HAPPENS_DELETION)
        fprintf(out, " R%d m%d (%d)", e->rule, s->rule[e->rule].maps[e->map].id, e->number);
    if (e->what == HAPPENS_DELETION) fprintf(out, " T%d (%d)", e->type, e->number);
    for (int at = 0; at < ATTRS; at++) {
        if (!e->values[at].n || e->what > HAPPENS_EDIT || e->what == HAPPENS_REMOVE) continue;
        if (e->what == HAPPENS_EDIT && at != e->object) continue;
        fprintf(out, " %s=", kinds[at].name);
        print_words(&e->values[at], out);
    }
    fputc('\n', out);
}

static void print_system(const struct story *s, int i, FILE *out) {
    const struct system_plan *p = &s->system[i];
    fprintf(out, "  S%d:%s%s%s%s%s%s unresolved %s, pages of %d\n", i, p->file ? " a file," : "",
            p->secondary ? " dn is the secondary id," : "", p->advanced ? " advanced matching," : "",
            p->confirms ? " confirms," : "", p->keep ? " keeps values," : "", p->create_only_b ? " b on create only," : "",
            enum_name(&unresolved_handling_names, p->unresolved), p->page);
    for (int t = 0; t < s->types; t++) print_matches(t == 0 ? "    T0 " : t == 1 ? "    T1 " : "    T2 ", p->matches[t], out);
}

void story_print(const struct story *s, FILE *out) {
    fprintf(out, "seed %llu, pages of %d\n", (unsigned long long)s->seed, s->page);
    for (int i = 0; i < s->types; i++)
        fprintf(out, "  T%d: %s, grace %d days, %s, sources %x\n", i, enum_name(&deletion_rule_names, s->type[i].rule),
                s->type[i].grace_days, enum_name(&deletion_trigger_mode_names, s->type[i].mode), s->type[i].triggers);
    for (int i = 0; i < s->systems; i++) print_system(s, i, out);
    for (int i = 0; i < s->rules; i++)
        if (s->rule[i].on) print_rule(&s->rule[i], i, out);
    for (int i = 0; i < s->events; i++) {
        if (!s->event[i].on) continue;
        fprintf(out, "  %2d ", i);
        event_print(s, &s->event[i], out);
    }
}

/* Counts down to the part. */
static bool here(int *n, bool *at, bool **on) {
    if (!*at) return false;
    *on = at;
    return (*n)-- == 0;
}

static bool rule_part(struct rule *r, int *n, bool **on) {
    if (!r->on) return false;
    for (int i = 0; i < MAPS; i++)
        if (here(n, &r->maps[i].on, on)) return true;
    for (int i = 0; i < CRITERIA; i++)
        if (here(n, &r->criteria[i].on, on)) return true;
    for (int i = 0; i < MATCHES; i++)
        if (here(n, &r->matches[i].on, on)) return true;
    return false;
}

static bool system_part(struct story *s, struct system_plan *p, int *n, bool **on) {
    for (int t = 0; t < s->types; t++)
        for (int i = 0; i < MATCHES; i++)
            if (here(n, &p->matches[t][i].on, on)) return true;
    return here(n, &p->secondary, on) || here(n, &p->confirms, on) || here(n, &p->keep, on) || here(n, &p->create_only_b, on);
}

bool story_part(struct story *s, int n, bool **on) {
    for (int i = s->events - 1; i >= 0; i--)
        if (here(&n, &s->event[i].on, on)) return true;
    for (int i = 0; i < s->rules; i++)
        if (here(&n, &s->rule[i].on, on)) return true;
    for (int i = 0; i < s->rules; i++)
        if (rule_part(&s->rule[i], &n, on)) return true;
    for (int i = 0; i < s->systems; i++)
        if (system_part(s, &s->system[i], &n, on)) return true;
    return false;
}

static bool apply_to_rule(struct rule *r, const struct event *e) {
    static const char *const words[] = {"x", "y", "k1"};
    struct criterion *c = &r->criteria[0];
    if (e->what == HAPPENS_RULE) {
        r->enabled = !r->enabled;
        return true;
    }
    if (e->what != HAPPENS_SCOPE || !r->scoped || !c->on || c->days >= 0 || kinds[c->attr].type != TYPE_TEXT) return false;
    c->word = words[e->number % 3];
    return true;
}

static bool apply_to_map(const struct rule *r, struct map *m, const struct event *e) {
    if (!m->on || m->gone) return false;
    switch (e->what) {
    case HAPPENS_MAP:
        m->enabled = !m->enabled;
        return true;
    case HAPPENS_NULL:
        m->null_is_value = r->import && !m->null_is_value;
        return r->import;
    case HAPPENS_UNMAP:
        m->gone = r->import;
        return r->import;
    case HAPPENS_PRIORITY:
        m->priority = 1 + e->number % 3;
        return r->import;
    default:
        return false;
    }
}

bool story_apply(struct story *s, const struct event *e) {
    struct rule *r = &s->rule[e->rule];
    if (e->what == HAPPENS_DELETION) {
        struct type_plan *t = &s->type[e->type];
        t->rule = (enum deletion_rule)(e->number % 3);
        t->grace_days = e->number / 3 % 3;
        t->mode = (enum deletion_trigger_mode)(e->number / 9 % 2);
        return true;
    }
    if (e->what < HAPPENS_RULE || !r->on) return false;
    if (e->what == HAPPENS_RULE || e->what == HAPPENS_SCOPE) return apply_to_rule(r, e);
    return apply_to_map(r, &r->maps[e->map], e);
}
