/* The server: opens the store, starts workers and HTTP, waits for a signal, stops in the reverse order. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/people.h"
#include "api/history.h"
#include "api/predefined.h"
#include "api/proposals.h"
#include "api/ws.h"
#include "base/log.h"
#include "model/ids.h"

#include "cli/commands.h"

#include "runs/runs.h"
#include "search/catalogue.h"
#include "search/result_sets.h"

enum { GRACE_MS = 20000 };

static FALLIBLE make_data_dir(text path) {
    char name[4096];
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(path));
    if (mkdir(name, 0700) == 0 || errno == EEXIST) return NULL;
    return FAIL(ERROR_IO, "the data directory %s cannot be made: %s; name another with --data-dir", name, strerror(errno));
}

/* One server a data directory: a second one would take the first one's runs for abandoned. The lock ends with the process. */
static FALLIBLE lock_data_dir(text path, int *lock) {
    char name[4200];
    snprintf(name, sizeof name, "%.*s/serve.lock", TEXT_ARG(path));
    *lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock < 0) return FAIL(ERROR_IO, "the data directory cannot be written: %s: %s", name, strerror(errno));
    if (flock(*lock, LOCK_EX | LOCK_NB) == 0) return NULL;
    return FAIL(ERROR_CONFLICT, "another server uses the data directory %.*s; stop it, or name another directory with --data-dir",
                TEXT_ARG(path));
}

struct parts {
    int lock; /* closed by the end of the process */
    store *store;
    runs *runs;
    oidc *oidc;
    struct people_options people;
    struct sso sso;
    callers *callers;
    keyring *keys;
    public_access *public;
    audit *audit;
    search_keeper *search;
    result_sets *result_sets;
    api *api;
    http_server *http;
};

/* The run in hand may finish, unless a second signal says that it shall not. */
static void stop(struct parts *p, const sigset_t *signals) {
    http_server_stop(p->http, GRACE_MS / 4);
    int64_t until = monotonic_ns() + GRACE_MS * INT64_C(1000000);
    while (!runs_drain(p->runs, 100) && monotonic_ns() < until && sigtimedwait(signals, NULL, &(struct timespec){0}) < 0) {}
    runs_stop(p->runs, 0);
    api_free(p->api);
    callers_free(p->callers);
    oidc_free(p->oidc);
    result_sets_free(p->result_sets);
    search_free(p->search);
    public_access_free(p->public);
    keyring_free(p->keys);
    audit_free(p->audit);
    store_close(p->store);
    log_close();
}

/* Ids of objects on the wire are this installation's own. */
static FALLIBLE take_instance_id(store *s) {
    const struct config *config = NULL;
    uuid id;
    TRY(store_config(s, &config));
    bool known = uuid_read(config_setting(config, T("Instance.Id")), &id);
    config_release(config);
    if (!known) return FAIL(ERROR_CORRUPT, "the store has no Instance.Id; it was not made by this program or is damaged");
    ids_installation(id);
    return NULL;
}

static struct texts by_comma(arena *a, text list) {
    struct texts out = {0};
    while (list.len) {
        size_t comma = text_find_byte(list, ',');
        text one = text_trim_ascii(text_slice(list, 0, comma == SIZE_MAX ? list.len : comma));
        list = comma == SIZE_MAX ? T("") : text_slice(list, comma + 1, list.len);
        if (one.len) *LIST_ADD(a, &out) = one;
    }
    return out;
}

/* Single sign-on, when it is configured; it never keeps the server from starting. */
static FALLIBLE start_sso(struct invocation *i, struct services *services, struct parts *p) {
    const struct settings *s = &i->settings;
    if (text_is_null(s->sso_authority)) return NULL;
    struct oidc_options o = {.authority = s->sso_authority,
                             .client_id = s->sso_client_id,
                             .api_scope = s->sso_api_scope,
                             .valid_audiences = by_comma(i->a, s->sso_valid_audiences),
                             .valid_issuers = by_comma(i->a, s->sso_valid_issuers),
                             .claim_type = s->sso_claim_type,
                             .allow_http = s->sso_allow_http};
    TRY(oidc_check(&o));
    if (s->sso_allow_http) log_line(LOG_WARNING, "single sign-on", "the identity provider may be asked over plain HTTP");
    p->people = (struct people_options){s->sso_mv_attribute, s->sso_initial_admin};
    p->sso = (struct sso){.authority = text_is_null(s->sso_public_authority) ? s->sso_authority : s->sso_public_authority,
                          .client_id = text_is_null(s->sso_public_client_id) ? s->sso_client_id : s->sso_public_client_id,
                          .api_scope = s->sso_api_scope};
    TRY(people_prepare(p->store, &p->people));
    services->sso = &p->sso;
    p->oidc = oidc_new(&o);
    return NULL;
}

static FALLIBLE start(struct invocation *i, struct services *services, struct parts *p) {
    const struct settings *s = &i->settings;
    enum log_level level = LOG_INFORMATION;
    log_level_read(s->log_level, &level);
    TRY(log_open(level, arena_cstring(i->a, s->log_path)));
    TRY(make_data_dir(s->data_dir));
    TRY(lock_data_dir(s->data_dir, &p->lock));
    struct store_options kept = {.url = s->database_url, .slow_ms = s->log_slow_sql_ms, .create = true};
    TRY(store_open(&kept, &p->store));
    TRY(take_instance_id(p->store));
    TRY(start_sso(i, services, p));
    struct callers_options who = {.store = p->store, .oidc = p->oidc, .people = &p->people};
    TRY(callers_new(&who, &p->callers));
    TRY(callers_first_start(p->callers, s->infrastructure_api_key, s->data_dir, stdout, instant_now()));
    TRY(keyring_open(arena_cstring(i->a, s->encryption_key_path), &p->keys));
    struct public_access_options data = {.store = p->store, .keys = p->keys};
    TRY(public_access_new(&data, &p->public));
    p->search = search_new(p->store);
    search_also_index(p->search, predefined_indexes);
    struct runs_options work = {.store = p->store,
                                .file_roots = s->roots,
                                .execute = true,
                                .record = history_of_task,
                                .propose = change_propose,
                                .state = services};
    TRY(runs_start(&work, &p->runs));
    services->store = p->store;
    services->runs = p->runs;
    services->callers = p->callers;
    services->public = p->public;
    services->audit = p->audit = audit_new(p->store);
    services->search = p->search;
    services->keys = p->keys;
    struct result_sets_options later = {.store = p->store,
                                        .searches = p->search,
                                        .folder = arena_cstring(i->a, arena_print(i->a, "%.*s/result-sets", TEXT_ARG(s->data_dir))),
                                        .allowed = ws_may_go_on,
                                        .state = services};
    TRY(result_sets_new(&later, &p->result_sets));
    services->result_sets = p->result_sets;
    TRY(predefined_start(p->store));
    TRY(history_start(services));
    TRY(api_new(services, api_resources, &p->api));
    struct http_app app = api_app(p->api);
    struct http_settings http = {.listen = s->listen,
                                 .tls = {s->tls_cert, s->tls_key, s->tls_client_ca},
                                 .trusted_proxies = s->trusted_proxies,
                                 .log_requests = s->log_requests};
    return http_server_start(&http, &app, &p->http);
}

static void wait_for_signal(const sigset_t *set) {
    int signal_number = 0;
    sigwait(set, &signal_number);
    log_line(LOG_INFORMATION, "stopping", "signal %d", signal_number);
}

FALLIBLE command_serve(struct invocation *i, int *status) {
    struct version version = {T("Joinery"), T(JOINERY_VERSION)};
    struct services services = {.settings = &i->settings, .version = &version};
    struct parts parts = {0};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* before any thread: all inherit it, only this one waits */
    error *e = start(i, &services, &parts);
    *status = 0;
    if (!e) {
        text listen = i->settings.listen;
        size_t colon = listen.len;
        while (colon && listen.at[colon - 1] != ':') colon--;
        text host = colon > 1 ? text_slice(listen, 0, colon - 1) : T("localhost");
        printf("listening on %s://%.*s:%d\n", text_is_null(i->settings.tls_cert) ? "http" : "https", TEXT_ARG(host),
               http_server_port(parts.http));
        fflush(stdout);
        wait_for_signal(&set);
    }
    stop(&parts, &set);
    return e;
}
