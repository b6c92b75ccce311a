/* The world of world.h: configuration in few words, objects as an import leaves them. */
#include "world.h"

#include "base/unicode.h"
#include "model/document.h"
#include "world_private.h"

#include <stdio.h>
#include <stdlib.h>

static text dup_text(struct world *w, const char *s) { return arena_text(w->a, text_of(s)); }

struct world *world_new(void) {
    arena *a = arena_new(SIZE_MAX);
    struct world *w = ARENA_NEW(a, struct world);
    w->a = a;
    w->config = config_new();
    w->ids.mvo.next = 1000;
    w->ids.cso.next = w->ids.cso.end = 1;
    w->ids.pending_export.next = 2000;
    w->ids.item.next = 3000;
    w->next_id = 1;
    w->page_size = 1000;
    w->tracking = TRACK_DETAILED;
    instant_read(T("2026-01-01T10:00:00Z"), &w->now);
    return w;
}

void world_free(struct world *w) {
    config_release(w->config);
    arena_free(w->a);
}

/* ---- Names ---- */

struct connected_system *world_system_named(struct world *w, const char *name) {
    for (EACH(struct connected_system, s, &w->config->systems)) {
        if (text_equal(s->name, text_of(name))) return s;
    }
    fail_msg("no system %s", name);
    return NULL;
}

struct cs_type *world_type_named(struct world *w, const char *system, const char *type) {
    for (EACH(struct cs_type, t, &world_system_named(w, system)->types)) {
        if (text_equal(t->name, text_of(type))) return t;
    }
    fail_msg("no type %s", type);
    return NULL;
}

struct mv_type *world_mv_type_named(struct world *w, const char *type) {
    for (EACH(struct mv_type, t, &w->config->mv_types)) {
        if (text_equal(t->name, text_of(type))) return t;
    }
    fail_msg("no metaverse type %s", type);
    return NULL;
}

struct cs_attribute *cs_attribute_of(struct cs_type *t, text name) {
    for (EACH(struct cs_attribute, at, &t->attributes)) {
        if (text_equal(at->name, name)) return at;
    }
    fail_msg("no attribute %.*s", TEXT_ARG(name));
    return NULL;
}

struct mv_attribute *mv_attribute_of(struct world *w, text name) {
    char blank[100];
    snprintf(blank, sizeof blank, "%.*s", TEXT_ARG(name));
    for (char *c = blank; *c; c++) *c = *c == '_' ? ' ' : *c;
    for (EACH(struct mv_attribute, at, &w->config->mv_attributes)) {
        if (text_equal(at->name, text_of(blank))) return at;
    }
    fail_msg("no metaverse attribute %s", blank);
    return NULL;
}

struct sync_rule *world_find_rule(struct world *w, const char *name) {
    for (EACH(struct sync_rule, r, &w->config->rules)) {
        if (text_equal(r->name, text_of(name))) return r;
    }
    fail_msg("no rule %s", name);
    return NULL;
}

/* ---- Schema ---- */

bool next_word(text *rest, char separator, text *word) {
    while (rest->len && rest->at[0] == separator) *rest = text_slice(*rest, 1, rest->len);
    if (!rest->len) return false;
    size_t end = text_find_byte(*rest, separator);
    if (end == SIZE_MAX) end = rest->len;
    *word = text_slice(*rest, 0, end);
    *rest = text_slice(*rest, end, rest->len);
    return true;
}

static void read_attribute(struct world *w, text word, text *name, enum data_type *type, enum plurality *plurality) {
    size_t colon = text_find_byte(word, ':');
    text kind = colon == SIZE_MAX ? T("Text") : text_slice(word, colon + 1, word.len);
    bool several = text_ends_with(kind, T("[]"));
    if (several) kind.len -= 2;
    unsigned found = 0;
    assert_true(enum_find(&data_type_names, kind, false, &found));
    *name = arena_text(w->a, text_slice(word, 0, colon == SIZE_MAX ? word.len : colon));
    *type = (enum data_type)found;
    *plurality = several ? MULTI_VALUED : SINGLE_VALUED;
}

void world_system(struct world *w, const char *name) {
    *LIST_ADD(w->config->a, &w->config->systems) = (struct connected_system){.id = w->next_id++, .name = dup_text(w, name)};
}

void world_type(struct world *w, const char *system, const char *name, const char *attributes) {
    struct connected_system *s = world_system_named(w, system);
    struct cs_type *t = LIST_ADD(w->config->a, &s->types);
    *t = (struct cs_type){
        .id = w->next_id++, .system = s->id, .name = dup_text(w, name), .selected = true, .remove_contributed = true};
    text rest = text_of(attributes);
    for (int part = 0; part < 3; part++) {
        size_t end = part < 2 ? text_find_byte(rest, '|') : rest.len;
        text words = text_slice(rest, 0, end), word;
        while (next_word(&words, ' ', &word)) {
            struct cs_attribute *at = LIST_ADD(w->config->a, &t->attributes);
            *at = (struct cs_attribute){.id = w->next_id++, .type_id = t->id, .selected = true};
            read_attribute(w, word, &at->name, &at->type, &at->plurality);
            at->external_id = part == 0;
            at->secondary_external_id = part == 1;
        }
        if (part < 2) rest = text_slice(rest, end + 1, rest.len);
    }
    config_index(w->config);
}

void world_mv_type(struct world *w, const char *type) {
    *LIST_ADD(w->config->a, &w->config->mv_types) =
        (struct mv_type){.id = w->next_id++, .name = dup_text(w, type), .deletion_rule = DELETE_WHEN_LAST_CONNECTOR};
}

void world_mv_attributes(struct world *w, const char *attributes) {
    text rest = text_of(attributes), word;
    while (next_word(&rest, ' ', &word)) {
        struct mv_attribute *at = LIST_ADD(w->config->a, &w->config->mv_attributes);
        at->id = w->next_id++;
        read_attribute(w, word, &at->name, &at->type, &at->plurality);
        char *c = (char *)(uintptr_t)at->name.at;
        for (size_t i = 0; i < at->name.len; i++) c[i] = c[i] == '_' ? ' ' : c[i];
    }
    config_index(w->config);
}

/* ---- Rules ---- */

struct sync_rule *world_rule(struct world *w, const char *name, char direction, const char *system, const char *type,
                             const char *mv_type, const char *flags) {
    struct cs_type *t = world_type_named(w, system, type);
    struct sync_rule *r = LIST_ADD(w->config->a, &w->config->rules);
    bool p = strchr(flags, 'p') != NULL;
    *r = (struct sync_rule){.id = w->next_id++,
                            .system = t->system,
                            .cs_type = t->id,
                            .mv_type = world_mv_type_named(w, mv_type)->id,
                            .name = dup_text(w, name),
                            .direction = direction == 'i' ? DIRECTION_IMPORT : DIRECTION_EXPORT,
                            .project = direction == 'i' && p,
                            .provision = direction == 'o' && p,
                            .enabled = !strchr(flags, '-'),
                            .enforce_state = !strchr(flags, 'e'),
                            .out_of_scope = strchr(flags, 'r') ? OUT_OF_SCOPE_REMAIN_JOINED : OUT_OF_SCOPE_DISCONNECT,
                            .deprovision = strchr(flags, 'd') ? DEPROVISION_DELETE : DEPROVISION_DISCONNECT};
    config_index(w->config);
    return world_find_rule(w, name);
}

struct mapping *world_map(struct world *w, const char *rule, const char *source_to_target) {
    struct sync_rule *r = world_find_rule(w, rule);
    struct cs_type *t = NULL;
    for (EACH(struct connected_system, s, &w->config->systems)) {
        for (EACH(struct cs_type, k, &s->types)) t = k->id == r->cs_type ? k : t;
    }
    text all = dup_text(w, source_to_target);
    size_t arrow = text_find(all, T(" -> "));
    text source = text_slice(all, 0, arrow), target = text_slice(all, arrow + 4, all.len);
    bool import = r->direction == DIRECTION_IMPORT;
    struct mapping *m = LIST_ADD(w->config->a, &r->mappings);
    *m = (struct mapping){.id = w->next_id++, .rule = r->id, .priority = INT32_MAX, .enabled = true, .processing = 1};
    if (import)
        m->mv_target = mv_attribute_of(w, target)->id;
    else
        m->cs_target = cs_attribute_of(t, target)->id;
    struct mapping_source *s = LIST_ADD(w->config->a, &m->sources);
    s->id = w->next_id++;
    if (source.at[0] == '=')
        s->expression = text_slice(source, 1, source.len);
    else if (import)
        s->cs_attribute = cs_attribute_of(t, source)->id;
    else
        s->mv_attribute = mv_attribute_of(w, source)->id;
    m->source_type = source.at[0] == '=' ? MAPPING_EXPRESSION : MAPPING_ATTRIBUTE;
    config_index(w->config);
    return &r->mappings.at[r->mappings.count - 1];
}

struct mapping *world_mapping(struct world *w, const char *rule, const char *target) {
    struct sync_rule *r = world_find_rule(w, rule);
    for (EACH(struct mapping, m, &r->mappings)) {
        const struct cs_attribute *cs = m->cs_target ? config_cs_attribute(w->config, m->cs_target) : NULL;
        const struct mv_attribute *mv = m->mv_target ? config_mv_attribute(w->config, m->mv_target) : NULL;
        if (text_equal(cs ? cs->name : mv->name, text_of(target))) return m;
    }
    fail_msg("no mapping to %s", target);
    return NULL;
}

void world_match(struct world *w, const char *system, const char *type, const char *attribute, const char *mv_type,
                 const char *mv_attribute, bool case_sensitive) {
    struct cs_type *t = world_type_named(w, system, type);
    *LIST_ADD(w->config->a, &t->matching) = (struct matching_rule){.id = w->next_id++,
                                                                   .order = (int32_t)t->matching.count,
                                                                   .cs_type = t->id,
                                                                   .mv_type = world_mv_type_named(w, mv_type)->id,
                                                                   .mv_attribute = mv_attribute_of(w, text_of(mv_attribute))->id,
                                                                   .cs_attribute = cs_attribute_of(t, text_of(attribute))->id,
                                                                   .case_sensitive = case_sensitive};
    config_index(w->config);
}

static bool read_relative(text value, struct scope_criterion *k) {
    static const char *const units[] = {"Hours", "Days", "Weeks", "Months", "Years"};
    bool ago = text_ends_with(value, T("Ago")), from_now = text_ends_with(value, T("FromNow"));
    if (!ago && !from_now) return false;
    size_t digits = 0;
    while (value.at[digits] >= '0' && value.at[digits] <= '9')
        k->relative_count = k->relative_count * 10 + value.at[digits++] - '0';
    for (unsigned i = 0; i < 5; i++) {
        if (text_starts_with(text_slice(value, digits, value.len), text_of(units[i]))) k->unit = (enum relative_unit)i;
    }
    k->direction = ago ? RELATIVE_AGO : RELATIVE_FROM_NOW;
    k->mode = VALUE_RELATIVE;
    return digits > 0;
}

static void add_criterion(struct world *w, struct sync_rule *r, struct scope_group *g, text words) {
    text attribute, operator, value = {0};
    struct scope_criterion *k = LIST_ADD(w->config->a, &g->criteria);
    assert_true(next_word(&words, ' ', &attribute) && next_word(&words, ' ', &operator));
    bool any_case = operator.at[0] == '~';
    if (any_case) operator= text_slice(operator, 1, operator.len);
    unsigned comparison = 0;
    assert_true(enum_find(&comparison_names, operator, false, &comparison));
    *k = (struct scope_criterion){
        .id = w->next_id++, .group = g->id, .comparison = (enum comparison)comparison, .case_sensitive = !any_case};
    enum data_type type;
    if (r->direction == DIRECTION_EXPORT) {
        const struct mv_attribute *at = mv_attribute_of(w, attribute);
        k->attribute = at->id;
        type = at->type;
    } else {
        const struct cs_type *t = config_cs_type(w->config, r->cs_type);
        const struct cs_attribute *at = config_cs_attribute_named(t, attribute);
        assert_non_null(at);
        k->attribute = at->id;
        type = at->type;
    }
    if (!next_word(&words, ' ', &value) || (type == TYPE_DATETIME && read_relative(value, k))) return;
    k->has_value = true;
    if (!value_read(w->a, type, value, &k->value)) k->value = (struct value){.type = TYPE_TEXT, .text = value};
}

struct scope_group *world_scope(struct world *w, const char *rule, const char *type, const char *criteria) {
    struct sync_rule *r = world_find_rule(w, rule);
    struct scope_group *g = LIST_ADD(w->config->a, &r->groups);
    *g = (struct scope_group){.id = w->next_id++, .rule = r->id, .type = strcmp(type, "Any") ? SCOPE_ALL : SCOPE_ANY};
    text rest = dup_text(w, criteria), one;
    while (next_word(&rest, ';', &one)) add_criterion(w, r, g, one);
    config_index(w->config);
    return &r->groups.at[r->groups.count - 1];
}

void world_delete_rule(struct world *w, const char *type, enum deletion_rule rule, enum deletion_trigger_mode mode,
                       const char *systems, int grace_days) {
    struct mv_type *t = world_mv_type_named(w, type);
    t->deletion_rule = rule;
    t->trigger_mode = mode;
    t->grace.ticks = grace_days * TICKS_PER_DAY;
    t->trigger_systems = (struct int32s){0};
    text rest = text_of(systems), name;
    while (next_word(&rest, ' ', &name)) {
        char zero[64];
        snprintf(zero, sizeof zero, "%.*s", TEXT_ARG(name));
        *LIST_ADD(w->config->a, &t->trigger_systems) = world_system_named(w, zero)->id;
    }
}

void world_days(struct world *w, int days) { w->now.ticks += days * TICKS_PER_DAY; }

/* ---- The examples of the specification ---- */

struct world *world_examples(void) {
    struct world *w = world_new();
    world_mv_type(w, "User");
    world_mv_type(w, "Group");
    world_mv_attributes(w, "Display_Name Employee_ID Department Job_Title Manager:Reference Employee_Start_Date:DateTime "
                           "Employee_End_Date:DateTime Email Phones:Text[] Members:Reference[]");
    world_system(w, "HR");
    world_type(w, "HR", "person",
               "hrId||employeeId displayName department title managerId:Reference startDate:DateTime endDate:DateTime mail:Text[] "
               "phones:Text[] alias");
    world_system(w, "AD");
    world_type(w, "AD", "user", "objectGUID:Guid|distinguishedName|employeeID department title manager:Reference");
    world_type(w, "AD", "group", "objectGUID:Guid|distinguishedName|cn member:Reference[]");
    world_rule(w, "R1", 'i', "HR", "person", "User", "p");
    world_map(w, "R1", "employeeId -> Employee_ID");
    world_map(w, "R1", "displayName -> Display_Name");
    world_map(w, "R1", "department -> Department");
    world_map(w, "R1", "title -> Job_Title");
    world_map(w, "R1", "managerId -> Manager");
    world_map(w, "R1", "startDate -> Employee_Start_Date");
    world_map(w, "R1", "endDate -> Employee_End_Date");
    world_match(w, "HR", "person", "employeeId", "User", "Employee_ID", true);
    world_match(w, "AD", "user", "employeeID", "User", "Employee_ID", true);
    world_rule(w, "R2", 'o', "AD", "user", "User", "p-");
    world_map(w, "R2", "=\"CN=\" + EscapeDN(mv[\"Display Name\"]) + \",OU=Staff,DC=x,DC=y\" -> distinguishedName")
        ->sources.at[0]
        .missing = MISSING_CONTRIBUTE_NO_VALUE;
    world_map(w, "R2", "Department -> department");
    return w;
}
