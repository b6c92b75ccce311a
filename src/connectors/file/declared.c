/* A parser of lines. */
#include "connectors/file/declared.h"

#include "base/unicode.h"
#include "model/credentials.h"

/* Cuts the text before the first `mark` off *rest; the whole when there is none. */
static text cut(text *rest, char mark) {
    size_t at = text_find_byte(*rest, mark);
    bool last = at == SIZE_MAX;
    text head = text_slice(*rest, 0, last ? rest->len : at);
    *rest = last ? T("") : text_slice(*rest, at + 1, rest->len);
    return head;
}

static bool drop_ending(text *t, text ending) {
    *t = text_trim_ascii(*t);
    if (!text_ends_with(*t, ending)) return false;
    *t = text_trim_ascii(text_slice(*t, 0, t->len - ending.len));
    return true;
}

static void read_marks(text *t, bool *external_id, bool *multi) {
    for (bool more = true; more;) {
        more = false;
        if (drop_ending(t, T("!"))) *external_id = more = true;
        if (drop_ending(t, T("[]"))) *multi = more = true;
    }
}

static error *read_type(int line, text name, struct schema_attribute *out) {
    unsigned type;
    if (text_is_empty(name)) return NULL;
    if (!enum_find(&data_type_names, name, true, &type) || type == TYPE_NOT_SET)
        return FAIL(
            ERROR_INVALID,
            "line %d: \"%.*s\" is no type; use Text, Number, LongNumber, Decimal, Boolean, DateTime, Guid, Binary or Reference.",
            line, TEXT_ARG(name));
    out->type = (enum data_type)type;
    return NULL;
}

static error *check_attribute(int line, const struct schema_type *t, const struct schema_attribute *c, bool external_id) {
    static const unsigned id_types =
        1U << TYPE_TEXT | 1U << TYPE_NUMBER | 1U << TYPE_LONG_NUMBER | 1U << TYPE_DECIMAL | 1U << TYPE_GUID;
    if (text_is_empty(c->name)) return FAIL(ERROR_INVALID, "line %d: an attribute has no name.", line);
    if (is_credential_attribute(c->name))
        return FAIL(ERROR_INVALID, "line %d: \"%.*s\" is a credential, which is never managed.", line, TEXT_ARG(c->name));
    for (EACH(const struct schema_attribute, other, &t->attributes))
        if (text_equal_fold(other->name, c->name))
            return FAIL(ERROR_INVALID, "line %d: \"%.*s\" is declared twice.", line, TEXT_ARG(c->name));
    if (!external_id) return NULL;
    if (!text_is_null(t->external_id)) return FAIL(ERROR_INVALID, "line %d: two attributes are marked as external id.", line);
    if (c->plurality == MULTI_VALUED || !(id_types & 1U << c->type))
        return FAIL(ERROR_INVALID,
                    "line %d: the external id must have one value of the type Text, Number, LongNumber, Decimal or Guid.", line);
    return NULL;
}

static error *read_attribute(arena *a, int line, text source, struct schema_type *t) {
    struct schema_attribute c = {.type = TYPE_TEXT, .plurality = SINGLE_VALUED, .writability = WRITABLE};
    bool external_id = false, multi = false;
    read_marks(&source, &external_id, &multi);
    text name = cut(&source, ':');
    TRY(read_type(line, text_trim_ascii(source), &c));
    read_marks(&name, &external_id, &multi);
    c.name = text_trim_ascii(name);
    c.required = external_id;
    if (multi) c.plurality = MULTI_VALUED;
    TRY(check_attribute(line, t, &c, external_id));
    if (external_id) t->external_id = c.name;
    *LIST_ADD(a, &t->attributes) = c;
    return NULL;
}

static error *read_line(arena *a, int line, text source, struct connector_schema *out) {
    bool has_list = text_find_byte(source, '=') != SIZE_MAX;
    struct schema_type t = {.name = text_trim_ascii(cut(&source, '='))};
    if (!has_list || text_is_empty(t.name) || text_is_empty(text_trim_ascii(source)))
        return FAIL(ERROR_INVALID, "line %d: write an object type, an equals sign, and its attributes: user = dn!, mail[].", line);
    for (EACH(const struct schema_type, other, &out->types))
        if (text_equal_fold(other->name, t.name))
            return FAIL(ERROR_INVALID, "line %d: the object type \"%.*s\" is declared twice.", line, TEXT_ARG(t.name));
    while (!text_is_empty(source)) TRY(read_attribute(a, line, cut(&source, ','), &t));
    *LIST_ADD(a, &out->types) = t;
    return NULL;
}

error *declared_schema_read(arena *a, text source, struct connector_schema *out) {
    *out = (struct connector_schema){0};
    for (int line = 1; !text_is_empty(source); line++) {
        text content = text_trim_ascii(cut(&source, '\n'));
        if (!text_is_empty(content)) TRY_OR(read_line(a, line, content, out), "The setting \"Declared Schema\" cannot be read");
    }
    if (out->types.count == 0) return FAIL(ERROR_INVALID, "The setting \"Declared Schema\" declares no object type.");
    return NULL;
}
