//! Where boxd finds its files and ports.
//!
//! In a box everything is where the contract says. A test gives another root directory and ports, so that boxd
//! runs on an ordinary host next to other programs.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::readiness;
use crate::{
    AGENT_HOME, BOXD_LOG_PATH, CONFIG_PATH, EPOCH_PATH, GATEWAY_LOG_PATH, GATEWAY_PORT, HOST_KEY_PATH,
    SSH_PORT, STATUS_PATH, VOLUME_EPOCH_PATH,
};

/// Everything that differs between a box and a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Files.
    pub paths: Paths,
    /// Where the SSH server listens.
    pub ssh: SocketAddr,
    /// Where the gateway is probed.
    pub gateway: SocketAddr,
    /// Longest wait for the gateway's answer to a probe.
    pub probe_time_out: Duration,
    /// As whom programs are run.
    pub run_as: RunAs,
}

/// As whom boxd runs programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunAs {
    /// As the agent, without supplementary groups.
    Agent,
    /// As boxd's own user. For tests that are not root.
    Same,
}

/// boxd's files, see the constants of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// [`CONFIG_PATH`].
    pub config: PathBuf,
    /// [`STATUS_PATH`].
    pub status: PathBuf,
    /// [`EPOCH_PATH`].
    pub epoch: PathBuf,
    /// [`VOLUME_EPOCH_PATH`].
    pub volume_epoch: PathBuf,
    /// [`HOST_KEY_PATH`].
    pub host_key: PathBuf,
    /// [`GATEWAY_LOG_PATH`].
    pub gateway_log: PathBuf,
    /// [`BOXD_LOG_PATH`].
    pub boxd_log: PathBuf,
    /// [`AGENT_HOME`].
    pub home: PathBuf,
}

impl Paths {
    /// The contract's paths below another root directory.
    pub fn under(root: &Path) -> Self {
        let place = |path: &str| root.join(path.trim_start_matches('/'));
        Self {
            config: place(CONFIG_PATH),
            status: place(STATUS_PATH),
            epoch: place(EPOCH_PATH),
            volume_epoch: place(VOLUME_EPOCH_PATH),
            host_key: place(HOST_KEY_PATH),
            gateway_log: place(GATEWAY_LOG_PATH),
            boxd_log: place(BOXD_LOG_PATH),
            home: place(AGENT_HOME),
        }
    }
}

/// The command line is wrong.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown or incomplete argument `{0}`; usage: smartbox-boxd [--root DIR] [--ssh-port N] [--gateway-port N] [--probe-ms N] [--same-user]"
)]
pub struct UsageError(String);

impl Default for Settings {
    fn default() -> Self {
        Self {
            paths: Paths::under(Path::new("/")),
            ssh: SocketAddr::from((Ipv4Addr::LOCALHOST, SSH_PORT)),
            gateway: SocketAddr::from((Ipv4Addr::LOCALHOST, GATEWAY_PORT)),
            probe_time_out: readiness::TIME_OUT,
            run_as: RunAs::Agent,
        }
    }
}

impl Settings {
    /// Reads the arguments behind the program's name. In a box there are none.
    ///
    /// # Errors
    /// When one is unknown, or its value is missing or unfit.
    pub fn from_args(args: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let mut settings = Self::default();
        let mut args = args.into_iter();
        while let Some(name) = args.next() {
            let wrong = || UsageError(name.to_string_lossy().into_owned());
            match name.to_str() {
                Some("--root") => {
                    settings.paths = Paths::under(Path::new(&args.next().ok_or_else(wrong)?));
                }
                Some("--ssh-port") => settings.ssh.set_port(number(args.next()).ok_or_else(wrong)?),
                Some("--gateway-port") => settings.gateway.set_port(number(args.next()).ok_or_else(wrong)?),
                Some("--probe-ms") => {
                    settings.probe_time_out = Duration::from_millis(number(args.next()).ok_or_else(wrong)?);
                }
                Some("--same-user") => settings.run_as = RunAs::Same,
                _ => return Err(wrong()),
            }
        }
        Ok(settings)
    }
}

fn number<T: std::str::FromStr>(value: Option<OsString>) -> Option<T> {
    value?.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Settings, UsageError> {
        Settings::from_args(args.iter().map(OsString::from))
    }

    #[test]
    fn a_box_needs_no_argument() -> Result<(), UsageError> {
        let settings = parse(&[])?;
        assert_eq!(settings.paths.config, Path::new("/run/smartbox/boxd.json"));
        assert_eq!(settings.ssh.to_string(), "127.0.0.1:22");
        assert_eq!(settings.run_as, RunAs::Agent);
        Ok(())
    }

    #[test]
    fn another_root_moves_every_file() -> Result<(), UsageError> {
        let settings = parse(&["--root", "/t", "--ssh-port", "2222", "--same-user"])?;
        assert_eq!(settings.paths.home, Path::new("/t/home/agent"));
        assert_eq!(settings.paths.status, Path::new("/t/var/lib/boxd/status.json"));
        assert_eq!(settings.ssh.port(), 2222);
        Ok(())
    }

    #[test]
    fn a_wrong_argument_is_named() {
        for args in [&["--ssh-port"][..], &["--ssh-port", "x"], &["--shell"]] {
            assert!(parse(args).expect_err("is wrong").to_string().contains(args[0]));
        }
    }
}
