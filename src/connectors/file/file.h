/* The File connector: delimited text files as connected systems (connectors §11). */
#ifndef JOINERY_CONNECTORS_FILE_FILE_H
#define JOINERY_CONNECTORS_FILE_FILE_H

#include "connectors/connector.h"

extern const struct connector_definition file_connector;

/* Setting ids: permanent, because every installation stores them. */
enum file_setting {
    FILE_PATH = 101,
    FILE_MODE,
    FILE_TYPE_COLUMN,
    FILE_OBJECT_TYPE,
    FILE_STOP_ON_FIRST_ERROR,
    FILE_DELIMITER,
    FILE_CULTURE,
    FILE_MULTI_VALUE_DELIMITER,
    FILE_ENCODING,
    FILE_DECLARED_SCHEMA,
    FILE_LINE_ENDING,
    FILE_KEEP_PREVIOUS
};

/* The operations, each in its own file. */
FALLIBLE file_validate(const struct connector_use *use, arena *a, struct validation_results *out);
FALLIBLE file_schema(const struct connector_use *use, arena *a, struct connector_schema *out);
FALLIBLE file_import(const struct connector_use *use, const struct import_request *request, const struct import_sink *sink);
FALLIBLE file_export(const struct connector_use *use, const struct export_source *from);

#endif
