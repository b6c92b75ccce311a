/* Calls to the core that tolerate a core which does not care. */
#include "connectors/context.h"

error *ctx_check(const struct run_ctx *ctx) {
    if (ctx->cancelled && ctx->cancelled(ctx->state)) return FAIL(ERROR_CANCELLED, "The operation was cancelled.");
    if (ctx->deadline_ns && monotonic_ns() > ctx->deadline_ns) return FAIL(ERROR_BUSY, "The time for this operation is over.");
    return NULL;
}

void ctx_phase(const struct run_ctx *ctx, text key, text name) {
    if (ctx->enter_phase) ctx->enter_phase(ctx->state, key, name);
}

void ctx_report(const struct run_ctx *ctx, text message) {
    if (ctx->report && !text_is_empty(text_trim_ascii(message))) ctx->report(ctx->state, message);
}

void ctx_expected(const struct run_ctx *ctx, int64_t count) {
    if (ctx->expected_objects) ctx->expected_objects(ctx->state, count);
}

void ctx_read(const struct run_ctx *ctx, int64_t count) {
    if (ctx->objects_read) ctx->objects_read(ctx->state, count);
}

instant ctx_now(const struct run_ctx *ctx) { return ctx->now ? ctx->now(ctx->state) : instant_now(); }
