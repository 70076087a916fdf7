//! Whose turn it is: owners one after the other, each with what has waited longest.

use std::collections::{BTreeMap, VecDeque};

/// Remembers who was served last. `O` is an owner.
#[derive(Clone, Debug, Default)]
pub struct Turns<O> {
    last: Option<O>,
}

impl<O: Ord + Copy> Turns<O> {
    /// Nobody was served yet.
    pub const fn new() -> Self {
        Self { last: None }
    }

    /// Puts what waits in its order: round by round, one of each owner, beginning behind the owner that was served last.
    /// What is given first for an owner is its oldest. Whoever serves a part of it says so with [`Self::served`].
    pub fn order<T>(&self, waiting: impl IntoIterator<Item = (O, T)>) -> Vec<T> {
        let mut queues: BTreeMap<O, VecDeque<T>> = BTreeMap::new();
        for (owner, item) in waiting {
            queues.entry(owner).or_default().push_back(item);
        }
        // Those behind the last one come first; the order of owners is a ring.
        let (mut ring, before): (Vec<_>, Vec<_>) =
            queues.into_iter().partition(|(owner, _)| self.last.is_none_or(|last| *owner > last));
        ring.extend(before);
        let mut order = Vec::new();
        while !ring.is_empty() {
            order.extend(ring.iter_mut().filter_map(|(_, queue)| queue.pop_front()));
            ring.retain(|(_, queue)| !queue.is_empty());
        }
        order
    }

    /// Something of this owner was served.
    pub const fn served(&mut self, owner: O) {
        self.last = Some(owner);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn owners_take_turns_and_the_oldest_goes_first() {
        let waiting = [('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5), ('c', 6)];
        let mut turns = Turns::new();
        assert_eq!(turns.order(waiting), [1, 4, 5, 2, 6, 3]);
        turns.served('b');
        assert_eq!(turns.order(waiting), [5, 1, 4, 6, 2, 3]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_made_up(
            waiting in prop::collection::vec((0u8..6, 0u32..1000), 0..60),
            last in prop::option::of(0u8..6),
        ) {
            let mut order = Turns { last }.order(waiting.clone());
            let mut items: Vec<u32> = waiting.into_iter().map(|(_, item)| item).collect();
            order.sort_unstable();
            items.sort_unstable();
            prop_assert_eq!(order, items);
        }

        /// Whatever comes in from the others, whoever waits is served within as many services as there are owners.
        #[test]
        fn nobody_starves(
            arrivals in prop::collection::vec(prop::collection::vec(0u8..5, 0..8), 1..60),
            width in 1usize..4,
        ) {
            let (mut turns, mut queue, mut number) = (Turns::new(), Vec::<(u8, u32)>::new(), 0);
            let mut waited: BTreeMap<u8, usize> = BTreeMap::new();
            for arriving in arrivals {
                for owner in arriving {
                    queue.push((owner, number));
                    number += 1;
                }
                let order = turns.order(queue.iter().map(|(owner, item)| (*owner, (*owner, *item))));
                prop_assert!(queue.is_empty() || !order.is_empty(), "work is done while there is some");
                for (owner, item) in order.into_iter().take(width) {
                    let oldest = queue.iter().filter(|(of, _)| *of == owner).map(|(_, item)| *item).min();
                    prop_assert_eq!(Some(item), oldest, "the oldest of its owner");
                    let others: BTreeSet<u8> = queue.iter().map(|(of, _)| *of).filter(|of| *of != owner).collect();
                    queue.retain(|(_, other)| *other != item);
                    turns.served(owner);
                    waited.remove(&owner);
                    for other in others {
                        let services = waited.entry(other).or_default();
                        *services += 1;
                        prop_assert!(*services < 5, "owner {} has waited for {} others", other, services);
                    }
                }
            }
        }
    }
}
