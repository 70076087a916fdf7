-- Routing flags: where the requests of each named route go.

create table routing_flags (
    name text not null primary key,
    version bigint not null,
    -- `self`, or a base URL.
    primary_upstream text not null,
    candidate_upstream text not null,
    percentage bigint not null,
    -- When the candidate is given up: at this percentage of failures, among so many requests, in a window of so long.
    rollback_at bigint not null,
    min_requests bigint not null,
    window_secs bigint not null,
    changed_at_ms bigint,
    changed_by text,
    -- Set when the platform itself has given the candidate up, until somebody changes the route.
    rolled_back_at_ms bigint,
    rolled_back_reason text,
    -- The settings that were applied last: they are applied again only when they say something else.
    settings text not null
);
insert into routing_flags
    (name, version, primary_upstream, candidate_upstream, percentage, rollback_at, min_requests, window_secs, settings)
    values ('admin-api', 1, 'self', 'self', 0, 50, 20, 60, '');
insert into routing_flags
    (name, version, primary_upstream, candidate_upstream, percentage, rollback_at, min_requests, window_secs, settings)
    values ('container-gateway', 1, 'self', 'self', 0, 50, 20, 60, '');
