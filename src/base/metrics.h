/* Counters, gauges and histograms as Prometheus text; every metric is described once, where it is defined. */
#ifndef JOINERY_BASE_METRICS_H
#define JOINERY_BASE_METRICS_H

#include "base/buffer.h"

#include <stdatomic.h>

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
enum { METRIC_BUCKETS = 12 };

struct metric {
    const char *name; /* joinery_…_total, joinery_…_seconds */
    const char *help;
    const char *labels; /* such as route="/health",method="GET", or NULL */
    enum metric_kind kind;
    _Atomic int64_t value;                    /* counter, gauge; histogram: sum in nanoseconds */
    _Atomic uint64_t buckets[METRIC_BUCKETS]; /* histogram: 100 µs … 30 s, the last is +Inf */
    struct metric *next;
    atomic_bool known;
};

/* Makes a metric visible at /metrics; may be called again. Metrics live as long as the process. */
void metric_register(struct metric *m);
void metric_add(struct metric *m, int64_t n);
void metric_set(struct metric *m, int64_t n);
void metric_observe_ns(struct metric *m, int64_t nanoseconds);
/* All metrics, those of one name together, in the exposition format 0.0.4. */
void metrics_write(struct buffer *out);

#endif
