/* Paths that must be refused, and the words that tell why (connectors §11.5, operations §17). */
#include "connectors/file/roots.h"

#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define F struct fixture *f = *state

static void open_it(struct fixture *f, const char *path) {
    int fd;
    error *e = roots_open_file(&f->roots, text_of(path), &fd);
    assert_true((fd >= 0) == (e == NULL));
    if (fd >= 0) close(fd);
    f->problem[0] = '\0';
    if (!e) return;
    f->kind = e->kind;
    error_chain(e, f->problem, sizeof f->problem);
    error_free(e);
}

static void open_in(struct fixture *f, const char *name) { open_it(f, fixture_path(f, name)); }

static void regular_files_inside_open(void **state) {
    F;
    fixture_write(f, "a.csv", T("x"));
    mkdir(fixture_path(f, "sub"), 0755);
    fixture_write(f, "sub/b.csv", T("x"));
    open_in(f, "a.csv");
    assert_ok(f);
    open_in(f, "sub/b.csv");
    assert_ok(f);
    open_in(f, "sub/../a.csv");
    assert_ok(f);
}

static void a_missing_file_is_told_with_its_path(void **state) {
    F;
    open_in(f, "none.csv");
    fixture_failed(f, ERROR_NOT_FOUND, "none.csv");
    open_in(f, "no/folder.csv");
    fixture_failed(f, ERROR_NOT_FOUND, "does not exist");
}

static void nothing_outside_is_reached(void **state) {
    F;
    char sibling[80];
    snprintf(sibling, sizeof sibling, "%s-other", f->root);
    mkdir(sibling, 0755);
    open_it(f, arena_print(f->a, "%s/x", sibling).at);
    fixture_failed(f, ERROR_DENIED, "outside");
    rmdir(sibling);
    open_in(f, "../../etc/passwd");
    fixture_failed(f, ERROR_DENIED, "outside");
    open_it(f, "/etc/passwd");
    fixture_failed(f, ERROR_DENIED, "outside");
    open_it(f, "/etc/there-is-no-such-file");
    fixture_failed(f, ERROR_DENIED, "outside");
    f->root[1] = 'T'; /* paths are case-sensitive */
    const char *upper = fixture_path(f, "a.csv");
    f->root[1] = 't';
    open_it(f, upper);
    fixture_failed(f, ERROR_DENIED, "outside");
}

static void forms_that_are_refused(void **state) {
    F;
    open_it(f, "users.csv");
    fixture_failed(f, ERROR_INVALID, "not absolute");
    open_it(f, "");
    fixture_failed(f, ERROR_INVALID, "No path");
    open_in(f, "/a.csv");
    fixture_failed(f, ERROR_INVALID, "empty component");
    open_in(f, "a\n.csv");
    fixture_failed(f, ERROR_INVALID, "control character");
    text with_nul = text_of(fixture_path(f, "a?b"));
    ((char *)(uintptr_t)with_nul.at)[with_nul.len - 2] = '\0';
    int fd;
    OWNED(error) e = roots_open_file(&f->roots, with_nul, &fd);
    assert_int_equal(e->kind, ERROR_INVALID);
}

static void links_are_followed_only_inside(void **state) {
    F;
    fixture_write(f, "a.csv", T("x"));
    assert_int_equal(symlink("a.csv", fixture_path(f, "relative")), 0);
    assert_int_equal(symlink(fixture_path(f, "a.csv"), fixture_path(f, "absolute")), 0);
    assert_int_equal(symlink("/etc/passwd", fixture_path(f, "out")), 0);
    assert_int_equal(symlink("../../../etc/passwd", fixture_path(f, "climb")), 0);
    assert_int_equal(symlink("/etc", fixture_path(f, "folder")), 0);
    assert_int_equal(symlink("/etc/there-is-no-such-file", fixture_path(f, "dangling")), 0);
    assert_int_equal(symlink("loop", fixture_path(f, "loop")), 0);
    open_in(f, "relative");
    assert_ok(f);
    open_in(f, "absolute");
    assert_ok(f);
    static const char *const bad[] = {"out", "climb", "folder/passwd", "dangling", "loop"};
    for (size_t i = 0; i < 5; i++) {
        open_in(f, bad[i]);
        fixture_failed(f, ERROR_DENIED, "outside");
    }
}

static void magic_links_are_not_followed(void **state) {
    F;
    fixture_write(f, "a.csv", T("x"));
    int fd = open(fixture_path(f, "a.csv"), O_RDONLY);
    assert_int_equal(symlink(arena_print(f->a, "/proc/self/fd/%d", fd).at, fixture_path(f, "magic")), 0);
    f->roots.at[0] = T("/proc");
    open_it(f, arena_print(f->a, "/proc/self/fd/%d", fd).at);
    assert_string_not_equal(f->problem, "");
    close(fd);
}

static void only_regular_files(void **state) {
    F;
    mkdir(fixture_path(f, "folder"), 0755);
    mkfifo(fixture_path(f, "fifo"), 0644);
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    snprintf(where.sun_path, sizeof where.sun_path, "%s", fixture_path(f, "socket"));
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&where, sizeof where), 0);
    static const char *const bad[] = {"folder", "fifo", "socket"};
    for (size_t i = 0; i < 3; i++) {
        open_in(f, bad[i]);
        fixture_failed(f, ERROR_INVALID, "is not a regular file");
    }
    close(s);
    f->roots.at[0] = T("/dev");
    open_it(f, "/dev/null");
    fixture_failed(f, ERROR_INVALID, "is not a regular file");
}

static void missing_permission_names_the_user(void **state) {
    F;
    if (geteuid() == 0) { /* root may read everything: be somebody else for a moment */
        chmod(f->root, 0755);
        fixture_write(f, "a.csv", T("x"));
        chmod(fixture_path(f, "a.csv"), 0600);
        assert_int_equal(seteuid(65534), 0);
        open_in(f, "a.csv");
        assert_int_equal(seteuid(0), 0);
        fixture_failed(f, ERROR_DENIED, "user id 65534");
        assert_non_null(strstr(f->problem, "a.csv"));
        return;
    }
    fixture_write(f, "a.csv", T("x"));
    chmod(fixture_path(f, "a.csv"), 0);
    open_in(f, "a.csv");
    fixture_failed(f, ERROR_DENIED, "permission");
}

static void the_walk_without_openat2_is_as_strict(void **state) {
    F;
    fixture_write(f, "a.csv", T("x"));
    mkdir(fixture_path(f, "sub"), 0755);
    fixture_write(f, "sub/b.csv", T("x"));
    assert_int_equal(symlink("/etc", fixture_path(f, "etc")), 0);
    assert_int_equal(symlink("a.csv", fixture_path(f, "link")), 0);
    int root = open(f->root, O_PATH | O_DIRECTORY);
    int fd = open_beneath_walking(root, "sub/b.csv", O_RDONLY);
    assert_true(fd >= 0);
    close(fd);
    fd = open_beneath_walking(root, ".", O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(open_beneath_walking(root, "../x", O_RDONLY), -1);
    assert_int_equal(errno, EXDEV);
    assert_int_equal(open_beneath_walking(root, "etc/passwd", O_RDONLY), -1);
    assert_int_equal(open_beneath_walking(root, "link", O_RDONLY), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(open_beneath_walking(root, "none", O_RDONLY), -1);
    assert_int_equal(errno, ENOENT);
    close(root);
}

static void several_roots_and_a_slash_at_their_end(void **state) {
    F;
    mkdir(fixture_path(f, "one"), 0755);
    mkdir(fixture_path(f, "two"), 0755);
    fixture_write(f, "two/a.csv", T("x"));
    f->roots.count = 0;
    *LIST_ADD(f->a, &f->roots) = text_of(fixture_path(f, "one/"));
    *LIST_ADD(f->a, &f->roots) = text_of(fixture_path(f, "two/"));
    open_in(f, "two/a.csv");
    assert_ok(f);
    open_in(f, "three/a.csv");
    fixture_failed(f, ERROR_DENIED, "outside");
    f->roots.count = 0;
    open_in(f, "two/a.csv");
    fixture_failed(f, ERROR_DENIED, "outside");
}

/* ---- The browser ---- */
static void a_folder_lists_folders_first_and_no_way_out(void **state) {
    F;
    fixture_write(f, "b.csv", T("12345"));
    fixture_write(f, "a.csv", T(""));
    mkdir(fixture_path(f, "z"), 0755);
    mkfifo(fixture_path(f, "fifo"), 0644);
    assert_int_equal(symlink("/etc", fixture_path(f, "out")), 0);
    assert_int_equal(symlink("z", fixture_path(f, "in")), 0);
    struct folder_listing l;
    assert_null(roots_list(f->a, &f->roots, (text){0}, &l));
    assert_true(l.is_root && text_is_null(l.parent) && !l.cut);
    assert_int_equal(l.entries.count, 4);
    static const char *const names[] = {"in", "z", "a.csv", "b.csv"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(text_equal(l.entries.at[i].name, text_of(names[i])));
        assert_true(text_equal(l.entries.at[i].path, text_of(fixture_path(f, names[i]))));
        assert_int_equal(l.entries.at[i].is_folder, i < 2);
    }
    assert_int_equal(l.entries.at[3].size, 5);
    assert_true(l.entries.at[3].modified > TICKS_1970);
    assert_null(roots_list(f->a, &f->roots, text_of(fixture_path(f, "z/")), &l));
    assert_true(!l.is_root && text_equal(l.parent, text_of(f->root)));
    assert_int_equal(l.entries.count, 0);
}

static void listing_tells_denied_from_missing(void **state) {
    F;
    struct folder_listing l;
    OWNED(error) outside = roots_list(f->a, &f->roots, T("/etc"), &l);
    assert_int_equal(outside->kind, ERROR_DENIED);
    OWNED(error) missing = roots_list(f->a, &f->roots, text_of(fixture_path(f, "none")), &l);
    assert_int_equal(missing->kind, ERROR_NOT_FOUND);
    struct texts no_roots = {0}, existing = {0};
    OWNED(error) nothing = roots_list(f->a, &no_roots, (text){0}, &l);
    assert_int_equal(nothing->kind, ERROR_NOT_FOUND);
    *LIST_ADD(f->a, &f->roots) = T("/there/is/no/such/root");
    roots_existing(f->a, &f->roots, &existing);
    assert_int_equal(existing.count, 1);
}

static void a_listing_is_bounded_and_says_so(void **state) {
    F;
    for (int i = 0; i < 10001; i++) {
        int fd = open(arena_print(f->a, "%s/%05d", f->root, i).at, O_CREAT | O_WRONLY, 0644);
        assert_true(fd >= 0);
        close(fd);
    }
    struct folder_listing l;
    assert_null(roots_list(f->a, &f->roots, (text){0}, &l));
    assert_true(l.cut);
    assert_int_equal(l.entries.count, 10000);
}

static void allowed_is_what_may_be_used(void **state) {
    F;
    assert_int_equal(symlink("/etc", fixture_path(f, "out")), 0);
    assert_true(roots_allow(&f->roots, text_of(fixture_path(f, "not-there-yet.csv"))));
    assert_true(roots_allow(&f->roots, text_of(f->root)));
    assert_false(roots_allow(&f->roots, T("/etc/passwd")));
    assert_false(roots_allow(&f->roots, T("relative")));
    assert_false(roots_allow(&f->roots, text_of(fixture_path(f, "out/passwd"))));
    assert_false(roots_allow(&f->roots, text_of(fixture_path(f, "../x"))));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(regular_files_inside_open),
        TEST(a_missing_file_is_told_with_its_path),
        TEST(nothing_outside_is_reached),
        TEST(forms_that_are_refused),
        TEST(links_are_followed_only_inside),
        TEST(magic_links_are_not_followed),
        TEST(only_regular_files),
        TEST(missing_permission_names_the_user),
        TEST(the_walk_without_openat2_is_as_strict),
        TEST(several_roots_and_a_slash_at_their_end),
        TEST(a_folder_lists_folders_first_and_no_way_out),
        TEST(listing_tells_denied_from_missing),
        TEST(a_listing_is_bounded_and_says_so),
        TEST(allowed_is_what_may_be_used),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
