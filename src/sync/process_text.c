/* Trim, collapse, case and whitespace of inbound text, in the order of sync-engine §11.3. */
#include "sync/process_text.h"

#include "base/unicode.h"

static text processed(arena *a, text t, unsigned flags, enum case_normalisation letters) {
    if (flags & 1u << PROCESS_TRIM) t = text_trim_unicode(t);
    if (flags & 1u << PROCESS_COLLAPSE) t = text_collapse_spaces(a, t);
    switch (letters) {
    case CASE_UPPER:
        return text_upper(a, t);
    case CASE_LOWER:
        return text_lower(a, t);
    case CASE_TITLE:
        return text_title_words(a, t);
    default:
        return t;
    }
}

/* Is every value surely none but whitespace? Most texts begin with a visible ASCII letter. */
static bool none_blank(const struct values *set) {
    for (size_t i = 0; i < set->count; i++) {
        text t = set->at[i].text;
        if (t.len && (unsigned char)t.at[0] > ' ' && (unsigned char)t.at[0] < 0x7F) continue;
        if (text_is_blank(t)) return false;
    }
    return true;
}

struct values process_text(arena *a, const struct values *set, unsigned flags, enum case_normalisation letters) {
    bool drop_blank = flags & 1u << PROCESS_WHITESPACE_AS_NO_VALUE;
    bool rewrites = letters != CASE_NONE || flags & (1u << PROCESS_TRIM | 1u << PROCESS_COLLAPSE);
    if (!rewrites && (!drop_blank || none_blank(set))) return *set;
    struct values out = {.attribute = set->attribute};
    for (size_t i = 0; i < set->count; i++) {
        struct value v = set->at[i];
        v.text = processed(a, v.text, flags, letters);
        if (drop_blank && text_is_blank(v.text)) continue;
        values_add(a, &out, v);
    }
    return out;
}
