//! Anything at all, as a credential: nothing panics, and nothing is believed.

use proptest::prelude::*;
use smartbox_identity::signed_url::{sign, strip};
use smartbox_identity::{UrlKeys, UrlRequest, verify_password};
use tokio::runtime::Runtime;

use crate::jwt::with_secret;
use crate::keys::{ISSUER, SECRET, at, b64, claims, hs256, hs256_with};

fn is_accepted(token: &str) -> bool {
    Runtime::new().unwrap().block_on(with_secret().verify(token, at(0))).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_is_a_token(text in ".{0,300}") {
        prop_assert!(!is_accepted(&text));
    }

    #[test]
    fn no_three_parts_are_a_token(
        header in proptest::collection::vec(any::<u8>(), 0..60),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        signature in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let token = [b64(&header), b64(&payload), b64(&signature)].join(".");
        prop_assert!(!is_accepted(&token));
    }

    #[test]
    fn a_right_signature_does_not_make_claims_of_anything(header in ".{0,60}", payload in ".{0,200}") {
        prop_assert!(!is_accepted(&hs256_with(SECRET, &header, &payload)));
        let signed = hs256_with(SECRET, r#"{"alg":"HS256"}"#, &payload);
        prop_assert!(!is_accepted(&signed));
    }

    #[test]
    fn no_changed_byte_goes_unnoticed(at in any::<prop::sample::Index>(), byte in 0u8..128) {
        let good = hs256(SECRET, &claims(ISSUER));
        let mut changed = good.clone().into_bytes();
        let place = at.index(changed.len());
        changed[place] = byte;
        let changed = String::from_utf8(changed).unwrap();
        prop_assert!(changed == good || !is_accepted(&changed));
    }

    #[test]
    fn no_query_is_a_signed_one(query in ".{0,200}", path in ".{0,30}", exp in any::<u64>(), sig in ".{0,60}") {
        let keys = UrlKeys::new(&[SECRET.into()], &[("k".to_owned(), SECRET.into())]).unwrap();
        for query in [
            query.clone(),
            format!("userId=user_{query}&exp={exp}&sig={sig}"),
            format!("userId=user_1&exp=1900000000&sig={sig}&sigKid=k&sigNonce=0123456789abcdef{query}"),
        ] {
            let request = UrlRequest { method: "GET", path: &path, query: &query };
            prop_assert!(keys.verify(&request, at(0)).is_err());
        }
    }

    #[test]
    fn whatever_a_user_id_is_made_of_it_comes_back_or_is_refused(id in "\\PC{0,60}", before in "[b-d=&]{0,20}") {
        let keys = UrlKeys::new(&[SECRET.into()], &[]).unwrap();
        let id = format!("user_{id}");
        let query = format!("{before}&{}", sign(&id, at(5), &SECRET.into()));
        let user = keys.verify(&UrlRequest { method: "GET", path: "/", query: &query }, at(0));
        prop_assert!(user.is_ok_and(|user| user.user_id == id));
        prop_assert_eq!(strip(&query), strip(&before));
    }

    #[test]
    fn no_stored_text_makes_a_password_right(stored in ".{0,120}") {
        prop_assert!(!matches!(verify_password(&"correct horse".into(), &stored), Ok(true)));
    }
}
