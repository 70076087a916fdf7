//! `smartbox doctor`: is this machine fit for boxes? Each failure comes with its remedy.

mod platforms;

use std::io::Write;
use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;
use smartbox_control::{Clock, SystemClock};
use smartbox_openclaw::runtime_store::RuntimeStore;
use smartbox_openclaw::versions;
use smartbox_providers::local::{self, Verdict};
use smartbox_store::check_address;

use crate::console::Console;
use crate::daemon::database::{look, look_at_platforms};
use crate::install::local_config;
use crate::settings::{DatabaseSettings, Flags, Settings};
use crate::tls::{self, Expiry, SOON};

/// One line of the report.
#[derive(Serialize)]
struct Line {
    name: String,
    state: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    remedy: String,
}

/// What `smartbox doctor` was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct DoctorOptions {
    /// A report for programs.
    pub json: bool,
    /// Make a swap file of this many bytes in the data directory first.
    pub setup_swap: Option<u64>,
}

/// Checks the machine and prints a report; fails if something that boxes need is missing. Changes nothing, unless a
/// swap file is asked for.
pub fn doctor(flags: &Flags, environment: &[(String, String)], options: DoctorOptions) -> ExitCode {
    let settings = match Settings::read(flags, environment) {
        Ok(settings) => settings,
        Err(problems) => return crate::refuse_settings(&Console::new(), &problems),
    };
    if let Some(bytes) = options.setup_swap
        && !set_up_swap(&settings, bytes)
    {
        return ExitCode::FAILURE;
    }
    let lines = lines(&settings);
    let text = if options.json {
        serde_json::to_string_pretty(&lines).unwrap_or_default() + "\n"
    } else {
        report(&lines)
    };
    // A reader that left early has seen enough.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    if lines.iter().any(|line| line.state == "fail") { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Says what was done, or what is in the way and what to do about it. Returns whether there is swap now.
fn set_up_swap(settings: &Settings, bytes: u64) -> bool {
    let console = Console::new();
    match local::setup_swap(&settings.data_dir, bytes) {
        Ok(done) => {
            console.say(&done);
            true
        }
        Err(error) => {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            console.say(&format!("error: {error}{cause}"));
            if let Some(remedy) = error.remedy() {
                console.say(&format!("help: {remedy}"));
            }
            false
        }
    }
}

fn lines(settings: &Settings) -> Vec<Line> {
    let data_dir = settings.data_dir.canonicalize().unwrap_or_else(|_missing| settings.data_dir.clone());
    let config = local_config(settings, &data_dir);
    let mut lines: Vec<Line> = local::doctor(&config)
        .into_iter()
        .map(|check| Line {
            name: check.name.to_owned(),
            state: match check.verdict {
                Verdict::Ok => "ok",
                Verdict::Warn => "warn",
                Verdict::Fail => "fail",
            },
            detail: check.detail,
            remedy: check.remedy,
        })
        .collect();
    lines.push(runtime(&RuntimeStore::new(config.runtime_dir)));
    lines.push(models(settings));
    lines.extend(database(settings));
    lines.extend(several_platforms(settings));
    lines.extend(certificate(settings, SystemClock.now()));
    lines
}

/// Whether the database on a server can be used, if it is to be on one.
fn database(settings: &Settings) -> Option<Line> {
    let DatabaseSettings::Server { url, .. } = &settings.database else { return None };
    let name = "database".to_owned();
    let looked = crate::block_on(async { Ok(look(url).await) });
    Some(match looked {
        Ok(Ok(())) => Line {
            name,
            state: "ok",
            detail: format!("{}; its backups are its operator's", check_address(url).unwrap_or_default()),
            remedy: String::new(),
        },
        Ok(Err(error)) => {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            Line { name, state: "fail", detail: format!("{error}{cause}"), remedy: error.remedy().to_owned() }
        }
        Err(error) => Line { name, state: "fail", detail: error.to_string(), remedy: String::new() },
    })
}

/// The platforms that share the database on a server, if it is to be on one and can be reached.
fn several_platforms(settings: &Settings) -> Vec<Line> {
    let DatabaseSettings::Server { url, .. } = &settings.database else { return Vec::new() };
    let looks = crate::block_on(async {
        let Ok(Some(first)) = look_at_platforms(url).await else { return Ok(None) };
        if !first.platforms.is_empty() {
            tokio::time::sleep(platforms::BETWEEN_LOOKS).await;
        }
        let Ok(Some(second)) = look_at_platforms(url).await else { return Ok(None) };
        Ok(Some(platforms::Looks { first, second, here: SystemClock.now() }))
    });
    // What is wrong with the database is said above.
    looks.ok().flatten().map(|looks| platforms::lines(&looks)).unwrap_or_default()
}

/// Whether the certificate of the edge is valid for long enough, if there is to be one.
fn certificate(settings: &Settings, now: Timestamp) -> Option<Line> {
    let name = "certificate".to_owned();
    let (until, remedy) = match (&settings.edge.tls, &settings.edge.acme) {
        (Some((files, pair)), _) => (
            pair.expires_at,
            format!(
                "Renew {} (at least {} days ahead); Smartbox shows the new one without a restart.",
                files.certificate.display(),
                SOON.as_secs() / (24 * 60 * 60)
            ),
        ),
        (None, Some(acme)) => {
            let Some(issued) = tls::issued(&settings.edge, &settings.data_dir) else {
                let detail = format!("not yet issued by {}", acme.directory);
                let remedy = "`smartbox up` orders it; its log says what is in the way.".to_owned();
                return Some(Line { name, state: "warn", detail, remedy });
            };
            let remedy = "`smartbox up` renews it; its log says what is in the way.".to_owned();
            (issued.validity().map(|(_from, until)| until), remedy)
        }
        (None, None) => return None,
    };
    let (state, detail) = match until.map(|until| (Expiry::at(now, until), until)) {
        Some((Expiry::Fine, at)) => ("ok", format!("valid until {at}")),
        Some((Expiry::Soon, at)) => ("warn", format!("expires soon, at {at}")),
        Some((Expiry::Over, at)) => ("fail", format!("has expired at {at}")),
        None => ("warn", "its time of validity cannot be read".to_owned()),
    };
    let remedy = if state == "ok" { String::new() } else { remedy };
    Some(Line { name, state, detail, remedy })
}

fn runtime(store: &RuntimeStore) -> Line {
    let version = &versions::pinned().openclaw;
    let is_there = store.get(version).is_some();
    Line {
        name: "agent runtime".to_owned(),
        state: if is_there { "ok" } else { "warn" },
        detail: format!("OpenClaw {version} is {}installed", if is_there { "" } else { "not yet " }),
        remedy: if is_there {
            String::new()
        } else {
            "`smartbox up` installs it; `smartbox setup` does so now.".to_owned()
        },
    }
}

fn models(settings: &Settings) -> Line {
    let is_demo = settings.models.is_demo();
    Line {
        name: "models".to_owned(),
        state: if is_demo { "warn" } else { "ok" },
        detail: if is_demo { "only the built-in demo model".to_owned() } else { "configured".to_owned() },
        remedy: settings.models.advice().join(" "),
    }
}

fn report(lines: &[Line]) -> String {
    let width = lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        let mark = match line.state {
            "ok" => "✓",
            "warn" => "!",
            _ => "✗",
        };
        text.push_str(&format!("{mark} {:width$}  {}\n", line.name, line.detail));
        if !line.remedy.is_empty() {
            text.push_str(&format!("  {:width$}  help: {}\n", "", line.remedy));
        }
    }
    text
}

#[cfg(test)]
mod tests;
