//! Sizes of boxes: made, changed, removed. They are the platform's, and its admin alone decides them.

use smartbox_core::tier::{MEMORY_MAX_BYTES_FLOOR, MIB};
use smartbox_core::{Principal, Tier};
use smartbox_store::{Error as StoreError, SystemActor};

use crate::{Control, Error, FieldIssue, Op};

/// Who acts here.
const ACTOR: &str = "tiers";
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 40;
/// Most processes and threads of a box, if nothing is said.
const PIDS_DEFAULT: u32 = 512;
/// Fewest: a gateway has some 40.
const PIDS_MIN: u32 = 64;
/// Most: what a user of a Linux host has by default, in all boxes together.
const PIDS_MAX: u32 = 32_768;
/// Most boxes of a tier that run at a time, if nothing is said.
const BOXES_DEFAULT: u32 = 20;
/// Most thousandths of a CPU: more than a host has.
const CPU_MILLIS_MAX: u32 = 1_024_000;
/// Least and most memory, in MiB.
const MEMORY_MIB: std::ops::RangeInclusive<u64> = 256..=4 * 1024 * 1024;

/// A tier as it is asked for. What is left out stays, or is the platform's choice for a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TierWish {
    /// CPU quota in thousandths of a CPU.
    pub cpu_millis: Option<u32>,
    /// Memory that is guaranteed, in MiB.
    pub memory_mib: Option<u64>,
    /// Hard memory limit, in MiB; half as much again as what is guaranteed, and enough for a turn, if nothing is said.
    pub memory_max_mib: Option<u64>,
    /// Most processes and threads.
    pub pids_max: Option<u32>,
    /// Most boxes of this tier on the platform that run at a time.
    pub boxes_max: Option<u32>,
}

impl TierWish {
    /// The tier that is meant, with every wrong field.
    fn read(&self, name: &str, before: Option<&Tier>) -> Result<Tier, Error> {
        let mut issues = Vec::new();
        let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
        let is_char = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=NAME_CHARS_MAX).contains(&name.len()) || !name.chars().all(is_char) || name.starts_with('-')
        {
            wrong("name", format!("must have 1 to {NAME_CHARS_MAX} lower-case letters, digits and dashes"));
        }
        let cpu_millis = self.cpu_millis.or_else(|| before.map(|tier| tier.cpu_millis)).unwrap_or_default();
        if !(100..=CPU_MILLIS_MAX).contains(&cpu_millis) {
            wrong("cpu_millicores", format!("must be 100 to {CPU_MILLIS_MAX} thousandths of a CPU"));
        }
        let memory_mib =
            self.memory_mib.or_else(|| before.map(|tier| tier.memory_bytes / MIB)).unwrap_or_default();
        if !MEMORY_MIB.contains(&memory_mib) {
            wrong("memory_mb", format!("must be {} to {} MiB", MEMORY_MIB.start(), MEMORY_MIB.end()));
        }
        let memory_max_mib = match (self.memory_max_mib, before) {
            (Some(max), _) => max,
            (None, Some(before)) if self.memory_mib.is_none() => before.memory_max_bytes / MIB,
            (None, _) => memory_mib.saturating_mul(3).div_ceil(2).max(MEMORY_MAX_BYTES_FLOOR / MIB),
        };
        let floor = MEMORY_MAX_BYTES_FLOOR / MIB;
        if memory_max_mib < floor || memory_max_mib < memory_mib || memory_max_mib > MEMORY_MIB.end() * 2 {
            let least = "a gateway dies in a turn with less, and less than what is guaranteed is no limit";
            wrong("memory_max_mb", format!("must be at least {floor} MiB and `memory_mb`: {least}"));
        }
        let pids_max = self.pids_max.or_else(|| before.map(|tier| tier.pids_max)).unwrap_or(PIDS_DEFAULT);
        if !(PIDS_MIN..=PIDS_MAX).contains(&pids_max) {
            wrong("pids_max", format!("must be {PIDS_MIN} to {PIDS_MAX}"));
        }
        let boxes_max = self.boxes_max.or_else(|| before.map(|tier| tier.boxes_max)).unwrap_or(BOXES_DEFAULT);
        if !issues.is_empty() {
            return Err(Error::Invalid(issues));
        }
        let (memory_bytes, memory_max_bytes) = (memory_mib * MIB, memory_max_mib * MIB);
        Ok(Tier { name: name.to_owned(), cpu_millis, memory_bytes, memory_max_bytes, pids_max, boxes_max })
    }
}

impl Control {
    /// Makes a tier.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin, [`Error::Invalid`], [`Error::NameTaken`], [`Error::Conflict`] when there are too many.
    pub async fn create_tier(&self, op: &Op, name: &str, wish: &TierWish) -> Result<Tier, Error> {
        require_admin(op)?;
        let tier = wish.read(name, None)?;
        let event = self.event_of(op, "tier.created", "asked for", detail(&tier));
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        fleet
            .create_tier(&tier, event, self.inner.clock.now())
            .await
            .map_err(|error| tier_error(error, name))?;
        Ok(tier)
    }

    /// Changes a tier. Its boxes have the new numbers from their next start on.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin, [`Error::Invalid`], [`Error::NotFound`].
    pub async fn change_tier(&self, op: &Op, name: &str, wish: &TierWish) -> Result<Tier, Error> {
        require_admin(op)?;
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let before = fleet.tier(name).await?.ok_or(Error::NotFound("tier"))?;
        let tier = wish.read(name, Some(&before))?;
        let event = self.event_of(op, "tier.changed", "asked for", detail(&tier));
        fleet
            .change_tier(&tier, event, self.inner.clock.now())
            .await
            .map_err(|error| tier_error(error, name))?;
        Ok(tier)
    }

    /// Removes a tier that no box has.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin, [`Error::NotFound`], [`Error::Conflict`].
    pub async fn remove_tier(&self, op: &Op, name: &str) -> Result<(), Error> {
        require_admin(op)?;
        let event = self.event_of(op, "tier.removed", "asked for", serde_json::json!({ "tier": name }));
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let removed = fleet.remove_tier(name, event, self.inner.clock.now()).await;
        removed.map_err(|error| tier_error(error, name))?;
        self.publish_egress().await
    }
}

fn require_admin(op: &Op) -> Result<(), Error> {
    if op.principal == Principal::Admin { Ok(()) } else { Err(Error::Forbidden) }
}

fn tier_error(error: StoreError, name: &str) -> Error {
    match error {
        StoreError::NameTaken => Error::NameTaken(name.to_owned()),
        StoreError::UnknownTier => Error::NotFound("tier"),
        StoreError::InUse(what) => Error::Conflict {
            what: format!("it is {what}"),
            remedy: "delete its boxes or give them another one first".to_owned(),
        },
        other => other.into(),
    }
}

fn detail(tier: &Tier) -> serde_json::Value {
    serde_json::json!({
        "tier": tier.name, "cpu_millis": tier.cpu_millis, "memory_bytes": tier.memory_bytes,
        "memory_max_bytes": tier.memory_max_bytes, "pids_max": tier.pids_max, "boxes_max": tier.boxes_max,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_tier_has_memory_for_a_turn_and_a_changed_one_keeps_what_is_not_said() {
        let wish = TierWish { cpu_millis: Some(1000), memory_mib: Some(512), ..TierWish::default() };
        let small = wish.read("sprites-standard", None).unwrap();
        assert_eq!((small.memory_bytes, small.memory_max_bytes), (512 * MIB, MEMORY_MAX_BYTES_FLOOR));
        let more = TierWish { memory_mib: Some(4096), ..TierWish::default() };
        let large = more.read("sprites-standard", Some(&small)).unwrap();
        assert_eq!((large.cpu_millis, large.memory_max_bytes), (1000, 6144 * MIB));
        let same = TierWish::default().read("sprites-standard", Some(&large)).unwrap();
        assert_eq!(same, large);
    }

    #[test]
    fn every_wrong_number_is_named() {
        let wish = TierWish { memory_max_mib: Some(1000), pids_max: Some(1), ..TierWish::default() };
        let Err(Error::Invalid(issues)) = wish.read("No", None) else { panic!("it is refused") };
        let fields: Vec<_> = issues.iter().map(|issue| issue.field).collect();
        assert_eq!(fields, ["name", "cpu_millicores", "memory_mb", "memory_max_mb", "pids_max"]);
    }
}
