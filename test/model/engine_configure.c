/* The story's configuration in the store. */
#include "engine_private.h"

#include <stdlib.h>
#include <string.h>

static store_tx *begin(struct engine *e) {
    store_tx *tx;
    OK(store_write(e->s, STORE_API, &tx));
    return tx;
}

static void commit(struct engine *e, store_tx *tx) {
    OK(store_commit(tx));
    store_end(tx);
    config_release(e->c);
    OK(store_config(e->s, &e->c));
}

static text name_of(struct engine *e, const char *kind, int number) { return arena_print(e->a, "%s%d", kind, number); }

static void save_mv_type(struct engine *e, store_tx *tx, const struct story *s, int t) {
    const struct type_plan *p = &s->type[t];
    struct mv_type type = {.id = e->mv_types[t], .name = name_of(e, "Type", t), .plural = name_of(e, "Types", t), .created = {5}};
    type.deletion_rule = p->rule;
    type.grace = (timespan){p->grace_days * TICKS_PER_DAY};
    type.trigger_mode = p->mode;
    for (int i = 0; i < s->systems; i++)
        if ((p->triggers >> i & 1) && e->systems[i]) *LIST_ADD(e->a, &type.trigger_systems) = e->systems[i];
    OK(store_save_mv_type(tx, &type));
    e->mv_types[t] = type.id;
}

static void save_metaverse(struct engine *e, store_tx *tx, const struct story *s) {
    for (int t = 0; t < s->types; t++) save_mv_type(e, tx, s, t);
    for (int at = AT_KEY; at < ATTRS; at++) {
        struct mv_attribute m = {.name = arena_print(e->a, "mv%s", kinds[at].name), .type = kinds[at].type, .created = {5}};
        m.plurality = kinds[at].multi ? MULTI_VALUED : SINGLE_VALUED;
        for (int t = 0; t < s->types; t++) *LIST_ADD(e->a, &m.object_types) = e->mv_types[t];
        OK(store_save_mv_attribute(tx, &m));
        e->mv_attributes[at] = m.id;
    }
}

static void save_cs_type(struct engine *e, store_tx *tx, const struct story *s, int system, int type) {
    const struct system_plan *p = &s->system[system];
    struct cs_type t = {.system = e->systems[system], .name = name_of(e, "t", type), .selected = true, .created = {5}};
    t.remove_contributed = !p->keep;
    for (int at = 0; at < ATTRS; at++) {
        struct cs_attribute *c = LIST_ADD(e->a, &t.attributes);
        *c = (struct cs_attribute){.name = text_of(kinds[at].name), .type = kinds[at].type, .selected = true, .created = {5}};
        c->plurality = kinds[at].multi ? MULTI_VALUED : SINGLE_VALUED;
        c->external_id = at == AT_ID;
        c->secondary_external_id = at == AT_DN && p->secondary;
        if (at == AT_ID || (at == AT_B && p->create_only_b)) c->writability = WRITABLE_ON_CREATE;
    }
    OK(store_save_cs_type(tx, &t));
    e->cs_types[system][type] = t.id;
    for (int at = 0; at < ATTRS; at++) e->cs_attributes[system][type][at] = t.attributes.at[at].id;
}

static void save_profiles(struct engine *e, store_tx *tx, const struct story *s, int system) {
    for (int type = RUN_FULL_IMPORT; type <= RUN_EXPORT; type++) {
        struct run_profile p = {.system = e->systems[system], .type = (enum run_type)type, .created = {5}};
        p.name = text_of(enum_name(&run_type_names, (unsigned)type));
        p.page_size = e->variation.import_page ? e->variation.import_page : s->system[system].page;
        OK(store_save_run_profile(tx, &p));
        e->profiles[system][type] = p.id;
    }
}

static void save_matches(struct engine *e, store_tx *tx, const struct story *s, const struct match *list, int system, int type,
                         const struct rule *r) {
    (void)s;
    for (int i = 0; i < MATCHES; i++) {
        const struct match *m = &list[i];
        struct matching_rule k = {.order = i, .case_sensitive = !m->any_case, .created = {5}};
        if (!m->on) continue;
        k.cs_type = r ? 0 : e->cs_types[system][type];
        k.mv_type = r ? 0 : e->mv_types[type];
        k.sync_rule = r ? r->id : 0;
        k.cs_attribute = e->cs_attributes[system][type][m->attr];
        k.mv_attribute = e->mv_attributes[m->target];
        OK(store_save_matching_rule(tx, &k));
    }
}

static void save_system(struct engine *e, store_tx *tx, const struct story *s, int system) {
    const struct system_plan *p = &s->system[system];
    struct connected_system c = {.name = name_of(e, "S", system), .settings_valid = true, .created = {5}};
    c.definition = p->confirms ? sim_confirming.id : sim_connector.id;
    if (p->file) engine_file_settings(e, system, &c);
    c.matching_mode = p->advanced ? MATCHING_ADVANCED : MATCHING_SIMPLE;
    c.unresolved = p->unresolved;
    OK(store_save_system(tx, &c));
    e->systems[system] = c.id;
    for (int t = 0; t < s->types; t++) save_cs_type(e, tx, s, system, t);
    save_profiles(e, tx, s, system);
}

/* ---- Rules ---- */

static void save_criterion(struct engine *e, store_tx *tx, const struct rule *r, int place, int n, int32_t group) {
    const struct criterion *c = &r->criteria[n];
    struct scope_criterion k = {.id = e->criteria[place][n], .group = group, .comparison = c->how, .case_sensitive = !c->any_case};
    k.attribute = r->import ? e->cs_attributes[r->system][r->type][c->attr] : e->mv_attributes[c->attr];
    k.mode = c->days >= 0 ? VALUE_RELATIVE : VALUE_ABSOLUTE;
    k.relative_count = c->days >= 0 ? c->days : 0;
    k.unit = UNIT_DAYS;
    k.direction = RELATIVE_AGO;
    k.has_value = c->word && c->days < 0;
    k.value.type = kinds[c->attr].type;
    if (k.has_value && !value_read(e->a, kinds[c->attr].type, text_of(c->word), &k.value)) abort();
    OK(store_save_scope_criterion(tx, &k));
    e->criteria[place][n] = k.id;
}

static void save_scope(struct engine *e, store_tx *tx, const struct rule *r, int place) {
    int32_t group = 0;
    for (int n = 0; n < CRITERIA; n++) {
        if (!r->criteria[n].on) continue;
        if (!group || r->apart) {
            struct scope_group g = {.rule = r->id, .type = r->any ? SCOPE_ANY : SCOPE_ALL, .position = n};
            OK(store_save_scope_group(tx, &g));
            group = g.id;
        }
        e->groups[place][n] = group;
        save_criterion(e, tx, r, place, n, group);
    }
}

static text formula_of(struct engine *e, const struct rule *r, const struct map *m) {
    const char *where = r->import ? "cs" : "mv", *prefix = r->import ? "" : "mv", *name = kinds[m->source].name;
    switch (m->formula) {
    case 1:
        return arena_print(e->a, "Upper(%s[\"%s%s\"])", where, prefix, name);
    case 2:
        return arena_print(e->a, "\"<\" + %s[\"%s%s\"] + \">\"", where, prefix, name);
    default:
        return arena_print(e->a, "Coalesce(%s[\"%s%s\"], \"none\")", where, prefix, name);
    }
}

static void save_map(struct engine *e, store_tx *tx, const struct rule *r, struct map *m) {
    struct mapping k = {.id = m->id, .rule = r->id, .priority = m->priority, .null_is_value = m->null_is_value, .created = {5}};
    struct mapping_source *source = LIST_ADD(e->a, &k.sources);
    k.initial_export_only = m->initial_only;
    k.enabled = m->enabled;
    k.processing = m->processing;
    k.case_normalisation = m->casing;
    k.source_type = m->formula ? MAPPING_EXPRESSION : MAPPING_ATTRIBUTE;
    source->missing = m->missing;
    if (r->import)
        k.mv_target = e->mv_attributes[m->target];
    else
        k.cs_target = e->cs_attributes[r->system][r->type][m->target];
    if (m->formula)
        source->expression = formula_of(e, r, m);
    else if (r->import)
        source->cs_attribute = e->cs_attributes[r->system][r->type][m->source];
    else
        source->mv_attribute = e->mv_attributes[m->source];
    OK(store_save_mapping(tx, &k));
    m->id = k.id;
}

static void save_rule(struct engine *e, store_tx *tx, struct rule *r, int place) {
    struct sync_rule k = {.id = r->id, .system = e->systems[r->system], .cs_type = e->cs_types[r->system][r->type], .created = {5}};
    k.mv_type = e->mv_types[r->mv_type];
    k.name = name_of(e, "R", place);
    k.direction = r->import ? DIRECTION_IMPORT : DIRECTION_EXPORT;
    k.project = r->import && r->act;
    k.provision = !r->import && r->act;
    k.enabled = r->enabled;
    k.enforce_state = r->enforce;
    k.out_of_scope = r->exit;
    k.deprovision = r->deprovision;
    OK(store_save_rule(tx, &k));
    r->id = k.id;
}

static void save_rules(struct engine *e, store_tx *tx, struct story *s) {
    for (int i = 0; i < s->rules; i++) {
        struct rule *r = &s->rule[i];
        if (!r->on) continue;
        r->id = 0;
        save_rule(e, tx, r, i);
        save_scope(e, tx, r, i);
        save_matches(e, tx, s, r->matches, r->system, r->type, r);
        for (int m = 0; m < MAPS; m++) {
            if (!r->maps[m].on) continue;
            r->maps[m].id = 0;
            save_map(e, tx, r, &r->maps[m]);
        }
    }
}

void engine_configure(struct engine *e, struct story *s) {
    char size[16];
    store_tx *tx = begin(e);
    save_metaverse(e, tx, s);
    for (int i = 0; i < s->systems; i++) save_system(e, tx, s, i);
    for (int t = 0; t < s->types; t++) save_mv_type(e, tx, s, t); /* now the systems have ids */
    for (int i = 0; i < s->systems; i++)
        for (int t = 0; t < s->types; t++) save_matches(e, tx, s, s->system[i].matches[t], i, t, NULL);
    save_rules(e, tx, s);
    snprintf(size, sizeof size, "%d", e->variation.sync_page ? e->variation.sync_page : s->page);
    OK(store_save_setting(tx, T("Sync.PageSize"), text_of(size)));
    commit(e, tx);
}

void engine_reconfigure(struct engine *e, struct story *s, const struct event *event) {
    struct rule *r = &s->rule[event->rule];
    struct map *m = &r->maps[event->map];
    store_tx *tx = begin(e);
    switch (event->what) {
    case HAPPENS_RULE:
        save_rule(e, tx, r, event->rule);
        break;
    case HAPPENS_SCOPE:
        save_criterion(e, tx, r, event->rule, 0, e->groups[event->rule][0]);
        break;
    case HAPPENS_DELETION:
        save_mv_type(e, tx, s, event->type);
        break;
    case HAPPENS_UNMAP:
        OK(store_delete_mapping(tx, m->id));
        break;
    default:
        save_map(e, tx, r, m);
    }
    commit(e, tx);
}
