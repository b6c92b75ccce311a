/* The list of credential attributes. */
#include "model/credentials.h"

static const char *const names[] = {
    "unicodePwd",       "userPassword",         "dBCSPwd", "ntPwdHistory", "lmPwdHistory", "supplementalCredentials",
    "unixUserPassword", "msDS-ManagedPassword",
};

bool is_credential_attribute(text name) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text_equal_ascii_case(name, text_of(names[i]))) return true;
    }
    return false;
}
