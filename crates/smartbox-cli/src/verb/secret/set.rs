//! `smartbox secret set`.

use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use smartbox_api::{SecretView, SetSecret};
use smartbox_core::secret::{VALUE_BYTES_MAX, check_value};

use super::{WhoseFlags, secret_name};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Longest input: a value and the end of its line.
const INPUT_BYTES_MAX: u64 = VALUE_BYTES_MAX as u64 + 2;

/// Flags of `secret set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// Its name, such as GITHUB_TOKEN
    #[arg(value_name = "NAME", value_parser = secret_name)]
    name: String,
    /// Read the value from this file; from standard input if left out, and a terminal is asked for it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Give it to the gateway's environment from its next start on, where the agent can read it; or keep it outside, which is usual
    #[arg(long, value_parser = ["injection", "environment"])]
    delivery: Option<String>,
    #[command(flatten)]
    whose: WhoseFlags,
}

/// Sets a secret. Its value comes from a file, from standard input or from the terminal, and from nowhere else: others can see a
/// command line and a program's variables.
pub(super) async fn run(client: &Client, args: &SetArgs, console: &mut Console) -> Outcome {
    let value = match &args.file {
        Some(path) => read_file(path).await?,
        None if console.can_ask() => {
            let [value] = console.secrets([&format!("Value of {}: ", args.name)]).await?;
            value
        }
        None => SecretString::from(console.read_text(INPUT_BYTES_MAX).await?),
    };
    let value = value.expose_secret();
    // Editors and `echo` end a line that nobody means.
    let value = value.strip_suffix("\r\n").or_else(|| value.strip_suffix('\n')).unwrap_or(value);
    check_value(value).map_err(|bad| Failure::new(Exit::Usage, format!("The value {bad}.")))?;
    let [kind, reference] = args.whose.path();
    let route = [kind.as_str(), &reference, "secrets", &args.name];
    let body = SetSecret { value: value.to_owned(), delivery: args.delivery.clone() };
    let set: SecretView = client.put_json(Route::v1(&route), &body).await?;
    if console.wants_json() {
        console.json(&set).await?;
        return Ok(Exit::Success);
    }
    console.say(&told(&set)).await;
    Ok(Exit::Success)
}

fn told(set: &SecretView) -> String {
    let name = &set.name;
    match set.delivery.as_str() {
        "environment" => {
            format!("{name} is set. Gateways have it from their next start on: `smartbox box restart`.")
        }
        _ => format!(
            "{name} is set. Inside boxes `{}` stands for it; `smartbox secret inject` says for which hosts it is put in.",
            set.placeholder
        ),
    }
}

async fn read_file(path: &std::path::Path) -> Result<SecretString, Failure> {
    use tokio::io::AsyncReadExt as _;

    let failed = |error: std::io::Error| {
        Failure::new(Exit::Usage, format!("{} cannot be read.", path.display())).detail(error.to_string())
    };
    let mut bytes = Vec::new();
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    file.take(INPUT_BYTES_MAX + 1).read_to_end(&mut bytes).await.map_err(failed)?;
    String::from_utf8(bytes)
        .map(SecretString::from)
        .map_err(|_bad| Failure::new(Exit::Usage, format!("{} is not UTF-8 text.", path.display())))
}
