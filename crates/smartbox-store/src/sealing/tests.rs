use super::*;

const PLACE: Place<'_> = Place { table: "secrets", row: "box_1", name: "gateway-token" };

#[test]
fn a_secret_opens_in_its_place_only() {
    let sealer = Sealer::ephemeral().unwrap();
    let sealed = sealer.seal(PLACE, &"hush".into()).unwrap();

    assert_eq!(sealer.open(PLACE, &sealed).unwrap().expose_secret(), "hush");
    for elsewhere in [
        Place { row: "box_2", ..PLACE },
        Place { name: "other", ..PLACE },
        Place { table: "meta", ..PLACE },
        Place { table: "secretsbox_1", row: "", ..PLACE },
    ] {
        assert!(matches!(sealer.open(elsewhere, &sealed), Err(Error::Unsealable)));
    }
}

#[test]
fn another_key_opens_nothing() {
    let sealed = Sealer::ephemeral().unwrap().seal(PLACE, &"hush".into()).unwrap();
    let stranger = Sealer::ephemeral().unwrap();
    assert!(matches!(stranger.open(PLACE, &sealed), Err(Error::Unsealable)));
    let relabelled = Sealed { key_id: stranger.active_key_id(), ..sealed };
    assert!(matches!(stranger.open(PLACE, &relabelled), Err(Error::Unsealable)));
}

#[test]
fn altered_or_nonsensical_text_opens_nothing() {
    let sealer = Sealer::ephemeral().unwrap();
    let sealed = sealer.seal(PLACE, &"hush".into()).unwrap();
    for (nonce, ciphertext) in [
        (sealed.nonce.clone(), String::new()),
        (sealed.nonce.clone(), "%%%".to_owned()),
        (sealed.nonce.clone(), sealed.ciphertext.to_ascii_lowercase()),
        (String::new(), sealed.ciphertext.clone()),
        (BASE64.encode([0; 12]), sealed.ciphertext.clone()),
    ] {
        let altered = Sealed { key_id: sealed.key_id.clone(), nonce, ciphertext };
        assert!(matches!(sealer.open(PLACE, &altered), Err(Error::Unsealable)), "{altered:?}");
    }
}

#[test]
fn the_same_secret_is_never_sealed_to_the_same_text() {
    let sealer = Sealer::ephemeral().unwrap();
    let [one, other] = [(); 2].map(|()| sealer.seal(PLACE, &"hush".into()).unwrap());
    assert_ne!(one.nonce, other.nonce);
    assert_ne!(one.ciphertext, other.ciphertext);
}

#[test]
fn nothing_of_a_key_is_printed() {
    assert_eq!(format!("{:?}", Sealer::ephemeral().unwrap()), "Sealer(..)");
    assert_eq!(format!("{:?}", Keyring::ephemeral().unwrap()), "Keyring(..)");
}
