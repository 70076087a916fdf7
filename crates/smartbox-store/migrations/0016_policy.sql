-- What is decided about backups beside the platform's settings: of an org for all its boxes, or of one box.
create table backup_rules (
    -- The org's id, or the box's.
    subject text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    -- One `name=value` a line.
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
create index backup_rules_org on backup_rules (org_id);
create index backup_rules_box on backup_rules (box_id);

-- The same for the boxes of a tier: `tier:name`.
create table backup_layers (
    subject text not null primary key,
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);

-- Boxes that are archived, or on their way there. A box without a row is not.
create table archives (
    box_id text not null primary key references boxes (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    -- `asked`, `saved` (its backup was read back), `freeing` (its disk counts as lost) or `freed`.
    stage text not null,
    since_ms bigint not null,
    asked_at_ms bigint not null,
    -- Why: `asked`, or `unused`.
    reason text not null,
    -- All that there is of the box from `freeing` on.
    backup_id text,
    failures bigint not null,
    retry_at_ms bigint
);
create index archives_org on archives (org_id);
