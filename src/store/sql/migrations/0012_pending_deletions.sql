-- Deletions are few among pending exports, and are counted before every export.

create index pending_deletions on pending (system) where change = 3;
