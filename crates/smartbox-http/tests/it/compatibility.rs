//! What `docs/compatibility.md` and `docs/statements.md` say is so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::describe::routes;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

fn document(name: &str) -> String {
    fs::read_to_string(format!("{DOCS}/{name}")).unwrap()
}

/// What is said of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is there, and does what clients of the older platform expect.
    Same,
    /// It is there, and something is otherwise, which the table says.
    Different,
    /// The edge itself has it: a gateway's pages and sockets are in no document.
    Edge,
    /// Not under this path: the table says what is instead.
    Elsewhere,
    /// Not yet, or not at all: the table says why.
    Absent,
}

/// Method, path, verdict and what is said to it, of every row of the tables.
fn rows() -> Vec<(String, String, Verdict, String)> {
    let mut rows = Vec::new();
    for line in document("compatibility.md").lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [route, verdict, how] = cells[..] else { panic!("three cells: {line}") };
        let (method, path) = route.trim_matches('`').split_once(' ').unwrap_or_else(|| panic!("{line}"));
        let verdict = match verdict {
            "same" => Verdict::Same,
            "different" => Verdict::Different,
            "edge" => Verdict::Edge,
            "elsewhere" => Verdict::Elsewhere,
            "absent" => Verdict::Absent,
            other => panic!("`{other}` is no verdict: {line}"),
        };
        rows.push((method.to_owned(), path.to_owned(), verdict, how.to_owned()));
    }
    assert!(rows.len() > 90, "the tables are read: {}", rows.len());
    rows
}

/// A path whose parameters have no names: they are each platform's own.
fn bare(path: &str) -> String {
    let mut bare = String::new();
    let mut is_inside = false;
    for letter in path.chars() {
        match letter {
            '{' => is_inside = true,
            '}' => is_inside = false,
            _ if is_inside => continue,
            _ => {}
        }
        bare.push(letter);
    }
    bare
}

fn described() -> BTreeSet<(String, String)> {
    routes().iter().map(|route| (route.method.to_string(), bare(&route.path))).collect()
}

#[test]
fn every_route_that_the_tables_call_present_is_there_and_none_that_they_do_not() {
    let described = described();
    for (method, path, verdict, _how) in rows() {
        let is_there = described.contains(&(method.clone(), bare(&path)));
        let is_present = matches!(verdict, Verdict::Same | Verdict::Different);
        assert_eq!(is_there, is_present, "{method} {path} is called {verdict:?}");
    }
}

#[test]
fn the_edge_hands_every_route_of_the_tables_to_whom_it_belongs() {
    for (method, path, verdict, _how) in rows() {
        let example = path.replace(['{', '}'], "");
        match verdict {
            Verdict::Same | Verdict::Different => {
                assert!(smartbox_edge::is_platform_path(&example), "{method} {path} is the platform's");
            }
            Verdict::Edge => {
                assert!(!smartbox_edge::is_platform_path(&example), "{method} {path} is a gateway's")
            }
            Verdict::Elsewhere | Verdict::Absent => {}
        }
    }
}

#[test]
fn every_difference_says_what_it_is_and_no_route_stands_there_twice() {
    let mut seen = BTreeSet::new();
    for (method, path, verdict, how) in rows() {
        assert!(
            verdict == Verdict::Same || how.len() > 10,
            "{method} {path}: say what is otherwise, and why"
        );
        assert!(seen.insert((method.clone(), path.clone())), "{method} {path} stands there twice");
    }
}

#[test]
fn every_route_of_an_older_api_has_a_row() {
    let told: BTreeSet<_> = rows().into_iter().map(|(method, path, ..)| (method, bare(&path))).collect();
    for route in routes().iter().filter(|route| route.id.starts_with("seed")) {
        let row = (route.method.to_string(), bare(&route.path));
        assert!(
            told.contains(&row),
            "{} {} ({}) has no row in docs/compatibility.md",
            row.0,
            row.1,
            route.id
        );
    }
}

/// Names of functions in all of the sources, with the files that they are in.
fn functions() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(DOCS).parent().unwrap();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut rooms = vec![root.join("crates"), root.join("xtask"), root.join("web/e2e")];
    while let Some(room) = rooms.pop() {
        for entry in fs::read_dir(&room).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            if path.is_dir() {
                if !["target", "node_modules"].contains(&name.as_str()) {
                    rooms.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let mut is_test = false;
                for line in text.lines().map(str::trim) {
                    if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                        is_test = true;
                    } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
                        let name = rest.split(['(', '<']).next().unwrap().to_owned();
                        found.entry(name).or_default().insert(path.display().to_string());
                        is_test = false;
                    }
                }
            }
        }
    }
    found
}

#[test]
fn every_test_that_the_statements_name_is_in_the_sources() {
    let functions = functions();
    let mut numbers = BTreeSet::new();
    let mut named = 0;
    for line in document("statements.md").lines() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let Some(number) = cells[0].parse::<u32>().ok() else { continue };
        let [_number, _statement, state, how] = cells[..] else { panic!("four cells: {line}") };
        assert!(numbers.insert(number), "statement {number} stands there twice");
        let tests: Vec<&str> = how.split('`').skip(1).step_by(2).collect();
        match state {
            "checked" => {
                assert!(!tests.is_empty(), "statement {number}: name its test");
                for test in &tests {
                    assert!(functions.contains_key(*test), "statement {number}: there is no test `{test}`");
                }
                named += tests.len();
            }
            "not yet" | "elsewhere" => assert!(how.len() > 10, "statement {number}: say what is missing"),
            other => panic!("statement {number}: `{other}` is no state"),
        }
    }
    assert_eq!(numbers, (1..=48).collect(), "all 48 stand there");
    assert!(named > 30, "{named}");
}
