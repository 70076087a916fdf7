//! Random sleeps, wakes, chats, jobs and faults, with kills of the platform in the middle: whatever happened, no rule of
//! sleep was broken, and everything comes to rest as it should.
//!
//! A run depends on its seed alone, up to the timing of the database's thread. A failure names the seed;
//! `SMARTBOX_SIM_SEED=<seed>` runs that one again, and `SMARTBOX_SIM_RUNS=<number>` more of them.

use std::time::Duration;

use jiff::SignedDuration;
use smartbox_control::{Clock, Error, NewBox, PolicyWish};
use smartbox_core::{BoxId, DeathReason, Desired, Observed, Phase, SleepTier, Threshold, Thresholds};
use smartbox_provider::Provider;
use smartbox_provider::fake::{Call, Failure};
use smartbox_store::{Smartbox, SystemActor};
use smartbox_testkit::gateway::Rest;
use smartbox_testkit::{SeededEntropy, TestApp};

/// Seeds of an ordinary run.
const RUNS: u64 = 24;
/// Things that happen in one run.
const STEPS: usize = 60;
/// The boxes. The last one never sleeps by itself.
const NAMES: [&str; 3] = ["a", "b", "never"];

const POLICY: Thresholds = Thresholds {
    frozen: Threshold::After(Duration::from_mins(10)),
    squeezed: Threshold::After(Duration::from_mins(30)),
    stopped: Threshold::After(Duration::from_hours(12)),
};

#[tokio::test]
async fn whatever_happened_no_rule_of_sleep_was_broken() {
    let first = setting("SMARTBOX_SIM_SEED").unwrap_or(1);
    let runs =
        if setting("SMARTBOX_SIM_SEED").is_some() { 1 } else { setting("SMARTBOX_SIM_RUNS").unwrap_or(RUNS) };
    for seed in first..first + runs {
        eprintln!("seed {seed}");
        Run::new(seed).await.play().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a knob of this test")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

struct Run {
    app: TestApp,
    dice: SeededEntropy,
    seed: u64,
    told: Vec<String>,
    ids: Vec<BoxId>,
    /// Whether somebody asked for a sleep of the box that never sleeps by itself.
    asked_never: bool,
}

impl Run {
    async fn new(seed: u64) -> Self {
        let app = TestApp::builder().seed(seed).sleep(POLICY).start().await;
        // Faults are logged as warnings. An error line would be a bug of the platform.
        app.expect_log("WARN");
        let op = app.admin_op();
        let mut ids = Vec::new();
        for name in NAMES {
            let new = NewBox { name: name.to_owned(), ..NewBox::default() };
            ids.push(app.control.create_box(&op, &new).await.unwrap().smartbox.id);
        }
        app.settle().await;
        let run = Self {
            app,
            dice: SeededEntropy::new(seed ^ 0x51ee),
            seed,
            told: Vec::new(),
            ids,
            asked_never: false,
        };
        run.never_sleeps(ids_last(&run.ids)).await;
        run
    }

    async fn never_sleeps(&self, id: BoxId) {
        let wish = PolicyWish { frozen_after: Some(Some("never".into())), ..PolicyWish::default() };
        self.app.control.change_box_sleep(&self.app.admin_op(), &id.to_string(), &wish, None).await.unwrap();
    }

    async fn play(mut self) {
        for _ in 0..STEPS {
            self.step().await;
            self.check_always().await;
        }
        self.heal().await;
        self.check_healed().await;
    }

    fn below(&self, bound: u64) -> u64 {
        self.dice.below(bound)
    }

    fn one_of<T: Clone>(&self, items: &[T]) -> T {
        items[usize::try_from(self.below(items.len() as u64)).unwrap()].clone()
    }

    fn why(&self) -> String {
        format!("seed {} after {:#?}", self.seed, self.told)
    }

    async fn row(&self, id: BoxId) -> Smartbox {
        self.app.store.fleet(SystemActor::new("test")).find_box(id).await.unwrap().unwrap()
    }

    async fn step(&mut self) {
        let what = match self.below(24) {
            0..=5 => self.wish().await,
            6..=9 => self.fault(),
            10..=13 => {
                let minutes = i64::try_from(1 + self.below(20)).unwrap();
                self.app.clock.advance(SignedDuration::from_mins(minutes));
                format!("{minutes} minutes pass")
            }
            14 => {
                self.app.clock.advance(SignedDuration::from_hours(13));
                "half a day passes".to_owned()
            }
            15 => {
                let hours = i64::try_from(self.below(12)).unwrap() - 6;
                self.app.clock.jump(SignedDuration::from_hours(hours));
                format!("the clock jumps by {hours} hours")
            }
            16..=17 => {
                let turns = std::cell::Cell::new(self.below(2000));
                let what = format!("the platform is killed {} turns into a pass", turns.get());
                self.app.kill_when(|_app| turns.replace(turns.get().saturating_sub(1)) == 0).await;
                what
            }
            _ => {
                self.app.pass().await;
                "a pass".to_owned()
            }
        };
        self.told.push(what);
    }

    /// Somebody wants something. Refusals are fine, failures are not.
    async fn wish(&mut self) -> String {
        let (control, op) = (self.app.control.clone(), self.app.admin_op());
        let id = self.one_of(&self.ids);
        let reference = id.to_string();
        let (what, outcome) = match self.below(7) {
            0..=1 => {
                let tier = self.one_of(&SleepTier::ALL);
                self.asked_never |= id == ids_last(&self.ids);
                (format!("sleep to {tier}"), control.sleep_box(&op, &reference, tier, None).await.map(drop))
            }
            2..=3 => ("wake".to_owned(), control.wake_box(&op, id, "a request").await),
            4 => ("start".to_owned(), control.start_box(&op, &reference, None).await.map(drop)),
            5 => ("stop".to_owned(), control.stop_box(&op, &reference, None).await.map(drop)),
            _ => ("restart".to_owned(), control.restart_box(&op, &reference, None).await.map(drop)),
        };
        if let Err(error) = outcome {
            let is_refusal = !matches!(error, Error::Internal(_) | Error::VersionMismatch);
            assert!(is_refusal, "{error:?}: {}", self.why());
        }
        format!("{what} {id}")
    }

    /// Something goes wrong, or at least happens.
    fn fault(&mut self) -> String {
        let calls = [
            Call::EnsureAsleep,
            Call::EnsureAwake,
            Call::EnsureRunning,
            Call::EnsureStopped,
            Call::ObserveAll,
        ];
        let (call, id) = (self.one_of(&calls), self.one_of(&self.ids));
        let times = usize::try_from(1 + self.below(3)).unwrap();
        let (provider, gateway) = (&self.app.provider, &self.app.gateway);
        match self.below(10) {
            0..=1 => {
                provider.lose_next_answers(call, times);
                format!("{times} answers of {call:?} are lost")
            }
            2 => {
                provider.fail_next(call, times, Failure::Transient("for now".to_owned()));
                format!("{times} {call:?} fail")
            }
            3 => {
                let reason = self.one_of(&[DeathReason::Vanished, DeathReason::OutOfMemory]);
                provider.die(id, reason.clone());
                format!("{id} dies: {reason:?}")
            }
            4..=5 => {
                let rest = self.one_of(&[Rest::Busy, Rest::Busy, Rest::Draining]);
                gateway.rest_next(rest.clone());
                format!("a gateway is {rest:?}")
            }
            6 => {
                let deepest = self.one_of(&[
                    None,
                    Some(smartbox_core::SleepDepth::Frozen),
                    Some(smartbox_core::SleepDepth::Squeezed),
                ]);
                provider.set_deepest_sleep(deepest);
                format!("the host allows {deepest:?}")
            }
            7 => {
                let minutes = i64::try_from(self.below(120)).unwrap();
                let at = self.app.clock.now() + SignedDuration::from_mins(minutes);
                gateway.plan_run(Some((at.as_millisecond(), "job")));
                format!("a job is due in {minutes} minutes")
            }
            _ => {
                let ongoing = u32::try_from(self.below(2)).unwrap();
                self.app.ingress.set_ongoing(id, ongoing);
                format!("{id} has {ongoing} requests")
            }
        }
    }

    /// Faults end, requests end, time goes by.
    async fn heal(&mut self) {
        self.told.push("everything heals".to_owned());
        self.app.provider.set_deepest_sleep(Some(smartbox_core::SleepDepth::Squeezed));
        self.app.gateway.plan_run(None);
        for id in &self.ids {
            self.app.ingress.set_ongoing(*id, 0);
        }
        for _ in 0..12 {
            self.app.pass().await;
            self.app.clock.advance(SignedDuration::from_secs(400));
            self.app.gateway.end_leases(&self.awake().await);
        }
        self.app.settle().await;
    }

    async fn awake(&self) -> Vec<BoxId> {
        let seen = self.app.provider.observe_all().await.unwrap_or_default();
        seen.into_iter().filter(|seen| seen.observed == Observed::Ready).map(|seen| seen.id).collect()
    }

    /// What holds at every moment.
    async fn check_always(&self) {
        for seen in self.app.provider.observe_all().await.unwrap_or_default() {
            let is_frozen = matches!(seen.observed, Observed::Asleep(_));
            assert!(
                !is_frozen || self.app.gateway.is_at_rest(seen.id),
                "{seen:?} was frozen blindly: {}",
                self.why()
            );
            let is_never = seen.id == ids_last(&self.ids) && !self.asked_never;
            assert!(!(is_frozen && is_never), "never is never: {}", self.why());
        }
        for id in &self.ids {
            let row = self.row(*id).await;
            assert!(row.due.is_none() || row.desired == Desired::Asleep, "{row:#?}: {}", self.why());
        }
    }

    async fn check_healed(&self) {
        for id in &self.ids {
            let row = self.row(*id).await;
            let why = || format!("{row:#?}: {}", self.why());
            match row.desired {
                Desired::Running => {
                    assert_eq!(row.phase(), Phase::Running, "{}", why());
                    assert!(!self.app.ingress.is_closed(*id), "{}", why());
                }
                Desired::Asleep => assert_eq!(row.phase(), Phase::Sleeping, "{}", why()),
                Desired::Stopped => assert_eq!(row.phase(), Phase::Stopped, "{}", why()),
                Desired::Deleted => unreachable!("nothing of this simulation deletes a box"),
            }
            assert!(row.last_error.is_none(), "an error that is over: {}", why());
            let open = self.app.store.fleet(SystemActor::new("test")).open_operations(*id).await.unwrap();
            assert!(open.is_empty(), "{open:?}: {}", why());
        }
        // Whoever comes now is let in, however far down the box is.
        let op = self.app.admin_op();
        for id in &self.ids {
            if self.row(*id).await.desired == Desired::Asleep {
                // Faults that nobody met yet are met now.
                for _ in 0..8 {
                    let _ = self.app.control.wake_box(&op, *id, "a last request").await;
                    self.app.settle().await;
                    if self.row(*id).await.phase() == Phase::Running {
                        break;
                    }
                    self.app.clock.advance(SignedDuration::from_secs(400));
                }
                let row = self.row(*id).await;
                let told = self.app.store.org(row.org).timeline(*id, None, 12).await.unwrap();
                let told: Vec<_> = told
                    .items
                    .iter()
                    .map(|one| format!("{} {}: {}", one.at, one.action, one.reason))
                    .collect();
                assert_eq!(row.phase(), Phase::Running, "{told:#?} {}", self.why());
                assert!(!self.app.ingress.is_closed(*id), "{}", self.why());
            }
        }
    }
}

fn ids_last(ids: &[BoxId]) -> BoxId {
    *ids.last().unwrap()
}
