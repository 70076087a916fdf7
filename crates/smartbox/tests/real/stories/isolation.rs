use std::net::TcpListener;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::platform::Platform;

/// Two boxes of two owners at once, with real gateways in them: each sees only itself, and neither the host.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_owners_see_only_their_own_box_and_nothing_of_the_host() {
    let platform = Platform::start(&[]).await;
    let acme = create_org(&platform, "acme").await;
    platform.cli_ok(&["box", "create", "work", "--org", "acme"]);
    platform.wait_for_phase("home", "running").await;

    owners_see_only_their_own(&platform, &acme).await;
    for (name, other) in [("home", "work"), ("work", "home")] {
        sees_nobody_else(&platform, name, other);
        reaches_no_host_port(&platform, name);
        cannot_write_or_mount(&platform, name);
    }
    reaches_no_other_box(&platform);
    files_stay_apart(&platform);
}

async fn create_org(platform: &Platform, name: &str) -> String {
    let request =
        platform.http().post(platform.url("/v1/orgs")).header("x-admin-secret", platform.admin_secret());
    let created = request.json(&json!({ "name": name })).send().await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    created.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
}

/// A session of an org's owner.
async fn cookie_of(platform: &Platform, org: &str) -> String {
    let request = platform.http().post(platform.url("/v1/sign-in-links"));
    let link =
        request.header("x-admin-secret", platform.admin_secret()).json(&json!({ "org": org })).send().await;
    let link: Value = link.unwrap().json().await.unwrap();
    let code = link["path"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned();
    let request = platform.http().post(platform.url("/sign-in")).header("origin", platform.url(""));
    let signed_in = request.json(&json!({ "code": code })).send().await.unwrap();
    signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

async fn owners_see_only_their_own(platform: &Platform, acme: &str) {
    let home_org = platform.json("/v1/boxes/home").await["org"].as_str().unwrap().to_owned();
    for (org, own, foreign) in [(home_org.as_str(), "home", "work"), (acme, "work", "home")] {
        let cookie = cookie_of(platform, org).await;
        let get = |path: String| {
            let request = platform.http().get(platform.url(&path)).header("cookie", cookie.clone());
            async move { request.send().await.unwrap() }
        };
        let list: Value = get("/v1/boxes".to_owned()).await.json().await.unwrap();
        let names: Vec<_> =
            list["items"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect();
        assert_eq!(names, [own]);
        let foreign_id =
            platform.json(&format!("/v1/boxes/{foreign}")).await["id"].as_str().unwrap().to_owned();
        for path in [
            format!("/v1/boxes/{foreign_id}"),
            format!("/b/{foreign_id}/v1/models"),
            format!("/b/{foreign}/"),
        ] {
            assert_eq!(get(path.clone()).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(get(format!("/b/{own}/v1/models")).await.status(), StatusCode::OK);
        // The default box of this owner, not of the other.
        assert_eq!(get("/control-ui-config.json".to_owned()).await.status(), StatusCode::OK);
    }
}

fn sees_nobody_else(platform: &Platform, name: &str, other: &str) {
    let (_, id, _) = platform.exec(name, &["id"]);
    assert!(id.contains("uid=1000(agent)"), "{id}");
    let (_, processes, _) = platform.exec(name, &["ps", "-eo", "pid,args"]);
    assert!(processes.contains("boxd") && processes.contains("openclaw"), "{processes}");
    assert!(!processes.contains("smartbox up") && !processes.contains("cargo"), "{processes}");
    assert_eq!(processes.matches("openclaw-gateway").count(), 1, "one gateway, its own: {processes}");
    let (_, hostname, _) = platform.exec(name, &["hostname"]);
    assert_eq!(hostname.trim(), name);
    let (_, addresses, _) = platform.exec(name, &["ip", "-o", "addr"]);
    assert!(addresses.lines().all(|line| line.contains(" lo ")), "{addresses}");
    let (_, root, _) = platform.exec(name, &["ls", "/", "/root", "/home"]);
    assert!(!root.contains("work") && !root.contains(".smartbox"), "{root}");
    let data = platform.data().display().to_string();
    let (_, mounts, _) = platform.exec(name, &["cat", "/proc/self/mounts"]);
    assert!(!mounts.contains(&data), "host paths do not show: {mounts}");
    let (code, ..) = platform.exec(name, &["ls", &format!("{data}/boxes")]);
    assert_ne!(code, Some(0), "another box's directory ({other}) is out of reach");
}

fn reaches_no_host_port(platform: &Platform, name: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let edge = platform.url("").rsplit_once(':').unwrap().1.to_owned();
    for port in [port.to_string(), edge] {
        let connect = format!("import socket; socket.create_connection(('127.0.0.1', {port}), 2)");
        let (code, _, error) = platform.exec(name, &["python3", "-c", &connect]);
        assert_ne!(code, Some(0));
        assert!(error.contains("refused"), "{error}");
    }
    let away = "import socket; socket.create_connection(('192.0.2.1', 80), 2)";
    let (_, _, error) = platform.exec(name, &["python3", "-c", away]);
    assert!(error.contains("unreachable"), "{error}");
}

/// What listens in one box is there for that box, and in no way for another one.
fn reaches_no_other_box(platform: &Platform) {
    let serve = "cd /tmp && nohup python3 -m http.server 8099 --bind 127.0.0.1 >/dev/null 2>&1 & \
                 curl -s -o /dev/null --noproxy '*' --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:8099/";
    let (code, _, error) = platform.exec("work", &["sh", "-c", serve]);
    assert_eq!(code, Some(0), "it listens in its own box: {error}");
    let (code, ..) = platform.exec("home", &["curl", "-s", "--noproxy", "*", "http://127.0.0.1:8099/"]);
    assert_eq!(code, Some(7));
    let (_, answer, _) = platform.exec(
        "home",
        &["curl", "-s", "-i", "--noproxy", "", "-x", "127.0.0.1:3128", "http://127.0.0.1:8099/"],
    );
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

fn cannot_write_or_mount(platform: &Platform, name: &str) {
    for argv in [
        &["touch", "/etc/here"][..],
        &["touch", "/usr/bin/here"],
        &["touch", "/opt/runtime/cache/here"],
        &["touch", "/run/smartbox/openclaw.json"],
        &["ls", "/var/lib/boxd"],
        &["mount", "-t", "tmpfs", "none", "/tmp"],
        &["unshare", "-Ur", "true"],
        &["sh", "-c", "echo 1 > /proc/sys/kernel/sysrq"],
        &["kill", "-9", "1"],
    ] {
        let (code, out, _) = platform.exec(name, argv);
        assert_ne!(code, Some(0), "{argv:?} must fail: {out}");
    }
    let (_, status, _) = platform.exec(name, &["cat", "/proc/self/status"]);
    for line in ["CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "{line} in {status}");
    }
}

fn files_stay_apart(platform: &Platform) {
    let (code, ..) =
        platform.exec("home", &["sh", "-c", "echo mine > /home/agent/note; echo mine > /tmp/note"]);
    assert_eq!(code, Some(0));
    for path in ["/home/agent/note", "/tmp/note"] {
        let (code, ..) = platform.exec("work", &["cat", path]);
        assert_ne!(code, Some(0), "{path}");
    }
}
