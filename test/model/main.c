/* The reference model against the real engine: `model SEED [COUNT]`, `model for SECONDS`; and the engine against itself with pages
 * of other sizes: `model pages SEED COUNT`. */
#include "engine.h"
#include "model.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The sanitizer of addresses as fast as it can be: its other tests keep what was freed for longer. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void) {
    return "malloc_context_size=2:quarantine_size_mb=1:thread_local_quarantine_size_kb=16:max_malloc_fill_size=0";
}

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

/* ---- What makes no difference: the size of pages, and the order of objects in them ---- */

/* The first of several takes what all want; who is first, and what was seen before, may depend on pages. */
static bool contended(const struct lines *items) {
    for (int i = 0; i < items->n; i++)
        if (strstr(items->at[i], "!AmbiguousMatch") || strstr(items->at[i], "!CouldNotJoin") ||
            strstr(items->at[i], "!Duplicate") || strstr(items->at[i], "Exported!"))
            return true;
    return false;
}

/* What stands there when the engine has lived through the story, with every check clean; NULL: the story is contended. */
static char *outcome(const struct story *made, const struct variation *v) {
    static struct story s;
    static struct space seen;
    bool unfit = false;
    s = *made;
    struct engine *e = engine_open(&s, v);
    for (int i = 0; i < s.events && !unfit; i++) {
        const struct event *event = &s.event[i];
        if (!event->on || (event->what >= HAPPENS_RULE && !story_apply(&s, event))) continue;
        engine_happen(e, &s, event);
        if (event->what != HAPPENS_RUN) continue;
        engine_look(e, &s, &seen);
        unfit = contended(&seen.items);
        for (int k = 0; k < s.systems; k++) unfit = unfit || seen.sim[k].twins;
    }
    engine_look(e, &s, &seen);
    seen.items.n = 0;
    seen.ended = ACTIVITY_NOT_SET;
    const char *check = engine_check(e);
    fputs(check, stdout);
    char *said = unfit ? NULL : space_text(&seen, s.systems);
    engine_close(e);
    return said;
}

/* 1 when pages of other sizes end otherwise, 0 when not, -1 when the story does not fit. */
static int pages_differ(const struct story *s, FILE *out) {
    static const struct variation variations[] = {{1, 1, 0}, {2, 7, 1}, {500, 500, 2}, {3, 4, 1}};
    char *first = NULL;
    int differ = 0;
    for (int i = 0; i < 4 && differ == 0; i++) {
        char *said = outcome(s, &variations[i]);
        if (!said) differ = -1;
        if (said && first && strcmp(first, said)) differ = 1;
        if (differ > 0 && out)
            fprintf(out, "  pages of %d (\"engine\") and of %d\n", variations[0].sync_page, variations[i].sync_page);
        if (differ > 0 && out) print_difference(first, said, out);
        if (first) free(said);
        if (!first) first = said;
    }
    free(first);
    return differ;
}

static int try_pages(uint64_t seed, uint64_t count) {
    static struct story s;
    int fit = 0, differ = 0;
    for (uint64_t i = 0; i < count; i++) {
        story_make(&s, seed + i);
        int found = pages_differ(&s, NULL);
        fit += found >= 0;
        if (found < 1) continue;
        differ++;
        bool *on;
        for (int n = 0; story_part(&s, n, &on);) {
            *on = false;
            if (pages_differ(&s, NULL) < 1) *on = true, n++;
        }
        story_print(&s, stdout);
        pages_differ(&s, stdout);
    }
    engine_forget();
    printf("%llu stories, %d without contention, %d depend on the size of pages\n", (unsigned long long)count, fit, differ);
    return differ > 0;
}

/* ---- A kill at any commit of a run, or before it, makes no difference either ---- */

/* How many kills there were; *bad: how many of them ended otherwise. */
static int kill_everywhere(const struct story *made, int *bad) {
    static struct story s;
    static struct space there, after;
    int kills = 0;
    s = *made;
    struct engine *e = engine_open(&s, &(struct variation){0});
    for (int i = 0; i < s.events; i++) {
        const struct event *event = &s.event[i];
        if (event->what >= HAPPENS_RULE && !story_apply(&s, event)) continue;
        bool dies = event->what == HAPPENS_RUN;
        if (dies) engine_kill_at(e, 2 + story_pick(&s, 6), story_chance(&s, 50));
        engine_happen(e, &s, event);
        if (!dies || !engine_after_crash(e, &s, &after)) continue;
        engine_look(e, &s, &there);
        bool twins = false; /* who is who of them depends on the order in which they are sent again */
        for (int k = 0; k < s.systems; k++) twins = twins || there.sim[k].twins || after.sim[k].twins;
        if (twins) break;
        there.items.n = after.items.n = 0;
        there.ended = after.ended = ACTIVITY_NOT_SET;
        char *straight = space_text(&there, s.systems), *killed = space_text(&after, s.systems);
        kills++;
        *bad += strcmp(straight, killed) != 0;
        if (strcmp(straight, killed)) {
            story_print(&s, stdout);
            printf("  killed in event %d (\"engine\" is the undisturbed run), ", i);
            event_print(&s, event, stdout);
            print_difference(straight, killed, stdout);
        }
        free(straight);
        free(killed);
    }
    engine_close(e);
    return kills;
}

static int try_kills(uint64_t seed, uint64_t count) {
    static struct story s;
    int kills = 0, bad = 0;
    for (uint64_t i = 0; i < count && !bad; i++) {
        story_make(&s, seed + i);
        kills += kill_everywhere(&s, &bad);
    }
    engine_forget();
    printf("%d kills, %d ended otherwise\n", kills, bad);
    return bad > 0;
}

static int try_variations(const char *what, uint64_t seed, uint64_t count) {
    return strcmp(what, "kill") == 0 ? try_kills(seed, count) : try_pages(seed, count);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    static struct story s;
    if (argc > 3 && !strcmp(argv[1], "pages")) return try_pages(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    if (argc > 3) return try_variations(argv[1], strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
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
