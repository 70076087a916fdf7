//! Calls that come at the same time share one transaction: a commit waits for the disk, and one is as dear as a hundred.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// Most that is done in one transaction.
const BATCH_MAX: usize = 256;
/// Most that waits.
const WAITING_MAX: usize = 4096;
/// How long a desk that is told waits for more. Nobody's call waits for it, and a commit less is time on the disk for those who ask.
const LINGER: Duration = Duration::from_millis(20);

/// A queue in front of a transaction. Whoever gets the turn does what waits, for everybody.
pub(crate) struct Desk<Q, A> {
    waiting: Mutex<Vec<(Q, oneshot::Sender<A>)>>,
    turn: tokio::sync::Mutex<()>,
    /// Whether something is done for those, too, who gave up while they waited.
    is_owed: bool,
}

impl<Q: Clone, A> Desk<Q, A> {
    /// A desk at which nothing is done for whoever gives up.
    pub(crate) fn asking() -> Self {
        Self { waiting: Mutex::default(), turn: tokio::sync::Mutex::default(), is_owed: false }
    }

    /// A desk at which what was handed in is done in any case.
    pub(crate) fn telling() -> Self {
        Self { is_owed: true, ..Self::asking() }
    }

    /// Takes out what was handed in by those who gave up, and nobody has come since to do it.
    pub(crate) fn abandoned(&self) -> Vec<Q> {
        let mut waiting = self.waiting();
        let (gone, stays): (Vec<_>, Vec<_>) = waiting.drain(..).partition(|(_, tell)| tell.is_closed());
        *waiting = stays;
        gone.into_iter().map(|(question, _)| question).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Q, oneshot::Sender<A>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, question: Q) -> Option<oneshot::Receiver<A>> {
        let (tell, told) = oneshot::channel();
        let mut waiting = self.waiting();
        (waiting.len() < WAITING_MAX).then(|| {
            waiting.push((question, tell));
            told
        })
    }

    /// Has a question answered by `work`, which gets all that wait and gives an answer for each, in their order. `None` when too many
    /// wait already.
    ///
    /// The caller who works for others may give up in the middle. Then nobody knows what was done, and the others ask again: doing the
    /// same question twice must be doing it once.
    pub(crate) async fn ask<F>(&self, question: Q, work: impl Fn(Vec<Q>) -> F) -> Option<A>
    where
        F: Future<Output = Vec<A>>,
    {
        let mut told = self.join(question.clone())?;
        loop {
            let turn = self.turn.lock().await;
            match told.try_recv() {
                Ok(answer) => return Some(answer),
                Err(oneshot::error::TryRecvError::Closed) => told = self.join(question.clone())?,
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            if self.is_owed {
                tokio::time::sleep(LINGER).await;
            }
            let batch: Vec<_> = {
                let mut waiting = self.waiting();
                let count = waiting.len().min(BATCH_MAX);
                waiting.drain(..count).collect()
            };
            let (questions, tellers): (Vec<_>, Vec<_>) =
                batch.into_iter().filter(|(_, tell)| self.is_owed || !tell.is_closed()).unzip();
            let answers = work(questions).await;
            for (tell, answer) in tellers.into_iter().zip(answers) {
                let _gone = tell.send(answer);
            }
            drop(turn);
            if let Ok(answer) = told.try_recv() {
                return Some(answer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn what_comes_together_is_done_together_and_everybody_gets_their_own_answer() {
        let desk = Arc::new(Desk::<u32, u32>::asking());
        let rounds = Arc::new(AtomicU32::new(0));
        let mut asked = JoinSet::new();
        for n in 0..600 {
            let (desk, rounds) = (Arc::clone(&desk), Arc::clone(&rounds));
            asked.spawn(async move {
                let work = async |questions: Vec<u32>| {
                    rounds.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    questions.iter().map(|question| question * 2).collect()
                };
                assert_eq!(desk.ask(n, work).await, Some(n * 2));
            });
        }
        asked.join_all().await;
        let rounds = rounds.load(Ordering::Relaxed);
        assert!((3..600).contains(&rounds), "{rounds}");
    }

    #[tokio::test]
    async fn when_the_one_who_works_gives_up_the_others_go_on() {
        let desk = Arc::new(Desk::<u32, u32>::asking());
        let never = async |_: Vec<u32>| std::future::pending().await;
        let mut asked = JoinSet::new();
        let leader = Arc::clone(&desk);
        let stuck = asked.spawn(async move { leader.ask(1, never).await });
        tokio::task::yield_now().await;
        let follower = Arc::clone(&desk);
        asked.spawn(async move {
            follower.ask(2, async |questions: Vec<u32>| questions.iter().map(|one| one + 40).collect()).await
        });
        tokio::task::yield_now().await;
        stuck.abort();
        let ended = asked.join_all_but_aborted().await;
        assert_eq!(ended, [Some(42)]);
    }

    #[tokio::test]
    async fn what_somebody_has_handed_in_is_done_although_they_gave_up() {
        let desk = Desk::<u32, u32>::telling();
        let turn = desk.turn.lock().await;
        let waits = desk.ask(1, async |_: Vec<u32>| vec![0]);
        assert!(tokio::time::timeout(std::time::Duration::ZERO, waits).await.is_err());
        assert_eq!(desk.abandoned(), [1]);
        let waits = desk.ask(2, async |_: Vec<u32>| vec![0]);
        assert!(tokio::time::timeout(std::time::Duration::ZERO, waits).await.is_err());
        drop(turn);
        let done =
            desk.ask(3, async |questions: Vec<u32>| questions.iter().map(|one| one * 10).collect()).await;
        assert_eq!(done, Some(30));
        assert!(desk.abandoned().is_empty(), "done with the other");
    }

    trait JoinAll {
        async fn join_all_but_aborted(self) -> Vec<Option<u32>>;
    }

    impl JoinAll for JoinSet<Option<u32>> {
        async fn join_all_but_aborted(mut self) -> Vec<Option<u32>> {
            let mut ended = Vec::new();
            while let Some(one) = self.join_next().await {
                ended.extend(one.ok());
            }
            ended
        }
    }
}
