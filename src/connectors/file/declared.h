/* The Declared Schema setting: object types and attributes of a file that does not exist yet (connectors §11.1). */
#ifndef JOINERY_CONNECTORS_FILE_DECLARED_H
#define JOINERY_CONNECTORS_FILE_DECLARED_H

#include "connectors/connector.h"

/* One line an object type: user = dn!, displayName, employeeNumber:Number, manager:Reference, mail[]. ! marks the external id,
 * :Type the type (else Text), [] several values. ERROR_INVALID names the line and what is wrong. */
FALLIBLE declared_schema_read(arena *a, text source, struct connector_schema *out);

#endif
