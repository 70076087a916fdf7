-- Addresses to which an org's events are sent. What waits to be sent is read from `events`, which are written with what they tell: nothing
-- is put into a queue that a crash could leave out.
create table webhooks (
    id text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    description text not null,
    -- Patterns of types, separated by spaces; none: all.
    types text not null,
    -- Only events of this box. No reference: the events of a box outlive it.
    about_box text,
    enabled boolean not null,
    -- Why it was switched off by itself.
    disabled_why text,
    version bigint not null,
    -- Number of the newest of its secrets.
    secret_number bigint not null,
    -- Up to which event it is decided what is sent.
    position bigint not null,
    -- Until then somebody sends; before, it is when that ended.
    leased_until_ms bigint not null,
    -- Since when nothing was taken; null when the last was.
    failing_since_ms bigint,
    delivered_at_ms bigint,
    created_at_ms bigint not null,
    created_by text not null
);
create index webhooks_org on webhooks (org_id, id);

-- What is secret of them, sealed: the address (`url`), which often has a key in it, and keys of signatures (`1`, `2`, …).
create table webhook_secrets (
    webhook_id text not null references webhooks (id) on delete cascade,
    name text not null,
    key_id text not null,
    nonce text not null,
    ciphertext text not null,
    -- When an older key ends.
    ends_at_ms bigint,
    primary key (webhook_id, name)
);
create index webhook_secrets_key on webhook_secrets (key_id);
create index webhook_secrets_end on webhook_secrets (ends_at_ms);

-- An event on its way to an address, and what came of it.
create table webhook_deliveries (
    webhook_id text not null references webhooks (id) on delete cascade,
    seq bigint not null,
    event_id text not null,
    type text not null,
    -- `waiting`, `delivered` or `failed`.
    state text not null,
    attempts bigint not null,
    next_at_ms bigint not null,
    last_at_ms bigint,
    -- What was answered last, or why nothing was.
    status bigint,
    why text,
    created_at_ms bigint not null,
    primary key (webhook_id, seq)
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, state, next_at_ms);
create index webhook_deliveries_event on webhook_deliveries (webhook_id, event_id);
create index webhook_deliveries_age on webhook_deliveries (created_at_ms);
