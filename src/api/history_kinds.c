/* The kinds of objects that have a history: how each is captured, and what its paths mean. */
#include "api/history.h"

#include "api/history_views.h"
#include "api/predefined.h"
#include "api/role_view.h"
#include "api/scoping_view.h"
#include "api/service_settings.h"
#include "api/system_view.h"
#include "base/crypto.h"
#include "model/ids.h"
#include "search/model.h"

enum { COSMETIC = CLASS_COSMETIC, SYNC = CLASS_SYNC_AFFECTING, DESTRUCTIVE = CLASS_DESTRUCTIVE, IGNORED = HISTORY_IGNORED };

#define PATHS(...)                                                                                                                 \
    .paths = (const struct history_path[]){__VA_ARGS__},                                                                           \
    .paths_count = sizeof((const struct history_path[]){__VA_ARGS__}) / sizeof(struct history_path)

static void add_id(struct history_source *s, struct texts *objects, int32_t id) {
    *LIST_ADD(s->a, objects) = arena_print(s->a, "%d", id);
}

static int32_t id_of(text object) {
    int32_t id = 0;
    return text_to_int32(object, &id) ? id : 0;
}

/* An id with the name of today, as one member of a list. */
static void write_reference(struct json_writer *w, int32_t id, text name) {
    json_object(w);
    json_name(w, T("id")), json_int(w, id);
    json_name(w, T("name")), json_string(w, text_is_null(name) ? T("") : name);
    json_object_end(w);
}

/* ---- connected systems ---- */

static error *each_system(struct history_source *s, struct texts *objects) {
    for (EACH(const struct connected_system, m, &s->config->systems)) add_id(s, objects, m->id);
    return NULL;
}

/* Secrets stand there as a hash that only this installation can make. */
static text secret_hash(struct history_source *s, text value) {
    uint8_t hash[32];
    char hex[64];
    hmac_sha256(config_setting(s->config, T(SETTING_HASH_KEY)), value, hash);
    hex_write(hash, sizeof hash, hex);
    return arena_text(s->a, (text){hex, sizeof hex});
}

static void write_settings(struct history_source *s, const struct connected_system *m, struct json_writer *w) {
    const struct connector_definition *d = connector_by_id(m->definition);
    json_name(w, T("settingValues"));
    json_array(w);
    for (EACH(const struct setting_value, v, &m->settings)) {
        const struct setting_definition *of = d ? setting_by_id(d, v->setting) : NULL;
        if (text_is_null(v->value)) continue;
        bool secret = of && of->type == SETTING_STRING_ENCRYPTED;
        json_object(w);
        json_name(w, T("id")), json_int(w, v->setting);
        json_name(w, T("name")), json_string(w, of ? text_of(of->name) : (text){0});
        json_name(w, secret ? T("secretHash") : T("value"));
        json_string(w, secret ? secret_hash(s, v->value) : v->value);
        json_object_end(w);
    }
    json_array_end(w);
}

static void write_matching(struct history_source *s, const struct matching_rules *list, struct json_writer *w) {
    for (EACH(const struct matching_rule, m, list)) {
        json_object(w);
        matching_rule_write(w, s->a, s->config, m);
        json_object_end(w);
    }
}

/* Only what the system sets for itself. */
static void write_safety(const struct connected_system *m, struct json_writer *w) {
    json_name(w, T("safety"));
    json_object(w);
    for (unsigned i = 0; i < SAFETY_LIMIT_COUNT; i++) {
        if (!m->safety.set[i]) continue;
        json_name(w, enum_text(&safety_limit_names, i)), json_int(w, m->safety.limit[i]);
    }
    json_object_end(w);
}

static error *write_system(struct history_source *s, text object, struct json_writer *w) {
    const struct connected_system *m = config_system(s->config, id_of(object));
    if (!m) return NULL;
    struct system_detail detail;
    system_detail_of(s->a, s->config, m, &detail);
    json_object(w);
    describe_write_members(w, &system_detail_shape, &detail);
    json_name(w, T("objectMatchingRuleMode")), json_string(w, enum_text(&matching_mode_names, m->matching_mode));
    write_settings(s, m, w);
    write_safety(m, w);
    json_name(w, T("matchingRules"));
    json_array(w);
    for (EACH(const struct cs_type, t, &m->types)) write_matching(s, &t->matching, w);
    json_array_end(w);
    json_name(w, T("runProfiles"));
    json_array(w);
    for (EACH(const struct run_profile, p, &m->run_profiles)) {
        json_object(w);
        run_profile_write(w, s->config, p);
        json_object_end(w);
    }
    json_array_end(w);
    json_name(w, T("partitions"));
    json_array(w);
    for (EACH(const struct partition, p, &m->partitions)) {
        json_object(w);
        partition_write(w, p);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
    return NULL;
}

static const struct history_kind connected_systems = {
    .target = TARGET_CONNECTED_SYSTEM,
    .swept = true,
    .each = each_system,
    .write = write_system,
    PATHS({"created", IGNORED}, {"lastUpdated", IGNORED}, {"objectCount", IGNORED}, {"pendingExportCount", IGNORED},
          {"configurationDrift", IGNORED}, {"parkedInitialPasswordCount", IGNORED}, {"expiredInitialPasswordCount", IGNORED},
          {"status", IGNORED}, {"settingValuesValid", IGNORED}, {"objectTypes/created", IGNORED},
          {"objectTypes/attributeCount", IGNORED}, {"objectTypes/attributes/created", IGNORED}, {"runProfiles/created", IGNORED},
          {"runProfiles/targetsDeselectedPartition", IGNORED}, {"runProfiles/connectedSystemId", IGNORED},
          {"matchingRules/created", IGNORED}, /* what is left is configuration */
          {"name", COSMETIC}, {"description", COSMETIC}, {"connector", SYNC}, {"settingValues/…", SYNC}, {"safety/…", COSMETIC},
          {"maxExportParallelism", COSMETIC}, {"initialPasswordTimeToLive", COSMETIC}, {"requireSecureTransport", COSMETIC},
          {"tenantId", SYNC}, {"unresolvedReferenceHandling", SYNC}, {"objectMatchingRuleMode", SYNC}, {"matchingRules/…", SYNC},
          {"objectTypes/selected", SYNC, .lost = DESTRUCTIVE}, {"objectTypes/attributes/…", SYNC}, {"objectTypes/name", COSMETIC},
          {"objectTypes/tags/…", COSMETIC}, {"objectTypes/isInternal", SYNC},
          {"objectTypes/removeContributedAttributesOnObsoletion", SYNC}, {"objectTypes", SYNC, .lost = DESTRUCTIVE},
          {"runProfiles/filePath", SYNC}, {"runProfiles/partitionName", SYNC}, {"runProfiles/verifyImportContentHashes", SYNC},
          {"runProfiles/…", COSMETIC}, {"partitions/selected", SYNC, .lost = DESTRUCTIVE},
          {"partitions/containers/selected", SYNC, .lost = DESTRUCTIVE}, {"partitions/containers/excluded", DESTRUCTIVE},
          {"partitions/containers/scope", DESTRUCTIVE}, {"partitions/containers/name", COSMETIC},
          {"partitions/containers/description", COSMETIC}, {"partitions/containers/hidden", COSMETIC},
          {"partitions/containers/externalId", COSMETIC}, {"partitions/containers/parentExternalId", COSMETIC},
          {"partitions/containers", SYNC, .lost = DESTRUCTIVE}, {"partitions/externalId", COSMETIC}, {"partitions/name", COSMETIC},
          {"partitions", SYNC, .lost = DESTRUCTIVE})};

/* ---- synchronisation rules ---- */

static error *each_rule(struct history_source *s, struct texts *objects) {
    for (EACH(const struct sync_rule, r, &s->config->rules)) add_id(s, objects, r->id);
    return NULL;
}

static void write_scope(struct history_source *s, const struct sync_rule *r, struct json_writer *w) {
    json_name(w, T("scopingCriteriaGroups"));
    json_array(w);
    for (size_t i = 0; i < r->top_groups.count; i++) {
        struct scope_group_view v;
        scope_group_view_of(s->a, s->config, r, r->top_groups.at[i], &v);
        describe_write(w, &scope_group_view_shape, &v);
    }
    json_array_end(w);
}

static error *write_rule(struct history_source *s, text object, struct json_writer *w) {
    const struct sync_rule *r = config_rule(s->config, id_of(object));
    if (!r) return NULL;
    json_object(w);
    sync_rule_write(w, s->config, r);
    json_name(w, T("mappings"));
    json_array(w);
    for (EACH(const struct mapping, m, &r->mappings)) {
        json_object(w);
        mapping_write(w, s->a, s->config, m);
        json_object_end(w);
    }
    json_array_end(w);
    write_scope(s, r, w);
    json_name(w, T("matchingRules"));
    json_array(w);
    write_matching(s, &r->matching, w);
    json_array_end(w);
    json_object_end(w);
    return NULL;
}

static const struct history_kind sync_rules = {
    .target = TARGET_SYNC_RULE,
    .swept = true,
    .each = each_rule,
    .write = write_rule,
    PATHS({"created", IGNORED}, {"mappings/created", IGNORED}, {"matchingRules/created", IGNORED},
          {"matchingRules/connectedSystemObjectTypeId", IGNORED}, {"matchingRules/connectedSystemObjectTypeName", IGNORED},
          {"matchingRules/syncRuleId", IGNORED}, /* what is left is configuration */
          {"name", COSMETIC}, {"description", COSMETIC}, {"connectedSystemId", SYNC}, {"connectedSystemObjectTypeId", SYNC},
          {"metaverseObjectTypeId", SYNC}, {"direction", SYNC}, {"provisionToConnectedSystem", SYNC}, {"projectToMetaverse", SYNC},
          {"enabled", SYNC}, {"enforceState", SYNC}, {"inboundOutOfScopeAction", DESTRUCTIVE},
          {"outboundDeprovisionAction", DESTRUCTIVE}, {"mappings/…", SYNC}, {"scopingCriteriaGroups/…", SYNC},
          {"matchingRules/…", SYNC})};

/* ---- the metaverse ---- */

static error *each_attribute(struct history_source *s, struct texts *objects) {
    for (EACH(const struct mv_attribute, m, &s->config->mv_attributes)) add_id(s, objects, m->id);
    return NULL;
}

static error *write_attribute(struct history_source *s, text object, struct json_writer *w) {
    const struct mv_attribute *m = config_mv_attribute(s->config, id_of(object));
    if (!m) return NULL;
    json_object(w);
    TRY(mv_attribute_write(w, s->a, s->config, m));
    json_object_end(w);
    return NULL;
}

static const struct history_kind mv_attributes = {
    .target = TARGET_MV_ATTRIBUTE,
    .swept = true,
    .each = each_attribute,
    .write = write_attribute,
    PATHS({"created", IGNORED}, {"name", COSMETIC}, {"type", SYNC}, {"attributePlurality", SYNC}, {"builtIn", COSMETIC},
          {"renderingHint", COSMETIC}, {"objectTypes/…", SYNC}, {"standardMappings/…", COSMETIC})};

static error *each_type(struct history_source *s, struct texts *objects) {
    for (EACH(const struct mv_type, t, &s->config->mv_types)) add_id(s, objects, t->id);
    return NULL;
}

static error *write_type(struct history_source *s, text object, struct json_writer *w) {
    const struct mv_type *t = config_mv_type(s->config, id_of(object));
    if (!t) return NULL;
    json_object(w);
    mv_type_write(w, s->a, s->config, t);
    json_name(w, T("deletionTriggerConnectedSystems"));
    json_array(w);
    for (EACH(const int32_t, id, &t->trigger_systems)) {
        const struct connected_system *m = config_system(s->config, *id);
        write_reference(w, *id, m ? m->name : (text){0});
    }
    json_array_end(w);
    json_object_end(w);
    return NULL;
}

static const struct history_kind mv_types = {
    .target = TARGET_MV_TYPE,
    .swept = true,
    .each = each_type,
    .write = write_type,
    PATHS({"created", IGNORED}, {"deletionTriggerConnectedSystemIds", IGNORED}, {"attributes/type", IGNORED},
          {"attributes/attributePlurality", IGNORED}, {"attributes/builtIn", IGNORED}, /* what is left is configuration */
          {"name", COSMETIC}, {"pluralName", COSMETIC}, {"icon", COSMETIC}, {"builtIn", COSMETIC}, {"deletionRule", DESTRUCTIVE},
          {"deletionGracePeriod", DESTRUCTIVE}, {"deletionTriggerMode", DESTRUCTIVE},
          {"deletionTriggerConnectedSystems", DESTRUCTIVE}, {"attributes", SYNC})};

/* ---- connector definitions, roles, keys, settings: nothing of them changes data ---- */

static error *each_definition(struct history_source *s, struct texts *objects) {
    size_t count;
    const struct connector_definition *const *all = connector_definitions(&count);
    for (size_t i = 0; i < count; i++) add_id(s, objects, all[i]->id);
    return NULL;
}

static error *write_definition(struct history_source *s, text object, struct json_writer *w) {
    const struct connector_definition *d = connector_by_id(id_of(object));
    if (!d) return NULL;
    json_object(w);
    connector_definition_write(w, s->a, d);
    json_object_end(w);
    return NULL;
}

static const struct history_kind definitions = {.target = TARGET_CONNECTOR_DEFINITION,
                                                .mirrors = true,
                                                .each = each_definition,
                                                .write = write_definition,
                                                PATHS({"created", IGNORED}, {"lastUpdated", IGNORED}, {"…", COSMETIC})};

static error *each_role(struct history_source *s, struct texts *objects) {
    struct roles all = {0};
    TRY(store_roles(s->tx, s->a, &all));
    for (EACH(const struct role, r, &all)) add_id(s, objects, r->id);
    return NULL;
}

static error *write_role(struct history_source *s, text object, struct json_writer *w) {
    struct roles all = {0};
    TRY(store_roles(s->tx, s->a, &all));
    for (EACH(const struct role, r, &all)) {
        if (r->id != id_of(object)) continue;
        struct role_view v = role_view_of(r);
        describe_write(w, &role_view_shape, &v);
    }
    return NULL;
}

static const struct history_kind roles = {.target = TARGET_ROLE,
                                          .each = each_role,
                                          .write = write_role,
                                          PATHS({"created", IGNORED}, {"staticMemberCount", IGNORED}, {"…", COSMETIC})};

static error *each_key(struct history_source *s, struct texts *objects) {
    struct api_keys all = {0};
    TRY(store_api_keys(s->tx, s->a, &all));
    for (EACH(const struct api_key, k, &all)) {
        char *id = arena_bytes(s->a, 36);
        uuid_write(id_to_uuid(ID_API_KEY, k->id), id);
        *LIST_ADD(s->a, objects) = (text){id, 36};
    }
    return NULL;
}

static error *write_key(struct history_source *s, text object, struct json_writer *w) {
    struct api_keys all = {0};
    struct roles known = {0};
    uuid id;
    if (!uuid_read(object, &id)) return NULL;
    TRY(store_api_keys(s->tx, s->a, &all));
    TRY(store_roles(s->tx, s->a, &known));
    for (EACH(const struct api_key, k, &all)) {
        if (k->id != id_from_uuid(ID_API_KEY, id)) continue;
        json_object(w);
        api_key_write(w, s->a, k, &known);
        json_object_end(w);
    }
    return NULL;
}

static const struct history_kind keys = {.target = TARGET_API_KEY,
                                         .identity = HISTORY_BY_UUID,
                                         .mirrors = true,
                                         .each = each_key,
                                         .write = write_key,
                                         PATHS({"createdAt", IGNORED}, {"lastUsedAt", IGNORED}, {"lastUsedFromIp", IGNORED},
                                               {"roles/builtIn", IGNORED}, {"roles/created", IGNORED},
                                               {"roles/staticMemberCount", IGNORED}, {"…", COSMETIC})};

static error *each_setting(struct history_source *s, struct texts *objects) {
    for (size_t i = 0; i < service_settings_count; i++) *LIST_ADD(s->a, objects) = text_of(service_settings[i].key);
    return NULL;
}

static error *write_setting(struct history_source *s, text object, struct json_writer *w) {
    const struct service_setting *row = service_setting_find(object);
    if (!row) return NULL;
    text value = service_setting_value(s->config, s->services, row);
    bool secret = row->type == SERVICE_SECRET && !text_is_null(value);
    json_object(w);
    json_name(w, T("key")), json_string(w, text_of(row->key));
    json_name(w, T("category")), json_string(w, enum_text(&service_setting_category_names, row->category));
    json_name(w, T("valueType")), json_string(w, enum_text(&service_setting_type_names, row->type));
    json_name(w, secret ? T("secretHash") : T("value")), json_string(w, secret ? secret_hash(s, value) : value);
    json_object_end(w);
    return NULL;
}

static const struct history_kind settings = {.target = TARGET_SERVICE_SETTING,
                                             .identity = HISTORY_BY_KEY,
                                             .mirrors = true,
                                             .each = each_setting,
                                             .write = write_setting,
                                             PATHS({"…", COSMETIC})};

/* ---- predefined searches: what they name of the schema may go without a request of their own ---- */

static error *each_predefined(struct history_source *s, struct texts *objects) {
    struct predefined_searches all = {0};
    TRY(predefined_all(s->tx, s->a, s->config, &all));
    for (EACH(const struct predefined_search, p, &all)) add_id(s, objects, p->head.id);
    return NULL;
}

static error *write_predefined(struct history_source *s, text object, struct json_writer *w) {
    struct predefined_searches all = {0};
    TRY(predefined_all(s->tx, s->a, s->config, &all));
    for (EACH(const struct predefined_search, p, &all))
        if (p->head.id == id_of(object)) describe_write(w, &predefined_search_shape, p);
    return NULL;
}

static const struct history_kind predefined = {.target = TARGET_PREDEFINED_SEARCH,
                                               .swept = true,
                                               .mirrors = true,
                                               .each = each_predefined,
                                               .write = write_predefined,
                                               PATHS({"created", IGNORED}, {"lastUpdated", IGNORED}, {"createdByName", IGNORED},
                                                     {"lastUpdatedByName", IGNORED}, {"…", COSMETIC})};

/* ---- what belongs to the Public Data API; all but tenants are named by tenant and number ---- */

static error *each_item(struct history_source *s, enum public_kind kind, struct texts *objects) {
    struct public_items items;
    TRY(store_public_items(s->tx, s->a, kind, 0, &items));
    for (EACH(const struct public_item, i, &items))
        *LIST_ADD(s->a, objects) = i->tenant ? arena_print(s->a, "%d/%d", i->tenant, i->id) : arena_print(s->a, "%d", i->id);
    return NULL;
}

/* The item that "3/7" or "3" names. */
static FALLIBLE find_item(struct history_source *s, enum public_kind kind, text object, struct public_item *out, bool *found) {
    size_t slash = text_find_byte(object, '/');
    text number = slash == SIZE_MAX ? object : text_slice(object, slash + 1, object.len);
    TRY(store_public_item(s->tx, s->a, kind, id_of(number), out, found));
    *found &= slash == SIZE_MAX || id_of(text_slice(object, 0, slash)) == out->tenant;
    return NULL;
}

static error *each_tenant(struct history_source *s, struct texts *objects) { return each_item(s, PUBLIC_TENANT, objects); }
static error *each_data_user(struct history_source *s, struct texts *objects) { return each_item(s, PUBLIC_USER, objects); }
static error *each_data_role(struct history_source *s, struct texts *objects) { return each_item(s, PUBLIC_ROLE, objects); }

static error *write_tenant(struct history_source *s, text object, struct json_writer *w) {
    struct public_item item;
    struct tenant t;
    bool found;
    TRY(find_item(s, PUBLIC_TENANT, object, &item, &found));
    if (!found) return NULL;
    TRY(tenant_read(s->a, &item, &t));
    describe_write(w, &tenant_shape, &t);
    return NULL;
}

static error *write_data_role(struct history_source *s, text object, struct json_writer *w) {
    struct public_item item;
    struct data_role r;
    bool found;
    TRY(find_item(s, PUBLIC_ROLE, object, &item, &found));
    if (!found) return NULL;
    TRY(data_role_read(s->a, &item, &r));
    describe_write(w, &data_role_shape, &r);
    return NULL;
}

/* That the password was changed is seen, and nothing of it. */
static error *write_data_user(struct history_source *s, text object, struct json_writer *w) {
    struct public_item item;
    struct data_user u;
    bool found;
    TRY(find_item(s, PUBLIC_USER, object, &item, &found));
    if (!found) return NULL;
    TRY(data_user_read(s->a, &item, &u));
    json_object(w);
    json_name(w, T("name")), json_string(w, u.facts.user_name);
    describe_write_members(w, &data_user_shape, &u);
    if (u.secrets.password_hash.at) json_name(w, T("secretHash")), json_string(w, secret_hash(s, u.secrets.password_hash));
    json_object_end(w);
    return NULL;
}

/* Templates, pools and searches are as they were asked for. */
static FALLIBLE write_document(struct history_source *s, enum public_kind kind, const struct shape *shape, text object,
                               struct json_writer *w) {
    struct public_item item;
    struct public_head head;
    bool found;
    TRY(find_item(s, kind, object, &item, &found));
    if (!found) return NULL;
    void *facts = arena_alloc(s->a, shape->size);
    TRY(public_document_read(s->a, &item, shape, &head, facts));
    json_object(w);
    json_name(w, T("id")), json_int(w, head.id);
    describe_write_members(w, shape, facts);
    json_object_end(w);
    return NULL;
}

static error *each_template(struct history_source *s, struct texts *objects) { return each_item(s, PUBLIC_TEMPLATE, objects); }
static error *each_pool(struct history_source *s, struct texts *objects) { return each_item(s, PUBLIC_POOL, objects); }
static error *each_search(struct history_source *s, struct texts *objects) { return each_item(s, PUBLIC_SEARCH, objects); }
static error *write_template(struct history_source *s, text object, struct json_writer *w) {
    return write_document(s, PUBLIC_TEMPLATE, &core_template_facts_shape, object, w);
}
static error *write_pool(struct history_source *s, text object, struct json_writer *w) {
    return write_document(s, PUBLIC_POOL, &data_pool_facts_shape, object, w);
}
static error *write_search(struct history_source *s, text object, struct json_writer *w) {
    return write_document(s, PUBLIC_SEARCH, &search_facts_shape, object, w);
}

#define OF_PUBLIC_DATA                                                                                                             \
    PATHS({"version", IGNORED}, {"created", IGNORED}, {"lastUpdated", IGNORED}, {"tenantId", IGNORED}, {"…", COSMETIC})
static const struct history_kind tenants = {.target = TARGET_TENANT, .each = each_tenant, .write = write_tenant, OF_PUBLIC_DATA};
static const struct history_kind data_users = {
    .target = TARGET_DATA_USER, .identity = HISTORY_BY_KEY, .each = each_data_user, .write = write_data_user, OF_PUBLIC_DATA};
static const struct history_kind data_roles = {
    .target = TARGET_DATA_ROLE, .identity = HISTORY_BY_KEY, .each = each_data_role, .write = write_data_role, OF_PUBLIC_DATA};

static const struct history_kind core_templates = {
    .target = TARGET_CORE_TEMPLATE, .identity = HISTORY_BY_KEY, .each = each_template, .write = write_template, OF_PUBLIC_DATA};
static const struct history_kind data_pools = {
    .target = TARGET_DATA_POOL, .identity = HISTORY_BY_KEY, .each = each_pool, .write = write_pool, OF_PUBLIC_DATA};
static const struct history_kind searches = {
    .target = TARGET_SEARCH_CONFIGURATION, .identity = HISTORY_BY_KEY, .each = each_search, .write = write_search, OF_PUBLIC_DATA};

const struct history_kind *const history_kinds[] = {
    &mv_types,   &mv_attributes, &connected_systems, &sync_rules, &definitions,    &roles,      &keys,     &settings,
    &predefined, &tenants,       &data_users,        &data_roles, &core_templates, &data_pools, &searches, NULL};

const struct history_kind *history_kind_of(enum activity_target target) {
    for (size_t i = 0; history_kinds[i]; i++)
        if (history_kinds[i]->target == target) return history_kinds[i];
    return NULL;
}
