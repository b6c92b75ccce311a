/* Connected objects and identities: what is written is read, found and removed, with index rows, references and large values. */
#include "store/names.h"
#include "world.h"

#include <stdio.h>

static struct value *first(struct cso *o, int32_t attribute) {
    const struct value *v = attributes_first(&o->values, attribute);
    assert_non_null(v);
    return (struct value *)(uintptr_t)v;
}

static void test_round_trip(void **state) {
    struct world *w = *state;
    struct cso *o = person(w, T("E-7 Größe"), T("Ada \"the\" first"));
    put_text(w->a, &o->values, w->mail, T("b@x"));
    put_text(w->a, &o->values, w->mail, T("A@x"));
    put_text(w->a, &o->values, w->mail, T("a@x"));
    struct values *photo = put(w->a, &o->values, w->photo);
    struct value bytes = {.type = TYPE_BINARY, .text = {"\0\1\xff", 3}};
    photo->at = &bytes, photo->count = photo->room = 1;
    o->partition = 3, o->join = JOIN_NONE, o->updated.ticks = 200, o->scope_review = true;
    memcpy(o->import_hash, "0123456789abcdef", 16);
    write_cso(w, NULL, o);
    world_reopen(w);
    struct cso *got = load_cso(w, o->id);
    assert_non_null(got);
    ASSERT_TEXT(got->external_id, T("E-7 Größe"));
    assert_true(text_is_null(got->secondary_external_id));
    assert_int_equal(got->partition, 3);
    assert_int_equal(got->updated.ticks, 200);
    assert_int_equal(got->joined.ticks, 0);
    assert_true(got->scope_review);
    assert_memory_equal(got->import_hash, "0123456789abcdef", 16);
    ASSERT_TEXT(first(got, w->name)->text, T("Ada \"the\" first"));
    ASSERT_TEXT(first(got, w->photo)->text, ((text){"\0\1\xff", 3}));
    const struct values *mails = attributes_find(&got->values, w->mail);
    assert_int_equal(mails->count, 3);
    ASSERT_TEXT(mails->at[0].text, T("b@x")); /* in the order of insertion */

    /* two values with one folded key: the row stays until both are gone */
    OWNED(store_tx) tx = NULL;
    struct match_query q = {w->person, w->mail, T("a@x")};
    struct match_hits hits = {0};
    struct cso *less = ARENA_NEW(w->a, struct cso);
    *less = *got;
    less->values = attributes_copy(w->a, &got->values);
    attributes_find(&less->values, w->mail)->count = 2;
    write_cso(w, got, less);
    OK(store_read(w->s, &tx));
    OK(store_match_csos(tx, w->a, &q, 1, &hits));
    assert_int_equal(hits.count, 1);
    store_end(TAKE(tx));
    write_cso(w, less, NULL);
    OK(store_read(w->s, &tx));
    hits.count = 0;
    OK(store_match_csos(tx, w->a, &q, 1, &hits));
    assert_int_equal(hits.count, 0);
    store_end(TAKE(tx));
    assert_null(load_cso(w, o->id));
}

static void test_keys(void **state) {
    struct world *w = *state;
    struct cso *a = person(w, T("E1"), T("A")), *b = person(w, T("e1"), T("B"));
    write_cso(w, NULL, a);
    OWNED(store_tx) tx = NULL;
    struct cso_change change = {NULL, b, true};
    OK(store_write(w->s, STORE_BULK, &tx));
    FAILS(ERROR_CONFLICT, store_write_csos(tx, w->c, &(struct cso_changes){&change, 1, 1})); /* invariant 3 */
    store_end(TAKE(tx));

    struct cso_key_query q[] = {{w->hr, w->person, false, T("e1")}, {w->hr, 0, false, T("E2")}, {w->ad, 0, false, T("E1")}};
    struct cso_key_hits hits = {0};
    OK(store_read(w->s, &tx));
    OK(store_find_keys(tx, w->a, q, 3, &hits));
    assert_int_equal(hits.count, 1);
    assert_int_equal(hits.at[0].query, 0);
    assert_int_equal(hits.at[0].cso, a->id);
    store_end(TAKE(tx));

    /* a change of the id alone moves the key */
    struct cso renamed = *a;
    renamed.values = attributes_copy(w->a, &a->values);
    attributes_find(&renamed.values, w->hr_id)->at[0].text = renamed.external_id = T("E2");
    write_cso(w, a, &renamed);
    hits.count = 0;
    OK(store_read(w->s, &tx));
    OK(store_find_keys(tx, w->a, q, 3, &hits));
    assert_int_equal(hits.count, 1);
    assert_int_equal(hits.at[0].query, 1);
}

static void count_keys(void *state, const struct cso_key *k) {
    int64_t *sums = state;
    sums[0]++;
    sums[1] += k->awaiting;
    sums[2] += text_equal(k->key, T("e2"));
}

/* The list of what has changed names the objects of the page, behind an id too, and says when there are too many. */
static void changed_alike(struct world *w, store_tx *tx, const struct csos *page) {
    struct int64s ids = {0};
    bool few = false;
    OK(store_changed_csos(tx, w->a, w->hr, (instant){450}, 0, 3, &ids, &few));
    assert_true(few);
    assert_int_equal(ids.count, page->count);
    for (size_t i = 0; i < ids.count; i++) assert_int_equal(ids.at[i], page->at[i].id);
    OK(store_changed_csos(tx, w->a, w->hr, (instant){450}, 0, 2, &ids, &few));
    assert_false(few);
    ids.count = 0;
    OK(store_changed_csos(tx, w->a, w->hr, (instant){450}, page->at[0].id, 3, &ids, &few));
    assert_int_equal(ids.count, page->count - 1);
    ids.count = 0;
    OK(store_changed_csos(tx, w->a, w->hr, (instant){0}, 0, 10, &ids, &few)); /* new ones, too */
    assert_int_equal(ids.count, 5);
    ids.count = 0;
    OK(store_changed_csos(tx, w->a, w->ad, (instant){0}, 0, 10, &ids, &few));
    assert_int_equal(ids.count, 0);
}

static void test_pages_and_scan(void **state) {
    struct world *w = *state;
    struct cso *list[5];
    for (int i = 0; i < 5; i++) {
        list[i] = person(w, arena_print(w->a, "E%d", i), T("N"));
        if (i == 3) list[i]->updated.ticks = 500;
        if (i == 4) list[i]->sync_failed = true;
        write_cso(w, NULL, list[i]);
    }
    OWNED(store_tx) tx = NULL;
    struct pending_export p = {
        .system = w->hr, .cso = list[1]->id, .change = EXPORT_UPDATE, .status = EXPORT_EXPORTED, .max_retries = 5};
    OK(store_ids(w->s, IDS_PENDING_EXPORT, 1, &p.id));
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_write_pending(tx, w->c, &(struct pending_export_changes){&(struct pending_export_change){NULL, &p}, 1, 1}));
    OK(store_touch_csos(tx, &list[0]->id, 1, (instant){600}));
    OK(store_write_stamps(tx, &(struct import_stamp){list[2]->id, {9}}, 1));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    OK(store_read(w->s, &tx));
    struct csos page = {0};
    OK(store_cso_page(tx, w->a, w->c, &(struct cso_page_query){w->hr, 0, 2, {0}, false}, &page));
    assert_int_equal(page.count, 2);
    assert_false(page.at[0].has_values);
    assert_int_equal(page.at[0].updated.ticks, 600);
    OK(store_cso_page(tx, w->a, w->c, &(struct cso_page_query){w->hr, page.at[1].id, 10, {0}, true}, &page));
    assert_int_equal(page.count, 5);
    assert_int_equal(page.at[2].import_hash[0], 9);
    page.count = 0;
    OK(store_cso_page(tx, w->a, w->c, &(struct cso_page_query){w->hr, 0, 10, {450}, true}, &page));
    assert_int_equal(page.count, 3); /* touched, updated, failed */
    changed_alike(w, tx, &page);
    int64_t sums[3] = {0};
    OK(store_each_cso_key(tx, w->hr, count_keys, sums));
    assert_int_equal(sums[0], 5);
    assert_int_equal(sums[1], 1);
    assert_int_equal(sums[2], 1);
    /* some of them; E1 awaits */
    int64_t some[3] = {0};
    OK(store_cso_keys_of(tx, w->a, w->hr, (const text[]){T("e1"), T("nobody"), T("e4")}, 3, count_keys, some));
    assert_int_equal(some[0], 2);
    assert_int_equal(some[1], 1);
    /* in the order that was asked for, without what does not exist */
    int64_t ids[] = {list[4]->id, 999999, list[0]->id};
    page.count = 0;
    OK(store_csos(tx, w->a, w->c, ids, 3, false, &page));
    assert_int_equal(page.count, 2);
    assert_int_equal(page.at[0].id, list[4]->id);
    struct system_counts counts;
    OK(store_system_counts(tx, w->hr, &counts));
    assert_int_equal(counts.objects, 5);
    assert_int_equal(counts.pending_exports, 1);
}

static struct cso *directory_object(struct world *w, int32_t type, const char *guid, const char *dn) {
    struct cso *o = ARENA_NEW(w->a, struct cso);
    *o = (struct cso){.system = w->ad, .type = type, .status = CSO_NORMAL, .created = {1}, .has_values = true};
    o->external_id = text_of(guid);
    o->secondary_external_id = text_of(dn);
    OK(store_ids(w->s, IDS_CSO, 1, &o->id));
    struct values *set = put(w->a, &o->values, type == w->user ? w->guid : w->group_guid);
    set->at = ARENA_NEW(w->a, struct value);
    set->count = set->room = 1;
    assert_true(value_read(w->a, TYPE_GUID, o->external_id, set->at));
    put_text(w->a, &o->values, type == w->user ? w->dn : w->group_dn, o->secondary_external_id);
    return o;
}

/* Sync-engine §6: by the declared type's external id, else by secondary ids, else by external ids; never a guess (W12–W15,
 * invariant 21). */
static void test_references(void **state) {
    struct world *w = *state;
    struct cso *ann = directory_object(w, w->user, "0e1b2c3d-0000-4000-8000-000000000001", "CN=Ann,OU=S");
    struct cso *group = directory_object(w, w->group, "0e1b2c3d-0000-4000-8000-000000000002", "CN=G,OU=S");
    put_raw(w->a, &group->values, w->members, T("cn=ANN,ou=s"));
    put_raw(w->a, &group->values, w->members, T("CN=Bob,OU=S"));
    put_raw(w->a, &group->values, w->owner, T("{0E1B2C3D-0000-4000-8000-000000000001}"));
    write_cso(w, NULL, group);
    struct cso *got = load_cso(w, group->id);
    assert_int_equal(first(got, w->members)->reference.target, 0);
    write_cso(w, NULL, ann);
    got = load_cso(w, group->id);
    const struct values *members = attributes_find(&got->values, w->members);
    assert_int_equal(members->at[0].reference.target, ann->id);
    ASSERT_TEXT(members->at[0].reference.raw, T("cn=ANN,ou=s"));
    assert_int_equal(members->at[1].reference.target, 0);
    assert_int_equal(first(got, w->owner)->reference.target, ann->id); /* a GUID in another form */

    OWNED(store_tx) tx = NULL;
    struct int64s who = {0};
    text ids[] = {T("cn=bob,ou=s"), T("0e1b2c3d-0000-4000-8000-000000000001"), T("cn=ann,ou=s")};
    OK(store_read(w->s, &tx));
    OK(store_referrers(tx, w->a, w->ad, ids, 3, &who));
    assert_int_equal(who.count, 1);
    assert_int_equal(who.at[0], group->id);
    int64_t references;
    OK(store_count_unresolved(tx, w->ad, &references));
    assert_int_equal(references, 1);
    store_end(TAKE(tx));

    /* two objects with one distinguished name: ambiguous, hence unresolved */
    struct cso *other = directory_object(w, w->group, "0e1b2c3d-0000-4000-8000-000000000003", "cn=ann,OU=S");
    write_cso(w, NULL, other);
    assert_int_equal(first(load_cso(w, group->id), w->members)->reference.target, 0);
    write_cso(w, other, NULL);
    /* written with its resolved target, the document still keeps the raw text only */
    write_cso(w, got, got);
    write_cso(w, ann, NULL);
    assert_int_equal(first(load_cso(w, group->id), w->members)->reference.target, 0);
}

static void test_large_values(void **state) {
    struct world *w = *state;
    char *big = arena_bytes(w->a, 100000);
    memset(big, 'x', 100000);
    struct cso *o = person(w, T("E1"), (text){big, 100000}), *twin = person(w, T("E2"), (text){big, 100000});
    put_text(w->a, &o->values, w->mail,
             T("\x01"
               "blob:not a mark"));
    write_cso(w, NULL, o);
    write_cso(w, NULL, twin);
    struct cso *got = load_cso(w, o->id);
    ASSERT_TEXT(first(got, w->name)->text, ((text){big, 100000}));
    ASSERT_TEXT(first(got, w->mail)->text, T("\x01"
                                             "blob:not a mark"));
    struct cso small = *got;
    small.values = attributes_copy(w->a, &got->values);
    attributes_find(&small.values, w->name)->at[0].text = T("small");
    write_cso(w, got, &small);
    ASSERT_TEXT(first(load_cso(w, twin->id), w->name)->text, ((text){big, 100000})); /* the twin keeps it */
    write_cso(w, twin, NULL);
    write_cso(w, &small, NULL);
    plant(
        w,
        "create table left_over (n integer check (n = 0)); insert into left_over select count(*) from blob; drop table left_over");
}

static void expect_members(struct world *w, const struct cso *group, int from, int count) {
    struct cso *got = load_cso(w, group->id);
    const struct values *set = attributes_find(&got->values, w->members);
    assert_int_equal(set->count, count);
    for (int i = 0; i < count; i++) ASSERT_TEXT(set->at[i].reference.raw, arena_print(w->a, "CN=%d", from + i));
}

/* A set moves to the member table beyond a thousand and back; the order of insertion stays. */
static void test_members(void **state) {
    struct world *w = *state;
    struct cso *states[5];
    const int from[] = {0, 0, 5, 5, 5}, count[] = {900, 1500, 1600, 20, 1100};
    for (int i = 0; i < 5; i++) {
        states[i] = directory_object(w, w->group, "0e1b2c3d-0000-4000-8000-000000000002", "CN=G,OU=S");
        states[i]->id = states[0]->id;
        for (int n = 0; n < count[i]; n++) put_raw(w->a, &states[i]->values, w->members, arena_print(w->a, "CN=%d", from[i] + n));
        write_cso(w, i ? states[i - 1] : NULL, states[i]);
        expect_members(w, states[i], from[i], count[i]);
        assert_int_equal(world_check(w).count, 0);
    }
    write_cso(w, states[4], NULL);
    plant(w, "create table left_over (n integer check (n = 0)); insert into left_over select count(*) from cs_member; drop table "
             "left_over");
}

static void test_joins(void **state) {
    struct world *w = *state;
    struct mvo *m = identity(w, T("Ann"));
    write_mvo(w, NULL, m);
    struct cso *a = person(w, T("1"), T("Ann")), *b = person(w, T("2"), T("Ann"));
    write_cso(w, NULL, a);
    write_cso(w, NULL, b);
    struct cso joined = *a, other = *b;
    joined.mvo = other.mvo = m->id;
    joined.join = JOIN_PROJECTED, other.join = JOIN_JOINED;
    joined.joined.ticks = 5;
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_BULK, &tx));
    struct cso_change claim = {a, &joined, false}, second = {b, &other, false};
    OK(store_write_csos(tx, w->c, &(struct cso_changes){&claim, 1, 1}));
    FAILS(ERROR_CONFLICT, store_write_csos(tx, w->c, &(struct cso_changes){&second, 1, 1})); /* invariant 2 */
    OK(store_commit(tx));
    store_end(TAKE(tx));
    OK(store_write(w->s, STORE_BULK, &tx));
    FAILS(ERROR_BUSY, store_write_csos(tx, w->c, &(struct cso_changes){&claim, 1, 1})); /* taken already: §24 */
    store_end(TAKE(tx));
    /* one leaves, another takes its place in the same batch, whatever the order */
    struct cso left = joined;
    left.mvo = 0, left.join = JOIN_NONE, left.joined.ticks = 0;
    struct cso_change swap[] = {{b, &other, false}, {&joined, &left, false}};
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_write_csos(tx, w->c, &(struct cso_changes){swap, 2, 2}));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    struct csos connectors = {0};
    OK(store_read(w->s, &tx));
    OK(store_connectors(tx, w->a, w->c, &m->id, 1, true, &connectors));
    assert_int_equal(connectors.count, 1);
    assert_int_equal(connectors.at[0].id, b->id);
    ASSERT_TEXT(cso_display_name(w->a, w->c, &connectors.at[0]), T("Ann"));
    struct match_hits hits = {0};
    struct match_query q = {w->person, w->mail, T("nobody")};
    OK(store_match_csos(tx, w->a, &q, 1, &hits));
    assert_int_equal(hits.count, 0);
}

static void test_identities(void **state) {
    struct world *w = *state;
    struct mvo *boss = identity(w, T("Boss")), *m = identity(w, T("Ann"));
    put_text(w->a, &m->values, w->mv_employee, T("E7"));
    put(w->a, &m->values, w->mv_employee)->mapping = 12;
    put_target(w->a, &m->values, w->mv_manager, boss->id);
    put(w->a, &m->values, w->mv_photo)->null_marker = true;
    m->deletion = (struct deletion_marker){.disconnected = {50},
                                           .initiator_type = BY_USER,
                                           .initiator_id = T("u"),
                                           .initiator_name = T("Ü"),
                                           .trigger_system = w->hr,
                                           .trigger_system_name = T("HR"),
                                           .policy = T("{\"rule\":1}")};
    m->scope_review = true;
    m->origin = ORIGIN_INTERNAL;
    write_mvo(w, NULL, boss);
    write_mvo(w, NULL, m);
    struct mvo *got = load_mvo(w, m->id);
    assert_int_equal(got->version, 1);
    assert_int_equal(got->origin, ORIGIN_INTERNAL);
    assert_int_equal(got->deletion.disconnected.ticks, 50);
    assert_int_equal(got->deletion.trigger_system, w->hr);
    ASSERT_TEXT(got->deletion.policy, T("{\"rule\":1}"));
    ASSERT_TEXT(got->deletion.initiator_name, T("Ü"));
    assert_int_equal(attributes_find(&got->values, w->mv_employee)->mapping, 12);
    assert_true(attributes_find(&got->values, w->mv_photo)->null_marker);
    assert_int_equal(attributes_first(&got->values, w->mv_manager)->reference.target, boss->id);

    OWNED(store_tx) tx = NULL;
    struct match_hits hits = {0};
    struct mvo_referrers referrers = {0};
    struct mvos page = {0};
    OK(store_read(w->s, &tx));
    struct match_query q[] = {
        {w->mv_user, w->mv_employee, T("e6")}, {w->mv_user, w->mv_employee, T("e7")}, {w->mv_group, w->mv_employee, T("e7")}};
    OK(store_match_mvos(tx, w->a, q, 3, &hits));
    assert_int_equal(hits.count, 1);
    assert_int_equal(hits.at[0].query, 1);
    assert_int_equal(hits.at[0].object, m->id);
    OK(store_mvo_referrers(tx, w->a, &boss->id, 1, &referrers));
    assert_int_equal(referrers.count, 1);
    assert_int_equal(referrers.at[0].mvo, m->id);
    assert_int_equal(referrers.at[0].attribute, w->mv_manager);
    OK(store_mvo_page(tx, w->a, w->c, MVO_SCOPE_REVIEW, 0, 0, 10, &page));
    OK(store_mvo_page(tx, w->a, w->c, MVO_MARKED, w->mv_user, 0, 10, &page));
    OK(store_mvo_page(tx, w->a, w->c, MVO_ALL, w->mv_group, 0, 10, &page));
    assert_int_equal(page.count, 2);
    OK(store_mvo_page(tx, w->a, w->c, MVO_ALL, 0, 0, 10, &page));
    assert_int_equal(page.count, 4);
    int64_t count;
    OK(store_count_mvos(tx, w->mv_user, &count));
    assert_int_equal(count, 2);
    store_end(TAKE(tx));

    /* the concurrency token */
    struct mvo changed = *got;
    changed.deletion = (struct deletion_marker){0};
    write_mvo(w, got, &changed);
    assert_int_equal(load_mvo(w, m->id)->version, 2);
    OK(store_write(w->s, STORE_BULK, &tx));
    struct mvo_change stale = {got, &changed};
    FAILS(ERROR_BUSY, store_write_mvos(tx, w->c, &(struct mvo_changes){&stale, 1, 1}));
    store_end(TAKE(tx));
    changed.version = 2;
    write_mvo(w, &changed, NULL);
    assert_null(load_mvo(w, m->id));
}

static void test_attribute_uses(void **state) {
    struct world *w = *state;
    struct cso *o = person(w, T("1"), arena_print(w->a, "a \"%d\": b", w->mail));
    write_cso(w, NULL, o);
    struct mvo *m = identity(w, T("x"));
    write_mvo(w, NULL, m);
    OWNED(store_tx) tx = NULL;
    int64_t n;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_cs_attribute_uses(tx, w->name, &n));
    assert_int_equal(n, 1);
    OK(store_cs_attribute_uses(tx, w->mail, &n)); /* the text in the name does not count */
    assert_int_equal(n, 0);
    OK(store_mv_attribute_uses(tx, w->mv_name, &n));
    assert_int_equal(n, 1);
    FAILS(ERROR_CONFLICT, store_delete_mv_attribute(tx, w->mv_name));
    FAILS(ERROR_CONFLICT, store_delete_system(tx, w->hr));
}

/* Index rows are built when an attribute begins to be matched, and dropped again. */
static void test_index_on_demand(void **state) {
    struct world *w = *state;
    struct cso *o = person(w, T("1"), T("Ann"));
    write_cso(w, NULL, o);
    struct mvo *m = identity(w, T("x"));
    int32_t title = config_mv_attribute_named(w->c, T("Job Title"))->id;
    put_text(w->a, &m->values, title, T("Clerk"));
    write_mvo(w, NULL, m);
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    struct matching_rule rule = {.cs_type = w->person, .mv_type = w->mv_user, .mv_attribute = title, .cs_attribute = w->name};
    OK(store_save_matching_rule(tx, &rule));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_configuration(w);
    struct match_hits hits = {0};
    OK(store_read(w->s, &tx));
    OK(store_match_mvos(tx, w->a, &(struct match_query){w->mv_user, title, T("clerk")}, 1, &hits));
    OK(store_match_csos(tx, w->a, &(struct match_query){w->person, w->name, T("ann")}, 1, &hits));
    assert_int_equal(hits.count, 2);
    store_end(TAKE(tx));
    assert_int_equal(world_check(w).count, 0);
    struct mv_attribute off = *config_mv_attribute(w->c, title);
    off.indexed = false;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_mv_attribute(tx, &off));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_configuration(w);
    assert_int_equal(world_check(w).count, 0);
}

/* A run keeps the snapshot that it began with: index rows still follow the configuration in force, and a document with an attribute
 * that the snapshot does not know is read. */
static void test_older_snapshot(void **state) {
    struct world *w = *state;
    const struct config *old = config_retain(w->c);
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    struct cs_attribute indexed = *config_cs_attribute(w->c, w->name),
                        fresh = {.type_id = w->person, .name = T("new"), .type = TYPE_TEXT};
    struct mv_attribute mv_fresh = {.name = T("New"), .type = TYPE_TEXT, .indexed = true};
    indexed.indexed = true;
    OK(store_save_cs_attribute(tx, &indexed));
    OK(store_save_cs_attribute(tx, &fresh));
    OK(store_save_mv_attribute(tx, &mv_fresh));
    struct cso *o = person(w, T("1"), T("Ann"));
    put_text(w->a, &o->values, fresh.id, T("n"));
    struct mvo *m = identity(w, T("Ann"));
    put_text(w->a, &m->values, mv_fresh.id, T("n"));
    /* also of an identity whose rows were worked out by the old one */
    OWNED_VALUE(buffer) room = {.max = 1 << 20};
    const struct mvo_prepared *prepared = store_prepare_mvo(w->a, old, &room, m);
    assert_non_null(prepared);
    /* in the session that changes the configuration, too */
    OK(store_write_csos(tx, old, &(struct cso_changes){&(struct cso_change){NULL, o, true}, 1, 1}));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_write_mvos(tx, old, &(struct mvo_changes){&(struct mvo_change){NULL, m, .prepared = prepared}, 1, 1}));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    OK(store_read(w->s, &tx));
    struct csos csos = {0};
    struct mvos mvos = {0};
    struct match_hits hits = {0};
    OK(store_csos(tx, w->a, old, &o->id, 1, true, &csos));
    OK(store_mvos(tx, w->a, old, &m->id, 1, &mvos));
    ASSERT_TEXT(attributes_first(&csos.at[0].values, fresh.id)->text, T("n"));
    ASSERT_TEXT(attributes_first(&mvos.at[0].values, mv_fresh.id)->text, T("n"));
    OK(store_match_csos(tx, w->a, &(struct match_query){w->person, w->name, T("ann")}, 1, &hits));
    OK(store_match_mvos(tx, w->a, &(struct match_query){w->mv_user, mv_fresh.id, T("n")}, 1, &hits));
    assert_int_equal(hits.count, 2);
    config_release(old);
}

static bool cancel_at_once(void *state) { return ++*(int *)state > 1; }

static void test_clear(void **state) {
    struct world *w = *state;
    struct mvo *m = identity(w, T("x"));
    write_mvo(w, NULL, m);
    for (int i = 0; i < 1500; i++) {
        struct cso *o = person(w, arena_print(w->a, "%d", i), T("N"));
        put_raw(w->a, &o->values, w->manager, T("0"));
        put_text(w->a, &o->values, w->mail, T("m"));
        if (i == 0) o->mvo = m->id, o->join = JOIN_JOINED;
        write_cso(w, NULL, o);
    }
    int64_t removed;
    int asked = 0;
    FAILS(ERROR_CANCELLED, store_clear_system(w->s, w->hr, cancel_at_once, &asked, &removed));
    assert_int_equal(removed, 1000);
    OK(store_clear_system(w->s, w->hr, NULL, NULL, &removed));
    assert_int_equal(removed, 500);
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_delete_system(tx, w->hr));
    OK(store_commit(tx));
}

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_keys, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_pages_and_scan, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_references, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_large_values, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_members, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_joins, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_identities, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_attribute_uses, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_index_on_demand, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_older_snapshot, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_clear, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
