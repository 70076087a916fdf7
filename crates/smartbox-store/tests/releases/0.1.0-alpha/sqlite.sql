BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO "_sqlx_migrations" VALUES(1,'first','2026-11-30 16:50:47',1,X'340B8557893BB266D2FF4B54BDE17F89802C88E479CB3D263344F95059500A88D0ABB2EFCCA884B7FE71BDACC680F4AC',11091111);
INSERT INTO "_sqlx_migrations" VALUES(2,'people','2026-11-30 16:50:47',1,X'66FEB770CD1843A0BDFFB6D6827112B16BB2AD5660860640CEA57F880823C0D431D577E31715880CAFF25C3D958D29BF',6128436);
INSERT INTO "_sqlx_migrations" VALUES(3,'routing','2026-11-30 16:50:47',1,X'263BC5210588460EF8DD02F522FFE2A0EDBA0416A9A460B7DBDFC62362DA5035A350AD32EF7ACE5F4D525E7F57F67F9B',1485837);
INSERT INTO "_sqlx_migrations" VALUES(4,'devices','2026-11-30 16:50:47',1,X'56B2C2A1670AD8BD543E47C27FE263E09FED3558CBF050B0707FC15C52BAB5CC7F57C9DB236573E4B07CA9DC13665525',4018146);
INSERT INTO "_sqlx_migrations" VALUES(5,'sleep','2026-11-30 16:50:47',1,X'0CCC9A7696C87C15949883FBB9C553926537B4A98F87DD51934EFFD30A8AA560E712282A5EE7A2876179F8C79CF114A2',5821427);
INSERT INTO "_sqlx_migrations" VALUES(6,'heal','2026-11-30 16:50:47',1,X'D604A4F05E576489E50E83756D114E7973ED41A569A193EC0DE7B43BDC028F3FD211263933F669648B9FCD755CC15C1D',1127012);
INSERT INTO "_sqlx_migrations" VALUES(7,'schedules','2026-11-30 16:50:47',1,X'B096B77A2230808AC4979947B4FC6064CBBFAF651F956FDF33CF7BDAC0B1B243BCC470A2D8BCA0F5AC713049C5789E23',934014);
INSERT INTO "_sqlx_migrations" VALUES(8,'egress','2026-11-30 16:50:47',1,X'0D8F2CBC04B5296E6D7AEB829232D2D1469F9B444F74B0DE66C05B0B8C4EBC182616AC7E364435B7F9A18BD3E6B85B6D',1413980);
INSERT INTO "_sqlx_migrations" VALUES(9,'ledger','2026-11-30 16:50:47',1,X'A08105A7624BDC623D88E45E8C1D489B8E3F5D0EB4F07B003E84A1327562EB8BCC90F41CD10E1687447FDABC3344A82A',7165082);
INSERT INTO "_sqlx_migrations" VALUES(10,'models','2026-11-30 16:50:47',1,X'769881F92FF2830745B62AB59ED05DEF5FCC3E02030E7D78C3661AF9AA0BD4C42105B762B9C2DE61BA57EB7B58A6851D',7326483);
INSERT INTO "_sqlx_migrations" VALUES(11,'secrets','2026-11-30 16:50:47',1,X'33027723F2E0767426D9FC72653C848F5E13654E20D6D00A2EEFAF064255682CCE5BA4FD395B3BB417201618CE8BB7FC',3503588);
INSERT INTO "_sqlx_migrations" VALUES(12,'backups','2026-11-30 16:50:47',1,X'A01A31B622519013BB95B057CA1CD752093773A58A1F69B4AA9741ADED4BE7428EBC0A51A9C1C790CF4B538B3CD2C1E8',1288423);
INSERT INTO "_sqlx_migrations" VALUES(14,'upgrades','2026-11-30 16:50:47',1,X'6A0C64772452B8A7F824B0BE6AB1504442AC742B2AA39724B70A2393BC90CFC9A30DF2EC04A93E63773541771C4CD5B3',2871915);
INSERT INTO "_sqlx_migrations" VALUES(15,'origins','2026-11-30 16:50:47',1,X'F52CB125132D99C686C37031A4056F983BF016984598FA967B72F8E990156A835BE056F8969BF1949C151763EEC36CB9',2853167);
INSERT INTO "_sqlx_migrations" VALUES(16,'policy','2026-11-30 16:50:47',1,X'2F0BA5BFDC82D1591651BA581678F0BBD50EE2EDDEA8EF8101C6BF8A33F3EF89A1F5DA275A5EA587CBB00265F433A2F8',1524425);
INSERT INTO "_sqlx_migrations" VALUES(17,'execs','2026-11-30 16:50:47',1,X'1777A8DF4D2355CD9C0BC36B239F25DF0417C2AE7BCF0091D50C9BBD73538B97BAFD3CEED0A530018D7DBDBD9E98D33A',1158328);
INSERT INTO "_sqlx_migrations" VALUES(18,'configs','2026-11-30 16:50:47',1,X'AAE43F0EDA2B1BFB2198DFEF6568935DE2E4D3F930046E55E7FF618C617DAD295E654BE62F85883FA4F9D4EF4E74B250',1795689);
CREATE TABLE archives (
    box_id text not null primary key references boxes (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    -- `asked`, `saved` (its backup was read back), `freeing` (its disk counts as lost) or `freed`.
    stage text not null,
    since_ms bigint not null,
    asked_at_ms bigint not null,
    -- Why: `asked`, or `unused`.
    reason text not null,
    -- All that there is of the box from `freeing` on.
    backup_id text,
    failures bigint not null,
    retry_at_ms bigint
);
CREATE TABLE backup_layers (
    subject text not null primary key,
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
CREATE TABLE backup_rules (
    -- The org's id, or the box's.
    subject text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    -- One `name=value` a line.
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
INSERT INTO "backup_rules" VALUES('box_01a22d5dc2aa7ffd9cc7c34833641a37','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37','keep_daily=7
',1,1796057449689,'admin');
CREATE TABLE backup_states (
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
, undo_version text);
CREATE TABLE backups (
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
, sessions bigint);
CREATE TABLE box_authorities (
    box_id text not null primary key references boxes (id) on delete cascade,
    certificate text not null,
    key_id text not null,
    nonce text not null,
    ciphertext text not null,
    -- The first incarnation whose programs trust it.
    trusted_from bigint not null
);
CREATE TABLE box_configs (
    box_id text not null references boxes (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    version bigint not null,
    key_id text not null,
    nonce text not null,
    ciphertext text not null,
    -- `new`, `good` or `bad`, and why bad.
    standing text not null,
    why text,
    -- What made it: `set`, `patch`, `rollback`, `reload`, `bulk` or `way-back`.
    origin text not null,
    created_at_ms bigint not null,
    created_by text not null,
    primary key (box_id, version)
);
CREATE TABLE box_gauges (
    box_id text not null primary key references boxes (id) on delete cascade,
    org_id text not null,
    at_ms bigint not null,
    run text not null,
    cpu_ms bigint not null,
    storage_bytes bigint not null
);
INSERT INTO "box_gauges" VALUES('box_01a22d5dbfa7767a80bc0cb633f3c6f4','org_01a22d5dbfa577048e80e654a9d9d446',1796057448426,'',0,0);
CREATE TABLE box_holds (
    box_id text not null primary key references boxes (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    kind text not null,
    reason text not null,
    since_at_ms bigint not null
);
CREATE TABLE boxes (
    id text not null primary key,
    org_id text not null references orgs (id),
    name text not null,
    kind text not null,
    tier text not null references tiers (name),
    is_default boolean not null,
    created_at_ms bigint not null,
    -- Intent: what the owner wants.
    version bigint not null,
    desired text not null,
    generation bigint not null,
    purge_at_ms bigint,
    desired_before_delete text,
    -- Facts fixed at birth.
    uid_slot bigint not null unique,
    runtime_version text not null,
    host_key_public text not null,
    -- Observation: what a provider saw last.
    observed text not null,
    observed_detail text,
    observed_exit_code bigint,
    observed_generation bigint,
    observed_at_ms bigint,
    was_seen boolean not null,
    restarts bigint not null,
    oom_kills bigint not null,
    pid bigint,
    -- The last attempt, if it failed.
    failures bigint not null,
    retry_at_ms bigint,
    error_code text,
    error_what text,
    error_remedy text, asleep_tier text not null default 'frozen', idle_since_ms bigint, due_at_ms bigint, due_why text, frozen_after_secs bigint, squeezed_after_secs bigint, stopped_after_secs bigint, breaker text, is_quiet boolean not null default false,
    unique (org_id, name)
);
INSERT INTO "boxes" VALUES('box_01a22d5dbfa7767a80bc0cb633f3c6f4','org_01a22d5dbfa577048e80e654a9d9d446','home','pa','standard-1',1,1796057448363,1,'running',1,NULL,NULL,0,'2026.9.6','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIynWQVHQFpmYRN2SBxjeAki6VCTVreWz7uWLyIcxbcg','starting','process',NULL,1,1796057448492,1,0,0,11693,0,NULL,NULL,NULL,NULL,'frozen',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "boxes" VALUES('box_01a22d5dc2aa7ffd9cc7c34833641a37','org_01a22d5dbfa577048e80e654a9d9d446','kept','pa','standard-1',0,1796057449134,1,'stopped',1,NULL,NULL,1,'2026.9.6','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAYKotCA1kk4neENkXRIeq0g0UtA06X0nvREy6JCcE15','absent',NULL,NULL,NULL,1796057449149,0,0,0,NULL,0,NULL,NULL,NULL,NULL,'frozen',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
CREATE TABLE budget_warnings (
    subject text not null,
    period text not null,
    measure text not null,
    percent bigint not null,
    at_ms bigint not null,
    primary key (subject, period, measure, percent)
);
CREATE TABLE budgets (
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
INSERT INTO "budgets" VALUES('box_01a22d5dc2aa7ffd9cc7c34833641a37','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37',NULL,1000,NULL,NULL,NULL,NULL,1,1796057449644,'admin');
CREATE TABLE compute_usage (
    seq bigint not null primary key,
    box_id text not null,
    org_id text,
    at_ms bigint not null,
    cpu_ms bigint not null,
    memory_mib_s bigint not null,
    storage_mib_s bigint not null,
    awake_ms bigint not null
);
CREATE TABLE config_states (
    box_id text not null primary key references boxes (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    version bigint not null,
    -- Null: nothing is under way.
    stage text,
    since_ms bigint not null,
    -- What people wait for; null when nobody does.
    operation_id text,
    -- On the way back: which version failed, and why.
    failed_version bigint,
    why text,
    -- What the gateway was given last, and in which incarnation.
    rendered_version bigint,
    rendered_generation bigint
);
CREATE TABLE counters (
    name text not null primary key,
    value bigint not null
);
INSERT INTO "counters" VALUES('event',14);
INSERT INTO "counters" VALUES('uid-slot',2);
INSERT INTO "counters" VALUES('egress-usage',0);
INSERT INTO "counters" VALUES('model-usage',0);
INSERT INTO "counters" VALUES('compute-usage',0);
INSERT INTO "counters" VALUES('egress-summed',0);
INSERT INTO "counters" VALUES('model-summed',0);
INSERT INTO "counters" VALUES('compute-summed',0);
INSERT INTO "counters" VALUES('model-calls',0);
CREATE TABLE devices (
    id text not null primary key,
    org_id text not null references orgs (id),
    user_id text not null references users (id) on delete cascade,
    name text not null,
    -- Raw Ed25519 key, base64url without padding.
    public_key text not null,
    status text not null,
    address text,
    created_at_ms bigint not null,
    -- When one that waits is forgotten.
    expires_at_ms bigint,
    approved_at_ms bigint,
    approved_by text,
    unique (user_id, public_key)
);
CREATE TABLE drills (
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
CREATE TABLE egress_layers (
    subject text not null primary key,
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
CREATE TABLE egress_rules (
    -- The org's id, or the box's.
    subject text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    -- One rule a line.
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
INSERT INTO "egress_rules" VALUES('box_01a22d5dc2aa7ffd9cc7c34833641a37','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37','allow api.github.com
',1,1796057449614,'admin');
CREATE TABLE egress_usage (
    seq bigint not null primary key,
    box_id text not null,
    org_id text,
    at_ms bigint not null,
    sent bigint not null,
    received bigint not null,
    connections bigint not null,
    requests bigint not null
);
CREATE TABLE events (
    seq bigint not null primary key,
    id text not null unique,
    org_id text,
    box_id text,
    at_ms bigint not null,
    actor text not null,
    action text not null,
    reason text not null,
    detail text not null
, address text, outcome text not null default 'ok', previous_hash text not null default '', hash text not null default '');
INSERT INTO "events" VALUES(1,'evt_01a22d5dbfab7633b081b836f5e697ec','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dbfa7767a80bc0cb633f3c6f4',1796057448363,'admin','box.created','asked for','{}',NULL,'ok','','3a0d9bce37516e8abe61233812fa9eb4afff96cff21000b1092331c3214082e1');
INSERT INTO "events" VALUES(2,'evt_01a22d5dc0087019b080b7f983283140','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dbfa7767a80bc0cb633f3c6f4',1796057448455,'reconciler','box.starting','it should run','{}',NULL,'ok','3a0d9bce37516e8abe61233812fa9eb4afff96cff21000b1092331c3214082e1','77daa912a19c2fbe1bd73d416e3b2783de1cb8e63a3b3f5bc9c340e2574054c1');
INSERT INTO "events" VALUES(3,'evt_01a22d5dc2ae71b6bbe7c7fd8afaf90a','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37',1796057449134,'admin','box.created','asked for','{}','127.0.0.1','ok','77daa912a19c2fbe1bd73d416e3b2783de1cb8e63a3b3f5bc9c340e2574054c1','75d3c29f761b76f9b030f8383b019def0b9eed403133504ce580a41850feed84');
INSERT INTO "events" VALUES(4,'evt_01a22d5dc4687d80bdd7fae3b0275f5e','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37',1796057449576,'admin','secret.set','the secret TOKEN was set; it stays outside of boxes','{"delivery":"injection","name":"TOKEN"}','127.0.0.1','ok','75d3c29f761b76f9b030f8383b019def0b9eed403133504ce580a41850feed84','5c1ba0d4d3c8f97a6e40d1ccd266f445dd4cfe260a9739d38502b5e0cdb87737');
INSERT INTO "events" VALUES(5,'evt_01a22d5dc47c7803a5084e9366e7104e','org_01a22d5dbfa577048e80e654a9d9d446',NULL,1796057449596,'admin','secret.set','the secret SHARED was set; it stays outside of boxes','{"delivery":"injection","name":"SHARED"}','127.0.0.1','ok','5c1ba0d4d3c8f97a6e40d1ccd266f445dd4cfe260a9739d38502b5e0cdb87737','b2a74d378b73ae4e3f41bd7898f53141ef9705195e4d7c77a7610bc13f5d1559');
INSERT INTO "events" VALUES(6,'evt_01a22d5dc48e7e46a084a9f7ba9a0fbf','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37',1796057449614,'admin','egress.changed','what it may reach was changed; 1 rule(s) now','{"rules":["allow api.github.com"]}','127.0.0.1','ok','b2a74d378b73ae4e3f41bd7898f53141ef9705195e4d7c77a7610bc13f5d1559','2af5395d1388e6250e384cf1ffd377d44148dccf651e967fe881cb696cf4b768');
INSERT INTO "events" VALUES(7,'evt_01a22d5dc4ac7a9ba82cce7a63c3b9a7','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37',1796057449644,'admin','budget.changed','asked for','{"day":{"bytes":null,"nanos":null,"tokens":1000},"month":{"bytes":null,"nanos":null,"tokens":null}}','127.0.0.1','ok','2af5395d1388e6250e384cf1ffd377d44148dccf651e967fe881cb696cf4b768','48aaa000837de709b5da5a7eb5c50955d87612862333bedb015eba175b1da985');
INSERT INTO "events" VALUES(8,'evt_01a22d5dc4d974b6ab6ebd6831b5dc4f','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37',1796057449689,'admin','box.backup-policy-set','asked for','{"keep_daily":"7"}','127.0.0.1','ok','48aaa000837de709b5da5a7eb5c50955d87612862333bedb015eba175b1da985','3a4069618a2ca3f5cb06e00f0a0821d4b295d3a42a93b8f3ce91c617d2192393');
INSERT INTO "events" VALUES(9,'evt_01a22d5dc50776cea73aa67a0f896542','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37',1796057449735,'admin','schedule.created','asked for','{"action":"message","name":"morning","schedule":"sch_01a22d5dc5077b3d904c85c441f3f9ed"}','127.0.0.1','ok','3a4069618a2ca3f5cb06e00f0a0821d4b295d3a42a93b8f3ce91c617d2192393','0f3971a53e2a30a14de8c63b97f1c4be6dafe8ffc105000079e4388d6f907246');
INSERT INTO "events" VALUES(10,'evt_01a22d5dc5437a64ad7eac0570c0550b','org_01a22d5dbfa577048e80e654a9d9d446',NULL,1796057449795,'admin','user.added','asked for','{"role":"admin","user":"usr_01a22d5dc54374d18f500df9283d3571"}','127.0.0.1','ok','0f3971a53e2a30a14de8c63b97f1c4be6dafe8ffc105000079e4388d6f907246','ad7cdd97345047bef1639f9896fdae35c29bee3eac231275f079b7623176350f');
INSERT INTO "events" VALUES(11,'evt_01a22d5dc6d77f96bea0ae7479332442','org_01a22d5dbfa577048e80e654a9d9d446',NULL,1796057450199,'admin','user.password-set','asked for','{"user":"usr_01a22d5dc54374d18f500df9283d3571"}','127.0.0.1','ok','ad7cdd97345047bef1639f9896fdae35c29bee3eac231275f079b7623176350f','6688a5a0d596a81b419230ab11dfc3c7c22a1df31c75ac4b996ad0798d153580');
INSERT INTO "events" VALUES(12,'evt_01a22d5dc71971979adf9fe0cee4e955','org_01a22d5dbfa577048e80e654a9d9d446',NULL,1796057450265,'admin','token.made','asked for','{"box":null,"scopes":["boxes:read"],"token":"tok_01a22d5dc7197a7287f95b9ad7e22247"}','127.0.0.1','ok','6688a5a0d596a81b419230ab11dfc3c7c22a1df31c75ac4b996ad0798d153580','87bdd827e00a2ddd4753a87f363fa02b82a96461683aed5b5bd20acaaaa579f8');
INSERT INTO "events" VALUES(13,'evt_01a22d5dc7287137b1bbde9d029e2d71',NULL,NULL,1796057450280,'admin','plan.created','asked for','{"boxes_max":3,"is_default":false,"limits":{"bandwidth":null,"cpu":null,"memory":null,"money":null,"storage":null,"tokens":null},"overage_is_free":false,"plan":"small","rates":{"bandwidth":0,"cpu":0,"memory":0,"money":0,"storage":0,"tokens":0}}','127.0.0.1','ok','87bdd827e00a2ddd4753a87f363fa02b82a96461683aed5b5bd20acaaaa579f8','3f8db7c6708fba8a1cc15362ab5af0a889cfe8fbc7c77fc0a1b99eaeae41c7cd');
INSERT INTO "events" VALUES(14,'evt_01a22d5dc73c7fe6a00ba9fc190c3f09','org_01a22d5dbfa577048e80e654a9d9d446',NULL,1796057450300,'admin','model.provider-set','the model provider house was set','{"base_url":null,"dialect":"openai","key_changed":true,"provider":"house","scope":"org"}','127.0.0.1','ok','3f8db7c6708fba8a1cc15362ab5af0a889cfe8fbc7c77fc0a1b99eaeae41c7cd','fe9bea3f25556c4aa3f385e6b505320a6a8e39a29217286462b1dbd26c526e89');
CREATE TABLE execs (
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
CREATE TABLE idempotency_keys (
    scope text not null,
    key text not null,
    route text not null,
    body_hash text not null,
    begun_at_ms bigint not null,
    expires_at_ms bigint not null,
    status bigint,
    response_body text,
    primary key (scope, key)
);
CREATE TABLE injection_rules (
    -- The org's id, or the box's.
    subject text not null primary key,
    org_id text not null references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    -- One rule a line.
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
CREATE TABLE kept_secrets (
    -- The org's id, or the box's.
    subject text not null,
    name text not null,
    org_id text not null references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    key_id text not null,
    nonce text not null,
    ciphertext text not null,
    -- By which people recognise it; none of short ones.
    last_four text,
    delivery text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null,
    primary key (subject, name)
);
INSERT INTO "kept_secrets" VALUES('box_01a22d5dc2aa7ffd9cc7c34833641a37','TOKEN','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37','18c3166cf9b80a7e','zgD8DFyKuYgY137a','B+g9U2xPozt9rHZcfraxYa27AZfBWsSesXidXmvRw2tczCg',' box','injection',1,1796057449576,'admin');
INSERT INTO "kept_secrets" VALUES('org_01a22d5dbfa577048e80e654a9d9d446','SHARED','org_01a22d5dbfa577048e80e654a9d9d446',NULL,'18c3166cf9b80a7e','5vwDGIQ34mpKAbht','MhVuTXbcl1J1mDWfYPO+BQ/7FbnSCp+ls2wOB5AQ8GZ7dPE',' org','injection',1,1796057449596,'admin');
CREATE TABLE leases (
    name text not null primary key,
    holder text not null,
    epoch bigint not null,
    expires_at_ms bigint not null
);
INSERT INTO "leases" VALUES('reconciler','VEWnbTpZrS5xDKhZsN_gbWNQzxSDQLBl11JhccKg7yw',1,0);
CREATE TABLE meta (
    name text not null primary key,
    value text not null
);
INSERT INTO "meta" VALUES('first-key-id','18c3166cf9b80a7e');
INSERT INTO "meta" VALUES('reconciler','VEWnbTpZrS5xDKhZsN_gbWNQzxSDQLBl11JhccKg7yw 1');
CREATE TABLE model_calls (
    seq bigint not null primary key,
    box_id text not null references boxes (id) on delete cascade,
    org_id text not null references orgs (id) on delete cascade,
    at_ms bigint not null,
    -- The service token; none: from inside the box.
    via text,
    dialect text not null,
    path text not null,
    model text not null,
    provider text,
    status bigint,
    outcome text not null,
    code text,
    input bigint not null,
    output bigint not null,
    cache_read bigint not null,
    cache_write bigint not null,
    nanos bigint not null,
    is_estimated boolean not null,
    is_cached boolean not null,
    duration_ms bigint not null,
    prompt text
);
CREATE TABLE model_providers (
    -- `platform`, the org's id, or the box's.
    subject text not null,
    name text not null,
    org_id text references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    dialect text not null,
    base_url text,
    -- JSON: a list of models with their sizes.
    models text not null,
    -- Nano-dollars for a million tokens; all four or none.
    price_input bigint,
    price_output bigint,
    price_cache_read bigint,
    price_cache_write bigint,
    may_be_inside boolean not null,
    -- The key: sealed, and what may be shown of it; all four or none.
    key_hint text,
    key_id text,
    nonce text,
    ciphertext text,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null,
    primary key (subject, name)
);
INSERT INTO "model_providers" VALUES('org_01a22d5dbfa577048e80e654a9d9d446','house','org_01a22d5dbfa577048e80e654a9d9d446',NULL,'openai',NULL,'[]',NULL,NULL,NULL,NULL,0,'…','18c3166cf9b80a7e','fi+xzk7EvEJagcgU','/wshb23nH7DzZdzNoNiUkrN2hEWBMQfL0mUYUw',1,1796057450300,'admin');
CREATE TABLE model_rules (
    subject text not null primary key,
    org_id text references orgs (id) on delete cascade,
    box_id text references boxes (id) on delete cascade,
    -- JSON.
    rules text not null,
    version bigint not null,
    changed_at_ms bigint not null,
    changed_by text not null
);
CREATE TABLE model_usage (
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
CREATE TABLE operations (
    id text not null primary key,
    org_id text not null references orgs (id),
    box_id text not null references boxes (id) on delete cascade,
    kind text not null,
    target_desired text not null,
    target_generation bigint not null,
    created_at_ms bigint not null,
    finished_at_ms bigint,
    outcome text,
    error_code text,
    error_what text,
    error_remedy text
);
INSERT INTO "operations" VALUES('op_01a22d5dbfab7726a32901a741be50da','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dbfa7767a80bc0cb633f3c6f4','create','running',1,1796057448363,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('op_01a22d5dc2ae7cebbaefa9333a5b8357','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37','create','stopped',1,1796057449134,1796057449167,'succeeded',NULL,NULL,NULL);
CREATE TABLE orgs (
    id text not null primary key,
    name text not null unique,
    created_at_ms bigint not null
, pairing text not null default 'auto', frozen_after_secs bigint, squeezed_after_secs bigint, stopped_after_secs bigint, plan text references plans (name), time_zone text not null default 'UTC', overage_nanos_max bigint not null default 0);
INSERT INTO "orgs" VALUES('org_01a22d5dbfa577048e80e654a9d9d446','home',1796057448357,'auto',NULL,NULL,NULL,NULL,'UTC',0);
CREATE TABLE origins (
    box_id text not null primary key references boxes (id) on delete cascade,
    -- `clone` or `import`.
    kind text not null,
    -- The box whose state it is, of any org; null: it came from elsewhere. No foreign key: it stays true when that box is gone.
    source_id text,
    -- The saved state; null while it is still being taken in. One of the source, or, of what came from elsewhere, of the box itself.
    backup_id text
);
CREATE TABLE plans (
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
INSERT INTO "plans" VALUES('default',1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,0,0,0,0,1,0,'platform');
INSERT INTO "plans" VALUES('small',0,3,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,0,0,0,0,1,1796057450280,'admin');
CREATE TABLE rollout_boxes (
    rollout_id text not null references rollouts (id) on delete cascade,
    box_id text not null,
    name text not null,
    -- `waiting`, `going`, `upgraded`, `failed` or `skipped`.
    state text not null,
    operation_id text,
    what text,
    primary key (rollout_id, box_id)
);
CREATE TABLE rollouts (
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
CREATE TABLE routing_flags (
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
INSERT INTO "routing_flags" VALUES('admin-api',1,'self','self',0,50,20,60,NULL,NULL,NULL,NULL,'');
INSERT INTO "routing_flags" VALUES('container-gateway',1,'self','self',0,50,20,60,NULL,NULL,NULL,NULL,'');
CREATE TABLE schedules (
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
INSERT INTO "schedules" VALUES('sch_01a22d5dc5077b3d904c85c441f3f9ed','org_01a22d5dbfa577048e80e654a9d9d446','box_01a22d5dc2aa7ffd9cc7c34833641a37','morning','0 9 * * *','UTC',NULL,'message',0,'Good morning','agent:main:main','once',1,1,'admin',1796057449735,1796115600000,1796115611650,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE secrets (
    box_id text not null references boxes (id) on delete cascade,
    name text not null,
    key_id text not null,
    nonce text not null,
    ciphertext text not null,
    primary key (box_id, name)
);
INSERT INTO "secrets" VALUES('box_01a22d5dbfa7767a80bc0cb633f3c6f4','gateway-token','18c3166cf9b80a7e','A1cHuAQjLfyWO4dN','ryEJL1X7VaXo2TPUKp6cyrGvhLajEFNh44Np3eRQ0aP9QyxfxMb7WoznQnblg1L/ovhyJT6nJ+wTekY');
INSERT INTO "secrets" VALUES('box_01a22d5dbfa7767a80bc0cb633f3c6f4','ssh-client-key','18c3166cf9b80a7e','mdOdVsXEusjGrq7x','CI5faPr6IGmjfvuM9nKRa9vB9xXUaGEZllA+URizrxfxmD5jopoFlDfIk6OAH+VVvdZ9oMwKDlAemcHPInXIEtfQ5zsFjFDq3s1+hF9njpTwhvndUPleHvMWj79gYtf4rh7Sytv4YUBAFD2BKRwhDmBdRDB2+hPFiJ/XG2X96TGF24ZSR8BwQ04ipgkCAg2a1Lm/Tom9kpu2K7D29iQ0XZIRx86whazVvgN/Y5iWOz/lrsViDf0DR8q7mgjqSsmiq16peaoFN6Rg9OK6xHNrzQW/J0Wza9/1gl1uCMIaKFBXghV1EAHqSo2M+QxUV9x7Rk/TnooK1p19Gh7q2jZ4rqeEBfjl+4hTJv7dVuZpjE+gT5Con5ssJ9P/8HsCLTt8qOAYTijhKJa4+reHfB6eyg4Po6GJOighfJ0viR6oTDtmL3E4cWXb+/ATXQCpPUp7SvCX4zZpseTqedbDPkJYWgX403vGfFmQdfNeL4dKwYRmDviD8JlhED5gLvDTLkSfCb9c1B9nTUVq6+dTdXREoxVH/g');
INSERT INTO "secrets" VALUES('box_01a22d5dbfa7767a80bc0cb633f3c6f4','ssh-host-key','18c3166cf9b80a7e','BrWPVYYi6XJlQ6+T','x3ASs8cEot2dDsXo9DxKo1/ZkRpi7kIJZRstDZhJwdmeuCaPkEJBY+SjqUUOYGx9EhvzYRncxf6nwDfLvrzEC4rKYEFCGJ1UtpuNXbndi9b9T+GD++ehaYDZwIUfCemB/8hLvxAnKKB/teOOcKybQKMPQf3A838uDiRBZpkE+pNikcKuJm5uDCcxkI602BlGt51kl1G6RH+Pf6lkarBE9qu981/JQcR9H5+9CZF7Lbwg9tqCfN/iRmq8EWJvv+95jYOkmF1t5tJLksJjumSGx4F+nb21nFCgyYDdIdT1Oiyns5vPTF/jQ3V1gLjWPjX5GL9TqewRMwW6YwbtkDUAAkYZhxsv6+kV4uLh57T+WdaJ4lcF8SG9TjzcyYYu5VvbX+uJH/Sb2F9k8o8s6JnTI9aJlrPIhwHUt1RuwBhiiBLkkPlSUe6qNoATotQJ3ZyOBHdi+lDZff9HtmKoPQ50YzhajFPfGHnyZ7gR8h6d8f8w/6JpeBXdcsFcHm6pr99uw3EHubm9BTR50fx2AnOJW4yE1A');
INSERT INTO "secrets" VALUES('box_01a22d5dc2aa7ffd9cc7c34833641a37','gateway-token','18c3166cf9b80a7e','54HZzEg6U9y/BFfD','RfE8rBsZALY5C8KxxlZ2HgbXex/N84nBzq/iRdHZoABzJFiILOGN27aof6WnJ2USvbCe7XdDLMCc+1s');
INSERT INTO "secrets" VALUES('box_01a22d5dc2aa7ffd9cc7c34833641a37','ssh-client-key','18c3166cf9b80a7e','grdI5uhxwPFyjCCY','kaYbj98NS336K5wjZFOzzlz6/JV6eKjyOwIeS0tN33hL6vEMZeU2XZnUiviOkFG5sqcvrvqV0L1iJea9miobZWT3IROb3/iBG+4Jl9r8XOhnse7bXMK+ULYsZe9DNicqOcBTRAIzMQI3oXliKF52ZE6mI3VUEqGXZP9vR8vMSI4iGWaEnOCqFJHZIUoT5WrPWIXJmf1J4Gwb4EN5TOmgN8pOuZqQDaquQw9ZG7GJcdRbDMu4EI8m9liMdBrU5mLq33F0RrsIl4u53CKij/x0mIa55SjMgV5BhDPQDrOlghkBAIR3+5zcJJKPChW7XlimbSuOfRGGA2r9jhDukTk1/DYJiTpmUk/xBxd3Vu1sMj7PkTmARu0B59X4TkgPBWfqi3AVajwtmEHE2IkWk0bAcMMfFk6uf2uwXKIz+w+39cJY+Gfee+VnC5HmngSMyyniWgNCZHE0BrjzqohTHfLb+aW6DxNmwZJXKgPyxXKvJUZW7c/Ac3On424cQIugzBLaPd2HYIQRx4p+k3xF2/wIM8RwAw');
INSERT INTO "secrets" VALUES('box_01a22d5dc2aa7ffd9cc7c34833641a37','ssh-host-key','18c3166cf9b80a7e','yDLoXnpdyShx6wj0','I1wZ7QYn8/iEYZbapJRgK5PxBTKdkSun46/lm9BMLHlq/jiIvnGAS2nP2yOkcXHfwGS5ac5009m49trr8phedRVdIxwrfkBjPnUk1VFwEUNkuSeMrcUKUNW8ZZnVH7g5vgSrcsNFh569zWm6UbC+9hg3ab7xIGgwPX9Mb4gXF3MrTazW09pbLIanFnSkO5V4qrUT3lS3AeghylkvPqhlZZc2SUyTbTKqePvveqhGGyLNXxQyBg8Nu2i/yZXgmJJFp+7I3FsuJP2LfGzs+faUOr57CSERQ/ww9RTqyDDbCJKhw12T+PiQkN0IwoUa21cqs6laFWNihugdQM1nVDVuAFtolW165uJCxTt6PxuMH9FmOQppbPADkCoYxK/oHAsGj1GLgziFjZExgB6BiRAJDSanO2skshXs3loEOS8XUrhhe1wE+c3MjWY3OTDCgxRyDq3K6yn7cT6rp9EAy1KLJk1LG+nUxh8jvFiQTKF8pchXZYdwijGmXXAC4x4tP2lkXlWRWSTMHcI3KQJptzs0OcHT0g');
CREATE TABLE service_tokens (
    id text not null primary key,
    org_id text not null references orgs (id),
    name text not null,
    token_hash text not null unique,
    -- Separated by spaces.
    scopes text not null,
    created_by text not null,
    created_at_ms bigint not null,
    expires_at_ms bigint not null,
    last_used_at_ms bigint
, box_id text references boxes (id) on delete cascade);
INSERT INTO "service_tokens" VALUES('tok_01a22d5dc7197a7287f95b9ad7e22247','org_01a22d5dbfa577048e80e654a9d9d446','program','31b230db78be10964131dc5517a3ad281b1cbd0ad750d13e2d2852992b67afd1','boxes:read','admin',1796057450265,1803833450265,NULL,NULL);
CREATE TABLE sessions (
    token_hash text not null primary key,
    user_id text not null references users (id) on delete cascade,
    created_at_ms bigint not null,
    expires_at_ms bigint not null
, id text not null default '', method text not null default 'link', address text, user_agent text, device_id text references devices (id) on delete set null, parent_id text references sessions (id) on delete cascade, box_id text references boxes (id) on delete cascade, vouched boolean not null default false);
CREATE TABLE sign_in_codes (
    code_hash text not null primary key,
    user_id text not null references users (id) on delete cascade,
    expires_at_ms bigint not null,
    used_at_ms bigint
, vouched boolean not null default false);
INSERT INTO "sign_in_codes" VALUES('5cf473f5826f3f3275651da62727422010ac964c556964bba9ffab96ba98c913','usr_01a22d5dbfa57fa5811a4108f9a8879d',1796058348436,NULL,1);
CREATE TABLE spend_reservations (
    id text not null primary key,
    org_id text not null,
    box_id text not null,
    bytes bigint not null,
    tokens bigint not null,
    nanos bigint not null,
    expires_at_ms bigint not null
);
CREATE TABLE tickets (
    ticket_hash text not null primary key,
    org_id text not null references orgs (id),
    box_id text not null references boxes (id) on delete cascade,
    -- Who comes with it: exactly one of the three.
    session_id text references sessions (id) on delete cascade,
    token_id text references service_tokens (id) on delete cascade,
    user_id text references users (id) on delete cascade,
    path text not null,
    origin text,
    expires_at_ms bigint not null
);
CREATE TABLE tiers (
    name text not null primary key,
    cpu_millis bigint not null,
    memory_bytes bigint not null,
    memory_max_bytes bigint not null,
    pids_max bigint not null,
    boxes_max bigint not null
, frozen_after_secs bigint, squeezed_after_secs bigint, stopped_after_secs bigint);
INSERT INTO "tiers" VALUES('standard-1',1000,1073741824,2147483648,512,20,NULL,NULL,NULL);
INSERT INTO "tiers" VALUES('standard-2',2000,2147483648,3221225472,512,10,NULL,NULL,NULL);
INSERT INTO "tiers" VALUES('standard-3',4000,4294967296,6442450944,512,5,NULL,NULL,NULL);
CREATE TABLE upgrades (
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
CREATE TABLE usage_rollups (
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
CREATE TABLE users (
    id text not null primary key,
    org_id text not null references orgs (id),
    name text not null,
    created_at_ms bigint not null, role text not null default 'operator', status text not null default 'active', email text, password_hash text, issuer text, subject text,
    unique (org_id, name)
);
INSERT INTO "users" VALUES('usr_01a22d5dbfa57fa5811a4108f9a8879d','org_01a22d5dbfa577048e80e654a9d9d446','owner',1796057448357,'owner','active',NULL,NULL,NULL,NULL);
INSERT INTO "users" VALUES('usr_01a22d5dc54374d18f500df9283d3571','org_01a22d5dbfa577048e80e654a9d9d446','Ada',1796057449795,'admin','active','ada@example.com','$argon2id$v=19$m=19456,t=2,p=1$MVVusa+5i/MHXW1gXajcrA$FbGKXe++K6btFgGBY2e4hX38PGOLsPfeFg/mhXE2Bpk',NULL,NULL);
CREATE TABLE wake_holds (
    org_id text not null references orgs (id) on delete cascade,
    kind text not null,
    reason text not null,
    since_at_ms bigint not null, by_monitor boolean not null default false,
    primary key (org_id, kind)
);
CREATE INDEX sessions_expiry on sessions (expires_at_ms);
CREATE INDEX sign_in_codes_expiry on sign_in_codes (expires_at_ms);
CREATE UNIQUE INDEX boxes_default on boxes (org_id) where is_default;
CREATE INDEX boxes_org on boxes (org_id, id);
CREATE INDEX boxes_tier on boxes (tier);
CREATE INDEX events_box on events (org_id, box_id, seq);
CREATE INDEX operations_open on operations (box_id) where finished_at_ms is null;
CREATE INDEX operations_box on operations (box_id);
CREATE INDEX operations_finished on operations (finished_at_ms);
CREATE INDEX idempotency_keys_expiry on idempotency_keys (expires_at_ms);
CREATE UNIQUE INDEX users_email on users (email);
CREATE UNIQUE INDEX users_subject on users (issuer, subject);
CREATE UNIQUE INDEX sessions_id on sessions (id);
CREATE INDEX sessions_user on sessions (user_id);
CREATE INDEX service_tokens_org on service_tokens (org_id, id);
CREATE INDEX service_tokens_expiry on service_tokens (expires_at_ms);
CREATE INDEX events_org on events (org_id, seq);
CREATE INDEX devices_org on devices (org_id, id);
CREATE INDEX devices_expiry on devices (expires_at_ms);
CREATE INDEX sessions_device on sessions (device_id);
CREATE INDEX sessions_parent on sessions (parent_id);
CREATE INDEX tickets_org on tickets (org_id);
CREATE INDEX tickets_expiry on tickets (expires_at_ms);
CREATE INDEX schedules_box on schedules (box_id, fires_at_ms);
CREATE INDEX schedules_fire on schedules (fires_at_ms);
CREATE INDEX egress_rules_org on egress_rules (org_id);
CREATE INDEX egress_rules_box on egress_rules (box_id);
CREATE INDEX egress_usage_box on egress_usage (box_id, at_ms);
CREATE UNIQUE INDEX plans_default on plans (is_default) where is_default;
CREATE INDEX budgets_org on budgets (org_id);
CREATE INDEX budgets_box on budgets (box_id);
CREATE INDEX budget_warnings_at on budget_warnings (at_ms);
CREATE INDEX spend_reservations_org on spend_reservations (org_id, expires_at_ms);
CREATE INDEX spend_reservations_expiry on spend_reservations (expires_at_ms);
CREATE INDEX model_usage_box on model_usage (box_id, at_ms);
CREATE INDEX model_usage_org on model_usage (org_id, at_ms);
CREATE INDEX compute_usage_org on compute_usage (org_id, at_ms);
CREATE INDEX egress_usage_org on egress_usage (org_id, at_ms);
CREATE INDEX box_gauges_org on box_gauges (org_id);
CREATE INDEX usage_rollups_period on usage_rollups (period);
CREATE INDEX box_holds_org on box_holds (org_id);
CREATE INDEX model_providers_org on model_providers (org_id);
CREATE INDEX model_providers_box on model_providers (box_id);
CREATE INDEX model_rules_org on model_rules (org_id);
CREATE INDEX model_rules_box on model_rules (box_id);
CREATE INDEX model_calls_box on model_calls (box_id, seq);
CREATE INDEX model_calls_at on model_calls (at_ms);
CREATE INDEX kept_secrets_org on kept_secrets (org_id);
CREATE INDEX kept_secrets_box on kept_secrets (box_id);
CREATE INDEX kept_secrets_key on kept_secrets (key_id);
CREATE INDEX injection_rules_org on injection_rules (org_id);
CREATE INDEX injection_rules_box on injection_rules (box_id);
CREATE INDEX backups_box on backups (box_id, made_at_ms);
CREATE UNIQUE INDEX upgrades_open on upgrades (box_id) where finished_at_ms is null;
CREATE INDEX upgrades_box on upgrades (box_id, id);
CREATE INDEX rollouts_org on rollouts (org_id, id);
CREATE INDEX rollouts_open on rollouts (id) where finished_at_ms is null;
CREATE INDEX drills_box on drills (box_id, id);
CREATE INDEX drills_begun on drills (begun_at_ms);
CREATE INDEX drills_open on drills (id) where finished_at_ms is null;
CREATE INDEX origins_backup on origins (backup_id);
CREATE INDEX backup_rules_org on backup_rules (org_id);
CREATE INDEX backup_rules_box on backup_rules (box_id);
CREATE INDEX archives_org on archives (org_id);
CREATE INDEX execs_box on execs (box_id, id);
CREATE INDEX execs_running on execs (beat_at_ms) where ended_at_ms is null;
CREATE INDEX execs_ended on execs (ended_at_ms);
CREATE INDEX box_configs_org on box_configs (org_id);
CREATE INDEX box_configs_key on box_configs (key_id);
CREATE INDEX config_states_org on config_states (org_id);
CREATE INDEX config_states_open on config_states (box_id) where stage is not null;
COMMIT;
