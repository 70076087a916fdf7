use jiff::Timestamp;
use smartbox_core::{BoxId, UserId};

use super::*;

fn user(n: u16) -> Tie {
    let [high, low] = n.to_be_bytes();
    Tie::User(UserId::from_parts(Timestamp::UNIX_EPOCH, [high, low, 0, 0, 0, 0, 0, 0, 0, 0]))
}

fn a_box(n: u8) -> Tie {
    Tie::Box(BoxId::from_parts(Timestamp::UNIX_EPOCH, [n; 10]))
}

fn enter(sockets: &Sockets, ties: &[Tie]) -> Ticket {
    match sockets.enter(sockets.epoch(), ties.to_vec(), None) {
        Admission::Entered(ticket) => ticket,
        Admission::Stale | Admission::Full => panic!("not entered"),
    }
}

#[tokio::test]
async fn the_end_of_one_user_among_ten_thousand_sockets_touches_nobody_else() {
    let sockets = Sockets::new(10_000);
    let tickets: Vec<_> =
        (0..10_000_u16).map(|n| enter(&sockets, &[user(n % 1000), a_box(u8::from(n % 2 == 0))])).collect();
    assert!(matches!(sockets.enter(sockets.epoch(), vec![user(1)], None), Admission::Full));
    assert_eq!(sockets.close(&user(7), "removed"), 10);
    for (n, ticket) in tickets.iter().enumerate() {
        assert_eq!(ticket.is_stopped(), n % 1000 == 7, "{n}");
    }
    assert_eq!(tickets[7].ended().await, "removed");
    assert_eq!(sockets.len(), 10_000, "they leave when they have ended");
    drop(tickets);
    assert!(sockets.is_empty());
    assert_eq!(sockets.close(&user(7), "again"), 0);
}

#[test]
fn whoever_was_identified_before_a_right_ended_is_asked_again() {
    let sockets = Sockets::new(10);
    let before = sockets.epoch();
    sockets.close(&user(2), "somebody else");
    assert!(matches!(sockets.enter(before, vec![user(1)], None), Admission::Stale));
    assert!(matches!(sockets.enter(sockets.epoch(), vec![user(1)], None), Admission::Entered(_)));
}

#[tokio::test(start_paused = true)]
async fn a_right_that_expires_ends_by_itself() {
    let sockets = Sockets::new(10);
    let expires = Some(Instant::now() + Duration::from_secs(60));
    let Admission::Entered(ticket) = sockets.enter(0, vec![user(1)], expires) else { panic!("not entered") };
    let started = Instant::now();
    assert_eq!(ticket.ended().await, EXPIRED);
    assert_eq!(started.elapsed(), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_less_than_a_right_lasts_sets_no_timer() {
    let sockets = Sockets::new(10);
    let minute = Duration::from_secs(60);
    let expires = Some(Instant::now() + minute);
    let Admission::Entered(ticket) = sockets.enter(0, vec![user(1)], expires) else { panic!("not entered") };
    assert_eq!(tokio::time::timeout(2 * minute, ticket.ended_within(minute)).await.unwrap(), EXPIRED);
    let expires = Some(Instant::now() + 2 * minute);
    let Admission::Entered(ticket) = sockets.enter(0, vec![user(1)], expires) else { panic!("not entered") };
    assert!(tokio::time::timeout(3 * minute, ticket.ended_within(minute)).await.is_err());
    sockets.close(&user(1), "removed");
    assert_eq!(ticket.ended_within(minute).await, "removed");
}

#[test]
fn what_is_open_to_a_box_that_is_gone_is_closed() {
    let sockets = Sockets::new(10);
    let ticket = enter(&sockets, &[user(1), a_box(1)]);
    sockets.prune(&RouteTable::default());
    assert!(ticket.is_stopped());
}
