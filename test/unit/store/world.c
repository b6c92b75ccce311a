/* The small world of the store's tests. */
#include "world.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct values *put(arena *a, struct attributes *list, int32_t attribute) {
    return attributes_ensure(a, list, attribute);
}

static void put_value(arena *a, struct attributes *list, int32_t attribute, struct value v) {
    struct values *set = put(a, list, attribute);
    if (set->count == set->room) set->at = list_grow_(a, set->at, &set->room, sizeof *set->at);
    set->at[set->count++] = v;
}
void put_text(arena *a, struct attributes *list, int32_t attribute, text t) {
    put_value(a, list, attribute, (struct value){.type = TYPE_TEXT, .text = t});
}
void put_raw(arena *a, struct attributes *list, int32_t attribute, text raw) {
    put_value(a, list, attribute, (struct value){.type = TYPE_REFERENCE, .reference = {.raw = raw}});
}
void put_target(arena *a, struct attributes *list, int32_t attribute, int64_t target) {
    put_value(a, list, attribute, (struct value){.type = TYPE_REFERENCE, .reference = {.target = target}});
}

static struct cs_attribute *attribute(struct world *w, struct cs_type *t, const char *name, enum data_type type,
                                      enum plurality plurality) {
    struct cs_attribute *m = LIST_ADD(w->a, &t->attributes);
    *m = (struct cs_attribute){.name = text_of(name), .type = type, .plurality = plurality, .selected = true, .created = {1}};
    return m;
}

static void configure_hr(struct world *w, store_tx *tx) {
    struct connected_system hr = {.name = T("HR"), .definition = 1, .created = {5}};
    OK(store_save_system(tx, &hr));
    struct cs_type t = {.system = w->hr = hr.id, .name = T("person"), .selected = true};
    attribute(w, &t, "hrId", TYPE_TEXT, SINGLE_VALUED)->external_id = true;
    attribute(w, &t, "displayName", TYPE_TEXT, SINGLE_VALUED);
    attribute(w, &t, "mail", TYPE_TEXT, MULTI_VALUED)->indexed = true;
    attribute(w, &t, "photo", TYPE_BINARY, SINGLE_VALUED);
    attribute(w, &t, "managerId", TYPE_REFERENCE, SINGLE_VALUED);
    attribute(w, &t, "shoeSize", TYPE_DECIMAL, SINGLE_VALUED);
    OK(store_save_cs_type(tx, &t));
    w->person = t.id;
    int32_t *ids[] = {&w->hr_id, &w->name, &w->mail, &w->photo, &w->manager, &w->shoe};
    for (size_t i = 0; i < 6; i++) *ids[i] = t.attributes.at[i].id;
}

static void configure_ad(struct world *w, store_tx *tx) {
    struct connected_system ad = {.name = T("AD"), .definition = 2, .created = {5}};
    OK(store_save_system(tx, &ad));
    struct cs_type user = {.system = w->ad = ad.id, .name = T("user"), .selected = true};
    attribute(w, &user, "objectGUID", TYPE_GUID, SINGLE_VALUED)->external_id = true;
    attribute(w, &user, "distinguishedName", TYPE_TEXT, SINGLE_VALUED)->secondary_external_id = true;
    OK(store_save_cs_type(tx, &user));
    w->user = user.id, w->guid = user.attributes.at[0].id, w->dn = user.attributes.at[1].id;
    struct cs_type group = {.system = ad.id, .name = T("group"), .selected = true};
    attribute(w, &group, "objectGUID", TYPE_GUID, SINGLE_VALUED)->external_id = true;
    attribute(w, &group, "distinguishedName", TYPE_TEXT, SINGLE_VALUED)->secondary_external_id = true;
    attribute(w, &group, "member", TYPE_REFERENCE, MULTI_VALUED);
    attribute(w, &group, "owner", TYPE_REFERENCE, SINGLE_VALUED)->references_type = user.id;
    OK(store_save_cs_type(tx, &group));
    w->group = group.id, w->group_guid = group.attributes.at[0].id, w->group_dn = group.attributes.at[1].id;
    w->members = group.attributes.at[2].id, w->owner = group.attributes.at[3].id;
}

void world_configuration(struct world *w) {
    config_release(w->c);
    OK(store_config(w->s, &w->c));
}

static void open_store(struct world *w) {
    OK(store_open(&(struct store_options){text_of(w->url), -1, true}, &w->s));
    w->c = NULL;
    world_configuration(w);
}

void world_reopen(struct world *w) {
    config_release(w->c);
    store_close(w->s);
    open_store(w);
}

int world_open(void **state) {
    arena *a = arena_new((size_t)1 << 32);
    struct world *w = ARENA_NEW(a, struct world);
    w->a = a;
    snprintf(w->folder, sizeof w->folder, "%s/joinery-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(w->folder)) return -1;
    snprintf(w->path, sizeof w->path, "%s/j.db", w->folder);
    snprintf(w->url, sizeof w->url, "sqlite:%s", w->path);
    open_store(w);
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    configure_hr(w, tx);
    configure_ad(w, tx);
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_configuration(w);
    const char *names[] = {"Display Name", "Employee ID", "Proxy Addresses", "Manager", "Members", "Photo"};
    int32_t *ids[] = {&w->mv_name, &w->mv_employee, &w->mv_mails, &w->mv_manager, &w->mv_members, &w->mv_photo};
    for (size_t i = 0; i < 6; i++) *ids[i] = config_mv_attribute_named(w->c, text_of(names[i]))->id;
    w->mv_user = config_mv_type_named(w->c, T("User"))->id;
    w->mv_group = config_mv_type_named(w->c, T("Group"))->id;
    *state = w;
    return 0;
}

struct texts world_check(struct world *w) {
    struct texts findings = {0};
    OK(store_check(w->s, w->a, NULL, NULL, &findings));
    return findings;
}

static void remove_folder(const char *folder) {
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.') unlink(path);
    }
    if (d) closedir(d);
    rmdir(folder);
}

int world_close(void **state) {
    struct world *w = *state;
    struct texts findings = world_check(w);
    for (EACH(const text, f, &findings)) print_message("check: %.*s\n", TEXT_ARG(*f));
    config_release(w->c);
    store_close(w->s);
    remove_folder(w->folder);
    arena_free(w->a);
    return findings.count ? -1 : 0;
}

struct cso *person(struct world *w, text id, text name) {
    struct cso *o = ARENA_NEW(w->a, struct cso);
    *o = (struct cso){
        .system = w->hr, .type = w->person, .status = CSO_NORMAL, .created = {100}, .external_id = id, .has_values = true};
    OK(store_ids(w->s, IDS_CSO, 1, &o->id));
    put_text(w->a, &o->values, w->hr_id, id);
    if (!text_is_null(name)) put_text(w->a, &o->values, w->name, name);
    return o;
}

struct mvo *identity(struct world *w, text name) {
    struct mvo *o = ARENA_NEW(w->a, struct mvo);
    *o = (struct mvo){.type = w->mv_user, .created = {100}, .version = 1};
    OK(store_ids(w->s, IDS_MVO, 1, &o->id));
    put_text(w->a, &o->values, w->mv_name, name);
    return o;
}

void write_cso(struct world *w, const struct cso *before, const struct cso *after) {
    OWNED(store_tx) tx = NULL;
    struct cso_change change = {before, after, true};
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_write_csos(tx, w->c, &(struct cso_changes){&change, 1, 1}));
    OK(store_commit(tx));
}

void write_mvo(struct world *w, const struct mvo *before, const struct mvo *after) {
    OWNED(store_tx) tx = NULL;
    struct mvo_change change = {before, after};
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_write_mvos(tx, w->c, &(struct mvo_changes){&change, 1, 1}));
    OK(store_commit(tx));
}

struct cso *load_cso(struct world *w, int64_t id) {
    OWNED(store_tx) tx = NULL;
    struct csos list = {0};
    OK(store_read(w->s, &tx));
    OK(store_csos(tx, w->a, w->c, &id, 1, true, &list));
    return list.count ? list.at : NULL;
}

struct mvo *load_mvo(struct world *w, int64_t id) {
    OWNED(store_tx) tx = NULL;
    struct mvos list = {0};
    OK(store_read(w->s, &tx));
    OK(store_mvos(tx, w->a, w->c, &id, 1, &list));
    return list.count ? list.at : NULL;
}

void plant(struct world *w, const char *sql) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    char *said = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK) fail_msg("%s: %s", sql, said);
    sqlite3_close(db);
}
