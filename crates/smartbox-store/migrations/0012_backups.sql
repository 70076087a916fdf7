-- Saved states of boxes. What they hold lies in the box's repository, whose key is a sealed secret of the box.
create table backups (
    id text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    box_id text not null references boxes (id) on delete cascade,
    -- What the repository calls it.
    snapshot text not null,
    made_at_ms bigint not null,
    reason text not null,
    -- Stays until a person removes it.
    is_pinned boolean not null,
    -- Why it is not trusted; null for a good one.
    suspicion text,
    -- What kept the box's processes from writing while its databases were copied, and for how long that froze them.
    stillness text not null,
    still_us bigint not null,
    took_ms bigint not null,
    runtime_version text not null,
    epoch bigint not null,
    files bigint not null,
    bytes bigint not null,
    databases bigint not null,
    broken_databases bigint not null,
    left_out bigint not null,
    added_bytes bigint not null,
    -- Names, sizes and times of everything in it, as one number.
    mark text not null,
    verified_at_ms bigint,
    -- What was found wrong with it; null: nothing.
    verified_what text
);
create index backups_box on backups (box_id, made_at_ms);

-- How it goes with the backups of a box. A box without a row was never looked at.
create table backup_states (
    box_id text not null primary key references boxes (id) on delete cascade,
    looked_at_ms bigint,
    -- Since when something may have changed that is in no good backup.
    changed_since_ms bigint,
    failures bigint not null,
    failure text,
    -- Whether people were told that the newest good one is too old.
    is_overdue boolean not null,
    -- What takes the place of its disk before it starts next: the id of a backup, or `undo`.
    restore_from text,
    -- What was put there last, and until when that can be undone.
    restored_from text,
    restored_at_ms bigint,
    undo_until_ms bigint,
    -- Whether the box has been ready since.
    is_proven boolean not null
);
