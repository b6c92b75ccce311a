/* What the File connector declares: settings, capabilities, phases, operations. */
#include "connectors/file/file.h"

#include "connectors/file/options.h"
#include "connectors/settings.h"

static const char *const modes[] = {"Import Only", "Export Only", "Bidirectional", NULL};
static const char *const encodings[] = {"Auto", "UTF-8", "UTF-16LE", "UTF-16BE", "Windows-1252", "ISO-8859-1", "ISO-8859-15", NULL};
static const char *const line_endings[] = {"CRLF", "LF", NULL};

static const struct setting_definition settings[] = {
    {.id = FILE_PATH,
     .name = "File Path",
     .category = CATEGORY_GENERAL,
     .type = SETTING_FILE,
     .required = true,
     .description =
         "The whole path of the file on this server, inside a folder for connector files. The schema is read from it and "
         "exports write it; an import may name another file in its run profile."},
    {.id = FILE_MODE,
     .name = "Mode",
     .category = CATEGORY_GENERAL,
     .type = SETTING_DROP_DOWN,
     .required = true,
     .default_text = "Import Only",
     .drop_down = modes,
     .description = "Whether the file is read, written, or both."},
    {.id = FILE_TYPE_COLUMN,
     .name = "Object Type Column",
     .category = CATEGORY_GENERAL,
     .type = SETTING_STRING,
     .group = "Object Type",
     .cardinality = EXACTLY_ONE,
     .description = "The column that tells each row's object type, when the file holds several."},
    {.id = FILE_OBJECT_TYPE,
     .name = "Object Type",
     .category = CATEGORY_GENERAL,
     .type = SETTING_STRING,
     .group = "Object Type",
     .cardinality = EXACTLY_ONE,
     .description = "The object type of every row, when the file holds only one."},
    {.id = FILE_STOP_ON_FIRST_ERROR,
     .name = "Stop On First Error",
     .category = CATEGORY_IMPORT,
     .type = SETTING_CHECK_BOX,
     .description = "End the import as failed at the first row with an error, instead of reporting all such rows. No deletions are "
                    "detected then."},
    {.id = FILE_DELIMITER,
     .name = "Delimiter",
     .category = CATEGORY_GENERAL,
     .type = SETTING_STRING,
     .default_text = ",",
     .description = "What stands between two columns: one character or several; \\t means a tab."},
    {.id = FILE_CULTURE,
     .name = "Culture",
     .category = CATEGORY_GENERAL,
     .type = SETTING_STRING,
     .description = "A language tag such as de-DE whose forms of numbers and dates the file uses. Empty: 1234.5 and 2024-12-31."},
    {.id = FILE_MULTI_VALUE_DELIMITER,
     .name = "Multi-Value Delimiter",
     .category = CATEGORY_GENERAL,
     .type = SETTING_STRING,
     .default_text = "|",
     .description = "What stands between the values of one cell. Choose another one when texts hold it."},
    {.id = FILE_ENCODING,
     .name = "Encoding",
     .category = CATEGORY_GENERAL,
     .type = SETTING_DROP_DOWN,
     .default_text = "Auto",
     .drop_down = encodings,
     .description = "How the file encodes text. Auto: by its byte order mark, else UTF-8."},
    {.id = FILE_DECLARED_SCHEMA,
     .name = "Declared Schema",
     .category = CATEGORY_EXPORT,
     .type = SETTING_TEXT,
     .description = "The columns of a file that does not exist yet, one line an object type: user = dn!, displayName, "
                    "employeeNumber:Number, manager:Reference, mail[]. A ! marks the external id, :Type the type (else Text), [] "
                    "several values."},
    {.id = FILE_LINE_ENDING,
     .name = "Export Line Ending",
     .category = CATEGORY_EXPORT,
     .type = SETTING_DROP_DOWN,
     .default_text = "CRLF",
     .drop_down = line_endings,
     .description = "What ends each written row."},
    {.id = FILE_KEEP_PREVIOUS,
     .name = "Keep Previous Export Files",
     .category = CATEGORY_EXPORT,
     .type = SETTING_INTEGER,
     .has_default_integer = true,
     .default_integer = 0,
     .minimum = 0,
     .maximum = 100,
     .description = "How many earlier versions of the file stay beside it, as NAME.1 (the latest), NAME.2 and so on."},
};

static void phases(const struct connected_system *system, enum run_type type, arena *a, struct phases *out) {
    (void)system;
    if (type == RUN_EXPORT) {
        *LIST_ADD(a, out) = (struct phase){T("load-existing-file"), T("Loading existing export file")};
        *LIST_ADD(a, out) = (struct phase){T("merge"), T("Merging changes into file")};
        *LIST_ADD(a, out) = (struct phase){T("write"), T("Writing the output file")};
    } else {
        *LIST_ADD(a, out) = (struct phase){T("read"), T("Reading the file")};
    }
}

/* Nobody else writes the file then, so what was written is what stands there. */
static bool auto_confirms(const struct connected_system *system) {
    return text_equal_ascii_case(setting_text(&system->settings, FILE_MODE), T("Export Only"));
}

const struct connector_definition file_connector = {
    .id = 1,
    .name = "JIM File Connector",
    .label = "File",
    .description = "Reads and writes delimited text files such as CSV.",
    .schema_standard = STANDARD_NOT_SET,
    .can = {.full_import = true,
            .export = true,
            .user_selected_external_id = true,
            .user_selected_attribute_types = true,
            .auto_confirm_export = true,
            .file_paths = true},
    .settings = settings,
    .settings_count = sizeof settings / sizeof settings[0],
    .ops = {.validate = file_validate,
            .schema = file_schema,
            .phases = phases,
            .import_file = file_import,
            .export_file = file_export,
            .auto_confirms = auto_confirms},
};
