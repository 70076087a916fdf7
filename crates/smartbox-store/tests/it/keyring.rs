//! The key file.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use smartbox_store::{Keyring, KeyringError};

#[test]
fn a_missing_key_file_is_made_for_its_owner_only_and_then_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys");
    Keyring::open_or_create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let made = fs::read(&path).unwrap();
    Keyring::open_or_create(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), made);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys");
    Keyring::open_or_create(&path).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = Keyring::open_or_create(&path).unwrap_err();
        assert!(matches!(refused, KeyringError::Exposed { mode: seen, .. } if seen == mode));
        assert!(refused.remedy().contains("chmod 600"));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    Keyring::open_or_create(&path).unwrap();
}

#[test]
fn a_damaged_key_file_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys");
    for damage in ["", "# nothing\n", "AAAA\n", "not base64!\n", &format!("{}=\n", "A".repeat(44))] {
        fs::write(&path, damage).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let refused = Keyring::open_or_create(&path);
        assert!(matches!(refused, Err(KeyringError::Damaged { .. })), "{damage:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), damage);
    }
}

#[test]
fn a_directory_that_is_not_there_is_an_error_and_no_panic() {
    let directory = tempfile::tempdir().unwrap();
    let refused = Keyring::open_or_create(&directory.path().join("missing/keys"));
    assert!(matches!(refused, Err(KeyringError::Io { .. })));
}

#[test]
fn those_who_make_the_key_at_the_same_time_end_with_the_same_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| Keyring::open_or_create(&path).unwrap());
        }
    });
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().filter(|line| !line.starts_with('#')).count(), 1);
}
