//! The reconcile loop of a test: driven step by step, or running by itself.

use std::task::Poll;

use futures_util::future::{Either, select};
use smartbox_control::{
    BackupLoop, BulkLoop, CommandRunner, ConfigLoop, Control, Lease, Reconciler, RuntimeInstaller, Scheduler,
    TrialLoop, UpgradeLoop, WebhookLoop,
};
use smartbox_provider::fake::Call;
use smartbox_store::SystemActor;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::TestApp;

/// Passes after which a platform that is still not quiet never will be.
const PASSES_MAX: usize = 100;

pub(super) enum Loops {
    None,
    ByHand(Box<Mutex<(Reconciler, Scheduler)>>, Box<Mutex<BackupLoop>>, Watchers),
    Background { _task: JoinSet<()>, _commands: JoinSet<()> },
}

/// Loops that look and begin nothing of their own.
pub(super) struct Watchers {
    trials: TrialLoop,
    upgrades: UpgradeLoop,
    configs: ConfigLoop,
    bulk: BulkLoop,
    installer: RuntimeInstaller,
    /// Runs by itself: what it runs takes its own time.
    commands: JoinSet<()>,
}

impl Watchers {
    async fn pass(&self) -> bool {
        self.trials.pass().await.is_ok()
            && self.upgrades.pass().await.is_ok()
            && self.configs.pass().await.is_ok()
            && self.bulk.pass().await.is_ok()
            && self.installer.pass().await.is_ok()
    }
}

impl Loops {
    pub(super) fn by_hand(control: Control, epoch: i64, stop: CancellationToken) -> Self {
        let mut watchers = Watchers {
            trials: TrialLoop::under(control.clone(), Lease::always(epoch)),
            upgrades: UpgradeLoop::under(control.clone(), Lease::always(epoch)),
            configs: ConfigLoop::under(control.clone(), Lease::always(epoch)),
            bulk: BulkLoop::under(control.clone(), Lease::always(epoch)),
            installer: RuntimeInstaller::new(control.clone()),
            commands: JoinSet::new(),
        };
        watchers.commands.spawn(CommandRunner::new(control.clone()).run(stop));
        let scheduler = Scheduler::new(control.clone());
        let backups = BackupLoop::under(control.clone(), Lease::always(epoch));
        Self::ByHand(
            Box::new(Mutex::new((Reconciler::new(control, epoch), scheduler))),
            Box::new(Mutex::new(backups)),
            watchers,
        )
    }
}

/// Makes passes until somebody else has what they wait for.
async fn keep_passing(reconciler: &mut Reconciler) {
    loop {
        tokio::task::yield_now().await;
        // What fails is tried again by the next.
        let _ = reconciler.pass().await;
        reconciler.settle().await;
    }
}

impl TestApp {
    /// Lets the loop run by itself from now on.
    pub fn run_loops(&mut self) {
        if let Loops::ByHand(loops, backups, watchers) = std::mem::replace(&mut self.loops, Loops::None) {
            let (reconciler, scheduler) = loops.into_inner();
            let mut task = JoinSet::new();
            task.spawn(reconciler.run(self.stop_signal()));
            task.spawn(scheduler.run(self.stop_signal()));
            task.spawn(backups.into_inner().run(self.stop_signal()));
            task.spawn(watchers.trials.run(self.stop_signal()));
            task.spawn(watchers.upgrades.run(self.stop_signal()));
            task.spawn(watchers.configs.run(self.stop_signal()));
            task.spawn(watchers.bulk.run(self.stop_signal()));
            task.spawn(watchers.installer.run(self.stop_signal()));
            self.loops = Loops::Background { _task: task, _commands: watchers.commands };
        }
    }

    /// Makes one pass and waits for what it began. A pass that fails is left to the next, as the loop does.
    ///
    /// # Panics
    /// When the loop runs by itself.
    pub fn pass(&self) -> impl Future<Output = bool> {
        // It is large, and tests are many.
        Box::pin(self.looks())
    }

    #[expect(clippy::panic, reason = "that is how a test fails")]
    async fn looks(&self) -> bool {
        let Loops::ByHand(loops, _backups, watchers) = &self.loops else { panic!("the loop runs by itself") };
        let mut loops = loops.lock().await;
        let (reconciler, scheduler) = &mut *loops;
        let passed = reconciler.pass().await.is_ok();
        reconciler.settle().await;
        // What is due now waits for its box, which the other loop brings up.
        let has_passed = scheduler.pass().await.is_ok();
        tokio::select! {
            () = scheduler.settle() => {}
            () = keep_passing(reconciler) => {}
        }
        let has_watched = watchers.pass().await;
        passed && has_passed && has_watched
    }

    /// Lets the loop of backups look once, and waits for what it began. Other passes leave it alone: it reads real files.
    ///
    /// # Panics
    /// When the loop runs by itself, or the database fails.
    #[expect(clippy::panic, clippy::expect_used, reason = "that is how a test fails")]
    pub async fn back_up(&self) {
        let Loops::ByHand(_loops, backups, _watchers) = &self.loops else {
            panic!("the loop runs by itself")
        };
        let mut backups = backups.lock().await;
        backups.pass().await.expect("the backups can be looked at");
        backups.settle().await;
    }

    /// Sends what is due to webhooks, until nothing is. Other passes leave them alone: it waits for real connections.
    ///
    /// # Panics
    /// When the database fails, or there is no end to it.
    #[expect(clippy::panic, clippy::expect_used, reason = "that is how a test fails")]
    pub async fn send_webhooks(&self) {
        let mut webhooks = WebhookLoop::new(self.control.clone());
        for _ in 0..PASSES_MAX {
            let begun = webhooks.pass().await.expect("the webhooks can be looked at");
            webhooks.settle().await;
            if begun == 0 {
                return;
            }
        }
        panic!("webhooks are not quiet after {PASSES_MAX} passes");
    }

    /// The same as [`TestApp::kill_when`], in the middle of one look of the loop of backups.
    ///
    /// # Panics
    /// When the loop runs by itself.
    #[expect(clippy::panic, reason = "that is how a test fails")]
    pub async fn kill_backup_when(&mut self, reached: impl Fn(&Self) -> bool) -> bool {
        let watch = std::future::poll_fn(|cx| {
            if reached(self) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        let look = async {
            let Loops::ByHand(_loops, backups, _watchers) = &self.loops else {
                panic!("the loop runs by itself")
            };
            let mut backups = backups.lock().await;
            let _ = backups.pass().await;
            backups.settle().await;
        };
        let is_reached = tokio::select! { biased;
            () = watch => true,
            () = look => false,
        };
        self.restart().await;
        is_reached
    }

    /// Look after look of the loop of backups, once somebody has asked, until they have what they wait for: how soon they ask is the
    /// database's business, and a look before it might find a backup due for another reason.
    ///
    /// # Panics
    /// As [`Self::back_up`].
    pub fn back_up_for<T>(&self, waiting: impl Future<Output = T>) -> impl Future<Output = T> {
        let mut waiting = Box::pin(waiting);
        async move {
            if let Either::Left((had, _asked)) = select(waiting.as_mut(), Box::pin(self.backup_asked())).await
            {
                return had;
            }
            loop {
                match select(waiting.as_mut(), Box::pin(self.back_up())).await {
                    // A look that was begun is not broken off.
                    Either::Left((had, look)) => {
                        look.await;
                        return had;
                    }
                    Either::Right(((), _waiting)) => {}
                }
            }
        }
    }

    #[expect(clippy::panic, reason = "that is how a test fails")]
    async fn backup_asked(&self) {
        let Loops::ByHand(_loops, backups, _watchers) = &self.loops else {
            panic!("the loop runs by itself")
        };
        backups.lock().await.asked().await;
    }

    /// Makes passes until `reached`, and kills the platform at that very moment. Says whether the moment came.
    ///
    /// # Panics
    /// When the loop runs by itself.
    #[expect(clippy::panic, reason = "that is how a test fails")]
    pub async fn kill_when(&mut self, reached: impl Fn(&Self) -> bool) -> bool {
        let watch = std::future::poll_fn(|cx| {
            if reached(self) {
                return Poll::Ready(());
            }
            // Once more at the next turn of the scheduler.
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        let passes = async {
            let Loops::ByHand(loops, _backups, watchers) = &self.loops else {
                panic!("the loop runs by itself")
            };
            let mut loops = loops.lock().await;
            for _ in 0..PASSES_MAX {
                // A pass that fails is left to the next, as the loop does.
                let (reconciler, scheduler) = &mut *loops;
                let _ = reconciler.pass().await;
                reconciler.settle().await;
                let _ = scheduler.pass().await;
                scheduler.settle().await;
                let _ = watchers.pass().await;
            }
        };
        let is_reached = tokio::select! { biased;
            () = watch => true,
            () = passes => false,
        };
        self.restart().await;
        is_reached
    }

    /// Makes passes until nothing changes any more without the clock or somebody's wish.
    ///
    /// # Panics
    /// When that does not come; the message holds the last state.
    #[expect(clippy::panic, reason = "that is how a test fails")]
    pub async fn settle(&self) {
        let mut before = String::new();
        for _ in 0..PASSES_MAX {
            let passed = self.pass().await;
            let now = self.fingerprint().await;
            if passed && now == before {
                return;
            }
            before = now;
        }
        panic!("not quiet after {PASSES_MAX} passes: {before}");
    }

    /// Every box as it is stored, and how often the provider was told to do something.
    #[expect(clippy::expect_used, reason = "that is how a test fails")]
    async fn fingerprint(&self) -> String {
        let boxes = self.store.fleet(SystemActor::new("test")).all_boxes().await.expect("the database works");
        let calls = [
            Call::EnsureRunning,
            Call::EnsureAsleep,
            Call::EnsureAwake,
            Call::EnsureStopped,
            Call::EnsureAbsent,
        ]
        .map(|call| self.provider.calls(call));
        format!("{boxes:#?} {calls:?}")
    }
}
