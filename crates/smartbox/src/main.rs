//! The program: parses the command line and calls the server or the client. It decides nothing.

use std::process::ExitCode;

use smartbox_cli::{Command, GlobalArgs};
use smartbox_server::{DoctorOptions, Flags};

fn main() -> anyhow::Result<ExitCode> {
    let cli = smartbox_cli::parse();
    // Installed once, for every TLS connection of the process. It fails only if it was done before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let environment = smartbox_server::environment();
    if let Some(args) = cli.command.platform_restore() {
        let flags = Flags { config: args.config.clone(), ..flags(&cli.global) };
        return Ok(smartbox_server::restore_platform(&flags, &environment, args.snapshot.as_deref()));
    }
    match cli.command {
        Command::Up(args) => {
            let flags = Flags {
                config: args.config,
                listen: args.listen,
                stop_boxes_on_exit: args.stop_boxes_on_exit,
                no_first_box: args.no_first_box,
                ..flags(&cli.global)
            };
            Ok(smartbox_server::up(&flags, &environment))
        }
        Command::Setup(args) => {
            let flags = Flags { config: args.config, ..flags(&cli.global) };
            Ok(smartbox_server::setup(&flags, &environment))
        }
        Command::Doctor(args) => {
            let options = DoctorOptions { json: cli.global.json, setup_swap: args.setup_swap };
            let flags = Flags { config: args.config, ..flags(&cli.global) };
            Ok(smartbox_server::doctor(&flags, &environment, options))
        }
        Command::Client(command) => smartbox_cli::run(&cli.global, command),
    }
}

fn flags(global: &GlobalArgs) -> Flags {
    Flags { data_dir: global.data_dir().map(ToOwned::to_owned), ..Flags::default() }
}
