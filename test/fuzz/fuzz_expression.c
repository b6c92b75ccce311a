/* Parses arbitrary bytes as an expression, or builds an expression from them, and evaluates it over attributes of all types. */
#include "base/unicode.h"
#include "sync/expression/expression.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes that decide, one after the other; zeros behind the last. */
struct choices {
    const uint8_t *at;
    size_t left;
};

static unsigned choose(struct choices *c, unsigned below) {
    if (!c->left) return 0;
    c->left--;
    return *c->at++ % below;
}

static text choose_text(struct choices *c) {
    size_t len = choose(c, 24);
    if (len > c->left) len = c->left;
    text t = {(const char *)c->at, len};
    c->at += len;
    c->left -= len;
    return utf8_valid(t, NULL) ? t : T("\xc3\xa9 ,#");
}

static struct value choose_value(struct choices *c, arena *a, enum data_type type) {
    static const char *const decimals[] = {"0", "-1.50", "79228162514264337593543950335", "0.0000000000000000000000000001"};
    static const int64_t numbers[] = {0, 1, -1, 2, 514, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, TICKS_MAX, TICKS_1601};
    struct value v = {.type = type};
    decimal *d;
    switch (type) {
    case TYPE_DECIMAL:
        d = ARENA_NEW(a, decimal);
        if (!decimal_read(text_of(decimals[choose(c, 4)]), d)) abort();
        v.decimal = d;
        break;
    case TYPE_NUMBER:
        v.integer = (int32_t)numbers[choose(c, 7)];
        break;
    case TYPE_LONG_NUMBER:
        v.integer = numbers[choose(c, 11)];
        break;
    case TYPE_DATETIME:
        v.integer = INT64_C(4294967296) * 2888 * (1 + choose(c, 250));
        break;
    case TYPE_BOOLEAN:
        v.integer = choose(c, 2);
        break;
    case TYPE_GUID:
        v.guid.bytes[choose(c, 16)] = (uint8_t)choose(c, 255);
        break;
    case TYPE_REFERENCE:
        v.reference.raw = choose_text(c);
        v.reference.target = choose(c, 3);
        break;
    default:
        v.text = choose_text(c);
    }
    return v;
}

/* Attributes a … i hold one value of each type, A … I several. */
static struct attributes choose_attributes(struct choices *c, arena *a) {
    struct attributes list = {0};
    for (int32_t id = 1; id <= 18; id++) {
        size_t count = id <= 9 ? choose(c, 2) : choose(c, 4);
        for (size_t i = 0; i < count; i++)
            values_add(a, attributes_ensure(a, &list, id), choose_value(c, a, (enum data_type)(1 + (id - 1) % 9)));
    }
    return list;
}

static bool find(const void *state, bool metaverse, text name, int32_t *attribute, bool *multi_valued) {
    (void)state, (void)metaverse;
    char letter = name.len == 1 ? name.at[0] : '\0';
    bool small = letter >= 'a' && letter <= 'i', large = letter >= 'A' && letter <= 'I';
    *attribute = small ? letter - 'a' + 1 : letter - 'A' + 10;
    *multi_valued = large;
    return small || large;
}

static void build(struct buffer *out, struct choices *c, unsigned depth);

static void build_list(struct buffer *out, struct choices *c, unsigned depth, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (i) buffer_byte(out, ',');
        build(out, c, depth);
    }
    buffer_byte(out, ')');
}

static void build_leaf(struct buffer *out, struct choices *c) {
    static const char *const leaves[] = {
        "null",    "true", "false",          "1",      "-1",    "2147483647",     "9223372036854775807L",   "1.5",   "2.5m",
        "\"a b\"", "\"\"", "\"2020-02-29\"", "\"12\"", "Now()", "\"yyyy-MM-dd\"", "RandomPassword(9,true)", "\"|\"", "0.1",
        "'x'",     "65536"};
    unsigned which = choose(c, 40);
    if (which < 20)
        buffer_text(out, text_of(leaves[which]));
    else
        buffer_print(out, "%s[\"%c\"]", which % 2 ? "mv" : "cs", "abcdefghiABCDEFGHI"[choose(c, 18)]);
}

static const char *const binary[] = {
    "+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "??", "&", "|", "^", "<<", ">>"};
static const char *const unary[] = {"-",         "+",        "!",      "~",           "(string)", "(int)",   "(long)",
                                    "(decimal)", "(double)", "(bool)", "(DateTime?)", "(Guid)",   "(object)"};
static const char *const calls[] = {"1Trim",
                                    "1Upper",
                                    "1Lower",
                                    "1Capitalise",
                                    "2Left",
                                    "2Right",
                                    "3Substring",
                                    "3Replace",
                                    "2StartsWith",
                                    "2EndsWith",
                                    "2Contains",
                                    "1Length",
                                    "1IsNullOrEmpty",
                                    "1IsNullOrWhitespace",
                                    "2CollectionContains",
                                    "2Split",
                                    "2Join",
                                    "2FormatDate",
                                    "1ToFileTime",
                                    "1FromFileTime",
                                    "3IIF",
                                    "2Coalesce",
                                    "2Eq",
                                    "1ToString",
                                    "1ToInt",
                                    "1ToDecimal",
                                    "1EscapeDN",
                                    "2RandomPassphrase",
                                    "2SetBit",
                                    "2ClearBit",
                                    "2HasBit",
                                    "1EnableUser",
                                    "1DisableUser",
                                    "1Math.Abs",
                                    "2Math.Min",
                                    "2Math.Max",
                                    "1Math.Floor",
                                    "1Math.Ceiling",
                                    "2Math.Round"};
static const char *const members[] = {"0ToUpper", "0Trim",    "0TrimStart", "0TrimEnd",   "2Replace",  "1Substring", "2Substring",
                                      "1IndexOf", "1PadLeft", "1AddDays",   "1AddMonths", "1AddYears", "1ToString",  "0ToString"};

static void build(struct buffer *out, struct choices *c, unsigned depth) {
    if (depth == 0 || !c->left) return build_leaf(out, c);
    const char *what;
    buffer_byte(out, '(');
    switch (choose(c, 6)) {
    case 0:
        build(out, c, depth - 1);
        buffer_text(out, text_of(binary[choose(c, 19)]));
        build(out, c, depth - 1);
        break;
    case 1:
        buffer_text(out, text_of(unary[choose(c, 13)]));
        build(out, c, depth - 1);
        break;
    case 2:
        what = calls[choose(c, 39)];
        buffer_print(out, "%s(", what + 1);
        build_list(out, c, depth - 1, (unsigned)(what[0] - '0'));
        break;
    case 3:
        what = members[choose(c, 14)];
        build(out, c, depth - 1);
        buffer_print(out, "%s%s(", choose(c, 2) ? "." : "?.", what + 1);
        build_list(out, c, depth - 1, (unsigned)(what[0] - '0'));
        break;
    case 4:
        build(out, c, depth - 1);
        buffer_byte(out, '?');
        build(out, c, depth - 1);
        buffer_byte(out, ':');
        build(out, c, depth - 1);
        break;
    default:
        build_leaf(out, c);
    }
    buffer_byte(out, ')');
}

static void evaluate(arena *a, const struct expression *e, const struct attributes *list) {
    struct expression_inputs in = {.mv = list, .cs = list, .now = {INT64_C(639091674000000000)}};
    struct expression_result result;
    const struct expression *bound = expression_bind(a, e, (struct expression_names){NULL, find});
    expression_missing_input(bound, &in);
    bool done = expression_evaluate(bound, &in, a, &result);
    if (done != text_is_null(result.error)) abort();
    if (!done) return;
    expression_text(a, &result.value);
    for (int type = TYPE_TEXT; type <= TYPE_DECIMAL; type++) {
        struct values out = {0};
        text message;
        enum item_error refusal = expression_coerce(a, &result.value, (enum data_type)type, type % 2 ? SINGLE_VALUED : MULTI_VALUED,
                                                    true, &out, &message);
        if ((refusal == ITEM_NO_ERROR) != text_is_null(message)) abort();
        for (size_t i = 0; i < out.count; i++) value_text(a, &out.at[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    OWNED(arena) a = arena_new((size_t)256 << 20);
    OWNED_VALUE(buffer) source = {.max = EXPRESSION_MAX_LENGTH};
    struct choices c = {data, size};
    struct attributes list = {0};
    if (size && data[0] % 2) {
        list = choose_attributes(&c, a);
        build(&source, &c, 5);
    } else {
        static const uint8_t typical[] = "\1\3abc\1\2\1\1\1\7\1\2xy\1\5\1\1\1\2\1\3\3\1a\1b\2cd";
        struct choices fixed = {typical, sizeof typical};
        list = choose_attributes(&fixed, a);
        buffer_text(&source, (text){(const char *)data + (size > 0), size - (size > 0)});
    }
    const struct expression *e;
    struct expression_error problem;
    text expression = buffer_as_text(&source);
    if (expression_parse(a, expression, &e, &problem))
        evaluate(a, e, &list);
    else if (text_is_null(problem.message) || problem.position > expression.len)
        abort();
    return 0;
}
