/* Tests of the keys at rest: who may read them, what opens, and what does not. */
#include "base/crypto.h"
#include "base/keyring.h"
#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CREDENTIAL T("$JIM$v1$")
#define PASSWORD T("$JIMPW$v1$")

static char folder[] = "/tmp/joinery-keyring-XXXXXX";
static char keys[64];

static int make_folder(void **state) {
    make_arena(state);
    if (!mkdtemp(folder)) return 1;
    snprintf(keys, sizeof keys, "%s/keys", folder);
    return 0;
}

static int remove_folder(void **state) {
    drop_arena(state);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); /* NOLINT(cert-env33-c): a folder of our own */
}

static void refused(enum error_kind kind, const char *part) {
    OWNED(keyring) k = NULL;
    OWNED(error) e = keyring_open(keys, &k);
    assert_non_null(e);
    assert_int_equal(e->kind, kind);
    assert_non_null(strstr(e->sentence, part));
}

static void write_key(const char *name, char digit, time_t changed) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", keys, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 64; i++) fputc(digit, f);
    fclose(f);
    chmod(path, 0600);
    struct timespec times[2] = {{changed, 0}, {changed, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void a_first_key_is_made_for_the_owner_alone(void **state) {
    (void)state;
    text sealed, plain;
    {
        OWNED(keyring) k = NULL;
        assert_null(keyring_open(keys, &k));
        sealed = keyring_seal(k, a, CREDENTIAL, T("setting 7"), T("s3cret"));
    }
    struct stat st;
    assert_int_equal(stat(keys, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    OWNED(keyring) again = NULL;
    assert_null(keyring_open(keys, &again));
    assert_null(keyring_unseal(again, a, CREDENTIAL, T("setting 7"), sealed, &plain));
    assert_true(text_equal(plain, T("s3cret")));
}

static void a_value_opens_only_where_it_belongs(void **state) {
    (void)state;
    OWNED(keyring) k = NULL;
    assert_null(keyring_open(keys, &k));
    text sealed = keyring_seal(k, a, CREDENTIAL, T("setting 7"), T("s3cret")), plain;
    OWNED(error) elsewhere = keyring_unseal(k, a, CREDENTIAL, T("setting 8"), sealed, &plain);
    assert_non_null(elsewhere);
    OWNED(error) other_kind = keyring_unseal(k, a, PASSWORD, T("setting 7"), sealed, &plain);
    assert_non_null(other_kind);
    text renamed = arena_print(a, "%.*s%.*s", TEXT_ARG(PASSWORD), TEXT_ARG(text_slice(sealed, CREDENTIAL.len, sealed.len)));
    OWNED(error) disguised = keyring_unseal(k, a, PASSWORD, T("setting 7"), renamed, &plain);
    assert_non_null(disguised);
    OWNED(error) short_one = keyring_unseal(k, a, CREDENTIAL, T("setting 7"), T("$JIM$v1$AAAA"), &plain);
    assert_non_null(short_one);
}

static void the_newest_key_seals_and_older_ones_still_open(void **state) {
    (void)state;
    text old, fresh, plain;
    {
        OWNED(keyring) k = NULL;
        assert_null(keyring_open(keys, &k));
        old = keyring_seal(k, a, CREDENTIAL, T(""), T("old"));
    }
    write_key("00112233445566aa.key", 'a', time(NULL) + 100);
    OWNED(keyring) k = NULL;
    assert_null(keyring_open(keys, &k));
    fresh = keyring_seal(k, a, CREDENTIAL, T(""), T("new"));
    assert_null(keyring_unseal(k, a, CREDENTIAL, T(""), old, &plain));
    assert_true(text_equal(plain, T("old")));
    char path[128];
    snprintf(path, sizeof path, "%s/00112233445566aa.key", keys);
    assert_int_equal(unlink(path), 0);
    OWNED(keyring) without = NULL;
    assert_null(keyring_open(keys, &without));
    OWNED(error) gone = keyring_unseal(without, a, CREDENTIAL, T(""), fresh, &plain);
    assert_non_null(gone);
    assert_non_null(strstr(gone->sentence, "put the key file back"));
}

static void keys_that_others_may_read_are_refused(void **state) {
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/00112233445566bb.key", keys);
    write_key("00112233445566bb.key", 'b', 1000);
    assert_int_equal(chmod(path, 0640), 0);
    refused(ERROR_DENIED, "0600");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chmod(keys, 0755), 0);
    refused(ERROR_DENIED, "0700");
    assert_int_equal(chmod(keys, 0700), 0);
}

static void a_file_that_is_no_key_is_named(void **state) {
    (void)state;
    write_key("00112233445566cc.key", 'z', 1000);
    refused(ERROR_CORRUPT, "00112233445566cc.key is not a key");
    char path[128];
    snprintf(path, sizeof path, "%s/00112233445566cc.key", keys);
    assert_int_equal(unlink(path), 0);
}

static void purposes_have_keys_of_their_own(void **state) {
    (void)state;
    uint8_t one[32], two[32], again[32];
    OWNED(keyring) k = NULL;
    assert_null(keyring_open(keys, &k));
    keyring_derive(k, T("cursors"), one);
    keyring_derive(k, T("sessions"), two);
    keyring_derive(k, T("cursors"), again);
    assert_memory_not_equal(one, two, 32);
    assert_memory_equal(one, again, 32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_key_is_made_for_the_owner_alone),
        cmocka_unit_test(a_value_opens_only_where_it_belongs),
        cmocka_unit_test(the_newest_key_seals_and_older_ones_still_open),
        cmocka_unit_test(keys_that_others_may_read_are_refused),
        cmocka_unit_test(a_file_that_is_no_key_is_named),
        cmocka_unit_test(purposes_have_keys_of_their_own),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
