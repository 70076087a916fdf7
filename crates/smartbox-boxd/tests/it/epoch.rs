//! A box is not run for an older controller than its volume has obeyed.

use std::fs;

use anyhow::Result;
use smartbox_boxd::GatewayStatus;

use crate::support::TestBox;

fn with_epochs(acting: Option<&str>, obeyed: Option<&str>) -> Result<TestBox> {
    let test_box = TestBox::new()?;
    for (path, epoch) in [("run/smartbox/epoch", acting), ("var/lib/boxd/epoch", obeyed)] {
        if let Some(epoch) = epoch {
            fs::write(test_box.path(path), epoch)?;
        }
    }
    test_box.tell_gateway("ready")?;
    Ok(test_box)
}

#[tokio::test]
async fn an_older_controller_is_refused_before_anything_runs() -> Result<()> {
    for (acting, obeyed, named) in
        [("4\n", "5\n", "older controller (epoch 4)"), ("4\n", "noise", "holds no epoch")]
    {
        let mut test_box = with_epochs(Some(acting), Some(obeyed))?;
        test_box.launch()?;
        assert_eq!(test_box.ended().await?, Some(78), "{obeyed:?}");
        let output = test_box.command().output().await?;
        let text = String::from_utf8(output.stderr)?;
        assert!(text.contains(named), "{text}");
        assert!(test_box.status().is_err(), "it has never reported anything");
    }
    Ok(())
}

#[tokio::test]
async fn the_same_or_a_newer_controller_and_one_that_says_nothing_are_obeyed() -> Result<()> {
    for (acting, obeyed) in
        [(Some("5\n"), Some("5\n")), (Some("6\n"), Some("5\n")), (Some("1\n"), None), (None, Some("5\n"))]
    {
        let mut test_box = with_epochs(acting, obeyed)?;
        test_box.start().await?;
        test_box.reports(GatewayStatus::Ready).await?;
    }
    Ok(())
}
