-- Index rows say which value they stand for: raw is null when the value's text is the key itself, else "=" and the text, "?" and the
-- text where the key may be cut, or "?" alone: the document knows. Keys of numbers and times keep the order; the program builds all rows again.
alter table mv_ix_settled add column raw text {c};
alter table mv_ix_recent add column raw text {c};
alter table cs_ix add column raw text {c};
drop view mv_ix;
create view mv_ix as
select attribute, type, key, mvo, raw from mv_ix_settled union all select attribute, type, key, mvo, raw from mv_ix_recent;

-- Rows of lookup tables, by data pool; doc: an object of JSON, its members are the pool's fields.
create table lookup_row (
    pool {int} not null,
    id {int} not null,
    doc text {c} not null,
    primary key (pool, id)
) {clustered};

-- Objects of other tenants than the first one, which owns all of most installations.
create index mvo_tenant on mvo (tenant, type, id) where tenant <> 1;
