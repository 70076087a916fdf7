-- What happens in boxes by the clock. `next_at_ms`: the due time that comes next; `fires_at_ms`: when it is acted on, which is
-- a little later for some, so that boxes do not wake all at once. The last run is written before it is acted on.
create table schedules (
    id text primary key,
    org_id text not null references orgs (id) on delete cascade,
    box_id text not null references boxes (id) on delete cascade,
    name text not null,
    cron text,
    time_zone text not null,
    at_ms bigint,
    action text not null,
    awake_secs bigint not null,
    message text,
    session text,
    catch_up text not null,
    enabled boolean not null,
    version bigint not null,
    created_by text not null,
    created_at_ms bigint not null,
    next_at_ms bigint,
    fires_at_ms bigint,
    run_id text,
    run_due_ms bigint,
    run_at_ms bigint,
    run_state text,
    run_what text,
    awake_until_ms bigint
);
create index schedules_box on schedules (box_id, fires_at_ms);
create index schedules_fire on schedules (fires_at_ms);
