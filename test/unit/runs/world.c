/* The world of world.h: store, worker, configuration in few words. */
#include "world.h"

#include "base/log.h"
#include "connectors/file/file.h"
#include "px.h"
#include "world_private.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Life ---- */

static void open_store(struct world *w) {
    OK(store_open(&(struct store_options){text_of(w->url), -1, true}, &w->s));
    w->c = NULL;
    world_configuration(w);
}

void world_configuration(struct world *w) {
    config_release(w->c);
    OK(store_config(w->s, &w->c));
}

void world_start(struct world *w) {
    OK(runs_start(&(struct runs_options){.store = w->s, .file_roots = w->roots, .execute = true}, &w->runs));
}

void world_stop(struct world *w, int milliseconds) {
    runs_stop(w->runs, milliseconds);
    w->runs = NULL;
}

void world_restart(struct world *w) {
    world_stop(w, 0);
    world_start(w);
}

void world_shut(struct world *w) {
    world_stop(w, 0);
    config_release(w->c);
    w->c = NULL;
    store_close(w->s);
    w->s = NULL;
}

void world_reopen(struct world *w) { open_store(w); }

int world_open_empty(void **state) {
    static bool added;
    if (!added) {
        OK(log_open(LOG_FATAL, NULL));
        assert_true(connector_add(&px_connector));
    }
    added = true;
    arena *a = arena_new((size_t)1 << 34);
    struct world *w = ARENA_NEW(a, struct world);
    w->a = a;
    snprintf(w->folder, sizeof w->folder, "%s/joinery-runs-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(w->folder)) return -1;
    snprintf(w->path, sizeof w->path, "%s/j.db", w->folder);
    snprintf(w->url, sizeof w->url, "sqlite:%s", w->path);
    *LIST_ADD(a, &w->roots) = text_of(w->folder);
    px_reset(w);
    open_store(w);
    world_start(w);
    *state = w;
    return 0;
}

static void examples(struct world *w) {
    world_file_system(w, "HR", "person", "Import Only");
    world_px_system(w, "PX");
    world_px_system(w, "AD");
    const char *systems[] = {"HR", "PX"};
    for (int i = 0; i < 2; i++)
        world_type(w, systems[i], "person",
                   "hrId||employeeId displayName department title managerId:Reference startDate:DateTime endDate:DateTime "
                   "mail:Text[] alias");
    world_type(w, "AD", "user", "objectGUID:Guid|distinguishedName|employeeID department title manager:Reference");
    world_type(w, "AD", "group", "objectGUID:Guid|distinguishedName|cn member:Reference[]");
    world_rule(w, "R1", 'i', "HR", "person", "p");
    const char *flows[] = {"employeeId -> Employee_ID",   "displayName -> Display_Name", "department -> Department",
                           "title -> Job_Title",          "managerId -> Manager",        "startDate -> Employee_Start_Date",
                           "endDate -> Employee_End_Date"};
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) world_map(w, "R1", flows[i]);
    world_match(w, "HR", "person", "employeeId", "Employee ID");
    world_match(w, "AD", "user", "employeeID", "Employee ID");
}

int world_open(void **state) {
    int bad = world_open_empty(state);
    if (!bad) examples(*state);
    return bad;
}

void world_check(struct world *w) {
    struct texts findings = {0};
    OK(store_check(w->s, w->a, NULL, NULL, &findings));
    for (EACH(const text, f, &findings)) print_message("check: %.*s\n", TEXT_ARG(*f));
    assert_int_equal(findings.count, 0);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *walk) {
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

int world_close(void **state) {
    struct world *w = *state;
    struct texts findings = {0};
    world_stop(w, 0);
    OK(store_check(w->s, w->a, NULL, NULL, &findings));
    for (EACH(const text, f, &findings)) print_message("check: %.*s\n", TEXT_ARG(*f));
    config_release(w->c);
    store_close(w->s);
    nftw(w->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(w->a);
    return findings.count ? -1 : 0;
}

/* ---- Configuration ---- */

store_tx *world_begin(struct world *w) {
    store_tx *tx;
    OK(store_write(w->s, STORE_API, &tx));
    return tx;
}

void world_commit(struct world *w, store_tx *tx) {
    OK(store_commit(tx));
    store_end(tx);
    world_configuration(w);
}

const struct connected_system *world_system(struct world *w, const char *name) {
    for (EACH(struct connected_system, s, &w->c->systems))
        if (text_equal(s->name, text_of(name))) return s;
    fail_msg("no system %s", name);
    return NULL;
}

static void save_system(struct world *w, struct connected_system *s) {
    store_tx *tx = world_begin(w);
    OK(store_save_system(tx, s));
    world_commit(w, tx);
}

static void set(struct setting_values *values, int32_t id, text value) {
    for (EACH(struct setting_value, v, values))
        if (v->setting == id) v->value = value;
}

static text file_of(struct world *w, const char *system) { return arena_print(w->a, "%s/%s.csv", w->folder, system); }

void world_file_system(struct world *w, const char *name, const char *type, const char *mode) {
    struct connected_system s = {.name = text_of(name), .definition = 1, .created = {5}, .settings_valid = true};
    settings_defaults(w->a, &file_connector, &s.settings);
    set(&s.settings, FILE_PATH, file_of(w, name));
    set(&s.settings, FILE_OBJECT_TYPE, text_of(type));
    set(&s.settings, FILE_MODE, text_of(mode));
    set(&s.settings, FILE_LINE_ENDING, T("LF"));
    save_system(w, &s);
}

void world_px_system(struct world *w, const char *name) {
    px_of(name);
    save_system(w, &(struct connected_system){.name = text_of(name), .definition = PX_ID, .created = {5}});
}

void world_unresolved(struct world *w, const char *system, enum unresolved_handling handling) {
    struct connected_system s = *world_system(w, system);
    s.unresolved = handling;
    save_system(w, &s);
}

void world_status(struct world *w, const char *system, enum system_status status) {
    struct connected_system s = *world_system(w, system);
    s.status = status;
    save_system(w, &s);
}

void world_setting(struct world *w, const char *key, const char *value) {
    store_tx *tx = world_begin(w);
    OK(store_save_setting(tx, text_of(key), text_of(value)));
    world_commit(w, tx);
}

static bool next_word(text *rest, text *word) {
    while (rest->len && rest->at[0] == ' ') *rest = text_slice(*rest, 1, rest->len);
    if (!rest->len) return false;
    size_t end = text_find_byte(*rest, ' ');
    if (end == SIZE_MAX) end = rest->len;
    *word = text_slice(*rest, 0, end);
    *rest = text_slice(*rest, end, rest->len);
    return true;
}

static void read_attribute(struct world *w, const char *system, text word, struct cs_attribute *at) {
    size_t declared = text_find_byte(word, '>');
    if (declared != SIZE_MAX) {
        text name = text_slice(word, declared + 1, word.len);
        at->references_type = config_cs_type_named(world_system(w, system), name)->id;
        word = text_slice(word, 0, declared);
    }
    at->selected = !text_ends_with(word, T("!"));
    if (!at->selected) word.len--;
    size_t colon = text_find_byte(word, ':');
    text kind = colon == SIZE_MAX ? T("Text") : text_slice(word, colon + 1, word.len);
    if (text_ends_with(kind, T("[]"))) {
        at->plurality = MULTI_VALUED;
        kind.len -= 2;
    }
    unsigned found = 0;
    assert_true(enum_find(&data_type_names, kind, false, &found));
    at->type = (enum data_type)found;
    at->name = arena_text(w->a, text_slice(word, 0, colon == SIZE_MAX ? word.len : colon));
    at->created = (instant){1};
}

void world_type(struct world *w, const char *system, const char *name, const char *attributes) {
    struct cs_type t = {.system = world_system(w, system)->id, .name = text_of(name), .selected = true, .remove_contributed = true};
    text rest = text_of(attributes);
    for (int part = 0; part < 3; part++) {
        size_t end = part < 2 ? text_find_byte(rest, '|') : rest.len;
        text words = text_slice(rest, 0, end), word;
        while (next_word(&words, &word)) {
            struct cs_attribute *at = LIST_ADD(w->a, &t.attributes);
            read_attribute(w, system, word, at);
            at->external_id = part == 0;
            at->secondary_external_id = part == 1;
        }
        if (part < 2) rest = text_slice(rest, end + 1, rest.len);
    }
    world_save_type(w, &t);
}

void world_save_type(struct world *w, struct cs_type *t) {
    store_tx *tx = world_begin(w);
    OK(store_save_cs_type(tx, t));
    world_commit(w, tx);
}

struct cs_type *world_type_copy(struct world *w, const char *system, const char *type) {
    const struct cs_type *known = config_cs_type_named(world_system(w, system), text_of(type));
    assert_non_null(known);
    struct cs_type *t = ARENA_NEW(w->a, struct cs_type);
    *t = *known;
    t->name = arena_text(w->a, known->name);
    t->attributes = (struct cs_attributes){0};
    for (EACH(const struct cs_attribute, at, &known->attributes)) {
        struct cs_attribute *copy = LIST_ADD(w->a, &t->attributes);
        *copy = *at;
        copy->name = arena_text(w->a, at->name);
    }
    return t;
}

const struct cs_attribute *world_attribute(struct world *w, const char *system, const char *name) {
    for (EACH(struct cs_type, t, &world_system(w, system)->types)) {
        const struct cs_attribute *at = config_cs_attribute_named(t, text_of(name));
        if (at) return at;
    }
    fail_msg("no attribute %s", name);
    return NULL;
}

static const struct mv_attribute *mv_attribute(struct world *w, text name) {
    char blank[100];
    snprintf(blank, sizeof blank, "%.*s", TEXT_ARG(name));
    for (char *c = blank; *c; c++) *c = *c == '_' ? ' ' : *c;
    const struct mv_attribute *at = config_mv_attribute_named(w->c, text_of(blank));
    if (!at) fail_msg("no metaverse attribute %s", blank);
    return at;
}

void world_rule(struct world *w, const char *name, char direction, const char *system, const char *type, const char *flags) {
    const struct cs_type *t = config_cs_type_named(world_system(w, system), text_of(type));
    bool p = strchr(flags, 'p') != NULL, group = strcmp(type, "group") == 0;
    struct sync_rule r = {.system = t->system,
                          .cs_type = t->id,
                          .mv_type = config_mv_type_named(w->c, group ? T("Group") : T("User"))->id,
                          .name = text_of(name),
                          .direction = direction == 'i' ? DIRECTION_IMPORT : DIRECTION_EXPORT,
                          .project = direction == 'i' && p,
                          .provision = direction == 'o' && p,
                          .enabled = !strchr(flags, '-'),
                          .enforce_state = !strchr(flags, 'e'),
                          .deprovision = strchr(flags, 'd') ? DEPROVISION_DELETE : DEPROVISION_DISCONNECT,
                          .created = {5}};
    store_tx *tx = world_begin(w);
    OK(store_save_rule(tx, &r));
    world_commit(w, tx);
}

static const struct sync_rule *rule_named(struct world *w, const char *name) {
    for (EACH(struct sync_rule, r, &w->c->rules))
        if (text_equal(r->name, text_of(name))) return r;
    fail_msg("no rule %s", name);
    return NULL;
}

void world_map(struct world *w, const char *rule, const char *source_to_target) {
    const struct sync_rule *r = rule_named(w, rule);
    const struct cs_type *t = config_cs_type(w->c, r->cs_type);
    text all = text_of(source_to_target);
    size_t arrow = text_find(all, T(" -> "));
    text source = text_slice(all, 0, arrow), target = text_slice(all, arrow + 4, all.len);
    bool import = r->direction == DIRECTION_IMPORT;
    struct mapping m = {.rule = r->id, .priority = INT32_MAX, .enabled = true, .processing = 1, .created = {5}};
    struct mapping_source *s = LIST_ADD(w->a, &m.sources);
    m.mv_target = import ? mv_attribute(w, target)->id : 0;
    m.cs_target = import ? 0 : config_cs_attribute_named(t, target)->id;
    m.source_type = source.at[0] == '=' ? MAPPING_EXPRESSION : MAPPING_ATTRIBUTE;
    if (source.at[0] == '=') {
        s->expression = text_slice(source, 1, source.len);
        s->missing = MISSING_CONTRIBUTE_NO_VALUE;
    } else if (import) {
        s->cs_attribute = config_cs_attribute_named(t, source)->id;
    } else {
        s->mv_attribute = mv_attribute(w, source)->id;
    }
    store_tx *tx = world_begin(w);
    OK(store_save_mapping(tx, &m));
    world_commit(w, tx);
}

void world_match(struct world *w, const char *system, const char *type, const char *attribute, const char *target) {
    const struct cs_type *t = config_cs_type_named(world_system(w, system), text_of(type));
    struct matching_rule r = {.cs_type = t->id,
                              .mv_type = config_mv_type_named(w->c, T("User"))->id,
                              .mv_attribute = mv_attribute(w, text_of(target))->id,
                              .cs_attribute = config_cs_attribute_named(t, text_of(attribute))->id,
                              .case_sensitive = true,
                              .created = {5}};
    store_tx *tx = world_begin(w);
    OK(store_save_matching_rule(tx, &r));
    world_commit(w, tx);
}

void world_r2(struct world *w, const char *more) {
    world_rule(w, "R2", 'o', "AD", "user", "p");
    world_map(w, "R2", "=\"CN=\" + EscapeDN(mv[\"Display Name\"]) + \",OU=Staff,DC=x,DC=y\" -> distinguishedName");
    world_map(w, "R2", "Department -> department");
    for (const char *end; more && *more; more = *end ? end + 1 : end) {
        end = strchr(more, ';') ? strchr(more, ';') : more + strlen(more);
        world_map(w, "R2", arena_text(w->a, (text){more, (size_t)(end - more)}).at);
    }
}

struct run_profile *world_profile(struct world *w, const char *system, enum run_type type) {
    const struct connected_system *s = world_system(w, system);
    struct run_profile *p = ARENA_NEW(w->a, struct run_profile);
    for (EACH(struct run_profile, known, &s->run_profiles)) {
        if (known->type != type) continue;
        *p = *known;
        p->name = arena_text(w->a, known->name);
        return p;
    }
    *p = (struct run_profile){.system = s->id, .type = type, .page_size = 100, .created = {5}};
    p->name = text_of(enum_name(&run_type_names, type));
    world_save_profile(w, p);
    return p;
}

void world_save_profile(struct world *w, struct run_profile *p) {
    store_tx *tx = world_begin(w);
    struct partition of = {p->partition, p->system, T("p"), T("p"), true, {5}, {0}};
    if (p->partition) OK(store_save_partition(tx, &of));
    OK(store_save_run_profile(tx, p));
    world_commit(w, tx);
}

/* ---- Files ---- */

static void put_cell(FILE *f, text row, text name, bool first) {
    text part;
    bool found = false;
    if (!first) fputc(',', f);
    while (!found && row.len) {
        size_t end = text_find_byte(row, ';');
        part = end == SIZE_MAX ? row : text_slice(row, 0, end);
        row = end == SIZE_MAX ? (text){0} : text_slice(row, end + 1, row.len);
        size_t equal = text_find_byte(part, '=');
        found = equal != SIZE_MAX && text_equal(text_slice(part, 0, equal), name);
        if (found) fprintf(f, "\"%.*s\"", (int)(part.len - equal - 1), part.at + equal + 1);
    }
}

void world_rows(struct world *w, const char *system, const char *rows) {
    const struct cs_type *t = &world_system(w, system)->types.at[0];
    FILE *f = fopen(file_of(w, system).at, "wb");
    assert_non_null(f);
    for (EACH(const struct cs_attribute, at, &t->attributes))
        fprintf(f, "%s%.*s", at == t->attributes.at ? "" : ",", TEXT_ARG(at->name));
    fputc('\n', f);
    for (text rest = text_of(rows), row; rest.len;) {
        size_t end = text_find_byte(rest, '\n');
        row = end == SIZE_MAX ? rest : text_slice(rest, 0, end);
        rest = end == SIZE_MAX ? (text){0} : text_slice(rest, end + 1, rest.len);
        for (EACH(const struct cs_attribute, at, &t->attributes)) put_cell(f, row, at->name, at == t->attributes.at);
        fputc('\n', f);
    }
    fclose(f);
}

const char *world_read_file(struct world *w, const char *system) {
    FILE *f = fopen(file_of(w, system).at, "rb");
    if (!f) return "";
    char *all = arena_bytes(w->a, 1 << 20);
    size_t len = fread(all, 1, (1 << 20) - 1, f);
    all[len] = '\0';
    fclose(f);
    return all;
}
