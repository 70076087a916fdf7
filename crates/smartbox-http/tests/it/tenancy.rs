//! What belongs to another org does not exist.

use smartbox_api::BoxView;
use smartbox_testkit::TestApp;

use crate::describe::routes;

#[tokio::test]
async fn every_route_about_a_box_or_operation_of_another_org_answers_as_if_it_did_not_exist() {
    let app = TestApp::start().await;
    let (home, acme) = (app.first_tenant().await, app.tenant("acme").await);
    let theirs = app.created_box(&home.client, "home").await;
    app.settle().await;
    let before: BoxView = app.show(&home.client, "home").await;

    let mut walked = 0;
    for route in routes() {
        let (parameter, ours, code) = match (route.is_about("box"), route.is_about("operation")) {
            (true, _) => ("box", theirs.smartbox.id.as_str(), "box-not-found"),
            (_, true) => ("operation", theirs.operation.id.as_str(), "operation-not-found"),
            _ => continue,
        };
        walked += 1;
        let missing = ours.replace(|digit: char| digit.is_ascii_digit(), "0");
        let mut told = Vec::new();
        for reference in [ours, missing.as_str(), "home"] {
            let request = route.request(&acme.client, reference, reference);
            let mut problem = acme.client.send(request).await.problem();
            assert_eq!(
                (problem.status, problem.code.as_str()),
                (404, code),
                "{} of {parameter} {reference}",
                route.id
            );
            problem.instance = None;
            told.push(problem);
        }
        assert!(
            told.iter().all(|problem| *problem == told[0]),
            "{}: the words must not tell either",
            route.id
        );
    }
    assert!(walked >= 11, "{walked}");
    assert_eq!(app.show(&home.client, "home").await, before, "nothing was changed");
}

#[tokio::test]
async fn every_route_about_an_agent_or_instance_of_another_org_answers_as_if_it_did_not_exist() {
    let app = TestApp::start().await;
    let (home, acme) = (app.first_tenant().await, app.tenant("acme").await);
    let theirs = app.running_box(&home.client, "home").await;
    let missing = theirs.id.replace(|digit: char| digit.is_ascii_digit(), "0");
    let mut walked = 0;
    for route in routes() {
        let is_admins = route.path.starts_with("/admin/") || route.path.starts_with("/api/super/");
        if !(route.is_about("agent") || route.is_about("instance")) || is_admins {
            continue;
        }
        walked += 1;
        for reference in [theirs.id.as_str(), missing.as_str(), "home"] {
            let problem = acme.client.send(route.request(&acme.client, reference, reference)).await.problem();
            let told = (problem.status, problem.code.as_str());
            assert_eq!(told, (404, "box-not-found"), "{} of {reference}", route.id);
        }
    }
    assert!(walked >= 20, "{walked}");
    assert_eq!(app.show(&home.client, "home").await, theirs, "nothing was changed");
}

#[tokio::test]
async fn boxes_of_two_orgs_may_have_the_same_name() {
    let app = TestApp::start().await;
    let (home, acme) = (app.first_tenant().await, app.tenant("acme").await);
    let ours = app.created_box(&home.client, "same").await.smartbox;
    let theirs = app.created_box(&acme.client, "same").await.smartbox;
    assert_ne!(ours.id, theirs.id);
    assert_eq!(app.show(&home.client, "same").await.id, ours.id);
    assert_eq!(app.show(&acme.client, "same").await.id, theirs.id);
    assert!(ours.is_default && theirs.is_default, "each org has a default box of its own");

    let ambiguous = app.admin().get("/v1/boxes/same").await.problem();
    assert_eq!((ambiguous.status, ambiguous.code.as_str()), (409, "name-ambiguous"));
    assert_eq!(app.show(&app.admin(), &theirs.id).await.org, acme.org);
}

#[tokio::test]
async fn an_owner_cannot_make_anything_for_another_org() {
    let app = TestApp::start().await;
    let (home, acme) = (app.first_tenant().await, app.tenant("acme").await);
    for org in [home.org.as_str(), "home", "no-such-org"] {
        let body = serde_json::json!({ "name": "trojan", "org": org });
        let problem = acme.client.post_json("/v1/boxes", &body).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "org"), "{org}");
        let problem =
            acme.client.post_json("/v1/sign-in-links", &serde_json::json!({ "org": org })).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "org"), "{org}");
    }
}
