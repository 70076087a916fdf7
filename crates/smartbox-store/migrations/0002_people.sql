-- People with roles, what they and programs are recognised by, and the chain of the audit log.

alter table users add column role text not null default 'operator';
alter table users add column status text not null default 'active';
-- Lower case. Unique on the platform, because it is what people sign in with.
alter table users add column email text;
-- Argon2id, in the PHC string format.
alter table users add column password_hash text;
-- Who vouches for them elsewhere, and under which id there. Compared byte by byte.
alter table users add column issuer text;
alter table users add column subject text;
-- Until now the only user of an org was its owner.
update users set role = 'owner';
create unique index users_email on users (email);
create unique index users_subject on users (issuer, subject);

alter table sessions add column id text not null default '';
alter table sessions add column method text not null default 'link';
alter table sessions add column address text;
alter table sessions add column user_agent text;
update sessions set id = 'ses_' || substr(token_hash, 1, 32);
create unique index sessions_id on sessions (id);
create index sessions_user on sessions (user_id);

create table service_tokens (
    id text not null primary key,
    org_id text not null references orgs (id),
    name text not null,
    token_hash text not null unique,
    -- Separated by spaces.
    scopes text not null,
    created_by text not null,
    created_at_ms bigint not null,
    expires_at_ms bigint not null,
    last_used_at_ms bigint
);
create index service_tokens_org on service_tokens (org_id, id);
create index service_tokens_expiry on service_tokens (expires_at_ms);

alter table events add column address text;
alter table events add column outcome text not null default 'ok';
-- Empty for what happened before the chain began.
alter table events add column previous_hash text not null default '';
alter table events add column hash text not null default '';
create index events_org on events (org_id, seq);
