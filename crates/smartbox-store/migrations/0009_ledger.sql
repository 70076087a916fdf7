-- What boxes use, what orgs may use, and what is set aside before it is spent. Money is nano-dollars (1e-9 USD).

-- What an org gets. A limit that is null does not exist; a rate of 0 is no price.
create table plans (
    name text not null primary key,
    is_default boolean not null,
    boxes_max bigint,
    bytes_max bigint,
    tokens_max bigint,
    nanos_max bigint,
    cpu_ms_max bigint,
    memory_mib_s_max bigint,
    storage_bytes_max bigint,
    bytes_rate bigint not null,
    tokens_rate bigint not null,
    nanos_rate bigint not null,
    cpu_ms_rate bigint not null,
    memory_mib_s_rate bigint not null,
    storage_bytes_rate bigint not null,
    overage_is_free boolean not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
create unique index plans_default on plans (is_default) where is_default;
-- Until somebody decides otherwise nothing is limited.
insert into plans (name, is_default, bytes_rate, tokens_rate, nanos_rate, cpu_ms_rate, memory_mib_s_rate,
                   storage_bytes_rate, overage_is_free, version, changed_at_ms, changed_by)
values ('default', true, 0, 0, 0, 0, 0, 0, false, 1, 0, 'platform');

-- Null is the default plan.
alter table orgs add column plan text references plans (name);
-- Days and months begin at midnight there.
alter table orgs add column time_zone text not null default 'UTC';
alter table orgs add column overage_nanos_max bigint not null default 0;

-- What somebody has decided that a box, or an org, may spend.
create table budgets (
    -- The org's id, or the box's.
    subject text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    day_bytes bigint,
    day_tokens bigint,
    day_nanos bigint,
    month_bytes bigint,
    month_tokens bigint,
    month_nanos bigint,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
create index budgets_org on budgets (org_id);
create index budgets_box on budgets (box_id);

-- Who was told of what: once in each period.
create table budget_warnings (
    subject text not null,
    period text not null,
    measure text not null,
    percent bigint not null,
    at_ms bigint not null,
    primary key (subject, period, measure, percent)
);
create index budget_warnings_at on budget_warnings (at_ms);

-- The worst that calls under way can cost. What is not settled in time is worth nothing any more.
create table spend_reservations (
    id text not null primary key,
    org_id text not null,
    box_id text not null,
    bytes bigint not null,
    tokens bigint not null,
    nanos bigint not null,
    expires_at_ms bigint not null
);
create index spend_reservations_org on spend_reservations (org_id, expires_at_ms);
create index spend_reservations_expiry on spend_reservations (expires_at_ms);

-- Appended to, never changed, as egress_usage is. `id` is the reservation: nothing is billed twice.
create table model_usage (
    seq bigint not null primary key,
    id text not null unique,
    box_id text not null,
    org_id text,
    at_ms bigint not null,
    model text not null,
    provider text not null,
    input bigint not null,
    output bigint not null,
    cache_read bigint not null,
    cache_write bigint not null,
    nanos bigint not null
);
create index model_usage_box on model_usage (box_id, at_ms);
create index model_usage_org on model_usage (org_id, at_ms);

create table compute_usage (
    seq bigint not null primary key,
    box_id text not null,
    org_id text,
    at_ms bigint not null,
    cpu_ms bigint not null,
    memory_mib_s bigint not null,
    storage_mib_s bigint not null,
    awake_ms bigint not null
);
create index compute_usage_org on compute_usage (org_id, at_ms);
create index egress_usage_org on egress_usage (org_id, at_ms);

-- What was read of a box last: what is used is the difference to it, and is put down in the same transaction.
create table box_gauges (
    box_id text not null primary key references boxes (id) on delete cascade,
    org_id text not null,
    at_ms bigint not null,
    run text not null,
    cpu_ms bigint not null,
    storage_bytes bigint not null
);
create index box_gauges_org on box_gauges (org_id);

-- Sums of the three logs by day (`2026-11-05`) and month (`2026-11`) of the org's calendar: of each box, and of the whole org
-- where `box_id` is empty. Nothing refers to them: they stay when the box is gone.
create table usage_rollups (
    org_id text not null,
    box_id text not null,
    period text not null,
    sent bigint not null,
    received bigint not null,
    connections bigint not null,
    requests bigint not null,
    calls bigint not null,
    input bigint not null,
    output bigint not null,
    cache_read bigint not null,
    cache_write bigint not null,
    nanos bigint not null,
    cpu_ms bigint not null,
    memory_mib_s bigint not null,
    storage_mib_s bigint not null,
    awake_ms bigint not null,
    primary key (org_id, box_id, period)
);
create index usage_rollups_period on usage_rollups (period);

-- Why one box may not wake.
create table box_holds (
    box_id text not null primary key references boxes (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    kind text not null,
    reason text not null,
    since_at_ms bigint not null
);
create index box_holds_org on box_holds (org_id);
-- What the monitor holds, the monitor releases, and nothing else.
alter table wake_holds add column by_monitor boolean not null default false;

insert into counters (name, value) values ('model-usage', 0), ('compute-usage', 0);
-- How far each log is summed up.
insert into counters (name, value) values ('egress-summed', 0), ('model-summed', 0), ('compute-summed', 0);
