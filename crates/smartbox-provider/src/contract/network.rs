//! Connections.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{EPOCH, Fixture, GREETING_PORT, greeting, remove, run_until_ready};
use crate::LinkError;

/// A port where the platform listens in these properties.
const SERVICE_PORT: u16 = 3128;

/// A connection goes to the box it was asked for.
pub async fn a_connection_reaches_the_right_box(fixture: &dyn Fixture) {
    let ((one, one_spec), (two, two_spec)) = (fixture.new_box(), fixture.new_box());
    run_until_ready(fixture, one, &one_spec).await;
    run_until_ready(fixture, two, &two_spec).await;
    for _ in 0..3 {
        assert_eq!(greeting(fixture, one).await.expect("answers"), one_spec.hostname);
        assert_eq!(greeting(fixture, two).await.expect("answers"), two_spec.hostname);
    }
    remove(fixture, one).await;
    remove(fixture, two).await;
}

/// A port where nothing listens is refused; a box that is not there is said not to be there.
pub async fn a_closed_port_is_refused_and_a_missing_box_is_not_there(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    let missing = greeting(fixture, id).await;
    assert!(matches!(missing, Err(LinkError::NoBox)), "{missing:?}");
    assert!(matches!(fixture.link().listen(id, SERVICE_PORT).await.err(), Some(LinkError::NoBox)));
    run_until_ready(fixture, id, &spec).await;
    let closed = fixture.link().dial(id, 9).await.err();
    assert!(matches!(closed, Some(LinkError::Refused { port: 9 })), "{closed:?}");
    fixture.provider().ensure_stopped(id, EPOCH).await.expect("stops");
    let stopped = greeting(fixture, id).await;
    assert!(matches!(stopped, Err(LinkError::NoBox)), "{stopped:?}");
    remove(fixture, id).await;
}

/// A platform service on a box's loopback is reached from that box only, and its bytes go both ways.
pub async fn a_listener_is_reachable_from_its_own_box_only(fixture: &dyn Fixture) {
    let ((one, one_spec), (two, two_spec)) = (fixture.new_box(), fixture.new_box());
    run_until_ready(fixture, one, &one_spec).await;
    run_until_ready(fixture, two, &two_spec).await;
    let mut listener = fixture.link().listen(one, SERVICE_PORT).await.expect("listens");

    let other = fixture.link().dial(two, SERVICE_PORT).await.err();
    assert!(matches!(other, Some(LinkError::Refused { .. })), "{other:?}");

    // A connection from a program of the box and one of the platform into the box are the same to its loopback.
    let (served, client) = tokio::join!(listener.accept(), fixture.link().dial(one, SERVICE_PORT));
    let (mut served, mut client) = (served.expect("accepts"), client.expect("connects"));
    client.write_all(b"ping").await.expect("writes");
    let mut bytes = [0; 4];
    served.read_exact(&mut bytes).await.expect("reads");
    served.write_all(&bytes).await.expect("writes back");
    client.read_exact(&mut bytes).await.expect("reads back");
    assert_eq!(&bytes, b"ping");

    drop(listener);
    let closed = fixture.link().dial(one, SERVICE_PORT).await.err();
    assert!(matches!(closed, Some(LinkError::Refused { .. })), "a dropped listener is gone: {closed:?}");
    let again = fixture.link().listen(one, SERVICE_PORT).await.err();
    assert!(again.is_none(), "its port is free again: {again:?}");
    remove(fixture, one).await;
    remove(fixture, two).await;
}

/// A port that a program of the box has taken is told as such.
pub async fn a_taken_port_is_told(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    run_until_ready(fixture, id, &spec).await;
    let taken = fixture.link().listen(id, GREETING_PORT).await.err();
    assert!(matches!(taken, Some(LinkError::PortTaken { port: GREETING_PORT })), "{taken:?}");
    remove(fixture, id).await;
}
