/* Exports and their confirmation by the worked examples W57, W59 … W65, W72, W73, W82, W83 and the rules behind them. */
#include "px.h"

#include "connectors/file/file.h"
#include "world_private.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUID1 "00000000-0000-0000-0000-000000000001"
#define GUID2 "00000000-0000-0000-0000-000000000002"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

/* From the source to staged exports. */
static void feed(struct world *w, const char *rows) {
    world_rows(w, "HR", rows);
    FULL(w, "HR");
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
}

/* W58 */
static void ann(struct world *w) {
    world_r2(w, NULL);
    feed(w, "hrId=1;employeeId=E1;displayName=Ann Lee;department=IT");
    check(world_pe_text(w, world_connector(w, "1", "AD")), "Create Pending department:=IT distinguishedName:=" DN("Ann Lee"));
}

/* Time passes until the pending export is due. */
static void make_due(struct world *w, struct cso *o) {
    struct pending_export *p = world_pe(w, o), after = *p;
    after.next_retry = (instant){p->next_retry.ticks ? 1 : 0};
    world_write_pe(w, p, &after);
}

TEST(w59_and_w60) {
    struct world *w = *state;
    ann(w);
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE);
    struct cso *o = world_connector(w, "1", "AD");
    check(world_pe_text(w, o), "Create Exported department:=IT(ExportedPendingConfirmation 1) distinguishedName:=" DN(
                                   "Ann Lee") "(ExportedPendingConfirmation 1)");
    assert_int_equal(o->status, CSO_PENDING_PROVISIONING);
    assert_true(text_equal(o->external_id, T(GUID1)));
    check(world_cs(w, o, "objectGUID"), GUID1);
    check(world_cs(w, o, "department"), "IT"); /* 16.5 */
    check(world_told(w), DN("Ann Lee") " Exported: Exported=2");
    assert_int_equal(w->run.counters.exported, 1);
    assert_true(world_pe(w, o)->changes.at[0].exported.ticks > 0);
    check(px_log(w, "AD"), "Create user department:=IT distinguishedName:=" DN("Ann Lee"));
    check(world_phases(w), "export.prepare=Completed export.execute=Completed export.deferred=Skipped export.references=Skipped "
                           "export.containers=Skipped export.passwords=Skipped");
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE); /* invariant 27: not again, it waits for an import */
    check(px_log(w, "AD"), "");
    /* W60 */
    assert_int_equal(FULL(w, "AD"), ACTIVITY_COMPLETE);
    check(world_told(w), GUID1 " Updated: ExportConfirmed=2");
    o = world_connector(w, "1", "AD");
    assert_int_equal(o->status, CSO_NORMAL);
    check(world_pe_text(w, o), "none");
    assert_int_equal(w->run.counters.pending_exports_confirmed, 1);
    assert_int_equal(FULL(w, "AD"), ACTIVITY_COMPLETE);
    assert_int_equal(w->items.count, 0);
}

/* Where the anchor is not told by the system, an import adopts the object by its secondary id (5.5 rule 2). */
TEST(adopted_by_secondary_id) {
    struct world *w = *state;
    ann(w);
    px_object(w, "AD", "user;objectGUID=" GUID2 ";distinguishedName=cn=ann lee,ou=staff,dc=x,dc=y;department=IT");
    FULL(w, "AD");
    struct cso *o = world_connector(w, "1", "AD");
    assert_int_equal(o->status, CSO_NORMAL);
    assert_true(text_equal(o->external_id, T(GUID2)));
    assert_int_equal(world_csos(w, "AD").count, 1);
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE); /* J+28: its Create goes out as an Update */
    check(px_log(w, "AD"), "Update " GUID2 " department:=IT distinguishedName:=" DN("Ann Lee"));
}

/* Never by the secondary id of a living object: a name that is used again is another object (5.5 rule 3). */
TEST(reused_name_is_another_object) {
    struct world *w = *state;
    px_page(w, "AD", "user;objectGUID=" GUID1 ";distinguishedName=CN=Ann");
    FULL(w, "AD");
    px_of("AD")->pages.count = 0;
    px_page(w, "AD", "user;objectGUID=" GUID2 ";distinguishedName=CN=Ann");
    FULL(w, "AD");
    check(world_told(w), GUID1 " Deleted: DeletionDetected\n" GUID2 " Added: CsoAdded");
}

TEST(w61) {
    struct world *w = *state;
    ann(w);
    EXPORT(w, "AD");
    px_log(w, "AD");
    feed(w, "hrId=1;employeeId=E1;displayName=Ann Lee;department=HR");
    struct cso *o = world_connector(w, "1", "AD");
    check(world_pe_text(w, o), "Update Pending department:=HR distinguishedName:=" DN("Ann Lee") "(Pending 1)");
    EXPORT(w, "AD");
    check(px_log(w, "AD"), "Update " GUID1 " department:=HR distinguishedName:=" DN("Ann Lee"));
    FULL(w, "AD");
    check(world_pe_text(w, o), "none");
}

TEST(w62) {
    struct world *w = *state;
    world_r2(w, NULL);
    px_object(w, "AD", "user;objectGUID=" GUID2 ";distinguishedName=CN=Other;employeeID=E1;department=X");
    FULL(w, "AD");
    feed(w, "hrId=1;employeeId=E1;displayName=Ann Lee;department=IT");
    struct cso *o = world_connector(w, "1", "AD");
    assert_int_equal(o->join, JOIN_JOINED);
    check(world_pe_text(w, o), "Update Pending department:=IT distinguishedName:=" DN("Ann Lee"));
    EXPORT(w, "AD");
    FULL(w, "AD");
    check(world_told(w), GUID2 " Updated: ExportConfirmed=2");
    check(world_cs(w, world_connector(w, "1", "AD"), "distinguishedName"), DN("Ann Lee"));
}

TEST(w63) {
    struct world *w = *state;
    world_r2(w, NULL);
    feed(w, "hrId=1;employeeId=E1;displayName=Ann Lee;department=Sales");
    EXPORT(w, "AD");
    FULL(w, "AD");
    px_of("AD")->objects.count = 0;
    px_object(w, "AD", "user;objectGUID=" GUID1 ";distinguishedName=" DN("Ann Lee") ";department=IT");
    FULL(w, "AD");
    feed(w, "hrId=1;employeeId=E1;displayName=Ann Lee;department=IT");
    check(world_pe_text(w, world_connector(w, "1", "AD")), "none");
}

TEST(w64) {
    struct world *w = *state;
    ann(w);
    px_of("AD")->distort = "department";
    struct cso *o = world_connector(w, "1", "AD");
    for (int round = 1; round <= 5; round++) {
        EXPORT(w, "AD");
        FULL(w, "AD");
        const char *told = round == 1   ? GUID1 " Updated!ExportNotConfirmed: CsoUpdated=2,ExportConfirmed=1,ExportFailed=1"
                           : round == 5 ? GUID1 " Updated!ExportConfirmationFailed: CsoUpdated=2,ExportFailed=1"
                                        : GUID1 " Updated!ExportNotConfirmed: CsoUpdated=2,ExportFailed=1";
        check(world_told(w), told);
        const char *pe = round == 5
                             ? "Update Failed department:=IT(Failed 5)"
                             : arena_print(w->a, "Update ExportNotConfirmed department:=IT(ExportedNotConfirmed %d)", round).at;
        check(world_pe_text(w, o), pe);
    }
    assert_true(text_equal(world_pe(w, o)->changes.at[0].last_imported, T("IT?")));
    px_log(w, "AD");
    EXPORT(w, "AD"); /* invariant 28: parked, not dropped, not sent again */
    check(px_log(w, "AD"), "");
}

TEST(w65) {
    struct world *w = *state;
    ann(w);
    px_of("AD")->refuse = "Create";
    struct cso *o = world_connector(w, "1", "AD");
    int minutes[] = {2, 4, 8, 16};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(EXPORT(w, "AD"), ACTIVITY_FAILED); /* its only item has an error */
        check(world_told(w), DN("Ann Lee") " Exported!UnhandledError");
        assert_true(text_find(w->items.at[0].error_message, arena_print(w->a, "Attempt %d of 5", i + 1)) != SIZE_MAX);
        struct pending_export *p = world_pe(w, o);
        assert_int_equal(p->errors, i + 1);
        assert_int_equal(p->status, EXPORT_PENDING);
        assert_true(text_equal(p->last_error, T("Refused by the script.")));
        assert_int_equal((p->next_retry.ticks - p->attempted.ticks) / TICKS_PER_SECOND, minutes[i] * 60);
        px_log(w, "AD");
        assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE); /* not selected before its time */
        check(px_log(w, "AD"), "");
        make_due(w, o);
    }
    EXPORT(w, "AD");
    assert_int_equal(world_pe(w, o)->status, EXPORT_FAILED);
    assert_int_equal(world_pe(w, o)->errors, 5);
    assert_int_equal(world_pe(w, o)->next_retry.ticks, 0);
    px_log(w, "AD");
    EXPORT(w, "AD");
    check(px_log(w, "AD"), "");
    assert_int_equal(o->status, CSO_PENDING_PROVISIONING);
}

/* ---- Deletes ---- */

static struct cso *account_with_delete(struct world *w) {
    px_object(w, "AD", "user;objectGUID=" GUID1 ";distinguishedName=CN=Ann");
    FULL(w, "AD");
    struct cso *o = world_cso(w, "AD", GUID1);
    struct pending_export p = {.system = o->system, .cso = o->id, .change = EXPORT_DELETE, .status = EXPORT_PENDING};
    p.created = (instant){100}, p.max_retries = 5;
    world_write_pe(w, NULL, &p);
    return o;
}

/* Invariant 31 */
TEST(w57) {
    struct world *w = *state;
    struct cso *o = account_with_delete(w);
    EXPORT(w, "AD");
    check(world_told(w), GUID1 " Deprovisioned: Deprovisioned=0");
    check(world_pe_text(w, o), "Delete Exported");
    assert_int_equal(world_cso(w, "AD", GUID1)->status, CSO_NORMAL);
    px_object(w, "AD", "user;objectGUID=" GUID1 ";distinguishedName=CN=Ann");
    FULL(w, "AD");
    check(world_told(w), GUID1 " Updated!ExportNotConfirmed: ExportFailed=1");
    check(world_pe_text(w, o), "Delete ExportNotConfirmed");
    assert_int_equal(world_pe(w, o)->errors, 1);
    o = world_cso(w, "AD", GUID1);
    assert_int_equal(o->status, CSO_NORMAL);
    assert_true(o->mvo == 0);
    FULL(w, "AD"); /* another look is not another attempt */
    assert_int_equal(world_pe(w, o)->errors, 1);
    for (int i = 2; i <= 5; i++) {
        EXPORT(w, "AD");
        px_object(w, "AD", "user;objectGUID=" GUID1 ";distinguishedName=CN=Ann");
        FULL(w, "AD");
        assert_int_equal(world_pe(w, o)->errors, i);
    }
    check(world_told(w), GUID1 " Updated!ExportConfirmationFailed: ExportFailed=1");
    check(world_pe_text(w, o), "Delete Failed");
}

/* 16.3: what addresses a deleted object is no change of it, and goes along whenever the Delete is repeated. */
TEST(delete_keeps_its_address) {
    struct world *w = *state;
    struct cso *o = account_with_delete(w);
    struct pending_export *p = world_pe(w, o), after = *p;
    *LIST_ADD(w->a, &after.changes) = (struct staged_change){.attribute = world_attribute(w, "AD", "distinguishedName")->id,
                                                             .change = CHANGE_UPDATE,
                                                             .has_value = true,
                                                             .value = {.type = TYPE_TEXT, .text = T("CN=Ann")}};
    world_write_pe(w, p, &after);
    EXPORT(w, "AD");
    check(world_pe_text(w, o), "Delete Exported distinguishedName:=CN=Ann");
}

TEST(delete_is_confirmed_by_absence) {
    struct world *w = *state;
    struct cso *o = account_with_delete(w);
    px_object(w, "AD", "user;objectGUID=" GUID2 ";distinguishedName=CN=Bob");
    EXPORT(w, "AD");
    FULL(w, "AD");
    check(world_told(w), GUID1 " Deleted: DeletionDetected\n" GUID2 " Added: CsoAdded");
    assert_int_equal(world_cso(w, "AD", GUID1)->status, CSO_OBSOLETE);
    check(world_pe_text(w, o), "none");
}

/* J+42: provisioned, its id known, and gone before any import saw it. */
TEST(vanished_before_confirmation) {
    struct world *w = *state;
    ann(w);
    FULL(w, "AD"); /* before its export it cannot be missed … */
    assert_int_equal(world_connector(w, "1", "AD")->status, CSO_PENDING_PROVISIONING);
    EXPORT(w, "AD");
    px_of("AD")->objects.count = 0;
    px_object(w, "AD", "user;objectGUID=" GUID2 ";distinguishedName=CN=Bob");
    FULL(w, "AD"); /* … after it, it is */
    assert_int_equal(world_connector(w, "1", "AD")->status, CSO_OBSOLETE);
    check(world_pe_text(w, world_connector(w, "1", "AD")), "none");
}

/* ---- References ---- */

TEST(w72) {
    struct world *w = *state;
    world_r2(w, "Manager -> manager");
    feed(w, "hrId=1;employeeId=1;displayName=A;managerId=2\nhrId=2;employeeId=2;displayName=B;managerId=1");
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE);
    check(px_log(w, "AD"), "Create user distinguishedName:=" DN("A") "\nCreate user distinguishedName:=" DN(
                               "B") "\nUpdate " GUID1 " manager:=" DN("B") "\nUpdate " GUID2 " manager:=" DN("A"));
    check(world_told(w), GUID1 " Exported: Exported=1\n" GUID2
                               " Exported: Exported=1\n" DN("A") " Exported: Exported=1\n" DN("B") " Exported: Exported=1");
    check(world_pe_text(w, world_connector(w, "1", "AD")),
          "Update Exported distinguishedName:=" DN("A") "(ExportedPendingConfirmation 1) manager:=" DN(
              "B") "(ExportedPendingConfirmation 1)");
    FULL(w, "AD");
    check(world_pe_text(w, world_connector(w, "1", "AD")), "none");
    check(world_cs(w, world_connector(w, "1", "AD"), "manager"), ">" DN("B"));
    check(world_cs(w, world_connector(w, "2", "AD"), "manager"), ">" DN("A"));
}

static void only_it(struct world *w) {
    store_tx *tx = world_begin(w);
    struct scope_group g = {.rule = w->c->rules.at[w->c->rules.count - 1].id, .type = SCOPE_ALL};
    OK(store_save_scope_group(tx, &g));
    struct scope_criterion k = {.group = g.id,
                                .attribute = config_mv_attribute_named(w->c, T("Department"))->id,
                                .comparison = COMPARE_EQUALS,
                                .has_value = true,
                                .case_sensitive = true,
                                .value = {.type = TYPE_TEXT, .text = T("IT")}};
    OK(store_save_scope_criterion(tx, &k));
    world_commit(w, tx);
}

TEST(w73) {
    struct world *w = *state;
    world_r2(w, "Manager -> manager");
    only_it(w);
    feed(w, "hrId=1;employeeId=1;displayName=Ann;department=IT;managerId=2\nhrId=2;employeeId=2;displayName=Boss;department=Sales");
    EXPORT(w, "AD");
    check(px_log(w, "AD"), "Create user department:=IT distinguishedName:=" DN("Ann"));
    check(world_told(w), DN("Ann") " Exported!UnresolvedReference: Exported=2");
    struct cso *o = world_connector(w, "1", "AD");
    struct pending_export *p = world_pe(w, o);
    assert_int_equal(p->change, EXPORT_UPDATE);
    assert_int_equal(p->status, EXPORT_PENDING);
    assert_true(p->unresolved);
    assert_int_equal(p->errors, 0); /* no error attempt */
    assert_int_equal((p->next_retry.ticks - p->attempted.ticks) / TICKS_PER_SECOND, 300);
    FULL(w, "AD"); /* what was written is confirmed; the rest waits on */
    check(world_told(w), GUID1 " Updated: ExportConfirmed=2");
    check(world_pe_text(w, o), "Update Pending manager:=#");
    make_due(w, o);
    EXPORT(w, "AD");
    check(world_told(w), GUID1 " PendingExport!UnresolvedReference");
    check(px_log(w, "AD"), "");
    /* under Warn it is one sentence, under Ignore nothing */
    world_unresolved(w, "AD", UNRESOLVED_WARN);
    make_due(w, o);
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(w->items.count, 0);
    assert_true(text_starts_with(w->run.warning_message, T("1 reference")));
    world_unresolved(w, "AD", UNRESOLVED_IGNORE);
    make_due(w, o);
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE);
    assert_int_equal(w->items.count, 0);
    /* the boss comes to IT at last */
    feed(w, "hrId=1;employeeId=1;displayName=Ann;department=IT;managerId=2\nhrId=2;employeeId=2;displayName=Boss;department=IT");
    make_due(w, o);
    EXPORT(w, "AD");
    check(px_log(w, "AD"), "Create user department:=IT distinguishedName:=" DN("Boss") "\nUpdate " GUID1 " manager:=" DN("Boss"));
}

/* ---- The worker dies ---- */

static void die_in_batch(struct world *w, int batch) {
    (void)w, (void)batch;
    _exit(77);
}

TEST(w82) {
    struct world *w = *state;
    world_r2(w, NULL);
    feed(w, "hrId=1;employeeId=1;displayName=A\nhrId=2;employeeId=2;displayName=B\nhrId=3;employeeId=3;displayName=C");
    world_profile(w, "AD", RUN_EXPORT);
    world_shut(w);
    pid_t child = fork();
    if (child == 0) {
        px_of("AD")->at_batch = die_in_batch;
        world_reopen(w);
        world_start(w);
        EXPORT(w, "AD");
        _exit(1);
    }
    int how;
    waitpid(child, &how, 0);
    assert_int_equal(WEXITSTATUS(how), 77);
    world_reopen(w);
    for (int i = 1; i <= 3; i++)
        assert_int_equal(world_pe(w, world_connector(w, arena_print(w->a, "%d", i).at, "AD"))->status, EXPORT_EXECUTING);
    world_start(w); /* its task comes again by itself */
    while (world_tasks(w).count) usleep(1000);
    check(px_log(w, "AD"), "Create user distinguishedName:=" DN("A") "\nCreate user distinguishedName:=" DN(
                               "B") "\nCreate user distinguishedName:=" DN("C"));
    for (int i = 1; i <= 3; i++) /* invariant 38 */
        assert_int_equal(world_pe(w, world_connector(w, arena_print(w->a, "%d", i).at, "AD"))->status, EXPORT_EXPORTED);
    check(px_log(w, "AD"), "");
}

/* ---- Files ---- */

static void mode(struct world *w, const char *system, const char *to, const char *path) {
    struct connected_system s = *world_system(w, system);
    struct setting_values own = {0};
    for (EACH(struct setting_value, v, &s.settings)) {
        struct setting_value *copy = LIST_ADD(w->a, &own);
        *copy = *v;
        if (v->setting == FILE_MODE) copy->value = text_of(to);
        if (v->setting == FILE_PATH && path) copy->value = text_of(path);
    }
    s.settings = own;
    store_tx *tx = world_begin(w);
    OK(store_save_system(tx, &s));
    world_commit(w, tx);
}

TEST(w83) {
    struct world *w = *state;
    mode(w, "HR", "Bidirectional", NULL);
    world_rule(w, "R3", 'o', "HR", "person", "e");
    world_map(w, "R3", "=Upper(mv[\"Display Name\"]) -> alias");
    feed(w, "hrId=1;employeeId=1;displayName=Ann");
    struct cso *o = world_cso(w, "HR", "1");
    check(world_pe_text(w, o), "Update Pending alias:=ANN");
    assert_int_equal(EXPORT(w, "HR"), ACTIVITY_COMPLETE);
    check(world_pe_text(w, o), "Update Exported alias:=ANN(ExportedPendingConfirmation 1)");
    check(world_cs(w, world_cso(w, "HR", "1"), "alias"), "-"); /* 16.5: what a file holds is seen by importing it */
    assert_non_null(strstr(world_read_file(w, "HR"), "ANN"));
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    check(world_told(w), "1 Updated: CsoUpdated=1,ExportConfirmed=1");
    check(world_pe_text(w, o), "none");
    SYNC(w, "HR");
    check(world_pe_text(w, o), "none");
    DELTA_SYNC(w, "HR");
    check(world_pe_text(w, o), "none");
}

static void csv_target(struct world *w) {
    world_file_system(w, "OUT", "user", "Export Only");
    world_type(w, "OUT", "user", "employeeID||name boss:Reference");
    world_rule(w, "R4", 'o', "OUT", "user", "pd");
    world_map(w, "R4", "Employee_ID -> employeeID");
    world_map(w, "R4", "Display_Name -> name");
    world_map(w, "R4", "Manager -> boss");
}

/* J+40: nobody else writes the file, so what was written is what stands there. */
TEST(export_only_confirms_itself) {
    struct world *w = *state;
    csv_target(w);
    feed(w, "hrId=1;employeeId=E1;displayName=Ann;managerId=2\nhrId=2;employeeId=E2;displayName=Bob");
    assert_int_equal(EXPORT(w, "OUT"), ACTIVITY_COMPLETE);
    check(world_read_file(w, "OUT"), "employeeID,name,boss\nE1,Ann,E2\nE2,Bob,\n");
    struct cso *o = world_connector(w, "1", "OUT");
    assert_int_equal(o->status, CSO_NORMAL);
    assert_true(text_equal(o->external_id, T("E1")));
    check(world_cs(w, o, "name"), "Ann");
    check(world_cs(w, o, "boss"), ">E2");
    check(world_pe_text(w, o), "none");
    check(world_told(w), "E1 Exported: Exported=1\nE1 Exported: Exported=2\nE2 Exported: Exported=2");
    feed(w, "hrId=1;employeeId=E1;displayName=Anna\nhrId=2;employeeId=E2;displayName=Bob"); /* clears are applied, too */
    check(world_pe_text(w, o), "Update Pending boss:= name:=Anna");
    EXPORT(w, "OUT");
    check(world_cs(w, world_connector(w, "1", "OUT"), "boss"), "-");
    check(world_pe_text(w, o), "none");
    check(world_read_file(w, "OUT"), "employeeID,name,boss\nE1,Anna,\nE2,Bob,\n");
    /* a Delete */
    struct pending_export p = {.system = o->system, .cso = o->id, .change = EXPORT_DELETE, .created = {100}, .max_retries = 5};
    p.status = EXPORT_PENDING;
    world_write_pe(w, NULL, &p);
    EXPORT(w, "OUT");
    check(world_read_file(w, "OUT"), "employeeID,name,boss\nE2,Bob,\n");
    assert_int_equal(world_cso(w, "OUT", "E1")->status, CSO_OBSOLETE);
    assert_true(world_cso(w, "OUT", "E1")->updated.ticks > 0);
    check(world_pe_text(w, o), "none");
    DELTA_SYNC(w, "OUT"); /* the next synchronisation removes the row */
    assert_null(world_cso(w, "OUT", "E1"));
}

TEST(file_cannot_be_written) {
    struct world *w = *state;
    csv_target(w);
    const char *path = arena_print(w->a, "%s/away", w->folder).at;
    mode(w, "OUT", "Export Only", path);
    assert_int_equal(mkdir(path, 0700), 0); /* where the file should be */
    feed(w, "hrId=1;employeeId=E1;displayName=Ann");
    assert_int_equal(EXPORT(w, "OUT"), ACTIVITY_FAILED);
    struct cso *o = world_connector(w, "1", "OUT");
    struct pending_export *p = world_pe(w, o);
    assert_int_equal(p->status, EXPORT_NOT_CONFIRMED);
    assert_int_equal(p->errors, 1);
    assert_int_equal((p->next_retry.ticks - p->attempted.ticks) / TICKS_PER_SECOND, 120);
    assert_int_equal(o->status, CSO_PENDING_PROVISIONING);
    assert_int_equal(rmdir(path), 0);
    make_due(w, o);
    assert_int_equal(EXPORT(w, "OUT"), ACTIVITY_COMPLETE);
    check(world_pe_text(w, o), "none");
    assert_int_equal(world_connector(w, "1", "OUT")->status, CSO_NORMAL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        CASE(w59_and_w60),
        CASE(adopted_by_secondary_id),
        CASE(reused_name_is_another_object),
        CASE(w61),
        CASE(w62),
        CASE(w63),
        CASE(w64),
        CASE(w65),
        CASE(w57),
        CASE(delete_keeps_its_address),
        CASE(delete_is_confirmed_by_absence),
        CASE(vanished_before_confirmation),
        CASE(w72),
        CASE(w73),
        CASE(w82),
        CASE(w83),
        CASE(export_only_confirms_itself),
        CASE(file_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
