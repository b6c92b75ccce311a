/* The reference model against the real engine: `model SEED [COUNT]`, or `model for SECONDS`. */
#include "engine.h"
#include "model.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The lines that only one of two sorted texts has. */
static void print_difference(const char *engine, const char *model, FILE *out) {
    const char *e = engine, *k = model;
    while (*e || *k) {
        size_t a = strcspn(e, "\n"), b = strcspn(k, "\n");
        size_t least = a < b ? a : b;
        int order = !*e ? 1 : !*k ? -1 : strncmp(e, k, least);
        if (!order && *e && *k) order = (a > b) - (a < b);
        if (order < 0) fprintf(out, "    engine  %.*s\n", (int)a, e);
        if (order > 0) fprintf(out, "    model   %.*s\n", (int)b, k);
        if (order <= 0) e += a + (e[a] != 0);
        if (order >= 0) k += b + (k[b] != 0);
    }
}

/* Lives through the story on both sides; the number of the event after which they disagree, or -1. */
static int live(const struct story *made, FILE *out) {
    static struct story s;
    static struct model m;
    static struct space seen;
    int bad = -1;
    s = *made;
    struct engine *e = engine_open(&s, NULL);
    model_open(&m, &s);
    if (out) story_print(&s, out);
    for (int i = 0; i < s.events && bad < 0; i++) {
        const struct event *event = &s.event[i];
        if (!event->on || (event->what >= HAPPENS_RULE && !story_apply(&s, event))) continue;
        engine_happen(e, &s, event);
        model_happen(&m, event);
        if (event->what < HAPPENS_RUN || event->what >= HAPPENS_RULE || event->what == HAPPENS_WAIT) continue;
        engine_look(e, &s, &seen);
        char *theirs = space_text(&seen, s.systems), *ours = space_text(&m.now, s.systems);
        if (strcmp(theirs, ours)) {
            bad = i;
            if (out) {
                fprintf(out, "  after event %d, ", i);
                event_print(&s, event, out);
                print_difference(theirs, ours, out);
                if (getenv("MODEL_ALL")) fprintf(out, "engine:\n%smodel:\n%s", theirs, ours);
            }
        }
        free(theirs);
        free(ours);
    }
    const char *check = bad < 0 ? engine_check(e) : "";
    if (*check) bad = s.events;
    if (*check && out) fputs(check, out);
    engine_close(e);
    return bad;
}

/* Leaves out what can be left out while it still fails. */
static void shrink(struct story *s) {
    for (bool smaller = true; smaller;) {
        bool *on;
        smaller = false;
        for (int n = 0; story_part(s, n, &on);) {
            *on = false;
            if (live(s, NULL) >= 0)
                smaller = true;
            else
                *on = true, n++;
        }
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    static struct story s;
    bool timed = argc > 2 && !strcmp(argv[1], "for");
    uint64_t seed = timed ? (uint64_t)time(NULL) * 1000000 : argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t count = timed ? UINT64_MAX : argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    double began = now(), end = timed ? began + atof(argv[2]) : 1e18;
    uint64_t done = 0;
    int failed = 0, limit = getenv("MODEL_FAILURES") ? atoi(getenv("MODEL_FAILURES")) : 1;
    for (; done < count && now() < end && failed < limit; done++) {
        story_make(&s, seed + done);
        if (live(&s, NULL) < 0) continue;
        shrink(&s);
        live(&s, stdout);
        failed++;
    }
    engine_forget();
    printf("%llu stories, %.0f a second, %d failed\n", (unsigned long long)done, (double)done / (now() - began), failed);
    return failed > 0;
}
