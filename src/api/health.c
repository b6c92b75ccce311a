/* Is the server well? Probes and version, for everybody; and the metrics, for operators (operations §10). */
#include "api/resources.h"
#include "base/log.h"
#include "base/metrics.h"

/* ---- what travels ---- */

struct health_status {
    text status;
    instant timestamp;
};
static SHAPE(health_status, "HealthStatus",
             FIELDS(FIELD(health_status, status, "status",
                          .schema = "{\"type\":\"string\",\"enum\":[\"healthy\",\"ready\",\"alive\"]}"),
                    FIELD(health_status, timestamp, "timestamp")));

struct health_not_ready {
    text status, reason, error;
};
static SHAPE(health_not_ready, "HealthNotReady",
             FIELDS(FIELD(health_not_ready, status, "status"),
                    FIELD(health_not_ready, reason, "reason",
                          .schema = "{\"type\":\"string\",\"enum\":[\"maintenance_mode\",\"error\"]}"),
                    FIELD(health_not_ready, error, "error", .omit_empty = true)));

struct health_version {
    text product, version;
};
static SHAPE(health_version, "HealthVersion",
             FIELDS(FIELD(health_version, product, "product"), FIELD(health_version, version, "version")));

/* ---- what is done ---- */

static FALLIBLE health(struct call *c, const struct nothing *in, struct health_status *out) {
    (void)in;
    *out = (struct health_status){T("healthy"), c->now};
    return NULL;
}
HANDLER(health, nothing, health_status)

static FALLIBLE health_live(struct call *c, const struct nothing *in, struct health_status *out) {
    (void)in;
    *out = (struct health_status){T("alive"), c->now};
    return NULL;
}
HANDLER(health_live, nothing, health_status)

static FALLIBLE health_ready(struct call *c, const struct nothing *in, struct health_status *out) {
    (void)in;
    struct health_not_ready why = {.status = T("not_ready"), .reason = T("maintenance_mode")};
    if (c->services->maintenance && atomic_load(c->services->maintenance))
        return CALL_REPLY_FAILURE(c, 503, "SERVICE_UNAVAILABLE", "The server is in maintenance.", health_not_ready, &why);
    OWNED(error) e = store_ready(c->services->store);
    if (!e) {
        *out = (struct health_status){T("ready"), c->now};
        return NULL;
    }
    log_error("not ready", e);
    why = (struct health_not_ready){T("not_ready"), T("error"), T("The database is not reachable or not migrated.")};
    return CALL_REPLY_FAILURE(c, 503, "SERVICE_UNAVAILABLE", "The server is not ready.", health_not_ready, &why);
}
HANDLER(health_ready, nothing, health_status)

static FALLIBLE health_version(struct call *c, const struct nothing *in, struct health_version *out) {
    (void)in;
    const struct settings *settings = c->services->settings;
    const struct version *version = c->services->version;
    bool renamed = settings && settings->health_product.len;
    *out = (struct health_version){renamed ? settings->health_product : T("Joinery"), version ? version->number : T("0")};
    return NULL;
}
HANDLER(health_version, nothing, health_version)

static FALLIBLE metrics(struct call *c, const struct nothing *in, struct nothing *out) {
    (void)in, (void)out;
    OWNED_VALUE(buffer) b = {.max = 64 << 20};
    metrics_write(&b);
    return call_bytes(c, 200, "text/plain; version=0.0.4; charset=utf-8", arena_text(c->a, buffer_as_text(&b)));
}
HANDLER(metrics, nothing, nothing)

/* ---- where it is reached ---- */

const struct routes health_routes = ROUTES("Health", "/api/v1",
                                           ROUTE(GET, "/health", health, "Answers as long as the server runs.",
                                                 .operation = "GetHealth", .role = ROLE_ANONYMOUS, .unlimited = true),
                                           ROUTE(GET, "/health/live", health_live, "Is the process alive?",
                                                 .operation = "GetHealthLive", .role = ROLE_ANONYMOUS, .unlimited = true),
                                           ROUTE(GET, "/health/ready", health_ready, "May requests be sent here?",
                                                 .operation = "GetHealthReady", .role = ROLE_ANONYMOUS, .unlimited = true,
                                                 .also = ALSO({503, &health_not_ready_shape, "Not now.", .enveloped = true})),
                                           ROUTE(GET, "/health/version", health_version, "Product and version.",
                                                 .operation = "GetHealthVersion", .role = ROLE_ANONYMOUS, .unlimited = true));

const struct routes metrics_routes =
    ROUTES("Metrics", "", ROUTE(GET, "/metrics", metrics, "Metrics as Prometheus text.", .role = ROLE_AUDITOR, .hidden = true));
