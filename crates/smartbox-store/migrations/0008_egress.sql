-- What boxes may reach, and what they have used.

-- Rules of an org for all its boxes, or of one box.
create table egress_rules (
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
create index egress_rules_org on egress_rules (org_id);
create index egress_rules_box on egress_rules (box_id);

-- Appended to, never changed. What was used stays known when the box is gone, so nothing refers to it.
create table egress_usage (
    seq bigint not null primary key,
    box_id text not null,
    org_id text,
    at_ms bigint not null,
    sent bigint not null,
    received bigint not null,
    connections bigint not null,
    requests bigint not null
);
create index egress_usage_box on egress_usage (box_id, at_ms);

insert into counters (name, value) values ('egress-usage', 0);
