/* Export evaluation, merging, drift, outbound scope: worked examples W58 to W83 (sync-engine §13–15). */
#include "world.h"

#define GUID_ANN "aaaaaaaa-0000-0000-0000-000000000001"
#define GUID_B "aaaaaaaa-0000-0000-0000-000000000002"
#define GUID_C "aaaaaaaa-0000-0000-0000-000000000003"
#define GUID_G "aaaaaaaa-0000-0000-0000-000000000004"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

static const char *print(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *print(struct world *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text t = arena_vprint(w->a, format, args);
    va_end(args);
    return arena_cstring(w->a, t);
}

static void enable(struct world *w, const char *rule) { world_find_rule(w, rule)->enabled = true; }

static struct cso *account(struct world *w) { return world_connector(w, world_mvo(w, "Employee_ID", "E1"), "AD"); }

/* Ann's row in HR, synchronised. */
static struct mvo *ann(struct world *w, const char *values) {
    world_row(w, "HR", "person", "1", print(w, "employeeId=E1;%s", values));
    world_sync(w, "HR");
    return world_mvo(w, "Employee_ID", "E1");
}

/* Ann joined in HR and AD, department IT in both. */
static struct mvo *ann_in_both(struct world *w) {
    struct mvo *m = ann(w, "displayName=Ann;department=IT");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT", m);
    enable(w, "R2");
    w->configuration_changed = true;
    world_sync(w, "AD");
    w->configuration_changed = false;
    check(world_told(w), "");
    return m;
}

static void by_hand(struct world *w, const char *department) {
    world_row(w, "AD", "user", GUID_ANN, print(w, "distinguishedName=" DN("Ann") ";employeeID=E1;department=%s", department));
}

EXAMPLE(w58_provisions) {
    enable(w, "R2");
    struct mvo *m = ann(w, "displayName=Ann Lee;department=IT");
    struct cso *o = account(w);
    assert_non_null(o);
    assert_int_equal(o->status, CSO_PENDING_PROVISIONING);
    assert_int_equal(o->join, JOIN_PROVISIONED);
    check(world_cs(w, o, "distinguishedName"), DN("Ann Lee"));
    assert_true(text_equal(o->secondary_external_id, T(DN("Ann Lee"))));
    check(world_pe_text(w, o), "Create Pending department:=IT distinguishedName:=" DN("Ann Lee"));
    assert_int_equal(world_pe(w, o)->rule, world_find_rule(w, "R2")->id);
    assert_int_equal(world_pe(w, o)->mvo, m->id);
    check(world_told(w), "1 Projected: Projected(AttributeFlow=3(Provisioned(PendingExportCreated=2)))");
    assert_int_equal(world_pe(w, o)->queued_by, w->items.at[0].id);
    world_sync(w, "HR");
    check(world_told(w), "");
}

EXAMPLE(w61_change_between_create_and_confirmation) {
    enable(w, "R2");
    ann(w, "displayName=Ann;department=IT");
    world_exported(w, account(w), GUID_ANN);
    ann(w, "displayName=Ann;department=HR");
    check(world_pe_text(w, account(w)), "Update Pending department:=HR distinguishedName:=" DN("Ann"));
    assert_int_equal(w->exports.count, 1);
}

/* 13.2 row 5: a Create that was not sent is rebuilt; the staged secondary id keeps step. */
EXAMPLE(unsent_create_is_rebuilt) {
    enable(w, "R2");
    ann(w, "displayName=Ann;department=IT");
    ann(w, "displayName=Bea;department=IT");
    check(world_pe_text(w, account(w)), "Create Pending department:=IT distinguishedName:=" DN("Bea"));
    check(world_cs(w, account(w), "distinguishedName"), DN("Bea"));
    assert_int_equal(w->exports.count, 1);
}

EXAMPLE(w62_claims) {
    enable(w, "R2");
    world_row(w, "AD", "user", GUID_ANN, "distinguishedName=CN=old;employeeID=E1;department=X");
    ann(w, "displayName=Ann Lee;department=IT");
    struct cso *o = world_cso(w, "AD", GUID_ANN);
    assert_int_equal(o->join, JOIN_JOINED);
    assert_int_equal(o->mvo, world_mvo(w, "Employee_ID", "E1")->id);
    check(world_pe_text(w, o), "Update Pending department:=IT distinguishedName:=" DN("Ann Lee"));
    assert_int_equal(w->objects.count, 2);
}

/* J+16: several candidates are an ambiguity, and nothing is provisioned. */
EXAMPLE(ambiguous_claim) {
    enable(w, "R2");
    world_row(w, "AD", "user", GUID_ANN, "distinguishedName=CN=a;employeeID=E1");
    world_row(w, "AD", "user", GUID_B, "distinguishedName=CN=b;employeeID=E1");
    ann(w, "displayName=Ann");
    assert_int_equal(w->exports.count, 0);
    assert_int_equal(w->objects.count, 3);
    check(world_told(w), "1 Projected!AmbiguousMatch: Projected(AttributeFlow=2)");
}

EXAMPLE(w63_no_net_change) {
    struct mvo *m = ann_in_both(w);
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;department=Sales");
    world_sync(w, "HR");
    w->exports.count = 0;
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;department=IT");
    world_sync(w, "HR");
    check_mv(w, m, "Department", "IT@HR");
    assert_int_equal(w->exports.count, 0);
    assert_int_equal(w->already_current, 1);
}

/* J+35: a change that the target holds again cancels what is staged against it. */
EXAMPLE(reverted_change_is_cancelled) {
    ann_in_both(w);
    ann(w, "displayName=Ann;department=Sales");
    check(world_pe_text(w, account(w)), "Update Pending department:=Sales");
    ann(w, "displayName=Ann;department=IT");
    check(world_pe_text(w, account(w)), "none");
}

/* §13.4: what was written and not yet confirmed counts as held. */
EXAMPLE(written_and_unconfirmed_counts) {
    ann_in_both(w);
    ann(w, "displayName=Ann;department=Sales");
    world_exported(w, account(w), NULL);
    ann(w, "displayName=Ann;department=IT");
    check(world_pe_text(w, account(w)), "Update Pending department:=IT");
}

EXAMPLE(w66_escapes_the_name) {
    enable(w, "R2");
    ann(w, "displayName=Lee, Ann");
    check(world_cs(w, account(w), "distinguishedName"), "CN=Lee\\, Ann,OU=Staff,DC=x,DC=y");
}

EXAMPLE(w67_drift_is_corrected) {
    ann_in_both(w);
    by_hand(w, "Sales");
    world_sync(w, "AD");
    check(world_told(w), GUID_ANN " DriftCorrection: DriftCorrection=1");
    check(world_pe_text(w, account(w)), "Update Pending department:=IT");
    assert_int_equal(w->counters.drift_corrections, 1);
    world_sync(w, "AD"); /* still so: no double correction */
    check(world_told(w), "");
    by_hand(w, "IT");
    world_sync(w, "AD");
    check(world_pe_text(w, account(w)), "none");
}

static void ad_contributes(struct world *w, int ad, int hr) {
    world_rule(w, "R5", 'i', "AD", "user", "User", "");
    world_map(w, "R5", "department -> Department")->priority = ad;
    world_mapping(w, "R1", "Department")->priority = hr;
}

EXAMPLE(w68_loser_is_corrected) {
    ad_contributes(w, 2, 1);
    struct mvo *m = ann_in_both(w);
    by_hand(w, "Sales");
    world_sync(w, "AD");
    check_mv(w, m, "Department", "IT@HR");
    check(world_pe_text(w, account(w)), "Update Pending department:=IT");
}

EXAMPLE(w69_winner_is_not_corrected) {
    struct mvo *m = ann(w, "displayName=Ann;department=IT");
    ad_contributes(w, 1, 2);
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT", m);
    enable(w, "R2");
    world_sync(w, "AD");
    check_mv(w, m, "Department", "IT@AD");
    by_hand(w, "Sales");
    world_sync(w, "AD");
    check_mv(w, m, "Department", "Sales@AD");
    check(world_pe_text(w, account(w)), "none");
}

EXAMPLE(w70_one_member_too_many) {
    world_rule(w, "R4", 'o', "AD", "group", "Group", "");
    world_map(w, "R4", "Members -> member");
    struct mvo *m = ann_in_both(w);
    struct mvo *group = world_identity(w, "Group", print(w, "Display_Name=G;Members=%lld", (long long)m->id));
    world_row(w, "AD", "user", GUID_B, "distinguishedName=" DN("B"));
    world_account(w, "AD", "group", GUID_G, "distinguishedName=" DN("G") ";member=" DN("Ann"), group);
    world_sync(w, "AD");
    check(world_pe_text(w, world_cso(w, "AD", GUID_G)), "none");
    world_row(w, "AD", "group", GUID_G, "distinguishedName=" DN("G") ";member=" DN("Ann") "|" DN("B"));
    world_sync(w, "AD");
    check(world_pe_text(w, world_cso(w, "AD", GUID_G)), "Update Pending member-=" DN("B"));
    world_row(w, "AD", "group", GUID_G, "distinguishedName=" DN("G"));
    world_sync(w, "AD");
    check(world_pe_text(w, world_cso(w, "AD", GUID_G)), print(w, "Update Pending member+=#%lld", (long long)m->id));
}

EXAMPLE(w71_initial_export_only) {
    ann_in_both(w);
    world_mapping(w, "R2", "department")->initial_export_only = true;
    by_hand(w, "Sales");
    world_sync(w, "AD");
    check(world_told(w), "");
    ann(w, "displayName=Ann;department=Law");
    check(world_pe_text(w, account(w)), "none"); /* invariant 29 */
}

EXAMPLE(read_only_targets_are_never_written) {
    world_type_named(w, "AD", "user")->attributes.at[3].writability = READ_ONLY; /* department; invariant 30 */
    enable(w, "R2");
    ann(w, "displayName=Ann;department=IT");
    check(world_pe_text(w, account(w)), "Create Pending distinguishedName:=" DN("Ann"));
}

/* Where two rules write one attribute the later has the word also when drift is judged: otherwise they would correct each other. */
EXAMPLE(drift_is_judged_by_the_later_of_two_rules) {
    world_rule(w, "R7", 'o', "AD", "user", "User", "");
    world_map(w, "R7", "=\"Dept \" + mv[\"Department\"] -> department");
    struct mvo *m = ann(w, "displayName=Ann;department=IT");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=Dept IT", m);
    enable(w, "R2");
    world_sync(w, "AD");
    check(world_told(w), "");
    check(world_pe_text(w, account(w)), "none");
    by_hand(w, "IT");
    world_sync(w, "AD");
    check(world_pe_text(w, account(w)), "Update Pending department:=Dept IT");
    by_hand(w, "Dept IT");
    world_sync(w, "AD");
    check(world_pe_text(w, account(w)), "none");
}

/* What addresses an object is never cleared, neither by evaluation nor by drift: no connector would find it again. */
EXAMPLE(addresses_are_never_cleared) {
    world_map(w, "R2", "Employee_ID -> objectGUID");
    world_type_named(w, "AD", "user")->attributes.at[0].type = TYPE_TEXT;
    struct mvo *m = ann(w, "displayName=Ann;department=IT");
    world_account(w, "AD", "user", "E1", "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT", m);
    enable(w, "R2");
    world_gone(w, "HR", "1");
    world_sync(w, "HR");
    check(world_pe_text(w, world_cso(w, "AD", "E1")), "Update Pending department:=");
    world_row(w, "AD", "user", "E1", "distinguishedName=" DN("Ann") ";employeeID=E1");
    world_sync(w, "AD");
    check(world_pe_text(w, world_cso(w, "AD", "E1")), "none");
}

/* The staging half of W72 and W73: a Create is never held back for a reference. */
EXAMPLE(w72_references_are_staged) {
    world_map(w, "R2", "Manager -> manager");
    enable(w, "R2");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=A;managerId=2");
    world_row(w, "HR", "person", "2", "employeeId=E2;displayName=B;managerId=1");
    world_sync(w, "HR");
    struct mvo *a = world_mvo(w, "Employee_ID", "E1"), *b = world_mvo(w, "Employee_ID", "E2");
    check(world_pe_text(w, account(w)), print(w, "Create Pending distinguishedName:=" DN("A") " manager:=#%lld", (long long)b->id));
    check(world_pe_text(w, world_connector(w, b, "AD")),
          print(w, "Create Pending distinguishedName:=" DN("B") " manager:=#%lld", (long long)a->id));
    assert_true(world_pe(w, account(w))->unresolved);
}

static void finance_only(struct world *w, const char *flags) {
    struct sync_rule *r2 = world_find_rule(w, "R2");
    world_scope(w, "R2", "All", "Department Equals Finance");
    if (strchr(flags, 'd')) r2->deprovision = DEPROVISION_DELETE;
    struct mvo *m = ann(w, "displayName=Ann;department=Finance");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=Finance", m);
    enable(w, "R2");
}

EXAMPLE(w74_scope_exit_disconnects) {
    finance_only(w, "");
    ann(w, "displayName=Ann;department=Sales");
    assert_int_equal(world_cso(w, "AD", GUID_ANN)->mvo, 0);
    assert_int_equal(w->exports.count, 0);
    assert_int_equal(w->identities.count, 1);
    ann(w, "displayName=Ann;department=Finance"); /* 15.2: claimed again */
    assert_int_equal(world_cso(w, "AD", GUID_ANN)->join, JOIN_JOINED);
}

EXAMPLE(w75_scope_exit_deletes_and_reentry_cancels) {
    finance_only(w, "d");
    ann(w, "displayName=Ann;department=Sales");
    check(world_pe_text(w, account(w)), "Delete Pending distinguishedName:=" DN("Ann"));
    check(world_told(w), "1 AttributeFlow: AttributeFlow=2(DeprovisionQueued)");
    ann(w, "displayName=Ann;department=Finance");
    check(world_pe_text(w, account(w)), "none");
    assert_non_null(account(w));
}

EXAMPLE(w76_another_rule_still_holds) {
    finance_only(w, "d");
    world_rule(w, "R6", 'o', "AD", "user", "User", "p");
    world_scope(w, "R6", "All", "Job_Title Equals Boss");
    ann(w, "displayName=Ann;department=Finance;title=Boss");
    ann(w, "displayName=Ann;department=Sales;title=Boss");
    assert_non_null(account(w));
    check(world_pe_text(w, account(w)), "none");
}

/* J+12: a source object is never deprovisioned by outbound scope. */
EXAMPLE(sources_are_not_deprovisioned) {
    finance_only(w, "d");
    world_rule(w, "R5", 'i', "AD", "user", "User", "");
    ann(w, "displayName=Ann;department=Sales");
    check(world_pe_text(w, account(w)), "none");
    assert_non_null(account(w));
}

EXAMPLE(w77_inbound_scope_exit) {
    ann_in_both(w);
    world_scope(w, "R1", "All", "department Equals IT");
    struct mvo *m = ann(w, "displayName=Ann;department=Sales");
    assert_null(m);
    struct cso *row = world_cso(w, "HR", "1");
    assert_int_equal(row->mvo, 0);
    assert_int_equal(row->join, JOIN_NONE);
    assert_int_equal(w->identities.count, 1);
    check_mv(w, w->identities.at[0], "Department", "-");
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "Update Pending department:=");
    assert_non_null(strstr(world_told(w), "1 DisconnectedOutOfScope: DisconnectedOutOfScope(AttributeFlow=3"));
}

EXAMPLE(w78_remain_joined) {
    struct mvo *m = ann_in_both(w);
    world_find_rule(w, "R1")->out_of_scope = OUT_OF_SCOPE_REMAIN_JOINED;
    world_scope(w, "R1", "All", "department Equals IT");
    ann(w, "displayName=Ann;department=Sales;title=Boss");
    check(world_told(w), "1 OutOfScopeRetainJoin");
    assert_int_equal(world_cso(w, "HR", "1")->mvo, m->id);
    check_mv(w, m, "Department", "IT@HR");
    check_mv(w, m, "Job_Title", "-");
}

/* W79, after the reconciliation: the flagged MVO is acted upon and the flag cleared, also by a delta run without objects. */
EXAMPLE(w79_scope_review) {
    world_scope(w, "R2", "All", "Employee_Start_Date LessThanOrEquals 0DaysAgo");
    enable(w, "R2");
    struct mvo *m = ann(w, "displayName=Ann;startDate=2026-01-15T00:00:00Z");
    assert_int_equal(w->exports.count, 0);
    world_days(w, 14);
    world_delta(w, "HR");
    assert_int_equal(w->exports.count, 0);
    m->scope_review = true;
    world_delta(w, "HR");
    check(world_pe_text(w, account(w)), "Create Pending distinguishedName:=" DN("Ann"));
    assert_false(m->scope_review);
    m->scope_review = true; /* a stale flag clears itself */
    world_delta(w, "HR");
    assert_false(m->scope_review);
    check(world_told(w), "");
}

EXAMPLE(w80_object_of_another_type) {
    world_type(w, "AD", "contact", "objectGUID:Guid|distinguishedName|cn");
    world_rule(w, "R7", 'o', "AD", "contact", "User", "p");
    world_map(w, "R7", "Display_Name -> cn");
    enable(w, "R2");
    ann(w, "displayName=Ann");
    assert_int_equal(account(w)->type, world_type_named(w, "AD", "user")->id);
    assert_int_equal(w->exports.count, 1);
    check(world_told(w), "1 Projected!CouldNotExportDueToExistingConnectedSystemObject: "
                         "Projected(AttributeFlow=2(Provisioned(PendingExportCreated=1)))");
}

EXAMPLE(w81_new_export_rule_reaches_everybody) {
    for (int i = 1; i <= 3; i++) world_row(w, "HR", "person", print(w, "%d", i), print(w, "employeeId=E%d;displayName=N%d", i, i));
    world_sync(w, "HR");
    enable(w, "R2");
    world_sync(w, "HR");
    assert_int_equal(w->exports.count, 0); /* nothing is known to have changed */
    w->configuration_changed = true;
    world_sync(w, "HR");
    assert_int_equal(w->exports.count, 3);
    assert_int_equal(w->counters.provisioned, 3);
    check(world_told(w), "1 PendingExport: Provisioned(PendingExportCreated=1)\n2 PendingExport: "
                         "Provisioned(PendingExportCreated=1)\n3 PendingExport: Provisioned(PendingExportCreated=1)");
    world_sync(w, "HR");
    check(world_told(w), "");
}

EXAMPLE(w83_write_back) {
    world_rule(w, "R8", 'o', "HR", "person", "User", "e");
    world_map(w, "R8", "=Upper(mv[\"Display Name\"]) -> alias");
    ann(w, "displayName=Ann");
    struct cso *row = world_cso(w, "HR", "1");
    check(world_pe_text(w, row), "Update Pending alias:=ANN");
    w->exports.count = 0; /* exported and confirmed by the import of the row with its alias */
    ann(w, "displayName=Ann;alias=ANN");
    check(world_pe_text(w, row), "none");
    check(world_told(w), "");
}

/* §13.2: an export expression that fails stages nothing for the MVO; the next full run takes it up again. */
EXAMPLE(export_expression_error) {
    world_map(w, "R2", "=mv[\"Job Title\"] > 5 ? \"a\" : \"b\" -> title");
    enable(w, "R2");
    ann(w, "displayName=Ann;title=x");
    assert_int_equal(w->exports.count, 0);
    check(world_told(w), "1 Projected!ExpressionEvaluationError: Projected(AttributeFlow=3)");
    world_mapping(w, "R2", "title")->enabled = false;
    world_sync(w, "HR");
    assert_int_equal(w->exports.count, 1);
}

/* Two rules write one object: what the later says wins, and both are staged in one pending export (invariant 24). */
EXAMPLE(two_rules_one_object) {
    world_rule(w, "R6", 'o', "AD", "user", "User", "p");
    world_map(w, "R6", "Job_Title -> title");
    world_map(w, "R6", "=\"fixed\" -> department");
    enable(w, "R2");
    ann(w, "displayName=Ann;department=IT;title=Boss");
    check(world_pe_text(w, account(w)), "Create Pending department:=fixed distinguishedName:=" DN("Ann") " title:=Boss");
}

/* §20: the preview of an MVO says what would be staged and changes nothing. */
EXAMPLE(preview_stages_nothing) {
    ann(w, "displayName=Ann;department=IT");
    enable(w, "R2");
    size_t objects = w->objects.count;
    assert_int_equal(world_preview(w, world_mvo(w, "Employee_ID", "E1")), 1);
    assert_int_equal(w->exports.count, 0);
    assert_int_equal(w->objects.count, objects);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(w58_provisions),
        cmocka_unit_test(w61_change_between_create_and_confirmation),
        cmocka_unit_test(unsent_create_is_rebuilt),
        cmocka_unit_test(w62_claims),
        cmocka_unit_test(ambiguous_claim),
        cmocka_unit_test(w63_no_net_change),
        cmocka_unit_test(reverted_change_is_cancelled),
        cmocka_unit_test(written_and_unconfirmed_counts),
        cmocka_unit_test(w66_escapes_the_name),
        cmocka_unit_test(w67_drift_is_corrected),
        cmocka_unit_test(w68_loser_is_corrected),
        cmocka_unit_test(w69_winner_is_not_corrected),
        cmocka_unit_test(w70_one_member_too_many),
        cmocka_unit_test(w71_initial_export_only),
        cmocka_unit_test(read_only_targets_are_never_written),
        cmocka_unit_test(drift_is_judged_by_the_later_of_two_rules),
        cmocka_unit_test(addresses_are_never_cleared),
        cmocka_unit_test(w72_references_are_staged),
        cmocka_unit_test(w74_scope_exit_disconnects),
        cmocka_unit_test(w75_scope_exit_deletes_and_reentry_cancels),
        cmocka_unit_test(w76_another_rule_still_holds),
        cmocka_unit_test(sources_are_not_deprovisioned),
        cmocka_unit_test(w77_inbound_scope_exit),
        cmocka_unit_test(w78_remain_joined),
        cmocka_unit_test(w79_scope_review),
        cmocka_unit_test(w80_object_of_another_type),
        cmocka_unit_test(w81_new_export_rule_reaches_everybody),
        cmocka_unit_test(w83_write_back),
        cmocka_unit_test(export_expression_error),
        cmocka_unit_test(two_rules_one_object),
        cmocka_unit_test(preview_stages_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
