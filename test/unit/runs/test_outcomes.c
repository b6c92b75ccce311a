/* The tables of sync-engine §22, row by row: each kind of change, outcome and error is brought about in the situation that they
 * state, and at the end none of them may have been left out. */
#include "px.h"

#include "world_private.h"

#define GUID1 "00000000-0000-0000-0000-000000000001"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"
#define ANN "hrId=1;employeeId=E1;displayName=Ann"

/* ---- words ---- */

static void pages(struct world *w, const char *page) {
    px_of("PX")->pages.count = 0;
    px_page(w, "PX", page);
    FULL(w, "PX");
}

static void feed(struct world *w, const char *rows) {
    world_rows(w, "HR", rows);
    FULL(w, "HR");
    SYNC(w, "HR");
}

/* Ann of the department IT has an account that an import has seen. */
static void account(struct world *w, const char *more) {
    world_r2(w, more);
    feed(w, ANN ";department=IT");
    EXPORT(w, "AD");
    FULL(w, "AD");
    DELTA_SYNC(w, "AD");
}

static void authoritative(struct world *w, int64_t grace_days) {
    int32_t source = world_system(w, "HR")->id;
    struct mv_type user = *config_mv_type_named(w->c, T("User"));
    store_tx *tx = world_begin(w);
    user.deletion_rule = DELETE_WHEN_AUTHORITATIVE_SOURCE;
    user.trigger_systems = (struct int32s){&source, 1, 1};
    user.grace.ticks = grace_days * TICKS_PER_DAY;
    OK(store_save_mv_type(tx, &user));
    world_commit(w, tx);
}

static void scope_of(struct world *w, const char *rule, bool import, const char *department, enum out_of_scope_action action) {
    struct sync_rule r = {0};
    for (EACH(const struct sync_rule, known, &w->c->rules))
        if (text_equal(known->name, text_of(rule))) r = *known;
    struct scope_group g = {.rule = r.id, .type = SCOPE_ALL};
    struct scope_criterion k = {.comparison = COMPARE_EQUALS, .has_value = true, .case_sensitive = true};
    store_tx *tx = world_begin(w);
    r.out_of_scope = action;
    OK(store_save_rule(tx, &r));
    OK(store_save_scope_group(tx, &g));
    k.group = g.id;
    k.value = (struct value){.type = TYPE_TEXT, .text = text_of(department)};
    k.attribute = import ? world_attribute(w, "HR", "department")->id : config_mv_attribute_named(w->c, T("Department"))->id;
    OK(store_save_scope_criterion(tx, &k));
    world_commit(w, tx);
}

static struct mapping mapping_to(struct world *w, const char *rule, int32_t cs_target, int32_t mv_target) {
    for (EACH(const struct sync_rule, r, &w->c->rules))
        for (EACH(const struct mapping, m, &r->mappings))
            if (text_equal(r->name, text_of(rule)) && m->cs_target == cs_target && m->mv_target == mv_target) return *m;
    fail_msg("no such mapping");
    return (struct mapping){0};
}

static void save_mapping(struct world *w, struct mapping m) {
    store_tx *tx = world_begin(w);
    OK(store_save_mapping(tx, &m));
    world_commit(w, tx);
}

/* ---- imports ---- */

static void import_added(struct world *w) { pages(w, "person;hrId=1;title=x"); }

static void import_updated(struct world *w) {
    import_added(w);
    pages(w, "person;hrId=1;title=y");
}

static void import_missed(struct world *w) {
    import_added(w);
    pages(w, "person;hrId=2");
}

static void import_refused(struct world *w) { pages(w, "person;hrId=1;title=x\nperson;hrId=1;title=y"); }
static void import_without_id(struct world *w) { pages(w, "person;displayName=Ann"); }
static void import_of_no_type(struct world *w) { pages(w, "robot;hrId=1"); }
static void import_attribute_twice(struct world *w) { pages(w, "person;hrId=1;title=a;title=b"); }
static void import_badly_configured(struct world *w) { pages(w, "?person;hrId=1\nperson;hrId=2"); }
static void import_too_many_values(struct world *w) { pages(w, "person;hrId=1;title=a|b"); }
static void import_unresolved(struct world *w) { pages(w, "person;hrId=1;managerId=9"); }

static void import_unknown_attribute(struct world *w) { pages(w, "person;hrId=1;shoeSize=3"); }

static void import_binary_id(struct world *w) {
    world_type(w, "PX", "blob", "id:Binary||name");
    pages(w, "blob;id=AAAA");
}

static void import_wrong_value(struct world *w) {
    import_added(w);
    pages(w, "!person;hrId=1;title=y;startDate=?");
}

static void import_not_stored(struct world *w) {
    world_plant(w, "create trigger t1 before insert on cso when new.key = 'bad' begin select raise(abort, 'no room'); end");
    pages(w, "person;hrId=bad\nperson;hrId=1");
}

static void import_not_updated(struct world *w) {
    import_added(w);
    world_plant(w, "create trigger t2 before update on cso_doc when new.doc like '%poison%' begin select raise(abort, 'no'); end");
    pages(w, "person;hrId=1;title=poison\nperson;hrId=2");
}

static void import_verified(struct world *w) {
    import_added(w);
    struct cso *o = world_cso(w, "PX", "1"), after = *o;
    after.values = attributes_copy(w->a, &o->values);
    attributes_remove(&after.values, world_attribute(w, "PX", "title")->id);
    world_write_cso(w, o, &after);
    struct run_profile *p = world_profile(w, "PX", RUN_FULL_IMPORT);
    p->verify_hashes = true;
    world_save_profile(w, p);
    pages(w, "person;hrId=1;title=x");
}

static void confirmed(struct world *w) {
    world_r2(w, NULL);
    feed(w, ANN ";department=IT");
    EXPORT(w, "AD");
    FULL(w, "AD");
}

static void not_confirmed(struct world *w) {
    world_r2(w, NULL);
    feed(w, ANN ";department=IT");
    px_of("AD")->distort = "department";
    EXPORT(w, "AD");
    FULL(w, "AD");
}

static void never_confirmed(struct world *w) {
    not_confirmed(w);
    for (int i = 0; i < 4; i++) {
        EXPORT(w, "AD");
        FULL(w, "AD");
    }
}

/* ---- synchronisations ---- */

static void projected(struct world *w) {
    world_r2(w, NULL);
    feed(w, ANN ";department=IT");
}

static void joined(struct world *w) {
    feed(w, ANN);
    px_object(w, "AD", "user;objectGUID=" GUID1 ";distinguishedName=" DN("Ann") ";employeeID=E1");
    FULL(w, "AD");
    world_rule(w, "R3", 'i', "AD", "user", "");
    SYNC(w, "AD");
}

static void flowed(struct world *w) {
    feed(w, ANN ";department=IT");
    feed(w, ANN ";department=HR");
}

static void lost_a_value(struct world *w) {
    feed(w, ANN ";department=IT");
    feed(w, ANN);
}

static void asserted_nothing(struct world *w) {
    struct mapping m = mapping_to(w, "R1", 0, config_mv_attribute_named(w->c, T("Department"))->id);
    m.null_is_value = true;
    save_mapping(w, m);
    lost_a_value(w);
}

static void left(struct world *w) {
    feed(w, ANN "\nhrId=2;employeeId=E2;displayName=Bob");
    feed(w, "hrId=2;employeeId=E2;displayName=Bob");
}

static void left_with_account(struct world *w) {
    world_r2(w, NULL);
    authoritative(w, 0);
    struct sync_rule r = w->c->rules.at[w->c->rules.count - 1];
    r.deprovision = DEPROVISION_DELETE;
    store_tx *tx = world_begin(w);
    OK(store_save_rule(tx, &r));
    world_commit(w, tx);
    feed(w, ANN ";department=IT\nhrId=2;employeeId=E2;displayName=Bob");
    EXPORT(w, "AD");
    FULL(w, "AD");
    feed(w, "hrId=2;employeeId=E2;displayName=Bob");
}

static void left_for_a_week(struct world *w) {
    authoritative(w, 7);
    left(w);
}

static void out_of_scope(struct world *w) {
    scope_of(w, "R1", true, "IT", OUT_OF_SCOPE_DISCONNECT);
    flowed(w);
}

static void out_of_scope_but_joined(struct world *w) {
    scope_of(w, "R1", true, "IT", OUT_OF_SCOPE_REMAIN_JOINED);
    flowed(w);
}

static void drifted(struct world *w) {
    account(w, NULL);
    px_of("AD")->objects.count = 0;
    px_object(w, "AD", "user;objectGUID=" GUID1 ";distinguishedName=" DN("Ann") ";department=Sales");
    FULL(w, "AD");
    DELTA_SYNC(w, "AD");
}

static void left_by_a_rule_that_keeps(struct world *w) {
    scope_of(w, "R1", true, "IT", OUT_OF_SCOPE_REMAIN_JOINED);
    feed(w, ANN ";department=IT\nhrId=2;employeeId=E2;displayName=Bob;department=IT");
    feed(w, "hrId=2;employeeId=E2;displayName=Bob;department=IT");
}

static void lost_a_reference(struct world *w) {
    world_r2(w, "Manager -> manager");
    authoritative(w, 0);
    const char *ann = ANN ";managerId=2\n";
    feed(w, arena_print(w->a, "%shrId=2;employeeId=E2;displayName=Bob", ann).at);
    for (int i = 0; i < 2; i++) {
        EXPORT(w, "AD");
        FULL(w, "AD");
        DELTA_SYNC(w, "AD");
    }
    world_rows(w, "HR", ann);
    FULL(w, "HR");
    DELTA_SYNC(w, "HR");
}

static void unchanged(struct world *w) {
    world_setting(w, "Sync.VerboseNoChangeRecording", "true");
    feed(w, ANN);
    world_setting(w, "Sync.PageSize", "100"); /* so that all are evaluated again */
    world_rule(w, "R9", 'i', "HR", "person", "-");
    SYNC(w, "HR");
}

static void already_there(struct world *w) {
    world_setting(w, "Sync.VerboseNoChangeRecording", "true");
    account(w, NULL);
    world_rule(w, "R9", 'i', "HR", "person", "-");
    SYNC(w, "HR");
}

static void ambiguous(struct world *w) {
    feed(w, ANN);
    world_rows(w, "HR", ANN "\nhrId=2;employeeId=E2;displayName=Ann");
    FULL(w, "HR");
    SYNC(w, "HR");
    world_match(w, "PX", "person", "displayName", "Display Name");
    world_rule(w, "R4", 'i', "PX", "person", "");
    pages(w, "person;hrId=7;displayName=Ann");
    SYNC(w, "PX");
}

static void taken(struct world *w) {
    feed(w, ANN);
    feed(w, ANN "\nhrId=2;employeeId=E1;displayName=Ann");
}

static void wrong_expression(struct world *w) {
    world_map(w, "R1", "=cs[\"title\"].Substring(9) -> Description");
    feed(w, ANN ";title=x");
}

static void missing_input(struct world *w) {
    world_map(w, "R1", "=cs[\"alias\"] + \"!\" -> Description");
    struct mapping m = mapping_to(w, "R1", 0, config_mv_attribute_named(w->c, T("Description"))->id);
    m.sources.at[0].missing = MISSING_FAIL_MAPPING;
    save_mapping(w, m);
    feed(w, ANN);
}

static void several_to_one(struct world *w) {
    world_rule(w, "R5", 'i', "PX", "person", "p");
    world_map(w, "R5", "mail -> Description");
    pages(w, "person;hrId=1;mail=a|b");
    SYNC(w, "PX");
}

static void other_type_there(struct world *w) {
    world_type(w, "AD", "contact", "id||cn");
    world_r2(w, NULL);
    world_rule(w, "R7", 'o', "AD", "contact", "p");
    world_map(w, "R7", "Display_Name -> cn");
    feed(w, ANN);
}

/* ---- exports ---- */

static void exported(struct world *w) {
    projected(w);
    EXPORT(w, "AD");
}

static void deprovisioned(struct world *w) {
    left_with_account(w);
    EXPORT(w, "AD");
}

static void deferred(struct world *w) {
    world_r2(w, "Manager -> manager");
    world_rule(w, "R6", 'i', "HR", "person", "-");
    scope_of(w, "R2", false, "IT", OUT_OF_SCOPE_DISCONNECT);
    feed(w, ANN ";department=IT;managerId=2\nhrId=2;employeeId=E2;displayName=Boss;department=Sales");
    EXPORT(w, "AD");
    FULL(w, "AD");
    struct cso *o = world_connector(w, "1", "AD");
    struct pending_export *p = world_pe(w, o), after = *p;
    after.next_retry = (instant){1};
    world_write_pe(w, p, &after);
    EXPORT(w, "AD");
}

static void same_id(struct world *w) {
    px_of("AD")->same_id = GUID1;
    world_r2(w, NULL);
    feed(w, ANN ";department=IT\nhrId=2;employeeId=E2;displayName=Bob");
    EXPORT(w, "AD");
}

static void refused(struct world *w) {
    px_of("AD")->refuse = DN("Ann");
    exported(w);
}

/* ---- the tables ---- */

static const struct {
    const char *what;
    void (*play)(struct world *w);
    const char *told; /* all of it, or, before "…", its beginning */
} rows[] = {
    {"import: Added", import_added, "1 Added: CsoAdded"},
    {"import: Updated", import_updated, "1 Updated: CsoUpdated=2"},
    {"import: Deleted, DeletionDetected", import_missed, "1 Deleted: DeletionDetected\n2 Added: CsoAdded"},
    {"import: NotSet, DuplicateObject", import_refused, "1 NotSet!DuplicateObject\n1 NotSet!DuplicateObject"},
    {"MissingExternalIdAttributeValue", import_without_id, " NotSet!MissingExternalIdAttributeValue"},
    {"CouldNotMatchObjectType", import_of_no_type, " NotSet!CouldNotMatchObjectType"},
    {"DuplicateImportedAttributes", import_attribute_twice, "1 NotSet!DuplicateImportedAttributes"},
    {"ConnectorConfigurationError", import_badly_configured, "1 NotSet!ConnectorConfigurationError\n2 Added: CsoAdded"},
    {"import of several values for one", import_too_many_values, "1 Added!ImportAttributeValueError: CsoAdded"},
    {"UnresolvedReference", import_unresolved, "1 Added!UnresolvedReference: CsoAdded"},
    {"UnexpectedAttribute", import_unknown_attribute, "1 NotSet!UnexpectedAttribute"},
    {"UnsupportedExternalIdAttributeType", import_binary_id, "AAAA NotSet!UnsupportedExternalIdAttributeType"},
    {"ImportAttributeValueError", import_wrong_value, "1 Updated!ImportAttributeValueError: CsoUpdated=2"},
    {"CsoCreationFailed", import_not_stored, "1 Added: CsoAdded\nbad NotSet!CsoCreationFailed"},
    {"UnhandledError of an update", import_not_updated, "1 NotSet!UnhandledError\n2 Added: CsoAdded"},
    {"ImportHashVerificationFailed", import_verified, "1 Updated!ImportHashVerificationFailed: CsoUpdated=1"},
    {"ExportConfirmed", confirmed, GUID1 " Updated: ExportConfirmed=2"},
    {"ExportFailed, ExportNotConfirmed", not_confirmed, GUID1 " Updated!ExportNotConfirmed: …"},
    {"ExportConfirmationFailed", never_confirmed, GUID1 " Updated!ExportConfirmationFailed: CsoUpdated=2,ExportFailed=1"},
    {"Projected, Provisioned, PendingExportCreated", projected,
     "1 Projected: Projected(AttributeFlow=3(Provisioned(PendingExportCreated=2)))"},
    {"Joined", joined, GUID1 " Joined: Joined"},
    {"AttributeFlow", flowed, "1 AttributeFlow: AttributeFlow=2"},
    {"NoContributor", lost_a_value, "1 AttributeFlow: AttributeFlow=1(NoContributor=1)"},
    {"AssertedNull", asserted_nothing, "1 AttributeFlow: AttributeFlow=1(AssertedNull=1)"},
    {"Disconnected, CsoDeleted, MvoDeleted", left, "1 Disconnected: Disconnected(CsoDeleted,MvoDeleted)"},
    {"DeprovisionQueued", left_with_account, "1 Disconnected: Disconnected(CsoDeleted,MvoDeleted(DeprovisionQueued))"},
    {"MvoDeletionScheduled", left_for_a_week, "1 Disconnected: Disconnected(CsoDeleted,MvoDeletionScheduled)"},
    {"DisconnectedOutOfScope", out_of_scope, "1 DisconnectedOutOfScope: DisconnectedOutOfScope…"},
    {"OutOfScopeRetainJoin", out_of_scope_but_joined, "1 OutOfScopeRetainJoin"},
    {"DriftCorrection", drifted, GUID1 " DriftCorrection: DriftCorrection…"},
    {"Deleted: the rule keeps what it contributed", left_by_a_rule_that_keeps, "1 Deleted: CsoDeleted"},
    {"PendingExport: a reference goes", lost_a_reference,
     GUID1 " PendingExport: PendingExportCreated=1\n2 Disconnected: Disconnected(CsoDeleted,MvoDeleted)"},
    {"NoChange: MvoNoAttributeChanges", unchanged, "1 NoChange"},
    {"NoChange: CsoAlreadyCurrent", already_there, GUID1 " NoChange\n1 NoChange"},
    {"AmbiguousMatch", ambiguous, "7 NotSet!AmbiguousMatch"},
    {"CouldNotJoinDueToExistingJoin", taken, "2 NotSet!CouldNotJoinDueToExistingJoin"},
    {"ExpressionEvaluationError", wrong_expression, "1 NotSet!ExpressionEvaluationError"},
    {"ExpressionMissingInput", missing_input, "1 Projected!ExpressionMissingInput: …"},
    {"MultiValuedToSingleValued", several_to_one, "1 Projected!MultiValuedToSingleValued: Projected"},
    {"CouldNotExportDueToExistingConnectedSystemObject", other_type_there,
     "1 Projected!CouldNotExportDueToExistingConnectedSystemObject: …"},
    {"Exported", exported, DN("Ann") " Exported: Exported=2"},
    {"Deprovisioned", deprovisioned, GUID1 " Deprovisioned: Deprovisioned=1"},
    {"PendingExport: deferred", deferred, GUID1 " PendingExport!UnresolvedReference"},
    {"InvalidGeneratedExternalId", same_id, DN("Ann") " Exported: Exported=2\n" DN("Bob") " Exported!InvalidGeneratedExternalId"},
    {"UnhandledError of an export", refused, DN("Ann") " Exported!UnhandledError"},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* What no run of the engine writes: told elsewhere, or never an item's. */
static const char *const elsewhere[] = {
    "PendingExportConfirmed", /* named by §22.1, of no run: a confirmation is an Updated item with ExportConfirmed (§7) */
    "Created",                /* of administrators: the history of the object that was made or restored */
    "DeltaImportFallbackToFullImport", /* a warning of the run (§22.3), see below */
};

static char seen[1 << 16];

static bool is_seen(const char *name) {
    size_t len = strlen(name);
    for (const char *at = seen; (at = strstr(at, name)); at += len) {
        char before = at == seen ? ' ' : at[-1], after = at[len];
        if (strchr(" !:,(\n", before) && (!after || strchr(" !:,()=\n", after))) return true;
    }
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcmp(elsewhere[i], name) == 0) return true;
    return false;
}

static void all_seen(const struct enum_names *names, unsigned first, unsigned end) {
    for (unsigned i = first; i < end; i++)
        if (!is_seen(enum_name(names, i))) fail_msg("no row brings about %s", enum_name(names, i));
}

static size_t row;

TEST(a_row) {
    struct world *w = *state;
    const char *wanted = rows[row].told, *end = strstr(wanted, "…");
    rows[row++].play(w);
    const char *told = world_told(w);
    if (strlen(seen) + strlen(told) + 2 < sizeof seen) strcat(strcat(seen, told), "\n");
    for (EACH(const struct run_item, item, &w->items))
        if (item->no_change) strcat(strcat(seen, enum_name(&no_change_reason_names, item->no_change)), "\n");
    if (!end)
        check(told, wanted);
    else if (strncmp(told, wanted, (size_t)(end - wanted)) != 0)
        check(told, wanted); /* shows both */
}

TEST(every_kind_outcome_and_error) {
    (void)state;
    all_seen(&object_change_names, OBJECT_NOT_SET, OBJECT_CREATED + 1);
    all_seen(&no_change_reason_names, NO_CHANGE_MVO, NO_CHANGE_CSO + 1);
    all_seen(&outcome_names, OUTCOME_CSO_ADDED, OUTCOME_DEPROVISION_QUEUED + 1);
    all_seen(&item_error_names, ITEM_AMBIGUOUS_MATCH, ITEM_OTHER_TYPE_IN_TARGET + 1);
}

TEST(delta_import_fallback_is_a_warning_of_the_run) {
    struct world *w = *state;
    px_of("PX")->warning = "The server asked to read it all.";
    px_page(w, "PX", "person;hrId=1");
    assert_int_equal(DELTA(w, "PX"), ACTIVITY_COMPLETE_WITH_WARNING);
    check(world_told(w), "1 Added: CsoAdded");
    check(arena_cstring(w->a, w->run.warning_message), "The server asked to read it all.");
}

int main(void) {
    struct CMUnitTest tests[ROWS + 2] = {{0}};
    for (size_t i = 0; i < ROWS; i++) tests[i] = (struct CMUnitTest){rows[i].what, a_row, world_open, world_close, NULL};
    tests[ROWS] =
        (struct CMUnitTest)cmocka_unit_test_setup_teardown(delta_import_fallback_is_a_warning_of_the_run, world_open, world_close);
    tests[ROWS + 1] = (struct CMUnitTest)cmocka_unit_test(every_kind_outcome_and_error);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
