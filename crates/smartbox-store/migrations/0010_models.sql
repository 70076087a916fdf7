-- Who serves models for whom, what may be asked for, and what was.

create table model_providers (
    -- `platform`, the org's id, or the box's.
    subject text not null,
    name text not null,
    org_id text references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    dialect text not null,
    base_url text,
    -- JSON: a list of models with their sizes.
    models text not null,
    -- Nano-dollars for a million tokens; all four or none.
    price_input bigint,
    price_output bigint,
    price_cache_read bigint,
    price_cache_write bigint,
    may_be_inside boolean not null,
    -- The key: sealed, and what may be shown of it; all four or none.
    key_hint text,
    key_id text,
    nonce text,
    ciphertext text,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null,
    primary key (subject, name)
);
create index model_providers_org on model_providers (org_id);
create index model_providers_box on model_providers (box_id);

create table model_rules (
    subject text not null primary key,
    org_id text references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    -- JSON.
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
create index model_rules_org on model_rules (org_id);
create index model_rules_box on model_rules (box_id);

-- One row a call, for people; what is billed stands elsewhere. Removed after a while.
create table model_calls (
    seq bigint not null primary key,
    box_id text not null references boxes (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    at_ms bigint not null,
    -- The service token; none: from inside the box.
    via text,
    dialect text not null,
    path text not null,
    model text not null,
    provider text,
    status bigint,
    outcome text not null,
    code text,
    input bigint not null,
    output bigint not null,
    cache_read bigint not null,
    cache_write bigint not null,
    nanos bigint not null,
    is_estimated boolean not null,
    is_cached boolean not null,
    duration_ms bigint not null,
    prompt text
);
create index model_calls_box on model_calls (box_id, seq);
create index model_calls_at on model_calls (at_ms);

insert into counters (name, value) values ('model-calls', 0);
