use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use serde_json::Value;

use crate::platform::Platform;

/// Words that mean something to a shell, and nothing to anybody else.
const TRICKS: [&str; 8] = [
    "$(touch /tmp/owned)",
    "`touch /tmp/owned`",
    "; touch /tmp/owned",
    "| touch /tmp/owned",
    "&& touch /tmp/owned",
    "'\"",
    "*",
    "-n",
];

/// Somebody works in a real box by hand: commands that run by themselves, one of which is in the middle when the platform is killed, and
/// files, while the box runs and while it does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_works_in_a_box_by_hand() {
    let mut platform = Platform::start(&[]).await;
    let view = platform.wait_for_phase("home", "running").await;
    let home = platform.data().join("boxes").join(view["id"].as_str().unwrap()).join("volume/agent");

    what_a_shell_would_read_is_text(&platform);
    commands_run_by_themselves(&platform);
    files_belong_to_the_agent(&platform, &home);
    links_lead_nowhere(&platform, &home);
    one_that_runs_is_lost_with_the_platform(&mut platform).await;

    platform.cli_ok(&["box", "stop", "home"]);
    platform.wait_for_phase("home", "stopped").await;
    assert_eq!(platform.cli_ok(&["file", "cat", "workspace/notes.md"]), "by hand\n");
    let thrown = platform.cli_ok(&["file", "rm", "workspace/notes.md", "--json"]);
    let thrown: Value = serde_json::from_str(&thrown).unwrap();
    platform.cli_ok(&["file", "mv", thrown["trashed_as"].as_str().unwrap(), "workspace/back.md"]);
    platform.wait_for_phase("home", "stopped").await;
    platform.cli_ok(&["box", "start", "home"]);
    assert_eq!(platform.exec("home", &["cat", "workspace/back.md"]).1, "by hand\n");
}

fn what_a_shell_would_read_is_text(platform: &Platform) {
    for trick in TRICKS {
        assert_eq!(platform.exec("home", &["printf", "%s", trick]).1, trick);
        let variable = format!("TRICK={trick}");
        let words = ["exec", "-b", "home", "-e", &variable, "-n", "--", "printenv", "TRICK"];
        assert_eq!(platform.cli_ok(&words), format!("{trick}\n"));
        let name = format!("workspace/{trick}");
        // A slash in it makes a directory, and no more.
        platform.cli_ok(&["file", "put", "/etc/hostname", &name, "-p", "-b", "home"]);
        platform.cli_ok(&["file", "cat", &name, "-b", "home"]);
    }
    assert_eq!(
        platform.exec("home", &["test", "-e", "/tmp/owned"]).0,
        Some(1),
        "nothing of it was carried out"
    );
}

fn commands_run_by_themselves(platform: &Platform) {
    let script = "echo out; echo err >&2; tty; exit 3";
    let id = platform.cli_ok(&["exec", "-d", "-b", "home", "--", "sh", "-c", script]);
    let show = platform.cli_ok(&["command", "show", id.trim(), "--wait", "--json", "-b", "home"]);
    let seen: Value = serde_json::from_str(&show).unwrap();
    assert_eq!((&seen["state"], &seen["code"]), (&Value::from("exited"), &Value::from(3)), "{seen}");
    assert_eq!(
        (&seen["stdout"], &seen["stderr"]),
        (&Value::from("out\nnot a tty\n"), &Value::from("err\n")),
        "{seen}"
    );

    let id = platform.cli_ok(&["exec", "-d", "-t", "-b", "home", "--", "sh", "-c", "tty; exec sleep 1000"]);
    let id = id.trim();
    let killed = platform.cli_ok(&["command", "kill", id, "--json", "-b", "home"]);
    let killed: Value = serde_json::from_str(&killed).unwrap();
    assert_eq!(killed["state"], "killed", "{killed}");
    assert_eq!(platform.exec("home", &["pgrep", "-f", "sleep 1000"]).0, Some(1), "its process is gone");
    let timed = platform.cli_ok(&["exec", "-d", "-b", "home", "--timeout", "1s", "--", "sleep", "1000"]);
    let show = platform.cli_ok(&["command", "show", timed.trim(), "--wait", "--json", "-b", "home"]);
    assert!(show.contains("timed_out"), "{show}");
    let listed = platform.cli_ok(&["command", "list", "-b", "home"]);
    assert!(listed.contains(id) && listed.contains("exited with 3"), "{listed}");
}

fn files_belong_to_the_agent(platform: &Platform, home: &std::path::Path) {
    let source = tempfile::NamedTempFile::new().unwrap();
    fs::write(source.path(), "by hand\n").unwrap();
    let source = source.path().to_str().unwrap();
    platform.cli_ok(&["file", "put", source, "workspace/made/notes.md", "-p", "-b", "home"]);
    platform.cli_ok(&["file", "mv", "workspace/made/notes.md", "workspace/notes.md", "-b", "home"]);
    let owner = fs::metadata(home).unwrap().uid();
    for name in ["workspace/made", "workspace/notes.md", ".cache/smartbox-files"] {
        assert_eq!(fs::metadata(home.join(name)).unwrap().uid(), owner, "{name}");
    }
    // As a program of the box sees it.
    let seen = platform.exec("home", &["stat", "-c", "%U %a", "workspace/notes.md", "workspace/made"]);
    assert_eq!(seen.1, "agent 644\nagent 755\n");
    assert_eq!(
        platform.exec("home", &["sh", "-c", "echo more >> workspace/notes.md && rmdir workspace/made"]).0,
        Some(0)
    );
    assert_eq!(platform.cli_ok(&["file", "cat", "workspace/notes.md", "-b", "home"]), "by hand\nmore\n");
    platform.cli_ok(&["file", "put", source, "workspace/notes.md", "-b", "home"]);
}

/// What a program in the box plants, to be led to what is not its own.
fn links_lead_nowhere(platform: &Platform, home: &std::path::Path) {
    let plant = "ln -s /etc/shadow workspace/shadow; ln -s ../../../.. workspace/up; mkfifo workspace/pipe; ln workspace/notes.md workspace/second";
    assert_eq!(platform.exec("home", &["sh", "-c", plant]).0, Some(0));
    for path in ["workspace/shadow", "workspace/up/etc/shadow", "workspace/up", "workspace/pipe"] {
        let read = platform.cli(&["file", "cat", path, "-b", "home"]);
        assert!(!read.status.success() && read.stdout.is_empty(), "{path}: {read:?}");
        let written = platform.cli(&["file", "put", "/etc/hostname", path, "-b", "home"]);
        assert!(!written.status.success(), "{path}: {written:?}");
    }
    // A second name within the home is the box's own.
    assert_eq!(platform.cli_ok(&["file", "cat", "workspace/second", "-b", "home"]), "by hand\n");
    let listed = platform.cli_ok(&["file", "ls", "workspace", "-b", "home"]);
    assert!(listed.contains("shadow -> /etc/shadow") && listed.contains("pipe"), "{listed}");
    assert!(fs::symlink_metadata(home.join("workspace/shadow")).unwrap().is_symlink());
}

async fn one_that_runs_is_lost_with_the_platform(platform: &mut Platform) {
    let id = platform.cli_ok(&["exec", "-d", "-b", "home", "--timeout", "1h", "--", "sleep", "2000"]);
    let id = id.trim().to_owned();
    let path = format!("/v1/boxes/home/exec/{id}");
    let seen = platform.json(&format!("{path}?wait=1s")).await;
    assert_eq!(seen["state"], "running", "{seen}");
    platform.kill();
    platform.start_again().await;
    platform.wait_for_phase("home", "running").await;
    let mut seen = Value::Null;
    for _ in 0..60 {
        seen = platform.json(&format!("{path}?wait=1s")).await;
        if seen["state"] == "lost" {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(seen["state"], "lost", "{seen}");
    assert!(seen["why"].as_str().unwrap().contains("the platform ended"), "{seen}");
    assert_eq!(platform.exec("home", &["pgrep", "-f", "sleep 2000"]).0, Some(1), "it does not run on unseen");
}
