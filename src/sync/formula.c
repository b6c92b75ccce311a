/* Mappings as values: direct sources are shared, expressions evaluated and coerced to the target (sync-engine §11.2, §13.3). */
#include "sync/formula.h"

#include "sync/expression/expression.h"
#include "sync/process_text.h"

struct formula {
    const struct expression *bound;
    struct int32s mv_inputs;
};

struct formula *formula_new(arena *a, const struct config *c, const struct cs_type *cs_type, text source, text *problem) {
    const struct expression *parsed;
    struct expression_error fault;
    if (!expression_parse(a, source, &parsed, &fault)) {
        *problem = arena_print(a, "The expression does not parse: %.*s", TEXT_ARG(fault.message));
        return NULL;
    }
    struct formula *f = ARENA_NEW(a, struct formula);
    f->bound = expression_bind_config(a, parsed, c, cs_type);
    for (size_t i = 0; i < expression_input_count(f->bound); i++) {
        const struct expression_input *in = expression_input(f->bound, i);
        if (in->metaverse && in->attribute) *LIST_ADD(a, &f->mv_inputs) = in->attribute;
    }
    return f;
}

const struct int32s *formula_mv_inputs(const struct formula *f) { return &f->mv_inputs; }

bool formula_is_random(const struct formula *f) { return expression_is_random(f->bound); }

static enum yield failed(struct problem *out, enum item_error kind, bool whole_object, text message) {
    *out = (struct problem){.kind = kind, .message = message, .whole_object = whole_object};
    return YIELD_PROBLEM;
}

/* What MissingInputBehaviour says; YIELD_VALUES means: evaluate. */
static enum yield missing_input(arena *a, const struct plan_mapping *m, const struct expression_inputs *in,
                                struct problem *problem) {
    if (m->missing == MISSING_EVALUATE_ANYWAY) return YIELD_VALUES;
    const struct expression_input *input = expression_missing_input(m->formula->bound, in);
    if (!input) return YIELD_VALUES;
    if (m->missing == MISSING_CONTRIBUTE_NO_VALUE) return YIELD_NOTHING;
    text message = arena_print(a, "Mapping %d needs %s[\"%.*s\"], which has no value.", m->id, input->metaverse ? "mv" : "cs",
                               TEXT_ARG(input->name));
    return failed(problem, ITEM_EXPRESSION_MISSING_INPUT, m->missing == MISSING_FAIL_OBJECT, message);
}

/* In `work`, which may be another arena than `a`, where messages and nothing else go. */
static enum yield compute(arena *a, arena *work, const struct plan_mapping *m, const struct expression_inputs *inputs,
                          bool outbound, struct values *out, struct problem *problem) {
    struct expression_result result;
    if (!expression_evaluate(m->formula->bound, inputs, work, &result)) {
        return failed(problem, ITEM_EXPRESSION_ERROR, true,
                      arena_print(a, "The expression of mapping %d failed: %.*s", m->id, TEXT_ARG(result.error)));
    }
    text message = {0};
    enum item_error kind =
        expression_coerce(work, &result.value, m->type, m->multi ? MULTI_VALUED : SINGLE_VALUED, outbound, out, &message);
    if (kind == ITEM_NO_ERROR) return YIELD_VALUES;
    bool whole_object = outbound && kind == ITEM_EXPRESSION_ERROR;
    return failed(problem, kind, whole_object, arena_print(a, "Mapping %d: %.*s", m->id, TEXT_ARG(message)));
}

/* One evaluation may take a great deal of memory for a short result: only that is kept. */
static enum yield evaluate(arena *a, const struct plan_mapping *m, const struct formula_inputs *in, bool outbound,
                           struct values *out, struct problem *problem) {
    struct expression_inputs inputs = {
        .mv = in->mv, .cs = in->cs, .now = in->now, .mask_secrets = in->mask, .needs_whole = in->needs_whole};
    enum yield got = missing_input(a, m, &inputs, problem);
    if (got != YIELD_VALUES) return got;
    if (!in->scratch) return compute(a, a, m, &inputs, outbound, out, problem);
    struct values found = {0};
    got = compute(a, in->scratch, m, &inputs, outbound, &found, problem);
    size_t count = got == YIELD_VALUES ? found.count : 0;
    if (count) out->at = ARENA_ARRAY(a, struct value, count);
    for (size_t i = 0; i < count; i++) out->at[i] = value_copy(a, &found.at[i]);
    out->count = out->room = count;
    arena_reset(in->scratch);
    return got;
}

static enum yield too_many(arena *a, const struct plan_mapping *m, size_t count, struct problem *problem) {
    return failed(problem, ITEM_MULTI_TO_SINGLE, false,
                  arena_print(a, "Mapping %d has %zu values for a target that takes one.", m->id, count));
}

/* A stored value of another type than the source is declared with is a defect of the stored object, reported on it. */
static bool of_type(const struct values *set, enum data_type type) {
    for (size_t i = 0; i < set->count; i++) {
        if (set->at[i].type != type) return false;
    }
    return true;
}

static enum yield direct(arena *a, const struct plan_mapping *m, const struct attributes *source, struct values *out,
                         struct problem *problem) {
    const struct values *set = source ? attributes_find(source, m->source) : NULL;
    if (!set) return YIELD_VALUES;
    if (!of_type(set, m->type)) {
        return failed(problem, ITEM_UNHANDLED, true,
                      arena_print(a, "The stored values of the source of mapping %d are not of its type %s.", m->id,
                                  enum_name(&data_type_names, m->type)));
    }
    *out = *set;
    out->index = NULL;
    out->room = out->count;
    return YIELD_VALUES;
}

enum yield yield_import(arena *a, const struct plan_mapping *m, const struct formula_inputs *in, struct values *out,
                        struct problem *problem) {
    *out = (struct values){0};
    if (!text_is_null(m->broken)) return failed(problem, ITEM_EXPRESSION_ERROR, true, m->broken);
    enum yield got = m->formula ? evaluate(a, m, in, false, out, problem) : direct(a, m, in->cs, out, problem);
    if (got == YIELD_PROBLEM) return got;
    if (got == YIELD_NOTHING) *out = (struct values){0};
    if (m->type == TYPE_TEXT && out->count) *out = process_text(a, out, m->config->processing, m->config->case_normalisation);
    if (!m->multi && out->count > 1) return too_many(a, m, out->count, problem);
    out->attribute = m->target;
    return YIELD_VALUES;
}

enum yield yield_export(arena *a, const struct plan_mapping *m, const struct formula_inputs *in, struct values *out,
                        struct problem *problem) {
    *out = (struct values){0};
    if (!text_is_null(m->broken)) return failed(problem, ITEM_EXPRESSION_ERROR, true, m->broken);
    enum yield got = m->formula ? evaluate(a, m, in, true, out, problem) : direct(a, m, in->mv, out, problem);
    if (got != YIELD_VALUES) return got;
    if (!m->multi && out->count > 1) return too_many(a, m, out->count, problem);
    out->attribute = m->target;
    return YIELD_VALUES;
}
