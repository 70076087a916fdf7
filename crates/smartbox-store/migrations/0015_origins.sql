-- Sessions in the databases of a saved state; null where nobody counted.
alter table backups add column sessions bigint;

-- A box that begins with the state of another, or with one from elsewhere.
create table origins (
    box_id text not null primary key references boxes (id) on delete cascade,
    -- `clone` or `import`.
    kind text not null,
    -- The box whose state it is, of any org; null: it came from elsewhere. No foreign key: it stays true when that box is gone.
    source_id text,
    -- The saved state; null while it is still being taken in. One of the source, or, of what came from elsewhere, of the box itself.
    backup_id text
);
create index origins_backup on origins (backup_id);

-- Neither channels nor the gateway's own jobs run until somebody confirms it: what they do was done by the other box already.
alter table boxes add column is_quiet boolean not null default false;
