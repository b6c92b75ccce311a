/* The world's objects: what imports and exports do to them, and short texts of what stands there. */
#include "base/unicode.h"
#include "model/document.h"
#include "world_private.h"

#include <stdio.h>
#include <stdlib.h>

static text dup_text(struct world *w, const char *s) { return arena_text(w->a, text_of(s)); }

struct cso *world_cso(struct world *w, const char *system, const char *key) {
    int32_t id = world_system_named(w, system)->id;
    for (size_t i = 0; i < w->objects.count; i++) {
        struct cso *o = w->objects.at[i];
        bool named = text_equal(o->external_id, text_of(key)) || text_equal(o->secondary_external_id, text_of(key));
        if (o->system == id && named) return o;
    }
    return NULL;
}

struct mvo *mvo_by_id(struct world *w, int64_t id) {
    for (size_t i = 0; i < w->identities.count; i++) {
        if (w->identities.at[i]->id == id) return w->identities.at[i];
    }
    return NULL;
}

struct cso *cso_by_id(struct world *w, int64_t id) {
    for (size_t i = 0; i < w->objects.count; i++) {
        if (w->objects.at[i]->id == id) return w->objects.at[i];
    }
    return NULL;
}

struct mvo *world_mvo_of(struct world *w, const struct cso *o) {
    return o ? mvo_by_id(w, o->mvo) : NULL;
}

struct cso *world_connector(struct world *w, const struct mvo *m, const char *system) {
    int32_t id = world_system_named(w, system)->id;
    for (size_t i = 0; m && i < w->objects.count; i++) {
        if (w->objects.at[i]->mvo == m->id && w->objects.at[i]->system == id) return w->objects.at[i];
    }
    return NULL;
}

struct pending_export *world_pe(struct world *w, const struct cso *o) {
    for (size_t i = 0; o && i < w->exports.count; i++) {
        if (w->exports.at[i]->cso == o->id) return w->exports.at[i];
    }
    return NULL;
}

struct mvo *world_mvo(struct world *w, const char *attribute, const char *value) {
    for (size_t i = 0; i < w->identities.count; i++) {
        const struct value *v = attributes_first(&w->identities.at[i]->values, mv_attribute_of(w, text_of(attribute))->id);
        if (v && text_equal(value_text(w->a, v), text_of(value))) return w->identities.at[i];
    }
    return NULL;
}

/* ---- Imports ---- */

static void set_ids(struct world *w, struct cso *o) {
    const struct cs_type *t = config_cs_type(w->config, o->type);
    o->external_id = cso_external_id(w->a, t, &o->values);
    o->secondary_external_id = cso_secondary_id(w->a, t, &o->values);
}

static void read_values(struct world *w, struct cs_type *t, const char *key, const char *values, struct attributes *out) {
    struct value v;
    if (key) {
        assert_true(value_read(w->a, t->external_id->type, dup_text(w, key), &v));
        values_add(w->a, attributes_ensure(w->a, out, t->external_id->id), v);
    }
    text rest = dup_text(w, values), pair, one;
    while (next_word(&rest, ';', &pair)) {
        size_t equal = text_find_byte(pair, '=');
        struct cs_attribute *at = cs_attribute_of(t, text_slice(pair, 0, equal));
        text list = text_slice(pair, equal + 1, pair.len);
        while (next_word(&list, '|', &one)) {
            assert_true(value_read(w->a, at->type, one, &v));
            values_add(w->a, attributes_ensure(w->a, out, at->id), v);
        }
    }
}

struct cso *world_row(struct world *w, const char *system, const char *type, const char *key, const char *values) {
    struct cs_type *t = world_type_named(w, system, type);
    struct cso *o = world_cso(w, system, key);
    if (!o) {
        o = ARENA_NEW(w->a, struct cso);
        *o = (struct cso){.id = w->ids.cso.next++, .system = t->system, .type = t->id, .created = w->now};
        *LIST_ADD(w->a, &w->objects) = o;
    } else {
        o->updated = w->now;
    }
    o->status = CSO_NORMAL;
    o->has_values = true;
    o->values = (struct attributes){0};
    read_values(w, t, key, values, &o->values);
    set_ids(w, o);
    return o;
}

void world_gone(struct world *w, const char *system, const char *key) {
    struct cso *o = world_cso(w, system, key);
    assert_non_null(o);
    o->status = CSO_OBSOLETE;
    o->updated = w->now;
    for (size_t i = 0; i < w->exports.count; i++) {
        if (w->exports.at[i]->cso == o->id) w->exports.at[i--] = w->exports.at[--w->exports.count];
    }
}

struct cso *world_account(struct world *w, const char *system, const char *type, const char *key, const char *values,
                          struct mvo *m) {
    struct cso *o = world_row(w, system, type, key, values);
    if (!m) return o;
    o->mvo = m->id;
    o->join = JOIN_PROVISIONED;
    o->joined = w->now;
    return o;
}

struct mvo *world_identity(struct world *w, const char *type, const char *values) {
    struct mvo *m = ARENA_NEW(w->a, struct mvo);
    *m = (struct mvo){.id = w->ids.mvo.next++, .type = world_mv_type_named(w, type)->id, .created = w->now, .version = 1};
    text rest = dup_text(w, values), pair, one;
    while (next_word(&rest, ';', &pair)) {
        size_t equal = text_find_byte(pair, '=');
        struct mv_attribute *at = mv_attribute_of(w, text_slice(pair, 0, equal));
        text list = text_slice(pair, equal + 1, pair.len);
        while (next_word(&list, '|', &one)) {
            struct value v;
            int64_t target;
            assert_true(value_read(w->a, at->type, one, &v));
            if (at->type == TYPE_REFERENCE && text_to_int64(one, &target))
                v = (struct value){.type = TYPE_REFERENCE, .reference = {.target = target}};
            values_add(w->a, attributes_ensure(w->a, &m->values, at->id), v);
        }
    }
    *LIST_ADD(w->a, &w->identities) = m;
    return m;
}

void world_exported(struct world *w, struct cso *o, const char *key) {
    struct pending_export *p = world_pe(w, o);
    assert_non_null(p);
    p->status = EXPORT_EXPORTED;
    p->ever_exported = true;
    for (EACH(struct staged_change, k, &p->changes)) {
        k->status = CHANGE_EXPORTED;
        k->attempts++;
    }
    if (!key) return;
    const struct cs_type *t = config_cs_type(w->config, o->type);
    struct value v;
    assert_true(value_read(w->a, t->external_id->type, dup_text(w, key), &v));
    values_add(w->a, attributes_ensure(w->a, &o->values, t->external_id->id), v);
    set_ids(w, o);
}

/* ---- Texts ---- */

struct out {
    char at[4000];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(o->at + o->len, sizeof o->at - o->len, format, args);
    va_end(args);
    o->len += n > 0 ? (size_t)n : 0;
    assert_true(o->len < sizeof o->at);
}

static const char *kept(struct world *w, const struct out *o) { return arena_cstring(w->a, (text){o->at, o->len}); }

static text short_value(struct world *w, const struct value *v) {
    if (v->type != TYPE_REFERENCE || !text_is_null(v->reference.raw)) return value_text(w->a, v);
    return arena_print(w->a, "#%lld", (long long)v->reference.target);
}

static void put_values(struct world *w, struct out *o, const struct values *set) {
    if (!set)
        put(o, "-");
    else if (set->null_marker)
        put(o, "null");
    for (size_t i = 0; set && i < set->count; i++) {
        text t = short_value(w, &set->at[i]);
        put(o, "%s%.*s", i ? "|" : "", TEXT_ARG(t));
    }
}

const char *world_mv(struct world *w, const struct mvo *m, const char *attribute) {
    struct out o = {0};
    assert_non_null(m);
    const struct values *set = attributes_find(&m->values, mv_attribute_of(w, text_of(attribute))->id);
    put_values(w, &o, set);
    const struct mapping *mapping = set && set->mapping ? config_mapping(w->config, set->mapping) : NULL;
    const struct sync_rule *rule = mapping ? config_rule(w->config, mapping->rule) : NULL;
    if (rule) put(&o, "@%.*s", TEXT_ARG(config_system(w->config, rule->system)->name));
    return kept(w, &o);
}

const char *world_cs(struct world *w, const struct cso *c, const char *attribute) {
    struct out o = {0};
    assert_non_null(c);
    const struct cs_attribute *at = config_cs_attribute_named(config_cs_type(w->config, c->type), text_of(attribute));
    assert_non_null(at);
    put_values(w, &o, attributes_find(&c->values, at->id));
    return kept(w, &o);
}

static int by_text(const void *x, const void *y) { return strcmp(*(const char *const *)x, *(const char *const *)y); }

static const char *change_text(struct world *w, const struct staged_change *k) {
    struct out o = {0};
    static const char *const signs[] = {"?", "+=", ":=", "-=", "~"};
    const struct cs_attribute *at = config_cs_attribute(w->config, k->attribute);
    put(&o, "%.*s%s", TEXT_ARG(at->name), signs[k->change]);
    if (k->has_value && k->reference_mvo && text_is_null(k->value.reference.raw)) {
        put(&o, "#%lld", (long long)k->reference_mvo);
    } else if (k->has_value) {
        text t = short_value(w, &k->value);
        put(&o, "%.*s", TEXT_ARG(t));
    }
    if (k->status != CHANGE_PENDING) put(&o, "(%s)", enum_name(&attribute_change_status_names, k->status));
    return kept(w, &o);
}

const char *world_pe_text(struct world *w, const struct cso *c) {
    const struct pending_export *p = world_pe(w, c);
    struct out o = {0};
    if (!p) return "none";
    put(&o, "%s %s", enum_name(&export_change_names, p->change), enum_name(&export_status_names, p->status));
    const char **list = ARENA_ARRAY(w->a, const char *, p->changes.count);
    for (size_t i = 0; i < p->changes.count; i++) list[i] = change_text(w, &p->changes.at[i]);
    if (p->changes.count > 1) qsort(list, p->changes.count, sizeof *list, by_text);
    for (size_t i = 0; i < p->changes.count; i++) put(&o, " %s", list[i]);
    return kept(w, &o);
}

static void put_tree(struct out *o, const struct outcome_node *node) {
    for (const struct outcome_node *n = node; n; n = n->next) {
        put(o, "%s%s", n == node ? "" : ",", enum_name(&outcome_names, n->type));
        if (n->count >= 0) put(o, "=%d", n->count);
        if (!n->children) continue;
        put(o, "(");
        put_tree(o, n->children);
        put(o, ")");
    }
}

const char *world_told(struct world *w) {
    struct out o = {0};
    const char **lines = ARENA_ARRAY(w->a, const char *, w->items.count);
    for (size_t i = 0; i < w->items.count; i++) {
        const struct run_item *item = &w->items.at[i];
        struct out line = {0};
        put(&line, "%.*s %s", TEXT_ARG(item->external_id), enum_name(&object_change_names, item->change));
        if (item->error != ITEM_NO_ERROR) put(&line, "!%s", enum_name(&item_error_names, item->error));
        if (item->outcomes) put(&line, ": ");
        put_tree(&line, item->outcomes);
        lines[i] = kept(w, &line);
    }
    if (w->items.count > 1) qsort(lines, w->items.count, sizeof *lines, by_text);
    for (size_t i = 0; i < w->items.count; i++) put(&o, "%s%s", i ? "\n" : "", lines[i]);
    return kept(w, &o);
}
