use super::*;

const RATE: Rate = Rate { burst: 5, window: Duration::from_secs(10) };

fn subject(address: &str) -> Subject {
    Subject::address(address.parse().unwrap())
}

fn allowed(limits: &Limits, subject: Subject) -> usize {
    (0..100).take_while(|_n| limits.count(subject, RATE).is_ok()).count()
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_allowed_and_comes_back_evenly() {
    let limits = Limits::default();
    let one = subject("10.0.0.1");
    assert_eq!(allowed(&limits, one), 5);
    assert_eq!(allowed(&limits, subject("10.0.0.2")), 5, "everybody has their own");
    tokio::time::advance(Duration::from_secs(4)).await;
    assert_eq!(allowed(&limits, one), 2);
    let problem = limits.count(one, RATE).unwrap_err();
    assert_eq!((problem.code, problem.retry_after), ("too-many-requests", Some(Duration::from_secs(2))));
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(allowed(&limits, one), 5);
}

#[tokio::test(start_paused = true)]
async fn those_who_have_their_burst_again_are_forgotten() {
    let limits = Limits::default();
    limits.count(subject("10.0.0.1"), RATE).unwrap();
    limits.prune();
    assert_eq!(limits.paid_at.lock().unwrap().len(), 1);
    tokio::time::advance(Duration::from_secs(3)).await;
    limits.prune();
    assert!(limits.paid_at.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_there_is_no_room_for_shares_one_allowance() {
    let limits = Limits::default();
    for n in 0..u32::try_from(REMEMBERED_MAX).unwrap() {
        limits.count(Subject::Address(IpAddr::V4(n.into())), RATE).unwrap();
    }
    let late = (0..100_u32).filter(|n| {
        limits.count(Subject::SocketsFrom(IpAddr::V4((*n).into())), RATE).is_ok() //
    });
    assert_eq!(late.count(), 5);
    assert!(limits.paid_at.lock().unwrap().len() <= REMEMBERED_MAX + 1);
}

#[test]
fn a_network_of_ipv6_is_one_address() {
    assert_eq!(subject("2001:db8::1"), subject("2001:db8::ffff:1"));
    assert_ne!(subject("2001:db8::1"), subject("2001:db8:0:1::1"));
    assert_eq!(subject("::ffff:10.0.0.1"), subject("10.0.0.1"));
}
