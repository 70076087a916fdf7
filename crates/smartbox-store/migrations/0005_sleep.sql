-- How far down a box goes when it sleeps, and what is known of its sleep. `due_at_ms`: when it has to be awake by itself.
alter table boxes add column asleep_tier text not null default 'frozen';
alter table boxes add column idle_since_ms bigint;
alter table boxes add column due_at_ms bigint;
alter table boxes add column due_why text;

-- After how many idle seconds each tier of sleep begins; 0 is never, null leaves it to the next wider circle.
alter table boxes add column frozen_after_secs bigint;
alter table boxes add column squeezed_after_secs bigint;
alter table boxes add column stopped_after_secs bigint;
alter table orgs add column frozen_after_secs bigint;
alter table orgs add column squeezed_after_secs bigint;
alter table orgs add column stopped_after_secs bigint;
alter table tiers add column frozen_after_secs bigint;
alter table tiers add column squeezed_after_secs bigint;
alter table tiers add column stopped_after_secs bigint;

-- Why no box of an org may wake.
create table wake_holds (
    org_id text not null references orgs (id) on delete cascade,
    kind text not null,
    reason text not null,
    since_at_ms bigint not null,
    primary key (org_id, kind)
);
