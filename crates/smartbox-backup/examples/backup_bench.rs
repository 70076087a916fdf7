//! What `bench/backup.py` measures: one step of a backup a process, as the platform does it.
//!
//! `save HOME PLACE` prints the snapshot, `restore PLACE SNAPSHOT DIRECTORY` restores it, `look HOME` prints the mark by which
//! the platform knows that nothing has changed. The key is in `SMARTBOX_BENCH_KEY`. The allocator is the system's: the
//! platform's, which keeps much of what is freed, would be measured and not the work.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use secrecy::SecretString;
use smartbox_backup::{
    Depot, IdShift, Label, Limits, Place, Repository, Source, copy_databases, remove_copies,
};
use tokio::runtime::Runtime;

/// Files belong to whoever they belong to.
const IDS: IdShift = IdShift { base: 0, count: u32::MAX };

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), Failure> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["save", home, place] => save(Path::new(home), place),
        ["restore", place, snapshot, into] => {
            let runtime = runtime()?;
            let restored =
                repository(place, &runtime)?.restore(snapshot, Path::new(into), IDS, Limits::default())?;
            show(&serde_json::json!({ "files": restored.files, "bytes": restored.bytes }));
            Ok(())
        }
        ["look", home] => {
            show(
                &serde_json::json!({ "mark": smartbox_backup::look(Path::new(home), Limits::default())?.mark }),
            );
            Ok(())
        }
        _ => Err("usage: save HOME PLACE | restore PLACE SNAPSHOT DIRECTORY | look HOME".into()),
    }
}

fn save(home: &Path, place: &str) -> Result<(), Failure> {
    let limits = Limits::default();
    let seen = smartbox_backup::look(home, limits)?;
    let scratch = tempfile::tempdir()?;
    let copies = copy_databases(home, &seen.databases, scratch.path())?;
    let source = Source { home: home.to_owned(), copies: copies.clone(), ids: IDS, limits };
    let label = Label { host: "bench".to_owned(), ..Label::default() };
    let runtime = runtime()?;
    let saved = repository(place, &runtime)?.snapshot(source, &label)?;
    remove_copies(&copies);
    show(&serde_json::json!({
        "snapshot": saved.snapshot,
        "mark": seen.mark,
        "files": saved.files,
        "bytes": saved.bytes,
        "added_bytes": saved.added_bytes,
    }));
    Ok(())
}

/// As in the platform, where it carries everything else, too.
fn runtime() -> Result<Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

#[expect(clippy::disallowed_methods, reason = "a secret is no argument of a program")]
fn repository(place: &str, runtime: &Runtime) -> Result<Repository, Failure> {
    let key = SecretString::from(std::env::var("SMARTBOX_BENCH_KEY")?);
    let depot = Depot::open(&Place::Directory(PathBuf::from(place)), runtime.handle().clone())?;
    Ok(depot.repository("org_bench", "box_bench", key)?)
}

#[expect(clippy::print_stdout, reason = "what it is for")]
fn show(value: &serde_json::Value) {
    println!("{value}");
}

#[expect(clippy::print_stderr, reason = "whoever runs it reads it")]
fn report(text: &str) {
    eprintln!("error: {text}");
}
