/* Arena, buffer, list and maps. */
#include "check.h"

#include "base/names.h"

static void arena_gives_zeroed_aligned_pieces(void **state) {
    (void)state;
    for (size_t size = 0; size < 3000; size += 37) {
        char *piece = arena_alloc(a, size);
        assert_int_equal((uintptr_t)piece % 16, 0);
        for (size_t i = 0; i < size; i++) assert_int_equal(piece[i], 0);
        memset(piece, 0xAA, size);
    }
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    char *again = arena_alloc(a, 4000);
    for (size_t i = 0; i < 4000; i++) assert_int_equal(again[i], 0);
}

static void arena_counts_and_limits(void **state) {
    (void)state;
    OWNED(arena) small = arena_new(100);
    assert_int_equal(arena_left(small), 100);
    arena_bytes(small, 60);
    assert_int_equal(arena_used(small), 60);
    assert_int_equal(arena_left(small), 40);
    arena_bytes(small, 40);
    assert_int_equal(arena_left(small), 0);
    arena_reset(small);
    assert_int_equal(arena_left(small), 100);
}

static void arena_holds_pieces_larger_than_a_chunk(void **state) {
    (void)state;
    char *large = arena_alloc(a, 5 << 20), *next = arena_alloc(a, 10);
    memset(large, 1, 5 << 20);
    assert_int_equal(next[0], 0);
    arena_reset(a);
    memset(arena_alloc(a, 5 << 20), 2, 5 << 20);
}

static void arena_grows_in_place_or_moves(void **state) {
    (void)state;
    int *numbers = arena_alloc(a, 4 * sizeof(int));
    for (int i = 0; i < 4; i++) numbers[i] = i;
    int *grown = arena_grow(a, numbers, 4 * sizeof(int), 8 * sizeof(int));
    assert_ptr_equal(grown, numbers);
    arena_bytes(a, 1);
    int *moved = arena_grow(a, grown, 8 * sizeof(int), 3000 * sizeof(int));
    for (int i = 0; i < 4; i++) assert_int_equal(moved[i], i);
    for (int i = 4; i < 3000; i++) assert_int_equal(moved[i], 0);
}

static void arena_texts(void **state) {
    (void)state;
    assert_null(arena_text(a, (text){0}).at);
    text copy = arena_text(a, T("abc"));
    assert_int_equal(copy.at[3], 0);
    CHECK_TEXT(arena_print(a, "%d-%s", 7, "x"), "7-x");
    assert_string_equal(arena_cstring(a, text_slice(T("hello"), 1, 3)), "el");
    assert_null(arena_cstring(a, (text){0}));
}

static void buffer_grows_to_its_maximum(void **state) {
    (void)state;
    OWNED_VALUE(buffer) b = {.max = 1000};
    for (int i = 0; i < 1000; i++) buffer_byte(&b, (char)('a' + i % 26));
    assert_false(b.overflow);
    buffer_byte(&b, 'x');
    assert_true(b.overflow);
    assert_int_equal(b.len, 1000);
    buffer_clear(&b);
    assert_false(b.overflow);
    buffer_print(&b, "%s %d", "n", 5);
    CHECK_TEXT(buffer_as_text(&b), "n 5");
    char much[2000] = {0};
    buffer_add(&b, much, sizeof much);
    assert_true(b.overflow);
    CHECK_TEXT(buffer_as_text(&b), "n 5");
    OWNED_VALUE(buffer) empty = {.max = 10};
    CHECK_TEXT(buffer_as_text(&empty), "");
}

static void list_keeps_elements_in_order(void **state) {
    (void)state;
    struct int64s list = {0};
    for (int64_t i = 0; i < 10000; i++) {
        int64_t *added = LIST_ADD(a, &list);
        assert_int_equal(*added, 0);
        *added = i * i;
        if (i % 100 == 0) arena_bytes(a, 3); /* the list must move then */
    }
    int64_t i = 0;
    for (EACH(int64_t, n, &list)) {
        assert_int_equal(*n, i * i);
        i++;
    }
    assert_int_equal(i, 10000);
}

static void text_map_finds_what_was_put(void **state) {
    (void)state;
    struct text_map m;
    text_map_init(&m, a, 0);
    int values[5000];
    assert_null(text_map_get(&m, T("nobody")));
    for (int i = 0; i < 5000; i++) assert_null(text_map_put(&m, arena_print(a, "key %d", i), &values[i]));
    assert_int_equal(m.count, 5000);
    for (int i = 0; i < 5000; i++) assert_ptr_equal(text_map_get(&m, arena_print(a, "key %d", i)), &values[i]);
    assert_null(text_map_get(&m, T("key 5000")));
    assert_ptr_equal(text_map_put(&m, T("key 7"), &values[0]), &values[7]);
    assert_int_equal(m.count, 5000);
    assert_null(text_map_put(&m, T(""), &values[1]));
    assert_ptr_equal(text_map_get(&m, T("")), &values[1]);
}

static void int_map_finds_what_was_put(void **state) {
    (void)state;
    struct int_map m;
    int_map_init(&m, a, 10);
    int values[3000];
    for (int i = 0; i < 3000; i++) assert_null(int_map_put(&m, (int64_t)i * 4096 - 1000, &values[i]));
    for (int i = 0; i < 3000; i++) assert_ptr_equal(int_map_get(&m, (int64_t)i * 4096 - 1000), &values[i]);
    assert_null(int_map_get(&m, 1));
    assert_null(int_map_put(&m, INT64_MIN, &values[0]));
    assert_null(int_map_put(&m, 0, &values[1]));
    assert_ptr_equal(int_map_put(&m, 0, &values[2]), &values[1]);
    assert_ptr_equal(int_map_get(&m, INT64_MIN), &values[0]);
}

static FALLIBLE read_page(int n) {
    if (n == 0) return FAIL(ERROR_IO, "the line was cut");
    return NULL;
}
static FALLIBLE read_book(int n) {
    TRY(read_page(1));
    TRY_OR(read_page(n), "page %d", n);
    return NULL;
}

static void errors_chain(void **state) {
    (void)state;
    CHECK_GOOD(read_book(1));
    OWNED(error) e = read_book(0);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_IO);
    char out[64], cut[12];
    assert_string_equal(error_chain(e, out, sizeof out), "page 0: the line was cut");
    assert_string_equal(error_chain(e, cut, sizeof cut), "page 0: the");
    assert_string_equal(error_chain(NULL, out, sizeof out), "");
}

#define FRUITS(X) X(FRUIT_APPLE, "Apple") X(FRUIT_PEAR, "Pear")
NAMED_ENUM(fruit, FRUITS)
NAMED_ENUM_TABLE(fruit, "Fruit", FRUITS)

static void names_of_enumerations(void **state) {
    (void)state;
    unsigned value;
    assert_string_equal(enum_name(&fruit_names, FRUIT_PEAR), "Pear");
    assert_string_equal(enum_name(&fruit_names, 2), "?");
    assert_true(enum_find(&fruit_names, T("Apple"), false, &value));
    assert_int_equal(value, FRUIT_APPLE);
    assert_false(enum_find(&fruit_names, T("pear"), false, &value));
    assert_true(enum_find(&fruit_names, T("pear"), true, &value));
    assert_int_equal(value, FRUIT_PEAR);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(arena_gives_zeroed_aligned_pieces),
        TEST(arena_counts_and_limits),
        TEST(arena_holds_pieces_larger_than_a_chunk),
        TEST(arena_grows_in_place_or_moves),
        TEST(arena_texts),
        TEST(buffer_grows_to_its_maximum),
        TEST(list_keeps_elements_in_order),
        TEST(text_map_finds_what_was_put),
        TEST(int_map_finds_what_was_put),
        TEST(errors_chain),
        TEST(names_of_enumerations),
    };
    return RUN(tests);
}
