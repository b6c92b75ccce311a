/* The names of attributes that hold credentials: never imported, mapped, exported or shown. */
#ifndef JOINERY_MODEL_CREDENTIALS_H
#define JOINERY_MODEL_CREDENTIALS_H

#include "base/text.h"

/* True for the names of sync-engine §26 and connectors §6.2, in any case. Look-alikes such as pwdLastSet are not among them. */
bool is_credential_attribute(text name);

#endif
