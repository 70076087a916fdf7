//! The checked-in document.

#[test]
fn the_checked_in_document_is_what_the_code_says() {
    let mut text = serde_json::to_string_pretty(&smartbox_http::openapi()).unwrap();
    text.push('\n');
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == text,
        "openapi.json has drifted: run `cargo run -p xtask -- openapi` and commit it"
    );
}

#[test]
fn every_route_says_who_may_call_it_and_how_it_refuses() {
    let document = serde_json::to_value(smartbox_http::openapi()).unwrap();
    let mut operation_ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(operation_ids.insert(id.to_owned()), "{id} is used twice");
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"];
            assert_eq!(problem["schema"]["$ref"], "#/components/schemas/Problem", "{id}");
            let is_open = operation["security"]
                .as_array()
                .is_some_and(|schemes| schemes.iter().any(|s| s == &serde_json::json!({})));
            assert_eq!(
                is_open,
                !["/v1/", "/mcp", "/_smartbox/debug/"].iter().any(|begin| path.starts_with(begin))
                    && !id.starts_with("seed"),
                "{path}: strangers may call exactly what is outside of /v1, but for tools, insights and what an older API has there"
            );
            assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{id} has a summary");
        }
    }
}

#[test]
fn the_edge_hands_every_route_to_the_platform() {
    let document = serde_json::to_value(smartbox_http::openapi()).unwrap();
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(smartbox_edge::is_platform_path(path), "{path} would go to somebody's box");
    }
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = serde_json::to_value(smartbox_http::openapi()).unwrap();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/").skip(1) {
        let pointer = format!("/{}", reference.split('"').next().unwrap());
        assert!(document.pointer(&pointer).is_some(), "{pointer}");
    }
}
