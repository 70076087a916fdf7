//! Lists in pages.

use http::StatusCode;
use serde_json::json;
use smartbox_api::{BoxList, EventList, OrgList, TierList};
use smartbox_testkit::{Client, TestApp};

async fn pages(client: &Client, path: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = String::new();
    loop {
        let list: BoxList = client.get(&format!("{path}{next}")).await.json(StatusCode::OK);
        pages.push(list.items.into_iter().map(|view| view.name).collect());
        match list.next_cursor {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn boxes_come_in_pages_oldest_first() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    for name in ["a", "b", "c", "d", "e"] {
        app.created_box(&client, name).await;
        app.clock.advance(jiff::SignedDuration::from_millis(1));
    }
    assert_eq!(pages(&client, "/v1/boxes?limit=2").await, [vec!["a", "b"], vec!["c", "d"], vec!["e"]]);
    assert_eq!(pages(&client, "/v1/boxes?limit=5").await, [vec!["a", "b", "c", "d", "e"]]);
}

#[tokio::test]
async fn boxes_are_filtered_by_phase() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    for name in ["a", "b", "c"] {
        app.running_box(&client, name).await;
        app.clock.advance(jiff::SignedDuration::from_millis(1));
    }
    client.post("/v1/boxes/b/stop").await;
    app.settle().await;
    assert_eq!(pages(&client, "/v1/boxes?state=running").await, [vec!["a", "c"]]);
    assert_eq!(pages(&client, "/v1/boxes?state=stopped").await, [vec!["b"]]);
    assert_eq!(pages(&client, "/v1/boxes?state=failed").await.concat(), Vec::<String>::new());
}

#[tokio::test]
async fn an_admin_lists_the_boxes_of_every_org_and_an_owner_their_own() {
    let app = TestApp::start().await;
    let (home, acme) = (app.first_tenant().await, app.tenant("acme").await);
    app.created_box(&home.client, "ours").await;
    app.created_box(&acme.client, "theirs").await;
    assert_eq!(pages(&home.client, "/v1/boxes?limit=50").await, [vec!["ours"]]);
    assert_eq!(pages(&acme.client, "/v1/boxes?limit=50").await, [vec!["theirs"]]);
    let mut all = pages(&app.admin(), "/v1/boxes?limit=50").await.concat();
    all.sort();
    assert_eq!(all, ["ours", "theirs"]);
}

#[tokio::test]
async fn an_admin_makes_boxes_for_an_org_by_its_id_or_name() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for (org, name) in [(acme.org.as_str(), "by-id"), ("acme", "by-name")] {
        let body = json!({ "name": name, "org": org });
        assert_eq!(app.admin().post_json("/v1/boxes", &body).await.status, StatusCode::ACCEPTED);
        assert_eq!(app.show(&acme.client, name).await.org, acme.org);
    }
}

#[tokio::test]
async fn a_timeline_comes_in_pages_newest_first() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    let whole: EventList = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    assert!(whole.items.len() >= 3 && whole.next_cursor.is_none(), "{whole:?}");
    let mut seen = Vec::new();
    let mut path = "/v1/boxes/home/timeline?limit=1".to_owned();
    while let Some(cursor) = {
        let page: EventList = client.get(&path).await.json(StatusCode::OK);
        seen.extend(page.items);
        page.next_cursor
    } {
        path = format!("/v1/boxes/home/timeline?limit=1&cursor={cursor}");
    }
    assert_eq!(seen, whole.items);
}

#[tokio::test]
async fn tiers_and_orgs_are_listed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let tiers: TierList = tenant.client.get("/v1/tiers").await.json(StatusCode::OK);
    let names: Vec<_> = tiers.items.iter().map(|tier| (tier.name.as_str(), tier.boxes_max)).collect();
    assert_eq!(names, [("standard-1", 20), ("standard-2", 10), ("standard-3", 5)]);
    let orgs: OrgList = app.admin().get("/v1/orgs").await.json(StatusCode::OK);
    let names: Vec<_> = orgs.items.iter().map(|org| org.name.as_str()).collect();
    assert_eq!(names, ["home", "acme"]);
}
