//! Files that the platform renders into a box.

use super::{EPOCH, Fixture, remove, run_until_ready};
use crate::{ProviderError, RenderedFile, Spec};

/// A program in the box sees the new content of a file it was started with. No other incarnation and no other file is touched.
pub async fn a_file_is_replaced_in_the_incarnation_that_runs(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    let file = rewritten(&spec, b"another");
    assert!(!provider.replace_file(id, EPOCH, 1, &file).await.expect("there is no box"));
    run_until_ready(fixture, id, &spec).await;

    assert!(provider.replace_file(id, EPOCH, 1, &file).await.expect("replaces"));
    assert_eq!(fixture.read_rendered(id, &file.path).await.as_deref(), Some(&b"another"[..]));

    let later = rewritten(&spec, b"of the next start");
    assert!(!provider.replace_file(id, EPOCH, 2, &later).await.expect("another incarnation"));
    let unknown = RenderedFile { path: "/run/smartbox/unknown".into(), ..file.clone() };
    assert!(!provider.replace_file(id, EPOCH, 1, &unknown).await.expect("nothing of that name"));
    let refused = provider.replace_file(id, EPOCH - 1, 1, &later).await;
    assert!(matches!(refused, Err(ProviderError::Fenced)), "an older controller: {refused:?}");
    assert_eq!(fixture.read_rendered(id, &file.path).await.as_deref(), Some(&b"another"[..]));

    provider.ensure_stopped(id, EPOCH).await.expect("stops");
    assert!(!provider.replace_file(id, EPOCH, 1, &later).await.expect("it does not run"));
    remove(fixture, id).await;
}

/// The first file under `/run/smartbox`, with another content.
fn rewritten(spec: &Spec, content: &[u8]) -> RenderedFile {
    let known = spec.files.iter().find(|file| file.path.starts_with("/run/smartbox/"));
    RenderedFile { content: content.into(), ..known.expect("the fixture renders one").clone() }
}
