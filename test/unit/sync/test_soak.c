/* Random lives: joiners, movers and leavers in several systems, synchronised in small steps. What the small steps leave behind must
 * be what a full synchronisation under a changed configuration finds right: it may change nothing (invariants 37 and 45). */
#include "world.h"

#include "model/document.h"

#include <stdio.h>
#include <stdlib.h>

enum { PEOPLE = 7, STEPS = 40, LIVES = 60 };

static uint32_t seed;
static unsigned roll(unsigned sides) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 12) % sides;
}

static const char *print(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *print(struct world *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text t = arena_vprint(w->a, format, args);
    va_end(args);
    return arena_cstring(w->a, t);
}

static struct world *world_of_lives(void) {
    struct world *w = world_examples();
    world_system(w, "P");
    world_type(w, "P", "person", "pId||employeeId title department");
    world_match(w, "P", "person", "employeeId", "User", "Employee_ID", true);
    world_rule(w, "RP", 'i', "P", "person", "User", roll(2) ? "p" : "");
    world_map(w, "RP", "employeeId -> Employee_ID")->priority = 9;
    world_map(w, "RP", "title -> Job_Title")->priority = roll(2) ? 1 : 3;
    world_map(w, "RP", "department -> Department")->priority = 3;
    world_mapping(w, "R1", "Job Title")->priority = 2;
    world_mapping(w, "R1", "Department")->priority = 2;
    world_mapping(w, "R1", "Job Title")->null_is_value = roll(2);
    if (roll(2)) world_scope(w, "R1", "All", "department NotEquals Out");
    world_map(w, "R2", "Manager -> manager");
    world_map(w, "R2", "Job_Title -> title");
    if (roll(2)) world_scope(w, "R2", "All", "Department NotEquals Hidden");
    struct sync_rule *r2 = world_find_rule(w, "R2");
    r2->enabled = true;
    r2->deprovision = roll(2) ? DEPROVISION_DELETE : DEPROVISION_DISCONNECT;
    enum deletion_trigger_mode mode = roll(2) ? ALL_SOURCES_DISCONNECT : SPECIFIC_SOURCES_DISCONNECT;
    world_delete_rule(w, "User", (enum deletion_rule)roll(3), mode, roll(2) ? "HR" : "HR P", (int)roll(2));
    w->page_size = 1 + roll(4);
    return w;
}

static const char *const departments[] = {"IT", "Law", "Out", "Hidden"};
static const char *const titles[] = {"Boss", "Clerk", "Chief"};

static void change_row(struct world *w, const char *system) {
    unsigned n = 1 + roll(PEOPLE);
    const char *key = print(w, "%s%u", system, n);
    struct cso *o = world_cso(w, system, key);
    if (o && o->status != CSO_OBSOLETE && roll(4) == 0) {
        world_gone(w, system, key);
        return;
    }
    const char *title = roll(3) ? print(w, ";title=%s", titles[roll(3)]) : "";
    const char *department = roll(4) ? print(w, ";department=%s", departments[roll(4)]) : "";
    bool hr = system[0] == 'H';
    const char *manager = hr && roll(2) ? print(w, ";managerId=HR%u", 1 + roll(PEOPLE)) : "";
    const char *name = hr ? print(w, ";displayName=N%u%s", n, roll(4) ? "" : "x") : "";
    world_row(w, system, "person", key, print(w, "employeeId=E%u%s%s%s%s", n, name, title, department, manager));
}

static struct cso *account_of(struct world *w, int64_t mvo, int32_t system) {
    for (size_t i = 0; i < w->objects.count; i++) {
        struct cso *o = w->objects.at[i];
        if (o->mvo == mvo && o->system == system && o->secondary_external_id.len) return o;
    }
    return NULL;
}

/* Writes one change to the object; false while a reference has no target yet. */
static bool written(struct world *w, struct cso *o, const struct staged_change *k) {
    struct value v = k->value;
    if (k->reference_mvo) {
        const struct cso *target = account_of(w, k->reference_mvo, o->system);
        if (!target) return false;
        v = (struct value){.type = TYPE_REFERENCE, .reference = {.raw = target->secondary_external_id}};
    }
    attributes_remove(&o->values, k->attribute);
    if (k->has_value) values_add(w->a, attributes_ensure(w->a, &o->values, k->attribute), v);
    return true;
}

static void drop(struct world *w, const struct pending_export *p) {
    for (size_t n = 0; n < w->exports.count; n++) {
        if (w->exports.at[n] == p) w->exports.at[n--] = w->exports.at[--w->exports.count];
    }
}

static void export_one(struct world *w, struct cso *o, struct pending_export *p) {
    static int serial;
    const struct cs_type *t = config_cs_type(w->config, o->type);
    struct staged_changes rest = {0};
    o->updated = w->now;
    if (p->change == EXPORT_DELETE) {
        o->status = CSO_OBSOLETE;
        drop(w, p);
        return;
    }
    for (EACH(struct staged_change, k, &p->changes)) {
        if (!written(w, o, k)) *LIST_ADD(w->a, &rest) = *k;
    }
    if (!o->external_id.len) {
        struct value id;
        assert_true(value_read(w->a, TYPE_GUID, arena_print(w->a, "00000000-0000-0000-0000-%012d", ++serial), &id));
        values_add(w->a, attributes_ensure(w->a, &o->values, t->external_id->id), id);
    }
    o->external_id = cso_external_id(w->a, t, &o->values);
    o->secondary_external_id = cso_secondary_id(w->a, t, &o->values);
    o->status = CSO_NORMAL;
    p->change = EXPORT_UPDATE;
    p->changes = rest;
    if (!rest.count) drop(w, p);
}

/* The target does what it is told, and an import sees it. */
static void export_and_import(struct world *w) {
    for (size_t i = 0; i < w->objects.count; i++) {
        struct pending_export *p = world_pe(w, w->objects.at[i]);
        if (p && w->objects.at[i]->system == world_system_named(w, "AD")->id) export_one(w, w->objects.at[i], p);
    }
}

/* Objects that found no identity, and references whose target has gone, wait until their object is processed again. */
static void settle(struct world *w) {
    for (int i = 0; i < 4; i++) {
        for (size_t n = 0; n < w->objects.count; n++) {
            if (w->objects.at[n]->status == CSO_NORMAL) w->objects.at[n]->updated = w->now;
        }
        world_delta(w, "HR");
        world_delta(w, "P");
        export_and_import(w);
        world_delta(w, "AD");
    }
}

static const char *identities(struct world *w) {
    text t = {0};
    for (size_t i = 0; i < w->identities.count; i++) {
        const struct mvo *m = w->identities.at[i];
        t = arena_print(w->a, "%.*s%lld %s %s %s %s\n", TEXT_ARG(t), (long long)m->id, world_mv(w, m, "Display_Name"),
                        world_mv(w, m, "Department"), world_mv(w, m, "Job_Title"), world_mv(w, m, "Manager"));
    }
    return arena_cstring(w->a, t);
}

static const char *objects(struct world *w) {
    text t = {0};
    for (size_t i = 0; i < w->objects.count; i++) {
        t = arena_print(w->a, "%.*s%lld>%lld %s\n", TEXT_ARG(t), (long long)w->objects.at[i]->id, (long long)w->objects.at[i]->mvo,
                        world_pe_text(w, w->objects.at[i]));
    }
    return arena_cstring(w->a, t);
}

static void full(struct world *w) {
    w->configuration_changed = true;
    world_sync(w, "HR");
    world_sync(w, "P");
    world_sync(w, "AD");
}

/* The first full pass changes no identity; it may provision again what was deprovisioned and came back into scope meanwhile (Q6).
 * When that is done, another finds nothing. */
static void compare(struct world *w, uint32_t life) {
    const char *before = identities(w);
    full(w);
    const char *after = identities(w);
    if (strcmp(before, after) == 0) {
        export_and_import(w);
        full(w);
        before = objects(w);
        full(w);
        after = objects(w);
    }
    if (strcmp(before, after) == 0) return;
    print_error("life %u, before:\n%safter:\n%s", life, before, after);
    fail();
}

static void lives(void **state) {
    (void)state;
    for (uint32_t life = 1; life <= LIVES; life++) {
        seed = life * 7919;
        struct world *w = world_of_lives();
        for (int i = 0; i < STEPS; i++) {
            unsigned what = roll(10);
            if (what < 4)
                change_row(w, "HR");
            else if (what < 6)
                change_row(w, "P");
            else if (what == 6)
                world_delta(w, roll(2) ? "HR" : "P");
            else if (what == 7)
                world_sync(w, roll(2) ? "P" : "HR");
            else if (what == 8)
                export_and_import(w);
            else
                world_housekeeping(w);
        }
        settle(w);
        compare(w, life);
        world_free(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
