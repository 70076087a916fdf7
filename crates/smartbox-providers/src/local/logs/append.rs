//! Logs that the platform writes beside the volume, where nothing in the box can reach them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// When a file is full.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Full files that are kept.
const ROTATED_KEPT: u32 = 3;

/// Appends whole lines to a log in a directory, which is made where its parent is there: a box that is gone gets none. One caller at a
/// time. All or nothing.
pub(in crate::local) fn append(dir: &Path, name: &str, lines: &[u8]) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let path = dir.join(name);
    let (mut file, mut length) = open(&path)?;
    if length > 0 && length + lines.len() as u64 > FILE_BYTES_MAX {
        rotate(&path)?;
        (file, length) = open(&path)?;
    }
    let written = file.write_all(lines);
    if written.is_err() {
        // Half a line would be continued by the next one.
        let _best_effort = file.set_len(length);
    }
    written
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

fn rotate(path: &Path) -> io::Result<()> {
    for number in (1..ROTATED_KEPT).rev() {
        match fs::rename(rotated(path, number), rotated(path, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, rotated(path, 1))
}

fn rotated(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_full_file_makes_room_and_the_oldest_lines_go() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("logs");
        let line = |letter: &str| letter.repeat(1_500_000) + "\n";
        for letter in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
            append(&dir, "c.log", line(letter).as_bytes()).unwrap();
        }
        let begun = |name: &str| fs::read(dir.join(name)).map(|bytes| char::from(bytes[0])).ok();
        let names = ["c.log", "c.log.1", "c.log.2", "c.log.3", "c.log.4"];
        assert_eq!(names.map(begun), [Some('i'), Some('g'), Some('e'), Some('c'), None]);
        let bytes: u64 =
            names.iter().filter_map(|name| fs::metadata(dir.join(name)).ok()).map(|of| of.len()).sum();
        assert!(bytes <= FILE_BYTES_MAX * u64::from(ROTATED_KEPT + 1));
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn what_cannot_be_written_is_told_and_a_box_that_is_gone_gets_nothing() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("logs");
        fs::create_dir(&dir).unwrap();
        std::os::unix::fs::symlink("/dev/full", dir.join("c.log")).unwrap();
        assert!(append(&dir, "c.log", b"lost\n").is_err());
        let gone = home.path().join("gone");
        append(&gone.join("logs"), "c.log", b"late\n").unwrap();
        assert!(!gone.exists());
    }
}
