/* The generic validation of settings (connectors §3.2, §3.3): conditions, required settings, groups, and the form of each value. */
#include "connectors/host.h"
#include "connectors/settings.h"

struct check {
    arena *a;
    const struct connector_definition *d;
    const struct setting_values *values;
    struct validation_results *out;
};

static void problem(const struct check *c, const struct setting_definition *s, text message) {
    *LIST_ADD(c->a, c->out) = (struct validation_result){.message = message, .setting = text_of(s ? s->name : NULL)};
}

/* The value that counts: a check box is never absent. */
static text current(const struct check *c, const struct setting_definition *s) {
    text v = setting_text(c->values, s->id);
    return s->type == SETTING_CHECK_BOX && text_is_empty(v) ? settings_checked(s->default_checked) : v;
}

/* Whether the setting's condition is met, all along the chain of conditions; a circle of conditions is never met. */
static bool applies(const struct check *c, const struct setting_definition *s) {
    for (size_t steps = 0; s->when_setting; steps++) {
        const struct setting_definition *other = setting_by_name(c->d, text_of(s->when_setting));
        if (!other || steps > c->d->settings_count) return false;
        bool met = false;
        for (const char *const *v = s->when_values; v && *v && !met; v++)
            met = text_equal_ascii_case(current(c, other), text_of(*v));
        if (!met) return false;
        s = other;
    }
    return true;
}

static bool is_text(enum setting_type t) {
    return t == SETTING_STRING || t == SETTING_STRING_ENCRYPTED || t == SETTING_DROP_DOWN || t == SETTING_FILE;
}

static bool is_present(const struct check *c, const struct setting_definition *s) {
    if (!is_text(s->type) && s->type != SETTING_INTEGER) return true;
    return !text_is_empty(text_trim_ascii(current(c, s)));
}

/* A group asks for what an administrator gave, so a check box counts only when it differs from its default. */
static bool is_supplied(const struct check *c, const struct setting_definition *s) {
    if (s->type == SETTING_CHECK_BOX) return !text_equal_ascii_case(current(c, s), settings_checked(s->default_checked));
    return !text_is_empty(text_trim_ascii(current(c, s)));
}

static void check_group(const struct check *c, const struct setting_definition *first) {
    OWNED_VALUE(buffer) names = {.max = 4096};
    size_t members = 0, supplied = 0;
    for (size_t i = 0; i < c->d->settings_count; i++) {
        const struct setting_definition *s = &c->d->settings[i];
        if (!s->group || strcmp(s->group, first->group) != 0 || !applies(c, s)) continue;
        buffer_print(&names, "%s\"%s\"", members++ ? ", " : "", s->name);
        supplied += is_supplied(c, s);
    }
    bool exactly = first->cardinality == EXACTLY_ONE;
    if (members == 0 || supplied == 1 || (supplied > 1 && !exactly)) return;
    problem(
        c, first,
        arena_print(c->a, "Give %s one of the settings %.*s.", exactly ? "exactly" : "at least", TEXT_ARG(buffer_as_text(&names))));
}

static bool is_first_of_group(const struct connector_definition *d, const struct setting_definition *s) {
    for (const struct setting_definition *before = d->settings; before < s; before++)
        if (before->group && strcmp(before->group, s->group) == 0) return false;
    return true;
}

static bool has_control_characters(text t, bool lines_allowed) {
    for (size_t i = 0; i < t.len; i++) {
        unsigned char byte = (unsigned char)t.at[i];
        if ((byte < 0x20 || byte == 0x7f) && !(lines_allowed && (byte == '\n' || byte == '\r' || byte == '\t'))) return true;
    }
    return false;
}

static bool is_offered(const struct setting_definition *s, text value) {
    for (const char *const *v = s->drop_down; v && *v; v++)
        if (text_equal(text_of(*v), value)) return true;
    return false;
}

static void check_integer(const struct check *c, const struct setting_definition *s, text value) {
    int32_t n;
    if (!text_to_int32(value, &n))
        problem(c, s, arena_print(c->a, "\"%s\" must be a whole number.", s->name));
    else if (s->maximum > s->minimum && (n < s->minimum || n > s->maximum))
        problem(c, s, arena_print(c->a, "\"%s\" must be between %d and %d.", s->name, s->minimum, s->maximum));
}

static void check_form(const struct check *c, const struct setting_definition *s) {
    text value = setting_text(c->values, s->id);
    if (text_is_empty(value)) return;
    if (s->type == SETTING_INTEGER) {
        check_integer(c, s, value);
    } else if (s->type == SETTING_CHECK_BOX) {
        if (!text_equal_ascii_case(value, T("true")) && !text_equal_ascii_case(value, T("false")))
            problem(c, s, arena_print(c->a, "\"%s\" must be true or false.", s->name));
    } else if (s->type == SETTING_DROP_DOWN && !is_offered(s, value)) {
        problem(c, s, arena_print(c->a, "\"%s\" does not offer this value; choose one of the list.", s->name));
    } else if (has_control_characters(value, s->type == SETTING_TEXT)) {
        problem(c, s, arena_print(c->a, "\"%s\" must not hold control characters.", s->name));
    }
}

void settings_validate(arena *a, const struct connector_definition *d, const struct setting_values *values,
                       struct validation_results *out) {
    const struct check c = {a, d, values, out};
    for (EACH(const struct setting_value, v, values))
        if (!setting_by_id(d, v->setting))
            problem(&c, NULL, arena_print(a, "There is no setting with the id %d in \"%s\".", v->setting, d->label));
    for (size_t i = 0; i < d->settings_count; i++) {
        const struct setting_definition *s = &d->settings[i];
        check_form(&c, s);
        if (s->group) {
            if (is_first_of_group(d, s)) check_group(&c, s);
        } else if ((s->required || s->when_setting) && applies(&c, s) && !is_present(&c, s)) {
            problem(&c, s, arena_print(a, "\"%s\" is required.", s->name));
        }
    }
}
