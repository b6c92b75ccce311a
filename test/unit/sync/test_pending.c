/* One pending export a CSO: the merging table, claims of scope re-entry, confirmation in pass 1, and what asks for evaluation
 * (sync-engine §7, §13.1, §13.5, §15.2, §24). */
#include "world.h"

#define GUID_ANN "aaaaaaaa-0000-0000-0000-000000000001"
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

static struct cso *account(struct world *w) { return world_connector(w, world_mvo(w, "Employee_ID", "E1"), "AD"); }

static struct mvo *ann(struct world *w, const char *values) {
    world_row(w, "HR", "person", "1", print(w, "employeeId=E1;%s", values));
    world_sync(w, "HR");
    return world_mvo(w, "Employee_ID", "E1");
}

/* Ann joined in HR and AD, department IT, title Boss in both; the title is exported too. */
static struct mvo *ann_in_both(struct world *w) {
    world_map(w, "R2", "Job_Title -> title");
    struct mvo *m = ann(w, "displayName=Ann;department=IT;title=Boss");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT;title=Boss", m);
    world_find_rule(w, "R2")->enabled = true;
    return m;
}

EXAMPLE(later_change_wins) {
    ann_in_both(w);
    ann(w, "displayName=Ann;department=Law;title=Boss");
    int64_t id = world_pe(w, account(w))->id;
    ann(w, "displayName=Ann;department=Sales;title=Chief");
    check(world_pe_text(w, account(w)), "Update Pending department:=Sales title:=Chief");
    assert_int_equal(world_pe(w, account(w))->id, id);
    assert_int_equal(w->exports.count, 1);
}

EXAMPLE(unconfirmed_changes_are_carried_over) {
    ann_in_both(w);
    ann(w, "displayName=Ann;department=Law;title=Boss");
    struct pending_export *p = world_pe(w, account(w));
    p->status = EXPORT_FAILED;
    p->errors = 5;
    p->next_retry = w->now;
    p->changes.at[0].status = CHANGE_FAILED;
    p->changes.at[0].attempts = 5;
    ann(w, "displayName=Ann;department=Law;title=Chief");
    check(world_pe_text(w, account(w)), "Update Pending department:=Law title:=Chief");
    p = world_pe(w, account(w));
    assert_int_equal(p->errors, 0);
    assert_int_equal(p->next_retry.ticks, 0);
}

/* §24: what is staged onto an export in the connector's hands is added as Pending; nothing that was sent changes. */
EXAMPLE(staging_onto_an_executing_export) {
    ann_in_both(w);
    ann(w, "displayName=Ann;department=Law;title=Boss");
    world_pe(w, account(w))->status = EXPORT_EXECUTING;
    ann(w, "displayName=Ann;department=Law;title=Chief");
    check(world_pe_text(w, account(w)), "Update Executing department:=Law title:=Chief");
}

EXAMPLE(exported_delete_takes_no_update) {
    ann_in_both(w);
    struct cso *o = account(w);
    struct pending_export *p = ARENA_NEW(w->a, struct pending_export);
    *p = (struct pending_export){.id = 1, .system = o->system, .cso = o->id, .change = EXPORT_DELETE, .status = EXPORT_EXPORTED};
    *LIST_ADD(w->a, &w->exports) = p;
    ann(w, "displayName=Ann;department=Law;title=Boss");
    check(world_pe_text(w, o), "Delete Exported");
}

static struct mvo *group_of_two(struct world *w, struct mvo **one, struct mvo **two) {
    world_type(w, "HR", "team", "teamId||members:Reference[]");
    world_rule(w, "R3", 'i', "HR", "team", "Group", "p");
    world_map(w, "R3", "teamId -> Display_Name");
    world_map(w, "R3", "members -> Members");
    world_rule(w, "R4", 'o', "AD", "group", "Group", "");
    world_map(w, "R4", "Members -> member");
    world_row(w, "HR", "person", "a", "employeeId=A");
    world_row(w, "HR", "person", "b", "employeeId=B");
    world_row(w, "HR", "team", "t", "members=a");
    world_sync(w, "HR");
    *one = world_mvo(w, "Employee_ID", "A");
    *two = world_mvo(w, "Employee_ID", "B");
    world_account(w, "AD", "user", "00000000-0000-0000-0000-00000000000a", "distinguishedName=cn=a", *one);
    world_account(w, "AD", "user", "00000000-0000-0000-0000-00000000000b", "distinguishedName=cn=b", *two);
    struct mvo *g = world_mvo(w, "Display_Name", "t");
    world_account(w, "AD", "group", GUID_G, "distinguishedName=cn=g;member=cn=a", g);
    return g;
}

EXAMPLE(add_and_remove_of_one_value_cancel_out) {
    struct mvo *a, *b;
    group_of_two(w, &a, &b);
    world_row(w, "HR", "team", "t", "members=a|b");
    world_sync(w, "HR");
    check(world_pe_text(w, world_cso(w, "AD", GUID_G)), print(w, "Update Pending member+=#%lld", (long long)b->id));
    world_row(w, "HR", "team", "t", "members=a");
    world_sync(w, "HR");
    check(world_pe_text(w, world_cso(w, "AD", GUID_G)), "none");
    world_row(w, "HR", "team", "t", "");
    world_sync(w, "HR");
    check(world_pe_text(w, world_cso(w, "AD", GUID_G)), "Update Pending member-=cn=a");
}

/* A drift correction and an evaluation of the same attribute: the evaluation wins; other corrections survive. */
EXAMPLE(evaluation_wins_over_drift) {
    ann_in_both(w);
    world_row(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=X;title=X");
    world_sync(w, "AD");
    check(world_pe_text(w, account(w)), "Update Pending department:=IT title:=Boss");
    ann(w, "displayName=Ann;department=Law;title=Boss");
    check(world_pe_text(w, account(w)), "Update Pending department:=Law title:=Boss");
}

/* §7, pass 1 of a synchronisation: what an import shows now need not be written again; ErrorCount stays (J+34). */
EXAMPLE(pass_one_confirms) {
    ann_in_both(w);
    ann(w, "displayName=Ann;department=Law;title=Chief");
    struct pending_export *p = world_pe(w, account(w));
    p->status = EXPORT_NOT_CONFIRMED;
    p->errors = 2;
    for (EACH(struct staged_change, k, &p->changes)) k->status = CHANGE_NOT_CONFIRMED;
    world_row(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=Law;title=Boss");
    w->last_sync[world_system_named(w, "AD")->id] = w->now; /* also on the fast path */
    world_sync(w, "AD");
    check(world_pe_text(w, account(w)), "Update ExportNotConfirmed title:=Chief(ExportedNotConfirmed)");
    assert_int_equal(world_pe(w, account(w))->errors, 2);
}

/* J+8: an account that joins inbound is brought to the metaverse's state, without any value having changed. */
EXAMPLE(a_join_in_a_target_is_evaluated) {
    world_find_rule(w, "R2")->provision = false;
    world_find_rule(w, "R2")->enabled = true;
    ann(w, "displayName=Ann;department=IT");
    world_row(w, "AD", "user", GUID_ANN, "distinguishedName=cn=old;employeeID=E1;department=X;title=kept");
    world_sync(w, "AD");
    check(world_pe_text(w, account(w)), "Update Pending department:=IT distinguishedName:=" DN("Ann"));
    check(world_told(w), GUID_ANN " Joined: Joined(PendingExportCreated=2)");
}

/* §13.3: an asserted null and a removed value clear; null of an expression never does. */
EXAMPLE(expression_null_never_clears) {
    world_map(w, "R2", "=mv[\"Email\"] -> title");
    world_map(w, "R1", "mail -> Email");
    struct mvo *m = ann(w, "displayName=Ann;department=IT;mail=x");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT;title=x", m);
    world_find_rule(w, "R2")->enabled = true;
    ann(w, "displayName=Ann;department=IT");
    check_mv(w, m, "Email", "-");
    check(world_pe_text(w, account(w)), "none");
    world_sync(w, "AD");
    check(world_pe_text(w, account(w)), "none"); /* J+41: nor is it drift */
    ann(w, "displayName=Ann");
    check(world_pe_text(w, account(w)), "Update Pending department:=");
}

/* A Pending Delete of an account that is claimed again does not go out. */
EXAMPLE(claim_cancels_a_pending_delete) {
    struct sync_rule *r2 = world_find_rule(w, "R2");
    r2->deprovision = DEPROVISION_DELETE;
    world_delete_rule(w, "User", DELETE_WHEN_AUTHORITATIVE_SOURCE, ALL_SOURCES_DISCONNECT, "HR", 0);
    ann_in_both(w);
    world_gone(w, "HR", "1");
    world_sync(w, "HR");
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "Delete Pending distinguishedName:=" DN("Ann"));
    ann(w, "displayName=Ann;department=IT;title=Boss");
    assert_int_equal(account(w)->join, JOIN_JOINED);
    check(world_pe_text(w, account(w)), "none");
}

/* A Delete that was written may have taken the account already: it is not claimed, a new one is created. */
EXAMPLE(an_exported_delete_is_not_claimed) {
    struct sync_rule *r2 = world_find_rule(w, "R2");
    r2->deprovision = DEPROVISION_DELETE;
    world_delete_rule(w, "User", DELETE_WHEN_AUTHORITATIVE_SOURCE, ALL_SOURCES_DISCONNECT, "HR", 0);
    ann_in_both(w);
    world_gone(w, "HR", "1");
    world_sync(w, "HR");
    world_exported(w, world_cso(w, "AD", GUID_ANN), NULL);
    ann(w, "displayName=Ann;department=IT;title=Boss");
    assert_int_equal(world_cso(w, "AD", GUID_ANN)->mvo, 0);
    assert_int_equal(account(w)->join, JOIN_PROVISIONED);
    check(world_pe_text(w, account(w)), "Create Pending department:=IT distinguishedName:=" DN("Ann") " title:=Boss");
}

/* J+35: what was created and has nothing more to be written waits for nothing; a Create would make it again. */
EXAMPLE(a_create_that_was_sent_ends_with_its_last_change) {
    world_find_rule(w, "R2")->enabled = true;
    world_mapping(w, "R2", "distinguishedName")->enabled = false;
    ann(w, "displayName=Ann;department=IT");
    struct cso *o = account(w);
    world_exported(w, o, GUID_ANN);
    struct pending_export *p = world_pe(w, o);
    attributes_remove(&o->values, p->changes.at[0].attribute); /* an import has met it without its department */
    o->status = CSO_NORMAL;
    p->status = EXPORT_NOT_CONFIRMED;
    p->changes.at[0].status = CHANGE_NOT_CONFIRMED;
    ann(w, "displayName=Ann");
    check(world_pe_text(w, account(w)), "none");
}

/* §15.1: releasing an account asks the deletion rule like any disconnection. */
EXAMPLE(outbound_exit_may_delete_the_identity) {
    world_scope(w, "R2", "All", "Department Equals IT");
    struct mvo *m = ann_in_both(w);
    world_delete_rule(w, "User", DELETE_WHEN_AUTHORITATIVE_SOURCE, SPECIFIC_SOURCES_DISCONNECT, "AD", 7);
    ann(w, "displayName=Ann;department=Law;title=Boss");
    assert_int_equal(m->deletion.trigger_system, world_system_named(w, "AD")->id); /* J+12: the trigger is recorded */
    assert_true(sync_is_pending_deletion(world_mv_type_named(w, "User"), m));
}

/* Tracking levels: Standard tells the same nodes as roots, None tells no outcomes. */
EXAMPLE(tracking_levels) {
    world_find_rule(w, "R2")->enabled = true;
    w->tracking = TRACK_STANDARD;
    ann(w, "displayName=Ann");
    check(world_told(w), "1 Projected: Projected,AttributeFlow=2,Provisioned,PendingExportCreated=1");
    w->tracking = TRACK_NONE;
    ann(w, "displayName=Bea");
    check(world_told(w), "1 AttributeFlow");
    assert_int_equal(w->counters.attribute_flows, 1);
}

EXAMPLE(verbose_tells_what_did_not_change) {
    ann_in_both(w);
    w->verbose = w->configuration_changed = true;
    world_sync(w, "HR");
    assert_non_null(strstr(world_told(w), "1 NoChange"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_change_wins),
        cmocka_unit_test(unconfirmed_changes_are_carried_over),
        cmocka_unit_test(staging_onto_an_executing_export),
        cmocka_unit_test(exported_delete_takes_no_update),
        cmocka_unit_test(add_and_remove_of_one_value_cancel_out),
        cmocka_unit_test(evaluation_wins_over_drift),
        cmocka_unit_test(pass_one_confirms),
        cmocka_unit_test(a_join_in_a_target_is_evaluated),
        cmocka_unit_test(expression_null_never_clears),
        cmocka_unit_test(claim_cancels_a_pending_delete),
        cmocka_unit_test(an_exported_delete_is_not_claimed),
        cmocka_unit_test(a_create_that_was_sent_ends_with_its_last_change),
        cmocka_unit_test(outbound_exit_may_delete_the_identity),
        cmocka_unit_test(tracking_levels),
        cmocka_unit_test(verbose_tells_what_did_not_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
