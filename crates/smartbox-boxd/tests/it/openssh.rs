//! An ordinary client: OpenSSH. (Debian: openssh-client.)

use std::process::{Output, Stdio};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::{How, PATIENCE, TestBox, write_private};

/// `program` with the keys of this box and without the user's own configuration.
fn openssh(test_box: &TestBox, program: &str) -> Result<Command> {
    let (key, known) = (test_box.path("client_key"), test_box.path("known_hosts"));
    write_private(&key, &test_box.client.private)?;
    std::fs::write(&known, format!("[127.0.0.1]:{} {}\n", test_box.ssh_port, test_box.host.public))?;
    let mut command = Command::new(program);
    command.args([
        "-F",
        "/dev/null",
        "-o",
        "BatchMode=yes",
        "-o",
        "StrictHostKeyChecking=yes",
        "-o",
        "LogLevel=ERROR",
    ]);
    command.arg("-o").arg(format!("UserKnownHostsFile={}", known.display())).arg("-i").arg(key);
    command.arg("-o").arg(format!("Port={}", test_box.ssh_port));
    command.env("LC_ALL", "C").env("SECRET", "no").args(["-o", "SendEnv=LC_ALL SECRET"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    Ok(command)
}

async fn ssh(test_box: &TestBox, arguments: &[&str]) -> Result<Output> {
    let mut command = openssh(test_box, "ssh")?;
    let (options, text): (Vec<&str>, Vec<&str>) =
        arguments.iter().partition(|argument| argument.starts_with('-'));
    command.args(options).arg("agent@127.0.0.1").args(text);
    timeout(PATIENCE, command.output()).await?.context("is openssh-client installed?")
}

#[tokio::test]
async fn shell_text_goes_to_the_shell() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let output = ssh(&test_box, &["echo \"$HOME\" 'a b' | tr a-z A-Z; echo bad >&2; exit 5"]).await?;
    let home = test_box.path("home/agent").display().to_string().to_uppercase();
    assert_eq!(String::from_utf8(output.stdout)?, format!("{home} A B\n"));
    assert_eq!((String::from_utf8(output.stderr)?.as_str(), output.status.code()), ("bad\n", Some(5)));
    let output = ssh(&test_box, &["echo $LC_ALL $SECRET; kill -KILL $$"]).await?;
    assert_eq!((String::from_utf8(output.stdout)?.as_str(), output.status.code()), ("C\n", Some(255)));
    Ok(())
}

#[tokio::test]
async fn a_login_shell_reads_its_input() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    for (terminal, expected) in [("-T", "not a tty"), ("-tt", "/dev/pts/")] {
        let mut command = openssh(&test_box, "ssh")?;
        let mut shell = command.args([terminal, "agent@127.0.0.1"]).stdin(Stdio::piped()).spawn()?;
        let mut stdin = shell.stdin.take().context("stdin")?;
        stdin.write_all(b"tty; shopt -q login_shell && echo login; exit 6\n").await?;
        let output = timeout(PATIENCE, shell.wait_with_output()).await??;
        let text = String::from_utf8(output.stdout)?;
        assert!(text.contains(expected) && text.contains("login"), "{text}");
        assert_eq!(output.status.code(), Some(6));
        drop(stdin);
    }
    Ok(())
}

#[tokio::test]
async fn a_filter_carries_much_data() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let mut command = openssh(&test_box, "ssh")?;
    let mut filter = command.args(["agent@127.0.0.1", "cat"]).stdin(Stdio::piped()).spawn()?;
    let mut stdin = filter.stdin.take().context("stdin")?;
    let sent: Vec<u8> = (0..12_000_000_u32).map(|number| number.to_le_bytes()[number as usize % 3]).collect();
    let writing = async {
        stdin.write_all(&sent).await?;
        drop(stdin);
        Ok::<_, std::io::Error>(())
    };
    let (written, output) =
        timeout(PATIENCE, async { tokio::join!(writing, filter.wait_with_output()) }).await?;
    written?;
    assert!(output?.stdout == sent, "every byte, in order");
    Ok(())
}

#[tokio::test]
async fn a_filter_that_makes_much_of_little_does_not_come_to_a_stop() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let mut command = openssh(&test_box, "ssh")?;
    // Sixteen times as much, to a reader that is late. The client sends all the while.
    let text = "awk '{ for (i = 0; i < 16; i++) print }'";
    let mut filter = command.args(["agent@127.0.0.1", text]).stdin(Stdio::piped()).spawn()?;
    let (mut stdin, mut stdout) =
        (filter.stdin.take().context("stdin")?, filter.stdout.take().context("stdout")?);
    let line = format!("{}\n", "x".repeat(999));
    let sent = line.repeat(3_000);
    let writing = async {
        stdin.write_all(sent.as_bytes()).await?;
        drop(stdin);
        Ok::<_, std::io::Error>(())
    };
    let reading = async {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        let mut received = Vec::new();
        stdout.read_to_end(&mut received).await.map(|_| received.len())
    };
    let (written, received) = timeout(PATIENCE, async { tokio::join!(writing, reading) }).await?;
    written?;
    assert_eq!(received?, 3_000 * 16 * 1_000);
    Ok(())
}

#[tokio::test]
async fn input_that_a_program_does_not_read_waits_outside() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let before = test_box.resident_kib()?;
    let mut command = openssh(&test_box, "ssh")?;
    let mut deaf = command.args(["agent@127.0.0.1", "sleep 2; wc -c"]).stdin(Stdio::piped()).spawn()?;
    let mut stdin = deaf.stdin.take().context("stdin")?;
    let writing = async {
        stdin.write_all(&vec![0; 64 * 1024 * 1024]).await?;
        let during = test_box.resident_kib();
        drop(stdin);
        Ok::<_, std::io::Error>(during)
    };
    let (during, output) =
        timeout(PATIENCE, async { tokio::join!(writing, deaf.wait_with_output()) }).await?;
    let grown = during??.saturating_sub(before);
    assert!(grown < 12 * 1024, "{grown} KiB");
    assert_eq!(String::from_utf8(output?.stdout)?.trim(), (64 * 1024 * 1024).to_string());
    Ok(())
}

#[tokio::test]
async fn what_is_not_served_is_refused_at_once() -> Result<()> {
    let test_box = TestBox::running(How::SameUser).await?;
    let forward = ssh(&test_box, &[&format!("-W127.0.0.1:{}", test_box.ssh_port)]).await?;
    assert!(!forward.status.success() && forward.stdout.is_empty());
    let reverse = ssh(&test_box, &["-oExitOnForwardFailure=yes", "-R0:127.0.0.1:1", "true"]).await?;
    assert_eq!(reverse.status.code(), Some(255));
    let mut sftp = openssh(&test_box, "sftp")?;
    let sftp = timeout(PATIENCE, sftp.arg("agent@127.0.0.1").output()).await??;
    assert!(!sftp.status.success());
    let mut other_user = openssh(&test_box, "ssh")?;
    let other_user = timeout(PATIENCE, other_user.args(["root@127.0.0.1", "id"]).output()).await??;
    assert_eq!((other_user.status.code(), other_user.stdout.len()), (Some(255), 0));
    Ok(())
}
