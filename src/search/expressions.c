/* Evaluates the expressions that configured values may hold. */
#include "search/expressions.h"

enum step { STEP_DAYS, STEP_MONTHS, STEP_YEARS, STEP_SECONDS, STEP_MINUTES, STEP_HOURS };
static const struct {
    text name;
    bool of_day; /* of ${today}; else of ${now} */
    enum step step;
} steps[] = {
    {T(".plusDays("), true, STEP_DAYS},        {T(".plusMonths("), true, STEP_MONTHS},    {T(".plusYears("), true, STEP_YEARS},
    {T(".plusSeconds("), false, STEP_SECONDS}, {T(".plusMinutes("), false, STEP_MINUTES}, {T(".plusHours("), false, STEP_HOURS},
};
static const int64_t seconds_of[] = {[STEP_DAYS] = 86400, [STEP_SECONDS] = 1, [STEP_MINUTES] = 60, [STEP_HOURS] = 3600};

bool has_expression(text t) { return t.at && text_find(t, T("${")) != SIZE_MAX; }

static bool move(instant *t, enum step step, int32_t n) {
    if (step == STEP_MONTHS || step == STEP_YEARS) return instant_add_months(*t, (int64_t)n * (step == STEP_YEARS ? 12 : 1), t);
    return instant_add_ticks(*t, (int64_t)n * seconds_of[step] * TICKS_PER_SECOND, t);
}

/* ".plusDays(-7)" and its like, as many as there are. */
static bool move_all(text rest, bool of_day, instant *t) {
    while (rest.len) {
        size_t i = 0, count = sizeof steps / sizeof *steps;
        while (i < count && !(steps[i].of_day == of_day && text_starts_with(rest, steps[i].name))) i++;
        size_t close = text_find_byte(rest, ')');
        int32_t n;
        if (i == count || close == SIZE_MAX || !text_to_int32(text_slice(rest, steps[i].name.len, close), &n)) return false;
        if (!move(t, steps[i].step, n)) return false;
        rest = text_slice(rest, close + 1, rest.len);
    }
    return true;
}

/* yyyy-MM-dd'T'HH:mm:ss+0000, the form of filters. */
static text date_text(arena *a, instant t) {
    struct date_parts p = instant_parts(t);
    return arena_print(a, "%04d-%02d-%02dT%02d:%02d:%02d+0000", p.year, p.month, p.day, p.hour, p.minute, p.second);
}

static bool date(arena *a, text name, instant now, text *out) {
    bool of_day = text_starts_with(name, T("today"));
    if (!of_day && !text_starts_with(name, T("now"))) return false;
    instant t = of_day ? instant_floor_day(now) : now;
    if (!move_all(text_slice(name, of_day ? T("today").len : T("now").len, name.len), of_day, &t)) return false;
    *out = date_text(a, t);
    return true;
}

static bool of_user(arena *a, text name, const struct search_asker *who, text *out) {
    if (text_equal(name, T("user.id"))) *out = arena_print(a, "%d", who->user);
    if (text_equal(name, T("user.name"))) *out = who->user_name;
    if (text_equal(name, T("user.fullName"))) *out = who->full_name;
    if (text_equal(name, T("user.ipAddress"))) *out = who->address;
    if (text_equal(name, T("user.objectId")) && !uuid_is_zero(who->object_id)) {
        char *id = arena_bytes(a, 36);
        uuid_write(who->object_id, id);
        *out = (text){id, 36};
    }
    return out->at;
}

bool expressions_evaluate(arena *a, text t, const struct search_asker *who, text *out) {
    OWNED_VALUE(buffer) b = {.max = 1 << 16};
    while (t.len) {
        size_t begin = text_find(t, T("${"));
        buffer_text(&b, text_slice(t, 0, begin == SIZE_MAX ? t.len : begin));
        if (begin == SIZE_MAX) break;
        t = text_slice(t, begin + 2, t.len);
        size_t end = text_find_byte(t, '}');
        text value = {0};
        if (end == SIZE_MAX) return false;
        text name = text_slice(t, 0, end);
        if (!date(a, name, who->now, &value) && !of_user(a, name, who, &value)) return false;
        buffer_text(&b, value);
        t = text_slice(t, end + 1, t.len);
    }
    *out = arena_text(a, buffer_as_text(&b));
    return !b.overflow;
}

bool expressions_known(arena *a, text t) {
    struct search_asker anybody = {
        .user = 1, .user_name = T("x"), .full_name = T("x"), .address = T("127.0.0.1"), .object_id = {{1}}, .now = {TICKS_1970}};
    text unused;
    return expressions_evaluate(a, t, &anybody, &unused);
}
