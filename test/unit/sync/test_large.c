/* Groups with very many members: the work grows with the members, not with their square (sync-engine §23, §29). */
#include "world.h"

#include <stdlib.h>
#include <time.h>

enum { MEMBERS = 120000, FIRST_CSO = 1000000, FIRST_MVO = 5000000, FIRST_ACCOUNT = 9000000 };

/* Member i is the CSO FIRST_CSO + i, joined to the MVO FIRST_MVO + i, which has the account FIRST_ACCOUNT + i. */
struct source {
    struct world *w;
    const struct mvo *group;
    const struct cso *account;
    const struct pending_export *pending;
    int32_t ad, user;
};

static error *answer(void *state, arena *a, const struct sync_wants *wants, struct sync_ids *ids, struct sync_facts *f) {
    struct source *s = state;
    for (size_t i = 0; i < wants->mvos.count; i++) {
        if (s->group && wants->mvos.at[i] == s->group->id) *LIST_ADD(a, &f->mvos) = *s->group;
    }
    if (wants->connectors.count && s->account) {
        struct cso *head = LIST_ADD(a, &f->connectors);
        *head = *s->account;
        head->has_values = false;
        head->values = (struct attributes){0};
    }
    if (wants->values.count && s->account) *LIST_ADD(a, &f->values) = *s->account;
    if (wants->pending.count && s->pending) *LIST_ADD(a, &f->pending) = *s->pending;
    for (size_t i = 0; i < wants->targets.count; i++) {
        int64_t id = wants->targets.at[i];
        *LIST_ADD(a, &f->targets) = (struct sync_link){id, id - FIRST_CSO + FIRST_MVO, 1, 1, CSO_NORMAL};
    }
    for (size_t i = 0; i < wants->links.count; i++) {
        int64_t id = wants->links.at[i];
        *LIST_ADD(a, &f->links) = (struct sync_link){id - FIRST_MVO + FIRST_ACCOUNT, id, s->ad, s->user, CSO_NORMAL};
    }
    struct sync_id_range *ranges[] = {&ids->mvo, &ids->cso, &ids->item, &ids->pending_export};
    for (size_t i = 0; i < 4; i++) ranges[i]->end = ranges[i]->next + 100;
    return NULL;
}

static void add_reference(arena *a, struct values *set, int64_t target, bool raw) {
    text t = raw ? arena_print(a, "cn=%lld", (long long)target) : (text){0};
    *LIST_ADD(a, set) = (struct value){.type = TYPE_REFERENCE, .reference = {.raw = t, .target = target}};
}

static double cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const struct sync_outcome *synchronise(struct source *s, arena *a, const struct cso *team) {
    struct world *w = s->w;
    struct csos page = {0};
    *LIST_ADD(a, &page) = *team;
    sync_plan *plan = sync_plan_new(w->config);
    struct sync_run *run = ARENA_NEW(a, struct sync_run);
    *run = (struct sync_run){.system = team->system, .full = true, .configuration_changed = false, .tracking = TRACK_DETAILED};
    run->now = w->now;
    sync_batch *b = sync_batch_new(a, plan, run, &w->ids);
    sync_batch_page(b, &page);
    assert_null(sync_finish(b, (struct sync_source){.state = s, .answer = answer}));
    sync_plan_free(plan);
    return sync_outcome(b);
}

EXAMPLE(half_a_directory_in_one_group) {
    world_type(w, "HR", "team", "teamId||members:Reference[]");
    world_rule(w, "R3", 'i', "HR", "team", "Group", "p");
    world_map(w, "R3", "members -> Members");
    world_rule(w, "R4", 'o', "AD", "group", "Group", "p");
    world_map(w, "R4", "Members -> member");
    const struct cs_type *type = world_type_named(w, "HR", "team");
    OWNED(arena) a = arena_new(SIZE_MAX);
    int32_t members = config_cs_attribute_named(type, T("members"))->id;
    struct cso team = {.id = 700, .system = type->system, .type = type->id, .has_values = true, .created = w->now};
    struct values *set = attributes_ensure(a, &team.values, members);
    for (int64_t i = 0; i < MEMBERS; i++) add_reference(a, set, FIRST_CSO + i, true);
    struct source s = {.w = w, .ad = world_system_named(w, "AD")->id, .user = world_type_named(w, "AD", "user")->id};

    double began = cpu(); /* a new group: projected, its Create staged with every member */
    const struct sync_outcome *o = synchronise(&s, a, &team);
    assert_int_equal(o->mvos.count, 1);
    assert_int_equal(o->mvos.at[0].after->values.at[0].count, MEMBERS);
    assert_int_equal(o->pending.at[0].after->changes.count, MEMBERS);
    double all = cpu() - began;

    struct mvo group = *o->mvos.at[0].after;
    s.group = &group;
    team.mvo = group.id;
    team.join = JOIN_PROJECTED;
    struct cso account = {0};
    for (EACH(const struct cso_change, k, &o->csos)) account = k->after->system == s.ad ? *k->after : account;
    struct pending_export p = *o->pending.at[0].after;
    s.account = &account;
    s.pending = &p;
    p.status = EXPORT_EXPORTED; /* written, not yet confirmed: compared with what was written */
    for (EACH(struct staged_change, k, &p.changes)) k->status = CHANGE_EXPORTED;
    add_reference(a, set, FIRST_CSO + MEMBERS, true);

    began = cpu(); /* one member more */
    o = synchronise(&s, a, &team);
    double one = cpu() - began;
    assert_int_equal(o->mvos.at[0].after->values.at[0].count, MEMBERS + 1);
    assert_int_equal(o->pending.at[0].after->changes.count, MEMBERS + 1);
    assert_int_equal(o->pending.at[0].after->change, EXPORT_UPDATE);
    if (getenv("JOINERY_TEST_TIMES")) print_message("all %.3f s, one more %.3f s\n", all, one);
    assert_true(all < 20 && one < 20); /* the square would take hours */

    p.changes.count = 0; /* confirmed: the account holds them; half of them leave */
    s.pending = NULL;
    account.status = CSO_NORMAL;
    account.has_values = true;
    account.values = (struct attributes){0};
    int32_t member = config_cs_attribute_named(world_type_named(w, "AD", "group"), T("member"))->id;
    struct values *held = attributes_ensure(a, &account.values, member);
    for (int64_t i = 0; i < MEMBERS; i++) add_reference(a, held, FIRST_ACCOUNT + i, true);
    set = attributes_find(&team.values, members);
    set->count = MEMBERS / 2;
    set->index = NULL;
    began = cpu();
    o = synchronise(&s, a, &team);
    double half = cpu() - began;
    assert_int_equal(o->mvos.at[0].after->values.at[0].count, MEMBERS / 2);
    assert_int_equal(o->pending.at[0].after->changes.count, MEMBERS / 2);
    assert_int_equal(o->pending.at[0].after->changes.at[0].change, CHANGE_REMOVE);
    if (getenv("JOINERY_TEST_TIMES")) print_message("half leave %.3f s\n", half);
    assert_true(half < 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(half_a_directory_in_one_group)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
