-- Subset common to SQLite and PostgreSQL: text, bigint, boolean. Instants are UTC milliseconds (`_at_ms`), ids and
-- JSON are text, bytes are base64 or hex text. Released migrations are never edited.

-- A few facts about the platform itself.
create table meta (
    name text not null primary key,
    value text not null
);

-- Numbers that only grow.
create table counters (
    name text not null primary key,
    value bigint not null
);
insert into counters (name, value) values ('event', 0);
insert into counters (name, value) values ('uid-slot', 0);

create table orgs (
    id text not null primary key,
    name text not null unique,
    created_at_ms bigint not null
);

create table users (
    id text not null primary key,
    org_id text not null references orgs (id),
    name text not null,
    created_at_ms bigint not null,
    unique (org_id, name)
);

-- Tokens and codes are known by their hash only.
create table sessions (
    token_hash text not null primary key,
    user_id text not null references users (id) on delete cascade,
    created_at_ms bigint not null,
    expires_at_ms bigint not null
);
create index sessions_expiry on sessions (expires_at_ms);

create table sign_in_codes (
    code_hash text not null primary key,
    user_id text not null references users (id) on delete cascade,
    expires_at_ms bigint not null,
    used_at_ms bigint
);
create index sign_in_codes_expiry on sign_in_codes (expires_at_ms);

create table tiers (
    name text not null primary key,
    cpu_millis bigint not null,
    memory_bytes bigint not null,
    memory_max_bytes bigint not null,
    pids_max bigint not null,
    boxes_max bigint not null
);

create table boxes (
    id text not null primary key,
    org_id text not null references orgs (id),
    name text not null,
    kind text not null,
    tier text not null references tiers (name),
    is_default boolean not null,
    created_at_ms bigint not null,
    -- Intent: what the owner wants.
    version bigint not null,
    desired text not null,
    generation bigint not null,
    purge_at_ms bigint,
    desired_before_delete text,
    -- Facts fixed at birth.
    uid_slot bigint not null unique,
    runtime_version text not null,
    host_key_public text not null,
    -- Observation: what a provider saw last.
    observed text not null,
    observed_detail text,
    observed_exit_code bigint,
    observed_generation bigint,
    observed_at_ms bigint,
    was_seen boolean not null,
    restarts bigint not null,
    oom_kills bigint not null,
    pid bigint,
    -- The last attempt, if it failed.
    failures bigint not null,
    retry_at_ms bigint,
    error_code text,
    error_what text,
    error_remedy text,
    unique (org_id, name)
);
create unique index boxes_default on boxes (org_id) where is_default;
create index boxes_org on boxes (org_id, id);
create index boxes_tier on boxes (tier);

create table secrets (
    box_id text not null references boxes (id) on delete cascade,
    name text not null,
    key_id text not null,
    nonce text not null,
    ciphertext text not null,
    primary key (box_id, name)
);

-- Timeline and audit in one. No foreign keys: what happened stays true when the box is gone.
create table events (
    seq bigint not null primary key,
    id text not null unique,
    org_id text,
    box_id text,
    at_ms bigint not null,
    actor text not null,
    action text not null,
    reason text not null,
    detail text not null
);
create index events_box on events (org_id, box_id, seq);

create table operations (
    id text not null primary key,
    org_id text not null references orgs (id),
    box_id text not null references boxes (id) on delete cascade,
    kind text not null,
    target_desired text not null,
    target_generation bigint not null,
    created_at_ms bigint not null,
    finished_at_ms bigint,
    outcome text,
    error_code text,
    error_what text,
    error_remedy text
);
create index operations_open on operations (box_id) where finished_at_ms is null;
create index operations_box on operations (box_id);
create index operations_finished on operations (finished_at_ms);

-- An answer is missing while the first request with the key is under way.
create table idempotency_keys (
    scope text not null,
    key text not null,
    route text not null,
    body_hash text not null,
    begun_at_ms bigint not null,
    expires_at_ms bigint not null,
    status bigint,
    response_body text,
    primary key (scope, key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at_ms);

create table leases (
    name text not null primary key,
    holder text not null,
    epoch bigint not null,
    expires_at_ms bigint not null
);
