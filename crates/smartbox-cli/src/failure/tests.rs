use super::*;

fn plain(failure: &Failure) -> String {
    failure.text(Paint::new(false))
}

#[test]
fn a_problem_says_what_happened_and_what_to_do() {
    let mut problem = Problem::new(422, "invalid", "The box cannot be created")
        .detail("Two fields are wrong.")
        .remedy("Correct them and try again.");
    let wrong = |field: &str, message: &str| FieldError { field: field.into(), message: message.into() };
    problem.errors = vec![wrong("name", "is taken"), wrong("tier", "is unknown")];
    problem.instance = Some("req_1".into());
    insta::assert_snapshot!(plain(&Failure::problem(problem)), @r"
    error: The box cannot be created
      Two fields are wrong.
      name: is taken
      tier: is unknown
    help: Correct them and try again.
    ");
}

#[test]
fn nothing_is_said_twice() {
    let mut problem = Problem::new(422, "invalid", "Some fields are wrong").detail("tier: is unknown");
    problem.errors = vec![FieldError { field: "tier".into(), message: "is unknown".into() }];
    assert_eq!(plain(&Failure::problem(problem)), "error: Some fields are wrong\n  tier: is unknown\n");
    let problem = Problem::new(409, "conflict", "The name is taken").detail("The name is taken");
    assert_eq!(plain(&Failure::problem(problem)), "error: The name is taken\n");
}

#[test]
fn a_fault_of_the_platform_names_its_request() {
    let mut problem = Problem::new(500, "internal", "Something went wrong");
    problem.instance = Some("req_1".into());
    assert!(plain(&Failure::problem(problem)).contains("request: req_1"));
}

#[test]
fn a_failed_box_shows_its_log() {
    let error = BoxErrorView {
        code: "config".into(),
        detail: "OpenClaw refused its configuration.".into(),
        remedy: Some("Correct `model`.".into()),
        log_tail: vec!["line 1".into(), "line 2".into()],
    };
    insta::assert_snapshot!(plain(&Failure::of_box("Box `home` failed.", &error)), @r"
    error: Box `home` failed.
      OpenClaw refused its configuration.
      Last lines of the log:
        | line 1
        | line 2
    help: Correct `model`.
    ");
}

#[test]
fn a_program_gets_one_line_of_json() {
    let failure = Failure::problem(Problem::new(404, "box-not-found", "No such box"));
    let line = failure.json();
    assert_eq!(line.matches('\n').count(), 1);
    insta::assert_snapshot!(line.trim_end(), @r#"{"problem":{"code":"box-not-found","title":"No such box","status":404},"exit_code":3}"#);
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let gone = Failure::output(&io::Error::from(io::ErrorKind::BrokenPipe));
    assert_eq!((plain(&gone).as_str(), gone.json().as_str(), gone.exit()), ("", "", Exit::Success));
    let full = Failure::output(&io::Error::from(io::ErrorKind::StorageFull));
    assert_eq!(full.exit(), Exit::Failed);
}

#[test]
fn ctrl_c_is_told_without_blame() {
    let stopped = Failure::new(Exit::Interrupted, "Stopped waiting.");
    assert_eq!(plain(&stopped), "Stopped waiting.\n");
}
