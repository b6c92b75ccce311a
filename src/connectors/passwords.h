/* The password part of the connector interface (connectors §15): set one password, read a policy, check before. */
#ifndef JOINERY_CONNECTORS_PASSWORDS_H
#define JOINERY_CONNECTORS_PASSWORDS_H

#include "base/base.h"
#include "base/names.h"
#include "model/object.h"

#define EXPIRY_BEHAVIOURS(X)                                                                                                       \
    X(EXPIRY_CHANGE_AT_NEXT_SIGN_IN, "RequireChangeAtNextSignIn")                                                                  \
    X(EXPIRY_TARGET_POLICY, "ExpiresAccordingToTargetPolicy") X(EXPIRY_NEVER, "NeverExpires")
NAMED_ENUM(expiry_behaviour, EXPIRY_BEHAVIOURS)
#define PASSWORD_FAILURES(X)                                                                                                       \
    X(PASSWORD_FAILED_NOT, "None")                                                                                                 \
    X(PASSWORD_TRANSIENT, "Transient")                                                                                             \
    X(PASSWORD_CONFIGURATION, "ConfigurationFault")                                                                                \
    X(PASSWORD_POLICY, "PolicyRejection")                                                                                          \
    X(PASSWORD_NO_TARGET, "TargetObjectNotFound") X(PASSWORD_UNSUPPORTED, "UnsupportedOperation")
NAMED_ENUM(password_failure, PASSWORD_FAILURES)
#define FINE_GRAINED_SIGNALS(X)                                                                                                    \
    X(FINE_GRAINED_ABSENT, "Absent") X(FINE_GRAINED_PRESENT, "Present") X(FINE_GRAINED_UNKNOWN, "CouldNotDetermine")
NAMED_ENUM(fine_grained_signal, FINE_GRAINED_SIGNALS)
#define PREFLIGHT_CHECKS(X)                                                                                                        \
    X(PREFLIGHT_CONNECTION, "Connection")                                                                                          \
    X(PREFLIGHT_ENCRYPTION, "Encryption")                                                                                          \
    X(PREFLIGHT_MECHANISM, "PasswordMechanism") X(PREFLIGHT_RESET_RIGHTS, "ResetRights") X(PREFLIGHT_POLICY, "PolicyDiscovery")
NAMED_ENUM(preflight_check, PREFLIGHT_CHECKS)
#define PREFLIGHT_STATES(X)                                                                                                        \
    X(PREFLIGHT_PASSED, "Passed")                                                                                                  \
    X(PREFLIGHT_WARNING, "Warning") X(PREFLIGHT_FAILED, "Failed") X(PREFLIGHT_UNDETERMINED, "CouldNotDetermine")
NAMED_ENUM(preflight_state, PREFLIGHT_STATES)

struct password_options {
    enum expiry_behaviour expiry;
    enum enable_account { ENABLE_LEAVE, ENABLE_YES, ENABLE_NO } enable;
};
struct password_outcome {
    enum password_failure failure;
    enum expiry_behaviour applied;
    text message; /* the target's words (withheld whole when they hold the password), or a warning with a success; may be null */
};
struct password_policy {
    bool has_minimum_length, has_history, has_maximum_age, has_minimum_age, complexity;
    int32_t minimum_length, required_classes, history_length, maximum_age_days, minimum_age_days;
    unsigned recognised_classes; /* bits: 1 upper, 2 lower, 4 digit, 8 symbol, 16 other letters */
    enum fine_grained_signal fine_grained;
};
struct preflight_result {
    enum preflight_check check;
    enum preflight_state state;
    text message, remediation;
};
struct preflight_results LIST(struct preflight_result);

struct connector_use;
/* NULL = not supported. */
struct password_ops {
    error *(*open)(const struct connector_use *use);
    void (*close)(const struct connector_use *use);
    bool (*channel_secure)(const struct connector_use *use);
    /* Outcomes of the target are data; an error means that nothing can be said. `password` is wiped by the core. */
    error *(*set)(const struct connector_use *use, arena *a, const struct cso *object, text password,
                  struct password_options options, struct password_outcome *out);
    error *(*preflight)(const struct connector_use *use, arena *a, const struct texts *containers, struct preflight_results *out);
    unsigned (*expiry_behaviours)(void); /* bits 1 << enum expiry_behaviour */
    /* *found = false: the target has no policy that can be read. */
    error *(*policy)(const struct connector_use *use, arena *a, bool *found, struct password_policy *out);
};

#endif
