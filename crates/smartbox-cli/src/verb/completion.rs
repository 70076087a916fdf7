//! `smartbox completion`.

use clap::Args;
use clap_complete::Shell;

use crate::Outcome;
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script; `docs/cli.md` says where each shell wants it.
pub(super) async fn run(args: &CompletionArgs, console: &mut Console) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::args::command(), "smartbox", &mut script);
    console.bytes(&script).await?;
    Ok(Exit::Success)
}
