//! The API does what its OpenAPI document says, asked by a program that reads the document: schemathesis.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::ExposeSecret;
use serde_json::Value;
use smartbox_store::testing;

use self::world::World;
use crate::platform::{Platform, cache};

/// Operations that have to be done at least once: a run in which everything is refused says little.
const DONE_MIN: usize = 200;
/// What the edge would refuse one address after some thousand requests.
const UNBOUNDED: [(&str, &str); 3] = [
    ("SMARTBOX__EDGE__REQUESTS_PER_MINUTE", "1000000"),
    ("SMARTBOX__EDGE__SIGN_INS_PER_MINUTE", "1000000"),
    ("SMARTBOX__EDGE__SOCKETS_PER_MINUTE", "1000000"),
];

/// They are about every box, or let no box start: what is asked beside them would meet a box that restarts. They are asked last.
const PLATFORM_WIDE: [&str; 5] =
    ["beginMaintenance", "createBulkRun", "endMaintenance", "rotateSealingKey", "seedBulkRestart"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_as_its_document_says() {
    let platform = Platform::start(&UNBOUNDED).await;
    keeps_its_contract(&platform).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_as_its_document_says_on_postgresql() {
    let database = testing::new_database().await;
    let mut environment = UNBOUNDED.to_vec();
    environment.push(("DATABASE_URL", database.expose_secret()));
    let platform = Platform::start(&environment).await;
    keeps_its_contract(&platform).await;
}

/// Asks every operation with valid and invalid input: none fails (5xx), answers with what is not documented, or with a document
/// that is not of its schema.
#[expect(clippy::print_stdout, reason = "how much was asked is worth knowing")]
async fn keeps_its_contract(platform: &Platform) {
    platform.wait_for_phase("home", "running").await;
    let world = World::make(platform).await;
    let reports = tempfile::tempdir().unwrap();
    let said = ask(platform, &world, "exclude", reports.path());
    platform.wait_for_phase("home", "running").await;
    let said_of_all = ask(platform, &world, "include", reports.path());

    let (asked, done) = operations(reports.path());
    println!("{} operations were asked, {} were done", asked.len(), done.len());
    println!("{}; {}", last_line(&said), last_line(&said_of_all));
    let refused: Vec<_> = asked.difference(&done).collect();
    assert!(done.len() >= DONE_MIN, "{} were never done: {refused:#?}", refused.len());
    assert!(!platform.log().contains("ERROR"), "{}", platform.log());
}

/// Asks without the operations that are about the platform as a whole, or only them; returns what was said.
fn ask(platform: &Platform, world: &World, how: &str, reports: &Path) -> String {
    let program = cache().join("python/bin/schemathesis");
    assert!(program.exists(), "{} is missing; run scripts/test-python.sh", program.display());
    let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/stories/contract/schemathesis.toml");
    let mut command = Command::new(program);
    command.args(["--config-file", settings, "run", &document().display().to_string()]);
    command.args(["--url", &platform.url(""), "--phases", "examples,coverage,fuzzing", "--seed", "1"]);
    for operation in PLATFORM_WIDE {
        command.arg(format!("--{how}-operation-id={operation}"));
    }
    let report = reports.join(how).with_extension("ndjson");
    command.args(["--report", "ndjson", "--report-ndjson-path"]).arg(report).current_dir(reports);
    let ended = command.envs(world.names.iter().cloned()).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}\n{}", platform.log());
    said
}

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json")
}

fn last_line(said: &str) -> &str {
    said.lines().rfind(|line| line.contains("====")).unwrap_or_default().trim_matches(['=', ' '])
}

/// Operations by method and path: those that were asked, and those that were done at least once.
fn operations(reports: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let document: Value = serde_json::from_slice(&std::fs::read(document()).unwrap()).unwrap();
    let known = |path: &str, method: &str| document["paths"][path].get(method.to_ascii_lowercase()).is_some();
    let mut seen: BTreeMap<String, bool> = BTreeMap::new();
    for report in std::fs::read_dir(reports).unwrap() {
        let text = std::fs::read_to_string(report.unwrap().path()).unwrap_or_default();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let Some(recorder) = line.pointer("/ScenarioFinished/recorder") else { continue };
            for (id, interaction) in recorder["interactions"].as_object().into_iter().flatten() {
                let case = &recorder["cases"][id]["value"];
                let (Some(path), Some(method)) = (case["path"].as_str(), case["method"].as_str()) else {
                    continue;
                };
                if known(path, method) {
                    let status = interaction["response"]["status_code"].as_u64().unwrap_or(500);
                    *seen.entry(format!("{method} {path}")).or_default() |= status < 400;
                }
            }
        }
    }
    let done = seen.iter().filter(|(_, done)| **done).map(|(name, _)| name.clone()).collect();
    (seen.into_keys().collect(), done)
}
