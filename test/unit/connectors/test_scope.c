/* Distinguished names, and which container decides (connectors §7.2, sync-engine §18). */
#include "../base/check.h"
#include "connectors/dn.h"
#include "connectors/scope.h"

static void names_are_compared_by_their_parts(void **state) {
    (void)state;
    static const char *const equal[][2] = {
        {"OU=People,DC=One", "ou=people,  dc=one"}, {"cn=a\\,b,dc=x", "CN=A\\2cB,dc=x"},
        {"cn=\"a,b\",dc=x", "cn=a\\,b,dc=x"},       {"cn=J\xC3\xBCrg,dc=x", "cn=j\\c3\\bcrg,dc=x"},
        {"cn=a+sn=b,dc=x", "SN=b + cn=A,dc=x"},     {"cn=a;dc=x", "cn=a,dc=x"},
    };
    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++)
        assert_true(text_equal(dn_key(a, text_of(equal[i][0])), dn_key(a, text_of(equal[i][1]))));
    assert_false(text_equal(dn_key(a, T("cn=a\\,dc=x,dc=y")), dn_key(a, T("cn=a,dc=x,dc=y"))));
    assert_false(text_equal(dn_key(a, T("cn=a\\ ,dc=x")), dn_key(a, T("cn=a,dc=x"))));
}

static void what_is_no_name_has_no_place(void **state) {
    (void)state;
    static const char *const wrong[] = {"", "   ", "people", "cn=a,,dc=x", "=a,dc=x", "cn=a,dc", "cn=\\ff,dc=x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_true(text_is_null(dn_key(a, text_of(wrong[i]))));
        assert_false(dn_within(text_of(wrong[i]), T("dc=x"), false));
    }
}

static void within_goes_by_components(void **state) {
    (void)state;
    assert_true(dn_within(T("cn=a,ou=b,dc=x"), T("OU=B, dc=x"), false));
    assert_true(dn_within(T("ou=b,dc=x"), T("ou=b,dc=x"), false));
    assert_true(dn_within(T("cn=a,ou=b,dc=x"), T("ou=b,dc=x"), true));
    assert_false(dn_within(T("ou=b,dc=x"), T("ou=b,dc=x"), true)); /* not the place itself */
    assert_false(dn_within(T("cn=c,cn=a,ou=b,dc=x"), T("ou=b,dc=x"), true));
    assert_false(dn_within(T("cn=a,ou=bb,dc=x"), T("ou=b,dc=x"), false));
    assert_false(dn_within(T("dc=xx"), T("dc=x"), false));
    CHECK_TEXT(dn_parent(T("cn=a\\,b, ou=c,dc=x")), "ou=c,dc=x");
    assert_true(text_is_null(dn_parent(T("dc=x"))));
    CHECK_TEXT(dn_first_value(a, T("ou=North\\, East,dc=x")), "North, East");
}

static bool within(text id, const struct scope_container *c) { return dn_within(id, c->external_id, c->one_level); }
static const struct connector_ops ops = {.is_within_container = within};

static struct scope_containers stated(const char *const *lines) {
    struct scope_containers list = {0};
    for (; *lines; lines++)
        *LIST_ADD(a, &list) = (struct scope_container){
            .id = (int32_t)list.count, .external_id = text_of(*lines + 1), .excluded = **lines == '-', .one_level = **lines == '1'};
    return list;
}
static bool allows(const struct scope_containers *s, const char *id) { return scope_allows(&ops, s, text_of(id), NULL); }

static void the_most_specific_container_decides(void **state) {
    (void)state;
    static const char *const lines[] = {
        "+ou=a,dc=x", "-ou=b,ou=a,dc=x", "+ou=c,ou=b,ou=a,dc=x", "1ou=d,dc=x", "+ou=e,dc=x", "-ou=E,dc=x", NULL};
    struct scope_containers s = stated(lines);
    assert_true(allows(&s, "cn=1,ou=a,dc=x"));
    assert_false(allows(&s, "cn=1,ou=b,ou=a,dc=x"));
    assert_true(allows(&s, "cn=1,ou=c,ou=b,ou=a,dc=x"));
    assert_true(allows(&s, "cn=1,ou=d,dc=x"));
    assert_false(allows(&s, "cn=1,ou=f,ou=d,dc=x"));
    assert_false(allows(&s, "ou=d,dc=x"));
    assert_false(allows(&s, "cn=1,ou=e,dc=x")); /* a tie: excluded */
    assert_false(allows(&s, "cn=1,dc=x"));      /* in no container */
    assert_true(allows(&s, ""));                /* cannot be placed */
    const struct scope_container *by = NULL;
    scope_allows(&ops, &s, T("cn=1,ou=b,ou=a,dc=x"), &by);
    assert_non_null(by);
    assert_true(by->excluded);
    struct scope_containers none = {0};
    assert_true(allows(&none, "cn=1,dc=x"));
}

static void searches_begin_at_the_highest_selections(void **state) {
    (void)state;
    static const char *const lines[] = {"+ou=a,dc=x", "-ou=b,ou=a,dc=x", "+ou=c,ou=b,ou=a,dc=x",
                                        "1ou=d,dc=x", "+ou=g,ou=d,dc=x", NULL};
    struct scope_containers s = stated(lines), bases;
    scope_bases(a, &ops, &s, &bases);
    assert_int_equal(bases.count, 3); /* a; d; g, which a one-level selection does not cover */
    CHECK_TEXT(bases.at[0].external_id, "ou=a,dc=x");
    CHECK_TEXT(bases.at[1].external_id, "ou=d,dc=x");
    CHECK_TEXT(bases.at[2].external_id, "ou=g,ou=d,dc=x");
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(names_are_compared_by_their_parts), TEST(what_is_no_name_has_no_place),
                                       TEST(within_goes_by_components), TEST(the_most_specific_container_decides),
                                       TEST(searches_begin_at_the_highest_selections)};
    return RUN(tests);
}
