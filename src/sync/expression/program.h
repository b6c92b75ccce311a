/* What a parsed expression becomes: instructions for a stack machine, in the order of evaluation. */
#ifndef JOINERY_SYNC_EXPRESSION_PROGRAM_H
#define JOINERY_SYNC_EXPRESSION_PROGRAM_H

#include "sync/expression/expression.h"

enum opcode {
    OP_CONSTANT,    /* pushes constants[target] */
    OP_INPUT,       /* pushes the values of inputs[target] */
    OP_NAMED_INPUT, /* pops a name, pushes that attribute's values; what: 1 for mv */
    OP_UNARY,       /* what: enum operator */
    OP_BINARY,      /* what: enum operator */
    OP_CAST,        /* what: enum expression_kind (LIST: object); count: 1 when null may pass */
    OP_CALL,        /* what: index in functions; count: arguments */
    OP_MEMBER,      /* what: index in members; count: arguments with the receiver */
    OP_CONDITION,   /* pops a condition, jumps to target when it is false */
    OP_JUMP,        /* jumps to target */
    OP_AND,         /* jumps to target and keeps the value when it is false, else pops it */
    OP_OR,          /* the same for true */
    OP_TRUTH,       /* checks that the right side of && (what: OPERATOR_AND) or || is a Boolean */
    OP_COALESCE,    /* jumps to target and keeps the value unless it is null, else pops it */
    OP_UNLESS_NULL, /* jumps to target and keeps the value when it is null */
};

enum operator{
    OPERATOR_ADD,
    OPERATOR_SUBTRACT,
    OPERATOR_MULTIPLY,
    OPERATOR_DIVIDE,
    OPERATOR_REMAINDER,
    OPERATOR_BIT_AND,
    OPERATOR_BIT_OR,
    OPERATOR_BIT_XOR,
    OPERATOR_SHIFT_LEFT,
    OPERATOR_SHIFT_RIGHT,
    OPERATOR_EQUAL,
    OPERATOR_NOT_EQUAL,
    OPERATOR_LESS,
    OPERATOR_GREATER,
    OPERATOR_LESS_EQUAL,
    OPERATOR_GREATER_EQUAL,
    OPERATOR_AND,
    OPERATOR_OR,
    OPERATOR_NEGATE,
    OPERATOR_PLUS,
    OPERATOR_NOT,
    OPERATOR_COMPLEMENT,
    OPERATOR_COALESCE, /* ??, for the parser only */
    OPERATOR_CONDITION /* ? :, for messages only */
};

struct op {
    uint8_t code, what, count;
    uint32_t target;
};

struct expression {
    struct ops LIST(struct op) code;
    struct constants LIST(struct expression_value) constants;
    struct inputs LIST(struct expression_input) inputs;
    unsigned stack; /* deepest */
    bool random;
    struct expression_names names; /* find NULL: unbound */
};

#endif
