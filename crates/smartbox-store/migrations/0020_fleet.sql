-- The fleet: labels of boxes, what is done with many of them, and what was said to their agents.

-- A JSON object of texts.
alter table boxes add column labels text not null default '{}';

-- One thing that is done with many boxes, one after the other.
create table bulk_runs (
    id text not null primary key,
    -- Whose boxes; null: those of every org.
    org_id text references orgs (id) on delete cascade,
    -- `restart` or `patch-config`.
    action text not null,
    -- What is done, where that needs words: a merge patch. Sealed, because values of channels are secrets; null when the run is over.
    key_id text,
    nonce text,
    ciphertext text,
    -- Time between the beginnings of two boxes, failures after which no further one is begun, and how many have to be well first.
    delay_ms bigint not null,
    stop_after bigint not null,
    canary bigint not null,
    asked_by text not null,
    created_at_ms bigint not null,
    last_begun_at_ms bigint,
    finished_at_ms bigint,
    -- `done`, `stopped` (too many failed) or `cancelled`.
    outcome text
);
create index bulk_runs_org on bulk_runs (org_id, id);
create index bulk_runs_open on bulk_runs (id) where finished_at_ms is null;
create index bulk_runs_ended on bulk_runs (finished_at_ms);

-- No foreign key to boxes: what became of one stays true when it is gone.
create table bulk_boxes (
    bulk_id text not null references bulk_runs (id) on delete cascade,
    box_id text not null,
    -- Its turn, counted from 0.
    turn bigint not null,
    name text not null,
    -- `waiting`, `going`, `done`, `failed` or `skipped`.
    state text not null,
    -- Written before the operation is begun under this id: one that is not found never began.
    operation_id text,
    begun_at_ms bigint,
    finished_at_ms bigint,
    what text,
    primary key (bulk_id, box_id)
);

-- What was said to agents by somebody who reads the answer later.
create table messages (
    id text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    box_id text not null references boxes (id) on delete cascade,
    session text not null,
    asked_by text not null,
    created_at_ms bigint not null,
    -- Until when an answer can come. Whoever waits for it gives up then; a later look finds that nobody does.
    until_ms bigint not null,
    finished_at_ms bigint,
    -- `answered`, `failed` or `lost`; null while the agent works.
    outcome text,
    -- The answer, or why there is none.
    answer text,
    is_truncated boolean not null
);
create index messages_box on messages (box_id, id);
create index messages_ended on messages (finished_at_ms);
