/* Names, look-ups and checks of attributes for the parts of synchronisation rules. */
#include "api/rule_parts.h"

#include "model/credentials.h"

SHAPE(of_rule, NULL, FIELDS(FIELD(of_rule, rule, "syncRuleId")));

text mv_attribute_name(snapshot *s, int32_t id) {
    const struct mv_attribute *m = id ? config_mv_attribute(s, id) : NULL;
    return m ? m->name : (text){0};
}

text cs_attribute_name(snapshot *s, int32_t id) {
    const struct cs_attribute *m = id ? config_cs_attribute(s, id) : NULL;
    return m ? m->name : (text){0};
}

text mv_type_name(snapshot *s, int32_t id) {
    const struct mv_type *t = id ? config_mv_type(s, id) : NULL;
    return t ? t->name : (text){0};
}

text cs_type_name(snapshot *s, int32_t id) {
    const struct cs_type *t = id ? config_cs_type(s, id) : NULL;
    return t ? t->name : (text){0};
}

FALLIBLE find_mv_attribute(snapshot *s, int32_t id, const struct mv_attribute **out) {
    *out = config_mv_attribute(s, id);
    return *out ? NULL : FAIL(ERROR_NOT_FOUND, "There is no metaverse attribute %d.", id);
}

FALLIBLE find_cs_attribute(snapshot *s, int32_t id, const struct cs_attribute **out) {
    *out = config_cs_attribute(s, id);
    return *out ? NULL : FAIL(ERROR_NOT_FOUND, "There is no attribute %d of a connected system.", id);
}

static bool is_bound(const struct mv_attribute *m, int32_t mv_type) {
    for (EACH(const int32_t, t, &m->object_types))
        if (*t == mv_type) return true;
    return false;
}

static void check_common(struct call *c, const char *field, text name, enum data_type type) {
    if (is_credential_attribute(name))
        call_problem(c, field, "'%.*s' holds a credential; credentials are never read, mapped or written.", TEXT_ARG(name));
    if (type == TYPE_NOT_SET) call_problem(c, field, "'%.*s' has no type yet; set it first.", TEXT_ARG(name));
}

void check_mv_attribute(struct call *c, snapshot *s, const char *field, const struct mv_attribute *m, int32_t mv_type) {
    if (!is_bound(m, mv_type))
        call_problem(c, field, "'%.*s' is not an attribute of the metaverse object type '%.*s'.", TEXT_ARG(m->name),
                     TEXT_ARG(mv_type_name(s, mv_type)));
    check_common(c, field, m->name, m->type);
}

void check_cs_attribute(struct call *c, snapshot *s, const char *field, const struct cs_attribute *m, int32_t cs_type) {
    if (m->type_id != cs_type)
        call_problem(c, field, "'%.*s' is not an attribute of the object type '%.*s'.", TEXT_ARG(m->name),
                     TEXT_ARG(cs_type_name(s, cs_type)));
    check_common(c, field, m->name, m->type);
}

struct change_note rule_note(const struct sync_rule *r, enum activity_operation operation, text reason) {
    return (struct change_note){.target = TARGET_SYNC_RULE,
                                .operation = operation,
                                .name = r->name,
                                .reason = reason,
                                .system = r->system,
                                .rule = r->id,
                                .id = r->id};
}
