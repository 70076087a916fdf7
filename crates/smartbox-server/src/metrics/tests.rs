use std::collections::BTreeSet;

use rustls::RootCertStore;
use smartbox_egress::{Limits, ModelPlan};
use smartbox_testkit::TestApp;

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
