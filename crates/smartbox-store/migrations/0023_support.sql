-- Support access: somebody who runs the platform acts in the name of a person, for a while.
create table support_sessions (
    id text not null primary key,
    org_id text not null references orgs (id),
    -- The person; they may be gone when somebody asks for it.
    user_id text not null,
    -- What they were called.
    user_name text not null,
    token_hash text not null unique,
    -- Hash of the token and the admin secret together: it is good as long as both are.
    opened_with text not null,
    -- What whoever opened it calls themselves.
    operator text,
    reason text not null,
    -- `read` or `act`.
    level text not null,
    opened_at_ms bigint not null,
    -- When it ends by itself.
    expires_at_ms bigint not null,
    -- When, by whom and why it ended otherwise.
    ended_at_ms bigint,
    ended_by text,
    ended_why text,
    -- Whether its end is in the audit log.
    is_told boolean not null
);
create index support_sessions_org on support_sessions (org_id, id);
create index support_sessions_user on support_sessions (user_id);
create index support_sessions_told on support_sessions (is_told, expires_at_ms);
create index support_sessions_expiry on support_sessions (expires_at_ms);
