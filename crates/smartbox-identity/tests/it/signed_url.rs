//! Signed URLs: Automna's rules in Automna's order, and the bound form.

use std::io::Write as _;
use std::process::{Command, Stdio};

use secrecy::SecretString;
use smartbox_identity::signed_url::{sign, sign_bound, strip};
use smartbox_identity::{SignedUrlError, SignedUser, UrlKeys, UrlRequest};

use crate::keys::{NOW, at};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NONCE: &str = "MDEyMzQ1Njc4OWFiY2RlZg";

fn secret() -> SecretString {
    SECRET.into()
}

fn keys() -> UrlKeys {
    let old: SecretString = "the secret before this one".into();
    UrlKeys::new(&[old, secret()], &[("k1".to_owned(), secret())]).unwrap()
}

fn verify(query: &str) -> Result<SignedUser, SignedUrlError> {
    keys().verify(&UrlRequest { method: "GET", path: "/ws", query }, at(0))
}

/// `printf %s TEXT | openssl dgst -sha256 -hmac SECRET -binary | openssl base64 -A | tr '+/' '-_' | tr -d '='`
fn openssl(text: &str) -> String {
    let hex =
        pipe(Command::new("openssl").args(["dgst", "-sha256", "-hmac", SECRET, "-binary"]), text.as_bytes());
    let base64 = pipe(Command::new("openssl").args(["base64", "-A"]), &hex);
    String::from_utf8(base64).unwrap().replace('+', "-").replace('/', "_").replace('=', "")
}

fn pipe(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl is needed: apt-get install openssl");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn a_url_that_openssl_signed_is_accepted() {
    let exp = NOW + 3600;
    let sig = openssl(&format!("user_2abcDEF.{exp}"));
    let query = format!("userId=user_2abcDEF&exp={exp}&sig={sig}");
    let user = verify(&query).unwrap();
    assert_eq!(user.user_id, "user_2abcDEF");
    assert_eq!(user.expires_at, at(3600));
    assert_eq!(user.nonce, None);
    assert_eq!(sign("user_2abcDEF", at(3600), &secret()), query);
}

#[test]
fn a_bound_url_that_openssl_signed_is_accepted_and_names_its_nonce() {
    let exp = NOW + 60;
    let path = "/b/home/files/a%20b";
    let text = format!("smartbox-signed-url-v1\nk1\nGET\n{path}\nuser_2abcDEF\n{exp}\n{NONCE}");
    let query = format!("userId=user_2abcDEF&exp={exp}&sigKid=k1&sigNonce={NONCE}&sig={}", openssl(&text));
    let user = keys().verify(&UrlRequest { method: "GET", path, query: &query }, at(0)).unwrap();
    assert_eq!(user.nonce.as_deref(), Some(NONCE));
    assert_eq!(sign_bound("user_2abcDEF", at(60), ("k1", &secret()), ("GET", path), NONCE), query);
    assert!(!format!("{user:?}").contains(NONCE));
}

#[test]
fn a_bound_url_fits_one_request_only() {
    let query = sign_bound("user_1", at(60), ("k1", &secret()), ("GET", "/ws"), NONCE);
    let verify = |method, path, query: &str| keys().verify(&UrlRequest { method, path, query }, at(0));
    assert!(verify("GET", "/ws", &query).is_ok());
    let wrong = Err(SignedUrlError::Signature);
    assert_eq!(verify("POST", "/ws", &query), wrong);
    assert_eq!(verify("GET", "/ws/", &query), wrong);
    assert_eq!(verify("GET", "/", &query), wrong);
    assert_eq!(verify("GET", "/ws", &query.replace("sigKid=k1", "sigKid=k2")), wrong);
    assert_eq!(verify("GET", "/ws", &query.replace(NONCE, "MDEyMzQ1Njc4OWFiY2RlZZ")), wrong);
    // Taking the binding out does not make a plain one of it, and a plain one cannot be bound.
    let plain = query.replace("&sigKid=k1", "").replace(&format!("&sigNonce={NONCE}"), "");
    assert_eq!(verify("GET", "/ws", &plain), wrong);
    let bound = format!("{}&sigKid=k1&sigNonce={NONCE}", sign("user_1", at(60), &secret()));
    assert_eq!(verify("GET", "/ws", &bound), wrong);
    let half = query.replace("&sigKid=k1", "");
    assert!(matches!(verify("GET", "/ws", &half), Err(SignedUrlError::Malformed(_))));
    let short = sign_bound("user_1", at(60), ("k1", &secret()), ("GET", "/ws"), "short");
    assert!(matches!(verify("GET", "/ws", &short), Err(SignedUrlError::Malformed(_))));
}

#[test]
fn the_checks_have_automnas_order() {
    let error = |query: &str| verify(query).unwrap_err();
    // 1. One of the three is missing, or empty.
    for query in [
        "",
        "exp=1&sig=x",
        "userId=user_1&sig=x",
        "userId=user_1&exp=1",
        "userId=&exp=1&sig=x",
        "sig&exp&userId",
    ] {
        assert_eq!(error(query), SignedUrlError::Missing, "{query}");
    }
    // 2. `exp` is not a number, though the user id is wrong as well.
    for exp in ["x", "1e9", "0x10", "-1", "+1", "1.5", "%31%32x", "1234567890123"] {
        let refused = error(&format!("userId=admin&exp={exp}&sig=x"));
        assert!(matches!(refused, SignedUrlError::Malformed(_)), "{exp}");
    }
    // 3. Expired, though the user id is wrong as well.
    assert_eq!(error(&format!("userId=admin&exp={}&sig=x", NOW - 1)), SignedUrlError::Expired);
    // 4. Not a user, though the signature is right.
    for user in ["admin", "User_1", "", "user-1"] {
        let query = sign(user, at(60), &secret());
        let expected = if user.is_empty() { SignedUrlError::Missing } else { SignedUrlError::User };
        assert_eq!(error(&query), expected, "{user}");
    }
    // 5. The signature.
    assert_eq!(error(&format!("userId=user_1&exp={}&sig=x", NOW + 1)), SignedUrlError::Signature);
}

#[test]
fn exp_counts_to_its_very_second() {
    let query = sign("user_1", at(0), &secret());
    assert!(verify(&query).is_ok());
    let request = UrlRequest { method: "GET", path: "/ws", query: &query };
    let half_a_second = jiff::SignedDuration::from_millis(500);
    assert!(keys().verify(&request, at(0).saturating_add(half_a_second).unwrap()).is_ok());
    assert_eq!(keys().verify(&request, at(1)), Err(SignedUrlError::Expired));
}

#[test]
fn signatures_have_one_spelling_and_fit_one_text() {
    let query = sign("user_1", at(60), &secret());
    let sig = query.rsplit_once("sig=").unwrap().1;
    assert_eq!(sig.len(), 43);
    for other in [
        format!("{sig}="),
        format!("{sig}A"),
        sig[..42].to_owned(),
        sig.to_lowercase(),
        sig.replace('-', "+"),
    ] {
        if other != sig {
            assert_eq!(verify(&query.replace(sig, &other)), Err(SignedUrlError::Signature), "{other}");
        }
    }
    assert_eq!(verify(&query.replace("user_1", "user_2")), Err(SignedUrlError::Signature));
    // The dot is no boundary: what moves over it is signed as it is read.
    assert_eq!(
        verify(&query.replace(&(NOW + 60).to_string(), &(NOW + 61).to_string())),
        Err(SignedUrlError::Signature)
    );
    let padded = query.replace("exp=", "exp=0");
    assert_eq!(verify(&padded), Err(SignedUrlError::Signature));
    let by_another = sign("user_1", at(60), &"another secret altogether".into());
    assert_eq!(verify(&by_another), Err(SignedUrlError::Signature));
    let by_the_old_one = sign("user_1", at(60), &"the secret before this one".into());
    assert!(verify(&by_the_old_one).is_ok());
}

#[test]
fn parameters_are_decoded_and_never_twice() {
    let query = sign("user_a b+ü", at(60), &secret());
    assert_eq!(verify(&query).unwrap().user_id, "user_a b+ü");
    for twice in ["userId=user_1", "exp=1", "sig=x", "%75serId=user_1", "exp", "sig="] {
        for query in [format!("{twice}&{query}"), format!("{query}&{twice}")] {
            assert!(matches!(verify(&query), Err(SignedUrlError::Malformed(_))), "{twice}");
        }
    }
    let long = format!("{query}&x={}", "x".repeat(16 * 1024));
    assert!(matches!(verify(&long), Err(SignedUrlError::Malformed(_))));
}

#[test]
fn identity_parameters_are_taken_out_and_nothing_else() {
    assert_eq!(strip("userId=u&exp=1&sig=s"), "");
    assert_eq!(strip("session=a%20b&userId=u&limit=5&exp=1&sig=s&x"), "session=a%20b&limit=5&x");
    assert_eq!(strip("%75serId=u&ex%70=1&s%69g=s&a=1"), "a=1");
    assert_eq!(strip("sigKid=k&sigNonce=n&sig&signature=kept&Sig=kept"), "signature=kept&Sig=kept");
    assert_eq!(strip("a=1&&b=2"), "a=1&&b=2");
    assert_eq!(strip(""), "");
}

/// The signatures that are printed in `docs/signed-urls.md`.
#[test]
fn the_examples_of_the_manual_are_right() {
    let manual = include_str!("../../../../docs/signed-urls.md");
    let plain = sign("user_2abcDEF", at(3600), &secret());
    let path = "/b/home/files/a%20b";
    let bound = sign_bound("user_2abcDEF", at(3600), ("k1", &secret()), ("GET", path), NONCE);
    for query in [plain, bound] {
        let (_, sig) = query.rsplit_once("sig=").unwrap();
        assert!(manual.contains(&format!("`{sig}`")), "{sig}");
    }
}
