/* The one form of errors, and which status and code an error has (operations §7). */
#include "api/private.h"

struct error_answer {
    int status;
    const char *code;
    const char *sentence; /* NULL: the error's own is shown */
};

/* The only place that turns kinds into answers. */
static const struct error_answer answers[] = {
    [ERROR_INVALID] = {400, "BAD_REQUEST", NULL},
    [ERROR_NOT_FOUND] = {404, "NOT_FOUND", NULL},
    [ERROR_CONFLICT] = {409, "CONFLICT", NULL},
    [ERROR_DENIED] = {403, "FORBIDDEN", NULL},
    [ERROR_UNKNOWN_CALLER] = {401, "UNAUTHORISED", "Authentication required"},
    [ERROR_TOO_LARGE] = {413, "PAYLOAD_TOO_LARGE", NULL},
    [ERROR_UNSUPPORTED] = {501, "NOT_IMPLEMENTED", NULL},
    [ERROR_IO] = {502, "BAD_GATEWAY",
                  "A system that is needed for this did not answer as it should. The server's log has the details."},
    [ERROR_FULL] = {507, "INSUFFICIENT_STORAGE", "There is no space left to store this."},
    [ERROR_BUSY] = {503, "SERVICE_UNAVAILABLE", "The server is busy. Please try again in a few seconds."},
    [ERROR_CANCELLED] = {503, "SERVICE_UNAVAILABLE", "The server is stopping. Please try again in a few seconds."},
    [ERROR_CORRUPT] = {500, "INTERNAL_ERROR", "Something went wrong in the server. Its log has the details."},
    [ERROR_INTERNAL] = {500, "INTERNAL_ERROR", "Something went wrong in the server. Its log has the details."},
};

static const struct status_code {
    int status;
    const char *code;
} codes[] = {
    {400, "BAD_REQUEST"},
    {401, "UNAUTHORISED"},
    {403, "FORBIDDEN"},
    {404, "NOT_FOUND"},
    {405, "METHOD_NOT_ALLOWED"},
    {406, "NOT_ACCEPTABLE"},
    {408, "REQUEST_TIMEOUT"},
    {409, "CONFLICT"},
    {412, "PRECONDITION_FAILED"},
    {413, "PAYLOAD_TOO_LARGE"},
    {414, "URI_TOO_LONG"},
    {415, "UNSUPPORTED_MEDIA_TYPE"},
    {429, "TOO_MANY_REQUESTS"},
    {431, "HEADERS_TOO_LARGE"},
    {501, "NOT_IMPLEMENTED"},
    {502, "BAD_GATEWAY"},
    {503, "SERVICE_UNAVAILABLE"},
    {505, "HTTP_VERSION_NOT_SUPPORTED"},
    {507, "INSUFFICIENT_STORAGE"},
};

const char *code_of_status(int status) {
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].status == status) return codes[i].code;
    return status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR";
}

static bool belongs(const struct failure *f, const error *e) {
    for (; e; e = e->cause)
        if (f->error == e) return true;
    return false;
}

void failure_of_error(const struct call *c, const error *e, struct failure *out) {
    text details = c->failure ? c->failure->details : (text){0};
    if (c->failure && c->failure->error && belongs(c->failure, e)) {
        *out = *c->failure;
        return;
    }
    const struct error_answer *answer = &answers[e->kind];
    *out = (struct failure){e, answer->status, answer->code, text_of(answer->sentence ? answer->sentence : e->sentence), details};
}

/* ---- writing ---- */

struct envelope {
    text code, message, details;
    struct LIST(struct texts_entry) validation_errors;
    instant timestamp;
};
SHAPE(envelope, "ApiErrorResponse",
      FIELDS(FIELD(envelope, code, "code", .doc = "Upper snake case; never empty."),
             FIELD(envelope, message, "message", .doc = "For people."), FIELD(envelope, details, "details", .nullable = true),
             MAP(envelope, validation_errors, "validationErrors", texts_entry, .nullable = true,
                 .doc = "What is wrong, by member."),
             FIELD(envelope, timestamp, "timestamp")),
      .doc = "What every error looks like.");

struct envelope_401 {
    text error;
    struct envelope envelope;
};
SHAPE(envelope_401, "AuthChallenge", FIELDS(FIELD(envelope_401, error, "error"), EMBED(envelope_401, envelope, envelope)),
      .doc = "The answer to missing or bad credentials.");

static struct texts *errors_of(arena *a, struct envelope *envelope, text key) {
    for (EACH(struct texts_entry, e, &envelope->validation_errors))
        if (text_equal(e->name, key)) return &e->value;
    struct texts_entry *e = LIST_ADD(a, &envelope->validation_errors);
    e->name = key;
    return &e->value;
}

static struct envelope envelope_of(const struct failure *f, const struct problems *problems, const struct api_style *style,
                                   instant now) {
    struct envelope e = {.code = text_of(f->code), .message = f->message, .details = f->details, .timestamp = now};
    for (size_t i = 0; problems && i < problems->count; i++) {
        const struct problem *p = &problems->at[i];
        *LIST_ADD(problems->a, errors_of(problems->a, &e, style->pointers ? p->pointer : p->field)) = p->message;
    }
    return e;
}

void envelope_members(struct json_writer *w, const struct failure *f, const struct problems *problems,
                      const struct api_style *style, instant now) {
    struct envelope e = envelope_of(f, problems, style, now);
    describe_write_members(w, &envelope_shape, &e);
}

void reply_json(struct http_reply *reply, bool strict, const struct buffer *body) {
    reply->content_type = json_type(strict);
    reply->body = arena_text(reply->a, buffer_as_text(body));
}

void envelope_reply(struct http_reply *reply, const struct failure *f, const struct problems *problems,
                    const struct api_style *style, instant now) {
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    struct json_writer w = {.out = &b};
    json_object(&w);
    if (f->status == 401 && style->unauthorised_error_member) {
        json_name(&w, T("error"));
        json_string(&w, T("Unauthorized"));
    }
    envelope_members(&w, f, problems, style, now);
    json_object_end(&w);
    reply->status = f->status;
    reply_json(reply, style->strict, &b);
    if (f->status == 503) http_reply_header(reply, T("Retry-After"), T("5"));
}
