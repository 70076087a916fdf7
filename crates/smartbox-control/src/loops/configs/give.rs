//! Gives a running gateway another configuration.
//!
//! The gateway watches its file. What it can take over while it runs it takes over; for the rest it starts itself again inside its
//! process, which takes a third of a new incarnation's time. What it refuses it does not take over, and says so when it is asked.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use smartbox_openclaw::client::Timeouts;
use smartbox_openclaw::config::OwnerPart;
use smartbox_openclaw::{CONFIG_PATH, ClientError, config};
use smartbox_provider::{Epoch, RenderedFile, RenderedFileOwner};
use smartbox_store::Smartbox;

use crate::boxes::secret;
use crate::configs::Censor;
use crate::{Control, Error};

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
}

/// Whether a gateway that runs was given its file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// It has it, and says in a while what it thinks of it: at once it would still talk of the one before.
    Yes,
    /// Another version is wanted by now: the next look sees it.
    Overtaken,
    /// It cannot be given to a gateway that runs.
    No(&'static str),
}

/// Replaces the file of a gateway that runs.
pub(super) async fn to_running(
    control: &Control,
    epoch: Epoch,
    row: &Smartbox,
    version: i64,
) -> Result<Given, Error> {
    let (newest, part) = control.owner_part(row).await?;
    if newest != version {
        return Ok(Given::Overtaken);
    }
    if !takes_files(&part) {
        return Ok(Given::No("its gateway does not look at its file while it runs (`gateway.reload.mode`)"));
    }
    let org = control.inner.store.org(row.org);
    let token = org.secret(row.id, secret::GATEWAY_TOKEN).await?;
    let token = token.ok_or_else(|| Error::internal("a box has no gateway token"))?;
    let file = RenderedFile {
        path: CONFIG_PATH.to_owned(),
        content: config::render(&control.offered_models(row), &token, Some(&part)),
        owner: RenderedFileOwner::Agent,
    };
    let replaced = control.inner.provider.replace_file(row.id, epoch, row.generation, &file).await;
    if !replaced.map_err(Error::internal)? {
        return Ok(Given::No("its file could not be replaced while it runs"));
    }
    control.config_fleet().note_config_given(row.id, version, row.generation).await?;
    Ok(Given::Yes)
}

/// Whether the gateway takes over what needs another start of it, too.
fn takes_files(part: &OwnerPart) -> bool {
    let document = part.to_value();
    let mode = document.pointer("/gateway/reload/mode").and_then(serde_json::Value::as_str);
    mode.is_none_or(|mode| mode == "hybrid")
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
