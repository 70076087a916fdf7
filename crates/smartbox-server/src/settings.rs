//! Settings: `smartbox.toml` < environment < flags. Everything wrong is reported at once, before anything is bound.
//!
//! This module alone knows the environment; it gets it as a parameter from [`crate::environment`].

mod aliases;
mod backup;
mod database;
mod edge;
mod egress;
mod host;
mod identity;
mod parse;
mod platforms;
mod raw;
mod routing;
mod runtime;
mod secrets;
mod tracing;
mod usage;

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use smartbox_control::RuntimeFloor;
use smartbox_core::Thresholds;
use smartbox_core::capacity::HostLimits;
use smartbox_egress::ModelPlan;

use crate::data_dir::Owner;
pub(crate) use backup::BackupSettings;
pub(crate) use database::DatabaseSettings;
pub use edge::EdgeSettings;
pub(crate) use egress::EgressSettings;
pub(crate) use identity::ForeignSettings;
use parse::Problems;
pub(crate) use platforms::PlatformSettings;
pub(crate) use routing::RouteSettings;
pub(crate) use secrets::SealingKeys;
pub(crate) use tracing::TracingSettings;

/// Exit code for settings that cannot be used (`EX_CONFIG`).
pub const EXIT_BAD_SETTINGS: u8 = 78;

/// What the flags of `smartbox up` say. A flag wins over everything else.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`: another file than `smartbox.toml` in the data directory.
    pub config: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--stop-boxes-on-exit`.
    pub stop_boxes_on_exit: bool,
    /// `--no-first-box`: do not create a box on the first start.
    pub no_first_box: bool,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Where the root of every box comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// Built once with mmdebstrap.
    Debian,
    /// The host's own `/usr`, read-only.
    Host,
    /// An OCI or Docker archive.
    Archive(PathBuf),
}

/// The settings of one platform.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The listener, who may come, and how often.
    pub edge: EdgeSettings,
    /// The data directory.
    pub data_dir: PathBuf,
    /// Where the platform keeps what it must not forget.
    pub(crate) database: DatabaseSettings,
    /// How platforms that share a database reach each other.
    pub(crate) platforms: PlatformSettings,
    /// Images and agent runtimes; in the data directory by default.
    pub store_dir: Option<PathBuf>,
    /// The OCI runtime.
    pub oci_runtime: PathBuf,
    /// The boxes' root.
    pub image: Image,
    /// The admin secret, if it is set from outside.
    pub admin_secret: Option<SecretString>,
    /// The admin secret before it, which works as well while programs are changed over.
    pub admin_secret_previous: Option<SecretString>,
    /// Who else may say who somebody is.
    pub foreign: ForeignSettings,
    /// What is said of routes.
    pub(crate) routing: RouteSettings,
    /// The way out of the boxes.
    pub(crate) egress: EgressSettings,
    /// Where the keys come from that secrets are sealed with.
    pub(crate) sealing_keys: SealingKeys,
    /// Where numbers of the platform are served, if they are.
    pub(crate) metrics_listen: Option<std::net::SocketAddr>,
    /// Where spans of requests go, if they are traced.
    pub(crate) tracing: Option<TracingSettings>,
    /// Where backups lie, when they are made, and which are kept.
    pub(crate) backup: BackupSettings,
    /// Where model calls go.
    pub models: ModelPlan,
    /// How long a deleted box can be brought back.
    pub delete_grace: Duration,
    /// How long a gateway may take to finish its work.
    pub stop_grace: Duration,
    /// How long a request waits for its box.
    pub hold: Duration,
    /// When boxes fall asleep about which nothing else was decided.
    pub sleep: Thresholds,
    /// Whether an org's default box is woken when somebody signs in.
    pub prewarm_on_sign_in: bool,
    /// What the host keeps for itself.
    pub(crate) host: HostLimits,
    /// The oldest agent runtime that boxes may have.
    pub(crate) runtime_floor: RuntimeFloor,
    /// Schedules of the same minute are spread over this time.
    pub schedule_stagger: Duration,
    /// Between two looks at what boxes use and may use.
    pub monitor_interval: Duration,
    /// Whether webhooks may go to addresses that are not public, and over plain HTTP.
    pub webhooks_inside: bool,
    /// Which log lines are written.
    pub log_filter: String,
    /// How they look.
    pub log_format: LogFormat,
    /// See [`Flags`].
    pub stop_boxes_on_exit: bool,
    /// See [`Flags`].
    pub first_box: bool,
    /// Who gets the files that the command line needs.
    pub owner: Option<Owner>,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every line says one thing that is wrong and what to do.
    pub fn read(flags: &Flags, environment: &[(String, String)]) -> Result<Self, Vec<String>> {
        let mut problems = Problems::default();
        let canonical = aliases::canonical(environment);
        let data_dir = flags.data_dir.clone().or_else(|| aliases::data_dir(environment));
        let data_dir = data_dir.unwrap_or_else(|| PathBuf::from("/var/lib/smartbox"));
        let file = flags.config.clone().unwrap_or_else(|| data_dir.join("smartbox.toml"));
        let raw = match raw::Raw::read(&file, flags.config.is_some(), canonical) {
            Ok(raw) => raw,
            Err(problem) => return Err(vec![problem]),
        };

        let models = problems.all(smartbox_egress::model_plan(&raw.model_settings()));
        let settings = Self {
            edge: EdgeSettings::parse(flags.listen.as_deref(), &raw.edge, &mut problems),
            data_dir,
            database: database::parse(raw.database, &mut problems),
            platforms: platforms::parse(&raw.platforms, &mut problems),
            store_dir: raw.data.store.map(PathBuf::from),
            oci_runtime: PathBuf::from(raw.provider.oci_runtime.as_deref().unwrap_or("runc")),
            image: problems.take("provider.image", parse::image(raw.provider.image.as_deref())),
            admin_secret: problems.take("admin.secret", parse::admin_secret(raw.admin.secret)),
            admin_secret_previous: problems
                .take("admin.previous_secret", parse::admin_secret(raw.admin.previous_secret)),
            foreign: problems.lines(ForeignSettings::parse(raw.identity)),
            routing: problems.lines(routing::parse(&raw.routing)),
            egress: EgressSettings::parse(&raw.egress, &mut problems),
            sealing_keys: secrets::parse(raw.secrets, &mut problems),
            metrics_listen: raw
                .metrics
                .listen
                .as_deref()
                .filter(|text| !text.is_empty())
                .map(|text| problems.take("metrics.listen", parse::address(text))),
            tracing: tracing::parse(raw.tracing, &mut problems),
            backup: BackupSettings::parse(raw.backup, raw.boxes.archive_after.as_deref(), &mut problems),
            models: models.unwrap_or_else(ModelPlan::demo),
            delete_grace: problems
                .take("boxes.delete_grace", parse::duration(raw.boxes.delete_grace.as_deref(), "24h")),
            stop_grace: problems
                .take("boxes.stop_grace", parse::duration(raw.boxes.stop_grace.as_deref(), "30s")),
            hold: problems.take("boxes.hold", parse::duration(raw.boxes.hold.as_deref(), "90s")),
            sleep: parse::thresholds(&raw.boxes, &mut problems),
            prewarm_on_sign_in: problems
                .take("boxes.prewarm_on_sign_in", parse::flag(raw.boxes.prewarm_on_sign_in.as_deref())),
            host: host::parse(&raw.host, &mut problems),
            runtime_floor: problems
                .take("boxes.runtime_floor", runtime::floor(raw.boxes.runtime_floor.as_deref())),
            schedule_stagger: problems.take(
                "boxes.schedule_stagger",
                parse::duration(raw.boxes.schedule_stagger.as_deref(), "15s"),
            ),
            monitor_interval: problems.take("usage.monitor_interval_secs", usage::interval(&raw.usage)),
            webhooks_inside: problems
                .take("webhooks.allow_private", parse::flag(raw.webhooks.allow_private.as_deref())),
            log_filter: raw.log.filter.unwrap_or_else(|| "info".to_owned()),
            log_format: problems.take("log.format", parse::log_format(raw.log.format.as_deref())),
            stop_boxes_on_exit: flags.stop_boxes_on_exit,
            first_box: !flags.no_first_box,
            owner: aliases::owner_behind_sudo(environment),
        };
        problems.into_result(settings)
    }
}

#[cfg(test)]
mod tests;
