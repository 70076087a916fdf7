//! A person whose token alone does not let them in: the real program, and the platform's own use-cases, database and routes.

use std::path::Path;
use std::process::Stdio;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use smartbox_control::{Clock as _, ForeignIdentities, SignUp, SignUpPolicy, SystemClock};
use smartbox_core::Role;
use smartbox_identity::{Verifier, VerifierConfig};
use smartbox_testkit::{ADMIN_SECRET, Served, TestApp};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

use crate::program::{LIMIT, Ran, end, end_of, smartbox};

const SECRET: &str = "a shared secret of at least 32 bytes";
const ISSUER: &str = "https://project.example/auth/v1";

/// A platform that believes one issuer, and somebody of that issuer with a configuration directory of their own.
struct Scene {
    app: TestApp,
    served: Served,
    config: tempfile::TempDir,
    token: String,
}

impl Scene {
    async fn start() -> Self {
        let foreign = || ForeignIdentities {
            tokens: Some(
                Verifier::new(VerifierConfig {
                    issuer: ISSUER.to_owned(),
                    audiences: vec!["authenticated".to_owned()],
                    hs256_secret: Some(SECRET.into()),
                    ..VerifierConfig::default()
                })
                .unwrap(),
            ),
            sign_up: SignUp { policy: SignUpPolicy::Open, org: None, role: Some(Role::Operator) },
            ..ForeignIdentities::default()
        };
        let app = TestApp::builder().foreign(foreign).start().await;
        // The program has no other clock than the system's, and its proofs are good for a minute.
        app.clock.advance(SystemClock.now().duration_since(app.clock.now()));
        let served = app.serve().await;
        let token = token(app.clock.now().as_second());
        Self { app, served, config: tempfile::tempdir().unwrap(), token }
    }

    fn command(&self, token: &str, words: &[&str]) -> tokio::process::Command {
        let mut command = smartbox(words);
        command
            .env("SMARTBOX_SERVER", format!("http://{}", self.served.address))
            .env("SMARTBOX_TOKEN", token)
            .env("XDG_CONFIG_HOME", self.config.path());
        command
    }

    async fn person(&self, words: &[&str]) -> Ran {
        end(self.command(&self.token, words)).await
    }

    async fn admin(&self, words: &[&str]) -> Ran {
        let ran = end(self.command(ADMIN_SECRET, words)).await;
        assert_eq!(ran.code, 0, "{words:?} {ran:?}");
        ran
    }
}

/// A token as Supabase makes them, by hand.
fn token(now: i64) -> String {
    let claims = json!({
        "iss": ISSUER, "aud": "authenticated", "sub": "4f1c", "iat": now, "exp": now + 3600, "role": "authenticated",
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(&claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes())))
}

fn assert_refused(ran: &Ran) {
    assert!(ran.code == 4 && ran.stderr.contains("smartbox device pair"), "{ran:?}");
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn where_devices_are_approved_by_hand_a_token_alone_opens_nothing() {
    let scene = Scene::start().await;
    assert_eq!(scene.person(&["box", "list"]).await.code, 0, "before anybody asks for devices");
    scene.admin(&["org", "set", "home", "--pairing", "manual"]).await;
    assert!(scene.admin(&["org", "list"]).await.stdout.contains("manual"));
    assert_refused(&scene.person(&["box", "list"]).await);

    let paired = scene.person(&["device", "pair", "--name", "Ada's laptop", "--no-wait"]).await;
    assert_eq!(paired.code, 0, "{paired:?}");
    let id = paired.stdout.trim();
    let key = scene.config.path().join("smartbox/device.key");
    assert_eq!((mode(&key), mode(key.parent().unwrap())), (0o600, 0o700));
    assert_refused(&scene.person(&["box", "list"]).await);
    assert!(scene.person(&["whoami"]).await.stdout.contains(&format!("{id} (waits for approval)")));

    let listed: Value =
        serde_json::from_str(&scene.admin(&["device", "list", "--json"]).await.stdout).unwrap();
    assert_eq!(listed["items"][0]["id"], id);
    let fingerprint = listed["items"][0]["fingerprint"].as_str().unwrap();
    assert!(paired.stderr.contains(fingerprint), "both see the same: {paired:?}");

    scene.admin(&["device", "approve", id]).await;
    assert_eq!(scene.person(&["box", "list"]).await.code, 0);
    assert!(scene.person(&["whoami"]).await.stdout.contains(&format!("{id} (approved)")));
    for stream in [&["logs"][..], &["exec", "--", "id"]] {
        let ran = scene.person(stream).await;
        assert_eq!(ran.code, 3, "let in, and only then told that there is no box: {ran:?}");
    }
    let again = scene.person(&["device", "pair"]).await;
    assert_eq!((again.code, again.stdout.trim()), (0, id), "the same key is the same device");

    std::fs::rename(&key, scene.config.path().join("elsewhere")).unwrap();
    assert_refused(&scene.person(&["box", "list"]).await);
    std::fs::rename(scene.config.path().join("elsewhere"), &key).unwrap();
    assert_eq!(scene.person(&["box", "list"]).await.code, 0);
    scene.admin(&["device", "revoke", id]).await;
    assert_refused(&scene.person(&["box", "list"]).await);
}

#[tokio::test]
async fn a_program_that_waits_goes_on_when_its_device_is_approved() {
    let scene = Scene::start().await;
    scene.admin(&["org", "set", "home", "--pairing", "manual"]).await;
    for (end_it, code) in [(&["device", "revoke"][..], 4), (&["device", "approve"], 0)] {
        let mut command = scene.command(&scene.token, &["device", "pair"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let id = timeout(LIMIT, lines.next_line()).await.unwrap().unwrap().unwrap();
        scene.admin(&[end_it, &[&id]].concat()).await;
        let ran = end_of(child).await;
        assert_eq!(ran.code, code, "{ran:?}");
    }
    assert_eq!(scene.person(&["box", "list"]).await.code, 0);
    drop(scene.app);
}
