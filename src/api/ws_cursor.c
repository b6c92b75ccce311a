/* Seals and opens cursors. */
#include "api/ws_cursor.h"

#include "base/crypto.h"

static const int64_t cursor_life = 600 * TICKS_PER_SECOND;

struct any_json {
    struct json_value value;
};
static const struct shape any_json_shape = {.size = sizeof(struct any_json), .bare = true, FIELDS(FIELD(any_json, value, "value"))};

/* What the request asks, whatever its blanks: GET and an empty body are as {}. */
static void digest_of(struct call *c, char hex[64]) {
    uint8_t digest[32];
    OWNED_VALUE(buffer) b = {.max = 64 << 20};
    struct json_writer w = {.out = &b};
    struct any_json body = {{.json = c->body}};
    if (c->body && c->body->count) describe_write(&w, &any_json_shape, &body);
    sha256(buffer_as_text(&b), digest);
    hex_write(digest, sizeof digest, hex);
}

static text bound_to(struct call *c, const struct search_item *item) {
    char hex[64];
    digest_of(c, hex);
    return arena_print(c->a, "cursor %d %d %d %d %.64s", c->data_caller.tenant, c->data_caller.user, item->id, item->version, hex);
}

static FALLIBLE invalid(struct call *c) { return call_fail(c, 400, "INVALID_CURSOR", "The cursor is none of this search."); }

/* "issued began after" */
static bool read_plain(text plain, int64_t *issued, struct walk *out) {
    size_t first = text_find_byte(plain, ' ');
    if (first == SIZE_MAX) return false;
    text rest = text_slice(plain, first + 1, plain.len);
    size_t second = text_find_byte(rest, ' ');
    if (second == SIZE_MAX) return false;
    out->after = text_slice(rest, second + 1, rest.len);
    return text_to_int64(text_slice(plain, 0, first), issued) && text_to_int64(text_slice(rest, 0, second), &out->began.ticks);
}

FALLIBLE ws_cursor_open(struct call *c, const struct search_item *item, text cursor, struct walk *out) {
    uint8_t key[32];
    int64_t issued;
    text plain;
    *out = (struct walk){.began = c->now};
    if (!cursor.len) return NULL;
    text sealed = base64url_read(c->a, cursor);
    if (!sealed.at) return invalid(c);
    keyring_derive(c->services->keys, T("data-cursor"), key);
    OWNED(error) refused = open_sealed(c->a, key, bound_to(c, item), sealed, &plain);
    wipe(key, sizeof key);
    if (refused || !read_plain(plain, &issued, out)) return invalid(c);
    if (c->now.ticks - issued > cursor_life) return call_fail(c, 400, "EXPIRED_CURSOR", "The cursor is too old; begin anew.");
    return NULL;
}

text ws_cursor_seal(struct call *c, const struct search_item *item, const struct walk *walk) {
    uint8_t key[32];
    keyring_derive(c->services->keys, T("data-cursor"), key);
    text plain = arena_print(c->a, "%lld %lld %.*s", (long long)c->now.ticks, (long long)walk->began.ticks, TEXT_ARG(walk->after));
    text sealed = seal(c->a, key, bound_to(c, item), plain);
    wipe(key, sizeof key);
    return base64url_write(c->a, sealed);
}
