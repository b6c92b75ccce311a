/* What the tests of connectors share: a root folder, a connected system with settings and a schema, and a core that listens. */
#ifndef TEST_CONNECTORS_FIXTURE_H
#define TEST_CONNECTORS_FIXTURE_H

#include "connectors/exchange.h"
#include "connectors/file/file.h"
#include "connectors/host.h"
#include "connectors/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    arena *a, *batch;
    char root[64]; /* a fresh folder, the only root */
    struct texts roots;
    struct run_ctx ctx;
    struct connected_system system;
    struct run_profile profile;
    /* The last run. */
    struct buffer seen; /* imported objects, one a line, see fixture_import */
    int64_t total, batches, largest_batch;
    struct texts phases;
    text warning;
    char problem[2048]; /* the error of the last operation, with its causes; empty: none */
    enum error_kind kind;
    int batches_until_cancel;          /* 0: never */
    void (*between)(struct fixture *); /* called after each batch */
    /* Which rows of the first reading are not wanted; NULL: none. */
    bool (*unwanted)(struct fixture *, const struct import_glimpse *);
};

/* setup and teardown for cmocka; *state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* File Path is ROOT/users.csv, Object Type user; the rest are the defaults. */
void fixture_set(struct fixture *f, int32_t setting, const char *value);
const char *fixture_path(struct fixture *f, const char *name); /* ROOT/name */
void fixture_write(struct fixture *f, const char *name, text bytes);
/* The whole file, or null when there is none. */
text fixture_read(struct fixture *f, const char *name);
/* Retrieves the schema of the file and makes it the system's, all selected; `external_id` names that attribute in every type. */
void fixture_adopt_schema(struct fixture *f, const char *external_id);
/* Gives the system the types of a declaration such as "user = dn!, age:Number, mail[]". */
void fixture_schema(struct fixture *f, const char *declaration);
struct cs_type *fixture_type(struct fixture *f, const char *type);
struct cs_attribute *fixture_attribute(struct fixture *f, const char *type, const char *name);
/* Retrieves the schema; the result as text: "user = dn, age:Number, mail[]\n", or problem is set. */
const char *fixture_discover(struct fixture *f);
/* Imports users.csv. Each object becomes a line: "2 user dn=a age=7 mail=[x|y] phone=? !AttributeValueError Row 2: …", where ? is
 * unparsed and "=dup" follows the row when the core was told that the key is repeated. */
const char *fixture_import(struct fixture *f);
/* Runs an export; results as lines: "ok ID" or "General: message" or "left". */
const char *fixture_export(struct fixture *f, const struct export_item *items, size_t count);
struct value fixture_value(struct fixture *f, const struct cs_attribute *c, const char *literal);

/* Asserts that the last operation failed with that kind and that the message holds the words. */
void fixture_failed(struct fixture *f, enum error_kind kind, const char *words);
#define assert_ok(f) assert_string_equal((f)->problem, "")

#endif
