-- Commands that run by themselves, and what came of them. A row is there before its command is started. Neither environment nor
-- input is kept: both may hold credentials.
create table execs (
    id text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    box_id text not null references boxes (id) on delete cascade,
    -- Program and arguments, as JSON.
    argv text not null,
    has_tty boolean not null,
    timeout_ms bigint not null,
    asked_by text not null,
    created_at_ms bigint not null,
    -- When its process was started; null while its box is being woken.
    started_at_ms bigint,
    -- The process of the platform that has it, and when that last said so.
    runner text not null,
    beat_at_ms bigint not null,
    -- Whether somebody wants it killed.
    is_unwanted boolean not null,
    ended_at_ms bigint,
    -- `exited`, `signalled`, `timed_out`, `killed`, `lost` or `failed`; null while it runs.
    outcome text,
    code bigint,
    -- The signal, or why it was lost or could not be started.
    what text,
    stdout text,
    stderr text,
    -- How much it printed, whatever was kept of it.
    stdout_bytes bigint not null,
    stderr_bytes bigint not null
);
create index execs_box on execs (box_id, id);
create index execs_running on execs (beat_at_ms) where ended_at_ms is null;
create index execs_ended on execs (ended_at_ms);
