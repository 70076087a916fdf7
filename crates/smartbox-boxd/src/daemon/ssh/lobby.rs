//! Connections that have not logged in, and how many have.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::gate::Gate;

/// Connections that may wait for their login at once. One more turns the oldest out, so that a program in the
/// box that opens many cannot keep the platform out.
const WAITING_MAX: usize = 32;
/// Connections that may be logged in at once.
const LOGGED_IN_MAX: usize = 64;

/// Keeps count.
#[derive(Clone, Default)]
pub(crate) struct Lobby(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Gate>,
    logged_in: Vec<Gate>,
}

impl Lobby {
    /// A connection was accepted.
    pub(crate) fn enter(&self, gate: &Gate) {
        let mut state = self.lock();
        if state.waiting.len() >= WAITING_MAX
            && let Some(oldest) = state.waiting.pop_front()
        {
            oldest.abort();
        }
        state.waiting.push_back(gate.clone());
    }

    /// It logged in. Returns whether there is a place for it.
    pub(crate) fn log_in(&self, gate: &Gate) -> bool {
        let mut state = self.lock();
        state.waiting.retain(|waiting| waiting != gate);
        if state.logged_in.len() >= LOGGED_IN_MAX {
            return false;
        }
        state.logged_in.push(gate.clone());
        true
    }

    /// Whether it still has to log in.
    pub(crate) fn holds(&self, gate: &Gate) -> bool {
        self.lock().waiting.contains(gate)
    }

    /// It ended.
    pub(crate) fn leave(&self, gate: &Gate) {
        let mut state = self.lock();
        state.waiting.retain(|waiting| waiting != gate);
        state.logged_in.retain(|logged_in| logged_in != gate);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_stranger_makes_room_for_the_next() {
        let lobby = Lobby::default();
        let gates: Vec<Gate> = (0..=WAITING_MAX).map(|_| Gate::default()).collect();
        gates.iter().for_each(|gate| lobby.enter(gate));
        assert!(gates[0].is_aborted() && !lobby.holds(&gates[0]));
        assert!(gates[1..].iter().all(|gate| !gate.is_aborted() && lobby.holds(gate)));
    }

    #[test]
    fn logged_in_connections_have_a_limit_of_their_own() {
        let lobby = Lobby::default();
        let gates: Vec<Gate> = (0..LOGGED_IN_MAX).map(|_| Gate::default()).collect();
        assert!(gates.iter().all(|gate| lobby.log_in(gate)));
        let late = Gate::default();
        assert!(!lobby.log_in(&late));
        lobby.leave(&gates[0]);
        assert!(lobby.log_in(&late));
    }
}
