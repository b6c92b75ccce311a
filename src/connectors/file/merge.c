/* Creates, updates and deletes rows, cell by cell. */
#include "connectors/file/merge.h"

#include "base/log.h"
#include "connectors/file/cells.h"

/* ---- Columns ---- */
static void want_column(struct table *t, text name) {
    if (!text_is_empty(name)) table_add_column(t, name);
}

static const struct cs_attribute *attribute_by_id(const struct cs_type *type, int32_t id) {
    for (EACH(const struct cs_attribute, c, &type->attributes))
        if (c->id == id) return c;
    return NULL;
}

/* A row that is made anew shows all that is known of its object; another one only what has a column in the end. */
static void want_known_columns(struct table *t, const struct export_item *item) {
    if (!item->known || item->change == EXPORT_DELETE) return;
    bool stands = !text_is_null(item->external_id) && table_find(t, item->type, item->external_id);
    for (EACH(const struct values, v, item->known)) {
        const struct cs_attribute *c = v->count ? attribute_by_id(item->type, v->attribute) : NULL;
        if (c && stands)
            table_reserve_column(t, c->name);
        else if (c)
            want_column(t, c->name);
    }
}

void merge_columns(struct table *t, const struct export_item *item) {
    const struct cs_attribute *last = NULL;
    if (!t->fixed) want_column(t, t->o->type_column);
    if (t->fixed && t->fixed->id != item->type->id) return;
    if (item->type->external_id) want_column(t, item->type->external_id->name);
    for (EACH(const struct export_attribute, c, &item->changes)) {
        if (c->attribute != last) want_column(t, c->attribute->name);
        last = c->attribute;
    }
    want_known_columns(t, item);
}

/* ---- One item ---- */
struct merging {
    struct table *t;
    const struct encoder *encoder;
    const struct export_item *item;
    struct export_result *result;
    text *cells;    /* the row's cells, which become the row at the end */
    error *failure; /* of the spool */
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct merging *m, const char *format, ...) {
    va_list args;
    va_start(args, format);
    m->result->error_message = arena_vprint(m->t->scratch, format, args);
    va_end(args);
    m->result->error = EXPORT_ERROR_GENERAL;
    return false;
}

/* What the culture of the settings would read back as another number must not be written: the file is imported again. */
static bool is_read_back(const struct merging *m, const struct value *v, text cell) {
    if (v->type != TYPE_DECIMAL || m->t->o->invariant || m->t->o->mode != MODE_BIDIRECTIONAL) return true;
    return text_equal(culture_number(m->t->o->culture, m->t->scratch, cell), cell);
}

static bool write_value(struct merging *m, const struct cs_attribute *c, const struct value *v, text *cell) {
    text multi = m->t->o->multi_delimiter;
    *cell = cell_write(m->t->scratch, v);
    if (c->plurality == MULTI_VALUED && !text_is_empty(multi) && text_find(*cell, multi) != SIZE_MAX)
        return refuse(m, "A value of \"%.*s\" holds the multi-value delimiter; set another delimiter.", TEXT_ARG(c->name));
    if (!encoder_can(m->encoder, *cell))
        return refuse(m, "A value of \"%.*s\" holds a character that the encoding %.*s does not have.", TEXT_ARG(c->name),
                      TEXT_ARG(m->t->o->encoding));
    if (!is_read_back(m, v, *cell))
        return refuse(m,
                      "\"%.*s\" is a Decimal, which the culture of the settings reads differently; clear the setting \"Culture\".",
                      TEXT_ARG(c->name));
    return true;
}

/* The parts of an attribute's cells as a set: each value once, in the order of the cells. */
struct part {
    text text;
    bool gone;
};
struct parts {
    struct merging *m;
    const struct cs_attribute *of;
    const struct file_column *column;
    struct text_map by_value; /* canonical text → struct part */
    struct part_list LIST(struct part *) list;
};

/* A part is a value when it reads as an equal one: 1.50 is 1.5, TRUE is true. */
static text canonical(const struct parts *p, text part) {
    arena *a = p->m->t->scratch;
    struct value read;
    if (p->of->type == TYPE_REFERENCE || p->of->type == TYPE_TEXT) return part;
    return cell_read(a, p->m->t->o, p->of->type, part, &read) ? value_text(a, &read) : part;
}

static void parts_add(struct parts *p, text written) {
    arena *a = p->m->t->scratch;
    text key = canonical(p, written);
    struct part *known = text_map_get(&p->by_value, key);
    if (known && !known->gone) return;
    struct part *added = ARENA_NEW(a, struct part);
    added->text = written;
    text_map_put(&p->by_value, key, added);
    *LIST_ADD(a, &p->list) = added;
}

static void parts_remove(struct parts *p, text written) {
    struct part *known = text_map_get(&p->by_value, canonical(p, written));
    if (known) known->gone = true;
}

static void parts_clear(struct parts *p) {
    for (size_t i = 0; i < p->list.count; i++) p->list.at[i]->gone = true;
}

static void parts_read(struct merging *m, const struct cs_attribute *c, struct parts *p) {
    arena *a = m->t->scratch;
    text delimiter = c->plurality == MULTI_VALUED ? m->t->o->multi_delimiter : T("");
    *p = (struct parts){.m = m, .of = c, .column = table_column(m->t, c->name)};
    text_map_init(&p->by_value, a, 4);
    for (EACH(const int32_t, place, &p->column->places)) {
        text rest = m->cells[*place];
        if (c->plurality == SINGLE_VALUED && !text_is_empty(rest))
            parts_add(p, rest);
        else
            for (text part; cell_part(&rest, delimiter, &part);) parts_add(p, part);
    }
}

/* Joins into the first column of that name; the others of the same name are emptied. */
static bool parts_write(struct parts *p) {
    struct merging *m = p->m;
    text delimiter = m->t->o->multi_delimiter;
    size_t len = 0, count = 0;
    for (size_t i = 0; i < p->list.count; i++) {
        if (p->list.at[i]->gone) continue;
        count++;
        len += p->list.at[i]->text.len + delimiter.len;
    }
    if (count > 1 && text_is_empty(delimiter))
        return refuse(m, "\"%.*s\" has several values, but no multi-value delimiter is set.", TEXT_ARG(p->of->name));
    char *joined = arena_bytes(m->t->scratch, len), *to = joined;
    for (size_t i = 0; i < p->list.count; i++) {
        const struct part *part = p->list.at[i];
        if (part->gone) continue;
        if (to > joined) to = mempcpy(to, delimiter.at, delimiter.len);
        to = mempcpy(to, part->text.at, part->text.len);
    }
    for (EACH(const int32_t, place, &p->column->places)) m->cells[*place] = T("");
    m->cells[p->column->places.at[0]] = (text){joined, (size_t)(to - joined)};
    return true;
}

static bool parts_change(struct parts *p, const struct export_attribute *change) {
    text written = T("");
    if (change->has_value && !write_value(p->m, p->of, &change->value, &written)) return false;
    switch (change->change) {
    case CHANGE_REMOVE:
        if (change->has_value) parts_remove(p, written);
        return true;
    case CHANGE_ADD:
        if (p->of->plurality == SINGLE_VALUED) parts_clear(p);
        break;
    default: /* Update and RemoveAll put something else, or nothing, in place of all */
        parts_clear(p);
    }
    if (change->change != CHANGE_REMOVE_ALL && !text_is_empty(written)) parts_add(p, written);
    return true;
}

/* The changes of one attribute stand together: its cell is taken apart and put together once for all of them. */
static bool apply_changes(struct merging *m) {
    const struct export_attributes *changes = &m->item->changes;
    for (size_t i = 0; i < changes->count;) {
        struct parts p;
        parts_read(m, changes->at[i].attribute, &p);
        for (; i < changes->count && changes->at[i].attribute == p.of; i++)
            if (!parts_change(&p, &changes->at[i])) return false;
        if (!parts_write(&p)) return false;
    }
    return true;
}

static bool is_changed(const struct export_item *item, int32_t attribute) {
    for (EACH(const struct export_attribute, c, &item->changes))
        if (c->attribute->id == attribute) return true;
    return false;
}

/* Empty cells that the item does not speak of get what is known of the object. */
static bool complete_from_known(struct merging *m) {
    for (size_t i = 0; m->item->known && i < m->item->known->count; i++) {
        const struct values *known = &m->item->known->at[i];
        const struct cs_attribute *c = attribute_by_id(m->item->type, known->attribute);
        if (!c || known->count == 0 || !table_column(m->t, c->name) || is_changed(m->item, known->attribute)) continue;
        struct parts p;
        parts_read(m, c, &p);
        if (p.list.count) continue;
        for (size_t k = 0; k < known->count; k++) {
            text written;
            if (!write_value(m, c, &known->at[k], &written)) return false;
            parts_add(&p, written);
        }
        if (!parts_write(&p)) return false;
    }
    return true;
}

/* The external id that the changes give, or null. */
static text changed_id(const struct merging *m) {
    const struct cs_attribute *id = m->item->type->external_id;
    for (EACH(const struct export_attribute, c, &m->item->changes))
        if (c->attribute->id == id->id && c->has_value && c->change != CHANGE_REMOVE) return value_text(m->t->scratch, &c->value);
    return (text){0};
}

static bool write_row(struct merging *m, struct table_row *row, text old_key, text key) {
    struct table *t = m->t;
    struct table_row none = {0};
    m->failure = table_cells(t, row ? row : &none, &m->cells);
    if (m->failure) return false;
    const struct cs_attribute *id = m->item->type->external_id;
    if (!row && !is_changed(m->item, id->id)) m->cells[table_column(t, id->name)->places.at[0]] = key;
    if (!apply_changes(m)) return false;
    if (!complete_from_known(m)) return false;
    if (text_is_empty(m->cells[table_column(t, id->name)->places.at[0]]))
        return refuse(m, "The External ID \"%.*s\" of an existing object cannot be cleared.", TEXT_ARG(id->name));
    if (!row) row = table_add(t, m->item->type, key);
    if (t->type_place >= 0 && text_is_empty(m->cells[t->type_place])) m->cells[t->type_place] = m->item->type->name;
    if (!text_equal(old_key, key)) table_set_key(t, row, key);
    m->failure = table_put(t, row, m->cells, t->header.count);
    return !m->failure;
}

static bool upsert(struct merging *m) {
    const struct export_item *item = m->item;
    text changed = changed_id(m), old = text_is_null(item->external_id) ? changed : item->external_id;
    text key = text_is_empty(changed) ? old : changed;
    if (text_is_empty(key))
        return refuse(m, "The object has no value for its External ID \"%.*s\".", TEXT_ARG(item->type->external_id->name));
    struct table_row *row = table_find(m->t, item->type, old);
    if (!text_equal(old, key)) {
        struct table_row *taken = table_find(m->t, item->type, key);
        if (taken && row) return refuse(m, "Another row has the new External ID already.");
        if (!row) row = taken;
    }
    if (row && item->change == EXPORT_CREATE)
        log_line(LOG_INFORMATION, "export finds the row to be created", "it is updated instead");
    if (!write_row(m, row, old, key)) return false;
    m->result->external_id = key;
    return true;
}

static bool delete_row(struct merging *m) {
    if (text_is_empty(m->item->external_id)) return refuse(m, "The object has no External ID, so its row cannot be found.");
    struct table_row *row = table_find(m->t, m->item->type, m->item->external_id);
    if (row) row->removed = true;
    m->result->external_id = m->item->external_id;
    return true;
}

error *merge_item(struct table *t, const struct encoder *encoder, const struct export_item *item, struct export_result *result) {
    struct merging m = {t, encoder, item, result, NULL, NULL};
    *result = (struct export_result){.done = true};
    if (t->fixed && t->fixed->id != item->type->id)
        refuse(&m, "The file holds only objects of the type \"%.*s\".", TEXT_ARG(t->fixed->name));
    else if (!item->type->external_id)
        refuse(&m, "The object type \"%.*s\" has no External ID attribute; choose one.", TEXT_ARG(item->type->name));
    else
        result->success = item->change == EXPORT_DELETE ? delete_row(&m) : upsert(&m);
    return m.failure;
}
