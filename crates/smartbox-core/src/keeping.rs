//! Several platforms on one database: which of them keeps which box, and which of them is gone. Pure.
//!
//! Each box has one keeper at a time. A platform takes boxes for itself, and lets go of its own; nobody moves a box from
//! one platform to another. So all platforms may come to their decisions by themselves: what two of them decide about
//! one box at the same time is settled by the database.

mod pulse;

use std::collections::{BTreeMap, BTreeSet};

use crate::BoxId;

pub use pulse::{Beat, Pulses};

/// A platform that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform<'a> {
    /// Its identity.
    pub id: &'a str,
    /// Where the disks of its boxes lie.
    pub place: &'a str,
}

/// A box, as far as it matters for who keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<'a> {
    /// Which box.
    pub id: BoxId,
    /// Who keeps it, if it is one of the platforms that live.
    pub keeper: Option<&'a str>,
    /// Where its disk lies; `None` while it has none that binds it.
    pub place: Option<&'a str>,
    /// Whether it can change hands without anybody noticing: nothing of it runs.
    pub is_calm: bool,
}

/// What one platform should do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Boxes without a keeper that it should take.
    pub take: Vec<BoxId>,
    /// Boxes of its own that others should have.
    pub let_go: Vec<BoxId>,
}

/// What `me` should do so that every box has a keeper, and platforms of one place have as many boxes as each other, within
/// one, as far as calm boxes allow it. Platforms that see the same come to the same plan.
pub fn moves(me: &str, platforms: &[Platform<'_>], boxes: &[Kept<'_>]) -> Moves {
    let keepers = keepers(boxes);
    let mut moves = Moves::default();
    for (id, to) in plan(platforms, boxes) {
        match keepers.get(&id).copied().flatten() {
            None if to == me => moves.take.push(id),
            Some(from) if from == me => moves.let_go.push(id),
            _ => {}
        }
    }
    moves
}

/// Who should keep the boxes that change hands. The others stay where they are.
pub fn plan<'a>(platforms: &[Platform<'a>], boxes: &[Kept<'_>]) -> BTreeMap<BoxId, &'a str> {
    let mut shares = Shares::new(platforms, boxes);
    let mut planned = BTreeMap::new();
    let unkept: BTreeSet<_> = boxes.iter().filter(|kept| kept.keeper.is_none()).map(Order::of).collect();
    for Order { id, place } in unkept {
        if let Some(to) = shares.least(place) {
            shares.give(to, id, place, true);
            planned.insert(id, to);
        }
    }
    while let Some((id, to)) = shares.balance() {
        planned.insert(id, to);
    }
    // One that was given to somebody and then to another of the same load is where it began.
    let keepers = keepers(boxes);
    planned.retain(|id, to| keepers.get(id).copied().flatten() != Some(*to));
    planned
}

fn keepers<'k>(boxes: &[Kept<'k>]) -> BTreeMap<BoxId, Option<&'k str>> {
    boxes.iter().map(|kept| (kept.id, kept.keeper)).collect()
}

/// Boxes in the order in which they are thought about: the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Order<'b> {
    id: BoxId,
    place: Option<&'b str>,
}

impl<'b> Order<'b> {
    fn of(kept: &Kept<'b>) -> Self {
        Self { id: kept.id, place: kept.place }
    }
}

/// What one platform would have.
struct Share<'a, 'b> {
    platform: Platform<'a>,
    count: usize,
    calm: BTreeSet<Order<'b>>,
}

/// What everybody would have.
struct Shares<'a, 'b>(Vec<Share<'a, 'b>>);

impl<'a, 'b> Shares<'a, 'b> {
    fn new(platforms: &[Platform<'a>], boxes: &[Kept<'b>]) -> Self {
        let empty =
            |platform: &Platform<'a>| Share { platform: platform.clone(), count: 0, calm: BTreeSet::new() };
        let mut shares = Self(platforms.iter().map(empty).collect());
        shares.0.sort_by_key(|share| share.platform.id);
        for kept in boxes {
            if let Some(keeper) = kept.keeper {
                shares.give(keeper, kept.id, kept.place, kept.is_calm);
            }
        }
        shares
    }

    fn give(&mut self, to: &str, id: BoxId, place: Option<&'b str>, is_calm: bool) {
        if let Some(share) = self.0.iter_mut().find(|share| share.platform.id == to) {
            share.count += 1;
            if is_calm {
                share.calm.insert(Order { id, place });
            }
        }
    }

    /// Who has the fewest of those that can have a box of this place.
    fn least(&self, place: Option<&str>) -> Option<&'a str> {
        let able = self.0.iter().filter(|share| fits(&share.platform, place));
        able.min_by_key(|share| (share.count, share.platform.id)).map(|share| share.platform.id)
    }

    /// The next calm box that makes the largest share of a place smaller, and the smallest larger.
    fn balance(&mut self) -> Option<(BoxId, &'a str)> {
        let mut largest_first: Vec<usize> = (0..self.0.len()).collect();
        largest_first.sort_by_key(|at| std::cmp::Reverse(self.0.get(*at).map_or(0, |share| share.count)));
        for from in largest_first {
            let Some(share) = self.0.get(from) else { continue };
            let better = share.calm.iter().find_map(|one| {
                let to = self.least(one.place)?;
                let has = self.0.iter().find(|other| other.platform.id == to)?.count;
                (share.count > has + 1).then_some((*one, to))
            });
            if let Some((one, to)) = better {
                return self.shift(from, one, to);
            }
        }
        None
    }

    fn shift(&mut self, from: usize, one: Order<'b>, to: &'a str) -> Option<(BoxId, &'a str)> {
        let share = self.0.get_mut(from)?;
        share.calm.remove(&one);
        share.count = share.count.saturating_sub(1);
        self.give(to, one.id, one.place, true);
        Some((one.id, to))
    }
}

fn fits(platform: &Platform<'_>, place: Option<&str>) -> bool {
    place.is_none_or(|place| place == platform.place)
}

#[cfg(test)]
mod tests;
