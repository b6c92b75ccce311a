/* The name tables of the password enumerations. */
#include "connectors/passwords.h"

NAMED_ENUM_TABLE(expiry_behaviour, "PasswordExpiryBehaviour", EXPIRY_BEHAVIOURS)
NAMED_ENUM_TABLE(password_failure, "PasswordSetFailureReason", PASSWORD_FAILURES)
NAMED_ENUM_TABLE(fine_grained_signal, "FineGrainedPolicySignal", FINE_GRAINED_SIGNALS)
NAMED_ENUM_TABLE(preflight_check, "PasswordPreflightCheck", PREFLIGHT_CHECKS)
NAMED_ENUM_TABLE(preflight_state, "PasswordPreflightState", PREFLIGHT_STATES)
