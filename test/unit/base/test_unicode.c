/* Case, white space and words (expressions §9.1, sync-engine §11.3), malformed UTF-8, decoders. */
#include "check.h"

#include "base/unicode.h"

#include <stdlib.h>

static void validity(void **state) {
    (void)state;
    static const text bad[] = {{"ab\x80", 3},
                               {"ab\xC3", 3},
                               {"ab\xC0\xAF", 4},
                               {"ab\xE0\x9F\xBF", 5},
                               {"ab\xED\xA0\x80", 5},
                               {"ab\xF4\x90\x80\x80", 6},
                               {"ab\xF5\x80\x80\x80", 6},
                               {"ab\xE2\x82", 4},
                               {"ab\xF0\x9F\x98", 5},
                               {"ab\xFF", 3}};
    size_t at;
    assert_true(utf8_valid(T(""), NULL) && utf8_valid((text){0}, NULL));
    assert_true(utf8_valid(T("plain ascii of some length, é, €, 😀 and U+10FFFF \xF4\x8F\xBF\xBF"), &at));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *exact = malloc(bad[i].len);
        memcpy(exact, bad[i].at, bad[i].len);
        assert_false(utf8_valid((text){exact, bad[i].len}, &at));
        assert_int_equal(at, 2);
        free(exact);
    }
    assert_false(utf8_valid(T("0123456789abcdef\xFF"), &at));
    assert_int_equal(at, 16);
}

static void code_points(void **state) {
    (void)state;
    text t = T("aé€😀\xFFz");
    static const uint32_t expected[] = {'a', 0xE9, 0x20AC, 0x1F600, 0xFFFD, 'z'};
    size_t i = 0, n = 0;
    while (i < t.len) assert_int_equal(utf8_next(t, &i), expected[n++]);
    assert_int_equal(n, 6);
    assert_int_equal(utf8_length(T("aé€😀z, and a longer text é€😀")), 28);
    assert_int_equal(utf8_length(T("")), 0);
    assert_int_equal(utf8_offset(T("aé€😀z"), 3), 6);
    assert_int_equal(utf8_offset(T("aé€😀z"), 99), 11);
    assert_int_equal(utf8_offset(T("aé"), 0), 0);
    for (uint32_t c = 1; c <= 0x10FFFF; c += c < 0x900 ? 1 : 97) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        char out[4];
        size_t len = utf8_put(out, c), at = 0;
        assert_true(utf8_valid((text){out, len}, NULL));
        assert_int_equal(utf8_next((text){out, len}, &at), c);
        assert_int_equal(at, len);
    }
}

static void upper_and_lower(void **state) {
    (void)state;
    CHECK_TEXT(text_upper(a, T("straße")), "STRAßE");
    CHECK_TEXT(text_lower(a, T("ÀB")), "àb");
    CHECK_TEXT(text_upper(a, T("a long ascii text, with 123 {|}~`@[ and z")), "A LONG ASCII TEXT, WITH 123 {|}~`@[ AND Z");
    CHECK_TEXT(text_lower(a, T("A LONG ASCII TEXT, WITH 123 {|}~`@[ AND Z")), "a long ascii text, with 123 {|}~`@[ and z");
    CHECK_TEXT(text_upper(a, T("ΐ ŉ ǰ ﬁ")), "ΐ ŉ ǰ ﬁ"); /* only longer in full mapping */
    CHECK_TEXT(text_upper(a, T("ÿ µ ı")), "Ÿ Μ I");
    CHECK_TEXT(text_lower(a, T("İ Σ")), "i σ");       /* no locale, no context */
    CHECK_TEXT(text_upper(a, T("ɐɐɐɐɐɐ")), "ⱯⱯⱯⱯⱯⱯ"); /* two bytes become three */
    CHECK_TEXT(text_upper(a, T("a\xFF\xC3z")), "A\xFF\xC3Z");
    CHECK_TEXT(text_upper(a, T("")), "");
    assert_null(text_upper(a, (text){0}).at);
    text same = T("NOTHING CHANGES 1");
    assert_ptr_equal(text_upper(a, same).at, same.at);
}

static void every_ascii_byte_at_every_place(void **state) {
    (void)state;
    for (int c = 1; c < 128; c++) {
        for (size_t place = 0; place < 19; place++) {
            char in[20], up[20], low[20];
            memset(in, '-', sizeof in);
            in[place] = (char)c;
            memcpy(up, in, sizeof in);
            memcpy(low, in, sizeof in);
            if (c >= 'a' && c <= 'z') up[place] = (char)(c - 32);
            if (c >= 'A' && c <= 'Z') low[place] = (char)(c + 32);
            text t = {in, sizeof in};
            assert_true(text_equal(text_upper(a, t), (text){up, sizeof up}));
            assert_true(text_equal(text_lower(a, t), (text){low, sizeof low}));
            assert_true(text_equal(text_fold(a, t), (text){low, sizeof low}));
            assert_true(text_equal_fold((text){up, sizeof up}, (text){low, sizeof low}));
        }
    }
}

static void folding(void **state) {
    (void)state;
    CHECK_TEXT(text_fold(a, T("Straße")), "straße");
    CHECK_TEXT(text_fold(a, T("JOHN.Smith@Example.COM")), "john.smith@example.com");
    assert_false(text_equal_fold(T("straße"), T("strasse")));
    assert_true(text_equal_fold(T("STRAßE"), T("straße")));
    assert_true(text_equal_fold(T("ΣΊΣΥΦΟΣ"), T("σίσυφος"))); /* final sigma */
    assert_true(text_equal_fold(T("\u212A"), T("k")));        /* the Kelvin sign */
    assert_true(text_equal_fold(T("Müller"), T("MÜLLER")));
    assert_false(text_equal_fold(T("a"), T("ab")) || text_equal_fold(T("ab"), T("a")) || text_equal_fold(T("é"), T("e")));
    assert_false(text_equal_fold(T("a\xFE"), T("a\xFF")) || text_equal_fold(T("\xFF"), T("�")));
    assert_true(text_equal_fold(T("A\xFE"), T("a\xFE")));
    assert_true(text_equal_fold((text){0}, (text){0}) && !text_equal_fold((text){0}, T("")));
    text folded = T("already folded, 12345");
    assert_ptr_equal(text_fold(a, folded).at, folded.at);
    assert_true(strchr(unicode_version(), '.') != NULL);
}

static void folding_agrees_with_comparing(void **state) {
    (void)state;
    for (uint32_t c = 0x80; c < 0x1F000; c++) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        char out[4];
        text t = {out, utf8_put(out, c)}, folded = text_fold(a, t);
        assert_true(text_equal_fold(t, folded));
        assert_true(text_equal(text_fold(a, folded), folded));
        if (c % 256 == 0) arena_reset(a);
    }
}

static void title_words(void **state) {
    (void)state;
    CHECK_TEXT(text_title_words(a, T("o'neil SMITH")), "O'neil Smith");
    CHECK_TEXT(text_title_words(a, T("mary-ann")), "Mary-Ann");
    CHECK_TEXT(text_title_words(a, T("3rd")), "3Rd");
    CHECK_TEXT(text_title_words(a, T("ÉLODIE o’brien x2y")), "Élodie O’brien X2y");
    CHECK_TEXT(text_title_words(a, T("e\u0301lan a_b")), "E\u0301lan A_B");
    CHECK_TEXT(text_title_words(a, T("")), "");
    CHECK_TEXT(text_title_words(a, T("a\xFF"
                                     "b")),
               "A\xFF"
               "b");
}

static void capitalising(void **state) {
    (void)state;
    CHECK_TEXT(text_capitalise(a, T("o'brien-SMITH jr")), "O'Brien-Smith Jr");
    CHECK_TEXT(text_capitalise(a, T("")), "");
    CHECK_TEXT(text_capitalise(a, T("ÉLODIE\u00A0DUPONT\tx")), "Élodie\u00A0Dupont\tX");
    CHECK_TEXT(text_capitalise(a, T("a.b_c ßx")), "A.b_c ßx");
}

static void white_space(void **state) {
    (void)state;
    CHECK_TEXT(text_trim_unicode(T("  a b ")), "a b");
    CHECK_TEXT(text_trim_unicode(T("\u00A0\u2003\ta\u3000b\xC2\x85\u2028")), "a\u3000b");
    CHECK_TEXT(text_trim_unicode(T(" \u00A0 ")), "");
    CHECK_TEXT(text_trim_unicode(T("é😀")), "é😀");
    CHECK_TEXT(text_trim_unicode(T(" \xA0\x80 ")), "\xA0\x80");
    CHECK_TEXT(text_trim_unicode(T("\u200B")), "\u200B"); /* not white space */
    assert_true(text_is_blank(T("")) && text_is_blank(T(" \t\u00A0")) && text_is_blank((text){0}));
    assert_false(text_is_blank(T(" x ")) || text_is_blank(T("\xFF")));
    CHECK_TEXT(text_collapse_spaces(a, T("  Ann   Lee ")), " Ann Lee ");
    CHECK_TEXT(text_collapse_spaces(a, T("a\tb\u00A0\u2003c")), "a b c");
    CHECK_TEXT(text_collapse_spaces(a, T("é\u00A0\xFF  ü")), "é \xFF ü");
    text same = T("a b c ");
    assert_ptr_equal(text_collapse_spaces(a, same).at, same.at);
    assert_true(unicode_is_letter('z') && unicode_is_letter(0xDF) && !unicode_is_letter('1') && !unicode_is_letter(' '));
    for (uint32_t c = 0; c < 0x80; c++) assert_int_equal(unicode_is_space(c), c == ' ' || (c >= 9 && c <= 13));
}

/* Decodes in pieces of so many bytes with a small room; the error goes to *e. */
static text decode_pieces(const char *encoding, text in, size_t piece, size_t room, error **e) {
    OWNED(decoder) d = NULL;
    char *all = arena_bytes(a, in.len * 4 + 8), out[64];
    size_t made_all = 0, at = 0, given = 0;
    CHECK_GOOD(decoder_new(text_of(encoding), &d));
    for (int rounds = 0;; rounds++) {
        size_t used, made;
        bool last = given == in.len;
        *e = decoder_run(d, text_slice(in, at, given), last, &used, out, room, &made);
        if (*e) return (text){0};
        assert_true(made <= room && used <= given - at);
        memcpy(all + made_all, out, made);
        made_all += made;
        at += used;
        if (at == in.len && last) return (text){all, made_all};
        if (rounds > 10000) fail_msg("%s does not end", encoding);
        if (!used && !made) assert_false(last);
        if (used == 0 || at == given) given = given + piece < in.len ? given + piece : in.len;
    }
}

static void check_decoded(const char *encoding, text in, const char *expected, int line) {
    for (size_t piece = 1; piece < 9; piece++) {
        for (size_t room = 4; room <= 64; room += 20) {
            error *e;
            text out = decode_pieces(encoding, in, piece, room, &e);
            check_good(e, line);
            check_text(out, expected, line);
        }
    }
}
#define DECODED(encoding, in, expected) check_decoded(encoding, T(in), expected, __LINE__)

static void decoding(void **state) {
    (void)state;
    DECODED("Auto", "abc é", "abc é");
    DECODED("Auto", "", "");
    DECODED("Auto", "a", "a");
    DECODED("Auto",
            "\xEF\xBB\xBF"
            "abc",
            "abc");
    DECODED("Auto", "\xEF\xBB\xBF", "");
    DECODED("Auto", "\xEF\xBB", "\xEF\xBB"); /* passed through; the reader of fields finds it */
    DECODED("UTF-8",
            "\xEF\xBB\xBF"
            "ab\xFF",
            "ab\xFF");
    DECODED("utf-8", "abc", "abc");
    DECODED("Auto",
            "\xFF\xFE"
            "a\0\xAC\x20",
            "a€");
    DECODED("Auto",
            "\xFE\xFF"
            "\0a\x20\xAC",
            "a€");
    DECODED("Auto", "\xFF\xFE", "");
    DECODED("Auto",
            "\xFF\xFE\0\0"
            "a\0\0\0\0\xF6\x01\0",
            "a😀");
    DECODED("Auto",
            "\0\0\xFE\xFF"
            "\0\0\0a\0\1\xF6\0",
            "a😀");
    DECODED("UTF-16LE",
            "a\0=\xD8\0\xDE"
            "b\0",
            "a😀b");
    DECODED("UTF-16LE",
            "\xFF\xFE"
            "a\0",
            "a");
    DECODED("UTF-16BE", "\0a\xD8=\xDE\0", "a😀");
    DECODED("Windows-1252", "\x80 \x9F\xE9\x81 plain text", "€ Ÿé\xC2\x81 plain text");
    DECODED("ISO-8859-1", "\xE9\xA4\x80", "é¤\xC2\x80");
    DECODED("ISO-8859-15", "\xE9\xA4\xA6\xBE", "é€ŠŸ");
}

static void check_undecodable(const char *encoding, text in, const char *words, int line) {
    for (size_t piece = 1; piece < 9; piece++) {
        error *e;
        decode_pieces(encoding, in, piece, 64, &e);
        check_error(e, ERROR_INVALID, words, line);
    }
}
#define UNDECODABLE(encoding, in, words) check_undecodable(encoding, T(in), words, __LINE__)

static void malformed_encodings(void **state) {
    (void)state;
    UNDECODABLE("UTF-16LE", "a\0\0\xDC", "not valid UTF-16LE at byte offset 2");
    UNDECODABLE("UTF-16LE",
                "a\0=\xD8"
                "a\0",
                "byte offset 2");
    UNDECODABLE("UTF-16LE", "a\0b", "byte offset 2");
    UNDECODABLE("UTF-16LE", "a\0=\xD8", "byte offset 2");
    UNDECODABLE("Auto", "\xFE\xFF\0a\xDC\0", "not valid UTF-16BE at byte offset 4");
    UNDECODABLE("Auto", "\xFF\xFE\0\0\0\0\x11\0", "not valid UTF-32LE at byte offset 4");
    UNDECODABLE("Auto", "\xFF\xFE\0\0\0\xD8\0\0", "byte offset 4");
    decoder *d;
    CHECK_ERROR(decoder_new(T("KOI8-R"), &d), ERROR_INVALID, "KOI8-R");
    CHECK_ERROR(decoder_new(T("UTF-32LE"), &d), ERROR_INVALID, "UTF-32LE");
    CHECK_ERROR(decoder_new(T(""), &d), ERROR_INVALID, "not known");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(validity),
        TEST(code_points),
        TEST(upper_and_lower),
        TEST(every_ascii_byte_at_every_place),
        TEST(folding),
        TEST(folding_agrees_with_comparing),
        TEST(title_words),
        TEST(capitalising),
        TEST(white_space),
        TEST(decoding),
        TEST(malformed_encodings),
    };
    return RUN(tests);
}
