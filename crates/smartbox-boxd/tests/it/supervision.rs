//! Starts, ends and output of the gateway.

use std::fs;

use anyhow::Result;
use smartbox_boxd::GatewayStatus;

use crate::support::{TestBox, eventually, is_alive, run};

#[tokio::test]
async fn a_gateway_that_crashes_is_started_again_and_then_given_up() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.gateway_script("exit 3");
    test_box.start().await?;
    let restarting = test_box.reports(GatewayStatus::Restarting).await?;
    assert_eq!(restarting.last_exit.map(|exit| exit.code), Some(3));
    let failed = test_box.reports(GatewayStatus::Failed).await?;
    assert_eq!(failed.restarts, 2);
    // People can still look.
    assert_eq!(run(&test_box.ssh()?, &["true"]).await?.code(), Some(0));
    test_box.ask_to_stop()?;
    assert_eq!(test_box.ended().await?, Some(0));
    assert_eq!(test_box.status()?.gateway, GatewayStatus::Stopped);
    Ok(())
}

#[tokio::test]
async fn a_refused_configuration_and_a_missing_program_are_told_apart() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.gateway_script("exit 78");
    test_box.start().await?;
    let failed = test_box.reports(GatewayStatus::Failed).await?;
    assert_eq!((failed.restarts, failed.last_exit.map(|exit| exit.code)), (0, Some(78)));

    let mut test_box = TestBox::new()?;
    test_box.config.gateway.argv = vec!["/no/such/program".to_owned()];
    test_box.config.gateway.crashes_max = 1;
    test_box.start().await?;
    let failed = test_box.reports(GatewayStatus::Failed).await?;
    assert_eq!(failed.last_exit.map(|exit| exit.code), Some(127));
    Ok(())
}

#[tokio::test]
async fn a_killed_gateway_takes_its_group_along() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.gateway_script("sleep 1000 & echo $! $$ > pids; wait");
    test_box.start().await?;
    let pids = eventually("the gateway has a child", async || {
        fs::read_to_string(test_box.path("gateway/pids")).ok().filter(|pids| pids.ends_with('\n'))
    })
    .await?;
    let (child, leader) = pids.trim().split_once(' ').expect("two numbers");
    let leader = rustix::process::Pid::from_raw(leader.parse()?).expect("is a process");
    rustix::process::kill_process(leader, rustix::process::Signal::KILL)?;
    let restarting = test_box.reports(GatewayStatus::Restarting).await?;
    assert!(restarting.last_exit.is_some_and(|exit| exit.is_killed()));
    eventually("its child is gone, too", async || (!is_alive(child)).then_some(())).await
}

#[tokio::test]
async fn the_gateway_gets_its_environment_and_nothing_else() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.config.gateway.env.push(("ONLY".to_owned(), "this one".to_owned()));
    test_box.gateway_script("env; pwd; readlink /proc/$$/fd/0; exec sleep 1000");
    test_box.start().await?;
    let log = test_box.path("var/lib/boxd/logs/gateway.log");
    let text = eventually("the gateway has printed", async || {
        fs::read_to_string(&log).ok().filter(|text| text.contains("/dev/null"))
    })
    .await?;
    assert!(text.contains("ONLY=this one\n") && text.contains(&format!("{}\n", test_box.config.gateway.cwd)));
    assert!(!text.contains("SMARTBOX_TEST_LEAK"), "{text}");
    Ok(())
}

#[tokio::test]
async fn output_of_both_streams_is_kept_in_order_in_files_of_bounded_size() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.config.log_file_bytes_max = 10_000;
    test_box.gateway_script(
        "i=0; while [ $i -lt 2000 ]; do echo \"out $i\"; echo \"err $i\" >&2; i=$((i+1)); done; printf unfinished; exec sleep 1000",
    );
    test_box.start().await?;
    let logs = test_box.path("var/lib/boxd/logs");
    eventually("everything is written", async || {
        fs::read_to_string(logs.join("gateway.log")).ok().filter(|text| text.contains("err 1999"))
    })
    .await?;
    test_box.ask_to_stop()?;
    test_box.ended().await?;
    let read = |name: &str| fs::read_to_string(logs.join(name));
    let text = [read("gateway.log.2")?, read("gateway.log.1")?, read("gateway.log")?].concat();
    assert!(logs.join("gateway.log.2").metadata()?.len() <= 10_000 && !logs.join("gateway.log.3").exists());
    let first: u32 =
        text.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty()).expect("a number").parse()?;
    let last = text.find(&format!("out {}\n", first + 1)).expect("starts early");
    let expected: String = (first + 1..2000).map(|i| format!("out {i}\nerr {i}\n")).collect();
    assert_eq!(&text[last..], format!("{expected}unfinished\n"));
    Ok(())
}

#[tokio::test]
async fn an_unusable_configuration_is_refused_with_its_reason() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.config.authorized_keys.push("ssh-ed25519 nonsense".to_owned());
    test_box.launch()?;
    assert_eq!(test_box.ended().await?, Some(78));
    let output = test_box.command().output().await?;
    let text = String::from_utf8(output.stderr)?;
    assert!(text.contains("authorized key 2 is malformed"), "{text}");
    Ok(())
}
