//! A page for every code of a problem or of a failed box. The files stand in `docs/errors/`.

macro_rules! pages {
    ($($code:literal),+ $(,)?) => {
        /// Every code with its page, in the order of the codes.
        pub const PAGES: &[(&str, &str)] = &[
            $(($code, include_str!(concat!("../../../../docs/errors/", $code, ".md")))),+
        ];
    };
}

/// The page of a code.
pub fn find(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| *known == code).map(|(_, page)| *page)
}

pages![
    "access-ended",
    "account-frozen",
    "account-pending",
    "admin-only",
    "agent-failed",
    "bad-host",
    "bad-origin",
    "bad-request",
    "body-stalled",
    "body-too-large",
    "box-busy",
    "box-deleted",
    "box-failed",
    "box-gone",
    "box-not-found",
    "box-queue-full",
    "box-starting",
    "box-unavailable",
    "boxes-flagged",
    "boxes-frozen",
    "budget-used-up",
    "config",
    "conflict",
    "crashed",
    "credential-in-url",
    "device-not-approved",
    "device-not-found",
    "disk-full",
    "edge-stopping",
    "email-taken",
    "gateway-broken-answer",
    "gateway-timeout",
    "gateway-unreachable",
    "head-too-large",
    "https-required",
    "idempotency-in-progress",
    "idempotency-mismatch",
    "internal",
    "invalid",
    "issuer-unavailable",
    "loop-detected",
    "method-not-allowed",
    "missing-permission",
    "name-ambiguous",
    "name-taken",
    "no-default-box",
    "not-found",
    "not-signed-in",
    "operation-not-found",
    "out-of-memory",
    "overloaded",
    "plan-too-small",
    "platform-failed",
    "provider",
    "route-not-found",
    "schedule-not-found",
    "session-not-found",
    "sign-in-link-used-up",
    "sign-up-closed",
    "tier-full",
    "token-not-found",
    "too-many-attempts",
    "too-many-open",
    "too-many-requests",
    "unsupported-media-type",
    "upgrade-required",
    "upstream-broken-answer",
    "upstream-timeout",
    "upstream-unreachable",
    "user-not-found",
    "vanished",
    "version-mismatch",
    "wake-timeout",
    "wrong-credential",
    "wrong-password",
];
