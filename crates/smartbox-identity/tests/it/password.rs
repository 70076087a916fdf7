//! Passwords.

use secrecy::SecretString;
use smartbox_identity::{PasswordError, PasswordPool, hash_password, needs_rehash, verify_password};

const SALT: [u8; 16] = *b"sixteen of bytes";

fn password(text: &str) -> SecretString {
    text.into()
}

#[test]
fn a_password_is_kept_as_a_phc_string_and_only_the_same_one_fits() {
    let stored = hash_password(&password("correct horse"), SALT).unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert_eq!(verify_password(&password("correct horse"), &stored), Ok(true));
    assert_eq!(verify_password(&password("Correct horse"), &stored), Ok(false));
    assert_eq!(verify_password(&password("correct horse\0"), &stored), Ok(false));
    assert_ne!(hash_password(&password("correct horse"), [7; 16]).unwrap(), stored);
    assert!(!needs_rehash(&stored));
}

/// Made with PyPI's `argon2-cffi` 25.1.0, which wraps the reference implementation: `low_level.hash_secret(b"correct
/// horse", b"somesaltsomesalt", 3, 4096, 1, 32, Type.ID)`.
const BY_THE_REFERENCE: &str =
    "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$acbZCckOfABB/s2U/eE8vrM+V9HWTIj4syKxzIwhax8";

#[test]
fn a_hash_of_another_program_and_other_costs_is_understood_and_due_for_renewal() {
    assert_eq!(verify_password(&password("correct horse"), BY_THE_REFERENCE), Ok(true));
    assert_eq!(verify_password(&password("incorrect horse"), BY_THE_REFERENCE), Ok(false));
    assert!(needs_rehash(BY_THE_REFERENCE));
}

#[test]
fn passwords_are_bounded_on_both_sides() {
    for length in [0, 7, 1025, 100_000] {
        let hashed = hash_password(&password(&"x".repeat(length)), SALT);
        assert_eq!(hashed.unwrap_err(), PasswordError::Length, "{length}");
    }
    let longest = password(&"x".repeat(1024));
    let stored = hash_password(&longest, SALT).unwrap();
    assert_eq!(verify_password(&longest, &stored), Ok(true));
    assert_eq!(verify_password(&password(&"x".repeat(1025)), &stored), Ok(false));
    assert_eq!(verify_password(&password(""), &stored), Ok(false));
}

#[test]
fn stored_texts_that_are_no_hash_or_cost_too_much_are_refused() {
    let tail = "$c29tZXNhbHRzb21lc2FsdA$OLALaP5IqLJ3EGwzGcbQz1sMkh1zdCwJG1cVQJYTE24";
    for stored in [
        String::new(),
        "correct horse".to_owned(),
        format!("$argon2i$v=19$m=19456,t=2,p=1{tail}"),
        format!("$argon2id$v=19$m=4194304,t=2,p=1{tail}"),
        format!("$argon2id$v=19$m=19456,t=4000000,p=1{tail}"),
        format!("$argon2id$v=19$m=19456,t=2,p=200{tail}"),
        "$2b$12$abcdefghijklmnopqrstuv".to_owned(),
    ] {
        let verified = verify_password(&password("correct horse"), &stored);
        assert_eq!(verified, Err(PasswordError::Stored), "{stored}");
        assert!(needs_rehash(&stored));
    }
}

#[tokio::test]
async fn somebody_who_is_not_known_is_answered_no_after_as_much_work() {
    let pool = PasswordPool::new(1, 4);
    let stored = pool.hash(password("correct horse"), SALT).await.unwrap();
    assert_eq!(pool.verify(password("correct horse"), Some(stored)).await, Ok(true));
    // Not an error: the made-up hash is a real one, so its cost is paid.
    assert_eq!(pool.verify(password("correct horse"), None).await, Ok(false));
}

#[tokio::test]
async fn a_flood_of_sign_ins_is_turned_away_beyond_the_queue() {
    let pool = PasswordPool::new(1, 2);
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let pool = pool.clone();
        callers.spawn(async move { pool.verify(password("correct horse"), None).await });
    }
    let answers = callers.join_all().await;
    let served = answers.iter().filter(|answer| **answer == Ok(false)).count();
    let turned_away = answers.iter().filter(|answer| **answer == Err(PasswordError::Busy)).count();
    assert_eq!(served + turned_away, 20);
    assert!(served >= 3 && turned_away > 0, "{served} served");
    // And it is over when they are gone.
    assert_eq!(pool.verify(password("correct horse"), None).await, Ok(false));
}
