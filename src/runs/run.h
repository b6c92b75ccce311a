/* One run while it happens: what import, synchronisation and export share. */
#ifndef JOINERY_RUNS_RUN_H
#define JOINERY_RUNS_RUN_H

#include "runs/runs.h"

#include <stdatomic.h>

struct run {
    runs *runs;
    store *store;
    const struct config *config; /* the snapshot the run began with */
    const struct connected_system *system;
    const struct run_profile *profile;
    arena *a; /* lives as long as the run: names, phases; never per object */
    struct worker_task task;
    struct store_group group; /* of its batches */
    struct activity activity; /* counters, phases and figures as they will be saved */
    instant started;
    instant not_before; /* what it changes looks newer than the last synchronisation, also when the clock was set back */
    enum tracking_level tracking;
    bool verbose;      /* Sync.VerboseNoChangeRecording */
    atomic_bool *stop; /* cancellation or shutdown */
    int64_t saved_ns;  /* when the activity was written last */
    struct texts warnings;
    struct texts file_roots;
    struct safety *safety; /* NULL: it has no limits */
    text last_words;       /* its message at the end instead of "Finished"; null: that */
};

/* Run bodies. They return an error when the run itself could not go on; everything committed stays. */
FALLIBLE import_run(struct run *r);
FALLIBLE sync_run(struct run *r);
FALLIBLE export_run(struct run *r);
/* The same for the list of a hold that was released. */
FALLIBLE export_list(struct run *r, int64_t released);
FALLIBLE clear_run(struct run *r);
FALLIBLE delete_run(struct run *r);
FALLIBLE schema_run(struct run *r);
FALLIBLE preview_run(struct run *r);
/* Keeps versions of what this session has changed of the configuration, for the activity of the run. */
FALLIBLE runs_record(struct run *r, store_tx *tx);

/* Enters a phase: closes the active one, marks earlier pending ones Skipped (sync-engine §4.2). `host` may be null; a key that was
 * not declared is appended beneath it. Saves the activity at once. */
void run_phase(struct run *r, text key);
/* Enters a declared phase beneath the active one, which goes on; entering it again costs nothing. */
void run_phase_beside(struct run *r, text key);
/* A declared phase whose work was part of another one that began already: it is Completed, with the times of that one. */
void run_phase_was_within(struct run *r, text key, text other);
void run_connector_phase(struct run *r, text host, text key, text name);
/* Figures of the current phase; to_process -1 leaves the total. Writes at most once a second. Cheap. */
void run_progress(struct run *r, int64_t processed, int64_t to_process);
void run_message(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The time for what the run changes: now, yet never before `not_before`. */
instant run_clock(const struct run *r);
/* Must the run stop now? Checked between objects, pages and batches. */
bool run_cancelled(const struct run *r);
/* Adds a sentence to the activity's warning message (the same sentence once). */
void run_warn(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes items, giving them ids and adding them to the counters, in the page's transaction, and the activity with it. */
FALLIBLE run_write_items(struct run *r, store_tx *tx, struct run_items *items);
/* Lets the session keep what changes on the objects that it writes, for the run's activity, as far as the settings track it: to be
 * called before objects are written. */
void run_note(const struct run *r, store_tx *tx);
/* Names the export that an imported item confirms (operations §11.9). */
void run_confirms(arena *a, struct run_item *item, const struct pending_export *p);
/* An integer service setting within limits, else the default. */
int64_t run_setting_int(const struct config *c, text key, int64_t normal, int64_t least, int64_t most);
bool run_setting_bool(const struct config *c, text key, bool normal);

/* One decision-and-apply at a time over all synchronisation runs of the process, so that MVO versions never go stale here. */
void runs_sync_lock(runs *r);
void runs_sync_unlock(runs *r);
store *runs_store(runs *r);
/* One pass of scheduled deletions (sync-engine §12.7); `ordered`: only of those that an administrator wants now. *more when another
 * pass is due at once. */
FALLIBLE housekeeping_pass(runs *r, bool ordered, bool *more);

#endif
