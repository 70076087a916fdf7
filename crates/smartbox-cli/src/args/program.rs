//! Flags of the commands that run in this process: the program hands them to the server as they are.
//!
//! They read no environment. The server merges them with its own settings, and flags win.

use std::path::PathBuf;

use clap::Args;

/// Flags of `smartbox up`.
#[derive(Clone, Debug, Default, Args)]
pub struct UpArgs {
    /// Address to listen on, such as 127.0.0.1:8080; port 0 lets the system choose
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Settings file; smartbox.toml in the data directory if it is there
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Stop the boxes when the platform stops; otherwise they go on and are adopted at the next start
    #[arg(long)]
    pub stop_boxes_on_exit: bool,
    /// Create no box on the first start
    #[arg(long)]
    pub no_first_box: bool,
}

/// Flags of `smartbox setup`.
#[derive(Clone, Debug, Default, Args)]
pub struct SetupArgs {
    /// Settings file; smartbox.toml in the data directory if it is there
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Flags of `smartbox doctor`.
#[derive(Clone, Debug, Default, Args)]
pub struct DoctorArgs {
    /// Settings file; smartbox.toml in the data directory if it is there
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
