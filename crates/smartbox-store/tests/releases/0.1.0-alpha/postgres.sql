--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: _sqlx_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);


--
-- Name: archives; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.archives (
    box_id text NOT NULL,
    org_id text NOT NULL,
    stage text NOT NULL,
    since_ms bigint NOT NULL,
    asked_at_ms bigint NOT NULL,
    reason text NOT NULL,
    backup_id text,
    failures bigint NOT NULL,
    retry_at_ms bigint
);


--
-- Name: backup_layers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.backup_layers (
    subject text NOT NULL,
    rules text NOT NULL,
    version bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    changed_by text NOT NULL
);


--
-- Name: backup_rules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.backup_rules (
    subject text NOT NULL,
    org_id text NOT NULL,
    box_id text,
    rules text NOT NULL,
    version bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    changed_by text NOT NULL
);


--
-- Name: backup_states; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.backup_states (
    box_id text NOT NULL,
    looked_at_ms bigint,
    changed_since_ms bigint,
    failures bigint NOT NULL,
    failure text,
    is_overdue boolean NOT NULL,
    restore_from text,
    restored_from text,
    restored_at_ms bigint,
    undo_until_ms bigint,
    is_proven boolean NOT NULL,
    undo_version text
);


--
-- Name: backups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.backups (
    id text NOT NULL,
    org_id text NOT NULL,
    box_id text NOT NULL,
    snapshot text NOT NULL,
    made_at_ms bigint NOT NULL,
    reason text NOT NULL,
    is_pinned boolean NOT NULL,
    suspicion text,
    stillness text NOT NULL,
    still_us bigint NOT NULL,
    took_ms bigint NOT NULL,
    runtime_version text NOT NULL,
    epoch bigint NOT NULL,
    files bigint NOT NULL,
    bytes bigint NOT NULL,
    databases bigint NOT NULL,
    broken_databases bigint NOT NULL,
    left_out bigint NOT NULL,
    added_bytes bigint NOT NULL,
    mark text NOT NULL,
    verified_at_ms bigint,
    verified_what text,
    sessions bigint
);


--
-- Name: box_authorities; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.box_authorities (
    box_id text NOT NULL,
    certificate text NOT NULL,
    key_id text NOT NULL,
    nonce text NOT NULL,
    ciphertext text NOT NULL,
    trusted_from bigint NOT NULL
);


--
-- Name: box_configs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.box_configs (
    box_id text NOT NULL,
    org_id text NOT NULL,
    version bigint NOT NULL,
    key_id text NOT NULL,
    nonce text NOT NULL,
    ciphertext text NOT NULL,
    standing text NOT NULL,
    why text,
    origin text NOT NULL,
    created_at_ms bigint NOT NULL,
    created_by text NOT NULL
);


--
-- Name: box_gauges; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.box_gauges (
    box_id text NOT NULL,
    org_id text NOT NULL,
    at_ms bigint NOT NULL,
    run text NOT NULL,
    cpu_ms bigint NOT NULL,
    storage_bytes bigint NOT NULL
);


--
-- Name: box_holds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.box_holds (
    box_id text NOT NULL,
    org_id text NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    since_at_ms bigint NOT NULL
);


--
-- Name: boxes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.boxes (
    id text NOT NULL,
    org_id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    tier text NOT NULL,
    is_default boolean NOT NULL,
    created_at_ms bigint NOT NULL,
    version bigint NOT NULL,
    desired text NOT NULL,
    generation bigint NOT NULL,
    purge_at_ms bigint,
    desired_before_delete text,
    uid_slot bigint NOT NULL,
    runtime_version text NOT NULL,
    host_key_public text NOT NULL,
    observed text NOT NULL,
    observed_detail text,
    observed_exit_code bigint,
    observed_generation bigint,
    observed_at_ms bigint,
    was_seen boolean NOT NULL,
    restarts bigint NOT NULL,
    oom_kills bigint NOT NULL,
    pid bigint,
    failures bigint NOT NULL,
    retry_at_ms bigint,
    error_code text,
    error_what text,
    error_remedy text,
    asleep_tier text DEFAULT 'frozen'::text NOT NULL,
    idle_since_ms bigint,
    due_at_ms bigint,
    due_why text,
    frozen_after_secs bigint,
    squeezed_after_secs bigint,
    stopped_after_secs bigint,
    breaker text,
    is_quiet boolean DEFAULT false NOT NULL
);


--
-- Name: budget_warnings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.budget_warnings (
    subject text NOT NULL,
    period text NOT NULL,
    measure text NOT NULL,
    percent bigint NOT NULL,
    at_ms bigint NOT NULL
);


--
-- Name: budgets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.budgets (
    subject text NOT NULL,
    org_id text NOT NULL,
    box_id text,
    day_bytes bigint,
    day_tokens bigint,
    day_nanos bigint,
    month_bytes bigint,
    month_tokens bigint,
    month_nanos bigint,
    version bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    changed_by text NOT NULL
);


--
-- Name: compute_usage; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.compute_usage (
    seq bigint NOT NULL,
    box_id text NOT NULL,
    org_id text,
    at_ms bigint NOT NULL,
    cpu_ms bigint NOT NULL,
    memory_mib_s bigint NOT NULL,
    storage_mib_s bigint NOT NULL,
    awake_ms bigint NOT NULL
);


--
-- Name: config_states; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.config_states (
    box_id text NOT NULL,
    org_id text NOT NULL,
    version bigint NOT NULL,
    stage text,
    since_ms bigint NOT NULL,
    operation_id text,
    failed_version bigint,
    why text,
    rendered_version bigint,
    rendered_generation bigint
);


--
-- Name: counters; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.counters (
    name text NOT NULL,
    value bigint NOT NULL
);


--
-- Name: devices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.devices (
    id text NOT NULL,
    org_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    public_key text NOT NULL,
    status text NOT NULL,
    address text,
    created_at_ms bigint NOT NULL,
    expires_at_ms bigint,
    approved_at_ms bigint,
    approved_by text
);


--
-- Name: drills; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.drills (
    id text NOT NULL,
    org_id text NOT NULL,
    box_id text NOT NULL,
    backup_id text NOT NULL,
    runtime_version text NOT NULL,
    begun_at_ms bigint NOT NULL,
    finished_at_ms bigint,
    what text
);


--
-- Name: egress_layers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.egress_layers (
    subject text NOT NULL,
    rules text NOT NULL,
    version bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    changed_by text NOT NULL
);


--
-- Name: egress_rules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.egress_rules (
    subject text NOT NULL,
    org_id text NOT NULL,
    box_id text,
    rules text NOT NULL,
    version bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    changed_by text NOT NULL
);


--
-- Name: egress_usage; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.egress_usage (
    seq bigint NOT NULL,
    box_id text NOT NULL,
    org_id text,
    at_ms bigint NOT NULL,
    sent bigint NOT NULL,
    received bigint NOT NULL,
    connections bigint NOT NULL,
    requests bigint NOT NULL
);


--
-- Name: events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.events (
    seq bigint NOT NULL,
    id text NOT NULL,
    org_id text,
    box_id text,
    at_ms bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    address text,
    outcome text DEFAULT 'ok'::text NOT NULL,
    previous_hash text DEFAULT ''::text NOT NULL,
    hash text DEFAULT ''::text NOT NULL
);


--
-- Name: execs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.execs (
    id text NOT NULL,
    org_id text NOT NULL,
    box_id text NOT NULL,
    argv text NOT NULL,
    has_tty boolean NOT NULL,
    timeout_ms bigint NOT NULL,
    asked_by text NOT NULL,
    created_at_ms bigint NOT NULL,
    started_at_ms bigint,
    runner text NOT NULL,
    beat_at_ms bigint NOT NULL,
    is_unwanted boolean NOT NULL,
    ended_at_ms bigint,
    outcome text,
    code bigint,
    what text,
    stdout text,
    stderr text,
    stdout_bytes bigint NOT NULL,
    stderr_bytes bigint NOT NULL
);


--
-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_keys (
    scope text NOT NULL,
    key text NOT NULL,
    route text NOT NULL,
    body_hash text NOT NULL,
    begun_at_ms bigint NOT NULL,
    expires_at_ms bigint NOT NULL,
    status bigint,
    response_body text
);


--
-- Name: injection_rules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.injection_rules (
    subject text NOT NULL,
    org_id text NOT NULL,
    box_id text,
    rules text NOT NULL,
    version bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    changed_by text NOT NULL
);


--
-- Name: kept_secrets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.kept_secrets (
    subject text NOT NULL,
    name text NOT NULL,
    org_id text NOT NULL,
    box_id text,
    key_id text NOT NULL,
    nonce text NOT NULL,
    ciphertext text NOT NULL,
    last_four text,
    delivery text NOT NULL,
    version bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    changed_by text NOT NULL
);


--
-- Name: leases; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.leases (
    name text NOT NULL,
    holder text NOT NULL,
    epoch bigint NOT NULL,
    expires_at_ms bigint NOT NULL
);


--
-- Name: meta; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.meta (
    name text NOT NULL,
    value text NOT NULL
);


--
-- Name: model_calls; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.model_calls (
    seq bigint NOT NULL,
    box_id text NOT NULL,
    org_id text NOT NULL,
    at_ms bigint NOT NULL,
    via text,
    dialect text NOT NULL,
    path text NOT NULL,
    model text NOT NULL,
    provider text,
    status bigint,
    outcome text NOT NULL,
    code text,
    input bigint NOT NULL,
    output bigint NOT NULL,
    cache_read bigint NOT NULL,
    cache_write bigint NOT NULL,
    nanos bigint NOT NULL,
    is_estimated boolean NOT NULL,
    is_cached boolean NOT NULL,
    duration_ms bigint NOT NULL,
    prompt text
);


--
-- Name: model_providers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.model_providers (
    subject text NOT NULL,
    name text NOT NULL,
    org_id text,
    box_id text,
    dialect text NOT NULL,
    base_url text,
    models text NOT NULL,
    price_input bigint,
    price_output bigint,
    price_cache_read bigint,
    price_cache_write bigint,
    may_be_inside boolean NOT NULL,
    key_hint text,
    key_id text,
    nonce text,
    ciphertext text,
    version bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    changed_by text NOT NULL
);


--
-- Name: model_rules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.model_rules (
    subject text NOT NULL,
    org_id text,
    box_id text,
    rules text NOT NULL,
    version bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    changed_by text NOT NULL
);


--
-- Name: model_usage; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.model_usage (
    seq bigint NOT NULL,
    id text NOT NULL,
    box_id text NOT NULL,
    org_id text,
    at_ms bigint NOT NULL,
    model text NOT NULL,
    provider text NOT NULL,
    input bigint NOT NULL,
    output bigint NOT NULL,
    cache_read bigint NOT NULL,
    cache_write bigint NOT NULL,
    nanos bigint NOT NULL
);


--
-- Name: operations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.operations (
    id text NOT NULL,
    org_id text NOT NULL,
    box_id text NOT NULL,
    kind text NOT NULL,
    target_desired text NOT NULL,
    target_generation bigint NOT NULL,
    created_at_ms bigint NOT NULL,
    finished_at_ms bigint,
    outcome text,
    error_code text,
    error_what text,
    error_remedy text
);


--
-- Name: orgs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.orgs (
    id text NOT NULL,
    name text NOT NULL,
    created_at_ms bigint NOT NULL,
    pairing text DEFAULT 'auto'::text NOT NULL,
    frozen_after_secs bigint,
    squeezed_after_secs bigint,
    stopped_after_secs bigint,
    plan text,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    overage_nanos_max bigint DEFAULT 0 NOT NULL
);


--
-- Name: origins; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.origins (
    box_id text NOT NULL,
    kind text NOT NULL,
    source_id text,
    backup_id text
);


--
-- Name: plans; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.plans (
    name text NOT NULL,
    is_default boolean NOT NULL,
    boxes_max bigint,
    bytes_max bigint,
    tokens_max bigint,
    nanos_max bigint,
    cpu_ms_max bigint,
    memory_mib_s_max bigint,
    storage_bytes_max bigint,
    bytes_rate bigint NOT NULL,
    tokens_rate bigint NOT NULL,
    nanos_rate bigint NOT NULL,
    cpu_ms_rate bigint NOT NULL,
    memory_mib_s_rate bigint NOT NULL,
    storage_bytes_rate bigint NOT NULL,
    overage_is_free boolean NOT NULL,
    version bigint NOT NULL,
    changed_at_ms bigint NOT NULL,
    changed_by text NOT NULL
);


--
-- Name: rollout_boxes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rollout_boxes (
    rollout_id text NOT NULL,
    box_id text NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    operation_id text,
    what text
);


--
-- Name: rollouts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rollouts (
    id text NOT NULL,
    org_id text,
    to_version text NOT NULL,
    wave bigint NOT NULL,
    stop_after bigint NOT NULL,
    asked_by text NOT NULL,
    created_at_ms bigint NOT NULL,
    finished_at_ms bigint,
    outcome text
);


--
-- Name: routing_flags; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.routing_flags (
    name text NOT NULL,
    version bigint NOT NULL,
    primary_upstream text NOT NULL,
    candidate_upstream text NOT NULL,
    percentage bigint NOT NULL,
    rollback_at bigint NOT NULL,
    min_requests bigint NOT NULL,
    window_secs bigint NOT NULL,
    changed_at_ms bigint,
    changed_by text,
    rolled_back_at_ms bigint,
    rolled_back_reason text,
    settings text NOT NULL
);


--
-- Name: schedules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schedules (
    id text NOT NULL,
    org_id text NOT NULL,
    box_id text NOT NULL,
    name text NOT NULL,
    cron text,
    time_zone text NOT NULL,
    at_ms bigint,
    action text NOT NULL,
    awake_secs bigint NOT NULL,
    message text,
    session text,
    catch_up text NOT NULL,
    enabled boolean NOT NULL,
    version bigint NOT NULL,
    created_by text NOT NULL,
    created_at_ms bigint NOT NULL,
    next_at_ms bigint,
    fires_at_ms bigint,
    run_id text,
    run_due_ms bigint,
    run_at_ms bigint,
    run_state text,
    run_what text,
    awake_until_ms bigint
);


--
-- Name: secrets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.secrets (
    box_id text NOT NULL,
    name text NOT NULL,
    key_id text NOT NULL,
    nonce text NOT NULL,
    ciphertext text NOT NULL
);


--
-- Name: service_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.service_tokens (
    id text NOT NULL,
    org_id text NOT NULL,
    name text NOT NULL,
    token_hash text NOT NULL,
    scopes text NOT NULL,
    created_by text NOT NULL,
    created_at_ms bigint NOT NULL,
    expires_at_ms bigint NOT NULL,
    last_used_at_ms bigint,
    box_id text
);


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    token_hash text NOT NULL,
    user_id text NOT NULL,
    created_at_ms bigint NOT NULL,
    expires_at_ms bigint NOT NULL,
    id text DEFAULT ''::text NOT NULL,
    method text DEFAULT 'link'::text NOT NULL,
    address text,
    user_agent text,
    device_id text,
    parent_id text,
    box_id text,
    vouched boolean DEFAULT false NOT NULL
);


--
-- Name: sign_in_codes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sign_in_codes (
    code_hash text NOT NULL,
    user_id text NOT NULL,
    expires_at_ms bigint NOT NULL,
    used_at_ms bigint,
    vouched boolean DEFAULT false NOT NULL
);


--
-- Name: spend_reservations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.spend_reservations (
    id text NOT NULL,
    org_id text NOT NULL,
    box_id text NOT NULL,
    bytes bigint NOT NULL,
    tokens bigint NOT NULL,
    nanos bigint NOT NULL,
    expires_at_ms bigint NOT NULL
);


--
-- Name: tickets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tickets (
    ticket_hash text NOT NULL,
    org_id text NOT NULL,
    box_id text NOT NULL,
    session_id text,
    token_id text,
    user_id text,
    path text NOT NULL,
    origin text,
    expires_at_ms bigint NOT NULL
);


--
-- Name: tiers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tiers (
    name text NOT NULL,
    cpu_millis bigint NOT NULL,
    memory_bytes bigint NOT NULL,
    memory_max_bytes bigint NOT NULL,
    pids_max bigint NOT NULL,
    boxes_max bigint NOT NULL,
    frozen_after_secs bigint,
    squeezed_after_secs bigint,
    stopped_after_secs bigint
);


--
-- Name: upgrades; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.upgrades (
    id text NOT NULL,
    org_id text NOT NULL,
    box_id text NOT NULL,
    from_version text NOT NULL,
    to_version text NOT NULL,
    stage text NOT NULL,
    since_ms bigint NOT NULL,
    backup_id text,
    was_stopped boolean NOT NULL,
    why text,
    finished_at_ms bigint
);


--
-- Name: usage_rollups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_rollups (
    org_id text NOT NULL,
    box_id text NOT NULL,
    period text NOT NULL,
    sent bigint NOT NULL,
    received bigint NOT NULL,
    connections bigint NOT NULL,
    requests bigint NOT NULL,
    calls bigint NOT NULL,
    input bigint NOT NULL,
    output bigint NOT NULL,
    cache_read bigint NOT NULL,
    cache_write bigint NOT NULL,
    nanos bigint NOT NULL,
    cpu_ms bigint NOT NULL,
    memory_mib_s bigint NOT NULL,
    storage_mib_s bigint NOT NULL,
    awake_ms bigint NOT NULL
);


--
-- Name: users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.users (
    id text NOT NULL,
    org_id text NOT NULL,
    name text NOT NULL,
    created_at_ms bigint NOT NULL,
    role text DEFAULT 'operator'::text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    email text,
    password_hash text,
    issuer text,
    subject text
);


--
-- Name: wake_holds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.wake_holds (
    org_id text NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    since_at_ms bigint NOT NULL,
    by_monitor boolean DEFAULT false NOT NULL
);


--
-- Data for Name: _sqlx_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public._sqlx_migrations VALUES (1, 'first', '2026-11-30 16:50:50.953997+00', true, '\x340b8557893bb266d2ff4b54bde17f89802c88e479cb3d263344f95059500a88d0abb2efcca884b7fe71bdacc680f4ac', 22835256);
INSERT INTO public._sqlx_migrations VALUES (2, 'people', '2026-11-30 16:50:50.977315+00', true, '\x66feb770cd1843a0bdffb6d6827112b16bb2ad5660860640cea57f880823c0d431d577e31715880caff25c3d958d29bf', 12011845);
INSERT INTO public._sqlx_migrations VALUES (3, 'routing', '2026-11-30 16:50:50.989737+00', true, '\x263bc5210588460ef8dd02f522ffe2a0edba0416a9a460b7dbdfc62362da5035a350ad32ef7ace5f4d525e7f57f67f9b', 6421483);
INSERT INTO public._sqlx_migrations VALUES (4, 'devices', '2026-11-30 16:50:50.996163+00', true, '\x56b2c2a1670ad8bd543e47c27fe263e09fed3558cbf050b0707fc15c52bab5cc7f57c9db236573e4b07ca9dc13665525', 10406850);
INSERT INTO public._sqlx_migrations VALUES (5, 'sleep', '2026-11-30 16:50:51.006772+00', true, '\x0ccc9a7696c87c15949883fbb9c553926537b4a98f87dd51934effd30a8aa560e712282a5ee7a2876179f8c79cf114a2', 5726746);
INSERT INTO public._sqlx_migrations VALUES (6, 'heal', '2026-11-30 16:50:51.012711+00', true, '\xd604a4f05e576489e50e83756d114e7973ed41a569a193ec0de7b43bdc028f3fd211263933f669648b9fcd755cc15c1d', 8217642);
INSERT INTO public._sqlx_migrations VALUES (7, 'schedules', '2026-11-30 16:50:51.021148+00', true, '\xb096b77a2230808ac4979947b4fc6064cbbfaf651f956fdf33cf7bdac0b1b243bcc470a2d8bca0f5ac713049c5789e23', 2348064);
INSERT INTO public._sqlx_migrations VALUES (8, 'egress', '2026-11-30 16:50:51.024431+00', true, '\x0d8f2cbc04b5296e6d7aeb829232d2d1469f9b444f74b0de66c05b0b8c4ebc182616ac7e364435b7f9a18bd3e6b85b6d', 3400665);
INSERT INTO public._sqlx_migrations VALUES (9, 'ledger', '2026-11-30 16:50:51.028165+00', true, '\xa08105a7624bdc623d88e45e8c1d489b8e3f5d0eb4f07b003e84a1327562eb8bcc90f41cd10e1687447fdabc3344a82a', 27683351);
INSERT INTO public._sqlx_migrations VALUES (10, 'models', '2026-11-30 16:50:51.056104+00', true, '\x769881f92ff2830745b62ab59ed05def5fcc3e02030e7d78c3661af9aa0bd4c42105b762b9c2de61ba57eb7b58a6851d', 17109111);
INSERT INTO public._sqlx_migrations VALUES (11, 'secrets', '2026-11-30 16:50:51.074157+00', true, '\x33027723f2e0767426d9fc72653c848f5e13654e20d6d00a2eefaf064255682cce5ba4fd395b3bb417201618ce8bb7fc', 10144509);
INSERT INTO public._sqlx_migrations VALUES (12, 'backups', '2026-11-30 16:50:51.084512+00', true, '\xa01a31b622519013bb95b057ca1cd752093773a58a1f69b4aa9741aded4be7428ebc0a51a9c1c790cf4b538b3cd2c1e8', 2239993);
INSERT INTO public._sqlx_migrations VALUES (14, 'upgrades', '2026-11-30 16:50:51.086856+00', true, '\x6a0c64772452b8a7f824b0be6ab1504442ac742b2aa39724b70a2393bc90cfc9a30df2ec04a93e63773541771c4cd5b3', 6540349);
INSERT INTO public._sqlx_migrations VALUES (15, 'origins', '2026-11-30 16:50:51.093578+00', true, '\xf52cb125132d99c686c37031a4056f983bf016984598fa967b72f8e990156a835be056f8969bf1949c151763eec36cb9', 7743585);
INSERT INTO public._sqlx_migrations VALUES (16, 'policy', '2026-11-30 16:50:51.101502+00', true, '\x2f0ba5bfdc82d1591651ba581678f0bbd50ee2eddea8ef8101c6bf8a33f3ef89a1f5da275a5ea587cbb00265f433a2f8', 3315598);
INSERT INTO public._sqlx_migrations VALUES (17, 'execs', '2026-11-30 16:50:51.104934+00', true, '\x1777a8df4d2355cd9c0bc36b239f25df0417c2ae7bcf0091d50c9bbd73538b97bafd3ceed0a530018d7dbdbd9e98d33a', 6792777);
INSERT INTO public._sqlx_migrations VALUES (18, 'configs', '2026-11-30 16:50:51.111875+00', true, '\xaae43f0eda2b1bfb2198dfef6568935de2e4d3f930046e55e7ff618c617dad295e654be62f85883fa4f9d4ef4e74b250', 8147067);


--
-- Data for Name: archives; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: backup_layers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: backup_rules; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.backup_rules VALUES ('box_01a22d5dd4c47c0abe4243eb272e37da', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', 'keep_daily=7
', 1, 1796057454384, 'admin');


--
-- Data for Name: backup_states; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: backups; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: box_authorities; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: box_configs; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: box_gauges; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.box_gauges VALUES ('box_01a22d5dcbe07e46a8fee21d2e4130e2', 'org_01a22d5dcbca70388954ce3c2e3b479d', 1796057452317, '', 0, 0);


--
-- Data for Name: box_holds; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: boxes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.boxes VALUES ('box_01a22d5dcbe07e46a8fee21d2e4130e2', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'home', 'pa', 'standard-1', true, 1796057451488, 1, 'running', 1, NULL, NULL, 0, '2026.9.6', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC4nvWHDoFg3JcW0ygHkE9nkTWxc9KRg3Wkt7LDrGd8V', 'starting', 'process', NULL, 1, 1796057452905, true, 0, 0, 11985, 0, NULL, NULL, NULL, NULL, 'frozen', NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.boxes VALUES ('box_01a22d5dd4c47c0abe4243eb272e37da', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'kept', 'pa', 'standard-1', false, 1796057453765, 1, 'stopped', 1, NULL, NULL, 1, '2026.9.6', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOQLXFGlvoaBwSJ7wxDU1B5oTUGd45EMUCzuZVZZdz5j', 'absent', NULL, NULL, NULL, 1796057453806, false, 0, 0, NULL, 0, NULL, NULL, NULL, NULL, 'frozen', NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);


--
-- Data for Name: budget_warnings; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: budgets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.budgets VALUES ('box_01a22d5dd4c47c0abe4243eb272e37da', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', NULL, 1000, NULL, NULL, NULL, NULL, 1, 1796057454311, 'admin');


--
-- Data for Name: compute_usage; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: config_states; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: counters; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.counters VALUES ('egress-usage', 0);
INSERT INTO public.counters VALUES ('model-usage', 0);
INSERT INTO public.counters VALUES ('compute-usage', 0);
INSERT INTO public.counters VALUES ('egress-summed', 0);
INSERT INTO public.counters VALUES ('model-summed', 0);
INSERT INTO public.counters VALUES ('compute-summed', 0);
INSERT INTO public.counters VALUES ('model-calls', 0);
INSERT INTO public.counters VALUES ('uid-slot', 2);
INSERT INTO public.counters VALUES ('event', 14);


--
-- Data for Name: devices; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: drills; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: egress_layers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: egress_rules; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.egress_rules VALUES ('box_01a22d5dd4c47c0abe4243eb272e37da', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', 'allow api.github.com
', 1, 1796057454291, 'admin');


--
-- Data for Name: egress_usage; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: events; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.events VALUES (1, 'evt_01a22d5dcbe0794aabdcf4aa1b336cb3', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dcbe07e46a8fee21d2e4130e2', 1796057451488, 'admin', 'box.created', 'asked for', '{}', NULL, 'ok', '', '7a5570ca927e143201c550c28b83d59042cb53e322f325747227707315bd2396');
INSERT INTO public.events VALUES (2, 'evt_01a22d5dd16972f1ba0800d5699b5888', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dcbe07e46a8fee21d2e4130e2', 1796057452905, 'reconciler', 'box.starting', 'it should run', '{}', NULL, 'ok', '7a5570ca927e143201c550c28b83d59042cb53e322f325747227707315bd2396', '23d76647b933d2f80743fc004b86f477e80638474941bce9994da387d51c68c1');
INSERT INTO public.events VALUES (3, 'evt_01a22d5dd4c578a29ebef2fcb99a2baa', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', 1796057453765, 'admin', 'box.created', 'asked for', '{}', '127.0.0.1', 'ok', '23d76647b933d2f80743fc004b86f477e80638474941bce9994da387d51c68c1', '2d69a22a129f6e3f48b686e1070fa6bc4834e5471c93c359237b534c260167ec');
INSERT INTO public.events VALUES (4, 'evt_01a22d5dd6b27388bfb3b7b5c546f2e9', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', 1796057454258, 'admin', 'secret.set', 'the secret TOKEN was set; it stays outside of boxes', '{"delivery":"injection","name":"TOKEN"}', '127.0.0.1', 'ok', '2d69a22a129f6e3f48b686e1070fa6bc4834e5471c93c359237b534c260167ec', '12fd8bdd67266dc4e22cf285c0f14e40c2ebc87e4d434587bdb5e0312d325acf');
INSERT INTO public.events VALUES (5, 'evt_01a22d5dd6c1720592ae3b3dc7c0d4c2', 'org_01a22d5dcbca70388954ce3c2e3b479d', NULL, 1796057454273, 'admin', 'secret.set', 'the secret SHARED was set; it stays outside of boxes', '{"delivery":"injection","name":"SHARED"}', '127.0.0.1', 'ok', '12fd8bdd67266dc4e22cf285c0f14e40c2ebc87e4d434587bdb5e0312d325acf', 'ca218e9edc335640eebb24a554a912bd85ad769232708ee1b16f12da7e9f4438');
INSERT INTO public.events VALUES (6, 'evt_01a22d5dd6d377688c6f2dd73a46be9d', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', 1796057454291, 'admin', 'egress.changed', 'what it may reach was changed; 1 rule(s) now', '{"rules":["allow api.github.com"]}', '127.0.0.1', 'ok', 'ca218e9edc335640eebb24a554a912bd85ad769232708ee1b16f12da7e9f4438', '0073b3a21f37597fb86408ea90ccb369413a8e5ccfd19cab16b1bacb3d3893f4');
INSERT INTO public.events VALUES (7, 'evt_01a22d5dd6e777a584c5730f13b8fc55', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', 1796057454311, 'admin', 'budget.changed', 'asked for', '{"day":{"bytes":null,"nanos":null,"tokens":1000},"month":{"bytes":null,"nanos":null,"tokens":null}}', '127.0.0.1', 'ok', '0073b3a21f37597fb86408ea90ccb369413a8e5ccfd19cab16b1bacb3d3893f4', '16415d21d73e17b417a3d6d730c0b9e91fd3e27782daf6e4ec3383791c693957');
INSERT INTO public.events VALUES (8, 'evt_01a22d5dd730726fa48c77d08acebad7', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', 1796057454384, 'admin', 'box.backup-policy-set', 'asked for', '{"keep_daily":"7"}', '127.0.0.1', 'ok', '16415d21d73e17b417a3d6d730c0b9e91fd3e27782daf6e4ec3383791c693957', '6ab7e0913867054c7da9f235d1b2f90e7ba33c438c858e019ff60e81c2cf9d7f');
INSERT INTO public.events VALUES (9, 'evt_01a22d5dd7497a7abc876a107cec5cc1', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', 1796057454409, 'admin', 'schedule.created', 'asked for', '{"action":"message","name":"morning","schedule":"sch_01a22d5dd7497824a5ab60f74094b33d"}', '127.0.0.1', 'ok', '6ab7e0913867054c7da9f235d1b2f90e7ba33c438c858e019ff60e81c2cf9d7f', 'e1b6c2aa2c0c42dac6f42ea3eb02783be7d9f2b6bcb46c11bfce94c831d59a9e');
INSERT INTO public.events VALUES (10, 'evt_01a22d5dd7bd73a48b691033767beb62', 'org_01a22d5dcbca70388954ce3c2e3b479d', NULL, 1796057454525, 'admin', 'user.added', 'asked for', '{"role":"admin","user":"usr_01a22d5dd7bd73baa21ef3f32bdb687d"}', '127.0.0.1', 'ok', 'e1b6c2aa2c0c42dac6f42ea3eb02783be7d9f2b6bcb46c11bfce94c831d59a9e', '7747c42758756ab9400e8b822242aa58d8582baf250269c720761f4b07399a86');
INSERT INTO public.events VALUES (11, 'evt_01a22d5ddacf7e7ba1c3d4a1b54e22ce', 'org_01a22d5dcbca70388954ce3c2e3b479d', NULL, 1796057455311, 'admin', 'user.password-set', 'asked for', '{"user":"usr_01a22d5dd7bd73baa21ef3f32bdb687d"}', '127.0.0.1', 'ok', '7747c42758756ab9400e8b822242aa58d8582baf250269c720761f4b07399a86', '2030c29946a529270c061dc118b721de4532265d604b79cc30db5ee7c484a839');
INSERT INTO public.events VALUES (12, 'evt_01a22d5ddb1b76288a70f01cf910955c', 'org_01a22d5dcbca70388954ce3c2e3b479d', NULL, 1796057455387, 'admin', 'token.made', 'asked for', '{"box":null,"scopes":["boxes:read"],"token":"tok_01a22d5ddb1b7bf78c21ad6536eb84e3"}', '127.0.0.1', 'ok', '2030c29946a529270c061dc118b721de4532265d604b79cc30db5ee7c484a839', '9794660234b5d99d74e26ebe2ce8f3ad698af0fbebec8fb1f5db09b4c77ff051');
INSERT INTO public.events VALUES (13, 'evt_01a22d5ddb507589a2ac3a908777fdb6', NULL, NULL, 1796057455440, 'admin', 'plan.created', 'asked for', '{"boxes_max":3,"is_default":false,"limits":{"bandwidth":null,"cpu":null,"memory":null,"money":null,"storage":null,"tokens":null},"overage_is_free":false,"plan":"small","rates":{"bandwidth":0,"cpu":0,"memory":0,"money":0,"storage":0,"tokens":0}}', '127.0.0.1', 'ok', '9794660234b5d99d74e26ebe2ce8f3ad698af0fbebec8fb1f5db09b4c77ff051', 'eaefc01c4be16ea788501510089e30c29af7dd12b75d4338e89bd0dd745b8908');
INSERT INTO public.events VALUES (14, 'evt_01a22d5ddbd57a89b16cba6239d9445f', 'org_01a22d5dcbca70388954ce3c2e3b479d', NULL, 1796057455573, 'admin', 'model.provider-set', 'the model provider house was set', '{"base_url":null,"dialect":"openai","key_changed":true,"provider":"house","scope":"org"}', '127.0.0.1', 'ok', 'eaefc01c4be16ea788501510089e30c29af7dd12b75d4338e89bd0dd745b8908', 'c0aa5baaa3d81689caa62400ac79fa63416057233c2f1abd70b49cb81069fdc4');


--
-- Data for Name: execs; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: injection_rules; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: kept_secrets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.kept_secrets VALUES ('box_01a22d5dd4c47c0abe4243eb272e37da', 'TOKEN', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', '18c3166cf9b80a7e', 'OsA8jiPtPw+GtXvN', 'POG0+tljVDWyQF7XJTSwG1rewlX0vkug2pZ9riTncPGwsoI', ' box', 'injection', 1, 1796057454258, 'admin');
INSERT INTO public.kept_secrets VALUES ('org_01a22d5dcbca70388954ce3c2e3b479d', 'SHARED', 'org_01a22d5dcbca70388954ce3c2e3b479d', NULL, '18c3166cf9b80a7e', 'P/ipJT2gdAzTXGwV', 'ufZQJelbupNKhZN/ApAoZ7HFYJ6ADiujFxINlYQAVqBTP+I', ' org', 'injection', 1, 1796057454273, 'admin');


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.leases VALUES ('reconciler', 'L7PclNMKcQ6_UyAftRzopnBWaqVUAFXWotzJUUE18PM', 1, 0);


--
-- Data for Name: meta; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.meta VALUES ('first-key-id', '18c3166cf9b80a7e');
INSERT INTO public.meta VALUES ('reconciler', 'L7PclNMKcQ6_UyAftRzopnBWaqVUAFXWotzJUUE18PM 1');
INSERT INTO public.meta VALUES ('data-directory', 'cIrFTfiHmNqnJ-PfzYYPj3uIO4hAqmDVT4XoWFWn6Sg');


--
-- Data for Name: model_calls; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: model_providers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.model_providers VALUES ('org_01a22d5dcbca70388954ce3c2e3b479d', 'house', 'org_01a22d5dcbca70388954ce3c2e3b479d', NULL, 'openai', NULL, '[]', NULL, NULL, NULL, NULL, false, '…', '18c3166cf9b80a7e', 'lOtFszQpgXrcj30X', 'IbaAgG4Xf2wLMm3gA8JTtIXB79lp+b/jFkE+sA', 1, 1796057455573, 'admin');


--
-- Data for Name: model_rules; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: model_usage; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('op_01a22d5dcbe07fe283023942f8b94d7d', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dcbe07e46a8fee21d2e4130e2', 'create', 'running', 1, 1796057451488, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.operations VALUES ('op_01a22d5dd4c57f81aa413d867511d8cc', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', 'create', 'stopped', 1, 1796057453765, 1796057453813, 'succeeded', NULL, NULL, NULL);


--
-- Data for Name: orgs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.orgs VALUES ('org_01a22d5dcbca70388954ce3c2e3b479d', 'home', 1796057451466, 'auto', NULL, NULL, NULL, NULL, 'UTC', 0);


--
-- Data for Name: origins; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: plans; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.plans VALUES ('default', true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, false, 1, 0, 'platform');
INSERT INTO public.plans VALUES ('small', false, 3, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, false, 1, 1796057455440, 'admin');


--
-- Data for Name: rollout_boxes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: rollouts; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: routing_flags; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.routing_flags VALUES ('admin-api', 1, 'self', 'self', 0, 50, 20, 60, NULL, NULL, NULL, NULL, '');
INSERT INTO public.routing_flags VALUES ('container-gateway', 1, 'self', 'self', 0, 50, 20, 60, NULL, NULL, NULL, NULL, '');


--
-- Data for Name: schedules; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.schedules VALUES ('sch_01a22d5dd7497824a5ab60f74094b33d', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'box_01a22d5dd4c47c0abe4243eb272e37da', 'morning', '0 9 * * *', 'UTC', NULL, 'message', 0, 'Good morning', 'agent:main:main', 'once', true, 1, 'admin', 1796057454409, 1796115600000, 1796115614275, NULL, NULL, NULL, NULL, NULL, NULL);


--
-- Data for Name: secrets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.secrets VALUES ('box_01a22d5dcbe07e46a8fee21d2e4130e2', 'gateway-token', '18c3166cf9b80a7e', 'ZRdyIe66dC9MrNFf', '62i+sVp3NALGGBrlCBfa/Wpvz+jdFLVGPDX5rTLyCGCi9fWEt0qMVXhjSvNkwTgW5gthv+oBx8MOGlM');
INSERT INTO public.secrets VALUES ('box_01a22d5dcbe07e46a8fee21d2e4130e2', 'ssh-client-key', '18c3166cf9b80a7e', 'rxI43zUdyL8hdP3J', 'SLKGecYjKQyKt9/TqllRzWcLgiBDvtftxcBh0Z3nsuy78vKF6aUUOqXaS+FIIrLoprE0eWUFu5W/jsnDF6yPOV2j3vNoU4kE9i6+Kp+oNK41rAA2Fq9xPKuihhbb704gKy1AV7w3x59bnxwhKNIgvu+MSm4EGJyfMhc3z4KOzi7g1ln1q+wUYQg6esjNFoYLG9sF7VaO2nGxGOGiiNTmwo/CaotLV3/duqkl3NZGp6xjfuz8q15MV4F7XdLzhBSHHbdgSaHRCA75n25BDRIG4Ll04rVKdGm71GrSyBM49BIa4+MCPEIdD/8f9kReJutm/ajQhPi80w0bGdnGkwAEzXf6uKsbE1sTfGaOMbIDm8MP1HTAlfXmmnotg/LQ9gRG3n8Lm5PHr6fCryjTwSf1WLBX8xAS7e65tT4N0jxrWIpezmdRmMev0d4t7pQMFGxGd1ON9FIT6+FmjHtkyBPOSBBxqYAhpnPw2AfeW47jqs68yavNRwUk9HiqOWBKd/x71k9rAM7lnY/SXKOiFGFBDRlV9A');
INSERT INTO public.secrets VALUES ('box_01a22d5dcbe07e46a8fee21d2e4130e2', 'ssh-host-key', '18c3166cf9b80a7e', 'HKGL63EKE0Mm3IrG', 'QJJGXl757YWHwW3/bxo4l5ZA0YvdVQ/eTcUYn5p/7ontPNRaQoNpdg1R+a/EHZkqdMR7GqEtsfpFqAzI+RnvkeiXkGh+ms3pfcKHX5jbc0nhd9pLcj9uYLkyRZmB1LtmpFMd57fi7EWQfOJQloRvKZ+4RdCLE3GM7XXZWozFtsmHLUpENArSAA3AcucB0fSuweFMZj/qr0Khs2waS/zipUm3A+xSn1k4ss0jflYSwKeD86gYaooAhmQbfcPT3Ostz21L28cvOqu5dEIUUqX9H8X+tskS8Opj5GrBARRMjbirT6HG1vLW56j90XnoqjKT1PBR6mp8/x33M8a4HvuE3YEjBMFNUFdOotUUGvmJvfzhfs0jMyz+8GaRDv514xphU5wX+AaloqOyzhFHEte8aCl8MrhOtdvuNzqSE2viVEiDsinkABnVgIqnc2+hfNJQuOsKMjYLAvbfHvh77gfGn3FZlR4fsAAxrHDi/X8Uu3CjspXXIgIe2VXpN59G3thz4NmWwvKKc5k+MB5UB0N7IopY7A');
INSERT INTO public.secrets VALUES ('box_01a22d5dd4c47c0abe4243eb272e37da', 'gateway-token', '18c3166cf9b80a7e', 'e0JKrGWriZOkrlvk', 'LSMj3DdoLT6PaonmhuDlH4DBq+mlvMaIxu7COxX/yXsBGGbbIn3yu8g8/2APPKJ3KOtXwwqclxPRrM4');
INSERT INTO public.secrets VALUES ('box_01a22d5dd4c47c0abe4243eb272e37da', 'ssh-client-key', '18c3166cf9b80a7e', 'Yka5UdtHo+4eh2CN', 'lZBGhAUKl05apv2W1slGvRY5E2k603cWp7TqySGpXiOKrGkr9OldV+PRWZS6kxKodmJhu8IuwPS0iO+SmsIqPLw5WTjahPIjlwpBUA4zyV56+ueFE9R5LrfgM05oGFIclq9cVSwQspgehXydWCBFxRrP/+aSjIU+a4AduHpjSUIXczBMnjwyQkwL4qs6S+k2izbgl6joX8r5IiwLkRc9Gv5zDAE5l4/9/Bg46mpzywSjpNid4P6fwWmle8+1PgT3cq9XFov5XxdL2XNmtLNmbLkgkds3SuxtDVkv8xXMAv6uPAsT+0TiSlWgBglS9GKlYBmdtpfwD0Gi3rWzVZghXlybzDy8NgWIvjxmSLTXEEq2SATJa+oEH3YHs2sGHA1NQt0SDeQglEr66bMdk6IKLXuHKAe5saz7iWN/tlXwwS7G9qLaVrVq2GyhXlzGKUCBy2Nmi0wbnXwk3t2yhPUvuGPP0hsPCiJBWb1hBPDOCkoKxbwvh3J5235FXtS2UA0Ix+Rq28LbwIZEjIaS3q5rJkyagg');
INSERT INTO public.secrets VALUES ('box_01a22d5dd4c47c0abe4243eb272e37da', 'ssh-host-key', '18c3166cf9b80a7e', 'EsxTc1+igFfgkUaz', 'i0IewfXBNR2PaEqK70U/JYtkIUdczQMU+Qy/lFzuzCEH4AECfRUHt2155EK/q2ghQj4ni/oZ1LfNglxj3WTj0iOQGljXTRTlWu90ZP4jhCcPA8koEyK1G6nTZdq5btOyMok53VvH3h7nJS45bbP6oGSTU+/R//XmF12GHS5cHCNU9023pgx8LokZmMfyZSSYRIzIZiYgyoTBfjH/EbdKWQYbrlyOUyZjcjZx8LKJH9f8XI0PHHfYPghNTHS5kc4O7hh57ORFQFP4Umu0T2emYb7AemNBksCenSB82vRhRPnkwVw7Qp0EB3sqgCMuSHitsWrYPRR/67QAmWJRMSVsgS3jwTWQY4CB4ob4qxNtnteXlVVkpQCVuL+cHCJcxrRx8/ufjvNt1ZAG2cJB886tgYltu6lllg2kVOmSK6ePz261W+TtwdUO1zO13IhkRN0JaRUHnzJoMGuJfkHgzBxv8cmGPivn649/qh+vaWbjxCT41P9uVaCIo1plE6eNCT7U6Bz+MlL/gcEH85SCf4gY4Zak7g');


--
-- Data for Name: service_tokens; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.service_tokens VALUES ('tok_01a22d5ddb1b7bf78c21ad6536eb84e3', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'program', 'c6c55b4fb52d6adb1ebb43187ea15017498618c30b78dc91ecfcb05079024fb7', 'boxes:read', 'admin', 1796057455387, 1803833455387, NULL, NULL);


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: sign_in_codes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sign_in_codes VALUES ('9ed316abc331cc7ed0460bb04b0b70a84c164491b8c999921b3c2f29bc619ad9', 'usr_01a22d5dcbca70a5b96ef5edcb3860f9', 1796058352451, NULL, true);


--
-- Data for Name: spend_reservations; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: tickets; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: tiers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tiers VALUES ('standard-1', 1000, 1073741824, 2147483648, 512, 20, NULL, NULL, NULL);
INSERT INTO public.tiers VALUES ('standard-2', 2000, 2147483648, 3221225472, 512, 10, NULL, NULL, NULL);
INSERT INTO public.tiers VALUES ('standard-3', 4000, 4294967296, 6442450944, 512, 5, NULL, NULL, NULL);


--
-- Data for Name: upgrades; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: usage_rollups; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.users VALUES ('usr_01a22d5dcbca70a5b96ef5edcb3860f9', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'owner', 1796057451466, 'owner', 'active', NULL, NULL, NULL, NULL);
INSERT INTO public.users VALUES ('usr_01a22d5dd7bd73baa21ef3f32bdb687d', 'org_01a22d5dcbca70388954ce3c2e3b479d', 'Ada', 1796057454525, 'admin', 'active', 'ada@example.com', '$argon2id$v=19$m=19456,t=2,p=1$CUzZFP+qFMPt+oC0oy/EwQ$xT+oDgLHYxEQWqVWAD79X9r9y/I0lH0WWT8NuCeB7MM', NULL, NULL);


--
-- Data for Name: wake_holds; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: _sqlx_migrations _sqlx_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);


--
-- Name: archives archives_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.archives
    ADD CONSTRAINT archives_pkey PRIMARY KEY (box_id);


--
-- Name: backup_layers backup_layers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.backup_layers
    ADD CONSTRAINT backup_layers_pkey PRIMARY KEY (subject);


--
-- Name: backup_rules backup_rules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.backup_rules
    ADD CONSTRAINT backup_rules_pkey PRIMARY KEY (subject);


--
-- Name: backup_states backup_states_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.backup_states
    ADD CONSTRAINT backup_states_pkey PRIMARY KEY (box_id);


--
-- Name: backups backups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.backups
    ADD CONSTRAINT backups_pkey PRIMARY KEY (id);


--
-- Name: box_authorities box_authorities_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.box_authorities
    ADD CONSTRAINT box_authorities_pkey PRIMARY KEY (box_id);


--
-- Name: box_configs box_configs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.box_configs
    ADD CONSTRAINT box_configs_pkey PRIMARY KEY (box_id, version);


--
-- Name: box_gauges box_gauges_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.box_gauges
    ADD CONSTRAINT box_gauges_pkey PRIMARY KEY (box_id);


--
-- Name: box_holds box_holds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.box_holds
    ADD CONSTRAINT box_holds_pkey PRIMARY KEY (box_id);


--
-- Name: boxes boxes_org_id_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.boxes
    ADD CONSTRAINT boxes_org_id_name_key UNIQUE (org_id, name);


--
-- Name: boxes boxes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.boxes
    ADD CONSTRAINT boxes_pkey PRIMARY KEY (id);


--
-- Name: boxes boxes_uid_slot_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.boxes
    ADD CONSTRAINT boxes_uid_slot_key UNIQUE (uid_slot);


--
-- Name: budget_warnings budget_warnings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.budget_warnings
    ADD CONSTRAINT budget_warnings_pkey PRIMARY KEY (subject, period, measure, percent);


--
-- Name: budgets budgets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.budgets
    ADD CONSTRAINT budgets_pkey PRIMARY KEY (subject);


--
-- Name: compute_usage compute_usage_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.compute_usage
    ADD CONSTRAINT compute_usage_pkey PRIMARY KEY (seq);


--
-- Name: config_states config_states_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.config_states
    ADD CONSTRAINT config_states_pkey PRIMARY KEY (box_id);


--
-- Name: counters counters_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (name);


--
-- Name: devices devices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (id);


--
-- Name: devices devices_user_id_public_key_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_user_id_public_key_key UNIQUE (user_id, public_key);


--
-- Name: drills drills_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.drills
    ADD CONSTRAINT drills_pkey PRIMARY KEY (id);


--
-- Name: egress_layers egress_layers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.egress_layers
    ADD CONSTRAINT egress_layers_pkey PRIMARY KEY (subject);


--
-- Name: egress_rules egress_rules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.egress_rules
    ADD CONSTRAINT egress_rules_pkey PRIMARY KEY (subject);


--
-- Name: egress_usage egress_usage_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.egress_usage
    ADD CONSTRAINT egress_usage_pkey PRIMARY KEY (seq);


--
-- Name: events events_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_id_key UNIQUE (id);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (seq);


--
-- Name: execs execs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.execs
    ADD CONSTRAINT execs_pkey PRIMARY KEY (id);


--
-- Name: idempotency_keys idempotency_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, key);


--
-- Name: injection_rules injection_rules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.injection_rules
    ADD CONSTRAINT injection_rules_pkey PRIMARY KEY (subject);


--
-- Name: kept_secrets kept_secrets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kept_secrets
    ADD CONSTRAINT kept_secrets_pkey PRIMARY KEY (subject, name);


--
-- Name: leases leases_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);


--
-- Name: meta meta_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (name);


--
-- Name: model_calls model_calls_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_calls
    ADD CONSTRAINT model_calls_pkey PRIMARY KEY (seq);


--
-- Name: model_providers model_providers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_providers
    ADD CONSTRAINT model_providers_pkey PRIMARY KEY (subject, name);


--
-- Name: model_rules model_rules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_rules
    ADD CONSTRAINT model_rules_pkey PRIMARY KEY (subject);


--
-- Name: model_usage model_usage_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_usage
    ADD CONSTRAINT model_usage_id_key UNIQUE (id);


--
-- Name: model_usage model_usage_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_usage
    ADD CONSTRAINT model_usage_pkey PRIMARY KEY (seq);


--
-- Name: operations operations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (id);


--
-- Name: orgs orgs_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orgs
    ADD CONSTRAINT orgs_name_key UNIQUE (name);


--
-- Name: orgs orgs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orgs
    ADD CONSTRAINT orgs_pkey PRIMARY KEY (id);


--
-- Name: origins origins_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.origins
    ADD CONSTRAINT origins_pkey PRIMARY KEY (box_id);


--
-- Name: plans plans_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plans
    ADD CONSTRAINT plans_pkey PRIMARY KEY (name);


--
-- Name: rollout_boxes rollout_boxes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rollout_boxes
    ADD CONSTRAINT rollout_boxes_pkey PRIMARY KEY (rollout_id, box_id);


--
-- Name: rollouts rollouts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rollouts
    ADD CONSTRAINT rollouts_pkey PRIMARY KEY (id);


--
-- Name: routing_flags routing_flags_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.routing_flags
    ADD CONSTRAINT routing_flags_pkey PRIMARY KEY (name);


--
-- Name: schedules schedules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (id);


--
-- Name: secrets secrets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (box_id, name);


--
-- Name: service_tokens service_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.service_tokens
    ADD CONSTRAINT service_tokens_pkey PRIMARY KEY (id);


--
-- Name: service_tokens service_tokens_token_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.service_tokens
    ADD CONSTRAINT service_tokens_token_hash_key UNIQUE (token_hash);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (token_hash);


--
-- Name: sign_in_codes sign_in_codes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sign_in_codes
    ADD CONSTRAINT sign_in_codes_pkey PRIMARY KEY (code_hash);


--
-- Name: spend_reservations spend_reservations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.spend_reservations
    ADD CONSTRAINT spend_reservations_pkey PRIMARY KEY (id);


--
-- Name: tickets tickets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (ticket_hash);


--
-- Name: tiers tiers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tiers
    ADD CONSTRAINT tiers_pkey PRIMARY KEY (name);


--
-- Name: upgrades upgrades_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upgrades
    ADD CONSTRAINT upgrades_pkey PRIMARY KEY (id);


--
-- Name: usage_rollups usage_rollups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_rollups
    ADD CONSTRAINT usage_rollups_pkey PRIMARY KEY (org_id, box_id, period);


--
-- Name: users users_org_id_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_org_id_name_key UNIQUE (org_id, name);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: wake_holds wake_holds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wake_holds
    ADD CONSTRAINT wake_holds_pkey PRIMARY KEY (org_id, kind);


--
-- Name: archives_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX archives_org ON public.archives USING btree (org_id);


--
-- Name: backup_rules_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX backup_rules_box ON public.backup_rules USING btree (box_id);


--
-- Name: backup_rules_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX backup_rules_org ON public.backup_rules USING btree (org_id);


--
-- Name: backups_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX backups_box ON public.backups USING btree (box_id, made_at_ms);


--
-- Name: box_configs_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX box_configs_key ON public.box_configs USING btree (key_id);


--
-- Name: box_configs_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX box_configs_org ON public.box_configs USING btree (org_id);


--
-- Name: box_gauges_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX box_gauges_org ON public.box_gauges USING btree (org_id);


--
-- Name: box_holds_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX box_holds_org ON public.box_holds USING btree (org_id);


--
-- Name: boxes_default; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX boxes_default ON public.boxes USING btree (org_id) WHERE is_default;


--
-- Name: boxes_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX boxes_org ON public.boxes USING btree (org_id, id);


--
-- Name: boxes_tier; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX boxes_tier ON public.boxes USING btree (tier);


--
-- Name: budget_warnings_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX budget_warnings_at ON public.budget_warnings USING btree (at_ms);


--
-- Name: budgets_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX budgets_box ON public.budgets USING btree (box_id);


--
-- Name: budgets_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX budgets_org ON public.budgets USING btree (org_id);


--
-- Name: compute_usage_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX compute_usage_org ON public.compute_usage USING btree (org_id, at_ms);


--
-- Name: config_states_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX config_states_open ON public.config_states USING btree (box_id) WHERE (stage IS NOT NULL);


--
-- Name: config_states_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX config_states_org ON public.config_states USING btree (org_id);


--
-- Name: devices_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX devices_expiry ON public.devices USING btree (expires_at_ms);


--
-- Name: devices_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX devices_org ON public.devices USING btree (org_id, id);


--
-- Name: drills_begun; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX drills_begun ON public.drills USING btree (begun_at_ms);


--
-- Name: drills_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX drills_box ON public.drills USING btree (box_id, id);


--
-- Name: drills_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX drills_open ON public.drills USING btree (id) WHERE (finished_at_ms IS NULL);


--
-- Name: egress_rules_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX egress_rules_box ON public.egress_rules USING btree (box_id);


--
-- Name: egress_rules_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX egress_rules_org ON public.egress_rules USING btree (org_id);


--
-- Name: egress_usage_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX egress_usage_box ON public.egress_usage USING btree (box_id, at_ms);


--
-- Name: egress_usage_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX egress_usage_org ON public.egress_usage USING btree (org_id, at_ms);


--
-- Name: events_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX events_box ON public.events USING btree (org_id, box_id, seq);


--
-- Name: events_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX events_org ON public.events USING btree (org_id, seq);


--
-- Name: execs_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX execs_box ON public.execs USING btree (box_id, id);


--
-- Name: execs_ended; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX execs_ended ON public.execs USING btree (ended_at_ms);


--
-- Name: execs_running; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX execs_running ON public.execs USING btree (beat_at_ms) WHERE (ended_at_ms IS NULL);


--
-- Name: idempotency_keys_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_keys_expiry ON public.idempotency_keys USING btree (expires_at_ms);


--
-- Name: injection_rules_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX injection_rules_box ON public.injection_rules USING btree (box_id);


--
-- Name: injection_rules_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX injection_rules_org ON public.injection_rules USING btree (org_id);


--
-- Name: kept_secrets_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX kept_secrets_box ON public.kept_secrets USING btree (box_id);


--
-- Name: kept_secrets_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX kept_secrets_key ON public.kept_secrets USING btree (key_id);


--
-- Name: kept_secrets_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX kept_secrets_org ON public.kept_secrets USING btree (org_id);


--
-- Name: model_calls_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX model_calls_at ON public.model_calls USING btree (at_ms);


--
-- Name: model_calls_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX model_calls_box ON public.model_calls USING btree (box_id, seq);


--
-- Name: model_providers_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX model_providers_box ON public.model_providers USING btree (box_id);


--
-- Name: model_providers_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX model_providers_org ON public.model_providers USING btree (org_id);


--
-- Name: model_rules_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX model_rules_box ON public.model_rules USING btree (box_id);


--
-- Name: model_rules_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX model_rules_org ON public.model_rules USING btree (org_id);


--
-- Name: model_usage_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX model_usage_box ON public.model_usage USING btree (box_id, at_ms);


--
-- Name: model_usage_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX model_usage_org ON public.model_usage USING btree (org_id, at_ms);


--
-- Name: operations_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX operations_box ON public.operations USING btree (box_id);


--
-- Name: operations_finished; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX operations_finished ON public.operations USING btree (finished_at_ms);


--
-- Name: operations_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX operations_open ON public.operations USING btree (box_id) WHERE (finished_at_ms IS NULL);


--
-- Name: origins_backup; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX origins_backup ON public.origins USING btree (backup_id);


--
-- Name: plans_default; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX plans_default ON public.plans USING btree (is_default) WHERE is_default;


--
-- Name: rollouts_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX rollouts_open ON public.rollouts USING btree (id) WHERE (finished_at_ms IS NULL);


--
-- Name: rollouts_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX rollouts_org ON public.rollouts USING btree (org_id, id);


--
-- Name: schedules_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX schedules_box ON public.schedules USING btree (box_id, fires_at_ms);


--
-- Name: schedules_fire; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX schedules_fire ON public.schedules USING btree (fires_at_ms);


--
-- Name: service_tokens_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX service_tokens_expiry ON public.service_tokens USING btree (expires_at_ms);


--
-- Name: service_tokens_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX service_tokens_org ON public.service_tokens USING btree (org_id, id);


--
-- Name: sessions_device; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_device ON public.sessions USING btree (device_id);


--
-- Name: sessions_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_expiry ON public.sessions USING btree (expires_at_ms);


--
-- Name: sessions_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX sessions_id ON public.sessions USING btree (id);


--
-- Name: sessions_parent; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_parent ON public.sessions USING btree (parent_id);


--
-- Name: sessions_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_user ON public.sessions USING btree (user_id);


--
-- Name: sign_in_codes_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sign_in_codes_expiry ON public.sign_in_codes USING btree (expires_at_ms);


--
-- Name: spend_reservations_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX spend_reservations_expiry ON public.spend_reservations USING btree (expires_at_ms);


--
-- Name: spend_reservations_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX spend_reservations_org ON public.spend_reservations USING btree (org_id, expires_at_ms);


--
-- Name: tickets_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tickets_expiry ON public.tickets USING btree (expires_at_ms);


--
-- Name: tickets_org; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tickets_org ON public.tickets USING btree (org_id);


--
-- Name: upgrades_box; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX upgrades_box ON public.upgrades USING btree (box_id, id);


--
-- Name: upgrades_open; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX upgrades_open ON public.upgrades USING btree (box_id) WHERE (finished_at_ms IS NULL);


--
-- Name: usage_rollups_period; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX usage_rollups_period ON public.usage_rollups USING btree (period);


--
-- Name: users_email; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX users_email ON public.users USING btree (email);


--
-- Name: users_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX users_subject ON public.users USING btree (issuer, subject);


--
-- Name: archives archives_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.archives
    ADD CONSTRAINT archives_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: archives archives_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.archives
    ADD CONSTRAINT archives_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: backup_rules backup_rules_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.backup_rules
    ADD CONSTRAINT backup_rules_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: backup_rules backup_rules_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.backup_rules
    ADD CONSTRAINT backup_rules_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: backup_states backup_states_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.backup_states
    ADD CONSTRAINT backup_states_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: backups backups_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.backups
    ADD CONSTRAINT backups_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: backups backups_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.backups
    ADD CONSTRAINT backups_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: box_authorities box_authorities_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.box_authorities
    ADD CONSTRAINT box_authorities_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: box_configs box_configs_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.box_configs
    ADD CONSTRAINT box_configs_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: box_configs box_configs_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.box_configs
    ADD CONSTRAINT box_configs_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: box_gauges box_gauges_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.box_gauges
    ADD CONSTRAINT box_gauges_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: box_holds box_holds_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.box_holds
    ADD CONSTRAINT box_holds_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: box_holds box_holds_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.box_holds
    ADD CONSTRAINT box_holds_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: boxes boxes_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.boxes
    ADD CONSTRAINT boxes_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);


--
-- Name: boxes boxes_tier_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.boxes
    ADD CONSTRAINT boxes_tier_fkey FOREIGN KEY (tier) REFERENCES public.tiers(name);


--
-- Name: budgets budgets_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.budgets
    ADD CONSTRAINT budgets_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: budgets budgets_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.budgets
    ADD CONSTRAINT budgets_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: config_states config_states_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.config_states
    ADD CONSTRAINT config_states_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: config_states config_states_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.config_states
    ADD CONSTRAINT config_states_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: devices devices_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);


--
-- Name: devices devices_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: drills drills_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.drills
    ADD CONSTRAINT drills_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: drills drills_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.drills
    ADD CONSTRAINT drills_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: egress_rules egress_rules_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.egress_rules
    ADD CONSTRAINT egress_rules_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: egress_rules egress_rules_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.egress_rules
    ADD CONSTRAINT egress_rules_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: execs execs_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.execs
    ADD CONSTRAINT execs_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: execs execs_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.execs
    ADD CONSTRAINT execs_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: injection_rules injection_rules_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.injection_rules
    ADD CONSTRAINT injection_rules_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: injection_rules injection_rules_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.injection_rules
    ADD CONSTRAINT injection_rules_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: kept_secrets kept_secrets_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kept_secrets
    ADD CONSTRAINT kept_secrets_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: kept_secrets kept_secrets_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kept_secrets
    ADD CONSTRAINT kept_secrets_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: model_calls model_calls_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_calls
    ADD CONSTRAINT model_calls_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: model_calls model_calls_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_calls
    ADD CONSTRAINT model_calls_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: model_providers model_providers_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_providers
    ADD CONSTRAINT model_providers_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: model_providers model_providers_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_providers
    ADD CONSTRAINT model_providers_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: model_rules model_rules_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_rules
    ADD CONSTRAINT model_rules_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: model_rules model_rules_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.model_rules
    ADD CONSTRAINT model_rules_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: operations operations_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: operations operations_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);


--
-- Name: orgs orgs_plan_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orgs
    ADD CONSTRAINT orgs_plan_fkey FOREIGN KEY (plan) REFERENCES public.plans(name);


--
-- Name: origins origins_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.origins
    ADD CONSTRAINT origins_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: rollout_boxes rollout_boxes_rollout_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rollout_boxes
    ADD CONSTRAINT rollout_boxes_rollout_id_fkey FOREIGN KEY (rollout_id) REFERENCES public.rollouts(id) ON DELETE CASCADE;


--
-- Name: rollouts rollouts_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rollouts
    ADD CONSTRAINT rollouts_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: schedules schedules_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: schedules schedules_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: secrets secrets_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.secrets
    ADD CONSTRAINT secrets_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: service_tokens service_tokens_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.service_tokens
    ADD CONSTRAINT service_tokens_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: service_tokens service_tokens_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.service_tokens
    ADD CONSTRAINT service_tokens_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);


--
-- Name: sessions sessions_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: sessions sessions_device_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.devices(id) ON DELETE SET NULL;


--
-- Name: sessions sessions_parent_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.sessions(id) ON DELETE CASCADE;


--
-- Name: sessions sessions_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: sign_in_codes sign_in_codes_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sign_in_codes
    ADD CONSTRAINT sign_in_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: tickets tickets_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: tickets tickets_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);


--
-- Name: tickets tickets_session_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;


--
-- Name: tickets tickets_token_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_token_id_fkey FOREIGN KEY (token_id) REFERENCES public.service_tokens(id) ON DELETE CASCADE;


--
-- Name: tickets tickets_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: upgrades upgrades_box_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upgrades
    ADD CONSTRAINT upgrades_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;


--
-- Name: upgrades upgrades_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upgrades
    ADD CONSTRAINT upgrades_id_fkey FOREIGN KEY (id) REFERENCES public.operations(id) ON DELETE CASCADE;


--
-- Name: upgrades upgrades_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upgrades
    ADD CONSTRAINT upgrades_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- Name: users users_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);


--
-- Name: wake_holds wake_holds_org_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wake_holds
    ADD CONSTRAINT wake_holds_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--


