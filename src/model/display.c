/* What objects are called, and the texts of their external ids (sync-engine §2.2, §2.4). */
#include "base/unicode.h"
#include "model/document.h"
#include "model/ids.h"

/* The first value's canonical text, or null when there is none or it is blank. */
static text shown(arena *a, const struct attributes *values, int32_t attribute) {
    const struct value *v = attributes_first(values, attribute);
    text t = v ? value_text(a, v) : (text){0};
    return text_is_null(t) || text_is_blank(t) ? (text){0} : t;
}

static text id_text(arena *a, enum id_kind kind, int64_t id) {
    char out[36];
    uuid_write(id_to_uuid(kind, id), out);
    return arena_text(a, (text){out, sizeof out});
}

text mvo_display_name(arena *a, const struct config *c, const struct mvo *o) {
    for (size_t i = 0; i < sizeof c->display / sizeof c->display[0]; i++) {
        text t = c->display[i] ? shown(a, &o->values, c->display[i]->id) : (text){0};
        if (!text_is_null(t)) return t;
    }
    return id_text(a, ID_MVO, o->id);
}

text cso_display_name(arena *a, const struct config *c, const struct cso *o) {
    const struct cs_type *type = config_cs_type(c, o->type);
    for (size_t i = 0; type && i < sizeof type->display / sizeof type->display[0]; i++) {
        text t = type->display[i] ? shown(a, &o->values, type->display[i]->id) : (text){0};
        if (!text_is_null(t)) return t;
    }
    if (o->external_id.len) return o->external_id;
    if (o->secondary_external_id.len) return o->secondary_external_id;
    return id_text(a, ID_CSO, o->id);
}

static text first_text(arena *a, const struct cs_attribute *attribute, const struct attributes *values) {
    const struct value *v = attribute ? attributes_first(values, attribute->id) : NULL;
    return v ? value_text(a, v) : (text){0};
}

text cso_external_id(arena *a, const struct cs_type *t, const struct attributes *values) {
    return first_text(a, t->external_id, values);
}

text cso_secondary_id(arena *a, const struct cs_type *t, const struct attributes *values) {
    return first_text(a, t->secondary, values);
}
