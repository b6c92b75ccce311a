/* Scoping criteria: operators, missing values, relative dates (sync-engine §9). */
#include "sync/scope.h"

#include "base/unicode.h"

/* Both texts folded when case is ignored, then compared bytewise. */
static bool compare_texts(arena *a, enum comparison comparison, text actual, text wanted, bool any_case) {
    if (any_case) {
        actual = text_fold(a, actual);
        wanted = text_fold(a, wanted);
    }
    switch (comparison) {
    case COMPARE_EQUALS:
        return text_equal(actual, wanted);
    case COMPARE_NOT_EQUALS:
        return !text_equal(actual, wanted);
    case COMPARE_STARTS_WITH:
        return text_starts_with(actual, wanted);
    case COMPARE_NOT_STARTS_WITH:
        return !text_starts_with(actual, wanted);
    case COMPARE_ENDS_WITH:
        return text_ends_with(actual, wanted);
    case COMPARE_NOT_ENDS_WITH:
        return !text_ends_with(actual, wanted);
    case COMPARE_CONTAINS:
        return text_find(actual, wanted) != SIZE_MAX;
    case COMPARE_NOT_CONTAINS:
        return text_find(actual, wanted) == SIZE_MAX;
    default:
        return false;
    }
}

static bool compare_order(enum comparison comparison, int order) {
    switch (comparison) {
    case COMPARE_EQUALS:
        return order == 0;
    case COMPARE_NOT_EQUALS:
        return order != 0;
    case COMPARE_LESS:
        return order < 0;
    case COMPARE_LESS_OR_EQUAL:
        return order <= 0;
    case COMPARE_GREATER:
        return order > 0;
    case COMPARE_GREATER_OR_EQUAL:
        return order >= 0;
    default:
        return false;
    }
}

/* A present value against a criterion without one. */
static bool compare_with_none(enum comparison comparison, enum data_type type) {
    if (type != TYPE_TEXT && type != TYPE_BOOLEAN && type != TYPE_GUID) return false;
    switch (comparison) {
    case COMPARE_NOT_EQUALS:
    case COMPARE_STARTS_WITH:
    case COMPARE_ENDS_WITH:
    case COMPARE_CONTAINS:
        return true;
    default:
        return false;
    }
}

static int64_t unit_ticks(enum relative_unit unit) {
    switch (unit) {
    case UNIT_HOURS:
        return 3600 * TICKS_PER_SECOND;
    case UNIT_WEEKS:
        return 7 * TICKS_PER_DAY;
    default:
        return TICKS_PER_DAY;
    }
}

instant scope_boundary(const struct scope_criterion *k, instant now) {
    int64_t steps = k->direction == RELATIVE_AGO ? -(int64_t)k->relative_count : k->relative_count;
    instant at = {0};
    bool calendar = k->unit == UNIT_MONTHS || k->unit == UNIT_YEARS;
    int64_t ticks;
    bool fits = calendar ? instant_add_months(now, k->unit == UNIT_YEARS ? steps * 12 : steps, &at)
                         : !__builtin_mul_overflow(steps, unit_ticks(k->unit), &ticks) && instant_add_ticks(now, ticks, &at);
    if (!fits) at.ticks = steps < 0 ? 0 : TICKS_MAX;
    return k->unit == UNIT_HOURS ? at : instant_floor_day(at);
}

bool scope_value_holds(arena *a, const struct scope_criterion *k, const struct value *actual) {
    if (actual->type != k->value.type) return false;
    if (actual->type == TYPE_TEXT) return compare_texts(a, k->comparison, actual->text, k->value.text, !k->case_sensitive);
    return compare_order(k->comparison, value_compare(actual, &k->value));
}

static bool criterion_holds(arena *a, const struct scope_criterion *k, const struct attributes *values, instant now) {
    const struct value *actual = attributes_first(values, k->attribute);
    if (k->mode == VALUE_RELATIVE) {
        if (!actual || actual->type != TYPE_DATETIME) return false;
        int64_t boundary = scope_boundary(k, now).ticks;
        return compare_order(k->comparison, (actual->integer > boundary) - (actual->integer < boundary));
    }
    if (!actual) return !k->has_value && k->comparison == COMPARE_EQUALS;
    if (!k->has_value) return compare_with_none(k->comparison, actual->type);
    return scope_value_holds(a, k, actual);
}

static bool group_holds(arena *a, const struct scope_group *g, const struct attributes *values, instant now) {
    if (!g->criteria.count && !g->children.count) return true;
    bool any = g->type == SCOPE_ANY;
    for (EACH(const struct scope_criterion, k, &g->criteria)) {
        if (criterion_holds(a, k, values, now) == any) return any;
    }
    for (size_t i = 0; i < g->children.count; i++) {
        if (group_holds(a, g->children.at[i], values, now) == any) return any;
    }
    return !any;
}

bool scope_holds(arena *a, const struct sync_rule *rule, const struct attributes *values, instant now) {
    for (size_t i = 0; i < rule->top_groups.count; i++) {
        if (group_holds(a, rule->top_groups.at[i], values, now)) return true;
    }
    return rule->top_groups.count == 0;
}

bool scope_is_relative(const struct sync_rule *rule) {
    for (EACH(const struct scope_group, g, &rule->groups)) {
        for (EACH(const struct scope_criterion, k, &g->criteria)) {
            if (k->mode == VALUE_RELATIVE) return true;
        }
    }
    return false;
}

bool scope_operator_fits(enum data_type type, enum comparison comparison) {
    bool equality = comparison == COMPARE_EQUALS || comparison == COMPARE_NOT_EQUALS;
    switch (type) {
    case TYPE_TEXT:
        return comparison >= COMPARE_EQUALS && comparison <= COMPARE_NOT_CONTAINS;
    case TYPE_NUMBER:
    case TYPE_LONG_NUMBER:
    case TYPE_DECIMAL:
    case TYPE_DATETIME:
        return equality || comparison >= COMPARE_LESS;
    case TYPE_BOOLEAN:
    case TYPE_GUID:
        return equality;
    default:
        return false;
    }
}

static text criterion_problem(arena *a, const struct config *c, const struct sync_rule *rule, const struct scope_criterion *k) {
    bool import = rule->direction == DIRECTION_IMPORT;
    const struct cs_attribute *cs = import ? config_cs_attribute(c, k->attribute) : NULL;
    const struct mv_attribute *mv = import ? NULL : config_mv_attribute(c, k->attribute);
    if (!cs && !mv)
        return arena_print(a, "A scoping criterion of rule %.*s names an attribute that does not exist.", TEXT_ARG(rule->name));
    text name = cs ? cs->name : mv->name;
    enum data_type type = cs ? cs->type : mv->type;
    if (!scope_operator_fits(type, k->comparison)) {
        return arena_print(a, "Scoping of rule %.*s: %s cannot be used with %.*s, which is %s.", TEXT_ARG(rule->name),
                           enum_name(&comparison_names, k->comparison), TEXT_ARG(name), enum_name(&data_type_names, type));
    }
    if (k->mode == VALUE_RELATIVE && (type != TYPE_DATETIME || k->has_value || k->relative_count < 0)) {
        return arena_print(
            a, "Scoping of rule %.*s: a relative date needs a DateTime attribute, a count of 0 or more and no value (%.*s).",
            TEXT_ARG(rule->name), TEXT_ARG(name));
    }
    if (k->mode == VALUE_ABSOLUTE && k->has_value && k->value.type != type) {
        return arena_print(a, "Scoping of rule %.*s: the value compared with %.*s is not of its type %s.", TEXT_ARG(rule->name),
                           TEXT_ARG(name), enum_name(&data_type_names, type));
    }
    return (text){0};
}

text scope_problem(arena *a, const struct config *c, const struct sync_rule *rule) {
    for (EACH(const struct scope_group, g, &rule->groups)) {
        for (EACH(const struct scope_criterion, k, &g->criteria)) {
            text problem = criterion_problem(a, c, rule, k);
            if (!text_is_null(problem)) return problem;
        }
    }
    return (text){0};
}
