-- Devices of people; credentials and sessions that are good for one box; tickets.

-- What becomes of a device that comes for the first time.
alter table orgs add column pairing text not null default 'auto';

create table devices (
    id text not null primary key,
    org_id text not null references orgs (id),
    user_id text not null references users (id) on delete cascade,
    name text not null,
    -- Raw Ed25519 key, base64url without padding.
    public_key text not null,
    status text not null,
    address text,
    created_at_ms bigint not null,
    -- When one that waits is forgotten.
    expires_at_ms bigint,
    approved_at_ms bigint,
    approved_by text,
    unique (user_id, public_key)
);
create index devices_org on devices (org_id, id);
create index devices_expiry on devices (expires_at_ms);

alter table sessions add column device_id text references devices (id) on delete set null;
-- The session out of which it was begun: it ends with that one.
alter table sessions add column parent_id text references sessions (id) on delete cascade;
-- The one box for which it is good.
alter table sessions add column box_id text references boxes (id) on delete cascade;
-- Whether whoever signed the person in may approve devices, and so has approved the first of this session.
alter table sessions add column vouched boolean not null default false;
create index sessions_device on sessions (device_id);
create index sessions_parent on sessions (parent_id);
alter table sign_in_codes add column vouched boolean not null default false;

alter table service_tokens add column box_id text references boxes (id) on delete cascade;

create table tickets (
    ticket_hash text not null primary key,
    org_id text not null references orgs (id),
    box_id text not null references boxes (id) on delete cascade,
    -- Who comes with it: exactly one of the three.
    session_id text references sessions (id) on delete cascade,
    token_id text references service_tokens (id) on delete cascade,
    user_id text references users (id) on delete cascade,
    path text not null,
    origin text,
    expires_at_ms bigint not null
);
create index tickets_org on tickets (org_id);
create index tickets_expiry on tickets (expires_at_ms);
