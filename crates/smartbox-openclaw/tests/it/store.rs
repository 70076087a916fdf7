use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use smartbox_core::progress::Silent;
use smartbox_openclaw::{RuntimeError, RuntimeStore};

fn pretend_installed(dir: &Path, version: &str) {
    let runtime = dir.join(format!("openclaw-{version}"));
    for file in ["bin/node", "node_modules/openclaw/openclaw.mjs"] {
        let path = runtime.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
}

#[tokio::test]
async fn a_runtime_that_is_there_is_found_without_work() {
    let dir = tempfile::tempdir().unwrap();
    pretend_installed(dir.path(), "1.2.3");
    let store = RuntimeStore::new(dir.path());
    let found = store.ensure_installed("1.2.3", &Silent).await.unwrap();
    assert_eq!(found.path, dir.path().join("openclaw-1.2.3"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was made");
}

#[test]
fn several_versions_are_listed_and_unfinished_ones_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = RuntimeStore::new(dir.path().join("none"));
    assert!(store.list().unwrap().is_empty());
    pretend_installed(dir.path(), "2.0.0");
    pretend_installed(dir.path(), "1.2.3");
    pretend_installed(dir.path(), "1.2.3.cache");
    fs::create_dir_all(dir.path().join("openclaw-3.0.0/bin")).unwrap();
    fs::create_dir_all(dir.path().join(".openclaw-4.0.0.tmp-7")).unwrap();
    let versions: Vec<_> =
        RuntimeStore::new(dir.path()).list().unwrap().into_iter().map(|found| found.version).collect();
    assert_eq!(versions, ["1.2.3", "2.0.0"]);
}

#[tokio::test]
async fn a_version_without_a_lockfile_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = RuntimeStore::new(dir.path());
    for version in ["1.0.0", "../../etc", ""] {
        let error = store.ensure_installed(version, &Silent).await.unwrap_err();
        assert!(matches!(error, RuntimeError::UnknownVersion { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_warm_cache_can_be_read_by_every_box_and_written_by_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = RuntimeStore::new(dir.path());
    let cache = store.reset_compile_cache("1.2.3").await.unwrap();
    assert_eq!(cache, store.compile_cache_dir("1.2.3"));
    assert!(!store.is_warm("1.2.3"));
    let inner = cache.join("v24-1000");
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("entry"), "code").unwrap();
    fs::set_permissions(inner.join("entry"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o777)).unwrap();

    store.mark_warm("1.2.3").await.unwrap();
    assert!(store.is_warm("1.2.3"));
    assert_eq!(fs::metadata(&inner).unwrap().mode() & 0o777, 0o755);
    assert_eq!(fs::metadata(inner.join("entry")).unwrap().mode() & 0o777, 0o644);

    store.reset_compile_cache("1.2.3").await.unwrap();
    assert!(!store.is_warm("1.2.3"));
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);
}

#[tokio::test]
async fn a_removed_runtime_is_gone_with_its_cache_and_nothing_else_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = RuntimeStore::new(dir.path());
    for version in ["1.2.3", "2.0.0"] {
        pretend_installed(dir.path(), version);
        store.reset_compile_cache(version).await.unwrap();
        store.mark_warm(version).await.unwrap();
    }
    store.remove("1.2.3").await.unwrap();
    store.remove("1.2.3").await.unwrap();
    store.remove("../2.0.0").await.unwrap();
    assert!(store.get("1.2.3").is_none() && !store.is_warm("1.2.3"));
    assert!(store.get("2.0.0").is_some() && store.is_warm("2.0.0"));
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let left: Vec<_> =
        left.iter().filter_map(|name| name.to_str()).filter(|name| name.contains("1.2.3")).collect();
    assert!(left.is_empty(), "{left:?}");
}
