/* The expression language: parsed once, bound to attributes once, evaluated from any thread (expressions.md of the specification).
 */
#ifndef JOINERY_SYNC_EXPRESSION_EXPRESSION_H
#define JOINERY_SYNC_EXPRESSION_EXPRESSION_H

#include "model/config.h"

enum {
    EXPRESSION_MAX_LENGTH = 10000,          /* characters */
    EXPRESSION_MAX_DEPTH = 200,             /* nesting of parentheses, arguments, signs and branches */
    EXPRESSION_MAX_TEXT = 1 << 20,          /* bytes of any text that an evaluation makes */
    EXPRESSION_MAX_LIST = 1000000,          /* elements of a list */
    EXPRESSION_MAX_MEMORY = 64 * (1 << 20), /* bytes that one evaluation may take from its arena */
};

/* A compiled expression. Each instruction runs at most once and an instruction takes a character at least, so the length bounds
 * the steps. */
struct expression;

enum expression_kind {
    EXPRESSION_NULL,
    EXPRESSION_TEXT,
    EXPRESSION_INT32,
    EXPRESSION_INT64,
    EXPRESSION_DECIMAL,
    EXPRESSION_DOUBLE,
    EXPRESSION_BOOL,
    EXPRESSION_DATETIME,
    EXPRESSION_GUID,
    EXPRESSION_BINARY,
    EXPRESSION_LIST
};

struct expression_value {
    enum expression_kind kind;
    bool metaverse; /* a list of mv[…]: its references are ids of MVOs */
    union {
        text text; /* TEXT; BINARY: the bytes */
        int64_t integer;
        const decimal *decimal;
        double real;
        bool truth;
        instant when;
        uuid guid;
        struct {
            const struct value *at;
            size_t count;
        } list;
    };
};

struct expression_error {
    text message;    /* a sentence without attribute values */
    size_t position; /* of the character, from 0; the length of the source when its end is the fault */
};

/* Compiles `source` into `a`, which must outlive *out; false with *error on a parse error (blank: "Expression cannot be empty.").
 */
bool expression_parse(arena *a, text source, const struct expression **out, struct expression_error *error);

/* An input is mv["name"] or cs["name"] with a literal name; each pair is listed once, in order of appearance. Names that are
 * computed are not inputs (they are invisible to the missing-input rules). */
struct expression_input {
    bool metaverse;
    text name;
    int32_t attribute; /* after binding; 0: unknown name or a credential attribute, reads as null */
    bool multi_valued; /* reads as a list even with a single value */
};
size_t expression_input_count(const struct expression *e);
const struct expression_input *expression_input(const struct expression *e, size_t index);
/* True when it uses RandomPassword or RandomPassphrase: each evaluation gives another value. */
bool expression_is_random(const struct expression *e);

/* Names to attributes, any case; false when there is none. `state` must live as long as the bound expression. */
struct expression_names {
    const void *state;
    bool (*find)(const void *state, bool metaverse, text name, int32_t *attribute, bool *multi_valued);
};
/* A copy of the expression with its names resolved; shares everything else with `e`. An unbound one reads every attribute as null.
 */
const struct expression *expression_bind(arena *a, const struct expression *e, struct expression_names names);
/* The same against the configuration: mv[…] are its metaverse attributes, cs[…] those of `type` (NULL: none). `c` must live as long
 * as the result. */
const struct expression *expression_bind_config(arena *a, const struct expression *e, const struct config *c,
                                                const struct cs_type *type);

/* What is read: the values by the attribute ids of the binding; NULL: empty. */
struct expression_inputs {
    const struct attributes *mv, *cs;
    instant now;
    bool mask_secrets; /* previews: random secrets are "********" */
    bool *needs_whole; /* set when it reads an attribute of which only a part is at hand; NULL: there is none */
};

/* The first literal input that is missing (§8.3: absent, null, asserted null or empty text), or NULL. */
const struct expression_input *expression_missing_input(const struct expression *e, const struct expression_inputs *in);

struct expression_result {
    struct expression_value value; /* NULL after an error */
    text error;                    /* a sentence that names function or operator and type, never a value; null: success */
    bool secret;                   /* holds a random secret: mask in logs */
};
/* Evaluates; false with `error` set. Results point into `a` or into the inputs. `a` is best an arena of the caller's that is reset
 * after each object; when less than EXPRESSION_MAX_MEMORY is left in it, what is left is the limit. */
bool expression_evaluate(const struct expression *e, const struct expression_inputs *in, arena *a, struct expression_result *out);

/* Canonical text (§4.1); null for null and for an empty list. */
text expression_text(arena *a, const struct expression_value *v);
/* The name of a kind as the test endpoint reports it: "Int32", "String[]", "null". */
const char *expression_kind_name(enum expression_kind kind);
/* What an attribute's value reads as (§4, §8.2): references as id texts, a raw reference of cs[…] that is not resolved as it is. */
struct expression_value expression_value_of(arena *a, const struct value *v, bool metaverse);

/* The result as values of a target (§6): no value for null, one for SingleValued, merged ones for MultiValued. Outbound references
 * are raw texts. Returns ITEM_NO_ERROR, ITEM_EXPRESSION_ERROR (not accepted by the type) or ITEM_MULTI_TO_SINGLE with a sentence in
 * *message. Empty and blank texts are values here: what they mean is the flow's to decide (§6.3). `out->at` and `count` are set. */
enum item_error expression_coerce(arena *a, const struct expression_value *v, enum data_type type, enum plurality plurality,
                                  bool outbound, struct values *out, text *message);

#endif
