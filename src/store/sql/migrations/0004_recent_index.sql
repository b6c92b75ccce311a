-- New index rows of the metaverse come in no order: each would dirty a page of a large tree of its own. They gather in a small table and are
-- moved in the order of their keys, many at a time; the view shows both.

alter table mv_ix rename to mv_ix_settled;

create table mv_ix_recent (
    attribute {int} not null,
    type {int} not null,
    key text {c} not null,
    mvo {int} not null,
    primary key (attribute, type, key, mvo)
) {clustered};

create view mv_ix as
select attribute, type, key, mvo from mv_ix_settled union all select attribute, type, key, mvo from mv_ix_recent;
