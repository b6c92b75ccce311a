/* Views that the history writes: each stands in the file of its resource. */
#ifndef JOINERY_API_HISTORY_VIEWS_H
#define JOINERY_API_HISTORY_VIEWS_H

#include "api/change.h"
#include "runs/systems.h"

/* Each writes the members of the view into an object that is open. */
void sync_rule_write(struct json_writer *w, snapshot *s, const struct sync_rule *r);
void mapping_write(struct json_writer *w, arena *a, snapshot *s, const struct mapping *m);
void matching_rule_write(struct json_writer *w, arena *a, snapshot *s, const struct matching_rule *m);
void run_profile_write(struct json_writer *w, snapshot *s, const struct run_profile *p);
/* Its containers as a flat list, each with the external id of its parent. */
void partition_write(struct json_writer *w, const struct partition *p);
void connector_definition_write(struct json_writer *w, arena *a, const struct connector_definition *d);
void api_key_write(struct json_writer *w, arena *a, const struct api_key *key, const struct roles *roles);
FALLIBLE mv_attribute_write(struct json_writer *w, arena *a, snapshot *s, const struct mv_attribute *m);
void mv_type_write(struct json_writer *w, arena *a, snapshot *s, const struct mv_type *t);

#endif
