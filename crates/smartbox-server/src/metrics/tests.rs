use std::collections::BTreeSet;

use rustls::RootCertStore;
use smartbox_egress::{Limits, ModelPlan};
use smartbox_testkit::{Receiver, TestApp};

use super::*;
use crate::adapters::egress::Egress;

fn sources(app: &TestApp) -> Sources {
    let dropped = Arc::<Dropped>::default();
    let egress = Egress::new(None, RootCertStore::empty(), Arc::clone(&dropped)).unwrap();
    Sources {
        control: app.control.clone(),
        edge: EdgeNumbers::default(),
        proxy: egress.proxy,
        gateway: AiGateway::new(ModelPlan::demo(), Limits::default()).unwrap(),
        api: app.state.numbers().clone(),
        dropped,
    }
}

/// Names of metrics in the text, as Prometheus has them.
fn names(text: &str) -> BTreeSet<(String, String)> {
    let described = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    described
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, kind)| match kind {
            "counter" => (format!("{name}_total"), kind.to_owned()),
            _ => (name.to_owned(), kind.to_owned()),
        })
        .collect()
}

#[tokio::test]
async fn the_names_are_those_of_the_page_about_them() {
    let app = TestApp::start().await;
    let text = sources(&app).text().unwrap();
    let page = include_str!("../../../../docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `smartbox_"));
    let documented: BTreeSet<_> = rows
        .map(|row| {
            let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
            (format!("smartbox_{}", cells.next().unwrap()), cells.next().unwrap())
        })
        .collect();
    assert_eq!(names(&text), documented);
}

#[tokio::test]
async fn boxes_are_counted_by_phase_and_named_nowhere() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let made = app.created_box(&tenant.client, "home").await;
    app.settle().await;
    let sources = sources(&app);
    sources.dropped.refusals.fetch_add(2, Relaxed);
    let text = sources.text().unwrap();
    assert!(text.contains("smartbox_boxes{phase=\"running\"} 1\n"), "{text}");
    assert!(text.contains("smartbox_start_duration_seconds_count 1\n"), "{text}");
    assert!(text.contains("smartbox_start_duration_seconds_bucket{le=\"+Inf\"} 1\n"), "{text}");
    assert!(text.contains("smartbox_queue_dropped_total{queue=\"refusals\"} 2\n"), "{text}");
    for name in [made.smartbox.id.as_str(), tenant.org.as_str(), "home"] {
        assert!(!text.contains(name), "{name}");
    }
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[tokio::test]
async fn requests_are_timed_by_their_route_and_commands_and_webhooks_too() {
    let app = TestApp::start().await;
    app.run_commands();
    let tenant = app.first_tenant().await;
    let receiver = Receiver::start().await;
    let wish = serde_json::json!({ "url": receiver.url, "types": ["box.created"] });
    tenant.client.post_json("/v1/webhooks", &wish).await;
    let made = app.running_box(&tenant.client, "home").await;
    let argv = serde_json::json!({ "argv": ["true"] });
    let ran = tenant.client.post_json("/v1/boxes/home/exec:sync", &argv).await;
    assert_eq!(ran.status, 200);
    tenant.client.get("/v1/boxes/no-such-box").await;
    tenant.client.get("/v1/no/such/route").await;
    let sources = sources(&app);
    // Nobody has looked at webhooks yet; the first look finds what waits.
    receiver.answer_next([http::StatusCode::SERVICE_UNAVAILABLE]);
    app.send_webhooks().await;
    app.clock.advance(jiff::SignedDuration::from_secs(4));
    app.send_webhooks().await;
    let text = sources.text().unwrap();
    let count = |labels: &str| format!("smartbox_api_request_duration_seconds_count{{{labels}}} 1\n");
    for counted in [
        &*count("route=\"/v1/boxes/{box}/exec:sync\",method=\"POST\",class=\"2xx\""),
        &*count("route=\"/v1/boxes/{box}\",method=\"GET\",class=\"4xx\""),
        &*count("route=\"none\",method=\"GET\",class=\"4xx\""),
        "smartbox_exec_duration_seconds_count 1\n",
        "smartbox_webhook_deliveries_total{outcome=\"put-off\"} 1\n",
        "smartbox_webhook_attempt_duration_seconds_count 1\n",
    ] {
        assert!(text.contains(counted), "{counted}: {text}");
    }
    let oldest = text.lines().find_map(|line| line.strip_prefix("smartbox_webhook_oldest_waiting_seconds "));
    assert!(oldest.unwrap().parse::<u64>().unwrap() >= 4, "{oldest:?}");
    app.clock.advance(jiff::SignedDuration::from_secs(60));
    app.send_webhooks().await;
    app.clock.advance(jiff::SignedDuration::from_secs(60));
    app.send_webhooks().await;
    let text = sources.text().unwrap();
    assert!(text.contains("smartbox_webhook_deliveries_total{outcome=\"delivered\"} 1\n"), "{text}");
    assert!(!text.contains("no-such") && !text.contains(&made.id), "{text}");
}

#[test]
fn alerts_and_dashboard_ask_for_what_there_is() {
    let page = include_str!("../../../../docs/metrics.md");
    let files =
        [include_str!("../../../../deploy/alerts.yml"), include_str!("../../../../deploy/grafana.json")];
    for file in files {
        let is_of_a_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let words = file.split(|letter| !is_of_a_name(letter)).filter(|word| word.starts_with("smartbox_"));
        let mut asked = 0;
        for word in words {
            let name = ["_bucket", "_count", "_sum"].iter().find_map(|end| word.strip_suffix(end));
            let name = name.unwrap_or(word);
            assert!(page.contains(&format!("| `{name}` |")), "{word} is asked for and not counted");
            asked += 1;
        }
        assert!(asked > 5, "{asked}");
    }
}
