/* Certificates by GnuTLS: what libmicrohttpd asks for in each handshake, read again when the files change. */
#include "http/tls.h"

#include "base/die.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/uuid.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES = 3, CHAIN_MAX = 16, LOOK_EVERY_MS = 1000, RETIRED = 16 };

/* One set of files as it was read. */
struct identity {
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned length;
    gnutls_privkey_t key;
    gnutls_x509_trust_list_t authorities; /* NULL: no client certificate is asked for */
    struct stat read[FILES];
};

/* Of the I/O thread, which does all handshakes. Those that have begun may still hold an older identity; one is freed when sixteen
 * newer ones, each at least a second apart, have come: a handshake has ten seconds. */
static struct {
    char *names[FILES]; /* certificate, key, authorities or NULL */
    struct identity *current, *retired[RETIRED];
    int next_retired;
    int64_t looked_ns;
} tls;

static void free_identity(struct identity *i) {
    if (!i) return;
    for (unsigned k = 0; k < i->length; k++) gnutls_pcert_deinit(&i->chain[k]);
    if (i->key) gnutls_privkey_deinit(i->key);
    if (i->authorities) gnutls_x509_trust_list_deinit(i->authorities, 1);
    free(i);
}

static FALLIBLE read_key(struct identity *i, const char *name) {
    gnutls_datum_t bytes = {0};
    int code = gnutls_load_file(name, &bytes);
    if (code == 0) code = gnutls_privkey_init(&i->key);
    if (code == 0) code = gnutls_privkey_import_x509_raw(i->key, &bytes, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (bytes.data) gnutls_memset(bytes.data, 0, bytes.size);
    gnutls_free(bytes.data);
    if (code == 0) return NULL;
    return FAIL(ERROR_INVALID, "JOINERY_TLS_KEY: %s is not a private key in PEM form that can be read (%s)", name,
                gnutls_strerror(code));
}

static FALLIBLE read_chain(struct identity *i, const char *name) {
    gnutls_datum_t bytes = {0};
    i->length = CHAIN_MAX;
    int code = gnutls_load_file(name, &bytes);
    if (code == 0) code = gnutls_pcert_list_import_x509_raw(i->chain, &i->length, &bytes, GNUTLS_X509_FMT_PEM, 0);
    gnutls_free(bytes.data);
    if (code >= 0 && i->length) return NULL;
    i->length = 0;
    return FAIL(ERROR_INVALID, "JOINERY_TLS_CERT: %s is not a chain of up to %d certificates in PEM form that can be read (%s)",
                name, CHAIN_MAX, gnutls_strerror(code));
}

/* A key of another certificate would fail in every handshake; better here. */
static FALLIBLE check_pair(const struct identity *i) {
    uint8_t of_key[32], of_certificate[32];
    size_t key_len = sizeof of_key, certificate_len = sizeof of_certificate;
    gnutls_pubkey_t public = NULL;
    int code = gnutls_pubkey_init(&public);
    if (code == 0) code = gnutls_pubkey_import_privkey(public, i->key, 0, 0);
    if (code == 0) code = gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &key_len);
    if (code == 0) code = gnutls_pubkey_get_key_id(i->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, of_certificate, &certificate_len);
    if (public) gnutls_pubkey_deinit(public);
    if (code == 0 && key_len == certificate_len && memcmp(of_key, of_certificate, key_len) == 0) return NULL;
    return FAIL(ERROR_INVALID, "JOINERY_TLS_KEY: %s is not the key of the first certificate in %s", tls.names[1], tls.names[0]);
}

static FALLIBLE read_authorities(struct identity *i, const char *name) {
    if (gnutls_x509_trust_list_init(&i->authorities, 0) < 0) die("out of memory");
    int count = gnutls_x509_trust_list_add_trust_file(i->authorities, name, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
    if (count > 0) return NULL;
    return FAIL(ERROR_INVALID, "JOINERY_TLS_CLIENT_CA: %s holds no certificate in PEM form that can be read%s%s", name,
                count < 0 ? ": " : "", count < 0 ? gnutls_strerror(count) : "");
}

static FALLIBLE fill(struct identity *i) {
    for (int k = 0; k < FILES; k++)
        if (tls.names[k] && stat(tls.names[k], &i->read[k]) != 0)
            return FAIL(ERROR_INVALID, "%s cannot be read: %s", tls.names[k], strerror(errno));
    TRY(read_chain(i, tls.names[0]));
    TRY(read_key(i, tls.names[1]));
    TRY(check_pair(i));
    return tls.names[2] ? read_authorities(i, tls.names[2]) : NULL;
}

static FALLIBLE read_identity(struct identity **out) {
    struct identity *i = calloc(1, sizeof *i);
    if (!i) die("out of memory");
    error *e = fill(i);
    if (!e)
        *out = i;
    else
        free_identity(i);
    return e;
}

static char *copy(arena *a, text name) {
    char *made = text_is_null(name) ? NULL : strdup(arena_cstring(a, name));
    if (!text_is_null(name) && !made) die("out of memory");
    return made;
}

FALLIBLE http_tls_open(const struct http_tls_files *files) {
    OWNED(arena) a = arena_new(1 << 16);
    const text names[FILES] = {files->certificate, files->key, files->client_ca};
    for (int i = 0; i < FILES; i++) tls.names[i] = copy(a, names[i]);
    tls.looked_ns = monotonic_ns();
    return read_identity(&tls.current);
}

void http_tls_close(void) {
    free_identity(tls.current);
    tls.current = NULL;
    for (int i = 0; i < RETIRED; i++) {
        free_identity(tls.retired[i]);
        tls.retired[i] = NULL;
    }
    for (int i = 0; i < FILES; i++) {
        free(tls.names[i]);
        tls.names[i] = NULL;
    }
}

static bool has_changed(const struct identity *i) {
    for (int k = 0; k < FILES; k++) {
        struct stat now = {0};
        if (!tls.names[k] || stat(tls.names[k], &now) != 0) continue;
        const struct stat *then = &i->read[k];
        if (now.st_ino != then->st_ino || now.st_size != then->st_size || now.st_mtim.tv_sec != then->st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != then->st_mtim.tv_nsec)
            return true;
    }
    return false;
}

static void renew(void) {
    struct identity *fresh = NULL;
    error *e = read_identity(&fresh);
    if (e) {
        log_error("certificate not renewed", e);
        error_free(e);
        return;
    }
    free_identity(tls.retired[tls.next_retired]);
    tls.retired[tls.next_retired] = tls.current;
    tls.next_retired = (tls.next_retired + 1) % RETIRED;
    tls.current = fresh;
    log_line(LOG_INFORMATION, "certificate", "the changed certificate is in use for new connections");
}

static struct identity *present(void) {
    int64_t now = monotonic_ns();
    if (now - tls.looked_ns > LOOK_EVERY_MS * INT64_C(1000000)) {
        tls.looked_ns = now;
        if (has_changed(tls.current)) renew();
    }
    return tls.current;
}

/* Decides over a client's certificate within the handshake; 0 lets it go on. No certificate is allowed. */
static int verify(gnutls_session_t session) {
    unsigned count = 0, status = 0;
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &count);
    if (!shown || !count) return 0;
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (uint8_t *)GNUTLS_KP_TLS_WWW_CLIENT};
    gnutls_x509_trust_list_t authorities = present()->authorities;
    if (!authorities || count > CHAIN_MAX) return GNUTLS_E_CERTIFICATE_ERROR;
    gnutls_x509_crt_t made[CHAIN_MAX] = {0};
    int code = 0;
    for (unsigned i = 0; i < count && code == 0; i++) {
        code = gnutls_x509_crt_init(&made[i]);
        if (code == 0) code = gnutls_x509_crt_import(made[i], &shown[i], GNUTLS_X509_FMT_DER);
    }
    if (code == 0) code = gnutls_x509_trust_list_verify_crt2(authorities, made, count, &purpose, 1, 0, &status, NULL);
    for (unsigned i = 0; i < count; i++)
        if (made[i]) gnutls_x509_crt_deinit(made[i]);
    return code < 0 || status ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

static int retrieve(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain, unsigned *length,
                    gnutls_privkey_t *key) {
    (void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
    struct identity *i = present();
    if (i->authorities) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
        gnutls_session_set_verify_function(session, verify);
    }
    *chain = i->chain;
    *length = i->length;
    *key = i->key;
    return 0;
}

void *http_tls_retrieve(void) { return (void *)retrieve; }

ssize_t http_tls_send(void *session, text bytes) { return gnutls_record_send(session, bytes.at, bytes.len); }

static text hex(arena *a, const uint8_t *bytes, size_t len) {
    char *made = arena_bytes(a, 2 * len);
    hex_write(bytes, len, made);
    return (text){made, 2 * len};
}

static bool describe(gnutls_x509_crt_t certificate, arena *a, struct http_certificate *out) {
    uint8_t serial[64];
    size_t serial_len = sizeof serial;
    gnutls_datum_t issuer = {0};
    if (gnutls_x509_crt_get_serial(certificate, serial, &serial_len) < 0) return false;
    if (gnutls_x509_crt_get_issuer_dn3(certificate, &issuer, 0) < 0) return false;
    out->serial = hex(a, serial, serial_len);
    out->issuer = arena_text(a, (text){(const char *)issuer.data, issuer.size});
    gnutls_free(issuer.data);
    return true;
}

bool http_tls_client(void *session, arena *a, struct http_certificate *out) {
    unsigned count = 0;
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &count);
    if (!shown || !count) return false;
    uint8_t digest[32];
    size_t digest_len = sizeof digest;
    gnutls_x509_crt_t certificate = NULL;
    if (gnutls_fingerprint(GNUTLS_DIG_SHA256, &shown[0], digest, &digest_len) < 0) return false;
    out->thumbprint = hex(a, digest, digest_len);
    if (gnutls_x509_crt_init(&certificate) < 0) return false;
    bool good = gnutls_x509_crt_import(certificate, &shown[0], GNUTLS_X509_FMT_DER) == 0 && describe(certificate, a, out);
    gnutls_x509_crt_deinit(certificate);
    return good;
}
