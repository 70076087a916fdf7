//! The platform's client and boxd, with each other.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use smartbox_tunnel::{ExecEvent, ExecRequest, PtySize, SshError, generate_key_pair};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{How, PATIENCE, TestBox, eventually, finish, is_alive, read_until, request, run};

#[tokio::test]
async fn a_command_has_two_outputs_an_input_and_an_exit_code() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let session = test_box.ssh()?.exec(request(&["sh", "-c", "cat; echo oops >&2; exit 42"])).await?;
    session.input().write("some ").await?;
    session.input().write("input").await?;
    session.input().finish().await?;
    let outcome = timeout(PATIENCE, finish(session)).await??;
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("some input", "oops\n"));
    assert_eq!(outcome.code(), Some(42));
    Ok(())
}

#[tokio::test]
async fn arguments_arrive_untouched() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let awkward =
        ["", "a b", "'\"`", "$(id) ${HOME} $HOME", "new\nline\ttab", "-n", "*", "\\", "ü 🦀", ";exit 3", "~"];
    let mut argv = vec!["printf", "<%s>"];
    argv.extend(awkward);
    let outcome = run(&test_box.ssh()?, &argv).await?;
    let expected: String = awkward.iter().map(|argument| format!("<{argument}>")).collect();
    assert_eq!((outcome.stdout.as_str(), outcome.code()), (expected.as_str(), Some(0)));
    Ok(())
}

#[tokio::test]
async fn long_commands_arrive_and_too_long_ones_are_refused() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let ssh = test_box.ssh()?;
    let long = "x".repeat(100_000);
    let outcome = run(&ssh, &["sh", "-c", "echo ${#1} ${#2}", "sh", &long, &long]).await?;
    assert_eq!(outcome.stdout, "100000 100000\n");
    // More than Linux allows for one argument.
    assert_eq!(run(&ssh, &["true", &"x".repeat(140_000)]).await?.code(), Some(126));
    let too_long = ssh.exec(request(&["true", &long, &long, &long])).await;
    assert!(matches!(too_long, Err(SshError::TooLong { .. })), "{too_long:?}");
    Ok(())
}

#[tokio::test]
async fn environment_and_directory_are_the_boxs_and_the_requests() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let ssh = test_box.ssh()?;
    let outcome = run(&ssh, &["sh", "-c", "pwd; echo $LANG; env"]).await?;
    let home = test_box.path("home/agent").display().to_string();
    assert!(outcome.stdout.starts_with(&format!("{home}\nC.UTF-8\n")), "{outcome:?}");
    assert!(!outcome.stdout.contains("SMARTBOX_TEST_LEAK"));
    let asked = ExecRequest {
        env: vec![("LANG".to_owned(), "first".to_owned()), ("LANG".to_owned(), "last $x".to_owned())],
        cwd: Some("/usr".to_owned()),
        ..request(&["sh", "-c", "pwd; echo $LANG"])
    };
    assert_eq!(finish(ssh.exec(asked).await?).await?.stdout, "/usr\nlast $x\n");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_started_says_so_as_a_shell_does() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let ssh = test_box.ssh()?;
    let missing = run(&ssh, &["no-such-program"]).await?;
    assert_eq!(missing.code(), Some(127));
    assert!(missing.stderr.contains("cannot be started"), "{missing:?}");
    assert_eq!(run(&ssh, &["/etc/passwd"]).await?.code(), Some(126));
    assert_eq!(run(&ssh, &[]).await?.code(), Some(126));
    let no_directory = ExecRequest { cwd: Some("/no/where".to_owned()), ..request(&["true"]) };
    assert_eq!(finish(ssh.exec(no_directory).await?).await?.code(), Some(127));
    Ok(())
}

#[tokio::test]
async fn signals_reach_a_command_and_are_told_when_they_end_it() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let ssh = test_box.ssh()?;
    let mut session = ssh
        .exec(request(&["sh", "-c", "trap 'echo got it' USR1; echo up; while :; do sleep 0.1; done"]))
        .await?;
    read_until(&mut session, "up").await?;
    session.input().signal("USR1").await?;
    read_until(&mut session, "got it").await?;
    session.input().signal("TERM").await?;
    let outcome = timeout(PATIENCE, finish(session)).await??;
    assert_eq!(outcome.end, Some(ExecEvent::Signal { name: "TERM".to_owned() }));
    Ok(())
}

#[tokio::test]
async fn a_terminal_has_a_size_that_can_change() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let script = "trap 'stty size' WINCH; echo $TERM; stty size; while :; do sleep 0.1; done";
    let asked =
        ExecRequest { tty: Some(PtySize { rows: 40, columns: 120 }), ..request(&["sh", "-c", script]) };
    let mut session = test_box.ssh()?.exec(asked).await?;
    let seen = read_until(&mut session, "40 120\r\n").await?;
    assert!(seen.contains("xterm-256color"), "{seen}");
    session.input().resize(PtySize { rows: 50, columns: 132 }).await?;
    read_until(&mut session, "50 132").await?;
    session.input().write("\u{3}").await?; // what Ctrl-C sends
    let outcome = timeout(PATIENCE, finish(session)).await??;
    assert_eq!(outcome.end, Some(ExecEvent::Signal { name: "INT".to_owned() }));
    Ok(())
}

#[tokio::test]
async fn an_interactive_shell_works_on_a_terminal() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let asked =
        ExecRequest { tty: Some(PtySize { rows: 24, columns: 80 }), ..request(&["bash", "--norc", "-i"]) };
    let mut session = test_box.ssh()?.exec(asked).await?;
    session.input().write("echo $((6*7)); cat\n").await?;
    read_until(&mut session, "42\r\n").await?;
    session.input().write("said\n").await?;
    read_until(&mut session, "said\r\nsaid\r\n").await?; // by the terminal and by cat, which now runs
    session.input().write("\u{3}").await?;
    read_until(&mut session, "bash-").await?; // its prompt: cat could still take what follows before it
    session.input().write("exit 5\n").await?;
    assert_eq!(timeout(PATIENCE, finish(session)).await??.code(), Some(5));
    Ok(())
}

#[tokio::test]
async fn a_dropped_session_ends_its_command_and_what_it_started() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let ssh = test_box.ssh()?;
    for tty in [None, Some(PtySize { rows: 24, columns: 80 })] {
        // Hanging up does not impress it, so it is killed a moment later.
        let script = "trap '' HUP; sleep 1000 & echo $$ $! done; wait";
        let mut session = ssh.exec(ExecRequest { tty, ..request(&["sh", "-c", script]) }).await?;
        let pids = read_until(&mut session, "done").await?;
        assert!(pids.split_whitespace().take(2).all(is_alive), "{pids}");
        session.close();
        eventually("both are gone", async || {
            pids.split_whitespace().take(2).all(|pid| !is_alive(pid)).then_some(())
        })
        .await?;
    }
    assert_eq!(run(&ssh, &["true"]).await?.code(), Some(0), "the connection lives on");
    Ok(())
}

#[tokio::test]
async fn a_command_that_leaves_something_running_ends_all_the_same() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let script = "sleep 4 & echo $!; seq 1 20000";
    let outcome = run(&test_box.ssh()?, &["sh", "-c", script]).await?;
    assert_eq!(outcome.code(), Some(0));
    assert!(outcome.stdout.ends_with("\n20000\n"), "all that it printed itself is there");
    let left = outcome.stdout.lines().next().context("a number")?;
    assert!(is_alive(left), "as with any SSH server");
    Ok(())
}

#[tokio::test]
async fn much_data_flows_both_ways_at_once() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let session = test_box.ssh()?.exec(request(&["cat"])).await?;
    let (input, mut output) = session.split();
    let sent: Vec<u8> = (0..20_000_000_u32).map(|number| number.to_le_bytes()[number as usize % 3]).collect();
    let writing = async {
        input.write(sent.clone()).await?;
        input.finish().await
    };
    let reading = async {
        let mut received = Vec::new();
        while let Some(event) = output.next().await? {
            match event {
                ExecEvent::Stdout(bytes) => received.extend_from_slice(&bytes),
                end => assert_eq!(end, ExecEvent::Exit { code: 0 }),
            }
        }
        Ok::<_, SshError>(received)
    };
    let (written, received) = timeout(PATIENCE * 2, async { tokio::join!(writing, reading) }).await?;
    written?;
    assert!(received? == sent, "every byte, in order");
    Ok(())
}

#[tokio::test]
async fn a_reader_that_stands_still_costs_nothing_and_holds_nobody_up() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let ssh = test_box.ssh()?;
    assert_eq!(run(&ssh, &["true"]).await?.code(), Some(0));
    let before = test_box.resident_kib()?;
    let mut floods = Vec::new();
    for _ in 0..8 {
        // One that nobody reads, and one that reads nothing.
        floods.push(ssh.exec(request(&["sh", "-c", "yes; sleep 1000"])).await?);
        let deaf = ssh.exec(request(&["sleep", "1000"])).await?;
        let stuck = timeout(Duration::from_millis(200), deaf.input().write(vec![0; 4_000_000])).await;
        assert!(stuck.is_err(), "nobody takes that much");
        floods.push(deaf);
    }
    for _ in 0..50 {
        assert_eq!(run(&ssh, &["echo", "quick"]).await?.stdout, "quick\n");
    }
    let grown = test_box.resident_kib()?.saturating_sub(before);
    eprintln!("boxd: {before} KiB at first, {grown} KiB more with 16 sessions that stand still");
    assert!(grown < 12 * 1024, "{grown} KiB");
    // Those who stand still can still be spoken to.
    let flood = floods.swap_remove(0);
    flood.input().signal("KILL").await?;
    let outcome = timeout(PATIENCE, finish(flood)).await??;
    assert!(outcome.stdout.len() > 100_000, "what was sent before is not lost");
    assert_eq!(outcome.end, Some(ExecEvent::Signal { name: "KILL".to_owned() }));
    Ok(())
}

#[tokio::test]
async fn only_the_right_keys_open_the_door() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let stranger = generate_key_pair([9; 32])?;
    let refused = test_box.ssh_with(&test_box.host.public, &stranger.private)?.exec(request(&["id"])).await;
    assert!(matches!(refused, Err(SshError::Refused)), "{refused:?}");
    let changed = test_box.ssh_with(&stranger.public, &test_box.client.private)?.exec(request(&["id"])).await;
    assert!(matches!(changed, Err(SshError::HostKeyChanged)), "{changed:?}");
    Ok(())
}

#[tokio::test]
async fn a_lost_connection_is_told_and_made_again() -> Result<()> {
    let mut test_box = TestBox::running(How::SameUser).await?;
    let ssh = test_box.ssh()?;
    let mut session = ssh.exec(request(&["sh", "-c", "echo up; exec sleep 1000"])).await?;
    read_until(&mut session, "up").await?;
    test_box.ask_to_stop()?;
    assert_eq!(test_box.ended().await?, Some(0));
    let end = timeout(PATIENCE, session.next()).await?;
    assert!(matches!(end, Err(SshError::Lost) | Ok(Some(ExecEvent::Signal { .. }))), "{end:?}");
    let unreachable = ssh.exec(request(&["true"])).await;
    assert!(matches!(unreachable, Err(SshError::Unreachable(_))), "{unreachable:?}");
    test_box.start().await?;
    assert_eq!(run(&ssh, &["true"]).await?.code(), Some(0));
    Ok(())
}

#[tokio::test]
async fn many_commands_run_at_once_and_after_each_other() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let ssh = test_box.ssh()?;
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(ssh.exec(request(&["cat"])).await?);
    }
    let one_more = ssh.exec(request(&["cat"])).await;
    assert!(matches!(one_more, Err(SshError::Busy)), "{one_more:?}");
    for session in open {
        session.input().write("x").await?;
        session.input().finish().await?;
        assert_eq!(timeout(PATIENCE, finish(session)).await??.stdout, "x");
    }
    for _ in 0..250 {
        assert_eq!(run(&ssh, &["true"]).await?.code(), Some(0));
    }
    Ok(())
}

#[tokio::test]
async fn strangers_who_hang_around_do_not_keep_the_platform_out() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let mut strangers = Vec::new();
    for _ in 0..200 {
        strangers.push(TcpStream::connect(("127.0.0.1", test_box.ssh_port)).await?);
    }
    assert_eq!(run(&test_box.ssh()?, &["true"]).await?.code(), Some(0));
    let open = fs::read_dir(format!("/proc/{}/fd", test_box.pid()?.as_raw_nonzero()))?.count();
    assert!(open < 120, "{open} descriptors");
    Ok(())
}
