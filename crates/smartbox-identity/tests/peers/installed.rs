//! Where the programs of others are.

use std::path::PathBuf;

/// A path in the tests' cache.
pub(crate) fn installed(name: &str) -> PathBuf {
    let path = cache().join(name);
    assert!(path.exists(), "{} is missing; run scripts/test-python.sh", path.display());
    path
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests' cache is named by the environment, as scripts/test.sh does"
)]
fn cache() -> PathBuf {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(PathBuf::from);
    named("SMARTBOX_TEST_CACHE").unwrap_or_else(|| {
        let caches =
            named("XDG_CACHE_HOME").unwrap_or_else(|| named("HOME").expect("HOME is set").join(".cache"));
        caches.join("smartbox-test")
    })
}

#[test]
fn the_lock_file_pins_every_package_and_names_no_registry() {
    let text = include_str!("../provider/package-lock.json");
    let lock: serde_json::Value = serde_json::from_str(text).unwrap();
    let packages = lock["packages"].as_object().unwrap();
    for (name, package) in packages.iter().filter(|(name, _package)| !name.is_empty()) {
        assert!(package["integrity"].as_str().unwrap().starts_with("sha512-"), "{name}");
        assert!(package.get("resolved").is_none(), "{name} names a registry");
    }
    assert_eq!(packages["node_modules/oidc-provider"]["version"], "9.13.3");
}
