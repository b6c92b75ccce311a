/* Findings, counts and groups of a preview as they are kept. */
#include "runs/change_preview.h"

enum { DOCUMENT_BYTES = 256 << 20 };

static SHAPE(preview_finding, NULL,
             FIELDS(FIELD(preview_finding, severity, "severity", .names = &preview_severity_names),
                    FIELD(preview_finding, message, "message"), FIELD(preview_finding, property, "property", .nullable = true)));
static SHAPE(preview_count, NULL,
             FIELDS(FIELD(preview_count, transition, "transition", .names = &outcome_names), FIELD(preview_count, system, "system"),
                    FIELD(preview_count, mv_type, "type"), FIELD(preview_count, objects, "objects")));
static SHAPE(preview_group, NULL,
             FIELDS(FIELD(preview_group, part, "part"), FIELD(preview_group, transition, "transition", .names = &outcome_names),
                    FIELD(preview_group, mv_type, "type"), FIELD(preview_group, system, "system"),
                    FIELD(preview_group, mv_type_name, "typeName", .nullable = true),
                    FIELD(preview_group, system_name, "systemName", .nullable = true),
                    FIELD(preview_group, attribute, "attribute", .nullable = true),
                    FIELD(preview_group, old_value, "old", .nullable = true),
                    FIELD(preview_group, new_value, "new", .nullable = true),
                    FIELD(preview_group, pattern, "pattern", .names = &preview_pattern_names),
                    FIELD(preview_group, objects, "objects"), FIELD(preview_group, sampled, "sampled")));
static SHAPE(preview_document, NULL,
             FIELDS(OBJECTS(preview_document, findings, "findings", preview_finding),
                    OBJECTS(preview_document, counts, "counts", preview_count),
                    OBJECTS(preview_document, groups, "groups", preview_group)));

text preview_document_write(arena *a, const struct preview_document *d) {
    OWNED_VALUE(buffer) b = {.max = DOCUMENT_BYTES};
    struct json_writer w = {.out = &b};
    describe_write(&w, &preview_document_shape, d);
    return arena_text(a, buffer_as_text(&b));
}

FALLIBLE preview_document_read(arena *a, text document, struct preview_document *out) {
    const struct json *json;
    struct problems problems = {.a = a};
    *out = (struct preview_document){0};
    if (text_is_null(document)) return NULL;
    TRY(json_read(a, document, (struct json_limits){0}, &json, NULL));
    if (describe_read(a, &preview_document_shape, json, (struct reading){.strict = true}, out, &problems)) return NULL;
    return FAIL(ERROR_CORRUPT, "the result of a preview cannot be read");
}
