/* Scoping (section 9) and time. */
#include "base/instant.h"
#include "model.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Minutes from the beginning of the story, 2026-01-02T09:00Z; words with seconds do not occur. */
static int64_t minutes_of(const char *word) {
    int day, hour;
    if (sscanf(word, "2026-01-%dT%d", &day, &hour) != 2) abort();
    return (day - 2) * 1440 + (hour - 9) * 60;
}

int64_t day_boundary(const struct model *m, int days_ago) {
    int64_t since_midnight = m->minutes + 9 * 60 - days_ago * 1440;
    int64_t day = since_midnight / 1440 - (since_midnight % 1440 < 0);
    return day * 1440 - 9 * 60;
}

static bool ordered(enum comparison how, int64_t actual, int64_t wanted) {
    switch (how) {
    case COMPARE_EQUALS:
        return actual == wanted;
    case COMPARE_NOT_EQUALS:
        return actual != wanted;
    case COMPARE_LESS:
        return actual < wanted;
    case COMPARE_LESS_OR_EQUAL:
        return actual <= wanted;
    case COMPARE_GREATER:
        return actual > wanted;
    default:
        return actual >= wanted;
    }
}

static bool part_of(const char *actual, const char *word, int where, bool any_case) {
    size_t a = strlen(actual), w = strlen(word);
    int (*differ)(const char *, const char *, size_t) = any_case ? strncasecmp : strncmp;
    if (where == 0) return a == w && !differ(actual, word, w);
    if (where == 1) return a >= w && !differ(actual, word, w);
    if (where == 2) return a >= w && !differ(actual + a - w, word, w);
    for (size_t i = 0; i + w <= a; i++)
        if (!differ(actual + i, word, w)) return true;
    return false;
}

static bool text_holds(const struct criterion *c, const char *actual) {
    int how = (int)c->how - (int)COMPARE_EQUALS, where = how / 2;
    bool positive = how % 2 == 0;
    if (!c->word && where == 0) return !positive;
    return part_of(actual, c->word ? c->word : "", where, c->any_case) == positive;
}

static bool holds(const struct model *m, const struct criterion *c, const char *actual) {
    bool relative = c->days >= 0;
    if (!actual) return !c->word && !relative && c->how == COMPARE_EQUALS;
    if (kinds[c->attr].type == TYPE_TEXT) return text_holds(c, actual);
    if (relative) return ordered(c->how, minutes_of(actual), day_boundary(m, c->days));
    if (!c->word) return false;
    if (kinds[c->attr].type == TYPE_NUMBER) return ordered(c->how, atoi(actual), atoi(c->word));
    return ordered(c->how, minutes_of(actual), minutes_of(c->word));
}

bool in_scope(const struct model *m, const struct rule *r, const struct set *values, const bool *null) {
    int count = 0, true_ones = 0;
    for (int i = 0; i < CRITERIA; i++) {
        const struct criterion *c = &r->criteria[i];
        if (!c->on) continue;
        count++;
        true_ones += holds(m, c, null && null[c->attr] ? NULL : first_word(&values[c->attr]));
    }
    if (!count) return true;
    return r->any || r->apart ? true_ones > 0 : true_ones == count;
}

bool cso_in_scope(const struct model *m, const struct rule *r, const struct scso *o) { return in_scope(m, r, o->v, NULL); }
bool mvo_in_scope(const struct model *m, const struct rule *r, const struct smvo *o) { return in_scope(m, r, o->v, o->null); }
