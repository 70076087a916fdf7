//! `smartbox-boxd`: first process of a box.

use std::io::Write as _;
use std::process::ExitCode;

use smartbox_boxd::EXIT_CONFIG;
use smartbox_boxd::daemon::settings::Settings;
use smartbox_boxd::daemon::{self, BadConfig};

fn main() -> anyhow::Result<ExitCode> {
    let settings = Settings::from_args(std::env::args_os().skip(1))?;
    // One thread: small, and nothing forks behind the back of whoever waits for processes.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(daemon::run(settings)) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if error.is::<BadConfig>() => {
            // The log may not be open yet: it is part of the configuration.
            writeln!(std::io::stderr(), "boxd cannot start: {error:#}")?;
            Ok(ExitCode::from(u8::try_from(EXIT_CONFIG)?))
        }
        Err(error) => Err(error),
    }
}
