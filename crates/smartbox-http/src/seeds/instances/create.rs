//! `POST /api/v1/instances`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{SeedCreateInstance, SeedInstance};
use smartbox_control::{InstanceWish, NewInstance};
use smartbox_core::box_name::LENGTH_MAX;

use super::{ANTHROPIC, BRAVE, OPENAI, changes, instance, quantity};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;

/// What the name of every instance begins with.
const PREFIX: &str = "bot-";

/// Make an instance
///
/// It is started at once, with keys and model of its own if they are given. Keys of models never enter it; every other key is a variable
/// of its environment, which the agent can read.
#[utoipa::path(
    post,
    path = "/api/v1/instances",
    tag = "seeds",
    operation_id = "seedCreateInstance",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours.")),
    request_body = SeedCreateInstance,
    responses((status = CREATED, description = "The instance, which is being made.", body = SeedInstance)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SeedCreateInstance>,
) -> Result<Response, ApiError> {
    let new = new_instance(body.clone())?;
    let (inner, caller) = (state.clone(), op.clone());
    let work = async move {
        let row = inner.control().create_instance(&caller, &new).await?;
        Ok((StatusCode::CREATED, instance(&inner, &caller, &row).await?))
    };
    once(&state, &op, &headers, "POST /api/v1/instances", None, &body, work).await
}

fn new_instance(body: SeedCreateInstance) -> Result<NewInstance, ApiError> {
    if body.container_image.is_some_and(|image| !image.is_empty()) {
        return Err(ApiError::field("container_image", "is the platform's: leave it out"));
    }
    if body.vnc_resolution.is_some_and(|resolution| !resolution.is_empty()) {
        return Err(ApiError::field("vnc_resolution", "there is no desktop here: leave it out"));
    }
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let cpu_millis = given(body.cpu_limit).map(|text| {
        quantity::cpu_millis(&text)
            .ok_or_else(|| ApiError::field("cpu_limit", "is a quantity such as `2000m`"))
    });
    let memory_bytes = given(body.memory_limit).map(|text| {
        quantity::bytes(&text).ok_or_else(|| ApiError::field("memory_limit", "is a quantity such as `4Gi`"))
    });
    let fields =
        [(ANTHROPIC, body.anthropic_api_key), (OPENAI, body.openai_api_key), (BRAVE, body.brave_api_key)];
    let named = body.api_keys.into_iter().map(|(name, value)| (name, Some(value))).collect();
    let keys = changes(fields, named);
    Ok(NewInstance {
        name: name(&body.display_name)?,
        cpu_millis: cpu_millis.transpose()?,
        memory_bytes: memory_bytes.transpose()?,
        wish: InstanceWish { keys, default_model: given(body.default_model) },
    })
}

/// `bot-`, and what is called so in lower case; dashes for what separates words, and nothing for what no name has.
fn name(display: &str) -> Result<String, ApiError> {
    let mut made = String::new();
    for letter in display.trim().chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' => made.push(letter),
            '-' | '_' => made.push('-'),
            letter if letter.is_whitespace() => made.push('-'),
            _ => {}
        }
    }
    let words: Vec<&str> = made.split('-').filter(|word| !word.is_empty()).collect();
    let name = format!("{PREFIX}{}", words.join("-"));
    if words.is_empty() {
        return Err(ApiError::field("display_name", "needs a letter of a-z or a digit"));
    }
    if name.len() > LENGTH_MAX {
        let longest = LENGTH_MAX - PREFIX.len();
        return Err(ApiError::field("display_name", format!("has at most {longest} letters and digits")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use smartbox_core::BoxName;

    use super::*;

    #[test]
    fn names_are_made_of_what_an_instance_is_called() {
        for (display, made) in
            [("Alpha", "bot-alpha"), (" My_Bot  2 ", "bot-my-bot-2"), ("--a--", "bot-a"), ("Ä b!", "bot-b")]
        {
            assert_eq!(name(display).ok().as_deref(), Some(made), "{display}");
        }
        for bad in ["", " ", "!", "ä", &"x".repeat(37)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_made_is_the_name_of_a_box(display in "\\PC{0,60}") {
            if let Ok(name) = name(&display) {
                prop_assert!(name.parse::<BoxName>().is_ok(), "{}", name);
            }
        }
    }
}
