use std::fs;

use super::*;

fn settings(certificate: &std::path::Path, key: &std::path::Path) -> Settings {
    let variable = |name: &str, path: &std::path::Path| (name.to_owned(), path.display().to_string());
    let environment = [
        variable("SMARTBOX__EDGE__TLS_CERTIFICATE", certificate),
        variable("SMARTBOX__EDGE__TLS_KEY", key),
        variable("SMARTBOX_DATA_DIR", std::path::Path::new("/nowhere")),
    ];
    Settings::read(&Flags::default(), &environment).unwrap()
}

#[test]
fn a_certificate_that_expires_soon_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["boxes.example".to_owned()]).unwrap();
    let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let settings = settings(&certificate, &key);
    let expires_at = settings.edge.tls.as_ref().unwrap().1.expires_at.unwrap();
    let state = |days_before: u64| {
        let now = expires_at - std::time::Duration::from_hours(24 * days_before);
        super::certificate(&settings, now).unwrap().state
    };
    assert_eq!((state(15), state(13), state(0)), ("ok", "warn", "fail"));
    let plain = Settings::read(&Flags::default(), &[]).unwrap();
    assert!(super::certificate(&plain, expires_at).is_none());
}

#[test]
fn a_certificate_that_an_authority_is_to_issue_is_asked_for_in_the_data_directory() {
    let environment = [
        ("SMARTBOX__EDGE__ACME_DOMAINS".to_owned(), "boxes.example".to_owned()),
        ("SMARTBOX_DATA_DIR".to_owned(), "/nowhere".to_owned()),
    ];
    let settings = Settings::read(&Flags::default(), &environment).unwrap();
    let line = super::certificate(&settings, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(line.state, "warn");
    assert!(
        line.detail.contains("not yet issued by https://acme-v02.api.letsencrypt.org/"),
        "{}",
        line.detail
    );
}
