/* How to sign in: the settings of single sign-on, sessions of the portal by key, and who the caller is (operations §2.5, §2.7). */
#include "api/resources.h"
#include "base/log.h"

/* ---- what travels ---- */

struct auth_config {
    text authority, client_id;
    struct texts scopes;
    text response_type;
    bool use_pkce;
    text code_challenge_method;
};
static SHAPE(auth_config, "AuthConfigResponse",
             FIELDS(FIELD(auth_config, authority, "authority"), FIELD(auth_config, client_id, "clientId"),
                    FIELD(auth_config, scopes, "scopes"), FIELD(auth_config, response_type, "responseType"),
                    FIELD(auth_config, use_pkce, "usePkce"), FIELD(auth_config, code_challenge_method, "codeChallengeMethod")));

struct auth_unavailable {
    text error;
};
static SHAPE(auth_unavailable, "AuthConfigUnavailable", FIELDS(FIELD(auth_unavailable, error, "error")));

struct session_begin {
    text api_key;
};
static SHAPE(session_begin, "SessionRequest", FIELDS(FIELD(session_begin, api_key, "apiKey", .required = true, .secret = true)));

struct user_info {
    bool authorised, is_administrator;
    text name, auth_method;
    uuid metaverse_object;
    struct texts roles;
    text message;
};
static SHAPE(user_info, "UserInfo",
             FIELDS(FIELD(user_info, authorised, "authorised"), FIELD(user_info, is_administrator, "isAdministrator"),
                    FIELD(user_info, name, "name", .nullable = true),
                    FIELD(user_info, auth_method, "authMethod", .schema = "{\"type\":\"string\",\"enum\":[\"oauth\",\"api_key\"]}"),
                    FIELD(user_info, metaverse_object, "metaverseObjectId", .nullable = true), FIELD(user_info, roles, "roles"),
                    FIELD(user_info, message, "message", .nullable = true, .omit_empty = true)));

/* ---- what is done ---- */

static FALLIBLE auth_config(struct call *c, const struct nothing *in, struct auth_config *out) {
    (void)in;
    const struct sso *sso = c->services->sso;
    if (!sso) {
        struct auth_unavailable why = {T("sso_not_configured")};
        return CALL_REPLY_FAILURE(c, 503, "SERVICE_UNAVAILABLE", "Single sign-on is not configured. Sign in with an API key.",
                                  auth_unavailable, &why);
    }
    *out = (struct auth_config){.authority = sso->authority,
                                .client_id = sso->client_id,
                                .response_type = T("code"),
                                .use_pkce = true,
                                .code_challenge_method = T("S256")};
    *LIST_ADD(c->a, &out->scopes) = T("openid");
    *LIST_ADD(c->a, &out->scopes) = T("profile");
    *LIST_ADD(c->a, &out->scopes) = T("offline_access");
    if (sso->api_scope.len) *LIST_ADD(c->a, &out->scopes) = sso->api_scope;
    return NULL;
}
HANDLER(auth_config, nothing, auth_config)

static FALLIBLE session_start(struct call *c, const struct session_begin *in, struct nothing *out) {
    (void)out;
    text cookie, token;
    OWNED(error) refused = session_begin(c->services->callers, c->a, in->api_key, c->http->client, c->now, &cookie, &token);
    if (refused && refused->kind == ERROR_UNKNOWN_CALLER)
        CALL_AUDIT(c, .kind = AUDIT_SIGN_IN_FAILED, .reason = refused->sentence, .key_prefix = audit_key_prefix(in->api_key));
    if (refused) return TAKE(refused);
    struct credentials given = {.api_key = in->api_key, .client = c->http->client};
    TRY(callers_identify(c->services->callers, c->a, &given, c->now, &c->caller));
    CALL_AUDIT(c, .kind = AUDIT_SIGNED_IN);
    const char *secure = c->http->secure ? "; Secure" : "";
    call_header(c, "Set-Cookie",
                arena_print(c->a, SESSION_COOKIE "=%.*s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s", TEXT_ARG(cookie),
                            SESSION_SECONDS, secure));
    call_header(c, "Set-Cookie",
                arena_print(c->a, SESSION_TOKEN_COOKIE "=%.*s; Path=/; Max-Age=%d; SameSite=Lax%s", TEXT_ARG(token),
                            SESSION_SECONDS, secure));
    return NULL;
}
HANDLER(session_start, session_begin, nothing)

static FALLIBLE session_stop(struct call *c, const struct nothing *in, struct nothing *out) {
    (void)in, (void)out;
    text cookie = http_cookie(c->http, T(SESSION_COOKIE));
    if (cookie.at) session_end(c->services->callers, cookie, c->now);
    if (cookie.at) CALL_AUDIT(c, .kind = AUDIT_SIGNED_OUT);
    call_header(c, "Set-Cookie", T(SESSION_COOKIE "=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"));
    call_header(c, "Set-Cookie", T(SESSION_TOKEN_COOKIE "=; Path=/; Max-Age=0; SameSite=Lax"));
    return NULL;
}
HANDLER(session_stop, nothing, nothing)

static FALLIBLE user_info(struct call *c, const struct nothing *in, struct user_info *out) {
    (void)in;
    const struct caller *caller = &c->caller;
    *out = (struct user_info){
        .authorised = caller->roles != 0,
        .is_administrator = caller->roles & ROLE_BIT(ROLE_ADMINISTRATOR),
        .name = caller->name,
        .auth_method = text_equal(caller->method, T("oauth")) ? T("oauth") : T("api_key"),
        .metaverse_object = caller->person,
        .roles = caller_role_names(c->a, caller),
    };
    if (out->authorised)
        *LIST_ADD(c->a, &out->roles) = T("User");
    else
        out->message = T("You are known, but have no role. Ask an administrator for one.");
    return NULL;
}
HANDLER(user_info, nothing, user_info)

/* ---- where it is reached ---- */

const struct routes auth_routes = ROUTES(
    "Auth", "/api/v1",
    ROUTE(GET, "/auth/config", auth_config, "What a client needs to sign in.", .operation = "GetAuthConfig", .role = ROLE_ANONYMOUS,
          .also = ALSO({503, &auth_unavailable_shape, "Single sign-on is not configured.", .enveloped = true})),
    ROUTE(POST, "/session", session_start, "Begins a session of the portal with an API key.", .operation = "BeginSession",
          .role = ROLE_ANONYMOUS, .also = ALSO({401, NULL, "The key is not accepted."}), .body_limit = 4096),
    ROUTE(DELETE, "/session", session_stop, "Ends the session.", .operation = "EndSession", .role = ROLE_USER));

const struct routes userinfo_routes = ROUTES(
    "UserInfo", "/api/v1",
    ROUTE(GET, "/userinfo", user_info, "Who the caller is and what they may do.", .operation = "GetUserInfo", .role = ROLE_USER));
