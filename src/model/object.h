/* The objects of the connector space (CSO) and of the metaverse (MVO), and what is staged for a target (pending export). */
#ifndef JOINERY_MODEL_OBJECT_H
#define JOINERY_MODEL_OBJECT_H

#include "model/value.h"

/* Connector space object, sync-engine §2.4. */
struct cso {
    int64_t id;
    int32_t system, type;
    int32_t partition; /* 0: none */
    enum cso_status status;
    enum cso_join join;
    int64_t mvo;                      /* the joined MVO, 0: none */
    instant created, updated, joined; /* ticks 0: never */
    text external_id;                 /* canonical text of the external id; null before a provisioned object is known */
    text secondary_external_id;       /* or null */
    uint8_t import_hash[16];          /* all zero: none (§5.6) */
    bool scope_review, sync_failed;
    bool has_values; /* false when only this head was loaded */
    struct attributes values;
};
struct csos LIST(struct cso);
struct cso_refs LIST(struct cso *);

/* What an administrator has said about a scheduled deletion (operations §18.3). */
enum deletion_order { DELETION_BY_RULE, DELETION_HELD, DELETION_NOW };

/* Set together, cleared together (§2.2). */
struct deletion_marker {
    instant disconnected; /* LastConnectorDisconnectedDate; ticks 0: not marked */
    enum initiator_type initiator_type;
    text initiator_id, initiator_name;
    int32_t trigger_system; /* 0: none */
    text trigger_system_name;
    text policy; /* the policy snapshot as a JSON document */
    enum deletion_order order;
};

/* Metaverse object, §2.2. */
struct mvo {
    int64_t id;
    int32_t type;
    int32_t tenant; /* of the system that projected it (invariant 51) */
    enum mvo_status status;
    enum mvo_origin origin;
    instant created, updated;
    struct deletion_marker deletion;
    bool scope_review;
    int64_t version; /* concurrency token, +1 with each write */
    struct attributes values;
};
struct mvos LIST(struct mvo);
struct mvo_refs LIST(struct mvo *);

/* One staged change of one attribute (§2.9). */
struct staged_change {
    int32_t attribute; /* connected system attribute */
    enum attribute_change change;
    enum attribute_change_status status;
    bool has_value;     /* false: empty Update, RemoveAll */
    struct value value; /* a reference: target is the target system's CSO once resolved (ResolvedReferenceCsoId), raw as written */
    int64_t reference_mvo; /* UnresolvedReferenceValue: the MVO it names; 0: none */
    int32_t attempts;      /* ExportAttemptCount */
    instant exported;      /* LastExportedAt */
    text last_imported;    /* LastImportedValue, or null */
    bool drift;            /* staged by drift correction */
};
struct staged_changes LIST(struct staged_change);

/* Pending export; at most one a CSO (invariant 24). */
struct pending_export {
    int64_t id;
    int32_t system;
    int64_t cso, mvo; /* mvo 0: the metaverse object is gone */
    int32_t rule;     /* ProvisioningSyncRuleId of a Create, else 0 */
    enum export_change change;
    enum export_status status;
    instant created, attempted, next_retry; /* ticks 0: none */
    int32_t errors, max_retries;
    text last_error;
    bool unresolved;     /* HasUnresolvedReferences */
    int64_t queued_by;   /* run item */
    int64_t exported_by; /* run item of the export that wrote it last; 0: none */
    bool ever_exported;  /* some write of it was accepted once: a Create then counts as exported (§13.2) */
    struct staged_changes changes;
};
struct pending_exports LIST(struct pending_export);

/* What a write does: create (before NULL), update (both), delete (after NULL). The store derives index rows from the difference. */
struct cso_change {
    const struct cso *before, *after;
    bool values_changed; /* update: false when only the head differs */
    /* for history: what it is called (0: by what the write does), and the run item that tells of it (0: none) */
    enum object_change kind;
    int64_t item;
    const struct cso_prepared *prepared; /* of a created object: what another thread has worked out already; or NULL */
};
struct cso_changes LIST(struct cso_change);
struct mvo_change {
    const struct mvo *before, *after;
    enum object_change kind; /* as above */
    int64_t item;
    text document;                       /* document_write_mvo of the values after, when another thread wrote it already; or null */
    const struct mvo_prepared *prepared; /* of a new object: store_prepare_mvo, or NULL */
};
struct mvo_changes LIST(struct mvo_change);
struct pending_export_change {
    const struct pending_export *before, *after;
    text document; /* document_write_changes of those after, when another thread wrote it already; or null */
};
struct pending_export_changes LIST(struct pending_export_change);

#endif
