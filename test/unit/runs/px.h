/* PX: a connector whose system exists in memory. It keeps objects as lines, imports them in pages (or pages that the test wrote),
 * and exports into them; the test can make it refuse, break off, or change what it is given. */
#ifndef JOINERY_TEST_RUNS_PX_H
#define JOINERY_TEST_RUNS_PX_H

#include "world.h"

enum { PX_ID = 900 };

struct px {
    /* What it delivers. An object is "person;hrId=1;mail=a|b": the type, then attributes; "-person;…": deleted; "!person;…": with
     * the error AttributeValueError; "?person;…": with ConfigurationError; an attribute "name=?" is one that did not parse. */
    struct texts pages;   /* when there are any, these are imported; else the objects */
    struct texts objects; /* the directory itself */
    int per_page;
    const char *watermark;                      /* what pages of the next import return; NULL: none */
    const char *warning;                        /* of the first page */
    void (*at_page)(struct world *w, int page); /* before page n, from 1, is given out */
    int fail_at_page;                           /* ends the import with an error */
    bool fail_to_open;
    /* How it takes exports. */
    const char *refuse;         /* words in an item's text (see log) that make it fail */
    const char *refuse_as_id;   /* … that make it fail as InvalidGeneratedExternalId */
    const char *distort;        /* an attribute that is stored with another value */
    const char *same_id;        /* what a Create gets as external id */
    enum error_kind break_kind; /* with break_at: the call itself fails that way */
    int break_at;               /* in this batch, from 1; 0: never */
    int break_times;            /* so many batches */
    int break_after_items;      /* after so many items of it were done */
    void (*at_batch)(struct world *w, int batch);
    /* What happened. */
    struct texts persisted_seen; /* by page */
    struct texts log;            /* exported items: "Create user department:=IT distinguishedName:=…" */
    int imported_pages, batches, next_guid;
    bool opened, closed;
};

/* The script of a system; made with it. */
struct px *px_of(const char *system);
void px_reset(struct world *w);
void px_page(struct world *w, const char *system, const char *objects_by_newline);
void px_object(struct world *w, const char *system, const char *object);
void px_remove(struct world *w, const char *system, const char *words);
/* The log by lines, and forgets it. */
const char *px_log(struct world *w, const char *system);
/* The objects of the directory, sorted, one a line. */
const char *px_objects(struct world *w, const char *system);

extern const struct connector_definition px_connector;

#endif
