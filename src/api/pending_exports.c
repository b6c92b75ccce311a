/* What is staged for a connected system and not confirmed yet (contract §5, §8; sync-engine §2.9, §16.6). */
#include "api/change.h"
#include "api/rule_parts.h"
#include "api/value_view.h"

#include "base/unicode.h"

#include <stdlib.h>

/* ---- what travels ---- */

struct export_header {
    uuid id;
    int32_t connected_system_id;
    enum export_change change_type;
    enum export_status status;
    instant created_at, last_attempted_at, next_retry_at;
    int32_t error_count, max_retries;
    text last_error_message;
    bool has_unresolved_references;
    int32_t unresolved_reference_count;
    text target_object_identifier;
    uuid source_metaverse_object_id;
    text source_metaverse_object_display_name;
    int32_t attribute_change_count;
    uuid connected_system_object_id;
};
static SHAPE(
    export_header, "PendingExportHeader",
    FIELDS(FIELD(export_header, id, "id"), FIELD(export_header, connected_system_id, "connectedSystemId"),
           FIELD(export_header, change_type, "changeType", .names = &export_change_names),
           FIELD(export_header, status, "status", .names = &export_status_names), FIELD(export_header, created_at, "createdAt"),
           FIELD(export_header, last_attempted_at, "lastAttemptedAt", .nullable = true),
           FIELD(export_header, next_retry_at, "nextRetryAt", .nullable = true), FIELD(export_header, error_count, "errorCount"),
           FIELD(export_header, max_retries, "maxRetries"),
           FIELD(export_header, last_error_message, "lastErrorMessage", .nullable = true),
           FIELD(export_header, has_unresolved_references, "hasUnresolvedReferences"),
           FIELD(export_header, unresolved_reference_count, "unresolvedReferenceCount"),
           FIELD(export_header, target_object_identifier, "targetObjectIdentifier", .nullable = true),
           FIELD(export_header, source_metaverse_object_id, "sourceMetaverseObjectId", .nullable = true),
           FIELD(export_header, source_metaverse_object_display_name, "sourceMetaverseObjectDisplayName", .nullable = true),
           FIELD(export_header, attribute_change_count, "attributeChangeCount"),
           FIELD(export_header, connected_system_object_id, "connectedSystemObjectId", .nullable = true)));
struct export_page PAGE_OF(export_header);
static PAGE_SHAPE(export_page, export_header, "PaginatedResponseOfPendingExportHeader");

struct change_view {
    uuid id;
    int32_t attribute_id;
    text attribute_name;
    enum attribute_change change_type;
    enum attribute_change_status status;
    struct typed_value value;
    text unresolved_reference_value;
    int32_t export_attempt_count;
};
static SHAPE(change_view, "PendingExportAttributeValueChangeDto",
             FIELDS(FIELD(change_view, id, "id"), FIELD(change_view, attribute_id, "attributeId"),
                    FIELD(change_view, attribute_name, "attributeName"),
                    FIELD(change_view, change_type, "changeType", .names = &attribute_change_names),
                    FIELD(change_view, status, "status", .names = &attribute_change_status_names),
                    EMBED(change_view, value, typed_value),
                    FIELD(change_view, unresolved_reference_value, "unresolvedReferenceValue", .nullable = true,
                          .doc = "The id of the metaverse object that the reference means."),
                    FIELD(change_view, export_attempt_count, "exportAttemptCount")));
struct change_page PAGE_OF(change_view);
static PAGE_SHAPE(change_page, change_view, "PaginatedResponseOfPendingExportAttributeValueChangeDto");

struct change_summary {
    text attribute_name;
    int32_t total_count, returned_count;
    bool has_more;
};
static SHAPE(change_summary, "AttributeChangeSummaryDto", VALUE_SUMMARY_FIELDS(change_summary));

struct unresolved_view {
    uuid attribute_change_id;
    text attribute_name;
    uuid referenced_metaverse_object_id;
    text referenced_metaverse_object_display_name;
    enum unresolved_reason reason;
};
static SHAPE(unresolved_view, "PendingExportUnresolvedReferenceDto",
             FIELDS(FIELD(unresolved_view, attribute_change_id, "attributeChangeId"),
                    FIELD(unresolved_view, attribute_name, "attributeName"),
                    FIELD(unresolved_view, referenced_metaverse_object_id, "referencedMetaverseObjectId"),
                    FIELD(unresolved_view, referenced_metaverse_object_display_name, "referencedMetaverseObjectDisplayName",
                          .nullable = true),
                    FIELD(unresolved_view, reason, "reason", .names = &unresolved_reason_names)));

struct export_detail {
    uuid id;
    int32_t connected_system_id;
    text connected_system_name;
    enum export_change change_type;
    enum export_status status;
    instant created_at;
    int32_t error_count, max_retries;
    instant last_attempted_at, next_retry_at;
    text last_error_message;
    bool has_unresolved_references;
    uuid connected_system_object_id;
    text connected_system_object_display_name, connected_system_object_type_name;
    uuid source_metaverse_object_id;
    text source_metaverse_object_display_name, source_metaverse_object_type_name;
    struct LIST(struct change_view) attribute_changes;
    struct change_summaries LIST(struct change_summary) attribute_change_summaries;
    struct unresolved_views LIST(struct unresolved_view) unresolved_references;
};
static SHAPE(
    export_detail, "PendingExportDetailDto",
    FIELDS(FIELD(export_detail, id, "id"), FIELD(export_detail, connected_system_id, "connectedSystemId"),
           FIELD(export_detail, connected_system_name, "connectedSystemName"),
           FIELD(export_detail, change_type, "changeType", .names = &export_change_names),
           FIELD(export_detail, status, "status", .names = &export_status_names), FIELD(export_detail, created_at, "createdAt"),
           FIELD(export_detail, error_count, "errorCount"), FIELD(export_detail, max_retries, "maxRetries"),
           FIELD(export_detail, last_attempted_at, "lastAttemptedAt", .nullable = true),
           FIELD(export_detail, next_retry_at, "nextRetryAt", .nullable = true),
           FIELD(export_detail, last_error_message, "lastErrorMessage", .nullable = true),
           FIELD(export_detail, has_unresolved_references, "hasUnresolvedReferences"),
           FIELD(export_detail, connected_system_object_id, "connectedSystemObjectId", .nullable = true),
           FIELD(export_detail, connected_system_object_display_name, "connectedSystemObjectDisplayName", .nullable = true),
           FIELD(export_detail, connected_system_object_type_name, "connectedSystemObjectTypeName", .nullable = true),
           FIELD(export_detail, source_metaverse_object_id, "sourceMetaverseObjectId", .nullable = true),
           FIELD(export_detail, source_metaverse_object_display_name, "sourceMetaverseObjectDisplayName", .nullable = true),
           FIELD(export_detail, source_metaverse_object_type_name, "sourceMetaverseObjectTypeName", .nullable = true),
           OBJECTS(export_detail, attribute_changes, "attributeChanges", change_view),
           OBJECTS(export_detail, attribute_change_summaries, "attributeChangeSummaries", change_summary, .nullable = true),
           OBJECTS(export_detail, unresolved_references, "unresolvedReferences", unresolved_view)));

struct export_list_query {
    int32_t system;
    struct value_query query;
};
static SHAPE(export_list_query, NULL,
             FIELDS(FIELD(export_list_query, system, "connectedSystemId"), EMBED(export_list_query, query, value_query)));
struct export_count_query {
    int32_t system;
    struct maybe_enum change_type, status;
};
static SHAPE(export_count_query, NULL,
             FIELDS(FIELD(export_count_query, system, "connectedSystemId"),
                    FIELD(export_count_query, change_type, "changeType", .names = &export_change_names),
                    FIELD(export_count_query, status, "status", .names = &export_status_names)));
struct of_export {
    uuid id;
};
static SHAPE(of_export, NULL, FIELDS(FIELD(of_export, id, "pendingExportId")));
struct of_changes {
    uuid id;
    text attribute;
    struct value_query query;
};
static SHAPE(of_changes, NULL,
             FIELDS(FIELD(of_changes, id, "pendingExportId"), FIELD(of_changes, attribute, "attributeName"),
                    EMBED(of_changes, query, value_query)));
struct export_count {
    int32_t count;
};
static SHAPE(export_count, NULL, FIELDS(FIELD(export_count, count, "count")), .bare = true);

/* ---- lists ---- */

static uuid uuid_or_none(enum id_kind kind, int64_t id) { return id ? id_to_uuid(kind, id) : (uuid){{0}}; }

static bool is_unresolved(const struct staged_change *change) {
    return change->reference_mvo && !(change->has_value && change->value.reference.target);
}

/* The id of the object in its system: as it is known, else as it is staged. */
static text target_of(arena *a, snapshot *s, const struct pending_export *p, const struct cso *o) {
    const struct cs_type *t = o ? config_cs_type(s, o->type) : NULL;
    if (o && o->secondary_external_id.len) return o->secondary_external_id;
    if (o && o->external_id.len) return o->external_id;
    const struct cs_attribute *ids[] = {t ? t->secondary : NULL, t ? t->external_id : NULL};
    for (size_t i = 0; i < 2; i++)
        for (EACH(const struct staged_change, change, &p->changes))
            if (ids[i] && change->attribute == ids[i]->id && change->has_value) return value_text(a, &change->value);
    return (text){0};
}

static void header(arena *a, snapshot *s, const struct pending_export *p, const struct cso *o, const struct int_map *names,
                   struct export_header *out) {
    *out = (struct export_header){.id = id_to_uuid(ID_PENDING_EXPORT, p->id),
                                  .connected_system_id = p->system,
                                  .change_type = p->change,
                                  .status = p->status,
                                  .created_at = p->created,
                                  .last_attempted_at = p->attempted,
                                  .next_retry_at = p->next_retry,
                                  .error_count = p->errors,
                                  .max_retries = p->max_retries,
                                  .last_error_message = p->last_error,
                                  .has_unresolved_references = p->unresolved,
                                  .target_object_identifier = target_of(a, s, p, o),
                                  .source_metaverse_object_id = uuid_or_none(ID_MVO, p->mvo),
                                  .source_metaverse_object_display_name = name_of(names, p->mvo),
                                  .attribute_change_count = (int32_t)p->changes.count,
                                  .connected_system_object_id = uuid_or_none(ID_CSO, p->cso)};
    for (EACH(const struct staged_change, change, &p->changes)) out->unresolved_reference_count += is_unresolved(change);
}

static FALLIBLE exports_list(struct call *c, const struct export_list_query *in, struct export_page *out) {
    snapshot *s;
    struct pending_exports found = {0};
    struct csos objects = {0};
    struct int64s csos = {0}, mvos = {0};
    struct int_map names, by_id;
    int64_t total;
    struct value_query page = in->query;
    OWNED(store_tx) tx = NULL;
    TRY(value_query_check(c, &page));
    TRY(call_config(c, &s));
    struct pending_query q = {.system = in->system,
                              .search = page.search,
                              .status = -1,
                              .change = -1,
                              .descending = true,
                              .offset = (int64_t)(page.page - 1) * page.page_size,
                              .limit = page.page_size};
    TRY(store_read(c->services->store, &tx));
    TRY(store_list_pending(tx, c->a, s, &q, &found, &total));
    for (EACH(const struct pending_export, p, &found)) *LIST_ADD(c->a, &csos) = p->cso, *LIST_ADD(c->a, &mvos) = p->mvo;
    TRY(store_csos(tx, c->a, s, csos.at, csos.count, false, &objects));
    TRY(mvo_names(c, tx, s, &mvos, &names));
    int_map_init(&by_id, c->a, objects.count);
    for (EACH(struct cso, o, &objects)) int_map_put(&by_id, o->id, o);
    for (EACH(const struct pending_export, p, &found))
        header(c->a, s, p, int_map_get(&by_id, p->cso), &names, LIST_ADD(c->a, &out->items));
    page_fill(&out->counts, page.page, page.page_size, total);
    return NULL;
}
HANDLER(exports_list, export_list_query, export_page)

static FALLIBLE exports_count(struct call *c, const struct export_count_query *in, struct export_count *out) {
    snapshot *s;
    struct pending_exports none = {0};
    int64_t total;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    struct pending_query q = {.system = in->system,
                              .status = in->status.given ? (int)in->status.value : -1,
                              .change = in->change_type.given ? (int)in->change_type.value : -1};
    TRY(store_read(c->services->store, &tx));
    TRY(store_list_pending(tx, c->a, s, &q, &none, &total));
    out->count = (int32_t)total;
    return NULL;
}
HANDLER(exports_count, export_count_query, export_count)

/* ---- one pending export ---- */

static FALLIBLE find_export(struct call *c, store_tx *tx, snapshot *s, uuid id, struct pending_exports *out) {
    int64_t number = id_from_uuid(ID_PENDING_EXPORT, id);
    return number ? store_pending(tx, c->a, s, &number, 1, out) : NULL;
}

static void show_change(arena *a, snapshot *s, const struct pending_export *p, size_t place, struct change_view *out) {
    const struct staged_change *change = &p->changes.at[place];
    text name = cs_attribute_name(s, change->attribute);
    *out = (struct change_view){.id = value_id(ID_PENDING_EXPORT, p->id, change->attribute, place),
                                .attribute_id = change->attribute,
                                .attribute_name = text_is_null(name) ? T("") : name,
                                .change_type = change->change,
                                .status = change->status,
                                .export_attempt_count = change->attempts};
    if (change->has_value) typed_value_of(&change->value, &out->value);
    if (!change->reference_mvo) return;
    char id[36];
    uuid_write(id_to_uuid(ID_MVO, change->reference_mvo), id);
    out->unresolved_reference_value = arena_text(a, (text){id, sizeof id});
}

static int by_name(const void *one, const void *two) {
    const struct change_summary *a = one, *b = two;
    return text_compare(a->attribute_name, b->attribute_name);
}

static struct change_summary *summary_of(arena *a, struct change_summaries *list, text name) {
    for (EACH(struct change_summary, each, list))
        if (text_equal(each->attribute_name, name)) return each;
    struct change_summary *added = LIST_ADD(a, list);
    added->attribute_name = name;
    return added;
}

static void show_changes(arena *a, snapshot *s, const struct pending_export *p, struct export_detail *out) {
    for (size_t i = 0; i < p->changes.count; i++) {
        text name = cs_attribute_name(s, p->changes.at[i].attribute);
        struct change_summary *summary = summary_of(a, &out->attribute_change_summaries, text_is_null(name) ? T("") : name);
        if (summary->total_count++ >= VALUES_SHOWN) {
            summary->has_more = true;
            continue;
        }
        summary->returned_count++;
        show_change(a, s, p, i, LIST_ADD(a, &out->attribute_changes));
    }
    struct change_summaries *list = &out->attribute_change_summaries;
    if (list->count > 1) qsort(list->at, list->count, sizeof *list->at, by_name);
}

/* Why a reference cannot be written yet: by the connector of the object that it means, in the same system. */
static enum unresolved_reason reason_of(const struct csos *connectors, int32_t system, int64_t mvo) {
    for (EACH(const struct cso, o, connectors)) {
        if (o->mvo != mvo || o->system != system) continue;
        bool named = o->status == CSO_NORMAL && (o->external_id.len || o->secondary_external_id.len);
        return named ? REFERENCE_RESOLVABLE : REFERENCE_AWAITING_ANCHOR;
    }
    return REFERENCE_NOT_IN_TARGET;
}

static FALLIBLE show_unresolved(struct call *c, store_tx *tx, snapshot *s, const struct pending_export *p,
                                const struct int64s *wanted, const struct int_map *names, struct unresolved_views *out) {
    struct csos connectors = {0};
    TRY(store_connectors(tx, c->a, s, wanted->at, wanted->count, false, &connectors));
    for (size_t i = 0; i < p->changes.count; i++) {
        const struct staged_change *change = &p->changes.at[i];
        if (!is_unresolved(change)) continue;
        text name = cs_attribute_name(s, change->attribute);
        *LIST_ADD(c->a, out) =
            (struct unresolved_view){.attribute_change_id = value_id(ID_PENDING_EXPORT, p->id, change->attribute, i),
                                     .attribute_name = text_is_null(name) ? T("") : name,
                                     .referenced_metaverse_object_id = id_to_uuid(ID_MVO, change->reference_mvo),
                                     .referenced_metaverse_object_display_name = name_of(names, change->reference_mvo),
                                     .reason = reason_of(&connectors, p->system, change->reference_mvo)};
    }
    return NULL;
}

/* The objects on both ends, and those that references mean. */
static FALLIBLE show_ends(struct call *c, store_tx *tx, snapshot *s, const struct pending_export *p, struct export_detail *out) {
    struct csos objects = {0};
    struct mvos sources = {0};
    struct int64s wanted = {0};
    struct int_map names;
    TRY(store_csos(tx, c->a, s, &p->cso, p->cso ? 1 : 0, true, &objects));
    TRY(store_mvos(tx, c->a, s, &p->mvo, p->mvo ? 1 : 0, &sources));
    if (objects.count) {
        out->connected_system_object_display_name = cso_display_name(c->a, s, &objects.at[0]);
        out->connected_system_object_type_name = cs_type_name(s, objects.at[0].type);
    }
    if (sources.count) {
        out->source_metaverse_object_display_name = mvo_display_name(c->a, s, &sources.at[0]);
        out->source_metaverse_object_type_name = mv_type_name(s, sources.at[0].type);
    }
    for (EACH(const struct staged_change, change, &p->changes))
        if (is_unresolved(change)) *LIST_ADD(c->a, &wanted) = change->reference_mvo;
    TRY(mvo_names(c, tx, s, &wanted, &names));
    return show_unresolved(c, tx, s, p, &wanted, &names, &out->unresolved_references);
}

static FALLIBLE export_get(struct call *c, const struct of_export *in, struct export_detail *out) {
    snapshot *s;
    struct pending_exports found = {0};
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(find_export(c, tx, s, in->id, &found));
    if (!found.count) return FAIL(ERROR_NOT_FOUND, "There is no such pending export.");
    const struct pending_export *p = &found.at[0];
    const struct connected_system *system = config_system(s, p->system);
    *out = (struct export_detail){.id = in->id,
                                  .connected_system_id = p->system,
                                  .connected_system_name = system ? system->name : T(""),
                                  .change_type = p->change,
                                  .status = p->status,
                                  .created_at = p->created,
                                  .error_count = p->errors,
                                  .max_retries = p->max_retries,
                                  .last_attempted_at = p->attempted,
                                  .next_retry_at = p->next_retry,
                                  .last_error_message = p->last_error,
                                  .has_unresolved_references = p->unresolved,
                                  .connected_system_object_id = uuid_or_none(ID_CSO, p->cso),
                                  .source_metaverse_object_id = uuid_or_none(ID_MVO, p->mvo)};
    show_changes(c->a, s, p, out);
    return show_ends(c, tx, s, p, out);
}
HANDLER(export_get, of_export, export_detail)

static bool change_matches(arena *scratch, const struct staged_change *change, text folded) {
    return text_is_empty(folded) || (change->has_value && value_matches(scratch, &change->value, folded));
}

/* Without such an export, or changes of that attribute, there are none. */
static FALLIBLE export_changes(struct call *c, const struct of_changes *in, struct change_page *out) {
    snapshot *s;
    struct pending_exports found = {0};
    struct value_query q = in->query;
    OWNED(store_tx) tx = NULL;
    OWNED(arena) scratch = arena_new(1 << 30);
    TRY(value_query_check(c, &q));
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(find_export(c, tx, s, in->id, &found));
    text folded = text_fold(c->a, q.search);
    int64_t total = 0, first = (int64_t)(q.page - 1) * q.page_size;
    const struct pending_export *p = found.count ? &found.at[0] : NULL;
    for (size_t i = 0; p && i < p->changes.count; i++) {
        const struct staged_change *change = &p->changes.at[i];
        if (!text_equal_fold(cs_attribute_name(s, change->attribute), in->attribute)) continue;
        if (!change_matches(scratch, change, folded)) continue;
        if (total >= first && total < first + q.page_size) show_change(c->a, s, p, i, LIST_ADD(c->a, &out->items));
        total++;
    }
    page_fill(&out->counts, q.page, q.page_size, total);
    return NULL;
}
HANDLER(export_changes, of_changes, change_page)

/* ---- another chance (sync-engine §16.7, J+45) ---- */

struct retry_request {
    int32_t system;
    text change_reason;
};
static SHAPE(retry_request, NULL,
             FIELDS(FIELD(retry_request, system, "connectedSystemId"),
                    FIELD(retry_request, change_reason, "changeReason", .query = true)));
struct retry_result {
    int32_t retried;
};
static SHAPE(retry_result, "RetryFailedExportsResponse", FIELDS(FIELD(retry_result, retried, "retriedCount")));

static struct pending_export *as_if_new(arena *a, const struct pending_export *failed) {
    struct pending_export *p = ARENA_NEW(a, struct pending_export);
    *p = *failed;
    p->status = EXPORT_PENDING;
    p->errors = 0;
    p->next_retry = (instant){0};
    p->changes = (struct staged_changes){0};
    for (EACH(const struct staged_change, k, &failed->changes)) {
        struct staged_change *again = LIST_ADD(a, &p->changes);
        *again = *k;
        if (k->status != CHANGE_FAILED) continue;
        again->status = CHANGE_PENDING;
        again->attempts = 0;
    }
    return p;
}

static FALLIBLE retry_all(struct change *x, int32_t system, int32_t *retried) {
    enum { AT_ONCE = 500 };
    OWNED(arena) a = arena_new((size_t)1 << 32);
    struct pending_query q = {.system = system, .status = EXPORT_FAILED, .change = -1, .limit = AT_ONCE};
    for (;;) {
        struct pending_exports found = {0};
        struct pending_export_changes list = {0};
        int64_t total;
        arena_reset(a);
        TRY(store_list_pending(x->tx, a, x->before, &q, &found, &total));
        if (!found.count) return NULL;
        for (EACH(const struct pending_export, p, &found))
            *LIST_ADD(a, &list) = (struct pending_export_change){.before = p, .after = as_if_new(a, p)};
        TRY(store_write_pending(x->tx, x->before, &list));
        *retried += (int32_t)found.count;
    }
}

static FALLIBLE exports_retry(struct call *c, const struct retry_request *in, struct retry_result *out) {
    OWNED_VALUE(change) x = {0};
    const struct connected_system *system;
    TRY(change_begin(c, &x));
    TRY(find_system(x.before, in->system, &system));
    TRY(retry_all(&x, in->system, &out->retried));
    if (!out->retried) return NULL;
    struct change_note note = {.target = TARGET_CONNECTED_SYSTEM,
                               .operation = OPERATION_UPDATE,
                               .name = system->name,
                               .context = T("Retry of failed exports"),
                               .reason = in->change_reason,
                               .system = system->id,
                               .id = system->id};
    return change_commit(c, &x, &note, NULL);
}
HANDLER(exports_retry, retry_request, retry_result)

const struct routes pending_export_routes = ROUTES(
    "Synchronisation", "/api/v1/synchronisation",
    ROUTE(GET, "/connected-systems/{connectedSystemId}/pending-exports", exports_list,
          "Lists what is staged for a connected system, the latest first.", .operation = "GetPendingExports",
          .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, "/connected-systems/{connectedSystemId}/pending-exports/count", exports_count,
          "Counts what is staged for a connected system.", .operation = "GetPendingExportsCount", .role = ROLE_ADMINISTRATOR),
    ROUTE(POST, "/connected-systems/{connectedSystemId}/pending-exports/retry-failed", exports_retry,
          "Gives pending exports that were parked as Failed all their attempts again.", .operation = "RetryFailedPendingExports",
          .status = 200, .role = ROLE_ADMINISTRATOR, .also = ALSO({404, NULL, "There is no such connected system."})),
    ROUTE(GET, "/pending-exports/{pendingExportId}", export_get, "A pending export with its first changes.",
          .operation = "GetPendingExport", .role = ROLE_ADMINISTRATOR,
          .also = ALSO({404, NULL, "There is no such pending export."})),
    ROUTE(GET, "/pending-exports/{pendingExportId}/attribute-changes/{attributeName}/values", export_changes,
          "A page of the changes of one attribute.", .operation = "GetPendingExportAttributeChangesPaged",
          .role = ROLE_ADMINISTRATOR));
