-- An index is built in parts: until it is whole, the objects up to this id have their rows.
alter table mv_attribute add column indexed_to {int} not null default 0;
alter table cs_attribute add column indexed_to {int} not null default 0;
