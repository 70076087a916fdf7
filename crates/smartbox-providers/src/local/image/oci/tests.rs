use super::*;

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A tar file of entries whose names are written as they are, however evil.
fn tar_of(entries: &[(&str, Kind<'_>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_mode(0o4755);
        let content: &[u8] = match kind {
            Kind::File(content) => content,
            _ => b"",
        };
        header.set_size(content.len() as u64);
        match kind {
            Kind::File(_) => header.set_entry_type(tar::EntryType::Regular),
            Kind::Dir => header.set_entry_type(tar::EntryType::Directory),
            Kind::Symlink(target) | Kind::Link(target) => {
                let is_symlink = matches!(kind, Kind::Symlink(_));
                let hard = tar::EntryType::Link;
                header.set_entry_type(if is_symlink { tar::EntryType::Symlink } else { hard });
                header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
            }
        }
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

enum Kind<'a> {
    File(&'a [u8]),
    Dir,
    Symlink(&'a str),
    Link(&'a str),
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

struct Scratch {
    dir: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("rootfs")).unwrap();
        Self { dir }
    }

    fn root(&self) -> std::path::PathBuf {
        self.dir.path().join("rootfs")
    }

    /// Imports layers as `docker save` would have written them.
    fn import(&self, layers: &[Vec<u8>]) -> Result<(), ImportError> {
        let names: Vec<String> = (0..layers.len()).map(|number| format!("{number}/layer.tar")).collect();
        let manifest = serde_json::to_vec(&serde_json::json!([{ "Config": "c", "Layers": names }])).unwrap();
        let mut entries: Vec<(&str, Kind<'_>)> = names
            .iter()
            .zip(layers)
            .map(|(name, layer)| (name.as_str(), Kind::File(layer.as_slice())))
            .collect();
        entries.push(("manifest.json", Kind::File(&manifest)));
        self.import_archive(&tar_of(&entries))
    }

    fn import_archive(&self, archive: &[u8]) -> Result<(), ImportError> {
        let path = self.dir.path().join("image.tar");
        fs::write(&path, archive).unwrap();
        import(&path, &self.root(), |_step| {})
    }
}

#[test]
fn layers_replace_hide_and_add() {
    let scratch = Scratch::new();
    let lower = tar_of(&[
        ("etc/", Kind::Dir),
        ("etc/a", Kind::File(b"lower")),
        ("etc/b", Kind::File(b"hidden")),
        ("opt/old/deep/file", Kind::File(b"hidden")),
        ("bin", Kind::Symlink("usr/bin")),
        ("usr/bin/tool", Kind::File(b"tool")),
        ("usr/bin/alias", Kind::Link("usr/bin/tool")),
    ]);
    let upper = tar_of(&[
        ("etc/a", Kind::File(b"upper")),
        ("etc/.wh.b", Kind::File(b"")),
        ("opt/.wh..wh..opq", Kind::File(b"")),
        ("opt/new", Kind::File(b"new")),
        ("bin/other", Kind::File(b"through the link")),
    ]);
    scratch.import(&[gzip(&lower), upper]).unwrap();
    let read = |name: &str| fs::read_to_string(scratch.root().join(name)).unwrap();
    assert_eq!(
        (read("etc/a"), read("opt/new"), read("usr/bin/alias")),
        ("upper".into(), "new".into(), "tool".into())
    );
    assert_eq!(read("usr/bin/other"), "through the link");
    assert!(!scratch.root().join("etc/b").exists() && !scratch.root().join("opt/old").exists());
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(scratch.root().join("etc/a")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o7777, 0o755, "set-id bits are lost");
}

#[test]
fn an_oci_layout_is_read_through_its_indexes_for_this_machine() {
    let scratch = Scratch::new();
    let layer = gzip(&tar_of(&[("hello", Kind::File(b"there"))]));
    let architecture = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
    let index = serde_json::json!({ "manifests": [{ "digest": "sha256:inner" }] }).to_string();
    let inner = serde_json::json!({ "manifests": [
        { "digest": "sha256:other", "platform": { "architecture": "mips", "os": "linux" } },
        { "digest": "sha256:ours", "platform": { "architecture": architecture, "os": "linux" } },
    ] })
    .to_string();
    let ours = serde_json::json!({ "layers": [{ "digest": "sha256:layer" }] }).to_string();
    let archive = tar_of(&[
        ("./index.json", Kind::File(index.as_bytes())),
        ("blobs/sha256/inner", Kind::File(inner.as_bytes())),
        ("blobs/sha256/ours", Kind::File(ours.as_bytes())),
        ("blobs/sha256/layer", Kind::File(&layer)),
    ]);
    scratch.import_archive(&archive).unwrap();
    assert_eq!(fs::read(scratch.root().join("hello")).unwrap(), b"there");
}

#[test]
fn no_entry_leaves_the_root() {
    let outside = |scratch: &Scratch| scratch.dir.path().join("outside");
    let attacks: &[&[(&str, Kind<'_>)]] = &[
        &[("../outside/x", Kind::File(b"x"))],
        &[("a/../../outside/x", Kind::File(b"x"))],
        &[("l", Kind::Symlink("../outside")), ("l/x", Kind::File(b"x"))],
        &[("l", Kind::Symlink("../outside/x")), ("l", Kind::File(b"replaced, not followed"))],
        &[("l", Kind::Link("../outside/victim"))],
        &[("l", Kind::Symlink("../outside")), ("h", Kind::Link("l/victim")), ("h", Kind::File(b"x"))],
        &[("l", Kind::Symlink("../outside")), ("l/.wh.victim", Kind::File(b""))],
        &[("l", Kind::Symlink("../outside")), ("l/.wh..wh..opq", Kind::File(b""))],
        &[(".wh...", Kind::File(b""))],
        &[("d", Kind::Symlink("../outside")), ("d", Kind::Dir)],
    ];
    for attack in attacks {
        let scratch = Scratch::new();
        fs::create_dir(outside(&scratch)).unwrap();
        fs::write(outside(&scratch).join("victim"), "untouched").unwrap();
        let _refused_or_contained = scratch.import(&[tar_of(attack)]);
        let names: Vec<_> =
            fs::read_dir(outside(&scratch)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["victim"], "{:?}", attack[0].0);
        assert_eq!(fs::read_to_string(outside(&scratch).join("victim")).unwrap(), "untouched");
    }
}

#[test]
fn an_absolute_link_is_followed_inside_the_root() {
    let scratch = Scratch::new();
    scratch
        .import(&[tar_of(&[
            ("real/", Kind::Dir),
            ("l", Kind::Symlink("/real")),
            ("l/x", Kind::File(b"inside")),
        ])])
        .unwrap();
    assert_eq!(fs::read(scratch.root().join("real/x")).unwrap(), b"inside");
}

#[test]
fn what_is_no_image_is_refused_with_a_reason() {
    let check = |archive: &[u8], reason: &str| {
        let refused = Scratch::new().import_archive(archive).unwrap_err().to_string();
        assert!(refused.contains(reason), "{refused}");
    };
    check(&gzip(b"anything"), "compressed as a whole");
    check(&tar_of(&[("a", Kind::File(b"b"))]), "lacks index.json");
    check(&tar_of(&[("manifest.json", Kind::File(b"[]"))]), "0 images");
    check(&tar_of(&[("manifest.json", Kind::File(b"{"))]), "manifest.json");
    let missing = br#"[{"Layers":["/etc/passwd"]}]"#;
    check(&tar_of(&[("manifest.json", Kind::File(missing))]), "lacks /etc/passwd");
    let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0, 0];
    let manifest = br#"[{"Layers":["l"]}]"#;
    check(&tar_of(&[("manifest.json", Kind::File(manifest)), ("l", Kind::File(&zstd))]), "zstd");
}
