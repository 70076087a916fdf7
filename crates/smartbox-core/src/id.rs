//! Typed, prefixed, opaque ids. UUIDv7 inside, so that they sort by birth.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// The text was not an id of the expected type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of type `{expected}_…`")]
pub struct BadId {
    /// The prefix that was expected, without the underscore.
    pub expected: &'static str,
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// What the text form starts with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Makes an id from its moment of birth and ten random bytes.
            pub fn from_parts(at: Timestamp, random: [u8; 10]) -> Self {
                // Times before 1970 do not occur; they would only cost the sort order.
                let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let bad = BadId { expected: $prefix };
                let raw = text.strip_prefix(concat!($prefix, "_")).ok_or(bad)?;
                // One spelling only: an id that parses prints back to the same text.
                if raw.len() != 32 || raw.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(bad);
                }
                uuid::Uuid::try_parse(raw).map(Self).map_err(|_error| bad)
            }
        }
    )+ };
}

typed_ids! {
    /// One Smartbox. Never changes and is never used again.
    BoxId = "box",
    /// Owner of users and boxes.
    OrgId = "org",
    /// A saved state of a box.
    BackupId = "bkp",
    /// A person.
    UserId = "usr",
    /// A long-running change that can be waited for.
    OperationId = "op",
    /// A line of a box's timeline or of the audit log.
    EventId = "evt",
    /// A service token.
    TokenId = "tok",
    /// A client that must be paired before it may talk to a box.
    DeviceId = "dev",
    /// A signed-in browser.
    SessionId = "ses",
    /// Something that happens in a box by the clock.
    ScheduleId = "sch",
    /// An upgrade of many boxes, in waves.
    RolloutId = "rol",
    /// A command that runs by itself.
    ExecId = "exe",
    /// One thing that is done with many boxes.
    BulkId = "blk",
    /// Something that was said to an agent, and its answer.
    MessageId = "msg",
    /// Something that was set aside before it is spent.
    SpendId = "spd",
    /// An address to which an org's events are sent.
    WebhookId = "whk",
    /// Somebody who runs the platform, in the name of a person.
    SupportId = "sup",
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn an_id_prints_and_parses_back() {
        let id = BoxId::from_parts(at(1_700_000_000_000), [7; 10]);
        assert!(id.to_string().starts_with("box_"));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn ids_sort_by_birth() {
        let earlier = BoxId::from_parts(at(1_700_000_000_000), [255; 10]);
        let later = BoxId::from_parts(at(1_700_000_000_001), [0; 10]);
        assert!(earlier.to_string() < later.to_string());
    }

    #[test]
    fn another_prefix_another_spelling_or_noise_is_refused() {
        let id = BoxId::from_parts(at(0), [1; 10]).to_string();
        for bad in [
            id.replace("box_", "org_"),
            id.to_uppercase(),
            format!("{id}0"),
            format!("box_{}", uuid::Uuid::nil()),
            String::new(),
            "box_".into(),
        ] {
            assert!(bad.parse::<BoxId>().is_err(), "{bad}");
        }
    }
}
