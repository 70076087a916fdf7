//! Tokens that PyJWT makes.

use std::process::Command;

use jiff::Timestamp;
use serde::Deserialize;
use smartbox_identity::{TokenError, Verifier, VerifierConfig};

use crate::installed::installed;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://project.supabase.co/auth/v1";
const SECRET: &str = "a secret of more than sixty-four bytes, so that PyJWT does not warn: 0123456789";

#[derive(Deserialize)]
struct Minted {
    jwks: serde_json::Value,
    good: std::collections::BTreeMap<String, String>,
    /// What is wrong, and the token.
    bad: Vec<(String, String)>,
}

fn mint() -> Minted {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/mint.py");
    let output = Command::new(installed("python/bin/python"))
        .args([script, SECRET, ISSUER, "authenticated", &NOW.to_string()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A verifier, and the server that it has its keys from.
async fn verifier(jwks: &serde_json::Value) -> (Verifier, tokio::task::JoinSet<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/auth/v1/.well-known/jwks.json", listener.local_addr().unwrap());
    let body = jwks.to_string();
    let mut server = tokio::task::JoinSet::new();
    server.spawn(async move {
        loop {
            let (mut stream, _peer) = listener.accept().await.unwrap();
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let mut request = [0; 4096];
            let _read = tokio::io::AsyncReadExt::read(&mut stream, &mut request).await;
            let answer = format!("{head}{body}");
            let _sent = tokio::io::AsyncWriteExt::write_all(&mut stream, answer.as_bytes()).await;
        }
    });
    let verifier = Verifier::new(VerifierConfig {
        issuer: ISSUER.to_owned(),
        audiences: vec!["authenticated".to_owned()],
        hs256_secret: Some(SECRET.into()),
        jwks_urls: vec![url],
        vouches_for_emails: false,
    });
    (verifier.unwrap(), server)
}

/// The word for an error in `mint.py`.
fn word(error: &TokenError) -> &'static str {
    match error {
        TokenError::Malformed(_) => "malformed",
        TokenError::Algorithm => "algorithm",
        TokenError::UnknownKey => "unknown key",
        TokenError::Signature => "signature",
        TokenError::Expired => "expired",
        TokenError::NotYetValid => "not yet valid",
        TokenError::Issuer => "issuer",
        TokenError::Audience => "audience",
        TokenError::Unavailable { .. } => "unavailable",
    }
}

#[tokio::test]
async fn tokens_of_another_implementation_are_read_the_same_way() {
    let minted = mint();
    let (verifier, _server) = verifier(&minted.jwks).await;
    let now = Timestamp::from_second(NOW).unwrap();
    assert_eq!(minted.good.len(), 4);
    for (alg, token) in &minted.good {
        let verified = verifier.verify(token, now).await.unwrap();
        assert_eq!(verified.subject, "Ada", "{alg}");
        assert_eq!(verified.session_id.as_deref(), Some("s1"), "{alg}");
        assert!(verified.email_verified, "{alg}");
    }
    assert_eq!(minted.bad.len(), 41);
    for (wrong, token) in &minted.bad {
        let error = verifier.verify(token, now).await.expect_err(wrong);
        assert_eq!(word(&error), wrong, "{token}");
    }
}
