-- Large sets of references travel as differences. What an object's sets held when it was last updated (updated) stands in the metaverse
-- under the rules of then (rules) while it has a row here; what imports have changed on them since stands in the second table.
create table cs_member_flow (
    cso {int} primary key,
    updated {int} not null,
    rules {int} not null
) {strict};

create table cs_member_change (
    cso {int} not null,
    attribute {int} not null,
    raw text {c} not null,
    primary key (cso, attribute, raw)
) {clustered};
