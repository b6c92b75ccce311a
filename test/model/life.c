/* A story lived through by the engine and by the reference model side by side, and the rest that must follow it. */
#include "life.h"

#include "engine.h"
#include "model.h"

#include <stdlib.h>
#include <string.h>

enum { CYCLES = 16, MINUTES = 20 };

void print_difference(const char *engine, const char *model, FILE *out) {
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

static struct story s;
static struct model m;
static struct space seen; /* of the engine, after the last run */
static int restless;

int restless_stories(void) { return restless; }

/* Lets it happen on both sides; false when they disagree then. */
static bool happen(struct engine *e, const struct event *event, const char *when, FILE *out) {
    engine_happen(e, &s, event);
    model_happen(&m, event);
    if (event->what < HAPPENS_RUN || event->what >= HAPPENS_RULE || event->what == HAPPENS_WAIT) return true;
    engine_look(e, &s, &seen);
    char *theirs = space_text(&seen, s.systems), *ours = space_text(&m.now, s.systems);
    bool same = !strcmp(theirs, ours);
    if (!same && out) {
        fprintf(out, "  after %s, ", when);
        event_print(&s, event, out);
        print_difference(theirs, ours, out);
        if (getenv("MODEL_ALL")) fprintf(out, "engine:\n%smodel:\n%s", theirs, ours);
    }
    free(theirs);
    free(ours);
    return same;
}

/* ---- Rest ---- */

/* What stands there, but for the times at which what waits for a reference is looked at again. */
static char *standing(void) {
    static struct space there;
    there = seen;
    there.items.n = 0;
    there.ended = ACTIVITY_NOT_SET;
    for (int i = 0; i < there.pes; i++) there.pe[i].retry = 0;
    return space_text(&there, s.systems);
}

/* An item of the cycle that must change nothing is one of an error that stands. */
static bool only_errors(const char *when, FILE *out) {
    for (int i = 0; i < seen.items.n; i++) {
        if (strchr(seen.items.at[i], '!')) continue;
        if (out) fprintf(out, "  %s tells: %s\n", when, seen.items.at[i]);
        return false;
    }
    return true;
}

/* Import, synchronisation and export of every system. */
static bool cycle(struct engine *e, bool quietly, FILE *out) {
    static const enum run_type runs[] = {RUN_FULL_IMPORT, RUN_FULL_SYNCHRONISATION, RUN_EXPORT};
    const char *when = quietly ? "the cycle that changes nothing" : "a cycle towards rest";
    for (int step = 0; step < 3; step++)
        for (int i = 0; i < s.systems; i++) {
            struct event run = {.on = true, .what = HAPPENS_RUN, .system = i, .run = runs[step]};
            if (!happen(e, &run, when, out) || (quietly && !only_errors(when, out))) return false;
        }
    return true;
}

static bool pause_for(struct engine *e, FILE *out) {
    struct event pause[] = {{.on = true, .what = HAPPENS_WAIT, .number = MINUTES},
                            {.on = true, .what = HAPPENS_HOUSEKEEPING},
                            {.on = true, .what = HAPPENS_TEMPORAL}};
    for (int i = 0; i < 3; i++)
        if (!happen(e, &pause[i], "a pause", out)) return false;
    return true;
}

/* Does a system hear of what it was told? Then rules may drive each other on for ever. */
static bool feeds_back(void) {
    for (int i = 0; i < s.rules; i++)
        for (int k = 0; k < s.rules; k++)
            if (s.rule[i].on && s.rule[k].on && s.rule[i].import && !s.rule[k].import && s.rule[i].system == s.rule[k].system)
                return true;
    return false;
}

/* Does a system match objects whom the scope of an export rule may let go? They are joined anew each time, and let go again. */
static bool contradicts_itself(void) {
    for (int i = 0; i < s.rules; i++) {
        const struct rule *r = &s.rule[i];
        const struct system_plan *p = &s.system[r->system];
        bool scoped = r->criteria[0].on || r->criteria[1].on;
        if (r->on && !r->import && scoped && !p->advanced && (p->matches[r->type][0].on || p->matches[r->type][1].on)) return true;
    }
    return false;
}

static bool stays_as_it_is(struct engine *e, FILE *out) {
    long versions[SYSTEMS];
    char *before = standing();
    for (int i = 0; i < s.systems; i++) versions[i] = seen.sim[i].version;
    bool good = cycle(e, true, out);
    char *after = standing();
    for (int i = 0; i < s.systems; i++) good = good && versions[i] == seen.sim[i].version;
    if (strcmp(before, after) && out) fprintf(out, "  the cycle that changes nothing (\"engine\" is before it)\n");
    if (strcmp(before, after) && out) print_difference(before, after, out);
    good = good && !strcmp(before, after);
    free(before);
    free(after);
    return good;
}

static void refuse_nothing_more(struct engine *e) {
    for (int i = 0; i < s.systems; i++) {
        struct event content = {.on = true, .what = HAPPENS_REFUSE, .system = i};
        happen(e, &content, "", NULL);
    }
}

/* One cycle more; *before is what stood there before it, and then after it. False when the two sides disagree. */
static bool calms_down(struct engine *e, char **before, bool *quiet, FILE *out) {
    if (!pause_for(e, out) || !cycle(e, false, out)) return false;
    char *now = standing();
    *quiet = *before && !strcmp(*before, now);
    free(*before);
    *before = now;
    return true;
}

static bool rests(struct engine *e, FILE *out) {
    char *before = NULL;
    bool quiet = false, good = true;
    refuse_nothing_more(e);
    for (int i = 0; i < CYCLES && good && !quiet; i++) good = calms_down(e, &before, &quiet, out);
    free(before);
    if (good && !quiet) restless++;
    if (good && !quiet && out) fprintf(out, "  it does not rest\n");
    return good && (quiet ? contradicts_itself() || stays_as_it_is(e, out) : contradicts_itself() || feeds_back());
}

/* ---- Stories ---- */

int live(const struct story *made, bool again, FILE *out) {
    char when[32];
    int bad = -1;
    s = *made;
    struct engine *e = engine_open(&s, NULL);
    model_open(&m, &s);
    if (out) story_print(&s, out);
    for (int i = 0; i < s.events && bad < 0; i++) {
        const struct event *event = &s.event[i];
        if (!event->on || (event->what >= HAPPENS_RULE && !story_apply(&s, event))) continue;
        snprintf(when, sizeof when, "event %d", i);
        if (!happen(e, event, when, out)) bad = i;
    }
    if (bad < 0 && again && !rests(e, out)) bad = s.events;
    const char *check = bad < 0 ? engine_check(e) : "";
    if (*check) bad = s.events;
    if (*check && out) fputs(check, out);
    engine_close(e);
    return bad;
}

void shrink(struct story *made, bool again) {
    for (bool smaller = true; smaller;) {
        bool *on;
        smaller = false;
        for (int n = 0; story_part(made, n, &on);) {
            *on = false;
            if (live(made, again, NULL) >= 0)
                smaller = true;
            else
                *on = true, n++;
        }
    }
}
