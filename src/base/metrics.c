/* A list of metrics that only grows; counting takes one atomic instruction and no lock. */
#include "base/metrics.h"

#include <inttypes.h>

/* Upper bounds of all buckets but the last, which has none. */
static const int64_t bounds_ns[METRIC_BUCKETS - 1] = {100000,    500000,    1000000,    5000000,    10000000,   50000000,
                                                      100000000, 500000000, 1000000000, 5000000000, 30000000000};
static const char *const bounds_text[METRIC_BUCKETS] = {"0.0001", "0.0005", "0.001", "0.005", "0.01", "0.05",
                                                        "0.1",    "0.5",    "1",     "5",     "30",   "+Inf"};

static struct metric *_Atomic all;

void metric_register(struct metric *m) {
    if (atomic_exchange(&m->known, true)) return;
    m->next = atomic_load(&all);
    while (!atomic_compare_exchange_weak(&all, &m->next, m)) {}
}

void metric_add(struct metric *m, int64_t n) { atomic_fetch_add_explicit(&m->value, n, memory_order_relaxed); }

void metric_set(struct metric *m, int64_t n) { atomic_store_explicit(&m->value, n, memory_order_relaxed); }

void metric_observe_ns(struct metric *m, int64_t nanoseconds) {
    size_t i = 0;
    while (i < METRIC_BUCKETS - 1 && nanoseconds > bounds_ns[i]) i++;
    atomic_fetch_add_explicit(&m->buckets[i], 1, memory_order_relaxed);
    metric_add(m, nanoseconds);
}

static void write_histogram(struct buffer *out, struct metric *m) {
    uint64_t sum = 0;
    const char *labels = m->labels ? m->labels : "", *comma = m->labels ? "," : "";
    const char *open = m->labels ? "{" : "", *close = m->labels ? "}" : "";
    for (size_t i = 0; i < METRIC_BUCKETS; i++) {
        sum += atomic_load_explicit(&m->buckets[i], memory_order_relaxed);
        buffer_print(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", m->name, labels, comma, bounds_text[i], sum);
    }
    int64_t ns = atomic_load_explicit(&m->value, memory_order_relaxed);
    buffer_print(out, "%s_sum%s%s%s %" PRId64 ".%09" PRId64 "\n", m->name, open, labels, close, ns / 1000000000, ns % 1000000000);
    buffer_print(out, "%s_count%s%s%s %" PRIu64 "\n", m->name, open, labels, close, sum);
}

static void write_values(struct buffer *out, struct metric *m) {
    if (m->kind == METRIC_HISTOGRAM) {
        write_histogram(out, m);
        return;
    }
    int64_t value = atomic_load_explicit(&m->value, memory_order_relaxed);
    if (m->labels)
        buffer_print(out, "%s{%s} %" PRId64 "\n", m->name, m->labels, value);
    else
        buffer_print(out, "%s %" PRId64 "\n", m->name, value);
}

static bool named_before(const struct metric *first, const struct metric *m) {
    for (; first != m; first = first->next)
        if (strcmp(first->name, m->name) == 0) return true;
    return false;
}

void metrics_write(struct buffer *out) {
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    struct metric *first = atomic_load(&all);
    for (struct metric *m = first; m; m = m->next) {
        if (named_before(first, m)) continue;
        buffer_print(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name, kinds[m->kind]);
        for (struct metric *same = m; same; same = same->next)
            if (strcmp(same->name, m->name) == 0) write_values(out, same);
    }
}
