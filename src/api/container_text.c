/* The container scope of a connected system as text, one statement a line (connectors §7.4). */
#include "api/change.h"
#include "runs/hierarchy.h"

struct scope_text {
    text text;
};
static SHAPE(scope_text, "ConnectedSystemContainerScopeTextDto", FIELDS(FIELD(scope_text, text, "text")));
struct scope_text_update {
    int32_t system;
    text text;
};
static SHAPE(scope_text_update, "UpdateConnectedSystemContainerScopeTextRequest",
             FIELDS(FIELD(scope_text_update, system, "connectedSystemId"),
                    FIELD(scope_text_update, text, "text", .doc = "Empty: nothing is stated.")));
struct of_system {
    int32_t system;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId")));

/* ---- writing ---- */

static void write_below(arena *a, const struct partition *p, int32_t parent, text *out) {
    for (EACH(const struct container, c, &p->containers)) {
        if (c->parent != parent) continue;
        if (c->selected || c->excluded)
            *out = arena_print(a, "%.*s%s%s%s %.*s", TEXT_ARG(*out), out->len ? "\n" : "", c->excluded ? "exclude" : "include",
                               c->scope == SCOPE_ONE_LEVEL ? " one-level" : "", TEXT_ARG(c->external_id));
        write_below(a, p, c->id, out);
    }
}

static text text_of_scope(arena *a, const struct connected_system *s) {
    text out = T("");
    for (EACH(const struct partition, p, &s->partitions)) write_below(a, p, 0, &out);
    return out;
}

static FALLIBLE scope_text_get(struct call *c, const struct of_system *in, struct scope_text *out) {
    snapshot *config;
    const struct connected_system *s;
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    out->text = text_of_scope(c->a, s);
    return NULL;
}
HANDLER(scope_text_get, of_system, scope_text)

/* ---- reading ---- */

/* What one line says of a container. */
struct statement {
    int line;
    const struct container *container;
    bool excluded, one_level;
};
struct statements LIST(struct statement);

struct scope_reading {
    arena *a;
    const struct connected_system *system;
    struct text_map by_key; /* normalised path → container */
    struct int_map stated;  /* container id → statement */
    struct statements list;
    struct texts problems;
};

static void problem(struct scope_reading *r, int line, text what) {
    *LIST_ADD(r->a, &r->problems) = arena_print(r->a, "line %d: %.*s", line, TEXT_ARG(what));
}

static bool take_word(text *rest, const char *word, bool needs_space) {
    text w = text_of(word);
    if (rest->len < w.len || !text_equal_ascii_case(text_slice(*rest, 0, w.len), w)) return false;
    bool ends = rest->len == w.len || rest->at[w.len] == ' ' || rest->at[w.len] == '\t';
    if (needs_space && !ends) return false;
    *rest = text_trim_ascii(text_slice(*rest, w.len, rest->len));
    return true;
}

static void read_line(struct scope_reading *r, int line, text rest) {
    struct statement s = {.line = line};
    s.excluded = take_word(&rest, "exclude", true) || take_word(&rest, "-", false);
    if (!s.excluded && !take_word(&rest, "include", true) && !take_word(&rest, "+", false))
        return problem(r, line, T("a statement begins with include, +, exclude or -."));
    size_t space = text_find_byte(rest, ' ');
    s.one_level = space != SIZE_MAX && text_equal_ascii_case(text_slice(rest, 0, space), T("one-level"));
    if (s.one_level) rest = text_trim_ascii(text_slice(rest, space, rest.len));
    if (!rest.len) return problem(r, line, T("the path of a container is missing."));
    s.container = text_map_get(&r->by_key, scope_key(r->a, rest));
    if (!s.container)
        return problem(r, line, arena_print(r->a, "there is no container '%.*s'; import the hierarchy.", TEXT_ARG(rest)));
    if (int_map_get(&r->stated, s.container->id))
        return problem(r, line, arena_print(r->a, "'%.*s' is stated twice.", TEXT_ARG(rest)));
    *LIST_ADD(r->a, &r->list) = s;
    int_map_put(&r->stated, s.container->id, ARENA_NEW(r->a, bool));
}

static void read_lines(struct scope_reading *r, text all) {
    int line = 0;
    for (size_t at = 0; at <= all.len;) {
        text rest = text_slice(all, at, all.len);
        size_t end = text_find_byte(rest, '\n');
        rest = text_trim_ascii(end == SIZE_MAX ? rest : text_slice(rest, 0, end));
        line++;
        if (rest.len && rest.at[0] != '#') read_line(r, line, rest);
        at = end == SIZE_MAX ? all.len + 1 : at + end + 1;
    }
}

static const struct statement *statement_of(const struct scope_reading *r, int32_t container) {
    for (EACH(const struct statement, s, &r->list))
        if (s->container->id == container) return s;
    return NULL;
}

/* What the nearest subtree statement above says already need not be said again. */
static void check_implied(struct scope_reading *r) {
    for (EACH(const struct statement, s, &r->list)) {
        const struct statement *above = NULL;
        for (const struct container *up = s->container; up->parent && !above;) {
            up = config_container(r->system, up->parent);
            above = statement_of(r, up->id);
            if (above && above->one_level) above = NULL;
        }
        if (above && above->excluded == s->excluded)
            problem(r, s->line,
                    arena_print(r->a, "'%.*s' is %s already by line %d.", TEXT_ARG(s->container->external_id),
                                s->excluded ? "excluded" : "included", above->line));
    }
}

static void index_containers(struct scope_reading *r) {
    text_map_init(&r->by_key, r->a, 64);
    int_map_init(&r->stated, r->a, 64);
    for (EACH(const struct partition, p, &r->system->partitions))
        for (EACH(struct container, c, &p->containers)) text_map_put(&r->by_key, scope_key(r->a, c->external_id), c);
}

static FALLIBLE store_partition_scope(store_tx *tx, const struct scope_reading *r, const struct partition *p) {
    bool named = false;
    for (EACH(const struct container, c, &p->containers)) {
        const struct statement *s = statement_of(r, c->id);
        struct container k = *c;
        named |= s != NULL;
        k.selected = s && !s->excluded;
        k.excluded = s && s->excluded;
        if (s) k.scope = s->one_level ? SCOPE_ONE_LEVEL : SCOPE_SUBTREE;
        bool same = k.selected == c->selected && k.excluded == c->excluded && k.scope == c->scope;
        if (!same) TRY(store_save_container(tx, &k));
    }
    if (!named || p->selected) return NULL;
    struct partition selected = *p;
    selected.selected = true;
    return store_save_partition(tx, &selected);
}

static FALLIBLE scope_text_put(struct call *c, const struct scope_text_update *in, struct scope_text *out) {
    OWNED_VALUE(change) x = {0};
    snapshot *after;
    struct scope_reading r = {.a = c->a};
    if (text_is_null(in->text)) return call_invalid(c, "text", "Is required; an empty text states nothing.");
    TRY(change_begin(c, &x));
    TRY(find_system(x.before, in->system, &r.system));
    index_containers(&r);
    read_lines(&r, in->text);
    check_implied(&r);
    for (EACH(const text, p, &r.problems)) call_problem(c, "text", "%.*s", TEXT_ARG(*p));
    TRY(call_check(c));
    for (EACH(const struct partition, p, &r.system->partitions)) TRY(store_partition_scope(x.tx, &r, p));
    struct change_note note = {.target = TARGET_CONNECTED_SYSTEM,
                               .operation = OPERATION_UPDATE,
                               .name = r.system->name,
                               .system = r.system->id,
                               .id = r.system->id};
    TRY(change_commit(c, &x, &note, &after));
    out->text = text_of_scope(c->a, config_system(after, in->system));
    return NULL;
}
HANDLER(scope_text_put, scope_text_update, scope_text)

#define TEXT_PATH "/connected-systems/{connectedSystemId}/container-scope-text"
#define UNKNOWN ALSO({404, NULL, "There is no such connected system."})
const struct routes container_text_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(GET, TEXT_PATH, scope_text_get, "The selected and excluded containers as text.",
                 .operation = "GetConnectedSystemContainerScopeText", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, TEXT_PATH, scope_text_put, "States all selected and excluded containers, one a line.",
                 .operation = "UpdateConnectedSystemContainerScopeText", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
