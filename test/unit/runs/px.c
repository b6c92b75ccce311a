/* The scripted connector of px.h. */
#include "px.h"

#include "connectors/context.h"
#include "connectors/file/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { SYSTEMS = 8 };
static struct {
    char name[32];
    struct px px;
} scripts[SYSTEMS];
static struct world *world; /* of the test that runs */

struct px *px_of(const char *system) {
    for (int i = 0; i < SYSTEMS; i++) {
        if (!scripts[i].name[0]) snprintf(scripts[i].name, sizeof scripts[i].name, "%s", system);
        if (!strcmp(scripts[i].name, system)) return &scripts[i].px;
    }
    return NULL;
}

void px_reset(struct world *w) {
    memset(scripts, 0, sizeof scripts);
    world = w;
}

static struct px *script_of(const struct connector_use *use) { return px_of(arena_cstring(world->a, use->system->name)); }

void px_page(struct world *w, const char *system, const char *objects) {
    *LIST_ADD(w->a, &px_of(system)->pages) = arena_text(w->a, text_of(objects));
}

void px_object(struct world *w, const char *system, const char *object) {
    *LIST_ADD(w->a, &px_of(system)->objects) = arena_text(w->a, text_of(object));
}

void px_remove(struct world *w, const char *system, const char *words) {
    struct texts *list = &px_of(system)->objects;
    size_t kept = 0;
    (void)w;
    for (size_t i = 0; i < list->count; i++)
        if (text_find(list->at[i], text_of(words)) == SIZE_MAX) list->at[kept++] = list->at[i];
    assert_int_equal(kept + 1, list->count);
    list->count = kept;
}

static int by_text(const void *x, const void *y) { return text_compare(*(const text *)x, *(const text *)y); }

static const char *joined(struct world *w, const struct texts *list) {
    text all = T("");
    for (EACH(const text, t, list)) all = arena_print(w->a, "%.*s%s%.*s", TEXT_ARG(all), all.len ? "\n" : "", TEXT_ARG(*t));
    return all.at;
}

const char *px_log(struct world *w, const char *system) {
    const char *all = joined(w, &px_of(system)->log);
    px_of(system)->log = (struct texts){0};
    return all;
}

const char *px_objects(struct world *w, const char *system) {
    struct texts *list = &px_of(system)->objects;
    if (list->count) qsort(list->at, list->count, sizeof *list->at, by_text);
    return joined(w, list);
}

/* ---- words ---- */

static bool next_part(text *rest, char separator, text *part) {
    if (text_is_null(*rest)) return false;
    size_t end = text_find_byte(*rest, separator);
    *part = end == SIZE_MAX ? *rest : text_slice(*rest, 0, end);
    *rest = end == SIZE_MAX ? (text){0} : text_slice(*rest, end + 1, rest->len);
    return true;
}

static text value_of(text object, text name) {
    text part, rest = object;
    while (next_part(&rest, ';', &part)) {
        size_t equal = text_find_byte(part, '=');
        if (equal != SIZE_MAX && text_equal(text_slice(part, 0, equal), name)) return text_slice(part, equal + 1, part.len);
    }
    return (text){0};
}

/* ---- import ---- */

static void read_attribute(arena *a, const struct cs_type *type, text part, struct import_object *o) {
    size_t equal = text_find_byte(part, '=');
    struct import_attribute *t = LIST_ADD(a, &o->attributes);
    t->name = text_slice(part, 0, equal);
    const struct cs_attribute *known = type ? config_cs_attribute_named(type, t->name) : NULL;
    text list = text_slice(part, equal + 1, part.len), one;
    if (known) t->values.attribute = known->id;
    t->unparsed = text_equal(list, T("?"));
    while (!t->unparsed && next_part(&list, '|', &one)) {
        struct value v = {.type = TYPE_TEXT, .text = one};
        if (known) assert_true(value_read(a, known->type, one, &v));
        *LIST_ADD(a, &t->values) = v;
    }
}

static void read_object(const struct connector_use *use, arena *a, text line, struct import_object *o) {
    text part, rest = line;
    *o = (struct import_object){.change = IMPORT_UPDATED};
    if (text_starts_with(rest, T("-"))) o->change = IMPORT_DELETED;
    if (text_starts_with(rest, T("!"))) o->error = IMPORT_ATTRIBUTE_VALUE, o->error_message = T("A value cannot be read.");
    if (text_starts_with(rest, T("?")))
        o->error = IMPORT_CONFIGURATION, o->error_message = T("The profile does not name its class.");
    if (o->change == IMPORT_DELETED || o->error) rest = text_slice(rest, 1, rest.len);
    next_part(&rest, ';', &o->type_name);
    o->type = config_cs_type_named(use->system, o->type_name);
    while (next_part(&rest, ';', &part)) read_attribute(a, o->type, part, o);
}

static error *open_import(const struct connector_use *use, const struct import_request *request) {
    struct px *px = script_of(use);
    (void)request;
    px->opened = true;
    px->closed = false;
    px->imported_pages = 0;
    return px->fail_to_open ? FAIL(ERROR_IO, "The scripted system cannot be reached.") : NULL;
}

static void deliver_objects(const struct connector_use *use, arena *a, struct px *px, int page, int per_page,
                            struct import_page *out) {
    size_t from = (size_t)(page * per_page), to = from + (size_t)per_page;
    for (size_t i = from; i < to && i < px->objects.count; i++) read_object(use, a, px->objects.at[i], LIST_ADD(a, &out->objects));
    if (to < px->objects.count) *LIST_ADD(a, &out->tokens) = (struct import_token){T("page"), arena_print(a, "%d", page + 1)};
}

static error *import_page(const struct connector_use *use, arena *a, const struct import_request *request,
                          struct import_page *out) {
    struct px *px = script_of(use);
    int32_t page = 0;
    if (request->tokens.count) assert_true(text_to_int32(request->tokens.at[0].value, &page));
    *LIST_ADD(world->a, &px->persisted_seen) = arena_text(world->a, request->persisted);
    if (px->at_page) px->at_page(world, page + 1);
    if (px->fail_at_page == page + 1) return FAIL(ERROR_IO, "The scripted system broke off.");
    px->imported_pages++;
    if (px->watermark) out->persisted = text_of(px->watermark);
    if (px->warning && page == 0) out->warning = text_of(px->warning);
    if (!px->pages.count) {
        deliver_objects(use, a, px, page, px->per_page ? px->per_page : request->profile->page_size, out);
        return NULL;
    }
    text line, rest = px->pages.at[page];
    while (rest.len && next_part(&rest, '\n', &line)) read_object(use, a, line, LIST_ADD(a, &out->objects));
    if ((size_t)page + 1 < px->pages.count)
        *LIST_ADD(a, &out->tokens) = (struct import_token){T("page"), arena_print(a, "%d", page + 1)};
    return NULL;
}

static error *close_import(const struct connector_use *use, arena *a, text *persisted) {
    (void)a, (void)persisted;
    script_of(use)->closed = true;
    return NULL;
}

/* ---- export ---- */

static const char *const signs[] = {"?", "+=", ":=", "-=", "~"};

static text change_text(arena *a, const struct export_attribute *c) {
    text v = c->has_value ? value_text(a, &c->value) : T("");
    return arena_print(a, "%.*s%s%.*s", TEXT_ARG(c->attribute->name), signs[c->change], TEXT_ARG(v));
}

/* "Update guid department:=IT": changes sorted. */
static text item_text(arena *a, const struct export_item *item) {
    struct texts parts = {0};
    for (EACH(const struct export_attribute, c, &item->changes)) *LIST_ADD(a, &parts) = change_text(a, c);
    if (parts.count) qsort(parts.at, parts.count, sizeof *parts.at, by_text);
    text who = item->external_id;
    if (text_is_null(who)) who = item->type->name;
    text all = arena_print(a, "%s %.*s", enum_name(&export_change_names, item->change), TEXT_ARG(who));
    for (EACH(const text, p, &parts)) all = arena_print(a, "%.*s %.*s", TEXT_ARG(all), TEXT_ARG(*p));
    return all;
}

/* One attribute of an object line set, with values by "|"; an empty one goes away. */
static text with_value(arena *a, text object, text name, text value) {
    text part, rest = object, out = {0};
    bool done = text_is_empty(value);
    while (next_part(&rest, ';', &part)) {
        size_t equal = text_find_byte(part, '=');
        if (equal != SIZE_MAX && text_equal(text_slice(part, 0, equal), name)) continue;
        out = text_is_null(out) ? part : arena_print(a, "%.*s;%.*s", TEXT_ARG(out), TEXT_ARG(part));
    }
    return done ? out : arena_print(a, "%.*s;%.*s=%.*s", TEXT_ARG(out), TEXT_ARG(name), TEXT_ARG(value));
}

static text without(arena *a, text list, text value) {
    text one, out = T("");
    while (list.len && next_part(&list, '|', &one))
        if (!text_equal(one, value)) out = arena_print(a, "%.*s%s%.*s", TEXT_ARG(out), out.len ? "|" : "", TEXT_ARG(one));
    return out;
}

static text changed(arena *a, const struct px *px, text object, const struct export_attribute *c) {
    text name = c->attribute->name, value = c->has_value ? value_text(a, &c->value) : T("");
    if (px->distort && text_equal(name, text_of(px->distort)) && value.len) value = arena_print(a, "%.*s?", TEXT_ARG(value));
    text before = value_of(object, name);
    if (c->change == CHANGE_ADD && before.len)
        value = arena_print(a, "%.*s|%.*s", TEXT_ARG(without(a, before, value)), TEXT_ARG(value));
    if (c->change == CHANGE_REMOVE) value = without(a, before, value);
    return with_value(a, object, name, value);
}

static text new_id(arena *a, struct px *px, const struct export_item *item) {
    for (EACH(const struct export_attribute, c, &item->changes))
        if (c->attribute->external_id) return value_text(a, &c->value);
    if (px->same_id) return text_of(px->same_id);
    if (item->type->external_id->type != TYPE_GUID) return arena_print(a, "new-%d", ++px->next_guid);
    return arena_print(a, "00000000-0000-0000-0000-%012d", ++px->next_guid);
}

static size_t place_of(const struct px *px, const struct export_item *item) {
    for (size_t i = 0; i < px->objects.count; i++)
        if (text_equal(value_of(px->objects.at[i], item->type->external_id->name), item->external_id)) return i;
    return SIZE_MAX;
}

static void carry_out(arena *a, struct px *px, const struct export_item *item, struct export_result *r) {
    bool create = item->change == EXPORT_CREATE;
    size_t at = create ? SIZE_MAX : place_of(px, item);
    *r = (struct export_result){.done = true, .error_message = T("There is no such object.")};
    if (!create && at == SIZE_MAX) return;
    *r = (struct export_result){.done = true, .success = true};
    if (item->change == EXPORT_DELETE) {
        px->objects.at[at] = px->objects.at[--px->objects.count];
        return;
    }
    text object = create ? item->type->name : px->objects.at[at];
    text id = create ? new_id(a, px, item) : item->external_id;
    if (create) object = with_value(a, object, item->type->external_id->name, id);
    for (EACH(const struct export_attribute, c, &item->changes)) object = changed(a, px, object, c);
    object = arena_text(world->a, object);
    if (create)
        *LIST_ADD(world->a, &px->objects) = object;
    else
        px->objects.at[at] = object;
    r->external_id = id;
    if (item->type->secondary) r->secondary_external_id = value_of(object, item->type->secondary->name);
    if (text_is_empty(r->secondary_external_id)) r->secondary_external_id = (text){0};
}

static bool says(text item, const char *words) { return words && text_find(item, text_of(words)) != SIZE_MAX; }

static error *export_batch(const struct connector_use *use, arena *a, const struct export_item *items, size_t count,
                           struct export_result *results) {
    struct px *px = script_of(use);
    px->batches++;
    if (px->at_batch) px->at_batch(world, px->batches);
    bool breaks = px->break_at && px->batches >= px->break_at && px->batches < px->break_at + px->break_times;
    for (size_t i = 0; i < count; i++) {
        if (breaks && i == (size_t)px->break_after_items) return FAIL(px->break_kind, "The scripted system broke off.");
        text said = item_text(a, &items[i]);
        *LIST_ADD(world->a, &px->log) = arena_text(world->a, said);
        if (says(said, px->refuse))
            results[i] = (struct export_result){.done = true, .error_message = T("Refused by the script.")};
        else if (says(said, px->refuse_as_id))
            results[i] = (struct export_result){
                .done = true, .error = EXPORT_ERROR_INVALID_ID, .error_message = T("The id cannot be used.")};
        else
            carry_out(a, px, &items[i], &results[i]);
    }
    return NULL;
}

const struct connector_definition px_connector = {
    .id = PX_ID,
    .name = "JIM PX",
    .label = "PX",
    .description = "A scripted system.",
    .can = {.full_import = true, .delta_import = true, .export = true, .paging = true, .secondary_external_id = true},
    .ops = {.open_import = open_import, .import_page = import_page, .close_import = close_import, .export_batch = export_batch},
};
