/* What the installation was started with, as resources see it; the command line fills it once (operations §8). */
#ifndef JOINERY_API_SETTINGS_H
#define JOINERY_API_SETTINGS_H

#include "base/base.h"

struct settings {
    text data_dir, database_url, listen, role;
    text log_level, log_path;
    text infrastructure_api_key; /* secret */
    text trusted_proxies;
    text encryption_key_path;                                                                              /* never null */
    text sso_authority, sso_client_id, sso_api_scope, sso_claim_type, sso_mv_attribute, sso_initial_admin; /* null: none */
    text sso_public_authority, sso_public_client_id, sso_valid_audiences, sso_valid_issuers;
    bool sso_allow_http;
    text tls_cert, tls_key, tls_client_ca; /* paths; null: none */
    text file_roots;                       /* as given, separated by ':' */
    text health_product;
    int64_t log_slow_sql_ms;
    bool log_requests, api_reference, allow_passwords_without_tls;
    struct texts roots; /* file_roots, one by one */
};

struct version {
    text product, number; /* "Joinery", "0.1.0" */
};

#endif
