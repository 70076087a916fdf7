-- Platforms that share this database, and which of them keeps which box. In a database of one platform both are empty: it keeps all.
create table platforms (
    id text not null primary key,
    -- Grows from one to the next: the lowest leads.
    joined bigint not null unique,
    -- Identity of the data directory, where the disks of its boxes lie.
    place text not null,
    -- Where the others reach it.
    address text not null,
    version text not null,
    joined_at_ms bigint not null,
    -- Raised again and again while it lives. That it is not, is what the others go by; the time is for people.
    beat bigint not null,
    beat_at_ms bigint not null
);

create table keepings (
    box_id text not null primary key references boxes (id) on delete cascade,
    -- A platform; empty while nobody keeps the box.
    keeper text not null,
    -- The fencing number with which it acts on the box.
    epoch bigint not null,
    -- The data directory with the disk of the box; empty for a box without a disk on a host.
    place text not null
);
create index keepings_keeper on keepings (keeper);
