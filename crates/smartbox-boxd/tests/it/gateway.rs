//! What the platform learns about the gateway, and how it is stopped.

use std::time::Duration;

use anyhow::Result;
use smartbox_boxd::GatewayStatus;
use tokio::time::Instant;

use crate::support::{TestBox, eventually, read_until, request};

#[tokio::test]
async fn a_gateway_is_reported_as_it_answers() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.start().await?;
    let listening = test_box.reports(GatewayStatus::Listening).await?;
    assert_eq!((listening.generation, listening.restarts, listening.last_exit), (7, 0, None));
    test_box.tell_gateway("ready")?;
    let ready = test_box.reports(GatewayStatus::Ready).await?;
    assert_eq!(ready.sequence, listening.sequence + 1);
    test_box.untell_gateway("ready")?;
    test_box.reports(GatewayStatus::Unready).await?;
    test_box.tell_gateway("ready")?;
    test_box.reports(GatewayStatus::Ready).await?;
    assert_eq!(test_box.gateway_calls(), "", "nothing but /readyz was probed, without forwarding headers");
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_hangs_is_started_again_and_people_inside_stay() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.probe = Duration::from_millis(300);
    test_box.tell_gateway("ready")?;
    test_box.tell_gateway("ignore-term")?;
    test_box.start().await?;
    test_box.reports(GatewayStatus::Ready).await?;
    let mut session = test_box.ssh()?.exec(request(&["cat"])).await?;
    test_box.tell_gateway("silent")?;
    let restarting = test_box.reports(GatewayStatus::Restarting).await?;
    assert!(
        restarting.was_silent && restarting.last_exit.is_some_and(|exit| exit.is_killed()),
        "{restarting:?}"
    );
    test_box.untell_gateway("silent")?;
    let ready = test_box.reports(GatewayStatus::Ready).await?;
    assert_eq!((ready.restarts, ready.was_silent), (1, true));
    session.input().write(b"still here\n".to_vec()).await?;
    assert_eq!(read_until(&mut session, "here").await?, "still here\n");
    Ok(())
}

#[tokio::test]
async fn a_page_is_no_answer_and_a_gateway_that_shows_only_that_is_given_up() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.config.gateway.crashes_max = 1;
    test_box.tell_gateway("ready")?;
    test_box.start().await?;
    test_box.reports(GatewayStatus::Ready).await?;
    test_box.tell_gateway("page")?;
    let failed = test_box.reports(GatewayStatus::Failed).await?;
    assert!(failed.was_silent, "{failed:?}");
    assert!(test_box.gateway_calls().contains("SIGTERM"), "it was asked before it was killed");
    Ok(())
}

#[tokio::test]
async fn a_suspended_gateway_does_not_fail_its_probes() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.tell_gateway("ready")?;
    test_box.start().await?;
    test_box.reports(GatewayStatus::Ready).await?;
    test_box.tell_gateway("draining")?;
    eventually("it was probed four times", async || (test_box.draining_probes() >= 4).then_some(())).await?;
    assert_eq!(test_box.status()?.gateway, GatewayStatus::Ready);
    // The same number of plain refusals is told.
    test_box.untell_gateway("ready")?;
    test_box.untell_gateway("draining")?;
    test_box.reports(GatewayStatus::Unready).await?;
    Ok(())
}

#[tokio::test]
async fn a_ready_gateway_finishes_its_work_before_it_is_stopped() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.config.stop_grace_ms = 15_000;
    test_box.tell_gateway("ready")?;
    test_box.tell_gateway("working")?;
    test_box.start().await?;
    test_box.reports(GatewayStatus::Ready).await?;
    test_box.ask_to_stop()?;
    eventually("boxd looks whether the work is done", async || {
        test_box.gateway_calls().contains("gateway.suspend.status").then_some(())
    })
    .await?;
    assert_eq!(test_box.status()?.gateway, GatewayStatus::Stopping);
    assert!(!test_box.gateway_calls().contains("SIGTERM"), "not while it works");
    test_box.untell_gateway("working")?;
    assert_eq!(test_box.ended().await?, Some(0));
    let (calls, status) = (test_box.gateway_calls(), test_box.status()?);
    let prepare = r#"gateway.suspend.prepare {"drain": true, "requestId": "boxd-stop-7", "terminalPolicy": "terminate"}"#;
    assert!(calls.starts_with(prepare) && calls.ends_with("SIGTERM\n"), "{calls}");
    assert!(calls.contains(r#"gateway.suspend.status {"suspensionId": "s-1"}"#), "{calls}");
    assert_eq!(status.gateway, GatewayStatus::Stopped);
    assert_eq!(status.last_exit.map(|exit| exit.code), Some(0));
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_does_not_finish_is_stopped_in_time_all_the_same() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.config.stop_grace_ms = 3_000;
    for file in ["ready", "working", "ignore-term"] {
        test_box.tell_gateway(file)?;
    }
    test_box.start().await?;
    test_box.reports(GatewayStatus::Ready).await?;
    let began = Instant::now();
    test_box.ask_to_stop()?;
    assert_eq!(test_box.ended().await?, Some(0));
    let took = began.elapsed();
    assert!((Duration::from_secs(3)..Duration::from_secs(8)).contains(&took), "took {took:?}");
    assert!(test_box.gateway_calls().contains("SIGTERM"), "was asked before it was killed");
    assert!(test_box.status()?.last_exit.is_some_and(|exit| exit.is_killed()));
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_refuses_to_suspend_is_just_stopped() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.config.gateway_admin_headers.clear();
    test_box.tell_gateway("ready")?;
    test_box.start().await?;
    test_box.reports(GatewayStatus::Ready).await?;
    test_box.ask_to_stop()?;
    assert_eq!(test_box.ended().await?, Some(0));
    assert_eq!(test_box.gateway_calls(), "refused /api/v1/admin/rpc\nSIGTERM\n");
    Ok(())
}

#[tokio::test]
async fn a_second_request_stops_at_once() -> Result<()> {
    let mut test_box = TestBox::new()?;
    test_box.config.stop_grace_ms = 600_000;
    for file in ["ready", "working", "ignore-term"] {
        test_box.tell_gateway(file)?;
    }
    test_box.start().await?;
    test_box.reports(GatewayStatus::Ready).await?;
    test_box.ask_to_stop()?;
    test_box.reports(GatewayStatus::Stopping).await?;
    test_box.ask_to_stop()?;
    assert_eq!(test_box.ended().await?, Some(0));
    let status = test_box.status()?;
    assert_eq!(status.gateway, GatewayStatus::Stopped);
    assert!(status.last_exit.is_some_and(|exit| exit.is_killed()));
    Ok(())
}
