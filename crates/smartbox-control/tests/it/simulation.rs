//! Random wishes and random faults: whatever happened, the boxes become what is wanted as soon as the faults end.
//!
//! A run depends on its seed alone. A failure names the seed; `SMARTBOX_SIM_SEED=<seed>` runs that one again, and
//! `SMARTBOX_SIM_RUNS=<number>` more of them.

use jiff::SignedDuration;
use smartbox_control::{Clock, Control, Error, NewBox, Op};
use smartbox_core::{BoxId, DeathReason, Desired, Observed, Phase, Principal, Stage};
use smartbox_provider::Provider;
use smartbox_provider::fake::{Call, Failure};
use smartbox_store::{AllBoxes, Smartbox, SystemActor};
use smartbox_testkit::{SeededEntropy, TestApp};

/// Seeds of an ordinary run.
const RUNS: u64 = 24;
/// Things that happen in one run.
const STEPS: usize = 60;
/// Boxes that are made in one run.
const NAMES: [&str; 4] = ["a", "b", "c", "d"];
/// Longest pause before a retry, with its jitter.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(400);

#[tokio::test]
async fn whatever_happened_the_boxes_become_what_is_wanted() {
    let first = setting("SMARTBOX_SIM_SEED").unwrap_or(1);
    let runs =
        if setting("SMARTBOX_SIM_SEED").is_some() { 1 } else { setting("SMARTBOX_SIM_RUNS").unwrap_or(RUNS) };
    for seed in first..first + runs {
        eprintln!("seed {seed}");
        Run::new(seed).await.play().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a knob of this test")]
pub(crate) fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

struct Run {
    app: TestApp,
    dice: SeededEntropy,
    seed: u64,
    told: Vec<String>,
}

impl Run {
    async fn new(seed: u64) -> Self {
        let app = TestApp::builder().seed(seed).start().await;
        // Faults are logged as warnings. An error line would be a bug of the platform.
        app.expect_log("WARN");
        Self { app, dice: SeededEntropy::new(seed ^ 0x5eed), seed, told: Vec::new() }
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

    fn tell(&mut self, what: impl Into<String>) {
        self.told.push(what.into());
    }

    /// Every box, as one looks at all of them, which is how each of them is.
    async fn rows(&self) -> AllBoxes {
        let fleet = self.app.store.fleet(SystemActor::new("test"));
        let all = fleet.all_boxes().await.unwrap();
        for row in all.iter() {
            assert_eq!(fleet.find_box(row.id).await.unwrap().as_ref(), Some(&**row));
        }
        all
    }

    async fn step(&mut self) {
        match self.below(20) {
            0..=6 => self.wish().await,
            7..=10 => self.fault().await,
            11..=12 => {
                let pause = SignedDuration::from_secs(i64::try_from(self.below(600)).unwrap());
                self.tell(format!("{pause:#} pass"));
                self.app.clock.advance(pause);
            }
            13 => {
                self.tell("a day passes");
                self.app.clock.advance(SignedDuration::from_hours(25));
            }
            14 => {
                self.tell("the platform restarts");
                self.app.restart().await;
            }
            _ => {
                self.tell("a pass");
                self.app.pass().await;
            }
        }
    }

    /// Somebody wants something. Refusals are fine, failures are not.
    async fn wish(&mut self) {
        let (control, op) = (self.app.control.clone(), Op::new(Principal::Admin));
        let name = self.one_of(&NAMES);
        let wish = self.one_of(&["create", "start", "stop", "restart", "delete", "wake"]);
        self.tell(format!("{wish} {name}"));
        if let Err(error) = carry_out(&control, &op, wish, name).await {
            let is_refusal = !matches!(error, Error::Internal(_) | Error::VersionMismatch);
            assert!(is_refusal, "seed {}: {error:?} after {:#?}", self.seed, self.told);
        }
    }

    /// Something goes wrong, or at least happens, where the boxes run.
    async fn fault(&mut self) {
        let calls = [Call::EnsureRunning, Call::EnsureStopped, Call::EnsureAbsent, Call::ObserveAll];
        let call = self.one_of(&calls);
        let times = usize::try_from(1 + self.below(4)).unwrap();
        let provider = &self.app.provider;
        let rows = self.rows().await;
        let id = rows.first().map(|_| self.one_of(&rows).id);
        let what = match (self.below(8), id) {
            (0, _) => {
                provider.lose_next_answers(call, times);
                format!("{times} answers of {call:?} are lost")
            }
            (1, _) => {
                provider.fail_next(call, times, Failure::Permanent("for good".to_owned()));
                format!("{times} {call:?} fail for good")
            }
            (2, _) => {
                provider.fail_next(call, times, Failure::RateLimited(std::time::Duration::from_secs(1)));
                format!("{times} {call:?} are too many")
            }
            (3..=4, Some(id)) => {
                let code = 1;
                let reasons = [
                    DeathReason::Vanished,
                    DeathReason::Silent,
                    DeathReason::Crashed { code },
                    DeathReason::OutOfMemory,
                    DeathReason::Config,
                ];
                let reason = self.one_of(&reasons);
                provider.die(id, reason.clone());
                format!("{id} dies: {reason:?}")
            }
            (5, Some(id)) => {
                provider.make_unready(id);
                format!("{id} is unready")
            }
            (6, Some(id)) => {
                provider.set_stage(id, Stage::Listening);
                format!("{id} hangs in its start")
            }
            _ => {
                provider.fail_next(call, times, Failure::Transient("for now".to_owned()));
                format!("{times} {call:?} fail")
            }
        };
        self.tell(what);
    }

    /// Faults end, hanging boxes come up, time goes by.
    async fn heal(&mut self) {
        self.tell("everything heals");
        for _ in 0..60 {
            for id in
                self.app.provider.observe_all().await.unwrap_or_default().into_iter().filter_map(|seen| {
                    matches!(seen.observed, Observed::Unready | Observed::Starting { .. }).then_some(seen.id)
                })
            {
                self.app.provider.make_ready(id);
            }
            self.app.pass().await;
            self.app.clock.advance(LONGEST_PAUSE);
        }
        self.app.settle().await;
    }

    /// What holds at every moment.
    async fn check_always(&self) {
        let why = || format!("seed {} after {:#?}", self.seed, self.told);
        let rows = self.rows().await;
        let mut slots: Vec<_> = rows.iter().map(|row| row.uid_slot).collect();
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), rows.len(), "user ids are nobody else's: {}", why());
        let defaults = rows.iter().filter(|row| row.is_default).count();
        assert!(defaults <= 1, "one default box: {}", why());
        for row in rows.iter() {
            assert!(row.purge_at.is_some() == (row.desired == Desired::Deleted), "{row:#?}: {}", why());
        }
    }

    async fn check_healed(&self) {
        let why = |row: &Smartbox| format!("seed {}: {row:#?} after {:#?}", self.seed, self.told);
        let rows = self.rows().await;
        let now = self.app.clock.now();
        for row in rows.iter() {
            let refused_config = row.observed == Observed::Dead(DeathReason::Config);
            match row.desired {
                Desired::Running if refused_config => assert_eq!(row.phase(), Phase::Failed, "{}", why(row)),
                Desired::Running => {
                    assert_eq!(row.phase(), Phase::Running, "{}", why(row));
                    assert_eq!(row.observed_generation, Some(row.generation), "{}", why(row));
                    assert!(self.app.doors.is_open(row.id), "{}", why(row));
                }
                Desired::Asleep => unreachable!("no operation of this simulation puts a box to sleep"),
                Desired::Stopped => assert_eq!(row.phase(), Phase::Stopped, "{}", why(row)),
                Desired::Deleted => assert!(row.purge_at.is_some_and(|at| at > now), "{}", why(row)),
            }
            assert!(row.last_error.is_none() || refused_config, "an error that is over: {}", why(row));
            let open = self.app.store.fleet(SystemActor::new("test")).open_operations(row.id).await.unwrap();
            assert!(open.is_empty() || refused_config, "{open:?}: {}", why(row));
        }
        let known: Vec<BoxId> = rows.iter().map(|row| row.id).collect();
        for seen in self.app.provider.observe_all().await.unwrap() {
            assert!(
                known.contains(&seen.id),
                "seed {}: {seen:?} belongs to nobody: {:#?}",
                self.seed,
                self.told
            );
        }
    }
}

async fn carry_out(control: &Control, op: &Op, wish: &str, name: &str) -> Result<(), Error> {
    match wish {
        "create" => {
            let new = NewBox { name: name.to_owned(), ..NewBox::default() };
            control.create_box(op, &new).await.map(drop)
        }
        "start" => control.start_box(op, name, None).await.map(drop),
        "stop" => control.stop_box(op, name, None).await.map(drop),
        "restart" => control.restart_box(op, name, None).await.map(drop),
        "delete" => control.delete_box(op, name, None).await.map(drop),
        "wake" => {
            let row = control.resolve(op, smartbox_core::Permission::BoxesRead, name).await?;
            control.wake_box(op, row.id, "a simulated request").await
        }
        other => panic!("{other}"),
    }
}
