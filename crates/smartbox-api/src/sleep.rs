//! Sleep of boxes: policies, and how one sleeps.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Asks for a sleep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SleepBox {
    /// How far down: `frozen` (the default), `squeezed` or `stopped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "frozen")]
    pub tier: Option<String>,
}

/// What of a sleep policy changes. What is left out stays; `null` leaves it to the next wider circle: the org, the tier, the
/// platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateSleep {
    /// After how much idle time a box is frozen: `never`, or a time such as `90s`, `10m`, `1h`, `2d`. Nothing begins before it.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "10m")]
    pub frozen_after: Option<Option<String>>,
    /// After how much idle time its memory is pushed out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "30m")]
    pub squeezed_after: Option<Option<String>>,
    /// After how much idle time its processes end; it starts again when somebody needs it.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "never")]
    pub stopped_after: Option<Option<String>>,
}

/// A field that is given, be it as `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What somebody has decided about the sleep of boxes. What is absent is left to the next wider circle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SleepPolicyView {
    /// When a box is frozen: `never` or a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "10m")]
    pub frozen_after: Option<String>,
    /// When its memory is pushed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub squeezed_after: Option<String>,
    /// When its processes end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_after: Option<String>,
}

/// When one tier of sleep begins for a box, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ThresholdView {
    /// `never`, or a time such as `10m`.
    #[schema(example = "10m")]
    pub after: String,
    /// Who says so: `box`, `org`, `tier` or `platform`.
    #[schema(example = "platform")]
    pub from: String,
}

/// When each tier of sleep begins for a box, counted from the last work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EffectiveSleepView {
    /// When it is frozen. Nothing begins before it.
    pub frozen: ThresholdView,
    /// When its memory is pushed out.
    pub squeezed: ThresholdView,
    /// When its processes end.
    pub stopped: ThresholdView,
}

/// How a box sleeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SleepView {
    /// How far down: `frozen`, `squeezed` or `stopped`.
    pub tier: String,
    /// Since when (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Since when nothing was to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_since: Option<String>,
    /// When something is due for which it wakes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// What is due then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_why: Option<String>,
}

/// What of a box changes. One of them at least.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateBox {
    /// When it sleeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep: Option<UpdateSleep>,
    /// Its labels: a text is set, `null` removes, what is not named stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, Option<String>>>,
}

/// What of a tier changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "sleep": { "frozen_after": "10m", "squeezed_after": "30m" } }))]
pub struct UpdateTier {
    /// When its boxes sleep.
    pub sleep: UpdateSleep,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_null_is_not_what_is_missing() {
        let update: UpdateSleep =
            serde_json::from_str(r#"{"frozen_after":"1h","squeezed_after":null}"#).unwrap();
        assert_eq!(update.frozen_after, Some(Some("1h".to_owned())));
        assert_eq!((update.squeezed_after.clone(), update.stopped_after.clone()), (Some(None), None));
        let text = serde_json::to_string(&update).unwrap();
        assert_eq!(text, r#"{"frozen_after":"1h","squeezed_after":null}"#);
        assert!(serde_json::from_str::<UpdateSleep>(r#"{"frozen":"1h"}"#).is_err());
    }
}
