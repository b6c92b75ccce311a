/* Which contributor wins: worked examples W33 to W43, re-election, disabled and deleted rules (sync-engine §11.4–11.6, §19). */
#include "world.h"

/* Systems P and S with HR's schema; title → Job Title, P first. Department comes along so that something always flows. */
static struct world *two_sources(void) {
    struct world *w = world_examples();
    static const char *const names[] = {"P", "S"};
    for (int i = 0; i < 2; i++) {
        world_system(w, names[i]);
        world_type(w, names[i], "person", "hrId||employeeId title phones:Text[] managerId:Reference");
        world_match(w, names[i], "person", "employeeId", "User", "Employee_ID", true);
        world_rule(w, names[i], 'i', names[i], "person", "User", "p");
        world_map(w, names[i], "employeeId -> Employee_ID")->priority = i + 1;
        world_map(w, names[i], "title -> Job_Title")->priority = i + 1;
        world_map(w, names[i], "phones -> Phones")->priority = i + 1;
    }
    return w;
}

#define TWO(name)                                                                                                                  \
    static void name##_in(struct world *w);                                                                                        \
    static void name(void **state) {                                                                                               \
        (void)state;                                                                                                               \
        struct world *w = two_sources();                                                                                           \
        name##_in(w);                                                                                                              \
        world_free(w);                                                                                                             \
    }                                                                                                                              \
    static void name##_in(struct world *w)

static void put(struct world *w, const char *system, const char *key, const char *values) {
    world_row(w, system, "person", key, arena_cstring(w->a, arena_print(w->a, "employeeId=%s;%s", key, values)));
}

/* Both joined, both synchronised: P first. */
static struct mvo *both(struct world *w, const char *p, const char *s) {
    put(w, "P", "E1", p);
    put(w, "S", "E1", s);
    world_sync(w, "P");
    world_sync(w, "S");
    assert_int_equal(w->identities.count, 1);
    return w->identities.at[0];
}

TWO(w33_better_source_joins_later) {
    put(w, "S", "E1", "title=Clerk");
    world_sync(w, "S");
    put(w, "P", "E1", "title=Boss");
    world_sync(w, "P");
    check_mv(w, w->identities.at[0], "Job_Title", "Boss@P");
}

TWO(w34_worse_source_changes) {
    struct mvo *m = both(w, "title=Boss", "title=Clerk");
    check_mv(w, m, "Job_Title", "Boss@P");
    put(w, "S", "E1", "title=Chief");
    world_sync(w, "S");
    check_mv(w, m, "Job_Title", "Boss@P");
    check(world_told(w), "");
}

TWO(w35_equal_values_change_provenance_only) {
    struct mvo *m = both(w, "title=Boss", "title=Boss");
    int64_t version = m->version;
    world_map(w, "R2", "Job_Title -> title");
    world_find_rule(w, "R2")->enabled = true;
    world_find_rule(w, "R2")->provision = false;
    world_account(w, "AD", "user", "11111111-1111-1111-1111-111111111111", "title=Boss", m);
    world_gone(w, "P", "E1");
    world_sync(w, "P");
    check_mv(w, m, "Job_Title", "Boss@S");
    assert_int_equal(m->version, version + 1);
    check(world_pe_text(w, world_connector(w, m, "AD")), "none");
}

TWO(w36_withdrawn_value_is_succeeded) {
    struct mvo *m = both(w, "title=Boss", "title=Clerk");
    put(w, "P", "E1", "");
    world_sync(w, "P");
    check_mv(w, m, "Job_Title", "Clerk@S");
    check(world_told(w), "E1 AttributeFlow: AttributeFlow=2");
}

TWO(w37_null_is_value) {
    world_mapping(w, "P", "Job Title")->null_is_value = true;
    world_map(w, "R2", "Job_Title -> title");
    world_find_rule(w, "R2")->enabled = true;
    world_find_rule(w, "R2")->provision = false;
    struct mvo *m = both(w, "title=Boss", "title=Clerk");
    world_account(w, "AD", "user", "11111111-1111-1111-1111-111111111111", "title=Boss", m);
    put(w, "P", "E1", "");
    world_sync(w, "P");
    check_mv(w, m, "Job_Title", "null@P");
    check(world_pe_text(w, world_connector(w, m, "AD")), "Update Pending title:=");
    check(world_told(w), "E1 AttributeFlow: AttributeFlow=1(AssertedNull=1,PendingExportCreated=1)");
}

TWO(w38_and_w39_sets_are_never_merged) {
    for (int order = 0; order < 2; order++) {
        const char *key = order ? "E2" : "E1";
        put(w, "P", key, "phones=1|2");
        put(w, "S", key, "phones=3");
        world_sync(w, order ? "S" : "P");
        world_sync(w, order ? "P" : "S");
        struct mvo *m = world_mvo(w, "Employee_ID", key);
        check_mv(w, m, "Phones", "1|2@P");
        world_gone(w, "P", key);
        world_sync(w, "P");
        check_mv(w, m, "Phones", "3@S");
    }
}

TWO(w40_an_unjoined_source_has_no_opinion) {
    world_mapping(w, "P", "Job Title")->null_is_value = true;
    put(w, "S", "E1", "title=Clerk");
    world_sync(w, "S");
    check_mv(w, w->identities.at[0], "Job_Title", "Clerk@S");
}

TWO(w41_new_order_holds_when_next_processed) {
    struct mvo *m = both(w, "title=Boss", "title=Clerk");
    world_mapping(w, "P", "Job Title")->priority = 5;
    world_delta(w, "S");
    check_mv(w, m, "Job_Title", "Boss@P");
    w->configuration_changed = true;
    world_sync(w, "S");
    check_mv(w, m, "Job_Title", "Clerk@S");
}

TWO(w42_scoped_contributor) {
    world_rule(w, "P4", 'i', "P", "person", "User", "");
    world_map(w, "P4", "title -> Job_Title")->priority = 0;
    world_scope(w, "P4", "All", "employeeId Equals E4");
    world_mapping(w, "P", "Job Title")->priority = 3;
    for (int i = 4; i <= 5; i++) {
        const char *key = i == 4 ? "E4" : "E5";
        put(w, "P", key, "title=Boss");
        put(w, "S", key, "title=Clerk");
    }
    world_sync(w, "P");
    world_sync(w, "S");
    check_mv(w, world_mvo(w, "Employee_ID", "E4"), "Job_Title", "Boss@P");
    check_mv(w, world_mvo(w, "Employee_ID", "E5"), "Job_Title", "Clerk@S");
    world_sync(w, "P");
    check_mv(w, world_mvo(w, "Employee_ID", "E5"), "Job_Title", "Clerk@S");
}

/* … and when E4 leaves that rule's scope, the best of the others follows in that run, not the next to speak (11.6). */
TWO(w42_out_of_scope_gives_way_to_the_best) {
    world_rule(w, "P4", 'i', "P", "person", "User", "");
    world_map(w, "P4", "title -> Job_Title")->priority = 0;
    world_scope(w, "P4", "All", "phones Equals 1");
    world_mapping(w, "P", "Job Title")->priority = 3;
    put(w, "P", "E4", "title=Boss;phones=1");
    put(w, "S", "E4", "title=Clerk");
    world_sync(w, "P");
    world_sync(w, "S");
    check_mv(w, world_mvo(w, "Employee_ID", "E4"), "Job_Title", "Boss@P");
    put(w, "P", "E4", "title=Chief;phones=2");
    world_sync(w, "P");
    check_mv(w, world_mvo(w, "Employee_ID", "E4"), "Job_Title", "Clerk@S");
}

TWO(w43_disabled_rule_gives_way) {
    struct mvo *m = both(w, "title=Boss", "title=Clerk");
    world_find_rule(w, "P")->enabled = false;
    w->configuration_changed = true;
    world_sync(w, "S");
    check_mv(w, m, "Job_Title", "Clerk@S");
}

/* J+11: one of two rules falls out of scope; what it had contributed is withdrawn in that run. */
TWO(one_rule_of_two_falls_out_of_scope) {
    world_rule(w, "P4", 'i', "P", "person", "User", "");
    world_map(w, "P4", "title -> Email");
    world_scope(w, "P4", "All", "title Equals Boss");
    put(w, "P", "E1", "title=Boss");
    world_sync(w, "P");
    check_mv(w, w->identities.at[0], "Email", "Boss@P");
    put(w, "P", "E1", "title=Clerk");
    world_sync(w, "P");
    check_mv(w, w->identities.at[0], "Email", "-");
    check_mv(w, w->identities.at[0], "Job_Title", "Clerk@P");
}

/* J+26: values of a deleted mapping are withdrawn and re-elected by the next full synchronisation of the system. */
TWO(deleted_mapping_is_withdrawn) {
    struct mvo *m = both(w, "title=Boss;phones=1", "title=Clerk");
    struct sync_rule *p = world_find_rule(w, "P");
    int32_t gone = world_mapping(w, "P", "Job Title")->id;
    *LIST_ADD(w->config->a, &w->config->retired) = (struct retired_mapping){.mapping = gone, .system = p->system, .rule = p->id};
    for (size_t i = 0; i < p->mappings.count; i++) {
        if (p->mappings.at[i].id != gone) continue;
        memmove(&p->mappings.at[i], &p->mappings.at[i + 1], (p->mappings.count - i - 1) * sizeof p->mappings.at[0]);
        p->mappings.count--;
    }
    for (size_t i = 0; i < sizeof w->config->by_id / sizeof *w->config->by_id; i++)
        int_map_init(&w->config->by_id[i], w->config->a, 0);
    w->configuration_changed = true;
    world_sync(w, "P");
    check_mv(w, m, "Job_Title", "Clerk@S");
    check_mv(w, m, "Phones", "1@P");
}

/* §19: the survivor takes over in the run of the system that speaks no more, also when it is then the only one and no other
 * attribute has several contributors. */
TWO(only_survivor_takes_over) {
    static const char *const of_s[] = {"Employee ID", "Phones"};
    for (size_t i = 0; i < 2; i++) world_mapping(w, "S", of_s[i])->enabled = false;
    struct mvo *m = both(w, "title=Boss", "title=Clerk");
    check_mv(w, m, "Job_Title", "Boss@P");
    world_mapping(w, "P", "Job Title")->enabled = false;
    w->configuration_changed = true;
    world_sync(w, "P");
    check_mv(w, m, "Job_Title", "Clerk@S");
}

/* §12.2: RemoveContributedAttributesOnObsoletion=false keeps the values; another contributor may take them over. */
TWO(kept_values_may_be_taken_over) {
    struct mvo *m = both(w, "title=Boss", "title=Clerk");
    world_type_named(w, "P", "person")->remove_contributed = false;
    world_gone(w, "P", "E1");
    world_sync(w, "P");
    check_mv(w, m, "Job_Title", "Boss@P");
    put(w, "S", "E1", "title=Chief");
    world_sync(w, "S");
    check_mv(w, m, "Job_Title", "Chief@S");
}

/* NullIsValue with a single contributor: no gate, it always applies. */
TWO(single_contributor_asserts_null) {
    world_map(w, "P", "=cs[\"title\"] == \"none\" ? null : cs[\"title\"] -> Email")->null_is_value = true;
    put(w, "P", "E1", "title=none");
    world_sync(w, "P");
    check_mv(w, w->identities.at[0], "Email", "null@P");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(w33_better_source_joins_later),
        cmocka_unit_test(w34_worse_source_changes),
        cmocka_unit_test(w35_equal_values_change_provenance_only),
        cmocka_unit_test(w36_withdrawn_value_is_succeeded),
        cmocka_unit_test(w37_null_is_value),
        cmocka_unit_test(w38_and_w39_sets_are_never_merged),
        cmocka_unit_test(w40_an_unjoined_source_has_no_opinion),
        cmocka_unit_test(w41_new_order_holds_when_next_processed),
        cmocka_unit_test(w42_scoped_contributor),
        cmocka_unit_test(w42_out_of_scope_gives_way_to_the_best),
        cmocka_unit_test(w43_disabled_rule_gives_way),
        cmocka_unit_test(one_rule_of_two_falls_out_of_scope),
        cmocka_unit_test(deleted_mapping_is_withdrawn),
        cmocka_unit_test(only_survivor_takes_over),
        cmocka_unit_test(kept_values_may_be_taken_over),
        cmocka_unit_test(single_contributor_asserts_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
