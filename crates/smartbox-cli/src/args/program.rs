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
    /// Make a swap file of this size in the data directory first, such as 4G, and use it
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub setup_swap: Option<u64>,
}

/// Reads a size in binary units: `512M`, `4G`; a bare number is bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let (number, shift) = match text.strip_suffix(['M', 'm']) {
        Some(number) => (number, 20),
        None => text.strip_suffix(['G', 'g']).map_or((text, 0), |number| (number, 30)),
    };
    let size = number.parse::<u64>().ok().and_then(|size| size.checked_mul(1 << shift));
    size.ok_or_else(|| "not a size such as 512M or 4G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit_and_one_that_makes_no_sense_is_refused() {
        assert_eq!(bytes("4G"), Ok(4 << 30));
        assert_eq!(bytes("512m"), Ok(512 << 20));
        assert_eq!(bytes("4096"), Ok(4096));
        for bad in ["", "G", "4T", "-1G", "1.5G", "99999999999999999999", "18446744073709551615G"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }
}
