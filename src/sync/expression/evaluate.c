/* Runs the program of an expression on a stack, against the values of one object. */
#include "sync/expression/evaluation.h"

#include "model/credentials.h"

/* SMALL_THINGS: what instructions may take without being charged: numbers, ids, the stack. */
enum { STACK_AT_HAND = 24, SMALL_THINGS = 1 << 20 };

/* ---- Inputs ---- */

static struct expression_value read_attribute(struct evaluation *ev, bool metaverse, int32_t attribute, bool multi_valued) {
    const struct attributes *from = metaverse ? ev->in->mv : ev->in->cs;
    const struct values *set = attribute && from ? attributes_find(from, attribute) : NULL;
    if (set && set->partial && ev->in->needs_whole) *ev->in->needs_whole = true;
    if (!set || set->count == 0 || set->null_marker) return make_null();
    if (set->count == 1 && !multi_valued) return expression_value_of(ev->a, &set->at[0], metaverse);
    return (struct expression_value){.kind = EXPRESSION_LIST, .metaverse = metaverse, .list = {set->at, set->count}};
}

static bool resolve(const struct expression_names *names, bool metaverse, text name, int32_t *attribute, bool *multi_valued) {
    *attribute = 0;
    *multi_valued = false;
    return names->find && !is_credential_attribute(name) && names->find(names->state, metaverse, name, attribute, multi_valued);
}

static bool read_named(struct evaluation *ev, const struct expression *e, bool metaverse, struct expression_value *top) {
    text name;
    int32_t attribute;
    bool multi_valued;
    struct expression_value v = scalar_of(ev, *top);
    if (!text_of_value(ev, &v, &name)) return false;
    bool known = !text_is_null(name) && resolve(&e->names, metaverse, name, &attribute, &multi_valued);
    *top = known ? read_attribute(ev, metaverse, attribute, multi_valued) : make_null();
    return true;
}

/* ---- Program ---- */

static const struct callable *callable_of(const struct op *op) {
    return op->code == OP_CALL ? &functions[op->what] : &members[op->what];
}

static bool call(struct evaluation *ev, const struct op *op, struct expression_value *args, struct expression_value *out) {
    const struct callable *f = callable_of(op);
    ev->name = f->name;
    for (unsigned i = 0; i < op->count; i++) {
        if (!(f->lists >> i & 1)) args[i] = scalar_of(ev, args[i]);
    }
    if (op->code == OP_MEMBER) {
        if (is_null(&args[0])) return fail(ev, "Member %s was asked of null.", f->name);
        if (f->on != EXPRESSION_NULL && args[0].kind != f->on)
            return fail(ev, "Member %s belongs to %s, not %s.", f->name, expression_kind_name(f->on),
                        expression_kind_name(args[0].kind));
    }
    return f->run(ev, args, op->count, out);
}

bool apply(struct evaluation *ev, const struct op *op, struct expression_value *args, struct expression_value *out) {
    if (op->code == OP_CALL || op->code == OP_MEMBER) return call(ev, op, args, out);
    struct expression_value left = scalar_of(ev, args[0]), right;
    if (op->code == OP_BINARY) {
        right = scalar_of(ev, args[1]);
        return apply_binary(ev, (enum operator)op->what, &left, &right, out);
    }
    if (op->code == OP_UNARY) return apply_unary(ev, (enum operator)op->what, &left, out);
    return apply_cast(ev, (enum expression_kind)op->what, op->count, op->what == EXPRESSION_LIST ? &args[0] : &left, out);
}

/* The value on top as a condition. */
static bool top_truth(struct evaluation *ev, enum operator o, const struct expression_value *top, bool *truth) {
    struct expression_value v = scalar_of(ev, *top);
    ev->name = operator_name(o);
    return truth_of(ev, &v, truth);
}

/* An instruction that may jump: moves *next and *top. */
static bool branch(struct evaluation *ev, const struct op *op, struct expression_value *stack, size_t *top, size_t *next) {
    struct expression_value *v = &stack[*top - 1];
    bool truth = false, jump = true;
    switch (op->code) {
    case OP_JUMP:
        break;
    case OP_COALESCE:
        jump = !is_null(v);
        break;
    case OP_UNLESS_NULL: {
        struct expression_value scalar = scalar_of(ev, *v);
        jump = is_null(&scalar);
        break;
    }
    default: {
        bool condition = op->code == OP_CONDITION;
        enum operator o = condition ? OPERATOR_CONDITION : op->code == OP_AND ? OPERATOR_AND : OPERATOR_OR;
        if (!top_truth(ev, o, v, &truth)) return false;
        jump = op->code == OP_OR ? truth : !truth;
        if (condition && jump) --*top;
        if (!condition) *v = make_bool(truth);
    }
    }
    if (jump)
        *next = op->target;
    else if (op->code != OP_UNLESS_NULL)
        --*top;
    return true;
}

static unsigned operands_of(const struct op *op) { return op->code == OP_UNARY || op->code == OP_CAST ? 1 : op->count; }

static bool run(struct evaluation *ev, const struct expression *e, struct expression_value *stack) {
    size_t top = 0;
    for (size_t next = 0; next < e->code.count;) {
        const struct op *op = &e->code.at[next++];
        bool truth;
        switch (op->code) {
        case OP_CONSTANT:
            stack[top++] = e->constants.at[op->target];
            break;
        case OP_INPUT: {
            const struct expression_input *in = &e->inputs.at[op->target];
            stack[top++] = read_attribute(ev, in->metaverse, in->attribute, in->multi_valued);
            break;
        }
        case OP_NAMED_INPUT:
            if (!read_named(ev, e, op->what, &stack[top - 1])) return false;
            break;
        case OP_TRUTH:
            if (!top_truth(ev, (enum operator)op->what, &stack[top - 1], &truth)) return false;
            stack[top - 1] = make_bool(truth);
            break;
        case OP_UNARY:
        case OP_BINARY:
        case OP_CAST:
        case OP_CALL:
        case OP_MEMBER: {
            struct expression_value out = make_null();
            top -= operands_of(op);
            if (!apply(ev, op, &stack[top], &out)) return false;
            stack[top++] = out;
            break;
        }
        default:
            if (!branch(ev, op, stack, &top, &next)) return false;
        }
    }
    return true;
}

bool expression_evaluate(const struct expression *e, const struct expression_inputs *in, arena *a, struct expression_result *out) {
    struct expression_value at_hand[STACK_AT_HAND];
    size_t left = arena_left(a);
    size_t spare = left > 2 * SMALL_THINGS ? left - SMALL_THINGS : left / 2;
    struct evaluation ev = {.a = a, .in = in, .memory = spare < EXPRESSION_MAX_MEMORY ? spare : EXPRESSION_MAX_MEMORY};
    struct expression_value *stack = e->stack <= STACK_AT_HAND ? at_hand : ARENA_ARRAY(a, struct expression_value, e->stack);
    *out = (struct expression_result){0};
    bool done = run(&ev, e, stack);
    out->error = ev.error;
    out->secret = ev.secret;
    if (done) out->value = stack[0];
    return done;
}

/* ---- What the parser found ---- */

size_t expression_input_count(const struct expression *e) { return e->inputs.count; }
const struct expression_input *expression_input(const struct expression *e, size_t index) { return &e->inputs.at[index]; }
bool expression_is_random(const struct expression *e) { return e->random; }

const struct expression *expression_bind(arena *a, const struct expression *e, struct expression_names names) {
    struct expression *bound = ARENA_NEW(a, struct expression);
    *bound = *e;
    bound->names = names;
    bound->inputs = (struct inputs){0};
    for (EACH(const struct expression_input, from, &e->inputs)) {
        struct expression_input *in = LIST_ADD(a, &bound->inputs);
        *in = *from;
        if (!resolve(&names, in->metaverse, in->name, &in->attribute, &in->multi_valued)) in->attribute = 0;
    }
    return bound;
}

struct configured {
    const struct config *config;
    const struct cs_type *type;
};

static bool find_configured(const void *state, bool metaverse, text name, int32_t *attribute, bool *multi_valued) {
    const struct configured *c = state;
    const struct mv_attribute *m = metaverse ? config_mv_attribute_named(c->config, name) : NULL;
    const struct cs_attribute *s = !metaverse && c->type ? config_cs_attribute_named(c->type, name) : NULL;
    if (!m && !s) return false;
    *attribute = m ? m->id : s->id;
    *multi_valued = (m ? m->plurality : s->plurality) == MULTI_VALUED;
    return true;
}

const struct expression *expression_bind_config(arena *a, const struct expression *e, const struct config *c,
                                                const struct cs_type *type) {
    struct configured *state = ARENA_NEW(a, struct configured);
    *state = (struct configured){c, type};
    return expression_bind(a, e, (struct expression_names){state, find_configured});
}

static bool is_missing(const struct expression_inputs *in, const struct expression_input *input) {
    const struct attributes *from = input->metaverse ? in->mv : in->cs;
    const struct values *set = input->attribute && from ? attributes_find(from, input->attribute) : NULL;
    if (set && set->partial && in->needs_whole) *in->needs_whole = true;
    if (!set || set->count == 0 || set->null_marker) return true;
    return set->count == 1 && set->at[0].type == TYPE_TEXT && set->at[0].text.len == 0;
}

const struct expression_input *expression_missing_input(const struct expression *e, const struct expression_inputs *in) {
    for (EACH(const struct expression_input, input, &e->inputs)) {
        if (is_missing(in, input)) return input;
    }
    return NULL;
}
