-- What attributes of the metaverse are called in standards: a JSON array.
alter table mv_attribute add column standards text {c};
