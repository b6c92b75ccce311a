-- Asynchronous searches: what was ordered, and what became of it (public-data-api section 5). The rows stand in files.
create table result_set (
    id text {c} primary key,
    tenant {int} not null,
    user_id {int} not null,
    search {int} not null,
    version {int} not null,
    search_name text {c} not null,
    state {int} not null,
    ordered {int} not null,
    page {int} not null,
    page_size {int} not null,
    body text {c},
    user_name text {c} not null,
    full_name text {c},
    address text {c} not null,
    object_id text {c},
    taken {int},
    ends {int},
    total {int} not null,
    bytes {int} not null,
    failure text {c},
    detail text {c}
) {strict};
create index result_set_state on result_set (state, ends);
