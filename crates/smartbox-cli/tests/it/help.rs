//! Help texts, usage errors, completion.

use clap::Command;

use crate::fake::Fake;
use crate::run::smartbox;

/// Help of a command and of all below it. The global options are the same everywhere and shown once.
fn helps(command: &mut Command, path: &str, text: &mut String) {
    let help = command.clone().term_width(100).render_help().to_string();
    let (own, global) = help.split_once("Global options:").unwrap();
    let global = if path == "smartbox" { format!("Global options:{global}") } else { String::new() };
    text.push_str(&format!("##### {path}\n\n{own}{global}\n"));
    for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
        let path = format!("{path} {}", below.get_name());
        helps(below, &path, text);
    }
}

fn built() -> Command {
    let mut command = smartbox_cli::command();
    command.build();
    command
}

#[test]
fn every_command_has_its_help() {
    let mut text = String::new();
    helps(&mut built(), "smartbox", &mut text);
    insta::assert_snapshot!(text);
}

#[test]
fn the_command_line_is_free_of_contradictions() {
    smartbox_cli::command().debug_assert();
}

#[test]
fn no_flag_has_the_name_of_a_global_one() {
    // The parser would hand one of them the other's value, and panic on the other's type.
    fn check(command: &Command, globals: &[&str], path: &str) {
        for below in command.get_subcommands() {
            let path = format!("{path} {}", below.get_name());
            for argument in below.get_arguments() {
                assert!(!globals.contains(&argument.get_id().as_str()), "{path}: {}", argument.get_id());
            }
            check(below, globals, &path);
        }
    }
    let command = smartbox_cli::command();
    let globals: Vec<&str> = command.get_arguments().map(|argument| argument.get_id().as_str()).collect();
    assert!(globals.contains(&"token"));
    check(&command, &globals, "smartbox");
}

#[test]
fn every_command_and_flag_is_in_the_manual() {
    fn check(command: &Command, path: &str, manual: &str) {
        let is_leaf = command.get_subcommands().next().is_none();
        assert!(!is_leaf || manual.contains(&format!("`{path}")), "`{path}` is missing in docs/cli.md");
        for flag in command.get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(|arg| arg.get_long())
        {
            assert!(manual.contains(&format!("--{flag}")), "--{flag} of `{path}` is missing in docs/cli.md");
        }
        for below in
            command.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set())
        {
            check(below, &format!("{path} {}", below.get_name()), manual);
        }
    }
    let manual = include_str!("../../../../docs/cli.md");
    check(&smartbox_cli::command(), "smartbox", manual);
}

#[tokio::test]
async fn the_manual_has_the_exit_codes_of_the_program() {
    let fake = Fake::start(axum::Router::new()).await;
    let ran = smartbox(&fake, &["exit-codes"]).end().await;
    let manual = include_str!("../../../../docs/cli.md");
    assert!(manual.contains(&ran.stdout), "docs/cli.md should hold:\n{}", ran.stdout);
    assert!(fake.lines().is_empty(), "help needs no platform");
}

#[test]
fn a_wrong_command_line_says_what_is_wrong() {
    let told = |words: &[&str]| {
        let words = std::iter::once("smartbox").chain(words.iter().copied());
        let error = smartbox_cli::parse_from(words).unwrap_err();
        format!("exit code: {}\n{error}", error.exit_code())
    };
    let cases: [&[&str]; 9] = [
        &["box", "create", "Not A Name"],
        &["box", "create", "home", "--kind", "robot"],
        &["box", "show", "../etc"],
        &["box", "delete"],
        &["exec", "id"],
        &["exec", "--"],
        &["logs", "--tail", "many"],
        &["box", "start", "home", "--timeout", "soon"],
        &["shell"],
    ];
    let text: String =
        cases.iter().map(|words| format!("$ smartbox {}\n{}\n", words.join(" "), told(words))).collect();
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn each_shell_gets_its_completion_script() {
    let fake = Fake::start(axum::Router::new()).await;
    for (shell, mark) in
        [("bash", "complete -F"), ("zsh", "#compdef smartbox"), ("fish", "complete -c smartbox")]
    {
        let ran = smartbox(&fake, &["completion", shell]).end().await;
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains(mark) && ran.stdout.contains("restart"), "{shell}");
    }
    assert!(fake.lines().is_empty(), "completion needs no platform");
}

#[test]
fn exec_and_its_siblings_name_a_box_alike() {
    for words in [
        ["smartbox", "exec", "--box", "home", "--", "id"].as_slice(),
        &["smartbox", "exec", "-b", "home", "-it", "--", "id", "--box"],
        &["smartbox", "logs", "-b", "home", "-f", "-n", "5"],
        &["smartbox", "chat", "--box", "home", "hello"],
        &["smartbox", "open", "-b", "home"],
    ] {
        assert!(smartbox_cli::parse_from(words).is_ok(), "{words:?}");
    }
}
