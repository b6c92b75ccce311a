/* The resource /tenants/{tenantId}/core-templates: metaverse objects as searches see them (public-data-api.md §7.1, §8). */
#include "api/resources.h"
#include "api/search_items.h"
#include "model/credentials.h"

/* ---- what travels ---- */

struct core_template {
    struct public_head head;
    bool standard;
    struct core_template_facts facts;
};
static SHAPE(core_template, "CoreTemplate",
             FIELDS(EMBED(core_template, head, public_head),
                    FIELD(core_template, standard, "isDefault", .doc = "Of an object type by itself; it cannot be changed."),
                    EMBED(core_template, facts, core_template_facts)),
             .doc = "A typed list of fields over the objects of one metaverse type.");
struct core_templates LIST(struct core_template);
struct core_template_page PAGE_OF(core_template);
static PAGE_SHAPE(core_template_page, core_template, "PageOfCoreTemplate");

struct core_template_save {
    int32_t tenant_id, id;
    struct core_template_facts facts;
    text if_match, change_reason;
};
static SHAPE(core_template_save, "CoreTemplateRequest",
             FIELDS(FIELD(core_template_save, tenant_id, "tenantId"), FIELD(core_template_save, id, "id"),
                    EMBED(core_template_save, facts, core_template_facts),
                    FIELD(core_template_save, if_match, "If-Match", .header = true),
                    CHANGE_REASON(core_template_save, change_reason)));

/* ---- what is done ---- */

static FALLIBLE read(arena *a, const struct public_item *i, struct core_template *out) {
    return public_document_read(a, i, &core_template_facts_shape, &out->head, &out->facts);
}

static void standard_of(arena *a, snapshot *s, int32_t tenant, const struct mv_type *type, struct core_template *out) {
    out->head = (struct public_head){-type->id, tenant, 1, type->created, type->created};
    out->standard = true;
    core_template_by_default(a, s, type, &out->facts);
}

static FALLIBLE templates_of(struct call *c, store_tx *tx, snapshot *s, int32_t tenant, struct core_templates *out) {
    struct public_items items;
    TRY(store_public_items(tx, c->a, PUBLIC_TEMPLATE, tenant, &items));
    for (EACH(const struct public_item, i, &items)) TRY(read(c->a, i, LIST_ADD(c->a, out)));
    for (EACH(const struct mv_type, type, &s->mv_types)) {
        bool hidden = false;
        for (EACH(const struct core_template, t, out)) hidden |= !t->standard && text_equal(t->facts.name, type->name);
        if (!hidden) standard_of(c->a, s, tenant, type, LIST_ADD(c->a, out));
    }
    return NULL;
}

static FALLIBLE core_templates_list(struct call *c, const struct by_tenant *in, struct core_template_page *out) {
    OWNED(store_tx) tx = NULL;
    struct core_templates all = {0};
    struct tenant of;
    snapshot *s;
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(public_find_tenant(tx, c->a, in->tenant_id, &of));
    TRY(templates_of(c, tx, s, in->tenant_id, &all));
    out->items.at = all.at, out->items.count = all.count;
    LIST_PAGE(c, &in->list, core_template, &out->items, &out->counts);
    return NULL;
}
HANDLER(core_templates_list, by_tenant, core_template_page)

static FALLIBLE find(struct call *c, store_tx *tx, snapshot *s, int32_t tenant, int32_t id, struct core_template *out) {
    struct public_item item;
    struct tenant of;
    if (id >= 0) {
        TRY(public_find(tx, c->a, PUBLIC_TEMPLATE, "core template", tenant, id, &item));
        return read(c->a, &item, out);
    }
    TRY(public_find_tenant(tx, c->a, tenant, &of));
    const struct mv_type *type = id == INT32_MIN ? NULL : config_mv_type(s, -id);
    if (!type) return FAIL(ERROR_NOT_FOUND, "There is no core template %d in this tenant.", id);
    standard_of(c->a, s, tenant, type, out);
    return NULL;
}

static FALLIBLE core_templates_get(struct call *c, const struct by_tenant_and_id *in, struct core_template *out) {
    OWNED(store_tx) tx = NULL;
    snapshot *s;
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(find(c, tx, s, in->tenant_id, in->id, out));
    public_tag(c, out->head.version);
    return NULL;
}
HANDLER(core_templates_get, by_tenant_and_id, core_template)

static const char *field_fault(snapshot *s, const struct mv_type *type, const struct field_facts *f) {
    const struct mv_attribute *m = config_mv_attribute_named(s, field_attribute(f));
    bool bound = false;
    for (EACH(const int32_t, id, &type->attributes)) bound |= m && *id == m->id;
    if (!bound) return "The object type has no such attribute.";
    if (is_credential_attribute(m->name)) return "The attribute holds secrets.";
    if (!field_type_presents(f->type, m->type)) return "The attribute is of another type.";
    if (f->multi_valued != (m->plurality == MULTI_VALUED)) return "multiValued must be as the attribute is.";
    return NULL;
}

static FALLIBLE check(struct call *c, snapshot *s, int32_t tenant, const struct core_template_facts *f) {
    const struct mv_type *type = config_mv_type_named(s, f->object_type);
    struct search_origin origin;
    if (!type) return call_invalid(c, "objectType", "There is no such object type.");
    if (!f->fields.count) return call_invalid(c, "fields", "Must have at least one.");
    search_items_check_fields(c, &f->fields);
    for (size_t i = 0; i < f->fields.count; i++) {
        const char *fault = field_fault(s, type, &f->fields.at[i]);
        if (fault) call_problem(c, arena_print(c->a, "fields[%zu].attribute", i).at, "%s", fault);
    }
    TRY(call_check(c));
    if (!search_origin_of_template(c->a, s, tenant, f, &origin)) return FAIL(ERROR_INTERNAL, "the object type went away");
    search_scope_check(c->a, &origin, &c->problems);
    return call_check(c);
}

static FALLIBLE commit(struct call *c, struct change *x, struct core_template *t, text reason, bool gone) {
    struct public_item item;
    if (!gone) public_document_write(c->a, PUBLIC_TEMPLATE, &t->head, &core_template_facts_shape, &t->facts, &item);
    struct public_change k = {.kind = PUBLIC_TEMPLATE,
                              .target = TARGET_CORE_TEMPLATE,
                              .what = "core template",
                              .tenant = t->head.tenant_id,
                              .id = t->head.id,
                              .name = t->facts.name,
                              .reason = reason,
                              .saved = gone ? NULL : &item};
    TRY(public_commit(c, x, &k));
    if (gone) return NULL;
    t->head = (struct public_head){item.id, item.tenant, item.version, item.created, item.updated};
    public_tag(c, item.version);
    return NULL;
}

static FALLIBLE core_templates_create(struct call *c, const struct core_template_save *in, struct core_template *out) {
    OWNED_VALUE(change) x = {0};
    struct tenant of;
    TRY(change_begin(c, &x));
    TRY(public_find_tenant(x.tx, c->a, in->tenant_id, &of));
    TRY(check(c, x.before, in->tenant_id, &in->facts));
    out->head = (struct public_head){.tenant_id = in->tenant_id, .created = c->now, .updated = c->now};
    out->facts = in->facts;
    TRY(commit(c, &x, out, in->change_reason, false));
    call_location(c, "/api/v1/tenants/%d/core-templates/%d", in->tenant_id, out->head.id);
    return NULL;
}
HANDLER(core_templates_create, core_template_save, core_template)

static FALLIBLE refuse_standard(const struct core_template *t) {
    return t->standard ? FAIL(ERROR_CONFLICT, "The template of an object type cannot be changed; make one of your own.") : NULL;
}

static FALLIBLE core_templates_update(struct call *c, const struct core_template_save *in, struct core_template *out) {
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    TRY(find(c, x.tx, x.before, in->tenant_id, in->id, out));
    TRY(refuse_standard(out));
    TRY(public_check_match(c, in->if_match, out->head.version));
    TRY(check(c, x.before, in->tenant_id, &in->facts));
    out->head.updated = c->now;
    out->facts = in->facts;
    return commit(c, &x, out, in->change_reason, false);
}
HANDLER(core_templates_update, core_template_save, core_template)

static FALLIBLE core_templates_delete(struct call *c, const struct delete_in_tenant *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct core_template t = {0};
    struct search_catalogue all;
    TRY(change_begin(c, &x));
    TRY(find(c, x.tx, x.before, in->tenant_id, in->id, &t));
    TRY(refuse_standard(&t));
    TRY(public_check_match(c, in->if_match, t.head.version));
    TRY(search_items_now(c, x.tx, &all));
    TRY(search_items_unused(&all, in->tenant_id, &(struct search_reference){REFERENCE_CORE_TEMPLATE, t.facts.name}));
    return commit(c, &x, &t, in->change_reason, true);
}
HANDLER(core_templates_delete, delete_in_tenant, nothing)

/* ---- where it is reached ---- */

#define TAKEN                                                                                                                      \
    { 409, NULL, "A core template of this name exists in the tenant, or it cannot be changed." }
#define TEMPLATES "/tenants/{tenantId}/core-templates"
const struct routes core_template_routes =
    ROUTES("Tenants", "/api/v1",
           ROUTE(GET, TEMPLATES, core_templates_list, "Lists the core templates of a tenant, with those of the object types.",
                 .operation = "GetCoreTemplates", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, TEMPLATES "/{id}", core_templates_get, "Shows a core template.", .operation = "GetCoreTemplate",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(POST, TEMPLATES, core_templates_create, "Makes a core template.", .operation = "CreateCoreTemplate",
                 .role = ROLE_ADMINISTRATOR, .status = 201, .also = ALSO(TAKEN)),
           ROUTE(PUT, TEMPLATES "/{id}", core_templates_update, "Replaces a core template.", .operation = "UpdateCoreTemplate",
                 .role = ROLE_ADMINISTRATOR, .also = ALSO(TAKEN, SEARCH_ITEM_STALE)),
           ROUTE(DELETE, TEMPLATES "/{id}", core_templates_delete, "Deletes a core template that no search uses.",
                 .operation = "DeleteCoreTemplate", .role = ROLE_ADMINISTRATOR,
                 .also = ALSO({409, NULL, "A search uses it, or it is the template of an object type."}, SEARCH_ITEM_STALE)));
