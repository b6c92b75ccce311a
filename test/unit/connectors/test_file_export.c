/* The export to files (connectors §11.6): rows, cells, and what must never happen to the file that stands there. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define F struct fixture *f = *state

static int setup(void **state) {
    if (fixture_setup(state)) return -1;
    struct fixture *f = *state;
    fixture_set(f, FILE_MODE, "Export Only");
    fixture_schema(f, "user = dn!, name, age:Number, mail[], born:DateTime, ok:Boolean, cost:Decimal, photo:Binary, tag:Guid, "
                      "boss:Reference");
    return 0;
}

/* "C id name=x mail+a mail-b mail*" → one item: Create, Update, Delete of the object with that id ("-": none known); = Update, +
 * Add,
 * - Remove, * RemoveAll; "=" without a value clears. A change of dn is given for a Create by itself. */
static struct export_item item(struct fixture *f, const char *source) {
    text rest = arena_text(f->a, text_of(source));
    struct export_item it = {.type = fixture_type(f, "user")};
    it.change = rest.at[0] == 'C' ? EXPORT_CREATE : rest.at[0] == 'U' ? EXPORT_UPDATE : EXPORT_DELETE;
    rest = text_slice(rest, 2, rest.len);
    for (int i = 0; !text_is_empty(rest); i++) {
        size_t end = text_find_byte(rest, ' ');
        text word = text_slice(rest, 0, end == SIZE_MAX ? rest.len : end);
        rest = end == SIZE_MAX ? T("") : text_slice(rest, end + 1, rest.len);
        if (i == 0) {
            if (!text_equal(word, T("-"))) it.external_id = word;
            continue;
        }
        size_t at = 0;
        while (at < word.len && !strchr("=+-*", word.at[at])) at++;
        struct export_attribute *c = LIST_ADD(f->a, &it.changes);
        c->attribute = fixture_attribute(f, "user", arena_cstring(f->a, text_slice(word, 0, at)));
        c->change = word.at[at] == '=' ? CHANGE_UPDATE : word.at[at] == '+' ? CHANGE_ADD : CHANGE_REMOVE;
        if (word.at[at] == '*') c->change = CHANGE_REMOVE_ALL;
        c->has_value = at + 1 < word.len;
        if (c->has_value) c->value = fixture_value(f, c->attribute, arena_cstring(f->a, text_slice(word, at + 1, word.len)));
    }
    return it;
}

static const char *run(struct fixture *f, size_t count, const char *const *sources) {
    struct export_item items[16];
    for (size_t i = 0; i < count; i++) items[i] = item(f, sources[i]);
    return fixture_export(f, items, count);
}
#define RUN(f, ...) run((f), sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *const[]){__VA_ARGS__})

static void assert_file(struct fixture *f, const char *expected) {
    text t = fixture_read(f, "users.csv");
    assert_string_equal(t.at ? t.at : "(none)", expected);
}

static int entries(struct fixture *f) {
    struct folder {
        int count;
    } n = {0};
    FILE *list = popen(arena_print(f->a, "ls -A %s | wc -l", f->root).at, "r");
    assert_int_equal(fscanf(list, "%d", &n.count), 1);
    pclose(list);
    return n.count;
}

static void a_new_file_is_written(void **state) {
    F;
    assert_string_equal(RUN(f, "C - dn=b name=Bob mail+x mail+y", "C - dn=a age=7"), "ok b\nok a\n");
    assert_ok(f);
    assert_file(f, "age,dn,mail,name\r\n,b,x|y,Bob\r\n7,a,,\r\n");
    assert_int_equal(entries(f), 1);
    assert_int_equal(f->phases.count, 3);
}

static void every_type_has_its_form(void **state) {
    F;
    RUN(f,
        "C - dn=a born=2024-02-29T10:00:00.5Z ok=true cost=1.50 photo=AQID tag=6F9619FF-8B86-D011-B42D-00CF4FC964FF boss=b age=-5");
    assert_ok(f);
    assert_file(f, "age,born,boss,cost,dn,ok,photo,tag\r\n-5,2024-02-29T10:00:00.5000000Z,b,1.5,a,true,AQID,"
                   "6f9619ff-8b86-d011-b42d-00cf4fc964ff\r\n");
}

static void what_stands_there_stays_in_its_order(void **state) {
    F;
    fixture_write(f, "users.csv", T("zip,dn,name\n00123,b,\"Bob, jr\"\n,a,=1+1\n"));
    fixture_set(f, FILE_LINE_ENDING, "LF");
    assert_string_equal(RUN(f, "U a name=Ann mail+x", "C - dn=c"), "ok a\nok c\n");
    assert_file(f, "zip,dn,name,mail\n00123,b,\"Bob, jr\",\n,a,Ann,x\n,c,,\n");
}

static void create_update_delete_by_what_is_there(void **state) {
    F;
    fixture_write(f, "users.csv", T("dn,name\na,1\nb,2\n"));
    assert_string_equal(RUN(f, "C - dn=a name=new", "U c name=made", "D b", "D nobody", "C - name=x", "D -"),
                        "ok a\nok c\nok b\nok nobody\nGeneral: The object has no value for its External ID \"dn\".\n"
                        "General: The object has no External ID, so its row cannot be found.\n");
    assert_file(f, "dn,name\r\na,new\r\nc,made\r\n");
    assert_string_equal(RUN(f, "D a", "C - dn=a name=again"), "ok a\nok a\n");
    assert_file(f, "dn,name\r\nc,made\r\na,again\r\n");
}

static void single_values_are_replaced_or_cleared(void **state) {
    F;
    fixture_write(f, "users.csv", T("dn,name,age\na,x,1\nb,y,2\nc,z,3\n"));
    RUN(f, "U a name= age=9", "U b name- age+8", "U c name-other age*");
    assert_file(f, "dn,name,age\r\na,,9\r\nb,y,8\r\nc,z,\r\n");
}

static void several_values_are_a_set(void **state) {
    F;
    fixture_write(f, "users.csv", T("dn,mail\na,x| y |z\nb,x\nc,x|y\nd,x|y\n"));
    RUN(f, "U a mail-y mail+w mail+x", "U b mail-x", "U c mail=new", "U d mail*");
    assert_file(f, "dn,mail\r\na,x|z|w\r\nb,\r\nc,new\r\nd,\r\n");
}

static void same_named_columns_are_one_set(void **state) {
    F;
    fixture_write(f, "users.csv", T("mail,dn,mail\nx,a,y\nu,b,v\n"));
    RUN(f, "U a mail+z");
    assert_file(f, "mail,dn,mail\r\nx|y|z,a,\r\nu,b,v\r\n");
}

static void values_are_removed_by_what_they_mean(void **state) {
    F;
    fixture_schema(f, "user = dn!, n:Decimal[]");
    fixture_write(f, "users.csv", T("dn,n\na,1.50|2\n"));
    RUN(f, "U a n-1.5");
    assert_file(f, "dn,n\r\na,2\r\n");
}

static void a_value_with_the_delimiter_fails_only_its_object(void **state) {
    F;
    fixture_write(f, "users.csv", T("dn,name,mail\na,1,x\n"));
    assert_string_equal(RUN(f, "U a name=changed mail+y|z", "C - dn=b name=p|q"),
                        "General: A value of \"mail\" holds the multi-value delimiter; set another delimiter.\nok b\n");
    assert_file(f, "dn,name,mail\r\na,1,x\r\nb,p|q,\r\n"); /* nothing of the first one; a single value may hold it */
}

static void keys_are_compared_exactly_and_by_value(void **state) {
    F;
    fixture_write(f, "users.csv", T("dn,name\nAnn,1\n"));
    RUN(f, "U ann name=2");
    assert_file(f, "dn,name\r\nAnn,1\r\nann,2\r\n");
    fixture_schema(f, "user = id:Number!, name");
    fixture_write(f, "users.csv", T("id,name\n007,1\n"));
    RUN(f, "U 7 name=2");
    assert_file(f, "id,name\r\n007,2\r\n");
}

static void empty_cells_are_completed_from_what_is_known(void **state) {
    F;
    struct attributes known = {0};
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"name", "age", "mail"}, *const values[] = {"known", "5", "m"};
        const struct cs_attribute *c = fixture_attribute(f, "user", names[i]);
        struct values *v = LIST_ADD(f->a, &known);
        v->attribute = c->id;
        *LIST_ADD(f->a, v) = fixture_value(f, c, values[i]);
    }
    fixture_write(f, "users.csv", T("dn,name,age\na,,\nb,,\n"));
    struct export_item items[2] = {item(f, "U a age="), item(f, "U gone age=6")};
    items[0].known = items[1].known = &known;
    fixture_export(f, items, 2);
    assert_file(f, "dn,name,age,mail\r\na,known,,m\r\nb,,,\r\ngone,known,6,m\r\n");
}

static void a_changed_external_id_moves_the_row(void **state) {
    F;
    fixture_write(f, "users.csv", T("dn,name\na,1\nb,2\n"));
    assert_string_equal(RUN(f, "U a dn=c", "U c name=3", "U b dn=c"),
                        "ok c\nok c\nGeneral: Another row has the new External ID already.\n");
    assert_file(f, "dn,name\r\nc,3\r\nb,2\r\n");
}

static void types_in_a_column(void **state) {
    F;
    fixture_schema(f, "group = gid!, member:Reference[]\nuser = dn!, name");
    fixture_set(f, FILE_OBJECT_TYPE, "");
    fixture_set(f, FILE_TYPE_COLUMN, "kind");
    RUN(f, "C - dn=a name=x");
    assert_file(f, "dn,kind,name\r\na,user,x\r\n");
    fixture_write(f, "users.csv", T("kind,dn,gid,name\nrobot,,,r2\nUSER,a,,x\ngroup,,a,\n"));
    RUN(f, "U a name=y", "C - dn=b");
    assert_file(f, "kind,dn,gid,name\r\nrobot,,,r2\r\nUSER,a,,y\r\ngroup,,a,\r\nuser,b,,\r\n");
}

static void another_type_than_the_files_fails(void **state) {
    F;
    fixture_schema(f, "user = dn!\ngroup = gid!");
    struct export_item it = item(f, "C - dn=a");
    it.type = fixture_type(f, "group");
    assert_string_equal(fixture_export(f, &it, 1), "General: The file holds only objects of the type \"user\".\n");
    assert_file(f, "(none)");
    fixture_type(f, "user")->external_id = NULL;
    it = item(f, "C - dn=a");
    assert_string_equal(fixture_export(f, &it, 1), "General: The object type \"user\" has no External ID attribute; choose one.\n");
}

/* ---- Files that cannot be used stay untouched ---- */
static void an_unusable_file_fails_the_run_untouched(void **state) {
    F;
    static const struct {
        const char *file, *words;
    } cases[] = {
        {"name\nx\n", "has no column for the External ID of \"user\""},
        {"dn,name\na,1\na,2\n", "holds an External ID twice (row 3)"},
        {"dn,name\n,1\n", "Row 2 of the existing file"},
        {"dn,name\na\n", "has 1 fields instead of 2"},
        {"dn,name\na,\"x\n", "never closed"},
        {"dn,name\na,\xFF\n", "not valid UTF-8"},
        {"dn,\na,x\n", "Column 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture_write(f, "users.csv", text_of(cases[i].file));
        assert_string_equal(RUN(f, "C - dn=z"), "left\n");
        fixture_failed(f, ERROR_INVALID, cases[i].words);
        assert_file(f, cases[i].file);
        assert_int_equal(entries(f), 1);
    }
}

static void export_needs_the_mode(void **state) {
    F;
    fixture_set(f, FILE_MODE, "Import Only");
    RUN(f, "C - dn=a");
    fixture_failed(f, ERROR_INVALID, "Import Only");
    fixture_set(f, FILE_MODE, "Bidirectional");
    assert_false(file_connector.ops.auto_confirms(&f->system));
    RUN(f, "C - dn=a");
    assert_ok(f);
    fixture_set(f, FILE_MODE, "Export Only");
    assert_true(file_connector.ops.auto_confirms(&f->system));
    fixture_set(f, FILE_PATH, "/etc/users.csv");
    RUN(f, "C - dn=a");
    fixture_failed(f, ERROR_DENIED, "outside");
}

static void a_cancelled_export_writes_nothing(void **state) {
    F;
    f->batches = f->batches_until_cancel = 1;
    assert_string_equal(RUN(f, "C - dn=a"), "left\n");
    fixture_failed(f, ERROR_CANCELLED, "cancelled");
    assert_file(f, "(none)");
}

/* ---- The replacement ---- */
static void mode_and_owner_are_kept(void **state) {
    F;
    struct stat st;
    fixture_write(f, "users.csv", T("dn\na\n"));
    chmod(fixture_path(f, "users.csv"), 0640);
    bool root = geteuid() == 0;
    if (root) assert_int_equal(chown(fixture_path(f, "users.csv"), 1234, 4321), 0);
    RUN(f, "C - dn=b");
    assert_int_equal(stat(fixture_path(f, "users.csv"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    if (root) assert_true(st.st_uid == 1234 && st.st_gid == 4321);
}

static void earlier_versions_are_kept(void **state) {
    F;
    fixture_set(f, FILE_KEEP_PREVIOUS, "2");
    RUN(f, "C - dn=a");
    RUN(f, "C - dn=b");
    RUN(f, "C - dn=c");
    RUN(f, "C - dn=d");
    assert_file(f, "dn\r\na\r\nb\r\nc\r\nd\r\n");
    assert_string_equal(fixture_read(f, "users.csv.1").at, "dn\r\na\r\nb\r\nc\r\n");
    assert_string_equal(fixture_read(f, "users.csv.2").at, "dn\r\na\r\nb\r\n");
    assert_int_equal(entries(f), 3);
}

static void what_a_crash_left_is_cleared_away(void **state) {
    F;
    fixture_write(f, ".users.csv.partial", T("half a f"));
    fixture_write(f, "users.csv", T("dn\na\n"));
    RUN(f, "C - dn=b");
    assert_file(f, "dn\r\na\r\nb\r\n");
    assert_int_equal(entries(f), 1);
}

static void a_link_inside_is_written_through_and_one_outside_refused(void **state) {
    F;
    fixture_write(f, "real.csv", T("dn\na\n"));
    assert_int_equal(symlink("real.csv", fixture_path(f, "users.csv")), 0);
    RUN(f, "C - dn=b");
    assert_ok(f);
    assert_string_equal(fixture_read(f, "real.csv").at, "dn\r\na\r\nb\r\n");
    struct stat st;
    assert_int_equal(lstat(fixture_path(f, "users.csv"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    unlink(fixture_path(f, "users.csv"));
    assert_int_equal(symlink("/etc/passwd", fixture_path(f, "users.csv")), 0);
    RUN(f, "C - dn=b");
    fixture_failed(f, ERROR_DENIED, "outside");
}

static void a_folder_that_is_missing_is_made(void **state) {
    F;
    fixture_set(f, FILE_PATH, fixture_path(f, "x/y/users.csv"));
    RUN(f, "C - dn=b");
    assert_ok(f);
    assert_string_equal(fixture_read(f, "x/y/users.csv").at, "dn\r\nb\r\n");
}

static void no_permission_is_told(void **state) {
    F;
    if (geteuid() != 0) skip();
    chmod(f->root, 0755);
    fixture_write(f, "users.csv", T("dn\na\n"));
    assert_int_equal(seteuid(65534), 0);
    RUN(f, "C - dn=b");
    assert_int_equal(seteuid(0), 0);
    fixture_failed(f, ERROR_DENIED, "user id 65534");
    assert_file(f, "dn\na\n");
}

static void large(struct fixture *f) {
    fixture_schema(f, "user = dn!, name");
    char name[3000] = "C - dn=b name=";
    memset(name + strlen(name), 'x', sizeof name - 1 - strlen(name));
    assert_string_equal(RUN(f, name), "left\n");
    fixture_failed(f, ERROR_FULL, "no space left");
    assert_non_null(strstr(f->problem, "old file stays"));
    assert_file(f, "dn,name\na,1\n");
    assert_int_equal(entries(f), 1);
}

static void a_limit_of_the_file_size_leaves_the_old_file(void **state) {
    F;
    struct rlimit old, small;
    fixture_write(f, "users.csv", T("dn,name\na,1\n"));
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){1000, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    large(f);
    setrlimit(RLIMIT_FSIZE, &old);
}

static void a_full_disk_leaves_the_old_file(void **state) {
    F;
    if (mount("tmpfs", f->root, "tmpfs", 0, "size=16k,mode=0755") < 0) skip(); /* needs the right to mount */
    fixture_write(f, "users.csv", T("dn,name\na,1\n"));
    int fd = open(fixture_path(f, "ballast"), O_CREAT | O_WRONLY, 0600);
    static const char block[4096];
    while (write(fd, block, sizeof block) > 0) {}
    close(fd);
    fixture_schema(f, "user = dn!, name");
    RUN(f, "C - dn=b name=x");
    fixture_failed(f, ERROR_FULL, "no space left");
    assert_file(f, "dn,name\na,1\n");
    assert_int_equal(entries(f), 2);
    assert_int_equal(umount2(f->root, MNT_DETACH), 0);
}

/* ---- Encodings ---- */
static void the_encoding_of_the_settings_is_written(void **state) {
    F;
    fixture_set(f, FILE_ENCODING, "Windows-1252");
    fixture_write(f, "users.csv", T("dn,name\na,\x80\n"));
    assert_string_equal(RUN(f, "C - dn=b name=\xC3\xBC", "C - dn=c name=\xC4\x8D"),
                        "ok b\nGeneral: A value of \"name\" holds a character that the encoding Windows-1252 does not have.\n");
    assert_file(f, "dn,name\r\na,\x80\r\nb,\xFC\r\n");
}

static void a_byte_order_mark_is_kept(void **state) {
    F;
    fixture_write(f, "users.csv",
                  T("\xEF\xBB\xBF"
                    "dn\na\n"));
    RUN(f, "C - dn=\xC3\xBC");
    assert_file(f, "\xEF\xBB\xBF"
                   "dn\r\na\r\n\xC3\xBC\r\n");
    fixture_write(f, "users.csv",
                  T("\xFF\xFE"
                    "d\0n\0\n\0a\0\n\0"));
    fixture_set(f, FILE_LINE_ENDING, "LF");
    RUN(f, "C - dn=\xF0\x9F\x98\x80");
    assert_true(text_equal(fixture_read(f, "users.csv"), T("\xFF\xFE"
                                                           "d\0n\0\n\0a\0\n\0\x3D\xD8\x00\xDE\n\0")));
}

static void a_decimal_that_the_culture_reads_otherwise_fails(void **state) {
    F;
    fixture_set(f, FILE_MODE, "Bidirectional");
    fixture_set(f, FILE_CULTURE, "de-DE");
    assert_string_equal(RUN(f, "C - dn=a cost=1.5", "C - dn=b cost=2"),
                        "General: \"cost\" is a Decimal, which the culture of the settings reads differently; clear the setting "
                        "\"Culture\".\nok b\n");
}

/* What was written is what an import reads. */
static void a_written_file_reads_back(void **state) {
    F;
    fixture_set(f, FILE_MODE, "Bidirectional");
    RUN(f, "C - dn=a,1 name=\"q\" mail+x mail+y\ny born=2024-02-29 ok=false cost=-0.10 boss=b");
    assert_ok(f);
    fixture_set(f, FILE_DECLARED_SCHEMA, "user = dn!, age:Number, photo:Binary, tag:Guid");
    assert_string_equal(fixture_import(f),
                        "2 user dn=a,1 name=\"q\" mail=[x|y\ny] born=2024-02-29T00:00:00Z ok=False cost=-0.1 boss=b\n");
}

static void one_column_with_an_empty_cell_is_no_blank_line(void **state) {
    F;
    fixture_set(f, FILE_OBJECT_TYPE, "");
    fixture_set(f, FILE_TYPE_COLUMN, "kind");
    fixture_schema(f, "user = kind!");
    fixture_write(f, "users.csv", T("kind\n\"\"\n"));
    RUN(f, "C - kind=user");
    assert_file(f, "kind\r\n\"\"\r\nuser\r\n");
}

/* Rows leave the memory: what is written of a large file is what was there, but for the rows that were touched. */
static void large_files_pass_through_the_spool(void **state) {
    F;
    enum { ROWS = 30000 };
    OWNED_VALUE(buffer) before = {.max = 16 << 20}, after = {.max = 16 << 20};
    buffer_text(&before, T("dn,name\r\n")), buffer_text(&after, T("dn,name\r\n"));
    for (int i = 0; i < ROWS; i++) {
        char row[160];
        snprintf(row, sizeof row, "d%d,%0100d\r\n", i, i);
        buffer_text(&before, text_of(row));
        if (i == ROWS / 2) continue;
        if (i == 7) snprintf(row, sizeof row, "d7,seven\r\n");
        if (i == 20000) snprintf(row, sizeof row, "moved,%0100d\r\n", i);
        buffer_text(&after, text_of(row));
    }
    fixture_write(f, "users.csv", buffer_as_text(&before));
    assert_string_equal(RUN(f, "U d7 name=six", "D d15000", "U d20000 dn=moved", "C - dn=new name=n", "U d7 name=seven"),
                        "ok d7\nok d15000\nok moved\nok new\nok d7\n");
    buffer_text(&after, T("new,n\r\n"));
    assert_true(text_equal(fixture_read(f, "users.csv"), buffer_as_text(&after)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_is_written),
        TEST(every_type_has_its_form),
        TEST(what_stands_there_stays_in_its_order),
        TEST(create_update_delete_by_what_is_there),
        TEST(single_values_are_replaced_or_cleared),
        TEST(several_values_are_a_set),
        TEST(same_named_columns_are_one_set),
        TEST(values_are_removed_by_what_they_mean),
        TEST(a_value_with_the_delimiter_fails_only_its_object),
        TEST(keys_are_compared_exactly_and_by_value),
        TEST(empty_cells_are_completed_from_what_is_known),
        TEST(large_files_pass_through_the_spool),
        TEST(a_changed_external_id_moves_the_row),
        TEST(types_in_a_column),
        TEST(another_type_than_the_files_fails),
        TEST(an_unusable_file_fails_the_run_untouched),
        TEST(export_needs_the_mode),
        TEST(a_cancelled_export_writes_nothing),
        TEST(mode_and_owner_are_kept),
        TEST(earlier_versions_are_kept),
        TEST(what_a_crash_left_is_cleared_away),
        TEST(a_link_inside_is_written_through_and_one_outside_refused),
        TEST(a_folder_that_is_missing_is_made),
        TEST(no_permission_is_told),
        TEST(a_limit_of_the_file_size_leaves_the_old_file),
        TEST(a_full_disk_leaves_the_old_file),
        TEST(the_encoding_of_the_settings_is_written),
        TEST(a_byte_order_mark_is_kept),
        TEST(a_decimal_that_the_culture_reads_otherwise_fails),
        TEST(a_written_file_reads_back),
        TEST(one_column_with_an_empty_cell_is_no_blank_line),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
