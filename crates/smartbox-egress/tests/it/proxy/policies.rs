//! What owners decide, and how it is told.

use anyhow::Result;
use smartbox_egress::RefusedRequest;
use tokio::io::AsyncReadExt as _;

use super::rig::{Rig, listener, soon};
use crate::rig::a_box;

#[tokio::test]
async fn a_refusal_is_explained_to_the_agent_and_told_to_the_owner() -> Result<()> {
    let rig = Rig::new(&["deny *.ads.test", "deny * methods=DELETE"]).await?;
    let answer = rig.ask("CONNECT x.ads.test:443 HTTP/1.1\r\n\r\n").await?;
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    assert!(answer.contains("content-type: text/plain"), "{answer}");
    assert!(
        answer.contains(
            "Smartbox: x.ads.test:443 was not reached: the rule `deny *.ads.test` of the box denies it."
        ),
        "{answer}"
    );
    assert!(answer.contains("smartbox egress allow"), "{answer}");
    let found = rig.refusal("DELETE http://api.test/1 HTTP/1.1\r\nconnection: close\r\n\r\n").await?;
    assert_eq!(found, (403, "denied".to_owned()));
    let found = rig.refusal("CONNECT api.test:22 HTTP/1.1\r\n\r\n").await?;
    assert_eq!(found, (403, "port-closed".to_owned()));
    let told = rig.world.refused.lock().unwrap().clone();
    assert_eq!(
        told[0],
        RefusedRequest {
            box_id: a_box(),
            target: "x.ads.test:443".to_owned(),
            reason: "denied",
            message: "the rule `deny *.ads.test` of the box denies it".to_owned(),
        }
    );
    assert_eq!(
        told.iter().map(|request| request.reason).collect::<Vec<_>>(),
        ["denied", "denied", "port-closed"]
    );
    Ok(())
}

#[tokio::test]
async fn what_fails_by_itself_is_not_told_to_the_owner() -> Result<()> {
    let rig = Rig::open().await?;
    rig.refusal("CONNECT unknown.test:443 HTTP/1.1\r\n\r\n").await?;
    rig.refusal("CONNECT 0x7f.1:443 HTTP/1.1\r\n\r\n").await?;
    assert!(rig.world.refused.lock().unwrap().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_change_counts_at_once_for_what_is_open_and_what_comes() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    let mut stream = rig.tunnel(port).await?;
    let (mut served, _) = server.accept().await?;
    rig.publish(&["deny other.test", "allow up.test inside"]);
    let mut byte = [0];
    let still_open =
        tokio::time::timeout(std::time::Duration::from_millis(100), stream.read(&mut byte)).await;
    assert!(still_open.is_err(), "a change that is about something else cuts nothing");
    // The name may still be asked for, what it leads to not any more.
    rig.publish(&["allow up.test"]);
    assert!(soon(stream.read_u8()).await?.is_err());
    assert!(soon(served.read_u8()).await?.is_err());
    let found = rig.refusal(&format!("CONNECT up.test:{port} HTTP/1.1\r\n\r\n")).await?;
    assert_eq!(found.1, "address-refused");
    rig.publish(&["allow up.test inside"]);
    rig.tunnel(port).await?;
    Ok(())
}
