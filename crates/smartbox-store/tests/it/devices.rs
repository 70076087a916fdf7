//! Devices of people, and what hangs on them.

use smartbox_core::{DeviceStatus, Pairing, Role};
use smartbox_store::{DEVICES_MAX, Error, NewDevice, NewSession, TICKETS_MAX, TicketHolder};

use crate::support::{
    World, at, create, event, new_box, new_device, new_session, new_ticket, new_token, new_user,
};

async fn shown(world: &World, new: &NewDevice<'_>, now: i64) -> smartbox_store::Device {
    world.org.pair_device(new, |_device| event("device.shown"), at(now)).await.unwrap()
}

#[tokio::test]
async fn a_device_waits_until_it_is_approved_and_only_so_long() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let device = shown(&world, &new_device(ada.id, "key", DeviceStatus::Pending), 0).await;
    assert_eq!((device.status, device.approved_at), (DeviceStatus::Pending, None));
    assert_eq!(world.org.find_device(device.id, at(3599)).await.unwrap(), Some(device.clone()));
    assert_eq!(world.org.find_device(device.id, at(3600)).await.unwrap(), None);
    let late = world.org.approve_device(device.id, "admin", event("device.approved"), at(3600)).await;
    assert!(matches!(late, Err(Error::NotFound("device"))));

    let again = NewDevice { expires_at: at(9000), ..new_device(ada.id, "key", DeviceStatus::Pending) };
    assert_eq!(shown(&world, &again, 4000).await.id, device.id, "the key is the same");
    let approved =
        world.org.approve_device(device.id, "admin", event("device.approved"), at(4001)).await.unwrap();
    assert_eq!(
        (approved.status, approved.approved_at, approved.expires_at),
        (DeviceStatus::Approved, Some(at(4001)), None)
    );
    let kept = shown(&world, &again, 99_999).await;
    assert_eq!(kept, approved, "one that is approved stays so");
}

#[tokio::test]
async fn a_session_is_bound_to_its_device_and_ends_with_it() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let (own, child, other) =
        (new_session(1, ada.id, 60), new_session(2, ada.id, 60), new_session(3, ada.id, 60));
    let child = NewSession { parent: Some(own.id), ..child };
    for session in [&own, &child, &other] {
        world.fleet.insert_session(session, event("user.signed-in"), at(0)).await.unwrap();
    }
    let new = NewDevice { session: Some(own.id), ..new_device(ada.id, "key", DeviceStatus::Approved) };
    let device = shown(&world, &new, 1).await;
    let bound = world.fleet.find_session(&[1; 32], at(2)).await.unwrap().unwrap();
    assert_eq!((bound.device, bound.pairing), (Some((device.id, DeviceStatus::Approved)), Pairing::Auto));
    assert_eq!(world.org.revoke_device(device.id, event("device.revoked"), at(3)).await.unwrap(), [own.id]);
    assert!(world.fleet.find_session(&[1; 32], at(4)).await.unwrap().is_none());
    assert!(world.fleet.find_session(&[2; 32], at(4)).await.unwrap().is_none(), "begun out of the first");
    assert!(world.fleet.find_session(&[3; 32], at(4)).await.unwrap().is_some());
    let gone = world.org.revoke_device(device.id, event("device.revoked"), at(5)).await;
    assert!(matches!(gone, Err(Error::NotFound("device"))));
}

#[tokio::test]
async fn a_session_vouches_for_one_device() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let session = NewSession { is_vouched: true, ..new_session(1, ada.id, 60) };
    world.fleet.insert_session(&session, event("user.signed-in"), at(0)).await.unwrap();
    let vouched = |key| NewDevice {
        session: Some(session.id),
        uses_vouching: true,
        ..new_device(ada.id, key, DeviceStatus::Approved)
    };
    shown(&world, &vouched("first"), 1).await;
    shown(&world, &vouched("first"), 2).await;
    let second = vouched("second");
    let refused = world.org.pair_device(&second, |_device| event("device.shown"), at(3)).await;
    assert!(matches!(refused, Err(Error::NotFound("session"))));
    assert!(world.org.find_device_by_key(ada.id, "second").await.unwrap().is_none(), "nothing is left of it");
}

#[tokio::test]
async fn a_device_cannot_be_bound_to_the_session_of_somebody_else() {
    let world = World::new().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let session = new_session(1, bob.id, 60);
    world.fleet.insert_session(&session, event("user.signed-in"), at(0)).await.unwrap();
    let new = NewDevice { session: Some(session.id), ..new_device(ada.id, "key", DeviceStatus::Approved) };
    let refused = world.org.pair_device(&new, |_device| event("device.shown"), at(1)).await;
    assert!(matches!(refused, Err(Error::NotFound("session"))));
}

#[tokio::test]
async fn a_person_has_so_many_devices_and_those_that_expired_do_not_count() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    for n in 0..DEVICES_MAX {
        let key = format!("key {n}");
        let new = NewDevice { public_key: &key, ..new_device(ada.id, "", DeviceStatus::Pending) };
        shown(&world, &new, 1).await;
    }
    let more = new_device(ada.id, "one more", DeviceStatus::Pending);
    let refused = world.org.pair_device(&more, |_device| event("device.shown"), at(2)).await;
    assert!(matches!(refused, Err(Error::TooMany { what: "devices", max: DEVICES_MAX })));
    let later = NewDevice { expires_at: at(9000), ..more };
    shown(&world, &later, 3600).await;
}

#[tokio::test]
async fn a_person_takes_their_devices_along() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.org.create_user(&new_user("boss", Role::Owner), event("user.added"), at(0)).await.unwrap();
    let device = shown(&world, &new_device(ada.id, "key", DeviceStatus::Approved), 1).await;
    world.org.remove_user(ada.id, event("user.removed"), at(2)).await.unwrap();
    assert_eq!(world.org.find_device(device.id, at(3)).await.unwrap(), None);
}

#[tokio::test]
async fn a_ticket_is_good_once_and_until_its_holder_ends() {
    let world = World::new().await;
    let (smartbox, _operation) = create(&world.org, new_box("home")).await.unwrap();
    let token = world.org.create_token(&new_token(1, 600), event("token.made"), at(0)).await.unwrap();
    let holder = TicketHolder::Token(token.id);
    for n in [1, 2, 3] {
        world.org.insert_ticket(&new_ticket(n, smartbox.id, holder, 60), at(0)).await.unwrap();
    }
    let ticket = world.fleet.redeem_ticket(&[1; 32], at(59)).await.unwrap().unwrap();
    assert_eq!((ticket.box_id, ticket.holder, ticket.path.as_str()), (smartbox.id, holder, "/b/home/ws"));
    assert_eq!(world.fleet.redeem_ticket(&[1; 32], at(59)).await.unwrap(), None);
    assert_eq!(world.fleet.redeem_ticket(&[2; 32], at(60)).await.unwrap(), None);
    world.org.revoke_token(token.id, event("token.revoked"), at(1)).await.unwrap();
    assert_eq!(world.fleet.redeem_ticket(&[3; 32], at(2)).await.unwrap(), None);
}

#[tokio::test]
async fn only_so_many_tickets_wait() {
    let world = World::new().await;
    let (smartbox, _operation) = create(&world.org, new_box("home")).await.unwrap();
    let ada = world.user("ada").await;
    for n in 0..TICKETS_MAX {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&n.to_be_bytes());
        let new =
            smartbox_store::NewTicket { hash, ..new_ticket(0, smartbox.id, TicketHolder::User(ada.id), 60) };
        world.org.insert_ticket(&new, at(0)).await.unwrap();
    }
    let more = new_ticket(255, smartbox.id, TicketHolder::User(ada.id), 90);
    assert!(matches!(world.org.insert_ticket(&more, at(0)).await, Err(Error::TooMany { .. })));
    world.org.insert_ticket(&more, at(60)).await.unwrap();
}
