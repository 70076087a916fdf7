//! `smartbox version`.

use std::time::Duration;

use serde::Serialize;
use smartbox_api::Health;

use crate::Outcome;
use crate::args::GlobalArgs;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::platform::Platform;

/// Longest time the platform may take to tell its version.
const PLATFORM_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Versions {
    version: &'static str,
    platform: Option<PlatformVersion>,
}

#[derive(Serialize)]
struct PlatformVersion {
    version: String,
    server: String,
}

/// Prints this program's version, and the platform's if one answers.
pub(super) async fn run(global: &GlobalArgs, console: &mut Console) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    // This command works everywhere. Only a platform that was named must answer.
    let platform = match platform_version(global).await {
        Ok(platform) => Some(platform),
        Err(failure) if global.server().is_some() => {
            if !console.wants_json() {
                console.text(&format!("smartbox {version}\n")).await?;
            }
            return Err(failure);
        }
        Err(_) => None,
    };
    if console.wants_json() {
        console.json(&Versions { version, platform }).await?;
        return Ok(Exit::Success);
    }
    console.text(&format!("smartbox {version}\n")).await?;
    if let Some(platform) = platform {
        console.text(&format!("platform {} ({})\n", platform.version, platform.server)).await?;
    }
    Ok(Exit::Success)
}

async fn platform_version(global: &GlobalArgs) -> Result<PlatformVersion, Failure> {
    // No credential is needed for this, so none is sent.
    let platform = Platform { token: None, ..Platform::find(global)? };
    let client = Client::new(platform)?;
    let health: Health = client.get_within(Route::root(&["health"]), PLATFORM_TIMEOUT).await?;
    Ok(PlatformVersion { version: health.version, server: client.shown_base().to_owned() })
}
