//! How much somebody may try whom nobody knows.

use reqwest::Method;

use super::world::{World, refused};

/// More attempts than an address has.
const ATTEMPTS: usize = 400;

impl World {
    /// Tries until it is one too many, and returns how often that was.
    async fn try_until_refused(&self, headers: &[(&str, &str)]) -> usize {
        for attempt in 1..=ATTEMPTS {
            let answer = self.knock("/b/home", headers).await;
            if answer == refused(429, "too-many-requests") {
                return attempt;
            }
            assert_eq!(answer.status, 401, "{attempt}: {answer:?}");
        }
        panic!("{ATTEMPTS} attempts");
    }
}

pub(super) async fn loopback_and_bogus_tokens_are_counted(world: &World) {
    // These attempts come from loopback, claim to come from elsewhere, and carry tokens of a device.
    let bogus = [
        ("x-forwarded-for", "203.0.113.9"),
        ("authorization", "Bearer guessed"),
        ("x-device-token", "guessed"),
    ];
    assert!(world.try_until_refused(&bogus).await <= ATTEMPTS);
    // Another claim of where they come from, another token: the same allowance.
    let other = [("x-forwarded-for", "203.0.113.10"), ("authorization", "Bearer other")];
    assert!(world.try_until_refused(&other).await < ATTEMPTS / 4);
}

pub(super) async fn a_flood_of_upgrades_is_cut_and_others_go_on(world: &World) {
    world.try_until_refused(&[]).await;
    // Whoever is signed in goes on: pages and the API are counted on their own.
    let cookie = [("cookie", world.viewer.cookie.as_str())];
    assert_eq!(world.ask(Method::GET, "/b/home/", &cookie).await, refused(200, ""));
    assert_eq!(world.ask(Method::GET, "/v1/boxes", &cookie).await, refused(200, ""));
}
