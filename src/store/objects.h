/* What the files that read and write objects share: documents with their large values, index rows, and the difference of two
 * states. */
#ifndef JOINERY_STORE_OBJECTS_H
#define JOINERY_STORE_OBJECTS_H

#include "model/document.h"
#include "store/session.h"

enum {
    LARGE_BYTES = 4096, /* a longer value lives in the table blob */
    DOCUMENT_BYTES = 1 << 30,
    BATCH_BYTES_SHIFT = 34,
};

/* Attribute 0 of mv_ix: the name under which lists show the object, which every object has. */
enum { SHOWN_NAME = 0 };

/* ---- Documents ---- */
/* What of an object's values does not stand in its document: the content of long values, and references by the thousand. */
struct large_values {
    struct blob_rows blobs;
    struct member_rows members; /* in the order of the values */
};
/* The values as the document holds them: marks instead of large values, which are listed in `large` (kind and object set), and
 * references to connected objects by their raw text only. */
struct attributes without_large(arena *a, enum blob_kind kind, int64_t object, const struct attributes *values,
                                struct large_values *large);
/* Reads a document of the row that `r` stands on. A snapshot that is older than the document does not know all of its attributes:
 * then the configuration in force is asked. */
FALLIBLE read_document(arena *a, const struct config *c, struct rows *r, enum blob_kind kind, text document,
                       struct attributes *out);
/* The reverse, after a document was read: fetches what the marks stand for. */
FALLIBLE fetch_large(store_tx *tx, arena *a, enum blob_kind kind, int64_t object, struct attributes *values);
/* Does the mark of a large set stand here? */
bool is_member_mark(enum blob_kind kind, const struct values *set);
/* For lists: of wanted attributes (NULL: all) and those that name the object only the first large value or reference; other
 * attributes with large values are left out. */
FALLIBLE fetch_wanted(store_tx *tx, arena *a, const struct config *c, enum blob_kind kind, int64_t object,
                      const struct int32s *wanted, struct attributes *values);

/* ---- Index rows ---- */
/* The folded key of a reference's raw text, by what the attribute may point to: the form in which the target's external id is kept.
 */
text reference_key(arena *a, const struct config *c, const struct cs_attribute *attribute, text raw);
/* The rows that an object's values ask for, without repetition. */
void cso_index_rows(arena *a, const struct config *c, const struct cso *o, struct index_rows *ix, struct index_rows *refs);
/* Whether some index has rows of the first objects only. */
bool is_being_indexed(const struct config *c);
/* The rows of one set of values, whatever is indexed. */
void index_rows_of(arena *a, const struct values *set, int32_t owner, int64_t object, struct index_rows *list);
void mvo_index_rows(arena *a, const struct config *c, const struct mvo *o, struct index_rows *ix, struct member_rows *refs);
/* The key under which the rows of an attribute of this type hold a value that is asked for by its value_key. */
text match_key(arena *a, enum data_type type, text key);
/* cso.key, cso.secondary_key: folded and cut; null stays null. */
text id_key(arena *a, text id);
text shown_key(arena *a, text name);
/* Sets what a head is found by: the keys of its ids and of its name. */
void cso_keys_of(arena *a, const struct config *c, const struct cso *o, struct cso_row *row);

/* The difference of an object's old and new state, collected over a batch and written in the order of the keys. */
struct difference {
    arena *a;
    enum blob_kind kind;
    struct index_rows ix_added, ix_removed, refs_added, refs_removed;
    struct member_rows mv_refs_added, mv_refs_removed, members_added, members_removed, members_dropped;
    struct blob_rows blobs_added, blobs_removed;
};
/* Either state may be NULL. The new document's values (marks instead of large values) are returned. */
struct attributes difference_cso(struct difference *d, const struct config *c, const struct cso *before, const struct cso *after);
struct attributes difference_mvo(struct difference *d, const struct config *c, const struct mvo *before, const struct mvo *after);
FALLIBLE difference_write(store_tx *tx, struct difference *d);

/* ---- Connector space rows ---- */
/* Reads rows of any cso query to their end. */
FALLIBLE read_csos(store_tx *tx, arena *a, const struct config *c, struct rows *r, bool values, struct csos *out);
/* The same without large values: their marks stand in the documents. */
FALLIBLE read_cso_rows(arena *a, const struct config *c, struct rows *r, bool values, struct csos *out);
/* Connectors come by MVO; now those of one MVO, which are few, stand by their ids. */
void sort_connectors(struct csos *list, size_t from);
FALLIBLE query_mvos(store_tx *tx, arena *a, const int64_t *ids, size_t count, struct rows *r);
FALLIBLE read_mvo_rows(arena *a, const struct config *c, struct rows *r, struct mvos *out);
/* By which id an attribute's references name their targets (§6 rule 2). */
enum reference_way { BY_DECLARED_TYPE, BY_SECONDARY_ID, BY_EXTERNAL_ID };
enum reference_way reference_way(const struct config *c, const struct cs_attribute *attribute);
/* Finds the targets of raw references (sync-engine §6 rules 2–4): in one look-up for each different text. */
FALLIBLE resolve_references(store_tx *tx, arena *a, const struct config *c, struct csos *list);
/* The same, and adds what was found to `targets` as far as there is room; or NULL. */
FALLIBLE resolve_and_tell(store_tx *tx, arena *a, const struct config *c, struct csos *list, struct cso_targets *targets);

/* ---- Differences of large sets (differences.c) ---- */
FALLIBLE any_member_flow(store_tx *tx, bool *any);
/* The object's large sets flow as a whole the next time; or those that refer to `target` by one of its ids. */
FALLIBLE drop_member_flow(store_tx *tx, int64_t cso);
FALLIBLE drop_referring_flows(store_tx *tx, arena *a, const struct cso *target);
/* Keeps which members the changes of a batch touch. Before its differences are written. */
FALLIBLE note_member_changes(store_tx *tx, arena *a, const struct difference *d, const struct cso_changes *changes);

/* ---- History ---- */
/* Keeps what the changes were, as the session's note says; after they were written. */
FALLIBLE history_csos(store_tx *tx, arena *a, const struct config *c, const struct cso_changes *changes);
FALLIBLE history_mvos(store_tx *tx, arena *a, const struct config *c, const struct mvo_changes *changes);
/* When values were last changed without a record; ticks 0: never. */
FALLIBLE history_untracked(store_tx *tx, enum history_of of, instant *at);
/* The values that rows after `row` lead back to; false: they are not known, or the rows do not lead there. */
FALLIBLE history_values_at(store_tx *tx, arena *a, const struct config *c, enum history_of of, int64_t object, int64_t row,
                           struct attributes *out, bool *known, bool *right);

/* ---- Metaverse rows ---- */
FALLIBLE mvo_ids_after(store_tx *tx, arena *a, int64_t after, int64_t limit, struct int64s *ids);

#endif
