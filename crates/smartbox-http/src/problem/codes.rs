//! Every code that this crate answers with, with its status and words.

use http::StatusCode;

/// What is the same in every problem of one code. Its page is `docs/errors/<name>.md`.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable name for programs.
    pub name: &'static str,
    /// Status of the answer.
    pub status: StatusCode,
    /// One line for people.
    pub title: &'static str,
    /// What to do, where it is always the same.
    pub remedy: Option<&'static str>,
}

macro_rules! codes {
    ($($constant:ident = $name:literal $status:ident $title:literal $($remedy:literal)?;)+) => {
        $(pub(crate) const $constant: Code = Code {
            name: $name,
            status: StatusCode::$status,
            title: $title,
            remedy: codes!(@remedy $($remedy)?),
        };)+

        /// All of them.
        pub const ALL: &[Code] = &[$($constant),+];
    };
    (@remedy $remedy:literal) => { Some($remedy) };
    (@remedy) => { None };
}

codes! {
    // Who asks.
    NOT_SIGNED_IN = "not-signed-in" UNAUTHORIZED "You are not signed in"
        "In a browser, open the link that `smartbox open` prints. In a program, send the header X-Admin-Secret.";
    WRONG_CREDENTIAL = "wrong-credential" UNAUTHORIZED "The credential is not valid"
        "Sign in again, or correct the secret. The CLI finds the secret of a platform on the same machine by itself.";
    SIGN_IN_LINK_USED_UP = "sign-in-link-used-up" NOT_FOUND "This sign-in link does not work any more"
        "A link works once and for a short time. Get a new one with `smartbox open`.";
    WRONG_PASSWORD = "wrong-password" UNAUTHORIZED "E-mail address or password is wrong"
        "Try again. Whoever runs your org can make you a sign-in link: `smartbox open --user`.";
    TOO_MANY_ATTEMPTS = "too-many-attempts" TOO_MANY_REQUESTS "Too many attempts to sign in failed"
        "Wait as long as Retry-After says. A sign-in link works meanwhile.";
    ACCOUNT_FROZEN = "account-frozen" LOCKED "The account is frozen"
        "Ask whoever runs your org. Nothing of yours is deleted.";
    ACCOUNT_PENDING = "account-pending" FORBIDDEN "The account waits to be activated"
        "Ask whoever runs your org to activate it.";
    SIGN_UP_CLOSED = "sign-up-closed" FORBIDDEN "Nobody here knows you"
        "Ask whoever runs the platform to let you in.";
    MISSING_PERMISSION = "missing-permission" FORBIDDEN "You may not do this"
        "Ask whoever runs your org for a role or a token with this permission.";
    ADMIN_ONLY = "admin-only" FORBIDDEN "Only an admin may do this"
        "Ask whoever runs the platform.";
    DEVICE_NOT_APPROVED = "device-not-approved" FORBIDDEN "This device is not approved"
        "Open the platform in this browser, or run `smartbox device pair`; whoever runs your org approves it with `smartbox device approve`.";
    SUPPORT_READ_ONLY = "support-read-only" FORBIDDEN "This support access only looks"
        "End it, and open one that may act: `smartbox support open --act`.";
    SUPPORT_REFUSED = "support-refused" FORBIDDEN "This is not done under support access"
        "Ask the person to do it themselves, or do it in your own name with the platform's admin secret.";
    BAD_ORIGIN = "bad-origin" FORBIDDEN "The request comes from another website"
        "Changes with a sign-in cookie are accepted from the platform's own pages only. Programs use X-Admin-Secret.";

    // What is not there.
    NOT_FOUND = "not-found" NOT_FOUND "There is no such thing"
        "The API's routes are listed in /openapi.json.";
    BOX_NOT_FOUND = "box-not-found" NOT_FOUND "There is no such box"
        "`smartbox box list` shows your boxes.";
    USER_NOT_FOUND = "user-not-found" NOT_FOUND "There is no such person"
        "`smartbox user list` shows the people of your org.";
    TOKEN_NOT_FOUND = "token-not-found" NOT_FOUND "There is no such service token"
        "`smartbox token list` shows those of your org.";
    SECRET_NOT_FOUND = "secret-not-found" NOT_FOUND "There is no such secret"
        "`smartbox secret list` shows those of a box.";
    SESSION_NOT_FOUND = "session-not-found" NOT_FOUND "There is no such session"
        "`smartbox session list` shows where you are signed in.";
    SUPPORT_SESSION_NOT_FOUND = "support-session-not-found" NOT_FOUND "There is no such support access"
        "`smartbox support list` shows those that you may see, for 90 days.";
    DEVICE_NOT_FOUND = "device-not-found" NOT_FOUND "There is no such device"
        "`smartbox device list` shows those that wait and those that are approved. One that waits is forgotten after an hour.";
    PLAN_NOT_FOUND = "plan-not-found" NOT_FOUND "There is no such plan"
        "`smartbox plan list` shows all of them.";
    ROUTE_NOT_FOUND = "route-not-found" NOT_FOUND "There is no such route"
        "`smartbox route list` shows all of them.";
    ROLLOUT_NOT_FOUND = "rollout-not-found" NOT_FOUND "There is no such rollout"
        "`smartbox rollout list` shows the newest ones.";
    RUNTIME_NOT_FOUND = "runtime-not-found" NOT_FOUND "This version of the agent runtime is not installed"
        "`smartbox runtime list` shows those that are.";
    SCHEDULE_NOT_FOUND = "schedule-not-found" NOT_FOUND "There is no such schedule"
        "`smartbox schedule list` shows those of a box.";
    FILE_NOT_FOUND = "file-not-found" NOT_FOUND "The box has no such file"
        "`smartbox file list` shows what there is. Paths are below the agent's home, without a slash in front.";
    EXEC_NOT_FOUND = "exec-not-found" NOT_FOUND "There is no such command"
        "`smartbox command list` shows those of a box. What came of one is kept for 24 hours after its end.";
    MESSAGE_NOT_FOUND = "message-not-found" NOT_FOUND "There is no such message"
        "Answers are kept for 24 hours, of the last 100 messages of a box. The agent's session has them longer.";
    BULK_RUN_NOT_FOUND = "bulk-run-not-found" NOT_FOUND "There is no such bulk run"
        "`smartbox bulk list` shows the newest ones.";
    MODEL_PROVIDER_NOT_FOUND = "model-provider-not-found" NOT_FOUND "There is no such model provider"
        "`smartbox model list` shows those that count, and whose they are.";
    BACKUP_NOT_FOUND = "backup-not-found" NOT_FOUND "There is no such backup"
        "`smartbox backup list` shows those of a box.";
    BACKUP_FILE_NOT_FOUND = "backup-file-not-found" NOT_FOUND "The backup has no such file"
        "Give its path below the agent's home, such as `workspace/MEMORY.md`. The archive of the whole backup names all files.";
    WEBHOOK_NOT_FOUND = "webhook-not-found" NOT_FOUND "There is no such webhook"
        "`smartbox webhook list` shows those of your org.";
    DELIVERY_NOT_FOUND = "delivery-not-found" NOT_FOUND "The webhook has no such delivery"
        "`smartbox webhook deliveries` shows those of the last 30 days.";
    REPLAY_OVER = "replay-over" GONE "What happened so long ago is not replayed"
        "Begin without Last-Event-ID. `GET /v1/audit` has everything that happened.";
    OPERATION_NOT_FOUND = "operation-not-found" NOT_FOUND "There is no such operation"
        "Ended operations are forgotten after a while. `smartbox box timeline` tells what happened.";
    METHOD_NOT_ALLOWED = "method-not-allowed" METHOD_NOT_ALLOWED "This route does not know the method"
        "The header Allow names the methods of this route.";

    // What is wrong with the request.
    INVALID = "invalid" UNPROCESSABLE_ENTITY "Some fields of the request are wrong"
        "Correct the fields that `errors` names.";
    BAD_REQUEST = "bad-request" BAD_REQUEST "The request cannot be read";
    BODY_TOO_LARGE = "body-too-large" PAYLOAD_TOO_LARGE "The request is too large"
        "A request body of the API has at most 1 MiB.";
    FILE_TOO_LARGE = "file-too-large" PAYLOAD_TOO_LARGE "It is more than is done at once"
        "Do it in parts. What does not fit into the trash can be removed for good.";
    RANGE_NOT_SATISFIABLE = "range-not-satisfiable" RANGE_NOT_SATISFIABLE "The file has no such part"
        "Content-Range says how long it is.";
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE "The body is not JSON"
        "Send the body with the header Content-Type: application/json.";
    NOT_ACCEPTABLE = "not-acceptable" NOT_ACCEPTABLE "The answer may have no type that this route has"
        "Send the header Accept: application/json, text/event-stream.";
    UPGRADE_REQUIRED = "upgrade-required" UPGRADE_REQUIRED "This route speaks WebSocket only"
        "Connect with a WebSocket client; `smartbox exec` is one.";
    IDEMPOTENCY_MISMATCH = "idempotency-mismatch" UNPROCESSABLE_ENTITY
        "The idempotency key was used for another request"
        "Use a new key for a new request, and the old key only to repeat the same one.";

    // What the state does not allow.
    CONFLICT = "conflict" CONFLICT "The state does not allow it";
    NAME_TAKEN = "name-taken" CONFLICT "The name is taken"
        "Choose another name.";
    EMAIL_TAKEN = "email-taken" CONFLICT "The e-mail address is in use"
        "Use another one: an address signs one person in.";
    NAME_AMBIGUOUS = "name-ambiguous" CONFLICT "More than one box has this name"
        "Use the box's id.";
    TIER_FULL = "tier-full" CONFLICT "Every place of this tier is taken"
        "Stop a box of this tier or let it sleep, or use another tier.";
    HOST_FULL = "host-full" CONFLICT "The host has no room for the box"
        "Stop a box that nobody needs or let it sleep, use a smaller tier, or try again later.";
    RUNTIME_TOO_OLD = "runtime-too-old" CONFLICT "The agent runtime is older than what may run here"
        "Upgrade the box: `smartbox box upgrade`. `smartbox runtime list` shows the versions.";
    BOXES_FROZEN = "boxes-frozen" LOCKED "The boxes of this org are held back"
        "Ask whoever runs the platform. Nothing of yours is deleted.";
    BOXES_FLAGGED = "boxes-flagged" LOCKED "The boxes of this org are suspected of abuse"
        "Ask whoever runs the platform.";
    PLAN_FULL = "plan-full" FORBIDDEN "The plan allows no more boxes"
        "Choose a bigger plan, or delete boxes that nobody needs.";
    PLAN_TOO_SMALL = "plan-too-small" FORBIDDEN "The plan does not allow this box to wake"
        "Choose a bigger plan, or delete boxes that nobody needs.";
    BUDGET_USED_UP = "budget-used-up" PAYMENT_REQUIRED "The budget is used up"
        "Raise the budget, or wait for the next period.";
    BOX_DELETED = "box-deleted" CONFLICT "The box is deleted"
        "Until it is removed for good, `smartbox box start` brings it back.";
    BOX_FAILED = "box-failed" CONFLICT "The box has failed";
    IDEMPOTENCY_IN_PROGRESS = "idempotency-in-progress" CONFLICT "The same request is being worked on"
        "Repeat it in a moment: the answer of the first is given again.";
    VERSION_MISMATCH = "version-mismatch" PRECONDITION_FAILED "It has changed since it was read"
        "Read it again, then decide again, with its new version in If-Match.";

    // What may work later.
    BOX_UNAVAILABLE = "box-unavailable" SERVICE_UNAVAILABLE "The box does not answer"
        "Try again in a moment. If it stays so, `smartbox logs` shows what the box says.";
    MAINTENANCE = "maintenance" SERVICE_UNAVAILABLE "The platform is being maintained"
        "Try again later. Boxes that run go on answering until they are put to rest.";
    ISSUER_UNAVAILABLE = "issuer-unavailable" SERVICE_UNAVAILABLE "Who you are cannot be checked at the moment"
        "Try again in a moment: the issuer of your token, or the database, does not answer.";
    AGENT_FAILED = "agent-failed" BAD_GATEWAY "The agent gave no answer"
        "Ask again. If it stays so, `smartbox logs` shows what the agent says.";
    TOO_MANY_COMMANDS = "too-many-commands" TOO_MANY_REQUESTS "Too many commands run in the box"
        "Wait until one ends, or kill one.";
    OVERLOADED = "overloaded" SERVICE_UNAVAILABLE "The platform has too much to do"
        "Try again in a moment.";
    DISK_FULL = "disk-full" INSUFFICIENT_STORAGE "The disk of the data directory is full"
        "Free some space, then try again. Nothing was changed.";
    PLATFORM_FAILED = "platform-failed" INTERNAL_SERVER_ERROR "The platform failed"
        "Try again. If it stays so, tell whoever runs the platform the request's id; its log says why.";
}
