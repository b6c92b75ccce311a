/* From a password or a certificate to a user of the tenant; all refusals look and last alike. */
#include "access/passwords.h"
#include "access/public_private.h"
#include "base/crypto.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "base/uuid.h"

static const int64_t basic_life_ns = INT64_C(60) * 1000000000;
static const int64_t failure_window_ns = INT64_C(15) * 60 * 1000000000;
enum { FAILURES_ALLOWED = 10 };

/* ---- users ---- */

const struct data_user *public_user(const struct public_snapshot *s, int32_t id) {
    for (EACH(const struct data_user, u, &s->users))
        if (u->head.id == id) return u;
    return NULL;
}

static const struct tenant *tenant_of(const struct public_snapshot *s, int32_t id) {
    for (EACH(const struct tenant, t, &s->tenants))
        if (t->head.id == id) return t;
    return NULL;
}

static unsigned bits_of(const struct enums *permissions) {
    unsigned bits = 0;
    for (EACH(const unsigned, p, permissions)) bits |= 1u << *p;
    return bits;
}

bool public_caller_of(const struct public_snapshot *s, const struct data_user *u, arena *a, struct public_caller *out) {
    const struct tenant *tenant = tenant_of(s, u->head.tenant_id);
    if (!tenant || !tenant->facts.enabled || !u->facts.enabled) return false;
    *out = (struct public_caller){.tenant = u->head.tenant_id,
                                  .user = u->head.id,
                                  .user_name = arena_text(a, u->facts.user_name),
                                  .full_name = arena_text(a, u->facts.full_name),
                                  .object_id = u->facts.object_id,
                                  .permissions = bits_of(&u->facts.permissions),
                                  .token_version = u->secrets.token_version};
    for (EACH(const int32_t, id, &u->facts.roles)) {
        *LIST_ADD(a, &out->roles) = *id;
        for (EACH(const struct data_role, r, &s->roles))
            if (r->head.id == *id && r->head.tenant_id == u->head.tenant_id) out->permissions |= bits_of(&r->facts.permissions);
    }
    for (EACH(const text, network, &u->facts.allowed_networks)) *LIST_ADD(a, &out->allowed_networks) = arena_text(a, *network);
    return true;
}

static const struct data_user *user_named(const struct public_snapshot *s, int32_t tenant, text name) {
    for (EACH(const struct data_user, u, &s->users))
        if (u->head.tenant_id == tenant && text_equal(u->facts.user_name, name)) return u;
    return NULL;
}

/* ---- failed log-ins ---- */

static struct failures *failures_of(public_access *x, uint64_t name) { return &x->failures[name % FAILURES]; }

static bool is_locked(public_access *x, uint64_t name) {
    WITH_LOCK(&x->lock);
    const struct failures *f = failures_of(x, name);
    return f->name == name && f->count >= FAILURES_ALLOWED && monotonic_ns() - f->since_ns < failure_window_ns;
}

static void note_attempt(public_access *x, uint64_t name, bool good) {
    WITH_LOCK(&x->lock);
    struct failures *f = failures_of(x, name);
    bool same = f->name == name && monotonic_ns() - f->since_ns < failure_window_ns;
    if (good) {
        if (same) *f = (struct failures){0};
        return;
    }
    if (!same) *f = (struct failures){.name = name, .since_ns = monotonic_ns()};
    f->count++;
}

/* ---- passwords ---- */

static bool is_clean(text t) {
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] < 0x20 || t.at[i] == 0x7f) return false;
    return utf8_valid(t, NULL);
}

/* The name and the password of Basic; the first colon separates. */
static bool read_basic(arena *a, text value, text *name, text *password) {
    text decoded = base64_read(a, text_trim_ascii(value));
    size_t colon = text_is_null(decoded) ? SIZE_MAX : text_find_byte(decoded, ':');
    if (colon == SIZE_MAX || !is_clean(decoded)) return false;
    *name = text_slice(decoded, 0, colon);
    *password = text_slice(decoded, colon + 1, decoded.len);
    return true;
}

struct attempt {
    public_access *x;
    struct public_snapshot *s;
    arena *a;
    int32_t tenant;
    const char **why;
};

static enum public_refusal bad(const struct attempt *t, const char *why) {
    *t->why = why;
    return PUBLIC_BAD_CREDENTIALS;
}

/* A password that was right less than a minute ago costs no second hash, unless the user has changed since. */
static bool password_is(const struct attempt *t, const struct data_user *u, text name, text password) {
    uint8_t digest[32];
    int32_t user, version;
    public_digest(t->x, t->a, "basic", t->tenant, arena_print(t->a, "%.*s:%.*s", TEXT_ARG(name), TEXT_ARG(password)), digest);
    if (u && public_was_verified(t->x, digest, &user, &version) && user == u->head.id && version == u->head.version) return true;
    if (!password_matches(u ? u->secrets.password_hash : (text){0}, password)) return false;
    public_note_verified(t->x, digest, basic_life_ns, u->head.id, u->head.version);
    return true;
}

static enum public_refusal by_password(const struct attempt *t, text value, struct public_caller *out) {
    text name, password;
    if (!read_basic(t->a, value, &name, &password)) return bad(t, "the credentials cannot be read");
    uint64_t place = text_hash(arena_print(t->a, "%d:%.*s", t->tenant, TEXT_ARG(name)));
    const struct data_user *u = user_named(t->s, t->tenant, name);
    bool locked = is_locked(t->x, place), allowed = u && !locked && public_caller_of(t->s, u, t->a, out);
    bool right = password_is(t, allowed ? u : NULL, name, password);
    if (!locked) note_attempt(t->x, place, right);
    if (right) {
        out->method = T("pwd");
        return PUBLIC_KNOWN;
    }
    return bad(t, locked     ? "too many failed log-ins"
                  : !u       ? "unknown user"
                  : !allowed ? "user or tenant is disabled"
                             : "wrong password");
}

/* ---- certificates ---- */

/* The next digit that counts, in lower case; 0 at the end. */
static char next_digit(text t, size_t *at, bool *leading) {
    while (*at < t.len) {
        char k = t.at[(*at)++];
        if (k == ':' || (k == '0' && *leading)) continue;
        *leading = false;
        return k >= 'A' && k <= 'F' ? (char)(k - 'A' + 'a') : k;
    }
    return 0;
}

bool serial_equal(text a, text b) {
    size_t i = 0, j = 0;
    bool first_a = true, first_b = true;
    for (;;) {
        char x = next_digit(a, &i, &first_a), y = next_digit(b, &j, &first_b);
        if (x != y) return false;
        if (!x) return true;
    }
}

bool is_serial(text t) {
    size_t digits = 0;
    for (size_t i = 0; i < t.len; i++) {
        char k = t.at[i];
        bool digit = (k >= '0' && k <= '9') || (k >= 'a' && k <= 'f') || (k >= 'A' && k <= 'F');
        if (!digit && k != ':') return false;
        digits += digit;
    }
    return digits > 0;
}

/* By its thumbprint, or by issuer and serial number. */
static bool maps(const struct user_certificate *known, const struct public_credentials *shown, bool thumbprint) {
    if (thumbprint) return !text_is_empty(known->thumbprint) && text_equal(known->thumbprint, shown->thumbprint);
    return text_is_empty(known->thumbprint) && !text_is_empty(known->issuer) && text_equal(known->issuer, shown->issuer) &&
           serial_equal(known->serial, shown->serial);
}

static const struct data_user *owner_of(const struct attempt *t, const struct public_credentials *shown, bool thumbprint) {
    for (EACH(const struct data_user, u, &t->s->users))
        for (EACH(const struct user_certificate, k, &u->facts.certificates))
            if (u->head.tenant_id == t->tenant && maps(k, shown, thumbprint)) return u;
    return NULL;
}

static enum public_refusal by_certificate(const struct attempt *t, const struct public_credentials *shown,
                                          struct public_caller *out) {
    const struct data_user *u = owner_of(t, shown, true);
    if (!u) u = owner_of(t, shown, false);
    if (!u) return bad(t, "no user of the tenant has this certificate");
    if (!public_caller_of(t->s, u, t->a, out)) return bad(t, "user or tenant is disabled");
    out->method = T("x509");
    return PUBLIC_KNOWN;
}

/* ---- all ways ---- */

static bool scheme_is(text value, text scheme, text *rest) {
    if (value.len <= scheme.len || value.at[scheme.len] != ' ') return false;
    *rest = text_trim_ascii(text_slice(value, scheme.len, value.len));
    return text_equal_ascii_case(text_slice(value, 0, scheme.len), scheme);
}

FALLIBLE public_identify(public_access *x, arena *a, const struct public_credentials *given, int32_t tenant,
                         const struct public_limits *limits, instant now, struct public_caller *out, enum public_refusal *refusal,
                         const char **why) {
    const char *unused;
    text value;
    *out = (struct public_caller){0};
    struct public_snapshot *s;
    TRY(public_snapshot_take(x, now, &s));
    struct attempt t = {x, s, a, tenant, why ? why : &unused};
    error *e = NULL;
    if (given->authorisation.at && scheme_is(given->authorisation, T("Bearer"), &value))
        e = public_by_token(x, s, a, value, given->client, tenant, limits, now, out, refusal, t.why);
    else if (given->authorisation.at && scheme_is(given->authorisation, T("Basic"), &value))
        *refusal = by_password(&t, value, out);
    else if (given->authorisation.at)
        *refusal = bad(&t, "the scheme is not known");
    else if (given->thumbprint.at)
        *refusal = by_certificate(&t, given, out);
    else
        *refusal = bad(&t, "no credentials");
    public_snapshot_give(x, s);
    return e;
}

FALLIBLE public_caller_now(public_access *x, arena *a, int32_t user, instant now, struct public_caller *out, bool *found) {
    struct public_snapshot *s;
    TRY(public_snapshot_take(x, now, &s));
    const struct data_user *u = public_user(s, user);
    *found = u && public_caller_of(s, u, a, out);
    public_snapshot_give(x, s);
    return NULL;
}
