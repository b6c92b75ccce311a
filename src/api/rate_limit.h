/* How often a caller may ask (operations §4). */
#ifndef JOINERY_API_RATE_LIMIT_H
#define JOINERY_API_RATE_LIMIT_H

#include "access/access.h"
#include "model/config.h"

enum { RATE_KNOWN_STANDARD = 300, RATE_UNKNOWN_STANDARD = 30 };

/* A bounded number of buckets; those used least recently are forgotten. Thread-safe, never blocks for long. */
typedef struct rate_limiter rate_limiter;
rate_limiter *rate_limiter_new(void);
void rate_limiter_free(rate_limiter *r);
OWNED_TYPE(rate_limiter, rate_limiter_free)

/* Is it time to read the settings again (every five seconds, for one of the callers)? Then hand over the configuration. */
bool rate_limits_due(rate_limiter *r, int64_t now_ns);
void rate_limits_read(rate_limiter *r, const struct config *c);
/* The limits of a limiter that is not read from the settings of /api; 0: none. */
void rate_limits_set(rate_limiter *r, int32_t known, int32_t unknown);

/* Counts one request; 0 when it may go on, else the seconds to wait. Known callers: a sliding minute in six segments, a bucket for
 * each person or key; infrastructure keys are exempt. Others: a fixed minute for each address (IPv6: for each /64). */
int rate_limit_known(rate_limiter *r, const struct caller *caller, int64_t now_ns);
/* As rate_limit_known for one who is known by a name. */
int rate_limit_named(rate_limiter *r, text name, int64_t now_ns);
int rate_limit_unknown(rate_limiter *r, text client, int64_t now_ns);
/* The same without counting: has the address used up what it may? */
int rate_limit_spent(rate_limiter *r, text client, int64_t now_ns);

#endif
