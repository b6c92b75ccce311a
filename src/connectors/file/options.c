/* From setting values to options, with every problem that a single setting can have. */
#include "connectors/file/options.h"

#include "connectors/file/file.h"
#include "connectors/settings.h"

/* Reports to the list, or as the error. */
static error *problem(arena *a, struct validation_results *problems, int32_t setting, const char *message) {
    const char *name = NULL;
    for (size_t i = 0; i < file_connector.settings_count; i++)
        if (file_connector.settings[i].id == setting) name = file_connector.settings[i].name;
    if (!problems) return FAIL(ERROR_INVALID, "The setting \"%s\": %s", name, message);
    *LIST_ADD(a, problems) = (struct validation_result){.message = arena_text(a, text_of(message)), .setting = text_of(name)};
    return NULL;
}

/* \t stands for a tab, which no form can hold. */
static text with_tabs(arena *a, text t) {
    if (text_find(t, T("\\t")) == SIZE_MAX) return t;
    char *out = arena_bytes(a, t.len);
    size_t len = 0;
    for (size_t i = 0; i < t.len; i++) {
        bool tab = t.at[i] == '\\' && i + 1 < t.len && t.at[i + 1] == 't';
        out[len++] = tab ? '\t' : t.at[i];
        i += tab;
    }
    return (text){out, len};
}

static bool has_quote_or_line_end(text t) {
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] == '"' || t.at[i] == '\r' || t.at[i] == '\n') return true;
    return false;
}

static error *check_delimiters(arena *a, struct validation_results *problems, const struct file_options *o) {
    if (text_is_empty(o->delimiter)) TRY(problem(a, problems, FILE_DELIMITER, "A delimiter is needed, such as a comma or \\t."));
    if (has_quote_or_line_end(o->delimiter) || o->delimiter.len > 64)
        TRY(problem(a, problems, FILE_DELIMITER, "It must not hold a quote or a line end, nor be longer than 64 bytes."));
    if (has_quote_or_line_end(o->multi_delimiter))
        TRY(problem(a, problems, FILE_MULTI_VALUE_DELIMITER, "It must not hold a quote or a line end."));
    if (!text_is_empty(o->delimiter) && text_equal(o->delimiter, o->multi_delimiter))
        TRY(problem(a, problems, FILE_MULTI_VALUE_DELIMITER, "It must differ from the delimiter of the columns."));
    return NULL;
}

static error *read_culture(arena *a, const struct setting_values *values, struct validation_results *problems,
                           struct file_options *o) {
    text tag = text_trim_ascii(setting_text(values, FILE_CULTURE));
    o->invariant = text_is_empty(tag);
    if (o->invariant) return NULL;
    OWNED(error) bad = culture_new(tag, &o->culture);
    return bad ? problem(a, problems, FILE_CULTURE, bad->sentence) : NULL;
}

static error *check_encoding(arena *a, struct validation_results *problems, text encoding) {
    OWNED(decoder) d = NULL;
    OWNED(error) bad = decoder_new(encoding, &d);
    return bad ? problem(a, problems, FILE_ENCODING, bad->sentence) : NULL;
}

static enum file_mode read_mode(text t) {
    if (text_equal_ascii_case(t, T("Export Only"))) return MODE_EXPORT_ONLY;
    return text_equal_ascii_case(t, T("Bidirectional")) ? MODE_BIDIRECTIONAL : MODE_IMPORT_ONLY;
}

error *file_options_read(arena *a, const struct setting_values *values, struct validation_results *problems,
                         struct file_options *out) {
    text encoding = setting_text(values, FILE_ENCODING);
    text multi = setting_text(values, FILE_MULTI_VALUE_DELIMITER);
    *out = (struct file_options){
        .mode = read_mode(setting_text(values, FILE_MODE)),
        .path = setting_text(values, FILE_PATH),
        .type_column = text_trim_ascii(setting_text(values, FILE_TYPE_COLUMN)),
        .object_type = text_trim_ascii(setting_text(values, FILE_OBJECT_TYPE)),
        .delimiter = with_tabs(a, setting_text(values, FILE_DELIMITER)),
        .multi_delimiter = text_is_null(multi) ? T("") : with_tabs(a, multi),
        .encoding = text_is_empty(encoding) ? T("Auto") : encoding,
        .stop_on_first_error = setting_checked(values, FILE_STOP_ON_FIRST_ERROR),
        .line_ending = text_equal(setting_text(values, FILE_LINE_ENDING), T("LF")) ? T("\n") : T("\r\n"),
        .keep_previous = setting_integer(values, FILE_KEEP_PREVIOUS, 0),
    };
    if (out->mode != MODE_IMPORT_ONLY && !text_is_empty(text_trim_ascii(setting_text(values, FILE_DECLARED_SCHEMA))))
        out->declared = setting_text(values, FILE_DECLARED_SCHEMA);
    TRY(check_delimiters(a, problems, out));
    TRY(check_encoding(a, problems, out->encoding));
    return read_culture(a, values, problems, out);
}

void file_options_close(struct file_options *o) {
    culture_free(o->culture);
    o->culture = NULL;
}
