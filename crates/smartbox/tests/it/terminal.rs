//! The program on a terminal: live progress, questions, raw mode, sizes.

use std::process::ExitStatus;

use pty_process::{OwnedReadPty, OwnedWritePty, Pty, Size};
use rustix::process::Signal;
use rustix::termios::{LocalModes, Termios, tcgetattr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::fake::{self, Fake};
use crate::program::{LIMIT, PROGRAM, SECRET, signal};

/// The program on a terminal of 80 × 24.
pub(crate) struct Terminal {
    pub(crate) child: Child,
    reads: OwnedReadPty,
    writes: OwnedWritePty,
    pub(crate) seen: String,
    /// A second hold on the terminal, to look at its mode.
    mode: std::os::fd::OwnedFd,
}

impl Terminal {
    pub(crate) fn open(fake: &Fake, words: &[&str], variables: &[(&str, &str)]) -> Self {
        use std::os::fd::AsFd as _;
        let (pty, pts): (Pty, _) = pty_process::open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        let command = pty_process::Command::new(PROGRAM)
            .args(words)
            .env_clear()
            .env("TERM", "xterm")
            .env("SMARTBOX_SERVER", &fake.url)
            .env("SMARTBOX_TOKEN", SECRET)
            .envs(variables.iter().copied())
            .kill_on_drop(true);
        let mode = pty.as_fd().try_clone_to_owned().unwrap();
        let child = command.spawn(pts).unwrap();
        let (reads, writes) = pty.into_split();
        Self { child, reads, writes, seen: String::new(), mode }
    }

    /// Reads until this text has come.
    pub(crate) async fn until(&mut self, text: &str) {
        let reads = async {
            let mut is_over = false;
            while !self.seen.contains(text) {
                let mut buffer = [0; 4096];
                match self.reads.read(&mut buffer).await {
                    // Nothing at all is no end: a read that runs into the flush of a Ctrl-C comes back empty.
                    Ok(count) => self.seen.push_str(&String::from_utf8_lossy(&buffer[..count])),
                    Err(_) if is_over => break,
                    // The terminal answers EIO when the program has gone; what it wrote before may still come.
                    Err(_) => is_over = self.child.wait().await.is_ok(),
                }
            }
        };
        let _ = timeout(LIMIT, reads).await;
        assert!(self.seen.contains(text), "{text:?} did not come, but {:?}", self.seen);
        assert!(!self.seen.contains(SECRET));
    }

    pub(crate) async fn type_in(&mut self, keys: &[u8]) {
        self.writes.write_all(keys).await.unwrap();
    }

    pub(crate) async fn end(&mut self) -> ExitStatus {
        timeout(LIMIT, self.child.wait()).await.unwrap().unwrap()
    }

    pub(crate) fn modes(&self) -> Termios {
        tcgetattr(&self.mode).unwrap()
    }

    fn is_raw(&self) -> bool {
        !self.modes().local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    async fn until_raw(&self) {
        let start = Instant::now();
        while !self.is_raw() {
            assert!(start.elapsed() < LIMIT, "never raw");
            sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn progress_is_one_line_that_goes_away() {
    let (told, _asked) = mpsc::channel(8);
    let (release, released) = tokio::sync::watch::channel(false);
    let answer = fake::smartbox();
    let operation = axum::routing::get(move || async move {
        let mut released = released;
        released.wait_for(|released| *released).await.unwrap();
        axum::Json(
            serde_json::json!({"id": "op_1", "box_id": answer["id"], "kind": "start", "state": "succeeded",
            "created_at": "2026-11-21T07:51:02Z"}),
        )
    });
    let fake = Fake::start(fake::one_box(told, operation)).await;
    let mut terminal = Terminal::open(&fake, &["box", "start", "home"], &[]);
    terminal.until("home: running").await;
    release.send(true).unwrap();
    terminal.until("Box `home` runs.").await;
    assert!(terminal.end().await.success());
    let (live, last) = terminal.seen.rsplit_once("Box `home` runs.").unwrap();
    assert!(live.ends_with("\x1b[2K") || live.ends_with("\x1b[K"), "the line was not taken away: {live:?}");
    assert_eq!(last.trim(), "");
}

#[tokio::test]
async fn a_deletion_asks_and_believes_only_a_yes() {
    for (answer, is_deleted) in
        [("\r", false), ("n\r", false), ("yep\r", false), ("y\r", true), ("YES\r", true)]
    {
        let (told, mut asked) = mpsc::channel(8);
        let fake = Fake::start(fake::one_box(told, fake::succeeded())).await;
        let mut terminal = Terminal::open(&fake, &["box", "delete", "home"], &[]);
        terminal.until("Delete box `home` (running) and all its data? [y/N] ").await;
        terminal.type_in(answer.as_bytes()).await;
        terminal.until(if is_deleted { "is deleted" } else { "Nothing was deleted." }).await;
        assert_eq!(terminal.end().await.code(), Some(i32::from(!is_deleted)), "{answer:?}");
        assert_eq!(asked.try_recv().is_ok(), is_deleted, "{answer:?}");
    }
}

#[tokio::test]
async fn colours_are_for_terminals_that_want_them() {
    let routes = || {
        axum::Router::new()
            .route("/v1/boxes/home", axum::routing::get(|| async { axum::Json(fake::smartbox()) }))
    };
    let fake = Fake::start(routes()).await;
    for (variables, has_colours) in
        [(vec![], true), (vec![("NO_COLOR", "1")], false), (vec![("NO_COLOR", "")], true)]
    {
        let mut terminal = Terminal::open(&fake, &["box", "show", "home"], &variables);
        terminal.until("2026-11-21 07:51:02 UTC").await;
        assert!(terminal.end().await.success());
        assert_eq!(
            terminal.seen.contains("\x1b[32mrunning\x1b[0m"),
            has_colours,
            "{variables:?} {:?}",
            terminal.seen
        );
    }
}

#[tokio::test]
async fn a_command_on_a_terminal_gets_every_key_and_the_size() {
    let (routes, mut hears, says) = fake::exec();
    let fake = Fake::start(routes).await;
    let mut terminal = Terminal::open(&fake, &["exec", "--", "bash"], &[]);
    let before = terminal.modes();
    let (_, start) = timeout(LIMIT, hears.recv()).await.unwrap().unwrap();
    let start: serde_json::Value = serde_json::from_slice(&start).unwrap();
    assert_eq!(start["tty"], serde_json::json!({"cols": 80, "rows": 24}));
    assert!(terminal.is_raw());

    terminal.type_in(b"\x03\x1a~x\r").await;
    let mut keys = Vec::new();
    while keys.len() < 5 {
        let (channel, bytes) = timeout(LIMIT, hears.recv()).await.unwrap().unwrap();
        assert_eq!(channel, 0);
        keys.extend(bytes);
    }
    assert_eq!(keys, b"\x03\x1a~x\r", "Ctrl-C and Ctrl-Z are the command's");

    terminal.writes.resize(Size::new(50, 132)).unwrap();
    let (channel, control) = timeout(LIMIT, hears.recv()).await.unwrap().unwrap();
    assert_eq!((channel, control.as_slice()), (3, br#"{"type":"resize","cols":132,"rows":50}"#.as_slice()));

    says.send((1, b"\x1b[2Jraw \xff output".to_vec())).await.unwrap();
    terminal.until("\x1b[2Jraw \u{fffd} output").await;
    says.send(fake::ended(7)).await.unwrap();
    assert_eq!(terminal.end().await.code(), Some(7));
    assert_eq!(format!("{:?}", terminal.modes()), format!("{before:?}"), "the terminal is as it was");
}

#[tokio::test]
async fn the_terminal_is_given_back_however_the_command_ends() {
    /// Ways to end it, and the exit code.
    enum Way {
        Escape,
        Term,
        Lost,
    }
    for (way, code) in [(Way::Escape, 129), (Way::Term, 143), (Way::Lost, 7)] {
        let (routes, mut hears, says) = fake::exec();
        let fake = Fake::start(routes).await;
        let mut terminal = Terminal::open(&fake, &["exec", "-t", "--", "bash"], &[]);
        // A signal may come from the first moment of raw mode on, before the box has heard of the command.
        terminal.until_raw().await;
        if !matches!(way, Way::Term) {
            timeout(LIMIT, hears.recv()).await.unwrap().unwrap();
        }
        match way {
            Way::Escape => terminal.type_in(b"~.").await,
            Way::Term => signal(&terminal.child, Signal::TERM),
            Way::Lost => drop(says),
        }
        assert_eq!(terminal.end().await.code(), Some(code));
        assert!(
            terminal.modes().local_modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
        );
    }
}

#[tokio::test]
async fn a_pipe_beside_a_terminal_means_no_terminal_for_the_command() {
    let (routes, mut hears, says) = fake::exec();
    let fake = Fake::start(routes).await;
    let mut terminal = Terminal::open(&fake, &["exec", "-T", "--", "cat"], &[]);
    let (_, start) = timeout(LIMIT, hears.recv()).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(start).unwrap(), r#"{"argv":["cat"]}"#);
    assert!(!terminal.is_raw());
    says.send(fake::ended(0)).await.unwrap();
    assert!(terminal.end().await.success());
}

#[tokio::test]
async fn what_a_box_says_cannot_command_the_terminal() {
    let stream = axum::routing::get(|| async {
        fake::open_stream("data: \x1b]0;owned\x07 \x1b[31mred\x1b[0m\n\nevent: end\n\n".into())
    });
    let fake = Fake::start(axum::Router::new().route("/v1/boxes/default/logs", stream)).await;
    let mut terminal = Terminal::open(&fake, &["logs"], &[]);
    terminal.until("^[]0;owned^G \x1b[31mred\x1b[0m").await;
    assert!(terminal.end().await.success());
}
