use serde_json::{Value, json};

use crate::platform::Platform;

/// What there has to be, so that an operation can be done.
pub(super) struct World {
    /// By the names that `schemathesis.toml` has for them.
    pub(super) names: Vec<(&'static str, String)>,
}

impl World {
    pub(super) async fn make(platform: &Platform) -> Self {
        let home = platform.json("/v1/boxes/home").await;
        let post = async |path: &str, body: Value| ask(platform, reqwest::Method::POST, path, body).await;
        let put = async |path: &str, body: Value| ask(platform, reqwest::Method::PUT, path, body).await;
        let of_box = |rest: &str| format!("/v1/boxes/{}/{rest}", text(&home, "/id"));
        let spare = post("/v1/boxes", json!({ "name": "spare", "start": false })).await;
        let spare_org = post("/v1/orgs", json!({ "name": "spare" })).await;
        let user = post("/v1/users", json!({ "name": "somebody", "role": "viewer" })).await;
        let webhook = post("/v1/webhooks", json!({ "url": "https://example.com/hook" })).await;
        let at_night = json!({ "name": "night", "cron": "0 3 * * *", "message": { "text": "Good night" } });
        let schedule = post(&of_box("schedules"), at_night).await;
        let exec = post(&of_box("exec"), json!({ "argv": ["sleep", "3000"], "timeout_ms": 3_600_000 })).await;
        post(&of_box("backups"), json!({})).await;
        let backup = platform.wait_for_list(&of_box("backups"), |backups| !backups.is_empty()).await;
        for name in ["spare", "doomed"] {
            post("/v1/plans", json!({ "name": name })).await;
            let size = json!({ "name": name, "cpu_millicores": 1000, "memory_mb": 1024 });
            post("/admin/vps-configs", size).await;
            let provider = json!({ "dialect": "openai", "key": "sk-nobody" });
            put(&format!("/v1/models/providers/{name}"), provider).await;
        }
        for name in ["TOKEN", "DOOMED"] {
            let secret = json!({ "value": "nothing of importance" });
            put(&of_box(&format!("secrets/{name}")), secret.clone()).await;
            put(&format!("/v1/orgs/{}/secrets/{name}", text(&home, "/org")), secret).await;
        }
        let names = vec![
            ("ADMIN_SECRET", platform.admin_secret()),
            ("BACKUP", text(&backup[0], "/id")),
            ("BOX", text(&home, "/id")),
            ("EXEC", text(&exec, "/id")),
            ("ORG", text(&home, "/org")),
            ("SCHEDULE", text(&schedule, "/id")),
            ("SPARE_BOX", text(&spare, "/box/id")),
            ("SPARE_ORG", text(&spare_org, "/id")),
            ("USER_ID", text(&user, "/id")),
            ("WEBHOOK", text(&webhook, "/webhook/id")),
        ];
        Self { names }
    }
}

fn text(value: &Value, at: &str) -> String {
    value.pointer(at).and_then(Value::as_str).unwrap_or_else(|| panic!("{at} in {value:#}")).to_owned()
}

async fn ask(platform: &Platform, method: reqwest::Method, path: &str, body: Value) -> Value {
    let request =
        platform.http().request(method, platform.url(path)).header("x-admin-secret", platform.admin_secret());
    let answer = request.json(&body).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_default()
}
