/* Leaving, deletion rules, grace periods, rejoining, recall of references: worked examples W44 to W57 (sync-engine §12). */
#include "world.h"

#include "sync/confirm.h"

#define GUID_ANN "aaaaaaaa-0000-0000-0000-000000000001"
#define GUID_M "aaaaaaaa-0000-0000-0000-000000000002"
#define GUID_G "aaaaaaaa-0000-0000-0000-000000000003"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

static const char *number(struct world *w, const char *before, int64_t id) {
    return arena_cstring(w->a, arena_print(w->a, "%s%lld", before, (long long)id));
}

/* Ann joined in HR and AD, where everything is as R2 wants it. */
static struct mvo *ann_in_both(struct world *w, const char *flags) {
    struct sync_rule *r2 = world_find_rule(w, "R2");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;department=IT");
    world_sync(w, "HR");
    struct mvo *m = world_mvo(w, "Employee_ID", "E1");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT", m);
    r2->enabled = true;
    if (strchr(flags, 'd')) r2->deprovision = DEPROVISION_DELETE;
    if (strchr(flags, 'j')) world_cso(w, "AD", GUID_ANN)->join = JOIN_JOINED;
    return m;
}

static void all_sources(struct world *w, const char *systems, int grace) {
    world_delete_rule(w, "User", DELETE_WHEN_AUTHORITATIVE_SOURCE, ALL_SOURCES_DISCONNECT, systems, grace);
}

static void leave(struct world *w, const char *system, const char *key) {
    world_gone(w, system, key);
    world_sync(w, system);
}

EXAMPLE(w44_account_keeps_the_identity) {
    struct mvo *m = ann_in_both(w, "");
    leave(w, "HR", "1");
    assert_int_equal(w->identities.count, 1);
    check_mv(w, m, "Department", "-");
    check_mv(w, m, "Display_Name", "-");
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "Update Pending department:=");
    check(world_told(w), "1 Disconnected: Disconnected(AttributeFlow=3(PendingExportCreated=1),NoContributor=3,CsoDeleted)");
    assert_null(world_cso(w, "HR", "1"));
}

EXAMPLE(w45_authoritative_source_leaves) {
    ann_in_both(w, "d");
    all_sources(w, "HR", 0);
    leave(w, "HR", "1");
    assert_int_equal(w->identities.count, 0);
    struct cso *account = world_cso(w, "AD", GUID_ANN);
    assert_int_equal(account->mvo, 0);
    check(world_pe_text(w, account), "Delete Pending distinguishedName:=" DN("Ann"));
    check(world_told(w), "1 Disconnected: Disconnected(CsoDeleted,MvoDeleted(DeprovisionQueued))");
    assert_int_equal(w->counters.deleted, 2);
    assert_int_equal(w->counters.pending_exports, 1);
    assert_int_equal(w->items.at[0].cause_count, 1);
    assert_int_equal(world_pe(w, account)->mvo, 0);
}

EXAMPLE(w46_deprovision_by_disconnecting) {
    ann_in_both(w, "");
    all_sources(w, "HR", 0);
    leave(w, "HR", "1");
    assert_int_equal(w->identities.count, 0);
    assert_int_equal(world_cso(w, "AD", GUID_ANN)->mvo, 0);
    assert_int_equal(w->exports.count, 0);
}

EXAMPLE(w47_joined_account_is_treated_alike) {
    ann_in_both(w, "dj");
    all_sources(w, "HR", 0);
    leave(w, "HR", "1");
    assert_int_equal(world_pe(w, world_cso(w, "AD", GUID_ANN))->change, EXPORT_DELETE);
}

/* S also joined; Job Title "Boss" from HR rank 1, "Clerk" from S rank 2; grace 7 days; HR leaves. */
static struct mvo *ann_in_grace(struct world *w) {
    world_system(w, "S");
    world_type(w, "S", "person", "hrId||employeeId title");
    world_match(w, "S", "person", "employeeId", "User", "Employee_ID", true);
    world_rule(w, "S", 'i', "S", "person", "User", "");
    world_map(w, "S", "title -> Job_Title")->priority = 2;
    world_mapping(w, "R1", "Job Title")->priority = 1;
    struct mvo *m = ann_in_both(w, "d");
    all_sources(w, "HR", 7);
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;department=IT;title=Boss");
    world_sync(w, "HR");
    world_row(w, "S", "person", "1", "employeeId=E1;title=Clerk");
    world_sync(w, "S");
    instant_read(T("2026-01-01T09:59:00Z"), &w->now);
    leave(w, "HR", "1");
    return m;
}

EXAMPLE(w48_grace_freezes) {
    struct mvo *m = ann_in_grace(w);
    char eligible[32];
    instant at = sync_deletion_eligible(world_mv_type_named(w, "User"), m);
    check(arena_cstring(w->a, (text){eligible, instant_write(at, eligible)}), "2026-01-08T10:00:00Z");
    check_mv(w, m, "Display_Name", "Ann@HR");
    check_mv(w, m, "Department", "IT@HR");
    check_mv(w, m, "Employee_ID", "E1@HR");
    check_mv(w, m, "Job_Title", "Clerk@S");
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "none");
    check(world_told(w), "1 Disconnected: Disconnected(AttributeFlow=2,CsoDeleted,MvoDeletionScheduled)");
    assert_int_equal(m->deletion.trigger_system, world_system_named(w, "HR")->id);
    assert_true(sync_is_pending_deletion(world_mv_type_named(w, "User"), m));
    world_housekeeping(w);
    assert_int_equal(w->identities.count, 1); /* invariant 42 */
}

EXAMPLE(w49_shortened_grace) {
    ann_in_grace(w);
    world_days(w, 2);
    world_mv_type_named(w, "User")->grace.ticks = TICKS_PER_DAY;
    world_housekeeping(w);
    assert_int_equal(w->identities.count, 0);
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "Delete Pending distinguishedName:=" DN("Ann"));
    check(world_told(w), " Deleted: MvoDeleted(DeprovisionQueued)");
    /* why, and under which policy, is known when the policy is another one (operations §11.8) */
    const struct run_item *item = &w->items.at[0];
    assert_int_equal(item->cause_count, 1);
    check(enum_name(&causal_reason_names, (unsigned)item->causes[0].reason), "AllAuthoritativeSourcesDisconnected");
    assert_true(text_find(item->outcomes->message, T("\"gracePeriod\":\"7.")) != SIZE_MAX);
}

EXAMPLE(w50_rule_becomes_manual) {
    struct mvo *m = ann_in_grace(w);
    world_mv_type_named(w, "User")->deletion_rule = DELETE_MANUAL;
    world_days(w, 8);
    world_housekeeping(w);
    assert_int_equal(w->identities.count, 1);
    assert_false(sync_is_pending_deletion(world_mv_type_named(w, "User"), m));
}

EXAMPLE(w51_row_returns) {
    struct mvo *m = ann_in_grace(w);
    world_days(w, 2);
    world_row(w, "HR", "person", "9", "employeeId=E1;displayName=Ann;department=IT;title=Boss");
    world_sync(w, "HR");
    assert_int_equal(world_cso(w, "HR", "9")->mvo, m->id);
    assert_int_equal(m->deletion.disconnected.ticks, 0); /* invariant 43 */
    assert_int_equal(m->deletion.trigger_system, 0);
    check_mv(w, m, "Job_Title", "Boss@HR");
}

static void add_training(struct world *w) {
    world_system(w, "TR");
    world_type(w, "TR", "person", "trId||employeeId course");
    world_match(w, "TR", "person", "employeeId", "User", "Employee_ID", true);
    world_rule(w, "TR", 'i', "TR", "person", "User", "");
    world_map(w, "TR", "course -> Email");
    world_row(w, "TR", "person", "t", "employeeId=E1;course=x");
}

EXAMPLE(w52_all_of_two_sources) {
    add_training(w);
    struct mvo *m = ann_in_both(w, "");
    all_sources(w, "HR TR", 7);
    world_sync(w, "TR");
    assert_int_equal(world_cso(w, "TR", "t")->mvo, m->id);
    leave(w, "TR", "t");
    assert_int_equal(m->deletion.disconnected.ticks, 0);
    check_mv(w, m, "Email", "-");
    check_mv(w, m, "Display_Name", "Ann@HR");
    leave(w, "HR", "1");
    assert_true(m->deletion.disconnected.ticks > 0);
    assert_int_equal(m->deletion.trigger_system, world_system_named(w, "HR")->id);
}

EXAMPLE(w53_only_the_trigger_cancels) {
    add_training(w);
    struct mvo *m = ann_in_both(w, "");
    world_delete_rule(w, "User", DELETE_WHEN_AUTHORITATIVE_SOURCE, SPECIFIC_SOURCES_DISCONNECT, "HR TR", 7);
    world_sync(w, "TR");
    leave(w, "HR", "1");
    assert_int_equal(m->deletion.trigger_system, world_system_named(w, "HR")->id);
    leave(w, "TR", "t");
    assert_int_equal(m->deletion.trigger_system, world_system_named(w, "TR")->id);
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    assert_int_equal(world_cso(w, "HR", "1")->mvo, m->id);
    assert_true(m->deletion.disconnected.ticks > 0);
    world_row(w, "TR", "person", "t", "employeeId=E1");
    world_sync(w, "TR");
    assert_int_equal(m->deletion.disconnected.ticks, 0);
}

/* Whose source was deleted is kept by the one that is made in its place: the trigger itself can never return. */
EXAMPLE(a_deleted_trigger_is_replaced) {
    struct mvo *m = ann_in_both(w, "");
    world_delete_rule(w, "User", DELETE_WHEN_AUTHORITATIVE_SOURCE, SPECIFIC_SOURCES_DISCONNECT, "HR", 7);
    leave(w, "HR", "1");
    m->deletion.trigger_system = 4711;
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    assert_int_equal(m->deletion.disconnected.ticks, 0);
}

EXAMPLE(w54_references_are_recalled) {
    world_map(w, "R2", "Manager -> manager");
    world_rule(w, "R4", 'o', "AD", "group", "Group", "");
    world_map(w, "R4", "Members -> member");
    struct mvo *ann = ann_in_both(w, "d");
    all_sources(w, "HR", 0);
    struct mvo *max = world_identity(w, "User", number(w, "Employee_ID=E2;Display_Name=Max;Manager=", ann->id));
    struct mvo *group = world_identity(
        w, "Group",
        arena_cstring(w->a, arena_print(w->a, "Display_Name=G;Members=%lld|%lld", (long long)ann->id, (long long)max->id)));
    world_account(w, "AD", "user", GUID_M, "distinguishedName=" DN("Max") ";employeeID=E2;manager=" DN("Ann"), max);
    world_account(w, "AD", "group", GUID_G, "distinguishedName=" DN("G") ";member=" DN("Ann") "|" DN("Max"), group);
    leave(w, "HR", "1");
    check_mv(w, max, "Manager", "-");
    check_mv(w, group, "Members", number(w, "#", max->id));
    check(world_pe_text(w, world_cso(w, "AD", GUID_M)), "Update Pending manager:=");
    check(world_pe_text(w, world_cso(w, "AD", GUID_G)), "Update Pending member-=" DN("Ann"));
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "Delete Pending distinguishedName:=" DN("Ann"));
    check(world_told(w), "1 Disconnected: Disconnected(CsoDeleted,MvoDeleted(DeprovisionQueued))\n" GUID_M
                         " PendingExport: PendingExportCreated=1\n" GUID_G " PendingExport: PendingExportCreated=1");
}

EXAMPLE(w55_internal_identities_stay) {
    static const enum deletion_rule rules[] = {DELETE_MANUAL, DELETE_WHEN_LAST_CONNECTOR, DELETE_WHEN_AUTHORITATIVE_SOURCE};
    for (int i = 0; i < 3; i++) {
        const char *key = number(w, "E", i);
        struct mvo *m = world_identity(w, "User", number(w, "Employee_ID=E", i));
        m->origin = ORIGIN_INTERNAL;
        world_delete_rule(w, "User", rules[i], SPECIFIC_SOURCES_DISCONNECT, "HR", i);
        world_row(w, "HR", "person", key, number(w, "employeeId=E", i));
        world_sync(w, "HR");
        leave(w, "HR", key);
        assert_int_equal(w->identities.count, (size_t)i + 1);
        assert_int_equal(m->deletion.disconnected.ticks, 0);
    }
}

EXAMPLE(w56_unsent_create_ends_silently) {
    struct sync_rule *r2 = world_find_rule(w, "R2");
    r2->enabled = true;
    r2->deprovision = DEPROVISION_DELETE;
    all_sources(w, "HR", 0);
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;department=IT");
    world_sync(w, "HR");
    assert_int_equal(w->exports.count, 1);
    leave(w, "HR", "1");
    assert_int_equal(w->identities.count, 0);
    assert_int_equal(w->exports.count, 0);
    assert_int_equal(w->objects.count, 0);
    check(world_told(w), "1 Disconnected: Disconnected(CsoDeleted,MvoDeleted)");
}

EXAMPLE(w57_delete_that_did_nothing) {
    struct pending_export p = {.change = EXPORT_DELETE, .status = EXPORT_EXPORTED, .max_retries = 5};
    struct confirmation out;
    (void)w;
    confirm_refuse_delete(&p, &out);
    assert_int_equal(out.after.status, EXPORT_NOT_CONFIRMED);
    assert_int_equal(out.after.errors, 1);
}

/* §12.1: RemainJoined keeps the values and asks no deletion rule. */
EXAMPLE(obsolete_under_remain_joined) {
    struct mvo *m = ann_in_both(w, "");
    world_find_rule(w, "R1")->out_of_scope = OUT_OF_SCOPE_REMAIN_JOINED;
    all_sources(w, "HR", 0);
    leave(w, "HR", "1");
    assert_null(world_cso(w, "HR", "1"));
    check_mv(w, m, "Department", "IT@HR");
    check(world_told(w), "1 Deleted: CsoDeleted");
}

/* An object that never joined ends without an item. */
EXAMPLE(obsolete_without_a_join) {
    world_find_rule(w, "R1")->project = false;
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_sync(w, "HR");
    leave(w, "HR", "1");
    assert_int_equal(w->objects.count, 0);
    check(world_told(w), "");
}

/* WhenLastConnectorDisconnected, nothing left. */
EXAMPLE(last_connector) {
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_sync(w, "HR");
    leave(w, "HR", "1");
    assert_int_equal(w->identities.count, 0);
    check(world_told(w), "1 Disconnected: Disconnected(CsoDeleted,MvoDeleted)");
}

/* An administrator's deletion takes the same way, also of an Internal identity (invariant 41). */
EXAMPLE(administrator_deletes) {
    struct mvo *m = ann_in_both(w, "d");
    m->origin = ORIGIN_INTERNAL;
    world_remove(w, m);
    assert_int_equal(w->identities.count, 0);
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "Delete Pending distinguishedName:=" DN("Ann"));
    assert_int_equal(world_cso(w, "HR", "1")->mvo, 0);
    check(world_told(w), " Deleted: MvoDeleted(DeprovisionQueued)");
}

/* Housekeeping leaves an identity with connectors alone under WhenLastConnectorDisconnected (§12.7). */
EXAMPLE(housekeeping_asks_for_connectors) {
    struct mvo *m = ann_in_both(w, "");
    m->deletion.disconnected = w->now;
    world_days(w, 1);
    world_housekeeping(w);
    assert_int_equal(w->identities.count, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(w44_account_keeps_the_identity),
        cmocka_unit_test(w45_authoritative_source_leaves),
        cmocka_unit_test(w46_deprovision_by_disconnecting),
        cmocka_unit_test(w47_joined_account_is_treated_alike),
        cmocka_unit_test(w48_grace_freezes),
        cmocka_unit_test(w49_shortened_grace),
        cmocka_unit_test(w50_rule_becomes_manual),
        cmocka_unit_test(w51_row_returns),
        cmocka_unit_test(w52_all_of_two_sources),
        cmocka_unit_test(w53_only_the_trigger_cancels),
        cmocka_unit_test(a_deleted_trigger_is_replaced),
        cmocka_unit_test(w54_references_are_recalled),
        cmocka_unit_test(w55_internal_identities_stay),
        cmocka_unit_test(w56_unsent_create_ends_silently),
        cmocka_unit_test(w57_delete_that_did_nothing),
        cmocka_unit_test(obsolete_under_remain_joined),
        cmocka_unit_test(obsolete_without_a_join),
        cmocka_unit_test(last_connector),
        cmocka_unit_test(administrator_deletes),
        cmocka_unit_test(housekeeping_asks_for_connectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
