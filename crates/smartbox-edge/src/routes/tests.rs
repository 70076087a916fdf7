use smartbox_core::{Role, UserId};

use super::*;
use crate::policy::Handshake;

fn org(n: u8) -> OrgId {
    OrgId::from_parts(Timestamp::UNIX_EPOCH, [n; 10])
}

fn id(n: u8) -> BoxId {
    BoxId::from_parts(Timestamp::UNIX_EPOCH, [n; 10])
}

fn user(n: u8) -> Principal {
    Principal::user(UserId::from_parts(Timestamp::UNIX_EPOCH, [n; 10]), org(n), Role::Owner)
}

const HANDSHAKE: Handshake = Handshake { method: "connect", kept_auth: &[], signed_auth: &[] };

fn credential(headers: Vec<(HeaderName, HeaderValue)>) -> GatewayCredential {
    GatewayCredential::new(move |_principal| Grant {
        headers: headers.clone(),
        role: "operator",
        scopes: &[],
    })
}

fn route(n: u8, owner: u8, name: &str, is_default: bool) -> Route {
    Route {
        id: id(n),
        org: org(owner),
        name: name.parse().unwrap(),
        is_default,
        generation: 1,
        state: RouteState::Ready,
        credential: credential(Vec::new()),
        policy: Arc::new(Policy::new(HANDSHAKE, &[], &[])),
    }
}

fn table() -> RouteTable {
    let routes = [
        route(1, 1, "home", true),
        route(2, 2, "home", true),
        route(3, 2, "work", false),
        route(4, 3, "x", false),
    ];
    RouteTable::new(routes, Some(org(1)))
}

fn found(principal: &Principal, reference: &str) -> Option<BoxId> {
    table().find(principal, reference).map(|route| route.id)
}

#[test]
fn a_name_means_the_box_of_the_callers_org() {
    assert_eq!(found(&user(1), "home"), Some(id(1)));
    assert_eq!(found(&user(2), "home"), Some(id(2)));
    assert_eq!(found(&user(1), "work"), None);
}

#[test]
fn an_id_finds_a_box_for_those_who_may_see_it() {
    assert_eq!(found(&user(1), &id(1).to_string()), Some(id(1)));
    assert_eq!(found(&user(1), &id(3).to_string()), None);
    assert_eq!(found(&Principal::Admin, &id(3).to_string()), Some(id(3)));
}

#[test]
fn an_admins_name_must_be_unique() {
    assert_eq!(found(&Principal::Admin, "work"), Some(id(3)));
    assert_eq!(found(&Principal::Admin, "home"), None);
}

#[test]
fn noise_finds_nothing() {
    for noise in ["", "..", "box_", "home/", "HOME", "%68ome"] {
        assert_eq!(found(&Principal::Admin, noise), None, "{noise}");
    }
}

#[test]
fn the_default_box_is_the_orgs_own_and_for_an_admin_that_of_the_first_org() {
    let table = table();
    let default_of = |principal: &Principal| table.default_of(principal).map(|route| route.id);
    assert_eq!(default_of(&user(2)), Some(id(2)));
    assert_eq!(default_of(&user(3)), None);
    assert_eq!(default_of(&Principal::Admin), Some(id(1)));
}

#[test]
fn a_credential_is_never_printed() {
    let name = HeaderName::from_static("x-smartbox-user-5ec4e7");
    let credential = credential(vec![(name, HeaderValue::from_static("admin"))]);
    assert_eq!(format!("{credential:?}"), "GatewayCredential(…)");
    assert!(credential.grant_for(&Principal::Admin).headers[0].1.is_sensitive());
}
