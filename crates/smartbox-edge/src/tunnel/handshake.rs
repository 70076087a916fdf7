//! The request that opens a socket: it claims nothing that the caller may not have.

use serde_json::{Map, Value};

use crate::policy::Handshake;
use crate::routes::Grant;

/// The handshake with its claims pinned, written anew so that the gateway reads what was read here.
///
/// A signed device covers role and scopes with its signature, so its claims cannot be changed. They stay as they are: what
/// such a socket may do is limited by the header that the gateway caps them with, and by the edge's own policy.
///
/// # Errors
/// Why it is refused, fit for the client's eyes.
pub(super) fn pin(text: &str, rules: &Handshake, grant: &Grant) -> Result<String, &'static str> {
    let mut frame: Value = serde_json::from_str(text).map_err(|_error| "the handshake cannot be read")?;
    let params = frame.get_mut("params").and_then(Value::as_object_mut);
    let params = params.ok_or("the handshake has no parameters")?;
    pin_auth(params, rules);
    let is_signed = params.contains_key("device");
    let role = params.get("role").and_then(Value::as_str).unwrap_or(grant.role);
    if is_signed && role != grant.role {
        return Err("this role is not given to callers from outside");
    }
    params.insert("role".to_owned(), grant.role.into());
    if !is_signed {
        pin_scopes(params, grant);
    }
    Ok(frame.to_string())
}

/// Takes out what proves something else than who the edge says it is. Without a part that its signature covers, a device
/// cannot be proven either.
fn pin_auth(params: &mut Map<String, Value>, rules: &Handshake) {
    if params.get("device").is_some_and(Value::is_null) {
        params.remove("device");
    }
    let is_signed = params.contains_key("device");
    let Some(Value::Object(auth)) = params.get_mut("auth") else {
        params.remove("auth");
        return;
    };
    let is_said = |name: &&&str| auth.get(**name).is_some_and(|value| value.as_str() != Some(""));
    let breaks_signature =
        rules.signed_auth.iter().filter(|name| !rules.kept_auth.contains(name)).any(|name| is_said(&name));
    let keeps_device = is_signed && !breaks_signature;
    auth.retain(|name, _value| keeps_device && rules.kept_auth.contains(&name.as_str()));
    if auth.is_empty() {
        params.remove("auth");
    }
    if !keeps_device {
        params.remove("device");
    }
}

/// What is asked for and may be had; all of it, if nothing is asked for.
fn pin_scopes(params: &mut Map<String, Value>, grant: &Grant) {
    let scopes: Vec<Value> = match params.get("scopes").and_then(Value::as_array) {
        Some(asked) => {
            let may_have = |scope: &&Value| scope.as_str().is_some_and(|scope| grant.scopes.contains(&scope));
            asked.iter().filter(may_have).cloned().collect()
        }
        None => grant.scopes.iter().map(|scope| Value::from(*scope)).collect(),
    };
    params.insert("scopes".to_owned(), scopes.into());
}

#[cfg(test)]
mod tests;
