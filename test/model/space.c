/* Connector spaces and metaverse as text. */
#include "space.h"

#include <stdlib.h>
#include <string.h>

enum { MANY = 2048 };

struct page {
    int n;
    char *at[MANY];
};

static int by_line(const void *x, const void *y) { return strcmp(*(char *const *)x, *(char *const *)y); }

static FILE *line(struct page *p) {
    static size_t size;
    if (p->n == MANY) abort();
    return open_memstream(&p->at[p->n++], &size);
}

static const struct smvo *mvo_of(const struct space *s, int id) {
    for (int i = 0; i < s->mvos; i++)
        if (id && s->mvo[i].id == id) return &s->mvo[i];
    return NULL;
}

static const struct scso *cso_of(const struct space *s, int id) {
    for (int i = 0; i < s->csos; i++)
        if (id && s->cso[i].id == id) return &s->cso[i];
    return NULL;
}

static void put_mvo(const struct space *s, int id, FILE *f);

static const char *first(const struct set *v) { return v->n ? v->at[0].word : NULL; }

static void put_cso(const struct space *s, int id, FILE *f) {
    const struct scso *o = cso_of(s, id);
    if (!o) {
        fprintf(f, "nothing");
        return;
    }
    fprintf(f, "S%d:T%d:", o->system, o->type);
    if (first(&o->v[AT_ID]))
        fprintf(f, "%s", first(&o->v[AT_ID]));
    else if (o->mvo)
        put_mvo(s, o->mvo, f);
    else
        fprintf(f, "dn=%s", first(&o->v[AT_DN]) ? first(&o->v[AT_DN]) : "-");
}

/* An MVO is called by the known objects that are joined to it, else by its key. */
static void put_mvo(const struct space *s, int id, FILE *f) {
    const struct smvo *m = mvo_of(s, id);
    bool named = false;
    if (!m) {
        fprintf(f, "nobody");
        return;
    }
    fputc('{', f);
    for (int system = 0; system < SYSTEMS; system++)
        for (int i = 0; i < s->csos; i++) {
            const struct scso *o = &s->cso[i];
            if (!o->id || o->mvo != id || o->system != system || !first(&o->v[AT_ID])) continue;
            fprintf(f, "%s%d:%s", named ? "+" : "", system, first(&o->v[AT_ID]));
            named = true;
        }
    if (!named) fprintf(f, "T%d key=%s", m->type, first(&m->v[AT_KEY]) ? first(&m->v[AT_KEY]) : "-");
    fputc('}', f);
}

static void put_set(const struct space *s, const struct set *v, bool metaverse, bool reference, FILE *f) {
    struct page p = {0};
    for (int i = 0; i < v->n; i++) {
        FILE *one = line(&p);
        if (!metaverse || !reference) fprintf(one, "%s", v->at[i].word);
        if (reference && metaverse) put_mvo(s, v->at[i].ref, one);
        if (reference && !metaverse && v->at[i].ref) fputc('>', one), put_cso(s, v->at[i].ref, one);
        fclose(one);
    }
    qsort(p.at, (size_t)p.n, sizeof *p.at, by_line);
    for (int i = 0; i < p.n; i++) {
        fprintf(f, "%s%s", i ? "|" : "", p.at[i]);
        free(p.at[i]);
    }
}

static void print_cso(const struct space *s, const struct scso *o, FILE *f) {
    fprintf(f, "cso ");
    put_cso(s, o->id, f);
    fprintf(f, " %s %s", enum_name(&cso_status_names, o->status), enum_name(&cso_join_names, o->join));
    if (o->mvo) fputc(' ', f), put_mvo(s, o->mvo, f);
    if (o->review) fprintf(f, " review");
    for (int at = 0; at < ATTRS; at++) {
        if (!o->v[at].n) continue;
        fprintf(f, " %s=", kinds[at].name);
        put_set(s, &o->v[at], false, is_reference(at), f);
    }
}

static void print_mvo(const struct space *s, const struct smvo *m, FILE *f) {
    fprintf(f, "mvo T%d ", m->type);
    put_mvo(s, m->id, f);
    if (m->marked) fprintf(f, " marked@%lld by %d", (long long)m->marked_at, m->trigger);
    if (m->review) fprintf(f, " review");
    for (int at = AT_KEY; at < ATTRS; at++) {
        if (!m->v[at].n && !m->null[at]) continue;
        fprintf(f, " %s=", kinds[at].name);
        put_set(s, &m->v[at], true, is_reference(at), f);
        fprintf(f, "%s(m%d)", m->null[at] ? "null" : "", m->by[at]);
    }
}

static void put_change(const struct space *s, const struct change *c, FILE *f) {
    static const char *const signs[] = {"?", "+=", ":=", "-=", "~"};
    fprintf(f, "%s%s", kinds[c->attr].name, signs[c->how]);
    if (c->has && c->v.ref)
        put_mvo(s, c->v.ref, f);
    else if (c->has)
        fprintf(f, "%s", c->v.word);
    if (c->status != CHANGE_PENDING || c->attempts)
        fprintf(f, "(%s %d)", enum_name(&attribute_change_status_names, c->status), c->attempts);
}

static void print_pe(const struct space *s, const struct spe *e, FILE *f) {
    struct page p = {0};
    fprintf(f, "export ");
    put_cso(s, e->cso, f);
    fprintf(f, " %s %s", enum_name(&export_change_names, e->what), enum_name(&export_status_names, e->status));
    if (e->mvo) fprintf(f, " of "), put_mvo(s, e->mvo, f);
    if (e->errors) fprintf(f, " errors=%d", e->errors);
    if (e->retry) fprintf(f, " retry@%lld", (long long)e->retry);
    if (e->unresolved) fprintf(f, " unresolved");
    for (int i = 0; i < e->n; i++) {
        FILE *one = line(&p);
        put_change(s, &e->at[i], one);
        fclose(one);
    }
    qsort(p.at, (size_t)p.n, sizeof *p.at, by_line);
    for (int i = 0; i < p.n; i++) {
        fprintf(f, " %s", p.at[i]);
        free(p.at[i]);
    }
}

static void add_objects(const struct space *s, struct page *p) {
    for (int i = 0; i < s->csos; i++) {
        if (!s->cso[i].id) continue;
        FILE *f = line(p);
        print_cso(s, &s->cso[i], f);
        fclose(f);
    }
    for (int i = 0; i < s->mvos; i++) {
        if (!s->mvo[i].id) continue;
        FILE *f = line(p);
        print_mvo(s, &s->mvo[i], f);
        fclose(f);
    }
    for (int i = 0; i < s->pes; i++) {
        if (!s->pe[i].cso) continue;
        FILE *f = line(p);
        print_pe(s, &s->pe[i], f);
        fclose(f);
    }
}

char *space_text(const struct space *s, int systems) {
    static struct page p;
    size_t size;
    char *all;
    FILE *f = open_memstream(&all, &size);
    p.n = 0;
    add_objects(s, &p);
    for (int i = 0; i < s->items.n; i++) {
        FILE *one = line(&p);
        fprintf(one, "item %s", s->items.at[i]);
        fclose(one);
    }
    qsort(p.at, (size_t)p.n, sizeof *p.at, by_line);
    for (int i = 0; i < p.n; i++) {
        fprintf(f, "%s\n", p.at[i]);
        free(p.at[i]);
    }
    fprintf(f, "run %s\n", enum_name(&activity_status_names, s->ended));
    for (int i = 0; i < systems; i++) sim_print(&s->sim[i], i, f);
    fclose(f);
    return all;
}

void item_line(struct lines *l, const char *id, enum object_change change, enum item_error error, const int outcomes[32]) {
    char said[400];
    int n = snprintf(said, sizeof said, "%s %s", id, enum_name(&object_change_names, change));
    if (error) n += snprintf(said + n, sizeof said - (size_t)n, "!%s", enum_name(&item_error_names, error));
    for (int i = 0; i < 32; i++)
        if (outcomes[i])
            n += snprintf(said + n, sizeof said - (size_t)n, " %s*%d", enum_name(&outcome_names, (unsigned)i), outcomes[i]);
    if (l->n < LINES) l->at[l->n++] = intern(said, (size_t)n);
}
