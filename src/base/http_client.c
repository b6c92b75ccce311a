/* libcurl behind one function. */
#include "base/http_client.h"

#include "base/buffer.h"
#include "base/die.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) die("libcurl cannot be started");
}

static size_t take(char *bytes, size_t size, size_t count, void *state) {
    struct buffer *b = state;
    buffer_add(b, bytes, size * count);
    return b->overflow ? 0 : size * count;
}

static FALLIBLE perform(CURL *c, text url, const struct buffer *b) {
    char why[CURL_ERROR_SIZE] = "";
    long status = 0;
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
    CURLcode code = curl_easy_perform(c);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, (char *)NULL);
    if (b->overflow) return FAIL(ERROR_IO, "the answer of %.*s is longer than %zu bytes", TEXT_ARG(url), b->max);
    if (code != CURLE_OK) return FAIL(ERROR_IO, "%.*s does not answer: %s", TEXT_ARG(url), why[0] ? why : curl_easy_strerror(code));
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 ? NULL : FAIL(ERROR_IO, "%.*s answers with status %ld", TEXT_ARG(url), status);
}

FALLIBLE http_get(arena *a, text url, int milliseconds, size_t max_bytes, text *out) {
    pthread_once(&once, begin);
    OWNED_VALUE(buffer) b = {.max = max_bytes};
    CURL *c = curl_easy_init();
    if (!c) die("out of memory");
    const char *authorities = getenv("SSL_CERT_FILE"); /* NOLINT(concurrency-mt-unsafe): nobody sets it while the program runs */
    curl_easy_setopt(c, CURLOPT_URL, arena_cstring(a, url));
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)milliseconds);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &b);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "joinery");
    if (authorities) curl_easy_setopt(c, CURLOPT_CAINFO, authorities);
    error *e = perform(c, url, &b);
    curl_easy_cleanup(c);
    if (!e) *out = arena_text(a, buffer_as_text(&b));
    return e;
}
