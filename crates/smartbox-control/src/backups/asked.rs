//! Who waits for a backup of which box, and what for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use smartbox_core::BoxId;
use smartbox_core::backup::Reason;
use smartbox_store::Backup;
use tokio::sync::oneshot;

/// People who wait for a backup of the same box.
const WAITING_MAX: usize = 16;

/// Why there is no backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotMade {
    /// It failed, in words.
    Failed(String),
    /// Somebody took it back.
    Cancelled,
}

/// `None`: there was nothing new to save.
pub(crate) type Had = Result<Option<Backup>, NotMade>;
pub(crate) type Answered = oneshot::Receiver<Had>;

struct Waiting {
    reason: Reason,
    answer: oneshot::Sender<Had>,
}

/// Everybody who waits. Bounded by box.
#[derive(Default)]
pub(crate) struct Asked(Mutex<HashMap<BoxId, Vec<Waiting>>>);

impl Asked {
    fn all(&self) -> MutexGuard<'_, HashMap<BoxId, Vec<Waiting>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None`: too many wait already.
    pub(super) fn wait(&self, id: BoxId, reason: Reason) -> Option<Answered> {
        let mut all = self.all();
        let waiting = all.entry(id).or_default();
        // Whoever left still gets what they asked for, and takes no place.
        if waiting.iter().filter(|one| !one.answer.is_closed()).count() >= WAITING_MAX {
            return None;
        }
        // Of those who left one is as good as many.
        let is_needless = |one: &Waiting| one.answer.is_closed() && wants(one.reason) <= wants(reason);
        waiting.retain(|one| !is_needless(one));
        let (answer, answered) = oneshot::channel();
        waiting.push(Waiting { reason, answer });
        Some(answered)
    }

    /// What somebody waits for a backup of the box for: whoever wants most of it gets it, and with that the others do.
    pub(crate) fn reason(&self, id: BoxId) -> Option<Reason> {
        let all = self.all();
        all.get(&id)?.iter().map(|one| one.reason).max_by_key(|reason| wants(*reason))
    }

    /// Answers those for whom a backup that was made for `reason` is enough. The others wait for the next.
    pub(crate) fn answer(&self, id: BoxId, reason: Reason, had: &Had) {
        self.answer_those(id, |one| wants(one) <= wants(reason), had);
    }

    /// Answers those who asked for one that is made in any case: it was taken back.
    pub(crate) fn cancel(&self, id: BoxId) {
        self.answer_those(id, |one| one == Reason::Asked, &Err(NotMade::Cancelled));
    }

    fn answer_those(&self, id: BoxId, is_meant: impl Fn(Reason) -> bool, had: &Had) {
        let mut all = self.all();
        let Some(waiting) = all.remove(&id) else { return };
        let (meant, left): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|one| is_meant(one.reason));
        if !left.is_empty() {
            all.insert(id, left);
        }
        drop(all);
        for one in meant {
            // Whoever asked may have gone.
            let _gone = one.answer.send(had.clone());
        }
    }
}

/// How much somebody wants of a backup: that it is made in any case, that it is a good one, or what there is.
const fn wants(reason: Reason) -> u8 {
    match reason {
        Reason::Asked => 2,
        Reason::Clone => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> BoxId {
        BoxId::from_parts(jiff::Timestamp::UNIX_EPOCH, [1; 10])
    }

    #[test]
    fn whoever_wants_more_than_was_made_waits_for_the_next() {
        let asked = Asked::default();
        let (mut person, mut sync) =
            (asked.wait(id(), Reason::Asked).unwrap(), asked.wait(id(), Reason::Period).unwrap());
        assert_eq!(asked.reason(id()), Some(Reason::Asked));
        asked.answer(id(), Reason::Period, &Ok(None));
        assert_eq!(sync.try_recv(), Ok(Ok(None)));
        assert!(person.try_recv().is_err(), "a look that found no change is no backup");
        asked.answer(id(), Reason::Asked, &Ok(None));
        assert!(person.try_recv().is_ok());
        assert_eq!(asked.reason(id()), None);
    }

    #[test]
    fn taking_a_backup_back_is_told_to_those_who_asked_for_it_and_to_nobody_else() {
        let asked = Asked::default();
        let (mut person, mut clone) =
            (asked.wait(id(), Reason::Asked).unwrap(), asked.wait(id(), Reason::Clone).unwrap());
        asked.cancel(id());
        assert_eq!(person.try_recv(), Ok(Err(NotMade::Cancelled)));
        assert!(clone.try_recv().is_err());
        assert_eq!(asked.reason(id()), Some(Reason::Clone));
    }

    #[test]
    fn sixteen_wait_and_those_who_left_take_no_place() {
        let asked = Asked::default();
        let waiting: Vec<_> = (0..WAITING_MAX).map(|_| asked.wait(id(), Reason::Asked).unwrap()).collect();
        assert!(asked.wait(id(), Reason::Asked).is_none());
        drop(waiting);
        assert_eq!(asked.reason(id()), Some(Reason::Asked), "what they asked for is still wanted");
        assert!(asked.wait(id(), Reason::Asked).is_some());
    }
}
