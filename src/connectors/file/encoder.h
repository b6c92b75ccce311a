/* Text on its way to a file: from UTF-8 to the encoding of the settings, or of the file that stands there. */
#ifndef JOINERY_CONNECTORS_FILE_ENCODER_H
#define JOINERY_CONNECTORS_FILE_ENCODER_H

#include "base/base.h"

struct encoder {
    enum { ENCODE_UTF8, ENCODE_UTF16LE, ENCODE_UTF16BE, ENCODE_BYTES } form;
    bool mark;            /* a byte order mark stands first */
    uint32_t points[256]; /* ENCODE_BYTES: the code point of each byte */
};

/* `first` are the first bytes of the existing file (may be empty): with Auto, its byte order mark decides, so that the file stays
 * readable for others; else UTF-8. */
FALLIBLE encoder_make(text encoding, text first, struct encoder *out);
/* Whether every character can be written. */
bool encoder_can(const struct encoder *e, text t);
/* Appends valid UTF-8 in the form of the file. */
void encoder_write(const struct encoder *e, struct buffer *out, text t);
/* Appends the byte order mark, if any. */
void encoder_begin(const struct encoder *e, struct buffer *out);

#endif
