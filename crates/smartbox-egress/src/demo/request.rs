//! What the demo model reads of a request. Only texts are kept, so that a request takes no more room than it has.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::gateway::Endpoint;

/// A request of any dialect.
#[derive(serde::Deserialize)]
pub(super) struct Request {
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    /// Anthropic's Messages, OpenAI's Chat Completions.
    messages: Option<Turns>,
    /// OpenAI's Responses.
    input: Option<Turns>,
}

#[derive(serde::Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// Messages or items; a bare text is a user's.
struct Turns(Vec<Turn>);

#[derive(serde::Deserialize)]
struct Turn {
    role: Option<String>,
    #[serde(default)]
    content: Spoken,
}

/// The texts of a content, one a line.
#[derive(Default)]
struct Spoken(String);

#[derive(serde::Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<String>,
}

/// Reads a request, or says what is wrong with it.
pub(super) fn read(endpoint: Endpoint, body: &[u8]) -> Result<Request, String> {
    let request: Request = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    // Items of the Responses API may be tool results or thoughts, which have no role.
    let (field, turns, roles) = match endpoint {
        Endpoint::Responses => ("input", &request.input, false),
        _ => ("messages", &request.messages, true),
    };
    match turns {
        None => Err(format!("`{field}` is missing")),
        Some(Turns(turns)) if turns.is_empty() => Err(format!("`{field}` is empty")),
        Some(Turns(turns)) if roles && turns.iter().any(|turn| turn.role.is_none()) => {
            Err("a message has no `role`".to_owned())
        }
        Some(_) => Ok(request),
    }
}

impl Request {
    /// What users said, the oldest first.
    pub(super) fn users_turns(&self) -> impl DoubleEndedIterator<Item = &str> {
        let turns = [&self.messages, &self.input].into_iter().flatten().flat_map(|Turns(turns)| turns);
        turns.filter(|turn| turn.role.as_deref() == Some("user")).map(|turn| turn.content.0.as_str())
    }

    /// Whether the answer is to be streamed.
    pub(super) fn streamed(&self) -> bool {
        self.stream == Some(true)
    }

    /// Whether a streamed chat completion is to end in token counts.
    pub(super) fn wants_usage(&self) -> bool {
        self.stream_options.as_ref().and_then(|options| options.include_usage) == Some(true)
    }
}

impl<'de> Deserialize<'de> for Turns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TurnsVisitor;
        impl<'de> Visitor<'de> for TurnsVisitor {
            type Value = Turns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of messages")
            }

            fn visit_str<E>(self, text: &str) -> Result<Turns, E> {
                let content = Spoken(text.to_owned());
                Ok(Turns(vec![Turn { role: Some("user".to_owned()), content }]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Turns, A::Error> {
                let mut turns = Vec::new();
                while let Some(turn) = items.next_element()? {
                    turns.push(turn);
                }
                Ok(Turns(turns))
            }
        }
        deserializer.deserialize_any(TurnsVisitor)
    }
}

impl<'de> Deserialize<'de> for Spoken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpokenVisitor;
        impl<'de> Visitor<'de> for SpokenVisitor {
            type Value = Spoken;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of content parts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Spoken, E> {
                Ok(Spoken(text.to_owned()))
            }

            fn visit_unit<E>(self) -> Result<Spoken, E> {
                Ok(Spoken::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Spoken, A::Error> {
                let mut texts = Vec::new();
                while let Some(part) = parts.next_element::<Part>()? {
                    if matches!(part.kind.as_deref(), Some("text" | "input_text")) {
                        texts.extend(part.text);
                    }
                }
                Ok(Spoken(texts.join("\n")))
            }

            // Items of the Responses API that nobody says may have contents of any shape.
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Spoken, A::Error> {
                while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Spoken::default())
            }
        }
        deserializer.deserialize_any(SpokenVisitor)
    }
}
