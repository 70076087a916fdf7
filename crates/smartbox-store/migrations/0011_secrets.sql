-- Secrets that people give, where they are put in, and rules of the platform and of tiers.

-- Values of an org for all its boxes, or of one box.
create table kept_secrets (
    -- The org's id, or the box's.
    subject text not null,
    name text not null,
    org_id text not null references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    key_id text not null,
    nonce text not null,
    ciphertext text not null,
    -- By which people recognise it; none of short ones.
    last_four text,
    delivery text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null,
    primary key (subject, name)
);
create index kept_secrets_org on kept_secrets (org_id);
create index kept_secrets_box on kept_secrets (box_id);
create index kept_secrets_key on kept_secrets (key_id);

-- Where the proxy puts them in: rules of an org for all its boxes, or of one box.
create table injection_rules (
    -- The org's id, or the box's.
    subject text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    -- One rule a line.
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
create index injection_rules_org on injection_rules (org_id);
create index injection_rules_box on injection_rules (box_id);

-- The certificate authority of a box, for hosts whose TLS the proxy ends. The key never leaves the platform.
create table box_authorities (
    box_id text not null primary key references boxes (id) on delete cascade,
    certificate text not null,
    key_id text not null,
    nonce text not null,
    ciphertext text not null,
    -- The first incarnation whose programs trust it.
    trusted_from bigint not null
);

-- What the platform says of all boxes, or of those of a tier: `platform`, `tier:name`.
create table egress_layers (
    subject text not null primary key,
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
