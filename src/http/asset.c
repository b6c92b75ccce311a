/* Static files: content negotiation and validation. */
#include "http/http.h"

/* One element of an Accept-Encoding list; *q in thousandths. */
static bool coding_is(text element, text coding, int *q) {
    size_t semicolon = text_find_byte(element, ';');
    text name = text_trim_ascii(semicolon == SIZE_MAX ? element : text_slice(element, 0, semicolon));
    if (!text_equal_ascii_case(name, coding)) return false;
    *q = 1000;
    if (semicolon == SIZE_MAX) return true;
    text weight = text_trim_ascii(text_slice(element, semicolon + 1, element.len));
    if (weight.len < 3 || (weight.at[0] | 0x20) != 'q' || weight.at[1] != '=') return true;
    if (weight.at[2] == '1') return true;
    *q = 0;
    for (size_t i = 4, worth = 100; i < weight.len && worth; i++, worth /= 10)
        if (weight.at[i] >= '0' && weight.at[i] <= '9') *q += (weight.at[i] - '0') * (int)worth;
    return true;
}

static bool accepts(text list, text coding) {
    int any = 0;
    for (size_t from = 0, i = 0; i <= list.len; i++) {
        if (i < list.len && list.at[i] != ',') continue;
        text element = text_slice(list, from, i);
        int q;
        if (coding_is(element, coding, &q)) return q > 0;
        if (coding_is(element, T("*"), &q)) any = q;
        from = i + 1;
    }
    return any > 0;
}

/* If-None-Match: a list of tags, weak or strong, or "*". */
static bool names_tag(text list, text etag) {
    for (size_t from = 0, i = 0; i <= list.len; i++) {
        if (i < list.len && list.at[i] != ',') continue;
        text tag = text_trim_ascii(text_slice(list, from, i));
        if (text_starts_with(tag, T("W/"))) tag = text_slice(tag, 2, tag.len);
        if (text_equal(tag, etag) || text_equal(tag, T("*"))) return true;
        from = i + 1;
    }
    return false;
}

void http_reply_asset(struct http_reply *reply, const struct http_request *r, const struct http_asset *asset) {
    reply->content_type = asset->content_type;
    http_reply_header(reply, T("Cache-Control"), asset->immutable ? T("public, max-age=31536000, immutable") : T("no-cache"));
    http_reply_header(reply, T("ETag"), asset->etag);
    http_reply_header(reply, T("Vary"), T("Accept-Encoding"));
    text known = http_header(r, T("If-None-Match"));
    if (known.at && names_tag(known, asset->etag)) {
        reply->status = 304;
        reply->content_type = (text){0};
        return;
    }
    reply->status = 200;
    text encodings = http_header(r, T("Accept-Encoding"));
    reply->body = asset->bytes;
    if (asset->br.at && encodings.at && accepts(encodings, T("br"))) {
        reply->body = asset->br;
        http_reply_header(reply, T("Content-Encoding"), T("br"));
    } else if (asset->gz.at && encodings.at && accepts(encodings, T("gzip"))) {
        reply->body = asset->gz;
        http_reply_header(reply, T("Content-Encoding"), T("gzip"));
    }
}
