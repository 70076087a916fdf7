//! Removing what has served its time.

use smartbox_core::{Desired, DeviceStatus};
use smartbox_store::{NewDevice, Outcome, Target, TicketHolder};

use crate::support::{World, at, event, new_device, new_session, new_ticket, new_token};

const DAY: i64 = 86_400;

#[tokio::test]
async fn what_has_expired_goes_in_batches_and_the_rest_stays() {
    let world = World::new().await;
    let fleet = &world.fleet;
    let user = world.user("ada").await.id;
    for n in 0..5 {
        fleet.insert_session(&new_session(n, user, 10), event("user.signed-in"), at(0)).await.unwrap();
        fleet.insert_sign_in_code(&[n; 32], user, false, at(10)).await.unwrap();
        world.org.idempotency_begin(&n.to_string(), "POST /", &[0; 32], at(10 - DAY)).await.unwrap();
    }
    world.org.create_token(&new_token(1, 10), event("token.made"), at(0)).await.unwrap();
    fleet.insert_session(&new_session(99, user, 11), event("user.signed-in"), at(0)).await.unwrap();

    let waiting = NewDevice { expires_at: at(10), ..new_device(user, "a", DeviceStatus::Pending) };
    let approved = NewDevice { expires_at: at(10), ..new_device(user, "b", DeviceStatus::Approved) };
    for device in [&waiting, &approved] {
        world.org.pair_device(device, |_device| event("device.shown"), at(0)).await.unwrap();
    }
    let smartbox = world.create("home").await.id;
    let ticket = new_ticket(1, smartbox, TicketHolder::User(user), 10);
    world.org.insert_ticket(&ticket, at(0)).await.unwrap();

    let first = fleet.purge_expired(at(10), 3).await.unwrap();
    assert_eq!((first.sessions, first.sign_in_codes, first.idempotency_keys), (3, 3, 3));
    assert_eq!((first.service_tokens, first.devices, first.tickets), (1, 1, 1));
    let second = fleet.purge_expired(at(10), 3).await.unwrap();
    assert_eq!((second.sessions, second.sign_in_codes, second.idempotency_keys), (2, 2, 2));
    assert!(fleet.purge_expired(at(10), 3).await.unwrap().is_nothing());
    assert!(fleet.find_session(&[99; 32], at(10)).await.unwrap().is_some());
}

#[tokio::test]
async fn operations_are_kept_for_thirty_days_after_their_end() {
    let world = World::new().await;
    let ended = world.create("ended").await;
    let open = world.create("open").await;
    let target = Target { desired: Desired::Running, generation: 1 };
    world.fleet.settle_operations(ended.id, target, &Outcome::Succeeded, at(100)).await.unwrap();

    assert!(world.fleet.purge_expired(at(99 + 30 * DAY), 10).await.unwrap().is_nothing());
    assert_eq!(world.fleet.purge_expired(at(100 + 30 * DAY), 10).await.unwrap().operations, 1);
    assert_eq!(world.fleet.open_operations(open.id).await.unwrap().len(), 1, "one under way is never old");
}
