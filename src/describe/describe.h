/* Tables that describe structs: one table reads, checks and writes JSON, reads query parameters, and writes the schema of it.
 *
 *     struct person {
 *         uuid id;
 *         text name, email;                       // a null text is null on the wire
 *         enum person_status status;              // NAMED_ENUM(person_status, …)
 *         struct maybe_int32 age;                 // null when not given
 *         instant born;                           // .nullable: null when its ticks are 0
 *         struct texts tags;                      // list of text
 *         const struct address *home;             // null when NULL
 *         struct address_list LIST(struct address) others;
 *         struct counts LIST(struct int64_entry) visits;
 *     };
 *     static SHAPE(person, "Person",
 *         FIELDS(FIELD(person, id, "id"),
 *                FIELD(person, name, "name", .required = true, .max_length = 200, .doc = "As it is shown."),
 *                FIELD(person, email, "email", .nullable = true),
 *                FIELD(person, status, "status", .names = &person_status_names),
 *                FIELD(person, age, "age", BETWEEN(0, 150)),
 *                FIELD(person, born, "born", .nullable = true),
 *                FIELD(person, tags, "tags"),
 *                OBJECT(person, home, "home", address),
 *                OBJECTS(person, others, "others", address),
 *                MAP(person, visits, "visits", int64_entry)),
 *         .doc = "Somebody we know.");
 *
 * The first argument is the tag of a struct: `person` for struct person; SHAPE defines `person_shape`. A member of a type that is
 * not in the list of FIELD_KIND_ does not compile. Recursive shapes: write `static const struct shape person_shape;` before. */
#ifndef JOINERY_DESCRIBE_DESCRIBE_H
#define JOINERY_DESCRIBE_DESCRIBE_H

#include "base/base.h"
#include "base/decimal.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/names.h"
#include "base/uuid.h"

/* ---- C types beside the usual ones ---- */

/* Scalars that may be missing: null on the wire unless `given`. */
struct maybe_bool {
    bool given, value;
};
struct maybe_int32 {
    bool given;
    int32_t value;
};
struct maybe_int64 {
    bool given;
    int64_t value;
};
struct maybe_double {
    bool given;
    double value;
};
struct maybe_decimal {
    bool given;
    decimal value;
};
struct maybe_instant {
    bool given;
    instant value;
};
struct maybe_timespan {
    bool given;
    timespan value;
};
struct maybe_uuid {
    bool given;
    uuid value;
};
/* For any enumeration; .names is needed. */
struct maybe_enum {
    bool given;
    unsigned value;
};
#define GIVE(number)                                                                                                               \
    { .given = true, .value = (number) }

struct uuids LIST(uuid);
/* Values of an enumeration; .names is needed. */
struct enums LIST(unsigned);

/* Bytes, base64 on the wire. */
struct bytes {
    text raw;
};

/* Any JSON. Reading sets `json` (lives in the arena); writing takes `raw` (a complete JSON value) or, when that is null, `json`;
 * null when both are missing. Use .schema to say what may stand there. */
struct json_value {
    const struct json *json;
    text raw;
};
struct json_values LIST(struct json_value);
/* Complete JSON values, ready for `raw`. */
struct json_value json_value_text(arena *a, text t); /* null text: null */
struct json_value json_value_int(arena *a, int64_t n);
struct json_value json_value_double(arena *a, double n);
struct json_value json_value_bool(bool b);

/* Entries of maps: any struct with a `text name` and a shape of exactly one field, the value. These exist: */
struct text_entry {
    text name, value;
};
struct bool_entry {
    text name;
    bool value;
};
struct int32_entry {
    text name;
    int32_t value;
};
struct int64_entry {
    text name;
    int64_t value;
};
struct texts_entry {
    text name;
    struct texts value;
};
struct json_entry {
    text name;
    struct json_value value;
};
struct text_entries LIST(struct text_entry);
struct bool_entries LIST(struct bool_entry);
struct int32_entries LIST(struct int32_entry);
struct int64_entries LIST(struct int64_entry);
struct texts_entries LIST(struct texts_entry);
struct json_entries LIST(struct json_entry);
extern const struct shape text_entry_shape; /* the value may be null */
extern const struct shape bool_entry_shape, int32_entry_shape, int64_entry_shape, texts_entry_shape, json_entry_shape;

/* ---- tables ---- */

enum field_kind {
    FIELD_TEXT = 1,
    FIELD_BOOL,
    FIELD_INT32,
    FIELD_INT64,
    FIELD_DOUBLE,
    FIELD_DECIMAL,
    FIELD_INSTANT,
    FIELD_TIMESPAN,
    FIELD_UUID,
    FIELD_ENUM,
    FIELD_BYTES,
    FIELD_MAYBE_BOOL,
    FIELD_MAYBE_INT32,
    FIELD_MAYBE_INT64,
    FIELD_MAYBE_DOUBLE,
    FIELD_MAYBE_DECIMAL,
    FIELD_MAYBE_INSTANT,
    FIELD_MAYBE_TIMESPAN,
    FIELD_MAYBE_UUID,
    FIELD_MAYBE_ENUM,
    FIELD_TEXTS,
    FIELD_INT32S,
    FIELD_INT64S,
    FIELD_UUIDS,
    FIELD_ENUMS,
    FIELD_JSON,
    FIELD_JSONS,
    FIELD_OBJECT,        /* pointer to a struct; NULL is null */
    FIELD_OBJECT_WITHIN, /* a struct by value, as an object */
    FIELD_OBJECTS,       /* list of structs */
    FIELD_MAP,           /* list of entries, as an object */
    FIELD_EMBEDDED,      /* a struct by value whose members stand in the object itself */
};

struct shape;

/* One member. Build it with FIELD, OBJECT, OBJECTS, MAP or EMBED; what may be added: */
struct field {
    text name; /* on the wire */
    enum field_kind kind;
    uint32_t offset, size;
    uint32_t count_offset;          /* lists: where the count stands */
    uint32_t key_offset;            /* maps: where the key stands in an entry */
    const struct shape *of;         /* the shape of what is inside */
    const struct enum_names *names; /* .names: needed for enumerations */
    const char *doc;                /* .doc: a sentence for the API document */
    const char *by_default; /* .by_default: what an absent or null member becomes, written as in a query ("25", "true", "Name") */
    const char *schema;     /* .schema: complete JSON that stands in the API document in place of the derived schema */
    const char *pattern;    /* .pattern: a regular expression for the API document; checked only by the handler */
    int64_t min, max;       /* BETWEEN(1, 59), AT_LEAST(0), AT_MOST(9): numbers */
    bool has_min, has_max;
    bool clamp;          /* .clamp: below the minimum becomes the default (or the minimum), above the maximum the maximum */
    uint32_t min_length; /* .min_length, .max_length: characters of a text, items of a list or map; 0: no limit */
    uint32_t max_length;
    bool required;   /* .required: must be present when read, and a text must not be blank */
    bool not_blank;  /* .not_blank: when given, a text must not be blank */
    bool nullable;   /* .nullable: null may be read; written as null: text and bytes that are null, instant 0, uuid 0, lists without
                        array */
    bool omit_empty; /* .omit_empty: left out of the reply instead of being null */
    bool secret;     /* .secret: read, never written */
    bool int_keys;   /* .int_keys: the keys of a map are int32 */
    bool query;      /* .query: a query parameter, also where the others are the body (api/api.h) */
    bool body;       /* .body: this member is the whole body (api/api.h) */
    bool header;     /* .header: a request header of this name (api/api.h) */
};

struct problems;

/* A struct. Build it with SHAPE; what may be added behind FIELDS(…): */
struct shape {
    const char *name; /* component in the API document; NULL: written in place */
    size_t size;
    const struct field *fields;
    size_t count;
    const char *doc;
    /* WITH_GIVEN(tag): the struct has a member `uint64_t given`; bit i is set when fields[i] was present, also as null. Ask
     * with WAS_GIVEN(value, tag, member). At most 64 fields then. */
    uint32_t given_offset;
    bool has_given;
    /* .bare: exactly one field, whose value stands alone (a bare list, number, map) instead of in an object. */
    bool bare;
    /* .check: called after a read of this struct that found no problem; adds what it finds by describe_problem. */
    void (*check)(const void *value, struct problems *problems);
};

#define FIELD_KIND_(m)                                                                                                             \
    _Generic((m), text                                                                                                             \
             : FIELD_TEXT, bool                                                                                                    \
             : FIELD_BOOL, int32_t                                                                                                 \
             : FIELD_INT32, int64_t                                                                                                \
             : FIELD_INT64, double                                                                                                 \
             : FIELD_DOUBLE, decimal                                                                                               \
             : FIELD_DECIMAL, instant                                                                                              \
             : FIELD_INSTANT, timespan                                                                                             \
             : FIELD_TIMESPAN, uuid                                                                                                \
             : FIELD_UUID, unsigned                                                                                                \
             : FIELD_ENUM, struct bytes                                                                                            \
             : FIELD_BYTES, struct maybe_bool                                                                                      \
             : FIELD_MAYBE_BOOL, struct maybe_int32                                                                                \
             : FIELD_MAYBE_INT32, struct maybe_int64                                                                               \
             : FIELD_MAYBE_INT64, struct maybe_double                                                                              \
             : FIELD_MAYBE_DOUBLE, struct maybe_decimal                                                                            \
             : FIELD_MAYBE_DECIMAL, struct maybe_instant                                                                           \
             : FIELD_MAYBE_INSTANT, struct maybe_timespan                                                                          \
             : FIELD_MAYBE_TIMESPAN, struct maybe_uuid                                                                             \
             : FIELD_MAYBE_UUID, struct maybe_enum                                                                                 \
             : FIELD_MAYBE_ENUM, struct texts                                                                                      \
             : FIELD_TEXTS, struct int32s                                                                                          \
             : FIELD_INT32S, struct int64s                                                                                         \
             : FIELD_INT64S, struct uuids                                                                                          \
             : FIELD_UUIDS, struct enums                                                                                           \
             : FIELD_ENUMS, struct json_value                                                                                      \
             : FIELD_JSON, struct json_values                                                                                      \
             : FIELD_JSONS)
#define FIELD_MEMBER_(tag, member) (((struct tag *)0)->member)
#define FIELD_HEAD_(tag, member, wire)                                                                                             \
    .name = {wire, sizeof(wire) - 1}, .offset = offsetof(struct tag, member), .size = sizeof(FIELD_MEMBER_(tag, member))
#define FIELD_LIST_HEAD_(tag, member, wire)                                                                                        \
    FIELD_HEAD_(tag, member, wire),                                                                                                \
        .count_offset = offsetof(struct tag, member.count) + 0 * _Generic(FIELD_MEMBER_(tag, member.count), size_t : 1)

/* A member of one of the types of FIELD_KIND_; an enumeration (.names) is any enum. */
#define FIELD(tag, member, wire, ...)                                                                                              \
    { FIELD_HEAD_(tag, member, wire), .kind = FIELD_KIND_(FIELD_MEMBER_(tag, member)), __VA_ARGS__ }
/* A nested object of struct of_tag: by pointer (NULL is null; say .nullable) or by value. Uses of_tag##_shape. */
#define OBJECT(tag, member, wire, of_tag, ...)                                                                                       \
    {                                                                                                                                \
        FIELD_HEAD_(tag, member, wire),                                                                                            \
            .kind = _Generic(FIELD_MEMBER_(tag, member),                                                                           \
                struct of_tag *: FIELD_OBJECT,                                                                                     \
                const struct of_tag *: FIELD_OBJECT,                                                                               \
                struct of_tag: FIELD_OBJECT_WITHIN),                                                                               \
            .of = &of_tag##_shape, __VA_ARGS__ \
    }
/* A list: any struct with `struct of_tag *at; size_t count;`, such as LIST(struct of_tag). */
#define OBJECTS(tag, member, wire, of_tag, ...)                                                                                      \
    {                                                                                                                                \
        FIELD_LIST_HEAD_(tag, member, wire),                                                                                       \
            .kind = _Generic(FIELD_MEMBER_(tag, member.at),                                                                        \
                struct of_tag *: FIELD_OBJECTS,                                                                                    \
                const struct of_tag *: FIELD_OBJECTS),                                                                             \
            .of = &of_tag##_shape, __VA_ARGS__ \
    }
/* A map: a list of entries, each with a `text name`; of_tag##_shape has one field, the value. */
#define MAP(tag, member, wire, of_tag, ...)                                                                                          \
    {                                                                                                                                \
        FIELD_LIST_HEAD_(tag, member, wire),                                                                                       \
            .kind = _Generic(FIELD_MEMBER_(tag, member.at), struct of_tag *: FIELD_MAP, const struct of_tag *: FIELD_MAP),         \
            .key_offset = offsetof(struct of_tag, name) + 0 * _Generic(((struct of_tag *)0)->name, text: 1),                       \
            .of = &of_tag##_shape, __VA_ARGS__ \
    }
/* The members of a nested struct of_tag, in the object itself. */
#define EMBED(tag, member, of_tag, ...)                                                                                            \
    {                                                                                                                              \
        FIELD_HEAD_(tag, member, ""),                                                                                              \
            .kind = _Generic(FIELD_MEMBER_(tag, member), struct of_tag                                                             \
                             : FIELD_EMBEDDED),                                                                                    \
            .of = &of_tag##_shape, __VA_ARGS__                                                                                     \
    }

#define BETWEEN(least, most) .min = (least), .max = (most), .has_min = true, .has_max = true
#define AT_LEAST(least) .min = (least), .has_min = true
#define AT_MOST(most) .max = (most), .has_max = true

#define FIELDS(...)                                                                                                                \
    .fields = (const struct field[]){__VA_ARGS__}, .count = sizeof((const struct field[]){__VA_ARGS__}) / sizeof(struct field)
#define WITH_GIVEN(tag) .given_offset = offsetof(struct tag, given), .has_given = true
/* Defines `const struct shape tag_shape`; write `static` before it unless another file uses it. */
#define SHAPE(tag, wire_name, ...) const struct shape tag##_shape = {.name = wire_name, .size = sizeof(struct tag), __VA_ARGS__}

/* True when the member was present (also as null) in what was read into *value. */
#define WAS_GIVEN(value, tag, member) describe_given(&tag##_shape, (value), offsetof(struct tag, member))
bool describe_given(const struct shape *shape, const void *value, size_t offset);

/* ---- problems ---- */

enum problem_kind {
    PROBLEM_MISSING,
    PROBLEM_NULL,
    PROBLEM_TYPE,     /* a text where a number belongs */
    PROBLEM_FORMAT,   /* not a date, not a uuid */
    PROBLEM_RANGE,    /* too small, too large */
    PROBLEM_LENGTH,   /* too short, too long, blank */
    PROBLEM_ENUM,     /* not one of the names */
    PROBLEM_UNKNOWN,  /* strict: no such member */
    PROBLEM_REPEATED, /* the member stands there twice */
    PROBLEM_RULE,     /* what a check or a handler found */
};

struct problem {
    enum problem_kind kind;
    text pointer; /* RFC 6901 into the body: /steps/0/name */
    text field;   /* the same in the form of validationErrors: steps[0].name */
    text message; /* one sentence; never repeats input */
};

/* Everything that is wrong, at most 100 of them; begin as {.a = arena}. */
struct problems {
    arena *a;
    struct problem *at;
    size_t count, room;
    text base_pointer, base_field; /* where the struct being checked stands; set by the reader */
};
/* Adds a problem with a member of the struct that is being checked. `field` is its wire path ("name", "steps[2].type"). */
void describe_problem(struct problems *p, enum problem_kind kind, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- reading and writing ---- */

struct reading {
    bool strict;   /* unknown members are refused, names and enumerations match exactly, numbers are never texts; else as the
                      contract §2: unknown ignored, names in any letter case, numbers also as text */
    uint64_t only; /* of the outermost struct only these fields (bit i: fields[i]); 0: all */
};

/* Reads a JSON object (or the bare value) into a struct that is zeroed already; texts point into the JSON's tree. Absent members
 * get .by_default or stay zero. Collects all problems; true when it added none. A repeated member is a problem in both modes. */
bool describe_read(arena *a, const struct shape *shape, const struct json *json, struct reading how, void *into,
                   struct problems *problems);
/* Reads query parameters, path segments or settings: texts by name. Lists repeat the name. An empty value counts as absent, unless
 * strict, where it and a repeated scalar are problems. Enumerations also by their number. Names match exactly when strict. */
bool describe_read_pairs(arena *a, const struct shape *shape, const struct text_entries *pairs, struct reading how, void *into,
                         struct problems *problems);
/* Reads one text into one scalar member (not a list); false with *why (a constant sentence) when it is none. */
bool describe_read_text(arena *a, const struct field *field, text value, void *member, const char **why);
/* Writes the object; secrets and empty .omit_empty members are left out. */
void describe_write(struct json_writer *w, const struct shape *shape, const void *from);
/* Only the members, into an object that is open already. */
void describe_write_members(struct json_writer *w, const struct shape *shape, const void *from);

/* ---- looking at tables ---- */

/* Finds a defect of a table (an enumeration without .names, two fields of one name, a bare shape with two fields …):
 * ERROR_INTERNAL. Called for every shape when the program starts. */
FALLIBLE describe_check(const struct shape *shape);
/* A scalar member by its wire name, in any letter case, also inside embedded structs; *offset is counted from the whole struct.
 * NULL when there is none. */
const struct field *describe_find(const struct shape *shape, text name, size_t *offset);
/* Orders two values of the scalar `field`; missing values first; texts without regard to the case of ASCII letters. */
int describe_compare(const struct field *field, const void *a, const void *b);
/* The value of a scalar member as text, as it is on the wire without quotation marks; null for null. */
text describe_text(arena *a, const struct field *field, const void *member);
/* True when the scalar holds null. */
bool describe_is_null(const struct field *field, const void *member);

/* Writes the JSON schema (2020-12) of the shape: the object itself, with $ref to #/components/schemas/NAME for named shapes and
 * enumerations inside. `reply` says that it describes what is written: then all members are required but .omit_empty ones, and
 * secrets are left out. `only` as in struct reading. */
void describe_schema(struct json_writer *w, const struct shape *shape, bool reply, uint64_t only);
/* The schema of one member, also for parameters. */
void describe_field_schema(struct json_writer *w, const struct field *field, bool reply);
/* A reference to the named shape, or the schema in place. */
void describe_schema_use(struct json_writer *w, const struct shape *shape, bool reply);
void describe_enum_schema(struct json_writer *w, const struct enum_names *names);
/* Calls back for every shape and enumeration reached from this shape, itself first, each once per call; NULL callbacks are skipped.
 */
struct describe_visitor {
    void *state;
    bool (*shape)(void *state, const struct shape *shape); /* false: known already, do not go inside */
    void (*names)(void *state, const struct enum_names *names);
};
void describe_visit(const struct shape *shape, uint64_t only, const struct describe_visitor *visitor);

#endif
