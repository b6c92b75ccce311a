/* The request target: split and decoded by our own rules, which refuse whatever two programs could read differently. */
#ifndef JOINERY_HTTP_TARGET_H
#define JOINERY_HTTP_TARGET_H

#include "http/http.h"

struct http_target {
    text authority; /* of the absolute form (http://host/…), else null */
    text raw_path, path, raw_query;
    struct http_pairs query;
};

/* Reads a target in origin form or absolute form; the slices point into `raw`, decoded texts into the arena. Returns NULL, or a
 * sentence that says what is wrong with it (the answer is then 400). What is refused: bytes outside visible ASCII, backslashes and
 * fragments, escapes that are not two hex digits or give a control character, a slash or a backslash, segments that are empty (but
 * for the last), "." or "..", and text that is not UTF-8. In the query "+" is a space, and only %00 is refused of the control
 * characters, because values of attributes may have line ends. */
const char *http_target_read(arena *a, text raw, struct http_target *out);
/* The part of a target that looks like its path, also when the target is no good. */
text http_target_front(text raw);

#endif
