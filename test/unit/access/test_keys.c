/* API keys, roles and sessions: the checks in their order (operations §2.2, §2.5, §3). */
#include "access/access.h"
#include "model/ids.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static arena *a;
static struct key_set set;
static text secrets[3];
static const instant now = {.ticks = TICKS_1970 + 100 * TICKS_PER_DAY};

static int setup(void **state) {
    (void)state;
    a = arena_new(1 << 22);
    *LIST_ADD(a, &set.roles) = (struct role){.id = 7, .name = T("Auditor")};
    *LIST_ADD(a, &set.roles) = (struct role){.id = 8, .name = T("Something else")};
    for (int i = 0; i < 3; i++) {
        struct api_key key = {.id = i + 1, .name = T("k"), .enabled = i != 1};
        secrets[i] = api_key_new_secret(a, &key, now);
        if (i == 2) key.expires.ticks = now.ticks - 1;
        *LIST_ADD(a, &key.roles) = 7;
        *LIST_ADD(a, &key.roles) = 8;
        *LIST_ADD(a, &set.keys) = key;
    }
    key_set_index(&set, a);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static void new_keys_have_the_form_of_the_contract(void **state) {
    (void)state;
    assert_int_equal(secrets[0].len, 71);
    assert_true(text_starts_with(secrets[0], T("jny_ak_")) && !text_equal(secrets[0], secrets[1]));
    for (size_t i = 7; i < 71; i++) assert_non_null(strchr("0123456789abcdef", secrets[0].at[i]));
    assert_true(text_equal(set.keys.at[0].prefix, text_slice(secrets[0], 0, 12)));
}

static void expect_reason(text key, const char *want) {
    const char *reason;
    assert_null(key_set_find(&set, key, now, &reason));
    assert_string_equal(reason, want);
}

static void the_first_failing_check_gives_the_reason(void **state) {
    (void)state;
    const char *reason;
    const struct api_key *found = key_set_find(&set, secrets[0], now, &reason);
    assert_true(found && found->id == 1 && !reason);
    expect_reason(T("sk_live_1"), "Invalid API key format");
    expect_reason(T(""), "Invalid API key format");
    expect_reason(T("jim_ak_0123456789012345678901234567890123456789012345678901234567890123"), "API key not found");
    expect_reason(text_slice(secrets[0], 0, 70), "API key not found");
    expect_reason(secrets[1], "API key is disabled");
    expect_reason(secrets[2], "API key has expired");
}

static void callers_carry_the_roles_that_exist(void **state) {
    (void)state;
    struct caller caller;
    key_set_caller(&set, &set.keys.at[0], &caller);
    assert_int_equal(caller.roles, ROLE_BIT(ROLE_AUDITOR));
    assert_int_equal(caller.kind, BY_API_KEY);
    assert_int_equal(id_from_uuid(ID_API_KEY, caller.id), 1);
    assert_int_equal(caller_role_names(a, &caller).count, 1);
    assert_int_equal(caller_initiator(a, &caller).id.len, 36);
}

static bool may(enum access_role has, enum access_role need, bool reading) {
    struct caller caller = {.kind = BY_USER, .roles = has > ROLE_USER ? ROLE_BIT(has) : 0};
    return caller_may(has == ROLE_ANONYMOUS ? &caller_anonymous : &caller, need, reading);
}

static void roles_allow_what_operations_3_says(void **state) {
    (void)state;
    assert_true(may(ROLE_ANONYMOUS, ROLE_ANONYMOUS, true) && !may(ROLE_ANONYMOUS, ROLE_USER, true));
    assert_true(may(ROLE_USER, ROLE_USER, false) && !may(ROLE_USER, ROLE_AUDITOR, true) &&
                !may(ROLE_USER, ROLE_ADMINISTRATOR, true));
    for (enum access_role need = ROLE_ANONYMOUS; need < ROLES_COUNT; need++)
        assert_true(may(ROLE_ADMINISTRATOR, need, true) && may(ROLE_ADMINISTRATOR, need, false));
    assert_true(may(ROLE_AUDITOR, ROLE_ADMINISTRATOR, true) && !may(ROLE_AUDITOR, ROLE_ADMINISTRATOR, false));
    assert_true(may(ROLE_AUDITOR, ROLE_OPERATOR, true) && !may(ROLE_AUDITOR, ROLE_OPERATOR, false));
    assert_true(may(ROLE_OPERATOR, ROLE_OPERATOR, false) && !may(ROLE_OPERATOR, ROLE_ADMINISTRATOR, false));
    assert_true(may(ROLE_OPERATOR, ROLE_ADMINISTRATOR, true) && !may(ROLE_OPERATOR, ROLE_PASSWORD_OPERATOR, false));
    assert_true(may(ROLE_PASSWORD_OPERATOR, ROLE_PASSWORD_OPERATOR, false) &&
                !may(ROLE_PASSWORD_OPERATOR, ROLE_ADMINISTRATOR, true));
    assert_false(may(ROLE_ADMINISTRATOR, ROLE_UNSET, true));
    assert_int_equal(role_by_name(T("Operator")), ROLE_OPERATOR);
    assert_int_equal(role_by_name(T("authenticated")), ROLE_UNSET);
}

static void without_credentials_everybody_is_anonymous(void **state) {
    (void)state;
    OWNED(callers) x = NULL;
    assert_null(callers_new(&(struct callers_options){0}, &x));
    struct caller caller;
    struct credentials none = {0}, bearer = {.authorisation = T("Bearer x")};
    assert_null(callers_identify(x, a, &none, now, &caller));
    assert_int_equal(caller.kind, BY_ANONYMOUS);
    OWNED(error) e = callers_identify(x, a, &bearer, now, &caller);
    assert_int_equal(e->kind, ERROR_UNKNOWN_CALLER);
    assert_int_equal(session_key_id(x, T("nonsense"), now), 0);
    assert_false(session_signed(x, T("nonsense"), &set.keys.at[0]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_keys_have_the_form_of_the_contract),     cmocka_unit_test(the_first_failing_check_gives_the_reason),
        cmocka_unit_test(callers_carry_the_roles_that_exist),         cmocka_unit_test(roles_allow_what_operations_3_says),
        cmocka_unit_test(without_credentials_everybody_is_anonymous),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
