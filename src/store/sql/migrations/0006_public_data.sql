-- The configuration of the Public Data API: tenants, their users, roles, templates, pools and searches, each a document.
-- kind: enum public_kind; tenant: 0 for what belongs to none; key: the folded name.
create table public_item (
    kind {int} not null,
    id {int} not null,
    tenant {int} not null,
    key text {c} not null,
    version {int} not null,
    created {int} not null,
    updated {int} not null,
    doc text {c} not null,
    primary key (kind, id)
) {strict};
create unique index public_item_key on public_item (kind, tenant, key);

-- Tokens that were taken back, until they would have ended anyway.
create table revoked_token (
    jti text {c} primary key,
    ends {int} not null
) {strict};
