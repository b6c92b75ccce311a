/* Reading a connected system's setting values by setting id. */
#ifndef JOINERY_CONNECTORS_SETTINGS_H
#define JOINERY_CONNECTORS_SETTINGS_H

#include "connectors/connector.h"

/* The stored text, sealed for secrets; null when there is none. */
text setting_text(const struct setting_values *values, int32_t id);
bool setting_checked(const struct setting_values *values, int32_t id);
int32_t setting_integer(const struct setting_values *values, int32_t id, int32_t otherwise);
/* The opened form of a StringEncrypted setting in `a`; wipe() it after use. ERROR_INVALID names the setting when it will not open.
 */
FALLIBLE setting_secret(const struct connector_use *use, arena *a, const struct setting_definition *s, text *plain);

#endif
