//! What the gateway's methods and paths need, as plain data for whoever relays requests to it.
//!
//! From the `methods` of `protocol.schema.json` (`@openclaw/gateway-protocol`), whose scopes are stricter or the same for
//! nearly everything here. What is not named is for administrators: configuration, execution policy, updates, plugins,
//! tools, secrets, devices and nodes, terminals, schedules, and whatever a later version adds.
//! See `docs/decisions/0007-scope-pinning.md`.

use smartbox_core::Permission::{self, BoxesAdminister, BoxesExec, BoxesRead, BoxesTalk};

/// The request that opens a socket.
pub const HANDSHAKE_METHOD: &str = "connect";
/// Members of the handshake's `auth` that may stay beside a device's signature: a gateway gives a device its token, and the
/// signature covers it. It is worth nothing without the device's key and is capped by the scopes header.
pub const KEPT_AUTH: &[&str] = &["deviceToken"];
/// Members of the handshake's `auth` one of which a device's signature covers (`v3|…|token|nonce|…`).
pub const SIGNED_AUTH: &[&str] = &["token", "bootstrapToken", "deviceToken"];
/// The role of every connection from outside. Nodes run commands for the gateway; they are paired by administrators.
pub const ROLE: &str = "operator";

/// What each method needs.
pub const METHODS: &[(Permission, &[&str])] =
    &[(BoxesRead, LOOK), (BoxesTalk, TALK), (BoxesExec, EXEC), (BoxesAdminister, ADMINISTER)];

/// What each path needs, to look and to change: the path, GET and HEAD, everything else.
pub const PATHS: &[(&str, Permission, Permission)] = &[
    // The Control UI, its media, and whatever a gateway answers with the Control UI.
    ("", BoxesRead, BoxesAdminister),
    ("/api/chat", BoxesRead, BoxesTalk),
    ("/v1", BoxesRead, BoxesAdminister),
    ("/v1/chat/completions", BoxesTalk, BoxesTalk),
    ("/v1/embeddings", BoxesTalk, BoxesTalk),
    ("/v1/responses", BoxesTalk, BoxesTalk),
    ("/tools", BoxesAdminister, BoxesAdminister),
    ("/api/v1", BoxesAdminister, BoxesAdminister),
    ("/hooks", BoxesAdminister, BoxesAdminister),
    ("/plugins/admin", BoxesAdminister, BoxesAdminister),
    ("/__openclaw__/worker", BoxesAdminister, BoxesAdminister),
    ("/__openclaw__/worker-bootstrap", BoxesAdminister, BoxesAdminister),
];

/// What clients ask for again and again by themselves while nobody uses them. Such a request keeps no box awake and wakes none.
///
/// Measured: the Control UI of 2026.9.6 in a browser, each page left open and alone; the chat, for 25 minutes, sent the first
/// two and nothing else. Those marked so were read in its code. Everything else that it sends by itself follows an event of its gateway.
pub const PASSIVE_METHODS: &[&str] = &[
    // Every page: every 60 s, and every 30 s.
    "agent.identity.get",
    "sessions.catalog.list",
    // Channels: every 30 s.
    "channels.pairing.list",
    // Debug: every 3 s.
    "diagnostics.lanes",
    "last-heartbeat",
    // Logs: every 2 s.
    "logs.tail",
    // Systems: every 15 s. Settings: every 10 s.
    "system.info",
    // Devices: every 30 s, read.
    "device.pair.list",
    "node.list",
];

/// The same over HTTP, GET and HEAD; `*` is any one segment. Whoever watches over a box asks for its health, and the Control
/// UI asks for its user's picture every 30 to 90 s while its gateway cannot fetch it.
pub const QUIET_PATHS: &[&str] =
    &["/api/users/*/avatar", "/health", "/healthz", "/ready", "/readyz", "/startupz"];

/// Families that stay with administrators, even where the gateway itself would let others look: its configuration holds
/// the name of the identity header.
const ADMINISTER: &[&str] = &[
    "attach.*",
    "audit.*",
    "channels.pairing.*",
    "config.*",
    "cron.add",
    "cron.remove",
    "cron.run",
    "cron.scratch.*",
    "cron.update",
    "device.*",
    "environments.*",
    "exec.approvals.*",
    "gateway.*",
    "models.auth*",
    "node.pair.*",
    "plugins.*",
    "secrets.*",
    "skills.install",
    "skills.library.*",
    "skills.update",
    "skills.upload.*",
    "terminal.*",
    "tools.invoke",
    "update.*",
    "wizard.*",
];

/// Looks at something and changes nothing.
const LOOK: &[&str] = &[
    "agent.identity.get",
    "agents.files.get",
    "agents.files.list",
    "agents.list",
    "agents.workspace.get",
    "agents.workspace.list",
    "artifacts.download",
    "artifacts.get",
    "artifacts.list",
    "assistant.media.get",
    "board.data.read",
    "board.get",
    "board.widget.appView",
    "canvas.document.view",
    "channels.status",
    "chat.history",
    "chat.message.get",
    "chat.metadata",
    "chat.startup",
    "commands.list",
    "controlUi.githubPreview",
    "controlUi.sessionPreview",
    "controlUi.sessionPullRequests.subscribe",
    "cron.get",
    "cron.list",
    "cron.runs",
    "cron.status",
    "diagnostics.lanes",
    "diagnostics.stability",
    "doctor.memory.dreamDiary",
    "doctor.memory.status",
    "environments.list",
    "environments.status",
    "gateway.identity.get",
    "health",
    "last-heartbeat",
    "logs.tail",
    "memory.search",
    "mentions.list",
    "models.authStatus",
    "models.list",
    "node.describe",
    "node.list",
    "plugins.controlUi.list",
    "plugins.list",
    "plugins.uiDescriptors",
    "portal.list",
    "progressCard.get",
    "projects.list",
    "push.web.preferences.get",
    "session.discussion.info",
    "session.members.list",
    "session.members.listEvidence",
    "session.suggestions.list",
    "sessions.branches.list",
    "sessions.catalog.list",
    "sessions.catalog.read",
    "sessions.compaction.list",
    "sessions.companion.state",
    "sessions.describe",
    "sessions.diff",
    "sessions.files.get",
    "sessions.files.list",
    "sessions.get",
    "sessions.github.options",
    "sessions.github.status",
    "sessions.groups.list",
    "sessions.list",
    "sessions.messages.subscribe",
    "sessions.messages.unsubscribe",
    "sessions.observer.visibility",
    "sessions.preview",
    "sessions.resolve",
    "sessions.search",
    "sessions.subscribe",
    "sessions.usage",
    "sessions.usage.logs",
    "sessions.usage.timeseries",
    "sessions.viewers.set",
    "skills.curator.status",
    "skills.detail",
    "skills.library.list",
    "skills.library.read",
    "skills.proposals.events.list",
    "skills.proposals.historyStatus",
    "skills.proposals.inspect",
    "skills.proposals.list",
    "skills.search",
    "skills.securityVerdicts",
    "skills.skillCard",
    "skills.status",
    "status",
    "system-presence",
    "system.info",
    "talk.catalog",
    "taskSuggestions.list",
    "tasks.get",
    "tasks.history",
    "tasks.list",
    "themes.get",
    "themes.list",
    "tools.catalog",
    "tools.effective",
    "tools.github.status",
    "transcripts.get",
    "transcripts.list",
    "tts.personas",
    "tts.providers",
    "tts.status",
    "usage.cost",
    "usage.status",
    "users.github.status",
    "users.list",
    "users.mentionable",
    "users.prefs.get",
    "users.self",
    "voicewake.get",
    "voicewake.routing.get",
    "worktrees.list",
];

/// Talks to agents, in conversations or by voice, and keeps the caller's own things in order.
const TALK: &[&str] = &[
    "agent",
    "agent.wait",
    "approval.get",
    "approval.history",
    "board.action",
    "board.event",
    "board.prompt.authorize",
    "board.update",
    "board.widget.put",
    "chat.abort",
    "chat.send",
    "chat.toolTitles",
    "exec.approval.get",
    "exec.approval.grants.list",
    "exec.approval.list",
    "exec.approval.waitDecision",
    "mcp.app.callTool",
    "mcp.app.listResourceTemplates",
    "mcp.app.listResources",
    "mcp.app.listTools",
    "mcp.app.readResource",
    "mcp.app.updateModelContext",
    "mcp.app.view",
    "mentions.dismiss",
    "message.action",
    "plugin.approval.list",
    "plugin.approval.waitDecision",
    "plugin.surface.refresh",
    "plugins.sessionAction",
    "poll",
    "progressCard.put",
    "projects.searchRemote",
    "push.test",
    "push.web.preferences.set",
    "push.web.subscribe",
    "push.web.test",
    "push.web.unsubscribe",
    "push.web.vapidPublicKey",
    "question.get",
    "question.list",
    "question.request",
    "question.resolve",
    "question.waitAnswer",
    "send",
    "session.discussion.open",
    "session.members.add",
    "session.members.remove",
    "session.suggestions.add",
    "session.suggestions.resolve",
    "session.typing",
    "sessions.abort",
    "sessions.activitySummary.ensure",
    "sessions.catalog.archive",
    "sessions.compaction.branch",
    "sessions.companion.ask",
    "sessions.companion.reset",
    "sessions.create",
    "sessions.delete",
    "sessions.dispatch",
    "sessions.fork",
    "sessions.github.confirm",
    "sessions.github.publish",
    "sessions.goal.clear",
    "sessions.goal.update",
    "sessions.groups.defaults",
    "sessions.groups.delete",
    "sessions.groups.put",
    "sessions.groups.rename",
    "sessions.groups.update",
    "sessions.move",
    "sessions.patch",
    "sessions.patchMany",
    "sessions.reclaim",
    "sessions.recover",
    "sessions.send",
    "sessions.setInvolvement",
    "sessions.steer",
    "sessions.title.prepare",
    "talk.client.close",
    "talk.client.create",
    "talk.client.steer",
    "talk.client.toolCall",
    "talk.client.transcript",
    "talk.config",
    "talk.mode",
    "talk.session.acknowledgeMark",
    "talk.session.appendAudio",
    "talk.session.cancelOutput",
    "talk.session.close",
    "talk.session.create",
    "talk.session.steer",
    "talk.session.submitToolResult",
    "talk.speak",
    "taskSuggestions.create",
    "taskSuggestions.dismiss",
    "tasks.cancel",
    "tasks.dismiss",
    "tasks.retry",
    "tts.convert",
    "tts.disable",
    "tts.enable",
    "tts.setPersona",
    "tts.speak",
    "ui.command",
    "users.github.authorize.cancel",
    "users.github.authorize.poll",
    "users.github.authorize.start",
    "users.github.disconnect",
    "users.prefs.set",
    "users.setAvatar",
    "users.setDisplayName",
    "wake",
];

/// Lets commands run, or touches files of the workspace.
const EXEC: &[&str] = &[
    "approval.resolve",
    "board.widget.grant",
    "exec.approval.grants.revoke",
    "exec.approval.request",
    "exec.approval.resolve",
    "fs.listDir",
    "plugin.approval.request",
    "plugin.approval.resolve",
    "projects.add",
    "worktrees.branches",
    "worktrees.create",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Methods that the gateway's schema gives to administrators, or to holders of the pairing scope.
    const STRICT: &[&str] = &[
        "agents.create",
        "agents.delete",
        "agents.files.set",
        "agents.update",
        "attach.grant",
        "attach.revoke",
        "channels.logout",
        "channels.pairing.dismiss",
        "channels.pairing.list",
        "channels.start",
        "channels.stop",
        "chat.inject",
        "config.apply",
        "config.openFile",
        "config.patch",
        "config.set",
        "connect",
        "conversations.list",
        "conversations.send",
        "conversations.turn",
        "conversations.turn.cancel",
        "cron.add",
        "cron.remove",
        "cron.run",
        "cron.scratch.get",
        "cron.scratch.set",
        "cron.update",
        "desktop.launch",
        "desktop.observe",
        "device.pair.approve",
        "device.pair.list",
        "device.pair.reject",
        "device.pair.remove",
        "device.pair.rename",
        "device.pair.setupCode",
        "device.pair.setupStatus",
        "device.token.revoke",
        "device.token.rotate",
        "environments.create",
        "environments.destroy",
        "exec.approvals.get",
        "exec.approvals.node.get",
        "exec.approvals.node.set",
        "exec.approvals.set",
        "gateway.restart.request",
        "gateway.suspend.prepare",
        "gateway.suspend.resume",
        "migrations.memory.apply",
        "migrations.memory.plan",
        "models.authLogout",
        "models.probe",
        "nativeHook.invoke",
        "node.pair.approve",
        "node.pair.list",
        "node.pair.reject",
        "node.pair.remove",
        "node.rename",
        "openclaw.changes.list",
        "openclaw.chat",
        "openclaw.chat.history",
        "openclaw.setup.activate",
        "openclaw.setup.activate.start",
        "openclaw.setup.auth.start",
        "openclaw.setup.detect",
        "openclaw.setup.prepare.start",
        "openclaw.setup.verify",
        "plugins.install",
        "plugins.refresh",
        "plugins.setEnabled",
        "plugins.uninstall",
        "projects.register",
        "projects.remove",
        "secrets.reload",
        "secrets.resolve",
        "secrets.store.delete",
        "secrets.store.list",
        "secrets.store.set",
        "sessions.branches.switch",
        "sessions.catalog.startTerminal",
        "sessions.cleanup",
        "sessions.compact",
        "sessions.compaction.restore",
        "sessions.files.reveal",
        "sessions.files.set",
        "sessions.pluginPatch",
        "sessions.reset",
        "sessions.rewind",
        "set-heartbeats",
        "skills.curator.pin",
        "skills.curator.restore",
        "skills.curator.unpin",
        "skills.install",
        "skills.proposals.apply",
        "skills.proposals.create",
        "skills.proposals.evaluate",
        "skills.proposals.historyScan",
        "skills.proposals.quarantine",
        "skills.proposals.reject",
        "skills.proposals.requestRevision",
        "skills.proposals.revise",
        "skills.proposals.update",
        "skills.update",
        "skills.upload.begin",
        "skills.upload.chunk",
        "skills.upload.commit",
        "system-event",
        "taskSuggestions.accept",
        "terminal.attach",
        "terminal.close",
        "terminal.input",
        "terminal.list",
        "terminal.open",
        "terminal.resize",
        "terminal.upload",
        "tools.github.authorize.cancel",
        "tools.github.authorize.poll",
        "tools.github.authorize.start",
        "tools.github.configure",
        "update.hold",
        "update.run",
        "update.status",
        "users.linkEmail",
        "users.setRole",
        "web.login.start",
        "web.login.wait",
        "wizard.cancel",
        "wizard.next",
        "wizard.start",
        "wizard.status",
        "worker.desktop.launch",
        "worker.desktop.observe",
        "worktrees.gc",
        "worktrees.remove",
        "worktrees.restore",
    ];

    fn weaker() -> impl Iterator<Item = &'static str> {
        let weaker = METHODS.iter().filter(|(permission, _names)| *permission != BoxesAdminister);
        weaker.flat_map(|(_permission, names)| names.iter().copied())
    }

    #[test]
    fn what_the_gateway_gives_to_administrators_is_given_to_nobody_else() {
        for method in weaker() {
            assert!(!STRICT.contains(&method), "{method}");
            assert!(!method.ends_with('*'), "{method}: a family could grow");
        }
    }

    #[test]
    fn every_method_is_named_once() {
        let mut names: Vec<_> = METHODS.iter().flat_map(|(_permission, names)| names.iter()).collect();
        let before = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), before);
    }

    #[test]
    fn what_clients_ask_for_by_themselves_only_looks() {
        for method in PASSIVE_METHODS {
            assert!(!TALK.contains(method) && !EXEC.contains(method) && !method.ends_with('*'), "{method}");
        }
    }

    #[test]
    fn paths_are_plain_and_in_lower_case() {
        for (path, _look, _change) in PATHS {
            assert!(!path.ends_with('/') && *path == path.to_lowercase(), "{path}");
        }
    }
}
