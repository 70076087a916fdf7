//! Any bytes as an archive of a box, as they are and as what a packed one holds. Whatever is in it, nothing is made outside of the directory,
//! nothing there is anything but a directory, a file or a link, and what is counted is there.

#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use smartbox_backup::{IdShift, Limits, unpack};

const LIMITS: Limits = Limits { entries_max: 64, bytes_max: 1 << 20, depth_max: 8 };

fuzz_target!(|data: &[u8]| {
    take(data);
    if let Ok(packed) = zstd::encode_all(data, 1) {
        take(&packed);
    }
});

fn take(packed: &[u8]) {
    let root = tempfile::tempdir().expect("a directory");
    let into = root.path().join("into");
    fs::create_dir(&into).expect("a directory in it");
    let ids = IdShift { base: 0, count: 65_536 };
    let taken = unpack(packed, &into, (ids, LIMITS), 0);
    let beside = fs::read_dir(root.path()).expect("it is there").count();
    assert_eq!(beside, 1, "something was made outside");
    let mut counted = (0, 0);
    count(&into, 0, &mut counted);
    if let Ok(taken) = taken {
        assert_eq!((taken.files, taken.bytes >= counted.1), (counted.0, true));
        assert!(taken.databases.iter().all(|path| into.join(path).is_file()));
    }
}

fn count(dir: &Path, depth: usize, counted: &mut (u64, u64)) {
    assert!(depth <= LIMITS.depth_max);
    for entry in fs::read_dir(dir).expect("a directory").flatten() {
        let kind = entry.file_type().expect("it is there");
        if kind.is_dir() {
            count(&entry.path(), depth + 1, counted);
        } else {
            assert!(kind.is_file() || kind.is_symlink(), "{:?}", entry.path());
            if kind.is_file() {
                counted.0 += 1;
                counted.1 += entry.metadata().expect("it is there").len();
            }
        }
    }
}
