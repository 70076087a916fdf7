use super::*;

use std::fs;

fn volume() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("logs")).unwrap();
    let log = dir.path().join("logs/gateway.log");
    (dir, log)
}

fn text(chunk: &LogChunk) -> String {
    String::from_utf8(chunk.bytes.to_vec()).unwrap()
}

#[test]
fn a_box_that_never_ran_has_no_lines() {
    let dir = tempfile::tempdir().unwrap();
    let chunk = read(&dir.path().join("missing"), LogSource::Boxd, None, 10).unwrap();
    assert!(chunk.bytes.is_empty());
}

#[test]
fn the_tail_has_as_many_lines_as_asked_and_reading_goes_on_behind_it() {
    let (dir, log) = volume();
    fs::write(&log, "one\ntwo\nthree\nhalf").unwrap();
    let tail = read(dir.path(), LogSource::Gateway, None, 2).unwrap();
    assert_eq!(text(&tail), "two\nthree\n");
    fs::write(&log, "one\ntwo\nthree\nhalf a line\nfour\n").unwrap();
    let more = read(dir.path(), LogSource::Gateway, Some(tail.next), 0).unwrap();
    assert_eq!(text(&more), "half a line\nfour\n");
    let none = read(dir.path(), LogSource::Gateway, Some(more.next), 0).unwrap();
    assert_eq!((text(&none).as_str(), none.next), ("", more.next));
}

#[test]
fn a_rotation_loses_no_line() {
    let (dir, log) = volume();
    fs::write(&log, "one\n").unwrap();
    let first = read(dir.path(), LogSource::Gateway, None, 10).unwrap();
    fs::write(&log, "one\ntwo\n").unwrap();
    fs::rename(&log, dir.path().join("logs/gateway.log.1")).unwrap();
    fs::write(&log, "three\n").unwrap();
    let onwards = read(dir.path(), LogSource::Gateway, Some(first.next), 0).unwrap();
    assert_eq!(text(&onwards), "two\nthree\n");
    let tail = read(dir.path(), LogSource::Gateway, None, 2).unwrap();
    assert_eq!(text(&tail), "two\nthree\n");
    assert_eq!(tail.next, onwards.next);
}

#[test]
fn a_long_log_is_read_in_pieces() {
    let (dir, log) = volume();
    let line = "x".repeat(999) + "\n";
    fs::write(&log, line.repeat(1000)).unwrap();
    let mut next = Some(0);
    let mut length = 0;
    while let Some(from) = next {
        let chunk = read(dir.path(), LogSource::Gateway, Some(from), 0).unwrap();
        assert!(chunk.bytes.len() <= CHUNK_BYTES_MAX);
        length += chunk.bytes.len();
        next = (!chunk.bytes.is_empty()).then_some(chunk.next);
    }
    assert_eq!(length, 1_000_000);
}

#[test]
fn a_planted_link_is_not_followed() {
    let (dir, log) = volume();
    std::os::unix::fs::symlink("/etc/passwd", &log).unwrap();
    assert!(read(dir.path(), LogSource::Gateway, None, 10).is_err());
    fs::remove_file(&log).unwrap();
    fs::remove_dir(dir.path().join("logs")).unwrap();
    std::os::unix::fs::symlink("/etc", dir.path().join("logs")).unwrap();
    assert!(read(dir.path(), LogSource::Gateway, None, 10).is_err());
}
