/* What a handler may do beside filling its result: fail, choose the status, set headers, answer with another body. */
#include "api/private.h"

#include <stdarg.h>
#include <stdio.h>

void call_problem(struct call *c, const char *field, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text message = arena_vprint(c->a, format, args);
    va_end(args);
    describe_problem(&c->problems, PROBLEM_RULE, field, "%.*s", TEXT_ARG(message));
}

static FALLIBLE fail(struct call *c, enum error_kind kind, int status, const char *code, text message) {
    error *e = FAIL(kind, "%.*s", TEXT_ARG(message));
    text details = c->failure ? c->failure->details : (text){0};
    c->failure = ARENA_NEW(c->a, struct failure);
    *c->failure = (struct failure){e, status, code, arena_text(c->a, message), details};
    return e;
}

FALLIBLE call_check(struct call *c) {
    if (!c->problems.count) return NULL;
    return fail(c, ERROR_INVALID, 400, "VALIDATION_ERROR", T("The request is not valid."));
}

FALLIBLE call_invalid(struct call *c, const char *field, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text message = arena_vprint(c->a, format, args);
    va_end(args);
    describe_problem(&c->problems, PROBLEM_RULE, field, "%.*s", TEXT_ARG(message));
    return fail(c, ERROR_INVALID, 400, "VALIDATION_ERROR", message);
}

FALLIBLE call_bad_parameter(struct call *c, const char *name, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text message = arena_vprint(c->a, format, args);
    va_end(args);
    size_t before = c->problems.count;
    describe_problem(&c->problems, PROBLEM_RULE, name, "%.*s", TEXT_ARG(message));
    problems_of_parameters(&c->problems, before);
    return fail(c, ERROR_INVALID, 400, "VALIDATION_ERROR", message);
}

static enum error_kind kind_of_status(int status) {
    switch (status) {
    case 401:
        return ERROR_UNKNOWN_CALLER;
    case 403:
        return ERROR_DENIED;
    case 404:
        return ERROR_NOT_FOUND;
    case 409:
        return ERROR_CONFLICT;
    case 503:
        return ERROR_BUSY;
    default:
        return status < 500 ? ERROR_INVALID : ERROR_IO;
    }
}

FALLIBLE call_fail(struct call *c, int status, const char *code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text message = arena_vprint(c->a, format, args);
    va_end(args);
    return fail(c, kind_of_status(status), status, code, message);
}

void call_details(struct call *c, text details) {
    if (!c->failure) c->failure = ARENA_NEW(c->a, struct failure);
    c->failure->details = details;
}

void call_status(struct call *c, int status) { c->status = status; }

void call_header(struct call *c, const char *name, text value) { http_reply_header(c->reply, text_of(name), value); }

void call_location(struct call *c, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text at = arena_vprint(c->a, format, args);
    va_end(args);
    if (text_starts_with(at, T("/")) && c->http->host.len)
        at = arena_print(c->a, "%s://%.*s%.*s", c->http->secure ? "https" : "http", TEXT_ARG(c->http->host), TEXT_ARG(at));
    call_header(c, "Location", at);
}

FALLIBLE call_reply(struct call *c, int status, const struct shape *shape, const void *value) {
    OWNED_VALUE(buffer) b = {.max = REPLY_BYTES_MAX};
    struct json_writer w = {.out = &b};
    describe_write(&w, shape, value);
    if (b.overflow) return FAIL(ERROR_TOO_LARGE, "The reply would be too large.");
    reply_json(c->reply, c->strict, &b);
    c->reply->status = status;
    c->replied = true;
    return NULL;
}

FALLIBLE call_reply_failure(struct call *c, int status, const char *code, const char *message, const struct shape *shape,
                            const void *value) {
    OWNED_VALUE(buffer) b = {.max = REPLY_BYTES_MAX};
    struct json_writer w = {.out = &b};
    struct failure f = {.status = status, .code = code, .message = text_of(message)};
    json_object(&w);
    describe_write_members(&w, shape, value);
    envelope_members(&w, &f, &c->problems, &style_api, c->now);
    json_object_end(&w);
    reply_json(c->reply, c->strict, &b);
    c->reply->status = status;
    if (status == 503) call_header(c, "Retry-After", T("5"));
    c->replied = true;
    return NULL;
}

FALLIBLE call_bytes(struct call *c, int status, const char *content_type, text bytes) {
    c->reply->status = status;
    c->reply->content_type = text_of(content_type);
    c->reply->body = bytes;
    c->replied = true;
    return NULL;
}

FALLIBLE call_read_body(struct call *c, const struct shape *shape, void *into) {
    TRY(call_parse_body(c));
    struct reading how = {.strict = c->strict};
    if (c->body) (void)describe_read(c->a, shape, c->body, how, into, &c->problems);
    return call_check(c);
}

void call_audit(struct call *c, const struct audit_event *event) {
    struct audit_event e = *event;
    e.client = c->http->client;
    if (!e.caller && c->caller.kind != BY_ANONYMOUS) e.caller = &c->caller;
    if (e.caller && !e.key_prefix.at) e.key_prefix = e.caller->key_prefix;
    audit_note(c->services->audit, &e, c->now);
}

/* ---- shapes that every resource may use ---- */

SHAPE(nothing, NULL, .fields = NULL, .count = 0);
SHAPE(by_id, NULL, FIELDS(FIELD(by_id, id, "id")));
SHAPE(by_uuid, NULL, FIELDS(FIELD(by_uuid, id, "id")));
SHAPE(by_name, NULL, FIELDS(FIELD(by_name, name, "name")));
SHAPE(delete_by_id, NULL, FIELDS(FIELD(delete_by_id, id, "id"), CHANGE_REASON(delete_by_id, change_reason)));
SHAPE(delete_by_uuid, NULL, FIELDS(FIELD(delete_by_uuid, id, "id"), CHANGE_REASON(delete_by_uuid, change_reason)));
