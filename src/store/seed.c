/* What a new database begins with: roles, the object types User and Group, and the attributes that identity systems usually have.
 */
#include "store/session.h"

#include "base/uuid.h"

/* INDEXED: what objects are usually matched by, and what the built-in searches ask for, so that nobody need build the index of a
 * full metaverse. Rules and searches make whatever else they ask for indexed; rows that nobody asks for would cost each
 * synchronisation. */
enum { FOR_USER = 1, FOR_GROUP = 2, FOR_BOTH = 3, INDEXED = 4 };

struct seeded {
    const char *name;
    enum data_type type;
    enum plurality plurality;
    int flags;
};

#define SVA SINGLE_VALUED
#define MVA MULTI_VALUED

static const struct seeded attributes[] = {
    /* who it is */
    {"Display Name", TYPE_TEXT, SVA, FOR_BOTH},
    {"Common Name", TYPE_TEXT, SVA, FOR_BOTH},
    {"First Name", TYPE_TEXT, SVA, FOR_USER},
    {"Middle Name", TYPE_TEXT, SVA, FOR_USER},
    {"Last Name", TYPE_TEXT, SVA, FOR_USER},
    {"Initials", TYPE_TEXT, SVA, FOR_USER},
    {"Title", TYPE_TEXT, SVA, FOR_USER},
    {"Pronouns", TYPE_TEXT, SVA, FOR_USER},
    {"Suffix", TYPE_TEXT, SVA, FOR_USER},
    {"Preferred Language", TYPE_TEXT, SVA, FOR_USER},
    {"Date of Birth", TYPE_DATETIME, SVA, FOR_USER},
    {"Photo", TYPE_BINARY, SVA, FOR_USER},
    {"Description", TYPE_TEXT, SVA, FOR_BOTH},
    {"Notes", TYPE_TEXT, SVA, FOR_BOTH},
    {"Type", TYPE_TEXT, SVA, FOR_USER | INDEXED},
    {"Status", TYPE_TEXT, SVA, FOR_BOTH},
    {"Subject Identifier", TYPE_TEXT, SVA, FOR_USER},
    /* accounts */
    {"Account Name", TYPE_TEXT, SVA, FOR_BOTH | INDEXED},
    {"User Principal Name", TYPE_TEXT, SVA, FOR_USER},
    {"Distinguished Name", TYPE_TEXT, SVA, FOR_BOTH},
    {"Object GUID", TYPE_GUID, SVA, FOR_BOTH},
    {"Object SID", TYPE_TEXT, SVA, FOR_BOTH},
    {"Account Expires", TYPE_DATETIME, SVA, FOR_USER},
    {"Account Enabled", TYPE_BOOLEAN, SVA, FOR_USER},
    {"User Account Control", TYPE_NUMBER, SVA, FOR_USER},
    {"Home Directory", TYPE_TEXT, SVA, FOR_USER},
    {"Home Drive", TYPE_TEXT, SVA, FOR_USER},
    {"Login Shell", TYPE_TEXT, SVA, FOR_USER},
    {"Uid Number", TYPE_LONG_NUMBER, SVA, FOR_USER},
    {"Gid Number", TYPE_LONG_NUMBER, SVA, FOR_BOTH},
    {"Public Keys", TYPE_TEXT, MVA, FOR_USER},
    {"Certificates", TYPE_BINARY, MVA, FOR_USER},
    /* mail */
    {"Email", TYPE_TEXT, SVA, FOR_BOTH},
    {"Mail Nickname", TYPE_TEXT, SVA, FOR_BOTH},
    {"Other Emails", TYPE_TEXT, MVA, FOR_USER},
    {"Proxy Addresses", TYPE_TEXT, MVA, FOR_BOTH},
    {"Target Address", TYPE_TEXT, SVA, FOR_BOTH},
    {"Hide From Address Lists", TYPE_BOOLEAN, SVA, FOR_BOTH},
    /* work */
    {"Employee ID", TYPE_TEXT, SVA, FOR_USER | INDEXED},
    {"Employee Number", TYPE_NUMBER, SVA, FOR_USER},
    {"Employee Type", TYPE_TEXT, SVA, FOR_USER},
    {"Employee Status", TYPE_TEXT, SVA, FOR_USER},
    {"Employee Start Date", TYPE_DATETIME, SVA, FOR_USER},
    {"Employee End Date", TYPE_DATETIME, SVA, FOR_USER},
    {"Job Title", TYPE_TEXT, SVA, FOR_USER},
    {"Job Code", TYPE_TEXT, SVA, FOR_USER},
    {"Department", TYPE_TEXT, SVA, FOR_USER},
    {"Department Number", TYPE_TEXT, SVA, FOR_USER},
    {"Division", TYPE_TEXT, SVA, FOR_USER},
    {"Company", TYPE_TEXT, SVA, FOR_USER},
    {"Organisation", TYPE_TEXT, SVA, FOR_USER},
    {"Organisational Unit", TYPE_TEXT, SVA, FOR_USER},
    {"Team", TYPE_TEXT, SVA, FOR_USER},
    {"Cost Centre", TYPE_TEXT, SVA, FOR_USER},
    {"Sponsor", TYPE_REFERENCE, SVA, FOR_USER},
    {"Manager", TYPE_REFERENCE, SVA, FOR_USER},
    {"Assistant", TYPE_REFERENCE, SVA, FOR_USER},
    {"Secretary", TYPE_REFERENCE, SVA, FOR_USER},
    /* place and telephone */
    {"Office", TYPE_TEXT, SVA, FOR_USER},
    {"Building", TYPE_TEXT, SVA, FOR_USER},
    {"Floor", TYPE_TEXT, SVA, FOR_USER},
    {"Room Number", TYPE_TEXT, SVA, FOR_USER},
    {"Street Address", TYPE_TEXT, SVA, FOR_USER},
    {"Post Office Box", TYPE_TEXT, SVA, FOR_USER},
    {"City", TYPE_TEXT, SVA, FOR_USER},
    {"State", TYPE_TEXT, SVA, FOR_USER},
    {"Postal Code", TYPE_TEXT, SVA, FOR_USER},
    {"Country", TYPE_TEXT, SVA, FOR_USER},
    {"Country Code", TYPE_TEXT, SVA, FOR_USER},
    {"Location", TYPE_TEXT, SVA, FOR_USER},
    {"Time Zone", TYPE_TEXT, SVA, FOR_USER},
    {"Telephone Number", TYPE_TEXT, SVA, FOR_USER},
    {"Telephone Numbers", TYPE_TEXT, MVA, FOR_USER},
    {"Phones", TYPE_TEXT, MVA, FOR_USER},
    {"Mobile Number", TYPE_TEXT, SVA, FOR_USER},
    {"Mobile Numbers", TYPE_TEXT, MVA, FOR_USER},
    {"Home Phone", TYPE_TEXT, SVA, FOR_USER},
    {"Fax Number", TYPE_TEXT, SVA, FOR_USER},
    {"Pager", TYPE_TEXT, SVA, FOR_USER},
    {"IP Phone", TYPE_TEXT, SVA, FOR_USER},
    {"Web Page", TYPE_TEXT, SVA, FOR_BOTH},
    /* groups */
    {"Group Type", TYPE_TEXT, SVA, FOR_GROUP | INDEXED},
    {"Group Scope", TYPE_TEXT, SVA, FOR_GROUP},
    {"Group Type Flags", TYPE_NUMBER, SVA, FOR_GROUP},
    {"Managed By", TYPE_REFERENCE, SVA, FOR_GROUP},
    {"Members", TYPE_REFERENCE, MVA, FOR_GROUP},
    {"Owners", TYPE_REFERENCE, MVA, FOR_GROUP},
};

static const char *const roles[] = {"Administrator", "Auditor", "Operator", "PasswordOperator"};

enum { EXTENSION_ATTRIBUTES = 15 };

static FALLIBLE seed_attribute(store_tx *tx, const struct seeded *from, text name, const struct mv_type *user,
                               const struct mv_type *group, instant now) {
    struct mv_attribute t = {.name = name,
                             .type = from->type,
                             .plurality = from->plurality,
                             .rendering =
                                 from->plurality == MULTI_VALUED && from->type == TYPE_REFERENCE ? RENDER_TABLE : RENDER_DEFAULT,
                             .built_in = true,
                             .indexed = (from->flags & INDEXED) != 0,
                             .created = now};
    if (from->flags & FOR_USER) *LIST_ADD(tx->scratch, &t.object_types) = user->id;
    if (from->flags & FOR_GROUP) *LIST_ADD(tx->scratch, &t.object_types) = group->id;
    return store_save_mv_attribute(tx, &t);
}

static FALLIBLE seed_schema(store_tx *tx, instant now) {
    struct mv_type user = {.name = T("User"), .plural = T("Users"), .icon = T("Person")};
    struct mv_type group = {.name = T("Group"), .plural = T("Groups"), .icon = T("Group")};
    struct mv_type *types[] = {&user, &group};
    for (size_t i = 0; i < 2; i++) {
        types[i]->built_in = true;
        types[i]->created = now;
        types[i]->deletion_rule = DELETE_WHEN_LAST_CONNECTOR;
        TRY(store_save_mv_type(tx, types[i]));
    }
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        TRY(seed_attribute(tx, &attributes[i], text_of(attributes[i].name), &user, &group, now));
    static const struct seeded extension = {"Extension Attribute", TYPE_TEXT, SVA, FOR_BOTH};
    for (int i = 1; i <= EXTENSION_ATTRIBUTES; i++)
        TRY(seed_attribute(tx, &extension, arena_print(tx->scratch, "%s %d", extension.name, i), &user, &group, now));
    return NULL;
}

FALLIBLE seed(store_tx *tx) {
    instant now = instant_now();
    TRY(seed_schema(tx, now));
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        TRY(q_role_add(tx, &(struct role){.id = (int32_t)i + 1, .name = text_of(roles[i]), .built_in = true, .created = now}, 1));
    char id[36];
    uuid_write(uuid_random(), id);
    return store_save_setting(tx, T("Instance.Id"), (text){id, sizeof id});
}
