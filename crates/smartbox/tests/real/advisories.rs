//! Attacks that OpenClaw's advisories tell of, replayed against the edge with the real gateway behind it.
//!
//! `docs/advisories.md` says of each advisory which of these cases replays it, or why none can. All cases share one box: a
//! gateway's boot is what costs.

mod claims;
mod device;
mod doors;
mod limits;
mod pairing;
mod revocation;
pub(crate) mod socket;
mod world;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use futures_util::FutureExt;

use world::World;

type Replay = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A case and what it replays.
struct Case {
    name: &'static str,
    advisories: &'static [&'static str],
    replay: Replay,
}

macro_rules! case {
    ($module:ident::$name:ident, $($advisory:literal),+) => {
        Case { name: stringify!($name), advisories: &[$($advisory),+], replay: |world| Box::pin($module::$name(world)) }
    };
}

/// In this order: the last ones use up what an address may do.
const CASES: &[Case] = &[
    case!(doors::an_address_carries_no_gateway_and_no_token, "CVE-2026-25253", "CVE-2026-26322"),
    case!(doors::a_stranger_opens_no_socket_and_applies_no_configuration, "CVE-2026-25593", "360-report"),
    case!(doors::a_page_of_another_site_opens_no_socket, "ClawJacked", "CVE-2026-32034"),
    case!(doors::forwarding_headers_make_nobody_local_or_known, "CVE-2026-26316", "CVE-2026-29613"),
    case!(doors::tools_are_invoked_by_administrators_alone, "GHSA-943q-mwmv-hhvh"),
    case!(claims::declared_scopes_are_cut_to_what_the_person_has, "GHSA-rqpp-rjj8-7wv8", "CVE-2026-53821"),
    case!(claims::no_client_id_gives_more, "CVE-2026-32057"),
    case!(claims::a_device_that_is_not_proven_gives_nothing, "CVE-2026-28472"),
    case!(claims::a_socket_that_asked_for_nothing_gets_nothing_later, "CVE-2026-53852"),
    case!(pairing::a_member_mints_no_device_token, "GHSA-4jpw-hj22-2xmc"),
    case!(pairing::a_setup_code_pairs_nobody_and_a_sign_in_code_works_once, "CVE-2026-32987"),
    case!(pairing::a_member_gets_no_pairing_code, "CVE-2026-32905"),
    case!(revocation::an_open_socket_dies_with_its_session, "CVE-2026-34503", "CVE-2026-41356"),
    case!(limits::loopback_and_bogus_tokens_are_counted, "ClawJacked", "PR-57647"),
    case!(limits::a_flood_of_upgrades_is_cut_and_others_go_on, "CVE-2026-41399"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_advisories_replayed_against_a_real_gateway_change_nothing() {
    let world = World::start().await;
    let before = world.state().await;
    let mut failed = Vec::new();
    for case in CASES {
        // One that fails says why on standard error; the others are replayed all the same.
        if AssertUnwindSafe((case.replay)(&world)).catch_unwind().await.is_err() {
            failed.push((case.name, case.advisories));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(world.state().await, before);
}

/// The rows of the table: what is in backticks in the second column, and the ids in the first.
fn documented() -> BTreeSet<(String, String)> {
    let page = include_str!("../../../../docs/advisories.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | `"));
    rows.flat_map(|(ids, rest)| {
        let case = rest.split('`').next().unwrap_or_default().to_owned();
        ids.split(", ").map(move |id| (id.to_owned(), case.clone())).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn every_advisory_of_the_document_has_its_case_and_the_other_way_round() {
    let of = |case: &Case| {
        case.advisories.iter().map(|id| ((*id).to_owned(), case.name.to_owned())).collect::<Vec<_>>()
    };
    let replayed: BTreeSet<_> = CASES.iter().flat_map(of).collect();
    assert_eq!(documented(), replayed);
}
