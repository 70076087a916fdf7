//! One of several platforms on a database: it lives while it beats, takes boxes that nobody keeps, and lets go of what others
//! should have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smartbox_core::BoxId;
use smartbox_core::keeping::{Beat, Kept, Platform as Planned, Pulses, moves};
use smartbox_provider::Epoch;
use smartbox_store::{FleetStore, Keeping as Row, NewPlatform, Platform, Store, SystemActor};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::KeeperTable;
use super::acting::{Acting, UnderWay};
use crate::{Clock, Entropy, Error, random_token};

/// Part of its time for which a platform no longer acts: its last calls are over when others begin.
const MARGIN: u32 = 5;
/// Beats within one time.
const BEATS: u32 = 5;
/// Boxes that are taken, or let go, in one transaction. The others follow at once, with the next rounds.
const MOVES_MAX: usize = 1_000;
/// Longest time between two looks of somebody who waits for the end of a right: its clock is not tokio's.
const LOOK: Duration = Duration::from_millis(200);

type KeptBoxes = Arc<HashMap<BoxId, Epoch>>;

/// How it stands with this platform, by its steady clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Until(Duration),
    /// It has ended by itself.
    Left,
    /// Others took it for gone.
    Lost,
}

/// What a platform says of itself when it joins.
#[derive(Clone, Debug)]
pub struct PlatformParts {
    /// Identity of the data directory.
    pub place: String,
    /// Where the others reach it: `host:port`.
    pub address: String,
    /// Its version.
    pub version: String,
    /// Without a beat for this long a platform is gone.
    pub ttl: Duration,
}

/// A platform as another one sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPlatform {
    /// What it said of itself.
    pub row: Platform,
    /// How many boxes it keeps.
    pub boxes: usize,
    /// Whether it is the one that was asked.
    pub is_own: bool,
    /// Whether it does what is done once for all.
    pub leads: bool,
}

/// The membership of one platform.
pub struct Membership {
    store: Store,
    clock: Arc<dyn Clock>,
    id: String,
    joined: i64,
    ttl: Duration,
    standing: watch::Sender<Standing>,
    kept: watch::Sender<KeptBoxes>,
    under_way: UnderWay,
    table: watch::Sender<Arc<KeeperTable>>,
    seen: Mutex<Vec<SeenPlatform>>,
    watched: tokio::sync::Mutex<Watched>,
    nudged: Notify,
}

/// What came of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acted {
    /// There was nothing to do.
    Nothing,
    /// It was carried out.
    Whole,
    /// Some boxes could not be let go yet.
    InPart,
}

/// What the last round saw.
#[derive(Default)]
struct Watched {
    pulses: Pulses,
    /// The version of the table, and who lived.
    looked_at: Option<(i64, Vec<String>)>,
}

impl Membership {
    /// Joins. `None` while a platform acts that believes itself alone.
    ///
    /// # Errors
    /// The database fails.
    pub async fn join(
        store: &Store,
        clock: Arc<dyn Clock>,
        entropy: &dyn Entropy,
        parts: PlatformParts,
    ) -> Result<Option<Arc<Self>>, Error> {
        let (id, began) = (random_token(entropy), clock.steady());
        let PlatformParts { place, address, version, ttl } = parts;
        let new = NewPlatform { id: id.clone(), place, address, version };
        let joined = fleet(store).join_platforms(&new, ttl, clock.now()).await?;
        let Some(joined) = joined else { return Ok(None) };
        Ok(Some(Arc::new(Self {
            store: store.clone(),
            clock,
            id,
            joined,
            ttl,
            standing: watch::Sender::new(Standing::Until(end(began, ttl))),
            kept: watch::Sender::new(Arc::default()),
            under_way: UnderWay::default(),
            table: watch::Sender::new(Arc::new(KeeperTable::Each(HashMap::new()))),
            seen: Mutex::default(),
            watched: tokio::sync::Mutex::default(),
            nudged: Notify::new(),
        })))
    }

    /// Its identity.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn epoch_of(&self, id: BoxId) -> Option<Epoch> {
        // Looked up first: what is taken away while this is asked is refused by its number.
        let epoch = self.kept.borrow().get(&id).copied();
        epoch.filter(|_epoch| self.is_held())
    }

    pub(super) fn begin(&self, id: BoxId) -> Option<Acting> {
        self.under_way.begin(id, || self.epoch_of(id))
    }

    pub(super) fn is_held(&self) -> bool {
        matches!(*self.standing.borrow(), Standing::Until(end) if self.clock.steady() < end)
    }

    pub(super) fn is_lost(&self) -> bool {
        *self.standing.borrow() == Standing::Lost
    }

    pub(super) fn leading_epoch(&self) -> Option<Epoch> {
        let leads = self.seen().iter().any(|one| one.is_own && one.leads);
        (leads && self.is_held()).then_some(self.joined)
    }

    pub(super) fn platforms(&self) -> Vec<SeenPlatform> {
        self.seen().clone()
    }

    pub(super) fn kept(&self) -> watch::Receiver<KeptBoxes> {
        self.kept.subscribe()
    }

    pub(super) fn table(&self) -> watch::Receiver<Arc<KeeperTable>> {
        self.table.subscribe()
    }

    pub(super) fn nudge(&self) {
        self.nudged.notify_one();
    }

    fn seen(&self) -> MutexGuard<'_, Vec<SeenPlatform>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn ends(&self) {
        let mut standing = self.standing.subscribe();
        while self.is_held() {
            let _changed = tokio::time::timeout(LOOK, standing.changed()).await;
        }
    }

    pub(super) async fn is_regained(&self) -> bool {
        let mut standing = self.standing.subscribe();
        while !self.is_held() {
            if self.is_lost() || standing.changed().await.is_err() {
                return false;
            }
        }
        true
    }

    /// Beats and looks around until told to stop, and leaves then, or until others have taken this platform for gone.
    pub(super) async fn keep(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! { biased;
                () = stop.cancelled() => return self.leave().await,
                () = self.nudged.notified() => {}
                () = tokio::time::sleep(self.ttl / BEATS) => {}
            }
            if !self.round().await {
                return;
            }
        }
    }

    /// One beat, one look around, and what follows from it. Says whether the platform still lives for the others.
    pub async fn round(&self) -> bool {
        let mut watched = self.watched.lock().await;
        if !matches!(*self.standing.borrow(), Standing::Until(_)) {
            return !self.is_lost();
        }
        let began = self.clock.steady();
        match fleet(&self.store).beat_platform(&self.id, self.ttl, self.clock.now()).await {
            Ok(true) => drop(self.standing.send_replace(Standing::Until(end(began, self.ttl)))),
            Ok(false) => {
                tracing::error!(
                    platform = self.id,
                    "others have taken over what this platform has kept: it stops"
                );
                self.standing.send_replace(Standing::Lost);
                self.kept.send_replace(Arc::default());
                return false;
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a beat could not be written");
                return true;
            }
        }
        if let Err(error) = self.look_around(&mut watched).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the other platforms could not be looked at"
            );
        }
        true
    }

    async fn look_around(&self, watched: &mut Watched) -> Result<(), Error> {
        let fleet = fleet(&self.store);
        let platforms = self.living(&fleet, &mut watched.pulses).await?;
        let (version, unkept) = fleet.keepings_version().await?;
        let lived = platforms.iter().map(|one| one.id.clone()).collect();
        let looked_at = Some((version, lived));
        if unkept == 0 && watched.looked_at == looked_at {
            self.see_again(platforms);
            return Ok(());
        }
        let rows = fleet.keepings().await?;
        let acted = self.act(&fleet, &platforms, &rows).await?;
        let rows = if acted == Acted::Nothing { rows } else { fleet.keepings().await? };
        self.publish(&platforms, &rows);
        // What is busy is let go when it is not.
        watched.looked_at = looked_at.filter(|_| acted != Acted::InPart);
        Ok(())
    }

    /// The platforms that live. Those that are silent are buried.
    async fn living(&self, fleet: &FleetStore, pulses: &mut Pulses) -> Result<Vec<Platform>, Error> {
        let mut platforms = fleet.platforms().await?;
        let others = platforms.iter().filter(|one| one.id != self.id);
        let beats: Vec<_> = others.map(|one| Beat { platform: one.id.clone(), beat: one.beat }).collect();
        // A round that was left out is no reason; two are.
        let gap = self.ttl / BEATS * 3;
        for silent in pulses.look(self.clock.steady(), &beats, self.ttl, gap) {
            if fleet.bury_platform(&silent.platform, silent.beat).await? {
                tracing::warn!(platform = silent.platform, "a platform is gone: its boxes are taken over");
                platforms.retain(|one| one.id != silent.platform);
            }
        }
        Ok(platforms)
    }

    /// Takes and lets go.
    async fn act(&self, fleet: &FleetStore, platforms: &[Platform], rows: &[Row]) -> Result<Acted, Error> {
        let planned: Vec<_> =
            platforms.iter().map(|one| Planned { id: &one.id, place: &one.place }).collect();
        let is_alive = |keeper: &&str| platforms.iter().any(|one| one.id == **keeper);
        let kept: Vec<_> = rows
            .iter()
            .map(|row| Kept {
                id: row.box_id,
                keeper: row.keeper.as_deref().filter(is_alive),
                place: row.place.as_deref(),
                is_calm: row.is_calm,
            })
            .collect();
        let mut moves = moves(&self.id, &planned, &kept);
        if moves.take.len().max(moves.let_go.len()) > MOVES_MAX {
            self.nudge();
        }
        moves.let_go.truncate(MOVES_MAX);
        moves.take.truncate(MOVES_MAX);
        let wanted = moves.let_go.len();
        let let_go = self.under_way.let_go(moves.let_go, |boxes| self.stop_acting_on(boxes));
        if !let_go.is_empty() {
            fleet.let_go(&self.id, &let_go).await?;
        }
        if !moves.take.is_empty()
            && let Some((epoch, taken)) = fleet.take_boxes(&self.id, &moves.take).await?
        {
            tracing::info!(boxes = taken.len(), epoch, "boxes are kept by this platform from now on");
        }
        Ok(match (let_go.len() < wanted, let_go.is_empty() && moves.take.is_empty()) {
            (true, _) => Acted::InPart,
            (false, true) => Acted::Nothing,
            (false, false) => Acted::Whole,
        })
    }

    /// Nothing is begun with these boxes from now on, before others may know of it.
    fn stop_acting_on(&self, boxes: &[BoxId]) {
        if boxes.is_empty() {
            return;
        }
        self.kept.send_modify(|kept| {
            let kept = Arc::make_mut(kept);
            kept.retain(|id, _| !boxes.contains(id));
        });
    }

    /// The same platforms, a beat later.
    fn see_again(&self, platforms: Vec<Platform>) {
        for (seen, row) in self.seen().iter_mut().zip(platforms) {
            seen.row = row;
        }
    }

    fn publish(&self, platforms: &[Platform], rows: &[Row]) {
        let mut own = HashMap::new();
        let mut table = HashMap::with_capacity(rows.len());
        let addresses: HashMap<&str, Arc<str>> =
            platforms.iter().map(|one| (one.id.as_str(), Arc::from(one.address.as_str()))).collect();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for row in rows {
            let Some(keeper) = row.keeper.as_deref() else { continue };
            *counts.entry(keeper).or_default() += 1;
            if keeper == self.id {
                own.insert(row.box_id, row.epoch);
                table.insert(row.box_id, None);
            } else if let Some(address) = addresses.get(keeper) {
                table.insert(row.box_id, Some(Arc::clone(address)));
            }
        }
        *self.seen() = platforms
            .iter()
            .enumerate()
            .map(|(at, row)| SeenPlatform {
                row: row.clone(),
                boxes: counts.get(row.id.as_str()).copied().unwrap_or(0),
                is_own: row.id == self.id,
                leads: at == 0,
            })
            .collect();
        self.kept.send_if_modified(|kept| {
            let is_new = **kept != own;
            if is_new {
                *kept = Arc::new(own);
            }
            is_new
        });
        self.table.send_if_modified(|known| {
            let new = KeeperTable::Each(table);
            let is_new = **known != new;
            if is_new {
                *known = Arc::new(new);
            }
            is_new
        });
    }

    /// Ends the membership: others take over at once.
    pub(super) async fn leave(&self) {
        let has_left = self.standing.send_if_modified(|standing| {
            let is_in = matches!(standing, Standing::Until(_));
            if is_in {
                *standing = Standing::Left;
            }
            is_in
        });
        self.kept.send_replace(Arc::default());
        if !has_left {
            return;
        }
        if let Err(error) = fleet(&self.store).leave_platforms(&self.id).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the other platforms could not be told of the end"
            );
        }
    }
}

fn fleet(store: &Store) -> FleetStore {
    store.fleet(SystemActor::new("keeping"))
}

/// Until when a platform may act whose beat was asked for at `began`.
fn end(began: Duration, ttl: Duration) -> Duration {
    began + (ttl - ttl / MARGIN)
}
