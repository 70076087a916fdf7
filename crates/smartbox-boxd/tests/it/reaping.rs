//! boxd as the first process of a namespace.

use anyhow::Result;

use crate::support::{How, TestBox, eventually, is_root, run};

/// States of all processes of the namespace, without the one that looks.
const LOOK: &str =
    "for stat in /proc/[0-9]*/stat; do read -r line < $stat 2>/dev/null && echo \"$line\"; done";

#[tokio::test]
async fn orphans_are_reaped_and_commands_keep_their_exit_codes() -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    let test_box = TestBox::running(How::First).await?;
    let ssh = test_box.ssh()?;
    // Each leaves two orphans behind, one dead at once and one a little later, while it ends itself.
    let orphans = "(sh -c 'sleep 0.1 & exec sleep 0' &) ; setsid -f sleep 0.2; exit 9";
    for _ in 0..20 {
        assert_eq!(run(&ssh, &["sh", "-c", orphans]).await?.code(), Some(9));
    }
    eventually("no process is left but boxd, its gateway and the look", async || {
        let seen = run(&ssh, &["sh", "-c", LOOK]).await.ok()?.stdout;
        let zombies = seen.lines().filter(|line| line.contains(") Z ")).count();
        (zombies == 0 && seen.lines().count() == 3).then_some(())
    })
    .await
}

#[tokio::test]
async fn nothing_outlives_the_first_process() -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    let mut test_box = TestBox::running(How::First).await?;
    let marker = test_box.ssh_port; // makes the command line unique
    let script = format!("setsid -f sh -c 'trap \"\" TERM HUP; sleep 98{marker} & wait'; exit 0");
    assert_eq!(run(&test_box.ssh()?, &["sh", "-c", &script]).await?.code(), Some(0));
    test_box.ask_to_stop()?;
    assert_eq!(test_box.ended().await?, Some(0));
    let listing = tokio::process::Command::new("ps").args(["-eo", "args"]).output().await?;
    assert!(!String::from_utf8(listing.stdout)?.contains(&format!("sleep 98{marker}")));
    Ok(())
}

#[tokio::test]
async fn programs_run_as_the_agent_without_other_groups() -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    let test_box = TestBox::running(How::AsAgent).await?;
    let ssh = test_box.ssh()?;
    let ids =
        run(&ssh, &["sh", "-c", "id -u; id -g; id -G; grep -E '^(CapEff|CapPrm)' /proc/self/status"]).await?;
    let none = "0000000000000000";
    assert_eq!(ids.stdout, format!("1000\n1000\n1000\nCapPrm:\t{none}\nCapEff:\t{none}\n"));
    let boxd = test_box.pid()?.as_raw_nonzero().to_string();
    let peek = run(&ssh, &["sh", "-c", &format!("cat /proc/{boxd}/environ; kill {boxd}; exit 4")]).await?;
    assert_eq!((peek.stdout.as_str(), peek.code()), ("", Some(4)));
    let on_terminal = ssh.exec(smartbox_tunnel::ExecRequest {
        tty: Some(smartbox_tunnel::PtySize { rows: 24, columns: 80 }),
        ..crate::support::request(&["sh", "-c", "id -u; stat -c %u $(tty); echo typed > $(tty)"])
    });
    let outcome = crate::support::finish(on_terminal.await?).await?;
    assert_eq!(outcome.stdout, "1000\r\n1000\r\ntyped\r\n");
    Ok(())
}
