/* The connectors between the engine and its simulated systems. */
#include "engine_private.h"

#include <stdlib.h>
#include <string.h>

enum { SIM_ID = 901, SIM_CONFIRMING_ID = 902 };

struct engine *sim_engine;
static struct delivery delivery; /* of the import under way */
static char watermark[24];

static int place(const struct connector_use *use) {
    for (int i = 0; i < SYSTEMS; i++)
        if (sim_engine->systems[i] == use->system->id) return i;
    abort();
}

static error *open_import(const struct connector_use *use, const struct import_request *request) {
    struct sim *s = &sim_engine->sim[place(use)];
    int64_t after = 0;
    if (!text_is_null(request->persisted)) text_to_int64(request->persisted, &after);
    sim_deliver(s, request->profile->type == RUN_DELTA_IMPORT, (long)after, &delivery);
    snprintf(watermark, sizeof watermark, "%ld", s->version);
    return NULL;
}

static void give(arena *a, const struct connector_use *use, const struct delivered *d, struct import_object *out) {
    int system = place(use);
    out->type = config_cs_type(sim_engine->c, sim_engine->cs_types[system][d->object->type]);
    out->type_name = out->type->name;
    out->change = d->deleted ? IMPORT_DELETED : IMPORT_UPDATED;
    for (int at = 0; at < ATTRS; at++) {
        const struct words *w = &d->object->values[at];
        const struct cs_attribute *known = &out->type->attributes.at[at];
        if (!w->n) continue;
        struct import_attribute *t = LIST_ADD(a, &out->attributes);
        t->name = known->name;
        t->values.attribute = known->id;
        for (int i = 0; i < w->n; i++) {
            struct value *v = LIST_ADD(a, &t->values);
            if (!value_read(a, known->type, text_of(w->at[i]), v)) abort();
        }
    }
}

static error *import_page(const struct connector_use *use, arena *a, const struct import_request *request,
                          struct import_page *out) {
    int32_t page = 0, size = request->profile->page_size;
    if (request->tokens.count && !text_to_int32(request->tokens.at[0].value, &page)) abort();
    int from = page * size, count = delivery.count - from < size ? delivery.count - from : size;
    for (int i = 0; i < count; i++) {
        const int places[] = {i, count - 1 - i, (i + count / 2) % count};
        give(a, use, &delivery.at[from + places[sim_engine->variation.order]], LIST_ADD(a, &out->objects));
    }
    if ((page + 1) * size < delivery.count)
        *LIST_ADD(a, &out->tokens) = (struct import_token){T("page"), arena_print(a, "%d", page + 1)};
    out->persisted = text_of(watermark);
    return NULL;
}

static void write_one(arena *a, const struct connector_use *use, const struct export_item *item, struct export_result *out) {
    struct engine *e = sim_engine;
    int system = place(use);
    struct sim_write w = {.what = item->change};
    const char *id = NULL, *dn = NULL;
    for (int t = 0; t < TYPES; t++)
        if (e->cs_types[system][t] == item->type->id) w.type = t;
    if (!text_is_null(item->external_id)) w.id = intern(item->external_id.at, item->external_id.len);
    for (EACH(const struct export_attribute, c, &item->changes)) {
        struct sim_change *k = &w.changes[w.count++];
        k->attr = (int)(c->attribute - item->type->attributes.at);
        k->how = c->change;
        text t = !c->has_value ? (text){0} : c->value.type == TYPE_REFERENCE ? c->value.reference.raw : value_text(a, &c->value);
        k->word = text_is_null(t) ? NULL : intern(t.at, t.len);
    }
    out->done = true;
    out->success = sim_write(&e->sim[system], &w, &id, &dn);
    if (!out->success) out->error_message = T("Refused by the story.");
    if (out->success && id) out->external_id = text_of(id);
    if (out->success && dn && item->type->secondary) out->secondary_external_id = text_of(dn);
}

static error *export_batch(const struct connector_use *use, arena *a, const struct export_item *items, size_t count,
                           struct export_result *results) {
    for (size_t i = 0; i < count; i++) write_one(a, use, &items[i], &results[i]);
    return NULL;
}

static bool always(const struct connected_system *s) {
    (void)s;
    return true;
}

#define CAN .can = {.full_import = true, .delta_import = true, .export = true, .paging = true, .secondary_external_id = true}
const struct connector_definition sim_connector = {
    .id = SIM_ID,
    .name = "Sim",
    .label = "Sim",
    .description = "A simulated system.",
    CAN,
    .ops = {.open_import = open_import, .import_page = import_page, .export_batch = export_batch},
};
const struct connector_definition sim_confirming = {
    .id = SIM_CONFIRMING_ID,
    .name = "Sure sim",
    .label = "Sure sim",
    .description = "A simulated system that confirms its own writes.",
    .can = {.full_import = true,
            .delta_import = true,
            .export = true,
            .paging = true,
            .secondary_external_id = true,
            .auto_confirm_export = true},
    .ops = {.open_import = open_import, .import_page = import_page, .export_batch = export_batch, .auto_confirms = always},
};
