/* What makes no difference: the size of pages, the order of objects in them, and a kill at any commit of a run. */
#include "vary.h"

#include "engine.h"
#include "life.h"
#include "space.h"

#include <stdlib.h>
#include <string.h>

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
    char *said = *check ? strdup(check) : unfit ? NULL : space_text(&seen, s.systems);
    engine_close(e);
    return said;
}

/* 1 when pages of other sizes end otherwise, 0 when not, -1 when the story does not fit. */
static int pages_differ(const struct story *s, FILE *out) {
    int some = (int)(s->seed % 1000);
    const struct variation variations[] = {
        {1, 1, 0}, {1000, 1000, 2}, {2 + some % 5, 2 + some % 7, 1}, {1 + some, 1 + some % 13, 1}};
    char *first = NULL;
    int differ = 0;
    for (int i = 0; i < 4 && differ == 0; i++) {
        char *said = outcome(s, &variations[i]);
        if (!said) differ = -1;
        if (said && ((first && strcmp(first, said)) || !strncmp(said, "check", 5))) differ = 1;
        if (differ > 0 && out)
            fprintf(out, "  pages of %d (\"engine\") and of %d\n", variations[0].sync_page, variations[i].sync_page);
        if (differ > 0 && out) print_difference(first ? first : "", said, out);
        if (first) free(said);
        if (!first) first = said;
    }
    free(first);
    return differ;
}

int try_pages(uint64_t seed, uint64_t count) {
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

int try_kills(uint64_t seed, uint64_t count) {
    static struct story s;
    int kills = 0, bad = 0;
    for (uint64_t i = 0; i < count && !bad; i++) {
        story_make(&s, seed + i);
        kills += kill_everywhere(&s, &bad);
    }
    printf("%d kills, %d ended otherwise\n", kills, bad);
    return bad > 0;
}
