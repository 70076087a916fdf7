//! Files of boxes.

use bytes::Bytes;
use smartbox_core::Observed;
use smartbox_files::{Condition, Error, FileHome, FilePath, Kind, WriteOptions};

use super::{EPOCH, Fixture, observe, remove, run_until_ready};

fn path(text: &str) -> FilePath {
    FilePath::parse(text.as_bytes()).expect("a path")
}

async fn put(home: &dyn FileHome, name: &str, content: &'static [u8]) -> Result<bool, Error> {
    let options = WriteOptions { condition: Condition::None, parents: true, bytes_max: 1 << 20 };
    let mut sink = home.write(&path(name), options).await?;
    sink.write(Bytes::from_static(content)).await?;
    Ok(sink.commit().await?.1)
}

async fn get(home: &dyn FileHome, name: &str) -> Result<Bytes, Error> {
    home.read(&path(name)).await?.read_at(0, 1 << 20).await
}

/// A box that was never started has no files.
pub async fn what_was_never_started_has_no_files(fixture: &dyn Fixture) {
    let (id, _spec) = fixture.new_box();
    assert!(fixture.files().files(id).await.expect("that is no failure").is_none());
}

/// Files are worked with while the box runs, and without waking it when it does not; and they go with it.
pub async fn files_are_worked_with_whether_the_box_runs_or_not(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    run_until_ready(fixture, id, &spec).await;
    let open = async || fixture.files().files(id).await.expect("the files are there");
    let home = open().await.expect("a box that runs has files");
    assert!(put(&*home, "workspace/made/notes.md", b"one").await.expect("it is written"), "it is new");
    fixture.provider().ensure_stopped(id, EPOCH).await.expect("the box stops");
    let home = open().await.expect("a stopped box has files");
    assert_eq!(get(&*home, "workspace/made/notes.md").await.expect("it is read"), "one");
    assert!(!put(&*home, "workspace/made/notes.md", b"two").await.expect("it is written"), "it is replaced");
    let listing = home.list(&path("workspace/made"), None, 10).await.expect("it is listed");
    assert!(listing.entries.len() == 1 && listing.entries.iter().all(|entry| entry.kind == Kind::File));
    home.rename(&path("workspace/made"), &path("workspace/moved"), (false, false))
        .await
        .expect("it is moved");
    assert!(matches!(get(&*home, "workspace/made/notes.md").await, Err(Error::NotFound)));
    let place = home.trash(&path("workspace/moved"), 1, 1 << 20).await.expect("it is thrown away");
    home.remove(&place).await.expect("it is removed");
    let seen = observe(fixture, id).await.expect("the box is there");
    assert_eq!(seen.observed, Observed::Stopped, "nothing woke it");
    remove(fixture, id).await;
    assert!(open().await.is_none(), "a box that is gone has no files");
}
