use serde_json::json;

use super::*;

const RULES: Handshake =
    Handshake { method: "connect", kept_auth: &["deviceToken"], signed_auth: &["token", "bootstrapToken"] };

fn pinned(params: &Value) -> Result<Value, &'static str> {
    let grant = Grant { headers: Vec::new(), role: "operator", scopes: &["read", "write"] };
    let text = json!({ "type": "req", "id": "1", "method": "connect", "params": params }).to_string();
    let pinned = pin(&text, &RULES, &grant)?;
    Ok(serde_json::from_str::<Value>(&pinned).unwrap()["params"].clone())
}

#[test]
fn claims_without_a_device_are_cut_to_what_may_be_had() {
    let params = pinned(&json!({ "role": "node", "scopes": ["admin", "write", 7], "caps": ["x"] })).unwrap();
    assert_eq!(params, json!({ "role": "operator", "scopes": ["write"], "caps": ["x"] }));
    assert_eq!(pinned(&json!({})).unwrap(), json!({ "role": "operator", "scopes": ["read", "write"] }));
    let odd = json!({ "scopes": "admin", "role": ["node"], "device": null });
    assert_eq!(pinned(&odd).unwrap(), json!({ "role": "operator", "scopes": ["read", "write"] }));
}

#[test]
fn a_later_claim_of_the_same_name_counts_and_is_the_only_one_left() {
    let grant = Grant { headers: Vec::new(), role: "operator", scopes: &["read"] };
    let text =
        r#"{"type":"req","id":"1","method":"connect","params":{"scopes":["read"],"scopes":["admin"]}}"#;
    let pinned = pin(text, &RULES, &grant).unwrap();
    assert!(!pinned.contains("admin") && pinned.matches("scopes").count() == 1, "{pinned}");
}

#[test]
fn credentials_of_the_gateway_are_taken_out() {
    let auth =
        json!({ "token": "t", "password": "p", "deviceToken": "d", "bootstrapToken": "b", "new": "n" });
    let params = pinned(&json!({ "auth": auth })).unwrap();
    assert_eq!(params.get("auth"), None);
    assert_eq!(pinned(&json!({ "auth": "odd" })).unwrap().get("auth"), None);
}

#[test]
fn what_a_device_has_signed_stays_as_it_is() {
    let device = json!({ "id": "d", "signature": "s" });
    let signed =
        json!({ "role": "operator", "scopes": ["admin"], "device": device, "auth": { "deviceToken": "t" } });
    assert_eq!(pinned(&signed).unwrap(), signed);
}

#[test]
fn a_device_that_signed_over_a_credential_is_taken_out_with_it() {
    let device = json!({ "id": "d", "signature": "s" });
    let params =
        json!({ "scopes": ["admin"], "device": device, "auth": { "token": "t", "deviceToken": "d" } });
    assert_eq!(pinned(&params).unwrap(), json!({ "role": "operator", "scopes": [] }));
}

#[test]
fn a_device_cannot_take_another_role() {
    assert!(pinned(&json!({ "role": "node", "device": { "id": "d" } })).is_err());
    assert!(pinned(&json!(null)).is_err());
}
