//! Gives a running gateway another configuration.
//!
//! The gateway watches its file. What it can take over while it runs it takes over; for the rest it starts itself again inside its
//! process, which takes a third of a new incarnation's time. What it refuses it does not take over, and says so when it is asked.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use smartbox_openclaw::client::Timeouts;
use smartbox_openclaw::config::OwnerPart;
use smartbox_openclaw::{CONFIG_PATH, ClientError, config};
use smartbox_store::Smartbox;
use smartbox_tunnel::{ExecEvent, ExecRequest};

use crate::boxes::secret;
use crate::configs::Censor;
use crate::{Control, Error};

/// Longest time that writing the file may take.
const WRITE_TIME_MAX: Duration = Duration::from_secs(15);
/// Longest time that the gateway is asked for. It may be starting itself again.
const ASK_TIMES: Timeouts = Timeouts { connect: Duration::from_secs(5), call: Duration::from_secs(10) };
/// Most of its words that are told.
const ISSUES_MAX: usize = 5;

/// What a gateway says of its file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It works with it.
    Taken,
    /// It has not taken it over, or does not answer at present.
    NotYet,
    /// It does not take it, for these reasons.
    Refused(String),
    /// It does not say such things.
    Silent,
    /// It cannot be given to a gateway that runs.
    NotGiven(&'static str),
}

/// Writes the file of a gateway that runs and asks what it says of it.
pub(super) async fn to_running(control: &Control, row: &Smartbox, version: i64) -> Result<Verdict, Error> {
    let (newest, part) = control.owner_part(row).await?;
    if newest != version {
        // The next look sees what should be now.
        return Ok(Verdict::NotYet);
    }
    if !takes_files(&part) {
        return Ok(Verdict::NotGiven(
            "its gateway does not look at its file while it runs (`gateway.reload.mode`)",
        ));
    }
    let org = control.inner.store.org(row.org);
    let token = org.secret(row.id, secret::GATEWAY_TOKEN).await?;
    let token = token.ok_or_else(|| Error::internal("a box has no gateway token"))?;
    let content = config::render(&control.offered_models(row), &token, Some(&part));
    let written = tokio::time::timeout(WRITE_TIME_MAX, write(control, row, content)).await;
    if let Ok(Err(error)) = &written {
        tracing::debug!(box.id = %row.id, error = error as &dyn std::error::Error, "a file could not be written in a box");
    }
    if !matches!(written, Ok(Ok(()))) {
        return Ok(Verdict::NotGiven("its file could not be written while it runs"));
    }
    control.config_fleet().note_config_given(row.id, version, row.generation).await?;
    ask(control, row).await
}

/// Whether the gateway takes over what needs another start of it, too.
fn takes_files(part: &OwnerPart) -> bool {
    let document = part.to_value();
    let mode = document.pointer("/gateway/reload/mode").and_then(serde_json::Value::as_str);
    mode.is_none_or(|mode| mode == "hybrid")
}

/// Writes beside the file and renames: a gateway never reads half of it. The content goes in as input, since arguments can be seen.
async fn write(control: &Control, row: &Smartbox, content: Vec<u8>) -> Result<(), Error> {
    let draft = format!("{CONFIG_PATH}.new");
    run(control, row, &["install", "-m", "600", "/dev/stdin", &draft], content).await?;
    run(control, row, &["mv", "-f", &draft, CONFIG_PATH], Vec::new()).await
}

async fn run(control: &Control, row: &Smartbox, argv: &[&str], input: Vec<u8>) -> Result<(), Error> {
    // Nobody is kept waiting by it: the box gets the file with its next incarnation.
    let unavailable = |error: smartbox_tunnel::SshError| Error::internal(error);
    let connection = control.ssh(row).await?;
    let argv = argv.iter().map(|arg| (*arg).to_owned()).collect();
    let request = ExecRequest { argv, env: Default::default(), cwd: None, tty: None };
    let (stdin, mut output) = connection.exec(request).await.map_err(unavailable)?.split();
    let fed = async {
        if !input.is_empty() {
            stdin.write(Bytes::from(input)).await.map_err(Error::internal)?;
        }
        stdin.finish().await.map_err(Error::internal)
    };
    let ended = async {
        loop {
            match output.next().await.map_err(unavailable)? {
                Some(ExecEvent::Exit { code: 0 }) => return Ok(()),
                Some(ExecEvent::Stdout(_) | ExecEvent::Stderr(_)) => {}
                _ => return Err(Error::internal("a command in the box failed")),
            }
        }
    };
    let (_fed, ended) = tokio::join!(fed, ended);
    ended
}

/// The parts of `config.get` that tell how the gateway stands to its file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    valid: Option<bool>,
    #[serde(default)]
    issues: Vec<Issue>,
    config_revision_hash: Option<String>,
    applied_config_hash: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Issue {
    #[serde(default)]
    path: String,
    #[serde(default)]
    message: String,
}

/// Asks a gateway what it says of its file.
pub(super) async fn ask(control: &Control, row: &Smartbox) -> Result<Verdict, Error> {
    let Ok(client) = control.gateway_within(row, ASK_TIMES).await else { return Ok(Verdict::NotYet) };
    match client.call::<Snapshot>("config.get", &json!({})).await {
        Ok(snapshot) => {
            let (_version, part) = control.owner_part(row).await?;
            Ok(judge(&snapshot, &Censor::of(&part)))
        }
        Err(ClientError::Refused { .. }) => Ok(Verdict::Silent),
        Err(_it_starts_again_perhaps) => Ok(Verdict::NotYet),
    }
}

fn judge(snapshot: &Snapshot, censor: &Censor) -> Verdict {
    if snapshot.valid == Some(false) {
        let told =
            snapshot.issues.iter().take(ISSUES_MAX).map(|issue| format!("{}: {}", issue.path, issue.message));
        let told = censor.tell(&told.collect::<Vec<_>>().join("; "));
        return Verdict::Refused(format!("its gateway refuses it: {told}"));
    }
    match (&snapshot.config_revision_hash, &snapshot.applied_config_hash) {
        (Some(revision), Some(applied)) if revision == applied => Verdict::Taken,
        (Some(_), Some(_)) => Verdict::NotYet,
        _ => Verdict::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(answer: serde_json::Value) -> Verdict {
        let part = OwnerPart::new(json!({ "hooks": { "token": "s3cr3t-token" } })).unwrap();
        judge(&serde_json::from_value(answer).unwrap(), &Censor::of(&part))
    }

    #[test]
    fn a_gateway_tells_whether_it_works_with_its_file() {
        let same = json!({ "valid": true, "configRevisionHash": "a", "appliedConfigHash": "a" });
        assert_eq!(verdict(same), Verdict::Taken);
        let other = json!({ "valid": true, "configRevisionHash": "a", "appliedConfigHash": "b" });
        assert_eq!(verdict(other), Verdict::NotYet);
        assert_eq!(verdict(json!({ "valid": true })), Verdict::Silent, "an older version");
    }

    #[test]
    fn its_words_are_told_without_secrets() {
        let refused = json!({
            "valid": false,
            "issues": [{ "path": "hooks", "message": "s3cr3t-token is too short" }],
        });
        let Verdict::Refused(why) = verdict(refused) else { panic!() };
        assert!(why.contains("hooks: __SMARTBOX_REDACTED__ is too short"), "{why}");
    }

    #[test]
    fn a_gateway_that_does_not_look_is_given_nothing_while_it_runs() {
        for (mode, expected) in [("off", false), ("hot", false), ("restart", false), ("hybrid", true)] {
            let part = OwnerPart::new(json!({ "gateway": { "reload": { "mode": mode } } })).unwrap();
            assert_eq!(takes_files(&part), expected, "{mode}");
        }
        assert!(takes_files(&OwnerPart::default()));
    }
}
