//! Several platforms on one database, random wishes, and random kills, pauses and clocks: no box has two actors at one time, and
//! nothing that was acknowledged is lost.
//!
//! A run depends on its seed alone. `SMARTBOX_SIM_SEED=<seed>` runs one again, `SMARTBOX_SIM_RUNS=<number>` more of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use smartbox_control::{NewBox, Op};
use smartbox_core::{BoxId, Desired, Observed, OperationId, Principal};
use smartbox_store::SystemActor;
use smartbox_testkit::{SeededEntropy, TestApp};

use crate::keeping::Side;

/// Seeds of an ordinary run.
const RUNS: u64 = 12;
/// Things that happen in one run.
const STEPS: usize = 150;
/// Platforms at a time.
const SIDES: usize = 3;
/// Boxes of one run.
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Who keeps which box as the database has it, and what was obeyed that should not have been.
#[derive(Default)]
struct Ledger {
    epochs: HashMap<BoxId, i64>,
    wrong: Vec<String>,
}

struct Run {
    app: TestApp,
    dice: SeededEntropy,
    sides: Vec<Side>,
    /// Sides that stand still, and for how many steps.
    still: HashMap<String, u64>,
    ledger: Arc<Mutex<Ledger>>,
    operations: Vec<OperationId>,
    made: u64,
    told: Vec<String>,
}

#[tokio::test]
async fn whatever_happens_to_platforms_no_box_has_two_actors_and_no_operation_is_lost() {
    let one = crate::simulation::setting("SMARTBOX_SIM_SEED");
    let runs =
        if one.is_some() { 1 } else { crate::simulation::setting("SMARTBOX_SIM_RUNS").unwrap_or(RUNS) };
    let first = one.unwrap_or(1);
    let mut taken_over = 0;
    for seed in first..first + runs {
        eprintln!("seed {seed}");
        taken_over += Run::new(seed).await.play().await;
    }
    assert!(one.is_some() || taken_over > 0, "no run took anything over: nothing was tested");
}

impl Run {
    async fn new(seed: u64) -> Self {
        let app = TestApp::builder().seed(seed).start().await;
        app.expect_log("WARN");
        app.expect_log("others have taken over");
        let ledger = Arc::<Mutex<Ledger>>::default();
        let judge = Arc::clone(&ledger);
        app.provider.on_obeyed(move |id, epoch| {
            let mut ledger = judge.lock().unwrap();
            let current = ledger.epochs.get(&id).copied();
            if current != Some(epoch) {
                ledger.wrong.push(format!("{id} obeyed {epoch}, and its keeper has {current:?}"));
            }
        });
        let mut run = Self {
            app,
            dice: SeededEntropy::new(seed ^ 0x5eed),
            sides: Vec::new(),
            still: HashMap::new(),
            ledger,
            operations: Vec::new(),
            made: 0,
            told: vec![format!("seed {seed}")],
        };
        for _ in 0..SIDES {
            run.join().await;
        }
        run
    }

    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.dice.below(bound as u64)).unwrap()
    }

    async fn join(&mut self) {
        self.made += 1;
        let name = format!("p{}", self.made);
        self.told.push(format!("{name} joins"));
        let side = Side::another(&self.app, &name).await;
        // Its clock on the wall is wrong.
        side.clock.jump(SignedDuration::from_secs(i64::try_from(self.below(7200)).unwrap() - 3600));
        self.sides.push(side);
    }

    async fn play(mut self) -> usize {
        for _ in 0..STEPS {
            self.step().await;
            self.check();
        }
        self.heal().await;
        let log = self.app.logged();
        log.iter().filter(|line| line.contains("a platform is gone")).count()
    }

    async fn step(&mut self) {
        self.tick();
        match self.below(20) {
            0 if self.sides.len() > 1 => {
                let at = self.below(self.sides.len());
                let killed = self.sides.remove(at);
                self.told.push(format!("{} is killed", killed.name));
            }
            1 if self.sides.len() < SIDES => self.join().await,
            2 => {
                let (at, steps) = (self.below(self.sides.len()), self.below(30) as u64);
                let name = self.sides[at].name.clone();
                self.told.push(format!("{name} stands still for {steps} steps"));
                self.still.insert(name, steps);
            }
            3..=6 => self.wish().await,
            _ => {
                let at = self.below(self.sides.len());
                self.work(at).await;
            }
        }
    }

    /// Time passes, for all of them alike.
    fn tick(&mut self) {
        let passed = SignedDuration::from_millis(100 + i64::try_from(self.below(900)).unwrap());
        self.app.clock.advance(passed);
        for side in &self.sides {
            side.clock.advance(passed);
        }
        self.still.retain(|_, steps| {
            *steps = steps.saturating_sub(1);
            *steps > 0
        });
    }

    /// A platform does something, unless it stands still.
    async fn work(&mut self, at: usize) {
        let side = &mut self.sides[at];
        if self.still.contains_key(&side.name) {
            return;
        }
        if self.dice.below(2) == 0 {
            let lives = side.keeping.renew().await;
            self.note().await;
            if !lives {
                let lost = self.sides.remove(at);
                self.told.push(format!("{} ends: it was taken for gone", lost.name));
                if self.sides.is_empty() {
                    self.join().await;
                }
            }
            return;
        }
        self.told.push(format!("{} passes", side.name));
        // One that may not act, or that fails, is left to the next.
        let _ = side.reconciler.pass().await;
        side.reconciler.settle().await;
    }

    /// Writes down who keeps what: only rounds change it.
    async fn note(&mut self) {
        let rows = self.app.store.fleet(SystemActor::new("test")).keepings().await.unwrap();
        let kept = rows.iter().filter(|row| row.keeper.is_some());
        self.ledger.lock().unwrap().epochs = kept.map(|row| (row.box_id, row.epoch)).collect();
    }

    /// Somebody wants something of any platform: each answers.
    async fn wish(&mut self) {
        let side = &self.sides[self.below(self.sides.len())];
        let (name, op) = (NAMES[self.below(NAMES.len())], Op::new(Principal::Admin));
        let wish = ["create", "start", "stop", "restart"][self.below(4)];
        self.told.push(format!("{wish} {name} through {}", side.name));
        let control = side.control.clone();
        let asked = match wish {
            "create" => {
                let new = NewBox { name: name.to_owned(), ..NewBox::default() };
                control.create_box(&op, &new).await.map(|created| created.operation.id)
            }
            "start" => control.start_box(&op, name, None).await.map(|done| done.operation.id),
            "stop" => control.stop_box(&op, name, None).await.map(|done| done.operation.id),
            _ => control.restart_box(&op, name, None).await.map(|done| done.operation.id),
        };
        match asked {
            Ok(operation) => self.operations.push(operation),
            Err(error) => {
                let is_refusal = !matches!(error, smartbox_control::Error::Internal(_));
                assert!(is_refusal, "{error:?} after {:#?}", self.told);
            }
        }
    }

    fn check(&self) {
        let ledger = self.ledger.lock().unwrap();
        assert!(ledger.wrong.is_empty(), "{:#?} after {:#?}", ledger.wrong, self.told);
    }

    /// Nobody is killed and nobody stands still any more.
    async fn heal(&mut self) {
        self.still.clear();
        for _ in 0..400 {
            let passed = SignedDuration::from_secs(1);
            self.app.clock.advance(passed);
            let mut lost = Vec::new();
            for (at, side) in self.sides.iter().enumerate() {
                side.clock.advance(passed);
                if !side.keeping.renew().await {
                    lost.push(at);
                }
            }
            lost.into_iter().rev().for_each(|at| drop(self.sides.remove(at)));
            if self.sides.is_empty() {
                self.join().await;
            }
            self.note().await;
            for side in &mut self.sides {
                let _ = side.reconciler.pass().await;
                side.reconciler.settle().await;
            }
            self.check();
            if self.is_well().await {
                return;
            }
        }
        panic!("not well after 400 seconds: {:#?}", self.told);
    }

    /// Whether every box is what is wanted, has a keeper, and every operation that was acknowledged has ended.
    async fn is_well(&self) -> bool {
        let fleet = self.app.store.fleet(SystemActor::new("test"));
        let rows = fleet.all_boxes().await.unwrap();
        let is_there = rows.iter().all(|row| match row.desired {
            Desired::Running => row.observed == Observed::Ready,
            _ => matches!(row.observed, Observed::Stopped | Observed::Absent),
        });
        let kept = rows
            .iter()
            .all(|row| self.sides.iter().filter(|side| side.keeping.epoch_of(row.id).is_some()).count() == 1);
        for id in &self.operations {
            let operation = fleet.find_operation(*id).await.unwrap().expect("an operation is not lost");
            if operation.outcome.is_none() {
                return false;
            }
        }
        is_there && kept
    }
}
