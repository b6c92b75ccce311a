/* From "127.0.0.1:8080" to a listening socket. */
#ifndef JOINERY_HTTP_LISTEN_H
#define JOINERY_HTTP_LISTEN_H

#include "base/error.h"
#include "base/text.h"

/* Opens a socket that listens; ":8080" means every address of both families. *port is the one that was bound. ERROR_INVALID when
 * the address cannot be read, ERROR_IO when it cannot be bound. The caller closes *fd. */
FALLIBLE http_listen(text address, int *fd, int *port);

#endif
