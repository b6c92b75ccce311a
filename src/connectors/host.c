/* The registry of connectors that exist, and the life of one use. */
#include "connectors/host.h"

#include "connectors/file/file.h"

enum { ADDED_MOST = 32 };
/* What is built in, then room for what is added; NULL ends it. */
static const struct connector_definition *definitions[] = {&file_connector, [1 + ADDED_MOST] = NULL};

static size_t count_definitions(void) {
    size_t count = 0;
    while (definitions[count]) count++;
    return count;
}

const struct connector_definition *const *connector_definitions(size_t *count) {
    *count = count_definitions();
    return definitions;
}

bool connector_add(const struct connector_definition *d) {
    size_t count = count_definitions(), at = count;
    if (count + 1 >= sizeof definitions / sizeof definitions[0] || connector_by_id(d->id) || connector_by_name(text_of(d->name)))
        return false;
    for (; at && definitions[at - 1]->id > d->id; at--) definitions[at] = definitions[at - 1];
    definitions[at] = d;
    return true;
}

const struct connector_definition *connector_by_id(int32_t id) {
    for (size_t i = 0; definitions[i]; i++)
        if (definitions[i]->id == id) return definitions[i];
    return NULL;
}

/* "JIM x" and "Joinery x" name the same connector. */
static text without_vendor(text name) {
    static const text vendors[] = {{"JIM ", 4}, {"Joinery ", 8}};
    for (size_t i = 0; i < sizeof vendors / sizeof vendors[0]; i++)
        if (name.len > vendors[i].len && text_equal_ascii_case(text_slice(name, 0, vendors[i].len), vendors[i]))
            return text_slice(name, vendors[i].len, name.len);
    return (text){0};
}

const struct connector_definition *connector_by_name(text name) {
    text wanted = without_vendor(name);
    for (size_t i = 0; definitions[i]; i++) {
        text known = text_of(definitions[i]->name);
        if (text_equal_ascii_case(known, name)) return definitions[i];
        if (!text_is_null(wanted) && text_equal_ascii_case(without_vendor(known), wanted)) return definitions[i];
    }
    return NULL;
}

struct connector_use connector_use_begin(const struct connector_definition *d, const struct run_ctx *ctx,
                                         const struct connected_system *system) {
    return (struct connector_use){.connector = d->ops.make ? d->ops.make() : NULL, .ctx = ctx, .system = system};
}

void connector_use_end(const struct connector_definition *d, struct connector_use *use) {
    if (use->connector && d->ops.destroy) d->ops.destroy(use->connector);
    use->connector = NULL;
}
