//! `[backup]`: where backups lie, when they are made, and which are kept.

use std::num::NonZeroU64;
use std::time::Duration;

use anyhow::{Context, Result};
use secrecy::SecretString;
use smartbox_backup::{Bandwidth, Bucket, Depot, Place};
use smartbox_control::BackupPolicy;
use smartbox_core::backup::{Matter, Retention};

use super::parse::{self, Problems, Wrong, wrong};
use super::{host, raw};
use crate::data_dir::DataDir;

/// The settings of backups.
#[derive(Clone, Debug, Default)]
pub(crate) struct BackupSettings {
    /// `None`: a directory of the data directory.
    place: Option<Box<Place>>,
    /// When, and which.
    pub(crate) policy: BackupPolicy,
    /// How many bytes a second go to the place and come from it.
    bandwidth: Bandwidth,
}

impl BackupSettings {
    /// Understands the texts. What is wrong is added to `problems`.
    pub(super) fn parse(raw: raw::Backup, archive_after: Option<&str>, problems: &mut Problems) -> Self {
        let standard = BackupPolicy::default();
        let kept = standard.retention;
        let mut number = |setting, text: &Option<String>, default| {
            problems.take(setting, parse::count(text.as_deref(), default))
        };
        let retention = Retention {
            hourly: number("backup.keep_hourly", &raw.keep_hourly, kept.hourly),
            daily: number("backup.keep_daily", &raw.keep_daily, kept.daily),
            weekly: number("backup.keep_weekly", &raw.keep_weekly, kept.weekly),
            monthly: number("backup.keep_monthly", &raw.keep_monthly, kept.monthly),
            ..kept
        };
        let at_once = number("backup.at_once", &raw.at_once, u32::try_from(standard.at_once).unwrap_or(1));
        let all_for = problems.take("backup.keep_all", parse::duration(raw.keep_all.as_deref(), "90m"));
        Self {
            bandwidth: Bandwidth {
                up: problems.take("backup.upload_limit", rate(raw.upload_limit.as_deref())),
                down: problems.take("backup.download_limit", rate(raw.download_limit.as_deref())),
            },
            policy: BackupPolicy {
                archive_after: problems.take("boxes.archive_after", archive(archive_after)),
                period: problems.take("backup.period", period(raw.period.as_deref())),
                retention: Retention { all_for, ..retention },
                at_once: at_once as usize,
                drill_every: problems.take("backup.drill_every", drill_every(raw.drill_every.as_deref())),
                undo_for: problems.take("backup.undo", parse::duration(raw.undo.as_deref(), "24h")),
                ..standard
            },
            place: problems.take("backup.location", place(raw)),
        }
    }

    /// Opens the place. Nothing is sent yet.
    pub(crate) fn depot(&self, data: &DataDir) -> Result<Depot> {
        let standard = || Box::new(Place::Directory(data.path().join("backups")));
        let place = self.place.clone().unwrap_or_else(standard);
        if let Place::Directory(path) = &*place {
            // Everything in it is encrypted; what it tells by names and sizes is nobody's business either.
            data.make_private_dir(&path.join("users"))?;
        }
        let depot = Depot::open(&place, tokio::runtime::Handle::current())
            .context("the place of the backups cannot be used")?;
        let is_limited = self.bandwidth != Bandwidth::default();
        Ok(if is_limited { depot.limited(self.bandwidth) } else { depot })
    }
}

/// Shorter ones would be under way all the time.
const PERIOD_MIN: Duration = Duration::from_secs(30);

fn period(text: Option<&str>) -> Result<Option<Duration>, Wrong<Option<Duration>>> {
    if text == Some("never") {
        return Ok(None);
    }
    match parse::duration(text, "5m") {
        Ok(period) if period >= PERIOD_MIN => Ok(Some(period)),
        _ => Err(wrong("must be `never` or a time of at least 30s, such as 5m", None)),
    }
}

/// After how long without use a box is archived.
fn archive(text: Option<&str>) -> Result<Option<Duration>, Wrong<Option<Duration>>> {
    let after = Matter::ArchiveAfter.read(text.unwrap_or("never"));
    let after = after.map_err(|bad| wrong(bad.to_string(), None))?;
    Ok((after > 0).then(|| Duration::from_secs(after)))
}

/// A slower one would not get a pack through before the store gives up waiting for it.
const RATE_MIN: u64 = 256 * 1024;

/// Bytes a second, written as a size; 0 is no limit.
fn rate(text: Option<&str>) -> Result<Option<NonZeroU64>, Wrong<Option<NonZeroU64>>> {
    match host::size(text) {
        Ok(None | Some(0)) => Ok(None),
        Ok(Some(rate)) if rate >= RATE_MIN => Ok(NonZeroU64::new(rate)),
        _ => Err(wrong("must be a size for each second of at least 256KiB, such as 4MiB, or 0", None)),
    }
}

/// Each drill boots a box.
const DRILL_EVERY_MIN: Duration = Duration::from_mins(10);

fn drill_every(text: Option<&str>) -> Result<Option<Duration>, Wrong<Option<Duration>>> {
    if text == Some("never") {
        return Ok(None);
    }
    match parse::duration(text, "24h") {
        Ok(every) if every >= DRILL_EVERY_MIN => Ok(Some(every)),
        _ => Err(wrong("must be `never` or a time of at least 10m, such as 24h", None)),
    }
}

/// A directory, or `s3://bucket/prefix`.
fn place(raw: raw::Backup) -> Result<Option<Box<Place>>, Wrong<Option<Box<Place>>>> {
    let Some(location) = raw.location.filter(|text| !text.is_empty()) else { return Ok(None) };
    let Some(rest) = location.strip_prefix("s3://") else {
        return if location.starts_with('/') {
            Ok(Some(Box::new(Place::Directory(location.into()))))
        } else {
            Err(wrong("must be an absolute path, or s3://bucket/prefix", None))
        };
    };
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let (Some(access_key_id), Some(secret)) = (raw.access_key_id, raw.secret_access_key) else {
        let needs = "needs `backup.access_key_id` and `backup.secret_access_key` (R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY)";
        return Err(wrong(needs, None));
    };
    let fits = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte));
    if name.is_empty() || !fits(name) || !fits(prefix) {
        return Err(wrong("must name a bucket and a plain prefix, such as s3://backups/smartbox", None));
    }
    let r2 = raw.r2_account.filter(|account| !account.is_empty() && raw.endpoint.is_none());
    let endpoint = match &r2 {
        Some(account) if account.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Some(format!("https://{account}.r2.cloudflarestorage.com"))
        }
        Some(_) => return Err(wrong("needs an account id of letters and digits in CF_ACCOUNT_ID", None)),
        None => raw.endpoint,
    };
    let standard = if endpoint.is_some() { "auto" } else { "us-east-1" };
    Ok(Some(Box::new(Place::Bucket(Bucket {
        name: name.to_owned(),
        prefix: prefix.to_owned(),
        endpoint,
        region: raw.region.unwrap_or_else(|| standard.to_owned()),
        access_key_id,
        secret_access_key: SecretString::from(secret),
    }))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(change: impl FnOnce(&mut raw::Backup)) -> (BackupSettings, Vec<String>) {
        let mut raw = raw::Backup::default();
        change(&mut raw);
        let mut problems = Problems::default();
        let settings = BackupSettings::parse(raw, None, &mut problems);
        (settings, problems.into_result(()).err().unwrap_or_default())
    }

    #[test]
    fn a_bucket_of_r2_needs_account_and_keys() {
        let (settings, wrong) = parse(|raw| {
            raw.location = Some("s3://moltbot-data/users-backups".to_owned());
            raw.r2_account = Some("abc123".to_owned());
            raw.access_key_id = Some("id".to_owned());
            raw.secret_access_key = Some("secret".to_owned());
        });
        assert_eq!(wrong, Vec::<String>::new());
        let Some(Place::Bucket(bucket)) = settings.place.map(|place| *place) else { panic!("a bucket") };
        assert_eq!(bucket.endpoint.as_deref(), Some("https://abc123.r2.cloudflarestorage.com"));
        assert_eq!(
            (bucket.name.as_str(), bucket.prefix.as_str(), bucket.region.as_str()),
            ("moltbot-data", "users-backups", "auto")
        );
        assert!(!format!("{bucket:?}").contains("secret\""), "the secret is not shown");
        let (_, wrong) = parse(|raw| raw.location = Some("s3://bucket".to_owned()));
        assert!(wrong[0].contains("R2_SECRET_ACCESS_KEY"), "{wrong:?}");
    }

    #[test]
    fn what_cannot_be_is_named() {
        for (location, said) in [("backups", "absolute"), ("s3:///x", "bucket")] {
            let (_, wrong) = parse(|raw| {
                raw.location = Some(location.to_owned());
                raw.access_key_id = Some("id".to_owned());
                raw.secret_access_key = Some("secret".to_owned());
            });
            assert!(wrong[0].contains("backup.location") && wrong[0].contains(said), "{wrong:?}");
        }
        let (_, wrong) = parse(|raw| raw.period = Some("1s".to_owned()));
        assert!(wrong[0].contains("backup.period"), "{wrong:?}");
        let (_, wrong) = parse(|raw| raw.drill_every = Some("1m".to_owned()));
        assert!(wrong[0].contains("backup.drill_every"), "{wrong:?}");
        let (never, wrong) = parse(|raw| raw.period = Some("never".to_owned()));
        assert!(wrong.is_empty() && never.policy.period.is_none());
    }

    #[test]
    fn a_rate_is_a_size_for_each_second() {
        let (settings, wrong) = parse(|raw| {
            raw.upload_limit = Some("4MiB".to_owned());
            raw.download_limit = Some("0".to_owned());
        });
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!((settings.bandwidth.up, settings.bandwidth.down), (NonZeroU64::new(4 << 20), None));
        for bad in ["1KiB", "4", "fast"] {
            let (settings, wrong) = parse(|raw| raw.upload_limit = Some(bad.to_owned()));
            assert!(
                wrong[0].contains("backup.upload_limit") && settings.bandwidth.up.is_none(),
                "{bad}: {wrong:?}"
            );
        }
    }

    #[test]
    fn boxes_are_archived_when_somebody_says_after_how_long() {
        let parse = |text: Option<&str>| {
            let mut problems = Problems::default();
            let settings = BackupSettings::parse(raw::Backup::default(), text, &mut problems);
            (settings.policy.archive_after, problems.into_result(()).err().unwrap_or_default())
        };
        assert_eq!(parse(None), (None, Vec::new()));
        assert_eq!(parse(Some("never")), (None, Vec::new()));
        assert_eq!(parse(Some("30d")), (Some(Duration::from_hours(30 * 24)), Vec::new()));
        let (_, wrong) = parse(Some("5m"));
        assert!(wrong[0].contains("boxes.archive_after"), "{wrong:?}");
    }
}
