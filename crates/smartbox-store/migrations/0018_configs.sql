-- What owners add to the configurations of their boxes, in versions. Sealed: values of channels are secrets.
create table box_configs (
    box_id text not null references boxes (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    version bigint not null,
    key_id text not null,
    nonce text not null,
    ciphertext text not null,
    -- `new`, `good` or `bad`, and why bad.
    standing text not null,
    why text,
    -- What made it: `set`, `patch`, `rollback`, `reload`, `bulk` or `way-back`.
    origin text not null,
    created_at_ms bigint not null,
    created_by text not null,
    primary key (box_id, version)
);
create index box_configs_org on box_configs (org_id);
create index box_configs_key on box_configs (key_id);

-- Which version a box should have, and how far it is.
create table config_states (
    box_id text not null primary key references boxes (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    version bigint not null,
    -- Null: nothing is under way.
    stage text,
    since_ms bigint not null,
    -- What people wait for; null when nobody does.
    operation_id text,
    -- On the way back: which version failed, and why.
    failed_version bigint,
    why text,
    -- What the gateway was given last, and in which incarnation.
    rendered_version bigint,
    rendered_generation bigint
);
create index config_states_org on config_states (org_id);
create index config_states_open on config_states (box_id) where stage is not null;
