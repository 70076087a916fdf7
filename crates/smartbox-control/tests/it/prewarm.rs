//! Boxes that are woken before anybody asks for them.

use smartbox_core::BoxId;
use smartbox_core::capacity::HostFacts;
use smartbox_core::tier::GIB;
use smartbox_testkit::{TestApp, id_of};

async fn stopped_box(app: &TestApp) -> BoxId {
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    id
}

async fn phase(app: &TestApp) -> String {
    app.settle().await;
    app.show(&app.admin(), "home").await.phase
}

#[tokio::test]
async fn a_sign_in_wakes_the_default_box_where_that_is_set() {
    for is_set in [false, true] {
        let app = TestApp::builder().limits(|limits| limits.prewarm_on_sign_in = is_set).start().await;
        stopped_box(&app).await;
        // Another person of the org comes in by their link.
        app.browser("home").await;
        assert_eq!(phase(&app).await, if is_set { "running" } else { "stopped" });
        let told = app.admin().get("/v1/boxes/home/timeline").await.text();
        assert_eq!(told.contains("box.prewarmed") && told.contains("somebody signed in"), is_set, "{told}");
    }
}

#[tokio::test]
async fn it_passes_the_gate_and_is_in_nobodys_way() {
    let app = TestApp::start().await;
    let id = stopped_box(&app).await;
    app.host.set(HostFacts {
        memory_bytes: 8 * GIB,
        available_bytes: GIB,
        swap_free_bytes: 0,
        cpu_pressure: None,
        memory_pressure: None,
    });
    assert!(!app.control.prewarm(id, "a schedule is due").await.unwrap(), "there is no room");
    assert_eq!(phase(&app).await, "stopped");
    app.host.set(HostFacts {
        memory_bytes: 8 * GIB,
        available_bytes: 4 * GIB,
        swap_free_bytes: 0,
        cpu_pressure: None,
        memory_pressure: None,
    });
    assert!(app.control.prewarm(id, "a schedule is due").await.unwrap());
    assert_eq!(phase(&app).await, "running");
    assert!(!app.control.prewarm(id, "again").await.unwrap(), "it runs");
    app.admin().delete("/v1/boxes/home").await;
    assert!(!app.control.prewarm(id, "again").await.unwrap(), "nobody wants it any more");
}
