-- Upgrades of the agent runtime. A box has one at most that is under way.
create table upgrades (
    -- Its operation, which people wait for.
    id text not null primary key references operations (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    box_id text not null references boxes (id) on delete cascade,
    from_version text not null,
    to_version text not null,
    stage text not null,
    -- Since when.
    since_ms bigint not null,
    -- The saved state to go back to; null before it is saved, and for a box that had none.
    backup_id text,
    -- Whether the box was stopped, and is stopped again in the end.
    was_stopped boolean not null,
    -- Why it goes back, or did.
    why text,
    finished_at_ms bigint
);
create unique index upgrades_open on upgrades (box_id) where finished_at_ms is null;
create index upgrades_box on upgrades (box_id, id);

-- The version that the disk before the last restore belongs to.
alter table backup_states add column undo_version text;

-- Upgrades of many boxes, in waves.
create table rollouts (
    id text not null primary key,
    -- Whose boxes; null: those of every org.
    org_id text references orgs (id) on delete cascade,
    to_version text not null,
    -- Boxes at the same time, and failures after which no further wave begins.
    wave bigint not null,
    stop_after bigint not null,
    asked_by text not null,
    created_at_ms bigint not null,
    finished_at_ms bigint,
    -- `done`, `stopped` (too many failed) or `cancelled`.
    outcome text
);
create index rollouts_org on rollouts (org_id, id);
create index rollouts_open on rollouts (id) where finished_at_ms is null;

-- No foreign key to boxes: what became of one stays true when it is gone.
create table rollout_boxes (
    rollout_id text not null references rollouts (id) on delete cascade,
    box_id text not null,
    name text not null,
    -- `waiting`, `going`, `upgraded`, `failed` or `skipped`.
    state text not null,
    operation_id text,
    what text,
    primary key (rollout_id, box_id)
);

-- Saved states that were booted in a sealed box, to see whether they can be. The box is nobody's and is removed afterwards.
create table drills (
    -- The sealed box.
    id text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    -- The box whose state it is.
    box_id text not null references boxes (id) on delete cascade,
    backup_id text not null,
    runtime_version text not null,
    begun_at_ms bigint not null,
    finished_at_ms bigint,
    -- What was wrong; null with an end: nothing.
    what text
);
create index drills_box on drills (box_id, id);
create index drills_begun on drills (begun_at_ms);
create index drills_open on drills (id) where finished_at_ms is null;
