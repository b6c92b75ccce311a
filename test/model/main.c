/* The reference model against the real engine, and the engine against itself:
 *     model [again|pages|kill] SEED [COUNT]
 *     model for SECONDS
 * again: the stories must come to rest, too; for: all of it on new seeds until one fails. MODEL_FAILURES: how many may fail first.
 */
#include "engine.h"
#include "life.h"
#include "vary.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The sanitizer of addresses as fast as it can be: its other tests keep what was freed for longer. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void) {
    return "malloc_context_size=2:quarantine_size_mb=1:thread_local_quarantine_size_kb=16:max_malloc_fill_size=0";
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int try_story(uint64_t seed, bool again) {
    static struct story s;
    story_make(&s, seed);
    if (live(&s, again, NULL) < 0) return 0;
    shrink(&s, again);
    live(&s, again, stdout);
    return 1;
}

static int try_stories(uint64_t seed, uint64_t count, bool again) {
    double began = now();
    uint64_t done = 0;
    int failed = 0, limit = getenv("MODEL_FAILURES") ? atoi(getenv("MODEL_FAILURES")) : 1;
    for (; done < count && failed < limit; done++) failed += try_story(seed + done, again);
    printf("%llu stories, %.0f a second, %d failed", (unsigned long long)done, (double)done / (now() - began), failed);
    if (again) printf(", %d without rest", restless_stories());
    printf("\n");
    return failed > 0;
}

/* Every eighth story also in other pages, and with kills. */
static int try_for(double seconds) {
    double end = now() + seconds;
    uint64_t seed = (uint64_t)time(NULL) * 1000000;
    int failed = 0;
    for (; now() < end && !failed; seed++) {
        failed = try_story(seed, true);
        if (!failed && seed % 8 == 0) failed = try_pages(seed, 1);
        if (!failed && seed % 8 == 4) failed = try_kills(seed, 1);
    }
    printf("%llu stories, %d failed\n", (unsigned long long)(seed % 1000000), failed);
    return failed;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "1";
    bool named = *what > '9';
    uint64_t seed = argc > 1 + named ? strtoull(argv[1 + named], NULL, 10) : 1;
    uint64_t count = argc > 2 + named ? strtoull(argv[2 + named], NULL, 10) : 1;
    int failed;
    if (!strcmp(what, "for"))
        failed = try_for(argc > 2 ? atof(argv[2]) : 1e9);
    else if (!strcmp(what, "pages"))
        failed = try_pages(seed, count);
    else if (!strcmp(what, "kill"))
        failed = try_kills(seed, count);
    else
        failed = try_stories(seed, count, !strcmp(what, "again"));
    engine_forget();
    return failed;
}
