/* Trying an expression on sample values; nothing is stored, logged or kept (expressions §11). */
#include "api/api.h"
#include "base/unicode.h"
#include "sync/expression/expression.h"

struct expression_trial {
    text expression;
    struct json_value mv_attributes, cs_attributes;
};
#define SAMPLES(member, wire)                                                                                                      \
    FIELD(expression_trial, member, wire, .nullable = true,                                                                        \
          .schema = "{\"type\":[\"object\",\"null\"],\"additionalProperties\":"                                                    \
                    "{\"type\":[\"string\",\"number\",\"boolean\",\"array\",\"null\"]}}",                                          \
          .doc = "Values by name of the attribute, in any case; the last one of a name counts.")
static SHAPE(expression_trial, "TestExpressionRequest",
             FIELDS(FIELD(expression_trial, expression, "expression", .nullable = true), SAMPLES(mv_attributes, "mvAttributes"),
                    SAMPLES(cs_attributes, "csAttributes")));

struct expression_answer {
    bool is_valid;
    struct json_value result;
    text result_type;
    text error_message;
    struct maybe_int32 error_position;
};
static SHAPE(expression_answer, "TestExpressionResponse",
             FIELDS(FIELD(expression_answer, is_valid, "isValid"), FIELD(expression_answer, result, "result"),
                    FIELD(expression_answer, result_type, "resultType", .nullable = true),
                    FIELD(expression_answer, error_message, "errorMessage", .nullable = true),
                    FIELD(expression_answer, error_position, "errorPosition",
                          .doc = "Of the character, from 0; of expressions that do not parse.")));

/* ---- samples ---- */

/* The attributes of one accessor; their ids are their places in `values`, from 1. */
struct sample {
    int32_t attribute;
    bool list;
};
struct samples {
    struct text_map places; /* folded name → struct sample */
    struct attributes values;
};

static bool read_number(arena *a, text written, struct value *out) {
    int64_t n;
    if (text_to_int64(written, &n)) {
        *out = (struct value){.type = n >= INT32_MIN && n <= INT32_MAX ? TYPE_NUMBER : TYPE_LONG_NUMBER, .integer = n};
        return true;
    }
    decimal *d = ARENA_NEW(a, decimal);
    *out = (struct value){.type = TYPE_DECIMAL, .decimal = d};
    return decimal_read(written, d);
}

/* One scalar; null becomes no value. */
static void read_sample(struct call *c, const char *field, const struct json *json, struct values *out) {
    struct value v = {0};
    switch (json->kind) {
    case JSON_NULL:
        return;
    case JSON_STRING:
        v = (struct value){.type = TYPE_TEXT, .text = json->content};
        break;
    case JSON_BOOL:
        v = (struct value){.type = TYPE_BOOLEAN, .integer = json->truth};
        break;
    case JSON_NUMBER:
        if (read_number(c->a, json->content, &v)) break;
        call_problem(c, field, "The number has more digits than a decimal holds.");
        return;
    default:
        call_problem(c, field, "Must be a text, a number, true, false, null, or a list of these.");
        return;
    }
    *LIST_ADD(c->a, out) = v;
}

static struct sample *sample_named(struct call *c, struct samples *s, text name) {
    text folded = text_fold(c->a, name);
    struct sample *known = text_map_get(&s->places, folded);
    if (known) return known;
    struct sample *made = ARENA_NEW(c->a, struct sample);
    made->attribute = (int32_t)s->values.count + 1;
    LIST_ADD(c->a, &s->values)->attribute = made->attribute;
    text_map_put(&s->places, folded, made);
    return made;
}

static void read_samples(struct call *c, const char *member, const struct json *json, struct samples *out) {
    text_map_init(&out->places, c->a, 0);
    if (!json || json->kind == JSON_NULL) return;
    if (json->kind != JSON_OBJECT) call_problem(c, member, "Must be an object.");
    for (EACH_JSON(child, json->kind == JSON_OBJECT ? json : NULL)) {
        const char *field = arena_cstring(c->a, arena_print(c->a, "%s.%.*s", member, TEXT_ARG(child->name)));
        struct sample *sample = sample_named(c, out, child->name);
        struct values *set = &out->values.at[sample->attribute - 1];
        sample->list = child->kind == JSON_ARRAY;
        set->count = 0;
        if (child->kind != JSON_ARRAY) read_sample(c, field, child, set);
        for (EACH_JSON(item, child->kind == JSON_ARRAY ? child : NULL)) read_sample(c, field, item, set);
    }
}

struct sources {
    arena *a;
    struct samples mv, cs;
};

static bool find_sample(const void *state, bool metaverse, text name, int32_t *attribute, bool *multi_valued) {
    const struct sources *from = state;
    const struct sample *found = text_map_get(metaverse ? &from->mv.places : &from->cs.places, text_fold(from->a, name));
    if (!found) return false;
    *attribute = found->attribute;
    *multi_valued = found->list;
    return true;
}

/* ---- the result as JSON ---- */

static void write_value(struct json_writer *w, arena *a, const struct expression_value *v) {
    switch (v->kind) {
    case EXPRESSION_NULL:
        json_null(w);
        break;
    case EXPRESSION_INT32:
    case EXPRESSION_INT64:
        json_int(w, v->integer);
        break;
    case EXPRESSION_DECIMAL:
        json_raw(w, expression_text(a, v));
        break;
    case EXPRESSION_DOUBLE:
        json_double(w, v->real);
        break;
    case EXPRESSION_BOOL:
        json_bool(w, v->truth);
        break;
    case EXPRESSION_LIST:
        json_array(w);
        for (size_t i = 0; i < v->list.count; i++) {
            struct expression_value one = expression_value_of(a, &v->list.at[i], v->metaverse);
            write_value(w, a, &one);
        }
        json_array_end(w);
        break;
    default:
        json_string(w, expression_text(a, v));
        break;
    }
}

/* ---- trying ---- */

enum { RESULT_BYTES_MAX = 4 << 20, SCRATCH_BYTES = EXPRESSION_MAX_MEMORY + (32 << 20) };

static void evaluate(struct call *c, const struct expression *e, const struct sources *samples, struct expression_answer *out) {
    OWNED(arena) scratch = arena_new(SCRATCH_BYTES);
    OWNED_VALUE(buffer) json = {.max = RESULT_BYTES_MAX};
    struct json_writer w = {.out = &json};
    struct expression_inputs in = {.mv = &samples->mv.values, .cs = &samples->cs.values, .now = c->now};
    struct expression_result result;
    if (!expression_evaluate(e, &in, scratch, &result)) {
        out->error_message = arena_text(c->a, result.error);
        return;
    }
    write_value(&w, scratch, &result.value);
    if (json.overflow) {
        out->error_message = T("The result is too large to show.");
        return;
    }
    out->is_valid = true;
    out->result.raw = arena_text(c->a, buffer_as_text(&json));
    out->result_type = text_of(expression_kind_name(result.value.kind));
}

static FALLIBLE expression_test(struct call *c, const struct expression_trial *in, struct expression_answer *out) {
    struct sources samples = {.a = c->a};
    const struct expression *parsed;
    struct expression_error fault;
    if (text_is_blank(in->expression)) return call_invalid(c, "expression", "Expression is required.");
    read_samples(c, "mvAttributes", in->mv_attributes.json, &samples.mv);
    read_samples(c, "csAttributes", in->cs_attributes.json, &samples.cs);
    TRY(call_check(c));
    if (!expression_parse(c->a, in->expression, &parsed, &fault)) {
        out->error_message = fault.message;
        out->error_position = (struct maybe_int32)GIVE((int32_t)fault.position);
        return NULL;
    }
    evaluate(c, expression_bind(c->a, parsed, (struct expression_names){&samples, find_sample}), &samples, out);
    return NULL;
}
HANDLER(expression_test, expression_trial, expression_answer)

const struct routes test_expression_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(POST, "/test-expression", expression_test, "Evaluates an expression on sample values.",
                 .operation = "TestExpression", .role = ROLE_ADMINISTRATOR));
