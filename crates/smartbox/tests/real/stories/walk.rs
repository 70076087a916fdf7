//! Every example of the older platforms' texts, asked with the real `curl`: the same paths, headers and bodies.

mod agents;
mod instances;
mod super_admin;
mod worker;

use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::platform::Platform;

/// Secret of signed URLs.
const SIGNING_SECRET: &str = "0123456789abcdef0123456789abcdef";
/// Longest that an answer may take.
const SECONDS_MAX: &str = "120";

/// One request, and what has to come of it.
struct Case<'a> {
    method: &'a str,
    path: &'a str,
    headers: &'a [&'a str],
    body: Option<Value>,
    status: u16,
    /// JSON pointers to what the answer must have.
    fields: &'a [&'a str],
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self { method: "GET", path: "/", headers: &[], body: None, status: 200, fields: &[] }
    }
}

/// A platform whose box `home` runs, and a program's token of its org.
struct Walk {
    platform: Platform,
    bearer: String,
    secret: String,
    /// Every answer that is not as it should be: one run tells all of them.
    wrong: Mutex<Vec<String>>,
}

impl Walk {
    async fn start() -> Self {
        let environment =
            [("MOLTBOT_SIGNING_SECRET", SIGNING_SECRET), ("SMARTBOX__IDENTITY__SIGN_UP", "open")];
        let platform = Platform::start(&environment).await;
        platform.wait_for_phase("home", "running").await;
        let secret = format!("X-Admin-Secret: {}", platform.admin_secret());
        let walk = Self { platform, bearer: String::new(), secret, wrong: Mutex::default() };
        let scopes = [
            "boxes:read",
            "boxes:operate",
            "boxes:talk",
            "boxes:exec",
            "boxes:manage",
            "boxes:administer",
            "models:manage",
        ];
        let made = walk.ask(&Case {
            method: "POST",
            path: "/v1/tokens",
            headers: &[&walk.secret],
            body: Some(json!({ "name": "walk", "scopes": scopes })),
            status: 201,
            fields: &["/secret"],
        });
        let bearer = format!("Authorization: Bearer {}", made["secret"].as_str().unwrap());
        Self { bearer, ..walk }
    }

    /// Asks, and looks at what comes; the answer, or null if it is no JSON.
    fn ask(&self, case: &Case<'_>) -> Value {
        let (status, text) = curl(&self.platform.url(case.path), case);
        let label = format!("{} {}", case.method, case.path);
        let mut wrong = self.wrong.lock().unwrap();
        if status != case.status {
            wrong.push(format!("{label}: {status} instead of {}: {text}", case.status));
        }
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        for field in case.fields.iter().filter(|field| answer.pointer(field).is_none()) {
            wrong.push(format!("{label}: no `{field}` in {text}"));
        }
        answer
    }

    /// Says what was wrong.
    fn finish(&self) {
        let wrong = self.wrong.lock().unwrap();
        assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), self.platform.log());
    }

    /// The same, as the program of the org.
    fn owner(&self, method: &str, path: &str, body: Option<Value>, status: u16, fields: &[&str]) -> Value {
        self.ask(&Case { method, path, headers: &[&self.bearer], body, status, fields })
    }

    /// The same, as the platform's admin.
    fn admin(&self, method: &str, path: &str, body: Option<Value>, status: u16, fields: &[&str]) -> Value {
        self.ask(&Case { method, path, headers: &[&self.secret], body, status, fields })
    }
}

/// Status and body.
fn curl(url: &str, case: &Case<'_>) -> (u16, String) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", SECONDS_MAX, "--request", case.method]);
    command.args(["--write-out", "\n%{http_code}"]);
    for header in case.headers {
        command.args(["--header", header]);
    }
    if let Some(body) = &case.body {
        command.args(["--header", "Content-Type: application/json", "--data-binary", &body.to_string()]);
    }
    let output = command.arg(url).stdin(Stdio::null()).output().expect("curl is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap_or(("", &text));
    let status = status.parse().unwrap_or_else(|_none| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (status, body.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_of_the_older_texts_works_with_the_same_paths_and_fields() {
    let walk = Walk::start().await;
    worker::walk(&walk);
    agents::walk(&walk).await;
    instances::walk(&walk).await;
    walk.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_of_the_super_admin_api_works_with_the_same_paths_and_fields() {
    let walk = Walk::start().await;
    super_admin::walk(&walk).await;
    walk.finish();
}
