/* Rows as JSON: the columns in their order, each value as its type is written. */
#include "search/private.h"

#include "model/ids.h"

#include <stdio.h>

/* yyyy-MM-ddTHH:mm:ss+0000 */
static void write_time(struct json_writer *out, int64_t ticks) {
    struct date_parts p = instant_parts((instant){ticks});
    char written[80];
    int len =
        snprintf(written, sizeof written, "%04d-%02d-%02dT%02d:%02d:%02d+0000", p.year, p.month, p.day, p.hour, p.minute, p.second);
    json_string(out, (text){written, (size_t)len});
}

/* Plain notation with all the places that are stored. */
static void write_decimal(struct json_writer *out, decimal d) {
    char digits[64], written[80];
    size_t count = 0, len = 0;
    unsigned __int128 rest = d.coefficient;
    while (rest || count <= (size_t)d.scale) {
        digits[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (d.negative) written[len++] = '-';
    while (count) {
        written[len++] = digits[--count];
        if (count && count == (size_t)d.scale) written[len++] = '.';
    }
    json_raw(out, (text){written, len});
}

static void write_uuid(struct json_writer *out, uuid u) {
    char written[36];
    uuid_write(u, written);
    json_string(out, (text){written, sizeof written});
}

static void write_value(struct work *w, struct json_writer *out, enum field_type type, const struct value *stored) {
    struct search_value v;
    if (!present(w->q->result.kind, type, stored, &v)) {
        json_null(out);
        return;
    }
    switch (type) {
    case FIELD_TYPE_TEXT:
        json_string(out, v.text);
        return;
    case FIELD_TYPE_BINARY:
        json_string(out, base64_write(w->batch, v.text));
        return;
    case FIELD_TYPE_DECIMAL:
        write_decimal(out, v.decimal);
        return;
    case FIELD_TYPE_BOOLEAN:
        json_bool(out, v.number != 0);
        return;
    case FIELD_TYPE_GUID:
    case FIELD_TYPE_REFERENCE:
        write_uuid(out, v.guid);
        return;
    case FIELD_TYPE_DATE:
    case FIELD_TYPE_DATETIME:
        write_time(out, v.number);
        return;
    case FIELD_TYPE_TIME:
        write_time(out, TICKS_1970 + v.number);
        return;
    default:
        json_int(out, v.number);
    }
}

/* References that lead nowhere yet are left out of an array. */
static void write_several(struct work *w, struct json_writer *out, enum field_type type, const struct values *set) {
    struct search_value v;
    size_t shown = 0;
    for (size_t i = 0; i < set->count; i++) shown += present(w->q->result.kind, type, &set->at[i], &v);
    if (!shown) {
        json_null(out);
        return;
    }
    json_array(out);
    for (size_t i = 0; i < set->count; i++)
        if (present(w->q->result.kind, type, &set->at[i], &v)) write_value(w, out, type, &set->at[i]);
    json_array_end(out);
}

void row_write(struct work *w, struct json_writer *out, const struct search_object *o) {
    json_object(out);
    for (EACH(const struct search_field, f, &w->q->columns)) {
        const struct values *set = attributes_find(&o->values, field_number(w, &w->q->result, f));
        json_name(out, f->name);
        if (!set || !set->count)
            json_null(out);
        else if (f->multi)
            write_several(w, out, f->type, set);
        else
            write_value(w, out, f->type, &set->at[0]);
    }
    json_object_end(out);
}
