/* Parses an expression (expressions.md §3) by precedence climbing and emits its program as it goes; constants are folded. */
#include "base/unicode.h"
#include "sync/expression/evaluation.h"
#include "sync/expression/lexer.h"

#include <stdarg.h>

enum { FOLDED_MAX = 4096 }; /* longest text that folding may leave in a program */

struct parser {
    arena *a;
    text source;
    struct token token;
    struct expression *e;
    struct expression_error *error;
    unsigned depth, stack;
    uint32_t barrier; /* instructions before this one may be jumped over: no folding across */
};

/* ---- Errors ---- */

static bool parse_fail(struct parser *p, size_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool parse_fail(struct parser *p, size_t at, const char *format, ...) {
    if (!text_is_null(p->error->message)) return false;
    va_list args;
    va_start(args, format);
    p->error->message = arena_vprint(p->a, format, args);
    va_end(args);
    p->error->position = utf8_length(text_slice(p->source, 0, at));
    return false;
}

static bool expected(struct parser *p, const char *what) {
    const struct token *t = &p->token;
    if (t->kind == TOKEN_END) return parse_fail(p, t->at, "Found the end of the expression, expected %s.", what);
    if (t->kind == TOKEN_BAD && t->message) return parse_fail(p, t->at, "Found %s, expected %s.", t->message, what);
    size_t end = t->kind == TOKEN_BAD ? t->at : t->end;
    if (t->kind == TOKEN_BAD) utf8_next(p->source, &end);
    text found = text_slice(p->source, t->at, end);
    if (found.len > 40) found.len = utf8_offset(found, 40);
    return parse_fail(p, t->at, "Found %.*s, expected %s.", TEXT_ARG(found), what);
}

/* ---- Tokens ---- */

static void advance(struct parser *p) { p->token = lex(p->a, p->source, p->token.end); }
static bool at_mark(const struct parser *p, int mark) { return p->token.kind == TOKEN_MARK && p->token.mark == mark; }
static bool take_mark(struct parser *p, int mark) {
    if (!at_mark(p, mark)) return false;
    advance(p);
    return true;
}
static bool need_mark(struct parser *p, int mark, const char *what) { return take_mark(p, mark) || expected(p, what); }

/* ---- Instructions ---- */

static uint32_t here(const struct parser *p) { return (uint32_t)p->e->code.count; }

static uint32_t emit(struct parser *p, enum opcode code, unsigned what, unsigned count, uint32_t target) {
    *LIST_ADD(p->a, &p->e->code) = (struct op){(uint8_t)code, (uint8_t)what, (uint8_t)count, target};
    return here(p) - 1;
}

/* An operand more on the stack. */
static void pushed(struct parser *p) {
    if (++p->stack > p->e->stack) p->e->stack = p->stack;
}

static void emit_constant(struct parser *p, struct expression_value v) {
    *LIST_ADD(p->a, &p->e->constants) = v;
    emit(p, OP_CONSTANT, 0, 0, (uint32_t)p->e->constants.count - 1);
    pushed(p);
}

static void land(struct parser *p, uint32_t jump) {
    p->e->code.at[jump].target = here(p);
    p->barrier = here(p);
}

/* Jumps to one place that is not known yet are chained through their targets; 0 ends the chain (instruction 0 never jumps). */
static void land_chain(struct parser *p, uint32_t last) {
    while (last) {
        uint32_t before = p->e->code.at[last].target;
        land(p, last);
        last = before;
    }
}

/* Emits an instruction that takes `operands` from the stack and leaves one value; computes it now when all are constants. */
static void emit_applied(struct parser *p, struct op op, unsigned operands, bool foldable) {
    struct expression *e = p->e;
    p->stack -= operands;
    pushed(p);
    if (operands > e->code.count - p->barrier || operands == 0) foldable = false;
    struct op *last = foldable ? e->code.at + e->code.count - operands : NULL;
    struct expression_value args[4];
    for (unsigned i = 0; foldable && i < operands; i++) {
        foldable = i < sizeof args / sizeof args[0] && last[i].code == OP_CONSTANT;
        if (foldable) args[i] = e->constants.at[last[i].target];
    }
    struct evaluation ev = {.a = p->a, .memory = FOLDED_MAX};
    struct expression_value folded;
    if (foldable && apply(&ev, &op, args, &folded)) {
        e->code.count -= operands;
        emit_constant(p, folded);
        p->stack--;
        return;
    }
    *LIST_ADD(p->a, &e->code) = op;
}

/* ---- Grammar ---- */

static bool parse_expression(struct parser *p);
static bool parse_operand(struct parser *p);

static bool descend(struct parser *p) {
    if (p->depth++ <= EXPRESSION_MAX_DEPTH) return true; /* the outermost expression is level 0 */
    return parse_fail(p, p->token.at, "The expression is nested deeper than %d levels.", EXPRESSION_MAX_DEPTH);
}

/* Arguments up to and with the closing parenthesis; the opening one is read. */
static bool parse_arguments(struct parser *p, unsigned *count) {
    *count = 0;
    if (take_mark(p, ')')) return true;
    do {
        if (!parse_expression(p)) return false;
        (*count)++;
    } while (*count < 255 && take_mark(p, ','));
    return need_mark(p, ')', *count < 255 ? "',' or ')'" : "')'");
}

static const struct callable *find_callable(const struct callable *list, size_t count, text name) {
    for (size_t i = 0; i < count; i++) {
        if (text_equal(name, text_of(list[i].name))) return &list[i];
    }
    return NULL;
}

static bool check_count(struct parser *p, size_t at, const struct callable *f, unsigned count) {
    if (count >= f->least && count <= f->most) return true;
    if (f->least == f->most)
        return parse_fail(p, at, "%s takes %u argument%s, found %u.", f->name, f->least, f->least == 1 ? "" : "s", count);
    return parse_fail(p, at, "%s takes %u to %u arguments, found %u.", f->name, f->least, f->most, count);
}

/* A call; `name` may be qualified ("Math.Abs"). The token is the opening parenthesis. */
static bool parse_call(struct parser *p, size_t at, text name) {
    const struct callable *f = find_callable(functions, function_count, name);
    if (!f) return parse_fail(p, at, "Found %.*s, which is an unknown function.", TEXT_ARG(name));
    unsigned count;
    advance(p);
    if (!parse_arguments(p, &count) || !check_count(p, at, f, count)) return false;
    p->e->random |= f->random;
    emit_applied(p, (struct op){OP_CALL, (uint8_t)(f - functions), (uint8_t)count, 0}, count, !f->changing);
    return true;
}

static uint32_t input_of(struct parser *p, bool metaverse, text name) {
    struct inputs *list = &p->e->inputs;
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].metaverse == metaverse && text_equal(list->at[i].name, name)) return (uint32_t)i;
    }
    *LIST_ADD(p->a, list) = (struct expression_input){.metaverse = metaverse, .name = arena_text(p->a, name)};
    return (uint32_t)list->count - 1;
}

/* mv[…] or cs[…]; the token is the opening bracket. */
static bool parse_attribute(struct parser *p, bool metaverse) {
    if (!need_mark(p, '[', "'['")) return false;
    bool literal = p->token.kind == TOKEN_TEXT || p->token.kind == TOKEN_CHARACTER;
    struct token behind = literal ? lex(p->a, p->source, p->token.end) : p->token;
    if (literal && behind.kind == TOKEN_MARK && behind.mark == ']') {
        emit(p, OP_INPUT, 0, 0, input_of(p, metaverse, p->token.text));
        pushed(p);
        advance(p);
    } else {
        if (!parse_expression(p)) return false;
        emit(p, OP_NAMED_INPUT, metaverse, 0, 0);
    }
    return need_mark(p, ']', "']'");
}

/* Math.X(…) and string.X(…); the token is the name behind the first. */
static bool parse_qualified(struct parser *p, struct token first) {
    advance(p);
    if (p->token.kind != TOKEN_NAME) return expected(p, "a name");
    text name = arena_print(p->a, "%.*s.%.*s", TEXT_ARG(first.text), TEXT_ARG(p->token.text));
    advance(p);
    if (!at_mark(p, '(')) return expected(p, "'('");
    return parse_call(p, first.at, name);
}

static bool parse_name(struct parser *p) {
    struct token name = p->token;
    advance(p);
    if (text_equal(name.text, T("mv"))) return parse_attribute(p, true);
    if (text_equal(name.text, T("cs"))) return parse_attribute(p, false);
    bool truth = text_equal(name.text, T("true"));
    if (truth || text_equal(name.text, T("false"))) return emit_constant(p, make_bool(truth)), true;
    if (text_equal(name.text, T("null"))) return emit_constant(p, make_null()), true;
    if (at_mark(p, '(')) return parse_call(p, name.at, name.text);
    if (at_mark(p, '.') && (text_equal(name.text, T("Math")) || text_equal(name.text, T("string"))))
        return parse_qualified(p, name);
    return parse_fail(p, name.at, "Found %.*s, which is an unknown identifier.", TEXT_ARG(name.text));
}

/* An integer literal; `negative` when a minus stands before it, which reaches one number further. */
static bool parse_integer(struct parser *p, bool negative) {
    struct token t = p->token;
    if (t.magnitude > (uint64_t)INT64_MAX + negative)
        return parse_fail(p, t.at, "Found an integer beyond the range of Int64, expected less.");
    int64_t n = negative ? (int64_t)(0 - t.magnitude) : (int64_t)t.magnitude;
    emit_constant(p, !t.is_long && n >= INT32_MIN && n <= INT32_MAX ? make_int32((int32_t)n) : make_int64(n));
    advance(p);
    return true;
}

static bool parse_primary(struct parser *p) {
    struct token t = p->token;
    switch (t.kind) {
    case TOKEN_NAME:
        return parse_name(p);
    case TOKEN_INTEGER:
        return parse_integer(p, false);
    case TOKEN_CHARACTER:
        if (utf8_length(t.text) != 1)
            return parse_fail(p, t.at, "Found '' with several characters or none, expected one; texts stand in \"\".");
        __attribute__((fallthrough));
    case TOKEN_TEXT:
        emit_constant(p, make_text(arena_text(p->a, t.text)));
        break;
    case TOKEN_NUMBER:
        emit_constant(p, t.value);
        break;
    default:
        if (!take_mark(p, '(')) return expected(p, "an operand");
        return parse_expression(p) && need_mark(p, ')', "')'");
    }
    advance(p);
    return true;
}

static bool parse_member(struct parser *p) {
    struct token name = p->token;
    if (name.kind != TOKEN_NAME) return expected(p, "a member");
    const struct callable *m = find_callable(members, member_count, name.text);
    if (!m) return parse_fail(p, name.at, "Found %.*s, which is an unknown member.", TEXT_ARG(name.text));
    advance(p);
    unsigned count = 0;
    if (!m->property) {
        if (!need_mark(p, '(', "'('") || !parse_arguments(p, &count) || !check_count(p, name.at, m, count)) return false;
    } else if (at_mark(p, '(')) {
        return expected(p, "an operator: this member has no arguments");
    }
    emit_applied(p, (struct op){OP_MEMBER, (uint8_t)(m - members), (uint8_t)(count + 1), 0}, count + 1, true);
    return true;
}

/* A value with its members; null behind "?." ends the whole chain. */
static bool parse_postfix(struct parser *p) {
    if (!parse_primary(p)) return false;
    uint32_t jumps = 0;
    while (at_mark(p, '.') || at_mark(p, MARK_IF_NOT_NULL)) {
        if (at_mark(p, MARK_IF_NOT_NULL)) jumps = emit(p, OP_UNLESS_NULL, 0, 0, jumps);
        advance(p);
        if (!parse_member(p)) return false;
    }
    land_chain(p, jumps);
    return true;
}

/* The kind of a cast's type, or −1. */
static int cast_kind(text name) {
    static const struct {
        const char *name;
        enum expression_kind kind;
    } types[] = {
        {"string", EXPRESSION_TEXT},       {"int", EXPRESSION_INT32},     {"long", EXPRESSION_INT64},
        {"decimal", EXPRESSION_DECIMAL},   {"double", EXPRESSION_DOUBLE}, {"bool", EXPRESSION_BOOL},
        {"DateTime", EXPRESSION_DATETIME}, {"Guid", EXPRESSION_GUID},     {"object", EXPRESSION_LIST},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (text_equal(name, text_of(types[i].name))) return (int)types[i].kind;
    }
    return -1;
}

/* True, and moved behind it, when a cast stands here; the token is the opening parenthesis. */
static bool take_cast(struct parser *p, int *kind, bool *nullable) {
    struct token t = lex(p->a, p->source, p->token.end);
    *kind = t.kind == TOKEN_NAME ? cast_kind(t.text) : -1;
    if (*kind < 0) return false;
    t = lex(p->a, p->source, t.end);
    *nullable = t.kind == TOKEN_MARK && t.mark == '?';
    if (*nullable) t = lex(p->a, p->source, t.end);
    if (t.kind != TOKEN_MARK || t.mark != ')') return false;
    p->token = t;
    advance(p);
    return true;
}

static bool parse_unary(struct parser *p) {
    static const struct {
        char mark;
        enum operator operator;
    } prefixes[] = {{'-', OPERATOR_NEGATE}, {'+', OPERATOR_PLUS}, {'!', OPERATOR_NOT}, {'~', OPERATOR_COMPLEMENT}};
    int kind;
    bool nullable;
    if (at_mark(p, '(') && take_cast(p, &kind, &nullable)) {
        if (!parse_operand(p)) return false;
        emit_applied(p, (struct op){OP_CAST, (uint8_t)kind, nullable, 0}, 1, true);
        return true;
    }
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (!take_mark(p, prefixes[i].mark)) continue;
        if (prefixes[i].operator== OPERATOR_NEGATE && p->token.kind == TOKEN_INTEGER && p->token.magnitude> INT32_MAX)
            return parse_integer(p, true);
        if (!parse_operand(p)) return false;
        emit_applied(p, (struct op){OP_UNARY, (uint8_t)prefixes[i].operator, 0, 0}, 1, true);
        return true;
    }
    return parse_postfix(p);
}

static bool parse_operand(struct parser *p) {
    if (!descend(p) || !parse_unary(p)) return false;
    p->depth--;
    return true;
}

/* Binary operators by precedence, low to high: 1 is ??. */
static int binary_of(const struct token *t, enum operator* o) {
    static const struct {
        int mark;
        uint8_t level, operator;
    } table[] = {
        {MARK_COALESCE, 1, OPERATOR_COALESCE},
        {MARK_OR, 2, OPERATOR_OR},
        {MARK_AND, 3, OPERATOR_AND},
        {'|', 4, OPERATOR_BIT_OR},
        {'^', 5, OPERATOR_BIT_XOR},
        {'&', 6, OPERATOR_BIT_AND},
        {MARK_EQUAL, 7, OPERATOR_EQUAL},
        {MARK_NOT_EQUAL, 7, OPERATOR_NOT_EQUAL},
        {'<', 7, OPERATOR_LESS},
        {'>', 7, OPERATOR_GREATER},
        {MARK_LESS_EQUAL, 7, OPERATOR_LESS_EQUAL},
        {MARK_GREATER_EQUAL, 7, OPERATOR_GREATER_EQUAL},
        {MARK_SHIFT_LEFT, 8, OPERATOR_SHIFT_LEFT},
        {MARK_SHIFT_RIGHT, 8, OPERATOR_SHIFT_RIGHT},
        {'+', 9, OPERATOR_ADD},
        {'-', 9, OPERATOR_SUBTRACT},
        {'*', 10, OPERATOR_MULTIPLY},
        {'/', 10, OPERATOR_DIVIDE},
        {'%', 10, OPERATOR_REMAINDER},
    };
    for (size_t i = 0; t->kind == TOKEN_MARK && i < sizeof table / sizeof table[0]; i++) {
        if (table[i].mark != t->mark) continue;
        *o = table[i].operator;
        return table[i].level;
    }
    return 0;
}

/* The right side of && || ??, which the program may jump over. The chain `a ?? b ?? c` reads the same from either side. */
static bool parse_lazy(struct parser *p, enum operator o, int level, bool (*parse_right)(struct parser *, int)) {
    enum opcode code = o == OPERATOR_AND ? OP_AND : o == OPERATOR_OR ? OP_OR : OP_COALESCE;
    uint32_t jump = emit(p, code, 0, 0, 0);
    p->stack--;
    p->barrier = here(p);
    if (!parse_right(p, level + 1)) return false;
    if (o != OPERATOR_COALESCE) emit(p, OP_TRUTH, o, 0, 0);
    land(p, jump);
    return true;
}

static bool parse_binary(struct parser *p, int least) {
    if (!parse_unary(p)) return false;
    enum operator o;
    for (int level; (level = binary_of(&p->token, &o)) >= least && level > 0;) {
        advance(p);
        if (level <= 3) {
            if (!parse_lazy(p, o, level, parse_binary)) return false;
        } else {
            if (!parse_binary(p, level + 1)) return false;
            emit_applied(p, (struct op){OP_BINARY, (uint8_t)o, 2, 0}, 2, true);
        }
    }
    return true;
}

/* condition ? a : condition ? b : … without recursion in the last part, so that a long list of cases is not deep. */
static bool parse_conditional(struct parser *p) {
    uint32_t ends = 0;
    for (;;) {
        if (!parse_binary(p, 1)) return false;
        if (!take_mark(p, '?')) break;
        uint32_t otherwise = emit(p, OP_CONDITION, OPERATOR_CONDITION, 0, 0);
        p->stack--;
        p->barrier = here(p);
        if (!parse_expression(p) || !need_mark(p, ':', "':'")) return false;
        ends = emit(p, OP_JUMP, 0, 0, ends);
        p->stack--;
        land(p, otherwise);
    }
    land_chain(p, ends);
    return true;
}

static bool parse_expression(struct parser *p) {
    if (!descend(p) || !parse_conditional(p)) return false;
    p->depth--;
    return true;
}

static bool check_source(struct parser *p) {
    size_t broken;
    if (!utf8_valid(p->source, &broken)) {
        p->source.len = broken;
        return parse_fail(p, broken, "Found a byte that is not UTF-8.");
    }
    if (text_is_blank(p->source)) return parse_fail(p, 0, "Expression cannot be empty.");
    if (p->source.len > EXPRESSION_MAX_LENGTH && utf8_length(p->source) > EXPRESSION_MAX_LENGTH)
        return parse_fail(p, utf8_offset(p->source, EXPRESSION_MAX_LENGTH), "The expression is longer than 10,000 characters.");
    return true;
}

bool expression_parse(arena *a, text source, const struct expression **out, struct expression_error *problem) {
    struct parser p = {.a = a, .source = source, .e = ARENA_NEW(a, struct expression), .error = problem};
    *problem = (struct expression_error){0};
    *out = NULL;
    if (!check_source(&p)) return false;
    advance(&p);
    if (!parse_expression(&p)) return false;
    if (p.token.kind != TOKEN_END) return expected(&p, "an operator or the end of the expression");
    *out = p.e;
    return true;
}
