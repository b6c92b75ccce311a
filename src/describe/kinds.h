/* What the files of this folder share: the kinds of fields as data, and where we are in a document. */
#ifndef JOINERY_DESCRIBE_KINDS_H
#define JOINERY_DESCRIBE_KINDS_H

#include "describe/describe.h"

/* How a kind is made of a scalar kind: the scalar itself, a maybe around it, or a list of it. */
struct kind_info {
    enum field_kind base; /* 0 for what is no scalar and no list of scalars */
    bool maybe, list;
    uint8_t value_at; /* where the scalar stands inside a maybe */
    uint8_t size;     /* of the scalar */
};
extern const struct kind_info describe_kinds[FIELD_EMBEDDED + 1];
static inline const struct kind_info *kind_of(const struct field *f) { return &describe_kinds[f->kind]; }

/* The head of every LIST. */
struct any_list {
    void *at;
    size_t count, room;
};
/* The elements of a list or map member, whatever its struct. */
static inline struct any_list list_of(const struct field *f, const void *member) {
    struct any_list list = {0};
    size_t count_at = f->count_offset ? f->count_offset - f->offset : sizeof(void *);
    memcpy(&list.at, member, sizeof list.at);
    memcpy(&list.count, (const char *)member + count_at, sizeof list.count);
    return list;
}
/* Puts elements into a list member; `room` is filled when the member looks like a LIST. */
void list_put(const struct field *f, void *member, void *at, size_t count);

enum { FLAT_FIELDS = 256 }; /* the most fields of one object, those of embedded structs counted one by one */
size_t flat_fields(const struct shape *shape);

/* Where we are: a chain of names and indexes on the stack. */
struct place {
    const struct place *up;
    text name;    /* a member, or … */
    size_t index; /* … an item when the name is null */
};
/* Adds a problem here. */
void problem_here(struct problems *p, const struct place *here, enum problem_kind kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Runs the shape's check with the base of problems set to this place. */
void check_here(struct problems *p, const struct place *here, const struct shape *shape, const void *value);

/* What a scalar's text says, into its base kind: false with the kind of problem and a constant sentence. */
struct scalar_fault {
    enum problem_kind kind;
    const char *why;
};
bool scalar_from_text(arena *a, const struct field *f, enum field_kind base, text value, bool any_case, bool numbers, void *out,
                      struct scalar_fault *fault);
/* The limits of numbers and texts: adds a problem, or clamps. `member` is the scalar. */
bool scalar_within(const struct field *f, enum field_kind base, void *member, struct problems *p, const struct place *here);
/* Lengths of lists and maps. */
void count_within(const struct field *f, size_t count, struct problems *p, const struct place *here);
/* Puts the default of an absent member in place. */
void put_default(arena *a, const struct field *f, void *member);
/* The scalar inside a member (of a maybe, or the member itself). */
static inline void *scalar_in(const struct kind_info *k, void *member) { return (char *)member + k->value_at; }
/* Writes a scalar as text into out (at least 64 bytes) or returns a text that lives elsewhere; flags take the arena. */
text scalar_text(arena *a, const struct field *f, enum field_kind base, const void *scalar, char out[64]);

#endif
