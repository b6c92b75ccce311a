-- People who have roles by single sign-on.
create table role_member (
    role {int} not null references role (id),
    mvo {int} not null,
    primary key (role, mvo)
) {clustered};
create index role_member_mvo on role_member (mvo);
