/* Finds the person, makes the first administrator. */
#include "access/people.h"

#include "model/ids.h"

static const struct mv_attribute *attribute_of(const struct config *c, const struct people_options *o) {
    return config_mv_attribute_named(c, o->mv_attribute.len ? o->mv_attribute : T("Subject Identifier"));
}

FALLIBLE people_prepare(store *s, const struct people_options *o) {
    OWNED(store_tx) tx = NULL;
    const struct config *c = NULL;
    TRY(store_write(s, STORE_API, &tx));
    TRY(store_config(s, &c));
    const struct mv_attribute *found = attribute_of(c, o);
    struct mv_attribute changed = found ? *found : (struct mv_attribute){0};
    error *e = NULL;
    if (!found)
        e = FAIL(ERROR_INVALID, "JOINERY_SSO_MV_ATTRIBUTE: there is no metaverse attribute '%.*s'", TEXT_ARG(o->mv_attribute));
    changed.indexed = true;
    if (found && !found->indexed) e = store_save_mv_attribute(tx, &changed);
    config_release(c);
    return e ? e : store_commit(tx);
}

static FALLIBLE find_person(store_tx *tx, arena *a, const struct config *c, const struct people_options *o, text id,
                            int64_t *person) {
    const struct mv_type *type = config_mv_type_named(c, T("User"));
    const struct mv_attribute *attribute = attribute_of(c, o);
    struct match_hits hits = {0};
    struct value v;
    *person = 0;
    if (!type || !attribute || !value_read(a, attribute->type, id, &v)) return NULL;
    if (!attribute->indexed)
        return FAIL(ERROR_INTERNAL, "the attribute '%.*s' that people are found by has no index", TEXT_ARG(attribute->name));
    TRY(store_match_mvos(tx, a, &(struct match_query){type->id, attribute->id, value_key(a, &v)}, 1, &hits));
    if (hits.count > 1) return FAIL(ERROR_UNKNOWN_CALLER, "several people have the value of the claim");
    if (hits.count) *person = hits.at[0].object;
    return NULL;
}

/* ---- what the provider tells of a person ---- */

/* An attribute that has a value, or that is known to have none, stays as it is. True when it was set. */
static bool set_text(arena *a, const struct config *c, struct mvo *o, text attribute, text value) {
    const struct mv_attribute *at = config_mv_attribute_named(c, attribute);
    if (!at || at->type != TYPE_TEXT || text_is_empty(value) || attributes_find(&o->values, at->id)) return false;
    struct values *set = attributes_ensure(a, &o->values, at->id);
    *LIST_ADD(a, set) = (struct value){.type = TYPE_TEXT, .text = value};
    return true;
}

static bool set_profile(arena *a, const struct config *c, struct mvo *o, const struct oidc_claims *claims) {
    bool set = set_text(a, c, o, T("Display Name"), claims->name);
    set |= set_text(a, c, o, T("First Name"), claims->given_name);
    set |= set_text(a, c, o, T("Last Name"), claims->family_name);
    set |= set_text(a, c, o, T("User Principal Name"), claims->preferred_username);
    return set;
}

/* The person with what the claims add; *more is false when that is nothing. */
static FALLIBLE supplemented(store_tx *tx, arena *a, const struct config *c, int64_t person, const struct oidc_claims *claims,
                             struct mvo **out, bool *more) {
    struct mvos found = {0};
    TRY(store_mvos(tx, a, c, &person, 1, &found));
    *out = found.count ? found.at : NULL;
    *more = found.count && set_profile(a, c, found.at, claims);
    return NULL;
}

/* ---- the first administrator ---- */

static FALLIBLE record(store_tx *tx, arena *a, const struct activity *what, instant now, int64_t parent, int64_t *id) {
    struct activity activity = *what;
    activity.created = activity.executed = activity.ended = now;
    activity.status = ACTIVITY_COMPLETE;
    activity.initiator = caller_initiator(a, &caller_system);
    activity.parent = parent;
    TRY(store_save_activity(tx, &activity));
    *id = activity.id;
    return NULL;
}

static FALLIBLE make_person(store_tx *tx, arena *a, const struct config *c, const struct people_options *o,
                            const struct oidc_claims *claims, instant now, int64_t person) {
    const struct mv_type *type = config_mv_type_named(c, T("User"));
    const struct mv_attribute *attribute = attribute_of(c, o);
    if (!type || !attribute) return FAIL(ERROR_INTERNAL, "there is no object type User, or no attribute to find people by");
    struct mvo made = {.id = person, .type = type->id, .origin = ORIGIN_INTERNAL, .created = now, .version = 1};
    set_text(a, c, &made, attribute->name, claims->id);
    set_text(a, c, &made, T("Type"), T("PersonEntity"));
    set_profile(a, c, &made, claims);
    struct mvo_change change = {.after = &made};
    return store_write_mvos(tx, c, &(struct mvo_changes){.at = &change, .count = 1});
}

static FALLIBLE administrator_role(store_tx *tx, arena *a, int32_t *id) {
    struct roles roles = {0};
    TRY(store_roles(tx, a, &roles));
    for (EACH(const struct role, r, &roles))
        if (role_by_name(r->name) == ROLE_ADMINISTRATOR) *id = r->id;
    return NULL;
}

/* The activity stands before what it tells of, so that the history of the person names it. */
static FALLIBLE grant(store *s, store_tx *tx, arena *a, const struct config *c, const struct people_options *o,
                      const struct oidc_claims *claims, instant now, bool *changed) {
    int64_t person, parent, child;
    int32_t role = 0;
    TRY(find_person(tx, a, c, o, claims->id, &person));
    bool fresh = !person;
    if (fresh) TRY(store_ids(s, IDS_MVO, 1, &person));
    TRY(administrator_role(tx, a, &role));
    TRY(store_add_role_member(tx, role, person, changed));
    if (!*changed) return NULL;
    struct activity sign_in = {.target = TARGET_MVO,
                               .operation = fresh ? OPERATION_CREATE : OPERATION_UPDATE,
                               .target_name = claims->name,
                               .mvo = person,
                               .message = T("The initial administrator signed in.")};
    struct activity granted = {.target = TARGET_ROLE,
                               .operation = OPERATION_UPDATE,
                               .target_name = T("Administrator"),
                               .message = T("Granted to the initial administrator.")};
    TRY(record(tx, a, &sign_in, now, 0, &parent));
    store_note_tracked(tx, c, parent, now);
    if (fresh) TRY(make_person(tx, a, c, o, claims, now, person));
    return record(tx, a, &granted, now, parent, &child);
}

static FALLIBLE ensure_administrator(store *s, arena *a, const struct people_options *o, const struct oidc_claims *claims,
                                     instant now) {
    OWNED(store_tx) tx = NULL;
    const struct config *c = NULL;
    bool changed = false;
    TRY(store_write(s, STORE_API, &tx));
    TRY(store_config(s, &c));
    error *e = grant(s, tx, a, c, o, claims, now, &changed);
    config_release(c);
    return e || !changed ? e : store_commit(tx);
}

/* ---- a profile with gaps ---- */

static FALLIBLE fill_gaps(store_tx *tx, arena *a, const struct config *c, const struct people_options *o,
                          const struct oidc_claims *claims, instant now, bool *changed) {
    int64_t person, activity;
    struct mvos before = {0};
    struct mvo *after;
    TRY(find_person(tx, a, c, o, claims->id, &person));
    if (!person) return NULL;
    TRY(store_mvos(tx, a, c, &person, 1, &before));
    TRY(supplemented(tx, a, c, person, claims, &after, changed));
    if (!*changed) return NULL;
    struct activity signed_in = {.target = TARGET_MVO,
                                 .operation = OPERATION_UPDATE,
                                 .target_name = claims->name.len ? claims->name : claims->id,
                                 .mvo = person,
                                 .message = T("Missing parts of the profile came with a sign-in.")};
    TRY(record(tx, a, &signed_in, now, 0, &activity));
    store_note_tracked(tx, c, activity, now);
    struct mvo_change change = {.before = before.at, .after = after};
    return store_write_mvos(tx, c, &(struct mvo_changes){.at = &change, .count = 1});
}

static FALLIBLE supplement(store *s, arena *a, const struct people_options *o, const struct oidc_claims *claims, instant now) {
    OWNED(store_tx) tx = NULL;
    const struct config *c = NULL;
    bool changed = false;
    TRY(store_write(s, STORE_API, &tx));
    TRY(store_config(s, &c));
    error *e = fill_gaps(tx, a, c, o, claims, now, &changed);
    config_release(c);
    return e || !changed ? e : store_commit(tx);
}

/* ---- who it is ---- */

static FALLIBLE fill(store_tx *tx, arena *a, const struct config *c, int64_t person, struct caller *out) {
    struct int32s ids = {0};
    struct roles roles = {0};
    text name = {0};
    TRY(store_roles_of(tx, a, person, &ids));
    TRY(store_roles(tx, a, &roles));
    for (EACH(const struct role, r, &roles))
        for (EACH(const int32_t, id, &ids))
            if (*id == r->id) out->roles |= ROLE_BIT(role_by_name(r->name));
    TRY(store_mvo_names(tx, a, c, &person, 1, &name));
    if (name.len) out->name = name;
    out->person = out->id = id_to_uuid(ID_MVO, person);
    return NULL;
}

/* *gaps: the claims tell something of the person that is not known. */
static FALLIBLE read_caller(store *s, arena *a, const struct people_options *o, const struct oidc_claims *claims,
                            struct caller *out, bool *gaps) {
    OWNED(store_tx) tx = NULL;
    const struct config *c = NULL;
    struct mvo *known;
    int64_t person = 0;
    *gaps = false;
    *out = (struct caller){.kind = BY_USER, .name = claims->name.len ? claims->name : claims->id, .method = T("oauth")};
    TRY(store_config(s, &c));
    error *e = store_read(s, &tx);
    if (!e) e = find_person(tx, a, c, o, claims->id, &person);
    if (!e && person) e = fill(tx, a, c, person, out);
    if (!e && person) e = supplemented(tx, a, c, person, claims, &known, gaps);
    config_release(c);
    return e;
}

FALLIBLE people_identify(store *s, arena *a, const struct people_options *o, const struct oidc_claims *claims, instant now,
                         struct caller *out) {
    bool gaps;
    TRY(read_caller(s, a, o, claims, out, &gaps));
    bool initial = o->initial_admin.len && text_equal(o->initial_admin, claims->id);
    bool grants = initial && !(out->roles & ROLE_BIT(ROLE_ADMINISTRATOR));
    if (gaps) TRY(supplement(s, a, o, claims, now));
    if (grants) TRY(ensure_administrator(s, a, o, claims, now));
    return gaps || grants ? read_caller(s, a, o, claims, out, &gaps) : NULL;
}
