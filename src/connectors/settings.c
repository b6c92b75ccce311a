/* Setting values: look-up, defaults, stored forms. */
#include "connectors/settings.h"

#include "connectors/host.h"

text setting_text(const struct setting_values *values, int32_t id) {
    for (EACH(const struct setting_value, v, values))
        if (v->setting == id) return v->value;
    return (text){0};
}

bool setting_checked(const struct setting_values *values, int32_t id) {
    return text_equal_ascii_case(setting_text(values, id), T("true"));
}

int32_t setting_integer(const struct setting_values *values, int32_t id, int32_t otherwise) {
    int32_t value;
    return text_to_int32(setting_text(values, id), &value) ? value : otherwise;
}

error *setting_secret(const struct connector_use *use, arena *a, const struct setting_definition *s, text *plain) {
    text sealed = setting_text(&use->system->settings, s->id);
    *plain = sealed;
    if (text_is_empty(sealed) || !use->ctx->open_secret) return NULL;
    error *e = use->ctx->open_secret(use->ctx->state, a, sealed, plain);
    if (!e) return NULL;
    return error_make(ERROR_INVALID, e, __FILE__, __LINE__,
                      "The stored value of the setting \"%s\" cannot be opened; enter it again", s->name);
}

const struct setting_definition *setting_by_id(const struct connector_definition *d, int32_t id) {
    for (size_t i = 0; i < d->settings_count; i++)
        if (d->settings[i].id == id) return &d->settings[i];
    return NULL;
}

const struct setting_definition *setting_by_name(const struct connector_definition *d, text name) {
    for (size_t i = 0; i < d->settings_count; i++)
        if (text_equal_ascii_case(text_of(d->settings[i].name), name)) return &d->settings[i];
    return NULL;
}

text settings_integer(arena *a, int64_t value) { return arena_print(a, "%lld", (long long)value); }

text settings_checked(bool checked) { return checked ? T("true") : T("false"); }

void settings_defaults(arena *a, const struct connector_definition *d, struct setting_values *out) {
    for (size_t i = 0; i < d->settings_count; i++) {
        const struct setting_definition *s = &d->settings[i];
        if (s->type == SETTING_HEADING || s->type == SETTING_LABEL || s->type == SETTING_DIVIDER) continue;
        struct setting_value *v = LIST_ADD(a, out);
        v->setting = s->id;
        if (s->type == SETTING_CHECK_BOX)
            v->value = settings_checked(s->default_checked);
        else if (s->type == SETTING_INTEGER)
            v->value = s->has_default_integer ? settings_integer(a, s->default_integer) : (text){0};
        else
            v->value = text_of(s->default_text);
    }
}
