//! The directories of a box and the files rendered into them. While the box has processes, nothing but [`replace`] works on them.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::Mode;
use smartbox_boxd::{AGENT_ID, BOXD_DIR, PLATFORM_DIR, STATUS_PATH};
use smartbox_core::{BoxId, UidRange};
use smartbox_provider::{ProviderError, RenderedFile, RenderedFileOwner, Spec};

use super::beneath::{Beneath, Owner};
use super::error::at_path;
use super::paths::Paths;
use super::remove::remove_tree;

/// Directories of the agent's home that every box has.
const AGENT_DIRS: [&str; 3] = ["state", "workspace", "tools"];
/// The host's root.
const HOST_ROOT: Owner = Owner { uid: 0, gid: 0 };

/// Makes what is missing and renders the files.
pub(super) fn prepare(paths: &Paths, id: BoxId, spec: &Spec) -> Result<(), ProviderError> {
    let root = Owner { uid: spec.uid_range.base(), gid: spec.uid_range.base() };
    let agent_id = spec.uid_range.host_id(AGENT_ID);
    let agent = Owner { uid: agent_id, gid: agent_id };
    let volume = paths.box_dir(id).join("volume");
    make(&paths.box_dir(id), 0o700, HOST_ROOT)?;
    make(&volume, 0o700, HOST_ROOT)?;
    make(&paths.agent_volume(id), 0o700, agent)?;
    make(&paths.boxd_volume(id), 0o700, root)?;
    make(&paths.bundle(id), 0o700, HOST_ROOT)?;

    let home = paths.agent_volume(id);
    let opened = Beneath::open(&home).map_err(at_path("the box's volume", &home))?;
    for name in AGENT_DIRS {
        opened.make_dir(Path::new(name), Mode::RWXU, agent).map_err(at_path("the box's volume", &home))?;
    }
    forget_status(paths, id)?;
    render(paths, id, spec)
}

/// The last word of an earlier run is not the first of the next, which may have the same generation.
fn forget_status(paths: &Paths, id: BoxId) -> Result<(), ProviderError> {
    let boxd = paths.boxd_volume(id);
    let Ok(name) = Path::new(STATUS_PATH).strip_prefix(BOXD_DIR) else { return Ok(()) };
    let removed = Beneath::open(&boxd).and_then(|below| below.remove(name));
    removed.map_err(at_path("the box's volume", &boxd))
}

/// Makes a directory of the platform's own tree. One that a crash left without its owner gets it now.
fn make(path: &Path, mode: u32, owner: Owner) -> Result<(), ProviderError> {
    let failed = |error: io::Error| super::error::at("making the box's directories", path, error);
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => {}
    }
    let found = fs::symlink_metadata(path).map_err(failed)?;
    if !found.is_dir() || (found.uid() != HOST_ROOT.uid && found.uid() != owner.uid) {
        return Err(ProviderError::permanent(
            format!("{} is not this box's directory", path.display()),
            "Its owner is another user range: restore it with the ownership it had, or move it away.",
        ));
    }
    std::os::unix::fs::lchown(path, Some(owner.uid), Some(owner.gid)).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(failed)
}

/// Writes the files of the spec. The platform's directory is made anew, so that nothing stale stays in it.
fn render(paths: &Paths, id: BoxId, spec: &Spec) -> Result<(), ProviderError> {
    let (platform, boxd) = (paths.platform(id), paths.boxd_volume(id));
    let fresh = paths.box_dir(id).join("platform.new");
    remove_tree(&fresh).map_err(at_path("rendering the box's files", &fresh))?;
    make(&fresh, 0o755, HOST_ROOT)?;
    for file in &spec.files {
        let (dir, name, dirs_owner) = match place(file)? {
            Place::Platform(name) => (&fresh, name, HOST_ROOT),
            Place::Boxd(name) => {
                (&boxd, name, Owner { uid: spec.uid_range.base(), gid: spec.uid_range.base() })
            }
        };
        write(dir, &name, file, spec.uid_range, dirs_owner)
            .map_err(at_path("rendering the box's files", dir))?;
    }
    remove_tree(&platform).map_err(at_path("rendering the box's files", &platform))?;
    fs::rename(&fresh, &platform).map_err(at_path("rendering the box's files", &platform))
}

/// Replaces a file of the platform's directory, which is mounted into the box that runs. `false`: there is none of that name.
pub(super) fn replace(paths: &Paths, id: BoxId, file: &RenderedFile) -> Result<bool, ProviderError> {
    let Place::Platform(name) = place(file)? else {
        return Err(ProviderError::permanent(
            format!("{} is the box's own after its start", file.path),
            "Report this: it is a defect of the platform.",
        ));
    };
    let dir = paths.platform(id);
    let replaced = || -> io::Result<bool> {
        let below = Beneath::open(&dir)?;
        let Some(found) = below.open_file(&name)? else { return Ok(false) };
        let found = found.metadata()?;
        let owner = Owner { uid: found.uid(), gid: found.gid() };
        below.write(&name, &file.content, Mode::from_raw_mode(found.mode() & 0o777), owner)?;
        Ok(true)
    };
    replaced().map_err(at_path("replacing a file of the box", &dir))
}

fn write(dir: &Path, name: &Path, file: &RenderedFile, range: UidRange, dirs: Owner) -> io::Result<()> {
    let below = Beneath::open(dir)?;
    let mut ancestors: Vec<_> =
        name.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()).collect();
    ancestors.reverse();
    // Only its owner enters a directory of boxd's; the platform's are for everybody in the box.
    let dir_mode = if dirs == HOST_ROOT { Mode::from_raw_mode(0o755) } else { Mode::RWXU };
    for ancestor in ancestors {
        below.make_dir(ancestor, dir_mode, dirs)?;
    }
    let (mode, gid) = match file.owner {
        RenderedFileOwner::Boxd => (Mode::RUSR | Mode::WUSR, range.base()),
        RenderedFileOwner::Agent => (Mode::RUSR | Mode::WUSR | Mode::RGRP, range.host_id(AGENT_ID)),
    };
    below.write(name, &file.content, mode, Owner { uid: range.base(), gid })
}

enum Place {
    Platform(PathBuf),
    Boxd(PathBuf),
}

fn place(file: &RenderedFile) -> Result<Place, ProviderError> {
    let path = Path::new(&file.path);
    let below = |dir: &str| {
        let name = path.strip_prefix(dir).ok()?;
        let plain = name.components().all(|part| matches!(part, Component::Normal(_)));
        (plain && name.file_name().is_some()).then(|| name.to_owned())
    };
    below(PLATFORM_DIR).map(Place::Platform).or_else(|| below(BOXD_DIR).map(Place::Boxd)).ok_or_else(|| {
        ProviderError::permanent(
            format!("{} is no place for a rendered file", file.path),
            "Report this: it is a defect of the platform.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_to_the_two_places_of_the_contract_and_nowhere_else() {
        let at = |path: &str| {
            place(&RenderedFile { path: path.into(), content: vec![], owner: RenderedFileOwner::Boxd })
        };
        assert!(matches!(at("/run/smartbox/boxd.json"), Ok(Place::Platform(_))));
        assert!(matches!(at("/var/lib/boxd/keys/a"), Ok(Place::Boxd(_))));
        for bad in ["/etc/passwd", "/run/smartbox/../x", "/run/smartbox", "boxd.json", "/var/lib/boxdx/a", ""]
        {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
