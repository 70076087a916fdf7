//! Any text as the name or id of a box. Nobody finds a box of another org, and their own by its very name or id alone.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use smartbox_core::{BoxId, OrgId, Principal, Role, UserId};
use smartbox_edge::{GatewayCredential, Grant, Handshake, Policy, Route, RouteState, RouteTable};

const OWN: u8 = 1;
const FOREIGN: u8 = 2;

fn org(n: u8) -> OrgId {
    OrgId::from_parts(jiff::Timestamp::UNIX_EPOCH, [n; 10])
}

fn id(n: u8) -> BoxId {
    BoxId::from_parts(jiff::Timestamp::UNIX_EPOCH, [n; 10])
}

fn route(n: u8, name: &str) -> Route {
    let handshake = Handshake { method: "connect", kept_auth: &[], signed_auth: &[] };
    Route {
        id: id(n),
        org: org(n),
        name: name.parse().unwrap(),
        is_default: true,
        generation: 1,
        state: RouteState::Ready,
        credential: GatewayCredential::new(|_| Grant { headers: Vec::new(), role: "operator", scopes: &[] }),
        policy: Arc::new(Policy::new(handshake, &[], &[])),
    }
}

static TABLE: LazyLock<RouteTable> =
    LazyLock::new(|| RouteTable::new([route(OWN, "home"), route(FOREIGN, "work")], Some(org(OWN))));

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let user = UserId::from_parts(jiff::Timestamp::UNIX_EPOCH, [OWN; 10]);
    let member = Principal::user(user, org(OWN), Role::Owner);
    if let Some(found) = TABLE.find(&member, &text) {
        assert_eq!(found.id, id(OWN));
        assert!(text == "home" || text == id(OWN).to_string(), "{text}");
    }
    if let Some(found) = TABLE.find(&Principal::Admin, &text) {
        assert!(text == found.name.as_str() || text == found.id.to_string(), "{text}");
    }
});
