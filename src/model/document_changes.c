/* Staged changes and outcome trees as documents; enumerations travel as their numbers, which never change. */
#include "base/json.h"
#include "model/document.h"
#include "model/document_text.h"

/* Members of one change: a attribute, c change, s status, v value, m referenced MVO, n attempts, e exported, l last imported, d
 * drift. */
static void write_change(struct json_writer *w, const struct staged_change *change) {
    json_object(w);
    json_name(w, T("a")), json_int(w, change->attribute);
    json_name(w, T("c")), json_int(w, change->change);
    if (change->status) json_name(w, T("s")), json_int(w, change->status);
    if (change->has_value) {
        OWNED_VALUE(buffer) v = {.max = w->out->max};
        document_value(&v, &change->value, false);
        if (v.overflow) w->out->overflow = true;
        json_name(w, T("v")), json_raw(w, buffer_as_text(&v));
    }
    if (change->reference_mvo) json_name(w, T("m")), json_int(w, change->reference_mvo);
    if (change->attempts) json_name(w, T("n")), json_int(w, change->attempts);
    if (change->exported.ticks) json_name(w, T("e")), json_int(w, change->exported.ticks);
    if (!text_is_null(change->last_imported)) json_name(w, T("l")), json_string(w, change->last_imported);
    if (change->drift) json_name(w, T("d")), json_bool(w, true);
    json_object_end(w);
}

void document_write_changes(struct buffer *out, const struct staged_changes *changes) {
    struct json_writer w = {.out = out};
    json_array(&w);
    for (EACH(const struct staged_change, change, changes)) write_change(&w, change);
    json_array_end(&w);
}

/* An integer member, 0 when absent or not one. */
static int64_t int_member(const struct json *object, text name) {
    int64_t n = 0;
    const struct json *v = json_member(object, name);
    return v && json_int64(v, &n) ? n : 0;
}

static text string_member(const struct json *object, text name) {
    const struct json *v = json_member(object, name);
    return v && v->kind == JSON_STRING ? v->content : (text){0};
}

static bool true_member(const struct json *object, text name) {
    const struct json *v = json_member(object, name);
    return v && v->kind == JSON_BOOL && v->truth;
}

static bool reference_from(const struct json *v, struct value *out) {
    if (v->kind == JSON_STRING) out->reference.raw = v->content;
    if (v->kind == JSON_STRING || v->kind == JSON_NULL) return true;
    if (v->kind != JSON_ARRAY || v->count != 2) return false;
    if (v->first->kind == JSON_STRING) out->reference.raw = v->first->content;
    return json_int64(v->first->next, &out->reference.target);
}

bool document_value_read(arena *a, enum data_type type, const struct json *v, struct value *out) {
    *out = (struct value){.type = type};
    switch (type) {
    case TYPE_REFERENCE:
        return reference_from(v, out);
    case TYPE_BOOLEAN:
        out->integer = v->truth;
        return v->kind == JSON_BOOL;
    case TYPE_NUMBER:
    case TYPE_LONG_NUMBER:
    case TYPE_DATETIME:
        return v->kind == JSON_NUMBER && json_int64(v, &out->integer);
    default:
        return v->kind == JSON_STRING && value_read(a, type, v->content, out);
    }
}

static FALLIBLE read_change(arena *a, const struct config *c, const struct json *item, struct staged_change *change) {
    *change = (struct staged_change){
        .attribute = (int32_t)int_member(item, T("a")),
        .change = (enum attribute_change)int_member(item, T("c")),
        .status = (enum attribute_change_status)int_member(item, T("s")),
        .reference_mvo = int_member(item, T("m")),
        .attempts = (int32_t)int_member(item, T("n")),
        .exported = {int_member(item, T("e"))},
        .last_imported = string_member(item, T("l")),
        .drift = true_member(item, T("d")),
    };
    const struct cs_attribute *attribute = config_cs_attribute(c, change->attribute);
    if (!attribute) return FAIL(ERROR_CORRUPT, "a staged change names attribute %d, which is not configured", change->attribute);
    if ((unsigned)change->change >= attribute_change_names.count || (unsigned)change->status >= attribute_change_status_names.count)
        return FAIL(ERROR_CORRUPT, "a staged change of attribute %d is malformed", change->attribute);
    const struct json *value = json_member(item, T("v"));
    change->has_value = value != NULL;
    if (value && !document_value_read(a, attribute->type, value, &change->value))
        return FAIL(ERROR_CORRUPT, "a staged change of attribute %d has a value of another type", change->attribute);
    return NULL;
}

/* ---- Documents of many changes: read one by one, because a tree of half a million takes more memory than they do ---- */

enum { MANY_BYTES = 1 << 16 };

/* The next element of an array, without what closes it; null at the end, or where there is none. */
static text next_element(text *rest) {
    size_t depth = 0, i = 0;
    for (bool quoted = false; i < rest->len; i++) {
        char c = rest->at[i];
        if (quoted && c == '\\') i++;
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        depth += c == '{' || c == '[';
        if (!depth) break;
        depth -= c == '}' || c == ']';
        if (!depth) break;
    }
    if (i >= rest->len || rest->at[i] != '}') return (text){0};
    text element = text_slice(*rest, 0, i + 1);
    *rest = text_slice(*rest, i + 1, rest->len);
    return element;
}

/* What stands in the document stays there; what was made of escapes moves from the memory of one change. */
static text lasting(arena *a, text document, text t) {
    bool within = t.at >= document.at && t.at < document.at + document.len;
    return within ? t : arena_text(a, t);
}

static FALLIBLE read_element(arena *a, arena *scratch, const struct config *c, text document, text element,
                             struct staged_change *change) {
    const struct json *tree;
    error *e = json_read(scratch, element, (struct json_limits){0}, &tree, NULL);
    if (e) return error_make(ERROR_CORRUPT, e, __FILE__, __LINE__, "a stored change of a pending export is malformed");
    TRY(read_change(a, c, tree, change));
    change->last_imported = lasting(a, document, change->last_imported);
    if (change->value.type == TYPE_REFERENCE) change->value.reference.raw = lasting(a, document, change->value.reference.raw);
    if (change->value.type == TYPE_TEXT) change->value.text = lasting(a, document, change->value.text);
    return NULL;
}

static size_t count_elements(text rest) {
    size_t count = 0;
    for (; !text_is_null(next_element(&rest)); count++)
        if (rest.len) rest = text_slice(rest, 1, rest.len);
    return count;
}

static FALLIBLE read_many(arena *a, const struct config *c, text document, struct staged_changes *out) {
    OWNED(arena) scratch = arena_new((size_t)1 << 30);
    text rest = text_slice(document, 1, document.len);
    out->room = count_elements(rest);
    out->at = ARENA_ARRAY(a, struct staged_change, out->room + 1);
    for (size_t most = out->room; out->count < most;) {
        text element = next_element(&rest);
        TRY(read_element(a, scratch, c, document, element, &out->at[out->count++]));
        arena_reset(scratch);
        if (rest.len && rest.at[0] == ',') rest = text_slice(rest, 1, rest.len);
    }
    return text_equal(rest, T("]")) ? NULL : FAIL(ERROR_CORRUPT, "the stored changes of a pending export are malformed");
}

FALLIBLE document_read_changes(arena *a, const struct config *c, text document, struct staged_changes *out) {
    const struct json *tree;
    *out = (struct staged_changes){0};
    if (document.len > MANY_BYTES && document.at[0] == '[') return read_many(a, c, document, out);
    error *e = json_read(a, document, (struct json_limits){0}, &tree, NULL);
    if (e) return error_make(ERROR_CORRUPT, e, __FILE__, __LINE__, "the stored changes of a pending export are malformed");
    for (EACH_JSON(item, tree)) TRY(read_change(a, c, item, LIST_ADD(a, out)));
    return NULL;
}

/* Members of one node: t type, y system, o object (v: it is an MVO), d description, r rule, n its name, c count, x message,
 * k children. */
static void write_nodes(struct json_writer *w, const struct outcome_node *node, unsigned depth) {
    json_array(w);
    for (; node; node = node->next) {
        json_object(w);
        json_name(w, T("t")), json_int(w, node->type);
        if (node->target_system) json_name(w, T("y")), json_int(w, node->target_system);
        if (node->target) json_name(w, T("o")), json_int(w, node->target);
        if (node->target_is_mvo) json_name(w, T("v")), json_bool(w, true);
        if (!text_is_null(node->target_description)) json_name(w, T("d")), json_string(w, node->target_description);
        if (node->rule) json_name(w, T("r")), json_int(w, node->rule);
        if (!text_is_null(node->rule_name)) json_name(w, T("n")), json_string(w, node->rule_name);
        if (node->count >= 0) json_name(w, T("c")), json_int(w, node->count);
        if (!text_is_null(node->message)) json_name(w, T("x")), json_string(w, node->message);
        if (node->children && depth > 0) {
            json_name(w, T("k"));
            write_nodes(w, node->children, depth - 1);
        }
        json_object_end(w);
    }
    json_array_end(w);
}

enum { OUTCOME_DEPTH = 24 }; /* two levels of JSON each; real trees have four levels */

void document_write_outcomes(struct buffer *out, const struct outcome_node *roots) {
    struct json_writer w = {.out = out};
    write_nodes(&w, roots, OUTCOME_DEPTH);
}

static FALLIBLE read_nodes(arena *a, const struct json *list, struct outcome_node **out) {
    *out = NULL;
    for (EACH_JSON(item, list)) {
        struct outcome_node *node = *out = ARENA_NEW(a, struct outcome_node);
        const struct json *count = json_member(item, T("c"));
        int64_t type = int_member(item, T("t"));
        if (item->kind != JSON_OBJECT || type < 0 || (size_t)type >= outcome_names.count)
            return FAIL(ERROR_CORRUPT, "a stored outcome is malformed at byte %u", item->offset);
        *node = (struct outcome_node){
            .type = (enum outcome)type,
            .target_system = (int32_t)int_member(item, T("y")),
            .target = int_member(item, T("o")),
            .target_is_mvo = true_member(item, T("v")),
            .target_description = string_member(item, T("d")),
            .rule = (int32_t)int_member(item, T("r")),
            .rule_name = string_member(item, T("n")),
            .count = count ? (int32_t)int_member(item, T("c")) : -1,
            .message = string_member(item, T("x")),
        };
        TRY(read_nodes(a, json_member(item, T("k")), &node->children));
        out = &node->next;
    }
    return NULL;
}

FALLIBLE document_read_outcomes(arena *a, text document, struct outcome_node **out) {
    const struct json *tree;
    *out = NULL;
    error *e = json_read(a, document, (struct json_limits){0}, &tree, NULL);
    if (e) return error_make(ERROR_CORRUPT, e, __FILE__, __LINE__, "the stored outcomes of an item are malformed");
    return read_nodes(a, tree, out);
}
