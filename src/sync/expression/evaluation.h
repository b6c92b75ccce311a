/* One evaluation under way, and what operators, functions and members share. */
#ifndef JOINERY_SYNC_EXPRESSION_EVALUATION_H
#define JOINERY_SYNC_EXPRESSION_EVALUATION_H

#include "sync/expression/program.h"

struct evaluation {
    arena *a;
    const struct expression_inputs *in;
    size_t memory;    /* bytes that may still be taken */
    const char *name; /* of the function, member or operator at work, for messages */
    text error;       /* null: none so far */
    bool secret;
};

/* Records the first error; returns false, so that `return fail(…)` reads well. The sentence names no values. */
bool fail(struct evaluation *ev, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "Left expects an integer, not String." */
bool fail_kind(struct evaluation *ev, const char *expected, const struct expression_value *got);

/* Takes bytes from the budget; false with an error when they are used up. */
bool charge(struct evaluation *ev, size_t bytes);
/* Room for a text of `len` bytes, or NULL with an error when it is too long. */
char *text_room(struct evaluation *ev, size_t len);

/* A list's first element, anything else itself. */
struct expression_value scalar_of(struct evaluation *ev, struct expression_value v);
/* Canonical text of a scalar; null stays null. False only when the budget is used up. */
bool text_of_value(struct evaluation *ev, const struct expression_value *v, text *out);
/* An `int` parameter: an integer, a number without fraction, or text that parses as one. */
bool integer_of(struct evaluation *ev, const struct expression_value *v, int64_t *out);
/* A condition or Boolean parameter. */
bool truth_of(struct evaluation *ev, const struct expression_value *v, bool *out);

static inline bool is_number(const struct expression_value *v) {
    return v->kind == EXPRESSION_INT32 || v->kind == EXPRESSION_INT64 || v->kind == EXPRESSION_DECIMAL ||
           v->kind == EXPRESSION_DOUBLE;
}
static inline bool is_integer(const struct expression_value *v) {
    return v->kind == EXPRESSION_INT32 || v->kind == EXPRESSION_INT64;
}
static inline bool is_null(const struct expression_value *v) {
    return v->kind == EXPRESSION_NULL || (v->kind == EXPRESSION_LIST && v->list.count == 0);
}
static inline struct expression_value make_null(void) { return (struct expression_value){.kind = EXPRESSION_NULL}; }
/* A null text is the null value. */
static inline struct expression_value make_text(text t) {
    return text_is_null(t) ? make_null() : (struct expression_value){.kind = EXPRESSION_TEXT, .text = t};
}
static inline struct expression_value make_bool(bool b) { return (struct expression_value){.kind = EXPRESSION_BOOL, .truth = b}; }
static inline struct expression_value make_int32(int32_t n) {
    return (struct expression_value){.kind = EXPRESSION_INT32, .integer = n};
}
static inline struct expression_value make_int64(int64_t n) {
    return (struct expression_value){.kind = EXPRESSION_INT64, .integer = n};
}
static inline struct expression_value make_datetime(instant t) {
    return (struct expression_value){.kind = EXPRESSION_DATETIME, .when = t};
}
static inline struct expression_value make_double(double d) {
    return (struct expression_value){.kind = EXPRESSION_DOUBLE, .real = d};
}
struct expression_value make_decimal(struct evaluation *ev, decimal d);

/* operators.c */
bool apply_binary(struct evaluation *ev, enum operator o, const struct expression_value *left, const struct expression_value *right,
                  struct expression_value *out);
bool apply_unary(struct evaluation *ev, enum operator o, const struct expression_value *v, struct expression_value *out);
bool apply_cast(struct evaluation *ev, enum expression_kind kind, bool nullable, const struct expression_value *v,
                struct expression_value *out);
const char *operator_name(enum operator o);
/* Value equality of scalars: Eq, == and !=. */
bool values_equal(struct evaluation *ev, const struct expression_value *a, const struct expression_value *b, bool *equal);
/* −1, 0, 1 for two numbers of any types; 2 when one is not a number. */
int compare_numbers(const struct expression_value *a, const struct expression_value *b);

/* What can be called: a function, or a member of a value (args[0] is then the value). */
struct callable {
    const char *name;
    uint8_t least, most; /* arguments, without the receiver */
    uint8_t lists;       /* bits of the parameters that see whole lists */
    bool property;       /* a member without parentheses */
    bool changing;       /* gives another value each time: not folded */
    bool random;
    enum expression_kind on; /* members: the receiver's kind; NULL: any */
    bool (*run)(struct evaluation *ev, const struct expression_value *args, size_t count, struct expression_value *out);
};
extern const struct callable functions[];
extern const size_t function_count;
extern const struct callable members[];
extern const size_t member_count;

/* Runs one instruction on its operands (already popped); also used to fold constants. Jumps and inputs are not for it. */
bool apply(struct evaluation *ev, const struct op *op, struct expression_value *args, struct expression_value *out);

/* dates.c */
bool format_date(struct evaluation *ev, instant when, text format, text *out);

#endif
