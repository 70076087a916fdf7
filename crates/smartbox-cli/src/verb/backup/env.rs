//! `smartbox backup env`.

use clap::Args;

use super::key::fetch;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::verb::BoxFlag;

/// Flags of `backup env`.
#[derive(Debug, Args)]
pub struct EnvArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Prints what a shell sets for `restic`.
pub(super) async fn run(client: &Client, args: &EnvArgs, console: &mut Console) -> Outcome {
    let key = fetch(client, &args.smartbox).await?;
    if console.wants_json() {
        console.json(&key).await?;
        return Ok(Exit::Success);
    }
    let lines = format!(
        "export RESTIC_REPOSITORY={}\nexport RESTIC_PASSWORD={}\n",
        quoted(&key.repository),
        quoted(&key.password)
    );
    console.text(&lines).await?;
    Ok(Exit::Success)
}

/// As one word of a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_each_value_as_one_word() {
        assert_eq!(quoted("/var/lib/a b"), "'/var/lib/a b'");
        assert_eq!(quoted("it's; rm"), r"'it'\''s; rm'");
    }
}
