//! What `smartbox doctor` says of platforms that share a database.
//!
//! Alive is whose beat grows between two looks, as the platforms themselves see it (0032): clocks are compared only to say that they differ.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use smartbox_control::Maintenance;
use smartbox_store::{Platform, SeenPlatforms};

use super::Line;

/// Between the two looks: a platform that lives beats twice meanwhile.
pub(super) const BETWEEN_LOOKS: Duration = Duration::from_millis(2_500);
/// Clocks that differ by more than this are worth a word.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(5);
/// By more than this rights end at the wrong time.
const CLOCKS_TOO_FAR: SignedDuration = SignedDuration::from_secs(60);
/// As much of an id as tells one from the other.
const ID_CHARS: usize = 8;

/// Two looks at the database, and the time here at the second.
pub(super) struct Looks {
    pub(super) first: SeenPlatforms,
    pub(super) second: SeenPlatforms,
    pub(super) here: Timestamp,
}

impl Looks {
    /// One that was not there at the first look has joined since.
    fn is_alive(&self, platform: &Platform) -> bool {
        let before = self.first.platforms.iter().find(|one| one.id == platform.id);
        before.is_none_or(|before| before.beat < platform.beat)
    }
}

pub(super) fn lines(looks: &Looks) -> Vec<Line> {
    let all = &looks.second.platforms;
    let alive: Vec<&Platform> = all.iter().filter(|one| looks.is_alive(one)).collect();
    let mut lines = vec![clock("clock", "this machine's", looks.here, looks.second.database_now)];
    if all.is_empty() {
        lines.push(line("platforms", "ok", "none runs on this database".to_owned(), ""));
    }
    for platform in all {
        lines.push(one(looks, platform, alive.first().map(|leads| leads.id.as_str())));
        if looks.is_alive(platform) {
            let told = clock(&name_of(platform), "its", platform.beat_at, looks.second.database_now);
            lines.extend(Some(told).filter(|told| told.state != "ok"));
        }
    }
    lines.extend(versions(&alive));
    lines.extend(lease(&looks.second, alive.first().copied()));
    if looks.second.unkept > 0 && !alive.is_empty() {
        let detail = format!("{} have no platform that keeps them", looks.second.unkept);
        let remedy = "The platforms take them within seconds. If they do not: their disks are in another data directory; start a \
                      platform with that one.";
        lines.push(line("boxes", "warn", detail, remedy));
    }
    lines.extend(maintenance(&looks.second.maintenance));
    lines
}

fn one(looks: &Looks, platform: &Platform, leads: Option<&str>) -> Line {
    let name = name_of(platform);
    let boxes = looks.second.boxes.get(&platform.id).copied().unwrap_or(0);
    let Platform { address, version, joined_at, beat_at, .. } = platform;
    if looks.is_alive(platform) {
        let role = if leads == Some(platform.id.as_str()) { ", leads" } else { "" };
        let detail =
            format!("alive at {address} since {joined_at}, version {version}, keeps {boxes} boxes{role}");
        return line(&name, "ok", detail, "");
    }
    let detail = format!(
        "lost: no sign of life since {beat_at} ({address}, version {version}); it kept {boxes} boxes"
    );
    let remedy = match leads {
        Some(_) => "The others take its boxes over within 10 s. Look at its machine, and start it again.",
        None => "No other platform lives: start one (`smartbox up`); it takes the boxes over.",
    };
    line(&name, "fail", detail, remedy)
}

fn name_of(platform: &Platform) -> String {
    format!("platform {}", platform.id.chars().take(ID_CHARS).collect::<String>())
}

/// Times are taken one after the other, so a second or two are nothing.
fn clock(name: &str, whose: &str, time: Timestamp, database: Timestamp) -> Line {
    let apart = time.duration_since(database).abs();
    let detail = format!("{whose} clock and the database's differ by {} s", apart.as_secs());
    match apart {
        apart if apart > CLOCKS_TOO_FAR => line(
            name,
            "fail",
            detail,
            "Let a time service set both; rights and leases end at the wrong time.",
        ),
        apart if apart > CLOCKS_APART => line(name, "warn", detail, "Let a time service set both."),
        _ => line(name, "ok", detail, ""),
    }
}

fn versions(alive: &[&Platform]) -> Option<Line> {
    let versions: BTreeSet<&str> = alive.iter().map(|one| one.version.as_str()).collect();
    (versions.len() > 1).then(|| {
        let detail = format!("differ: {}", versions.into_iter().collect::<Vec<_>>().join(", "));
        let remedy = "That is as it should be during an upgrade only: start the older ones again with the newest version.";
        line("versions", "warn", detail, remedy)
    })
}

fn lease(seen: &SeenPlatforms, leads: Option<&Platform>) -> Option<Line> {
    let lease = seen.lease.as_ref()?;
    let is_held = lease.until > seen.database_now;
    let until = lease.until;
    Some(match (&lease.holder, leads) {
        (None, Some(leads)) if is_held => {
            let detail = format!("held by the platforms together, until {until}; {} leads", name_of(leads));
            line("lease", "ok", detail, "")
        }
        (Some(holder), _) if is_held => {
            let holder: String = holder.chars().take(ID_CHARS).collect();
            let detail = format!("held by {holder}, which believes itself alone, until {until}");
            let remedy =
                "Platforms of this version stand by until it ends: it is of an older version. Stop it.";
            line("lease", "warn", detail, remedy)
        }
        (None, None) if is_held => {
            let detail = format!("held until {until} by platforms of which none lives");
            line(
                "lease",
                "warn",
                detail,
                "Nothing to do: the next platform that starts waits until then, or takes it.",
            )
        }
        _ => line("lease", "ok", format!("free since {until}"), ""),
    })
}

fn maintenance(text: &str) -> Option<Line> {
    if text.is_empty() {
        return None;
    }
    let detail = match Maintenance::read(text) {
        Some(Maintenance { reason, drain, since, by, .. }) => {
            let draining = match drain.as_str() {
                "off" => "boxes that run go on".to_owned(),
                how => format!("draining: boxes are put to rest ({how})"),
            };
            format!("since {since} by {by}: {reason}; nothing new starts, {draining}")
        }
        None => "what is known of it cannot be read".to_owned(),
    };
    Some(line("maintenance", "warn", detail, "`smartbox maintenance end` when it is over."))
}

fn line(name: &str, state: &'static str, detail: String, remedy: &str) -> Line {
    Line { name: name.to_owned(), state, detail, remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests;
