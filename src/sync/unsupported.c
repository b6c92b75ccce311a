/* What the engine would refuse object by object, told at once to whoever saves a configuration. */
#include "sync/plan.h"
#include "sync/scope.h"

#include "model/credentials.h"

static void say(arena *a, struct texts *out, text sentence) {
    if (text_is_null(sentence)) return;
    for (EACH(const text, known, out)) {
        if (text_equal(*known, sentence)) return;
    }
    *LIST_ADD(a, out) = arena_text(a, sentence);
}

static void check_credentials(arena *a, const struct plan_rule *rule, const struct plan_mapping *m, struct texts *out) {
    const struct cs_attribute *cs = NULL;
    int32_t id = rule->config->direction == DIRECTION_IMPORT ? m->source : m->target;
    for (EACH(const struct cs_attribute, at, &rule->cs_type->attributes)) cs = at->id == id ? at : cs;
    if (cs && is_credential_attribute(cs->name)) {
        say(a, out,
            arena_print(a, "Mapping %d of rule %.*s uses %.*s, which holds a credential.", m->id, TEXT_ARG(rule->config->name),
                        TEXT_ARG(cs->name)));
    }
}

static void check_mapping(arena *a, const struct plan_rule *rule, const struct plan_mapping *m, struct texts *out) {
    text name = rule->config->name;
    say(a, out, m->broken);
    if (m->config->source_type == MAPPING_ADVANCED) {
        say(a, out,
            arena_print(a, "Mapping %d of rule %.*s combines several sources; write one expression instead.", m->id,
                        TEXT_ARG(name)));
    }
    if (rule->config->direction == DIRECTION_EXPORT && m->never) {
        say(a, out, arena_print(a, "Mapping %d of rule %.*s writes a read-only attribute.", m->id, TEXT_ARG(name)));
    }
    check_credentials(a, rule, m, out);
}

static void check_rule(arena *a, const struct plan_rule *rule, struct texts *out) {
    say(a, out, rule->broken_scope);
    for (EACH(const struct plan_mapping, m, &rule->mappings)) check_mapping(a, rule, m, out);
    for (EACH(const struct plan_match, m, &rule->matches)) say(a, out, m->broken);
}

void sync_unsupported(arena *a, const struct config *c, struct texts *sentences) {
    OWNED(sync_plan) p = sync_plan_new(c);
    for (EACH(const struct connected_system, s, &c->systems)) {
        for (EACH(const struct cs_type, t, &s->types)) {
            const struct plan_type *type = plan_type_of(p, t->id);
            for (EACH(const struct plan_match, m, &type->matches)) say(a, sentences, m->broken);
            for (size_t i = 0; i < type->imports.count; i++) check_rule(a, type->imports.at[i], sentences);
            for (size_t i = 0; i < type->exports.count; i++) check_rule(a, type->exports.at[i], sentences);
        }
    }
}
