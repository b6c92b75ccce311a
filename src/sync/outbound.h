/* The outbound half: export evaluation, scope exit, drift (sync-engine §13–15), and the deletions that follow (§12.5, §12.6). */
#ifndef JOINERY_SYNC_OUTBOUND_H
#define JOINERY_SYNC_OUTBOUND_H

#include "sync/batch.h"
#include "sync/changes.h"

/* The look-ups of one round, in this order. */
void want_evaluated(struct sync_batch *b); /* what changed on the queued MVOs; their connectors */
void want_exported(struct sync_batch *b);  /* values and pending exports of connectors in target systems; export matching */
void want_claimed(struct sync_batch *b);   /* pending exports of the objects that match */
void want_referred(struct sync_batch *b);  /* where exported references lead; ids */
/* Drift of the page's objects (first round), then every queued MVO. */
void decide_outbound(struct sync_batch *b);

/* Of the MVOs that are to be deleted now. */
void want_doomed(struct sync_batch *b);     /* connectors */
void want_casualties(struct sync_batch *b); /* who refers to them; values and pending exports of their connectors */
void want_bereaved(struct sync_batch *b);   /* the referring MVOs; ids */
/* Deletes them; MVOs that lost a reference are queued for another round. */
void decide_deletions(struct sync_batch *b);
/* Dooms the marked MVOs that are due (§12.7). */
void doom_due(struct sync_batch *b);
void doom_all(struct sync_batch *b);

/* ---- claims.c: export matching (§13.2) ---- */
void want_claims(struct sync_batch *b, struct work_mvo *m, const struct plan_rule *rule);
void learn_claims(struct sync_batch *b, const struct sync_match_hits *hits);
/* The objects that match: how many, and the first. Unjoined Normal ones that hold the value, by the first rule that finds any. */
size_t claim_candidates(struct sync_batch *b, struct work_mvo *m, const struct plan_rule *rule, struct work_cso **found);

/* ---- drift.c ---- */
void want_drift(struct sync_batch *b);
/* Does this system rightly decide what the source of an export mapping holds: as its only contributor, or because it wins (§14)? */
bool fed_by_itself(const struct sync_batch *b, const struct work_mvo *m, const struct plan_mapping *mapping, int32_t system);
void decide_drift(struct sync_batch *b);

/* ---- exits.c: outbound scope exit (§15) ---- */
void scope_exit(struct sync_batch *b, struct work_mvo *m, const struct plan_rules *exited, const struct plan_rules *holding);

/* ---- tell.c: what outbound decisions leave in items (§13.6) ---- */
/* The item that carries what is staged for an MVO: that of the object which caused it, else a new one about `target`. */
struct work_item *carrier_of(struct sync_batch *b, struct work_mvo *m, const struct work_cso *target);
void tell_staged(struct sync_batch *b, struct work_mvo *m, struct work_cso *c, const struct plan_rule *provisioned);
void tell_delete(struct sync_batch *b, struct work_mvo *m, struct work_cso *c, struct outcome_node *parent);
/* An error of export evaluation. */
void tell_problem(struct sync_batch *b, struct work_mvo *m, enum item_error kind, text message);

#endif
