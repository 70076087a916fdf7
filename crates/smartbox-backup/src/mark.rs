//! A number for the state of a home: it changes with every name, size and time in it.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};

use crate::excludes::is_database;
use crate::hex::hex;
use crate::walk::{Entry, Kind, LeftOut, Walk};
use crate::{Limits, State};

/// Looks through a home without reading any file.
///
/// # Errors
/// When it cannot be read, or holds more than the limits allow.
pub fn look(home: &Path, limits: Limits) -> io::Result<State> {
    let mut hash = Context::new(&SHA256);
    let mut state = State::default();
    for entry in Walk::new(home, limits, Arc::new(LeftOut::default()))? {
        let entry = entry?;
        add(&mut hash, &entry);
        if matches!(entry.kind, Kind::File(_)) {
            state.files += 1;
            if is_database(&entry.path) {
                state.databases.push(entry.path);
            }
        }
    }
    state.mark = hash.finish().as_ref().get(..16).map(hex).unwrap_or_default();
    Ok(state)
}

fn add(hash: &mut Context, entry: &Entry) {
    let path = entry.path.as_os_str().as_bytes();
    hash.update(&(path.len() as u64).to_le_bytes());
    hash.update(path);
    // The time of a directory changes with what is left out as well, such as a lock.
    let is_dir = matches!(entry.kind, Kind::Dir);
    let stat = &entry.stat;
    for number in [
        i128::from(stat.st_mode),
        i128::from(stat.st_uid),
        if is_dir { 0 } else { i128::from(stat.st_size) },
        if is_dir { 0 } else { i128::from(stat.st_mtime) },
        if is_dir { 0 } else { i128::from(stat.st_mtime_nsec) },
        i128::from(stat.st_ino),
    ] {
        hash.update(&number.to_le_bytes());
    }
}

/// Where the copy of a database is put.
pub(crate) fn copy_name(number: usize) -> PathBuf {
    PathBuf::from(format!("{number}.sqlite"))
}
