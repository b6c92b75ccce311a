/* Activities and the tasks that carry them out. */
#include "base/json.h"
#include "base/unicode.h"
#include "store/session.h"

enum { COUNTERS = sizeof(struct activity_counters) / sizeof(int64_t), DOCUMENT_BYTES = 1 << 20 };

/* Counters are stored as the array of their numbers, in the order of the struct, without zeros at the end. */
static text write_counters(arena *a, const struct activity_counters *c) {
    int64_t numbers[COUNTERS];
    memcpy(numbers, c, sizeof numbers);
    size_t count = COUNTERS;
    while (count && numbers[count - 1] == 0) count--;
    if (!count) return (text){0};
    OWNED_VALUE(buffer) b = {.max = DOCUMENT_BYTES};
    struct json_writer w = {.out = &b};
    json_array(&w);
    for (size_t i = 0; i < count; i++) json_int(&w, numbers[i]);
    json_array_end(&w);
    return arena_text(a, buffer_as_text(&b));
}

static FALLIBLE read_counters(arena *a, text document, struct activity_counters *c) {
    int64_t numbers[COUNTERS] = {0};
    size_t count = 0;
    if (!text_is_null(document)) {
        const struct json *list;
        TRY(json_read(a, document, (struct json_limits){0}, &list, NULL));
        for (EACH_JSON(n, list))
            if (count < COUNTERS && json_int64(n, &numbers[count])) count++;
    }
    memcpy(c, numbers, sizeof numbers);
    return NULL;
}

static text write_phases(arena *a, const struct activity_phases *phases) {
    if (!phases->count) return (text){0};
    OWNED_VALUE(buffer) b = {.max = DOCUMENT_BYTES};
    struct json_writer w = {.out = &b};
    json_array(&w);
    for (EACH(const struct activity_phase, p, phases)) {
        json_array(&w);
        json_string(&w, p->key), json_string(&w, p->name), json_string(&w, p->parent_key);
        json_int(&w, p->order), json_int(&w, p->status), json_int(&w, p->started.ticks), json_int(&w, p->ended.ticks);
        json_array_end(&w);
    }
    json_array_end(&w);
    return arena_text(a, buffer_as_text(&b));
}

static bool read_phase(const struct json *row, struct activity_phase *p) {
    if (row->kind != JSON_ARRAY || row->count != 7) return false;
    text texts[3];
    int64_t numbers[4];
    const struct json *at = row->first;
    for (size_t i = 0; i < 3; i++, at = at->next) texts[i] = at->kind == JSON_STRING ? at->content : (text){0};
    for (size_t i = 0; i < 4; i++, at = at->next)
        if (!json_int64(at, &numbers[i])) return false;
    *p = (struct activity_phase){texts[0],     texts[1],    texts[2], (int32_t)numbers[0], (enum phase_status)numbers[1],
                                 {numbers[2]}, {numbers[3]}};
    return true;
}

static FALLIBLE read_phases(arena *a, text document, struct activity_phases *phases) {
    if (text_is_null(document)) return NULL;
    const struct json *list;
    TRY(json_read(a, document, (struct json_limits){0}, &list, NULL));
    for (EACH_JSON(row, list))
        if (!read_phase(row, LIST_ADD(a, phases))) return FAIL(ERROR_CORRUPT, "a phase cannot be read");
    return NULL;
}

/* [[container, entries], …] */
static text write_discarded(arena *a, const struct discarded_list *list) {
    text out = {0};
    for (EACH(const struct discarded_entries, d, list))
        out = arena_print(a, "%.*s%s[%d,%lld]", TEXT_ARG(out), out.len ? "," : "[", d->container, (long long)d->count);
    return text_is_null(out) ? out : arena_print(a, "%.*s]", TEXT_ARG(out));
}

static FALLIBLE read_discarded(arena *a, text document, struct discarded_list *out) {
    const struct json *list;
    int64_t container;
    if (text_is_null(document)) return NULL;
    TRY(json_read(a, document, (struct json_limits){0}, &list, NULL));
    for (EACH_JSON(pair, list)) {
        struct discarded_entries *d = LIST_ADD(a, out);
        if (pair->count != 2 || !json_int64(pair->first, &container) || !json_int64(pair->first->next, &d->count))
            return FAIL(ERROR_CORRUPT, "the counts of discarded entries cannot be read");
        d->container = (int32_t)container;
    }
    return NULL;
}

/* Bits in the order of the outcome filter (operations §11.1). */
static int64_t outcome_bits(const struct activity_counters *c) {
    const int64_t counts[] = {c->added,           c->updated,      c->deleted,           c->projected,   c->joined,
                              c->attribute_flows, c->disconnected, c->drift_corrections, c->provisioned, c->exported,
                              c->deprovisioned,   c->created,      c->pending_exports,   c->errors};
    int64_t bits = 0;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i] > 0) bits |= INT64_C(1) << i;
    return bits;
}

FALLIBLE store_save_activity(store_tx *tx, struct activity *a) {
    TRY(need_write(tx));
    if (!a->id) TRY(store_ids(tx->s, IDS_ACTIVITY, 1, &a->id));
    arena *m = tx->scratch;
    text names =
        arena_print(m, "%.*s\n%.*s\n%.*s", TEXT_ARG(a->target_name), TEXT_ARG(a->target_context), TEXT_ARG(a->initiator.name));
    struct activity_row row = {.a = *a,
                               .counters = write_counters(m, &a->counters),
                               .phases = write_phases(m, &a->phases),
                               .discarded = write_discarded(m, &a->discarded),
                               .search = text_fold(m, names),
                               .initiator_key = text_is_null(a->initiator.name) ? (text){0} : text_fold(m, a->initiator.name),
                               .outcomes = outcome_bits(&a->counters)};
    return q_activity_save(tx, &row, 1);
}

static FALLIBLE from_row(arena *a, const struct activity_row *row, struct activity *out) {
    *out = row->a;
    TRY_OR(read_counters(a, row->counters, &out->counters), "activity %lld: counters", (long long)row->a.id);
    TRY_OR(read_phases(a, row->phases, &out->phases), "activity %lld: phases", (long long)row->a.id);
    TRY_OR(read_discarded(a, row->discarded, &out->discarded), "activity %lld: discarded entries", (long long)row->a.id);
    return NULL;
}

FALLIBLE store_activity(store_tx *tx, arena *a, int64_t id, struct activity *out, bool *found) {
    struct activity_row row = {0};
    TRY(q_activity_by_id_one(tx, a, &(struct q_activity_by_id_in){id}, &row, found));
    return *found ? from_row(a, &row, out) : NULL;
}

static text name_list(arena *a, const struct texts *names) {
    if (!names->count) return (text){0};
    text list = T("|");
    for (EACH(const text, n, names)) list = arena_print(a, "%.*s%.*s|", TEXT_ARG(list), TEXT_ARG(*n));
    return list;
}

static text folded(arena *a, text t) { return text_is_empty(t) ? (text){0} : text_fold(a, t); }

FALLIBLE store_activities(store_tx *tx, arena *a, const struct activity_query *q, struct activities *out, int64_t *total) {
    struct q_activities_in in = {
        .parent = q->parent,
        .search = folded(a, q->search),
        .initiated_by = folded(a, q->initiated_by),
        .initiated_by_id = text_is_empty(q->initiated_by_id) ? (text){0} : q->initiated_by_id,
        .targets = (int64_t)q->targets,
        .operations = (int64_t)q->operations,
        .statuses = (int64_t)q->statuses,
        .initiator_types = (int64_t)q->initiator_types,
        .outcomes = q->outcomes,
        .systems = name_list(a, &q->systems),
        .run_profiles = name_list(a, &q->run_profiles),
        .since = q->from.ticks,
        .until = q->to.ticks,
        .has_children = q->has_children,
        .limit = q->limit,
        .offset = q->offset,
    };
    struct q_activities_count_in count_in;
    _Static_assert(sizeof in == sizeof count_in, "the count takes the inputs of the list");
    memcpy(&count_in, &in, sizeof in);
    struct q_activities_count_row count;
    bool found;
    TRY(q_activities_count_one(tx, a, &count_in, &count, &found));
    *total = count.number;
    struct activity_rows rows = {0};
    unsigned sort = q->sort >= 0 && q->sort <= 4 ? (unsigned)q->sort : 0;
    TRY(q_activities_all(tx, a, sort * 2 + q->descending, &in, 1, &rows));
    for (EACH(const struct activity_row, row, &rows)) TRY(from_row(a, row, LIST_ADD(a, out)));
    return NULL;
}

FALLIBLE store_save_task(store_tx *tx, struct worker_task *t) {
    TRY(need_write(tx));
    if (!t->id) TRY(store_ids(tx->s, IDS_TASK, 1, &t->id));
    return q_task_save(tx, t, 1);
}

FALLIBLE store_delete_task(store_tx *tx, int64_t id) {
    TRY(need_write(tx));
    return q_task_delete(tx, &(struct q_task_delete_in){id}, 1);
}

FALLIBLE store_task(store_tx *tx, arena *a, int64_t id, struct worker_task *out, bool *found) {
    return q_task_by_id_one(tx, a, &(struct q_task_by_id_in){id}, out, found);
}

FALLIBLE store_tasks(store_tx *tx, arena *a, int64_t offset, int64_t limit, struct worker_tasks *out, int64_t *total) {
    struct q_tasks_count_row count;
    bool found;
    TRY(q_tasks_count_one(tx, a, &count, &found));
    *total = count.number;
    return q_tasks_all(tx, a, &(struct q_tasks_in){.limit = limit, .offset = offset}, 1, out);
}
