//! What a socket has to do with its box: each of its messages passes the fence, or waits there.

use std::sync::Arc;

use smartbox_core::{BoxId, Principal};
use tokio::sync::watch;

use super::{Hold, InFlight, Waiter, changed};
use crate::fence::{Fence, Lull};
use crate::problem::{Problem, unreachable};
use crate::routes::{Route, RouteState};

/// A socket of a box.
pub(crate) struct Line {
    hold: Arc<Hold>,
    principal: Principal,
    id: BoxId,
    generation: i64,
    in_flight: InFlight,
    lull: watch::Receiver<Lull>,
}

/// Counts messages while they are relayed.
pub(crate) struct Pass<'a> {
    fence: &'a Fence,
    /// Whether one of them is work.
    is_work: bool,
}

impl Line {
    /// The request that asked for the socket is answered; from now on its messages count.
    pub(crate) fn new(hold: Arc<Hold>, principal: Principal, route: &Route, in_flight: InFlight) -> Self {
        let lull = in_flight.gate.fence.watch();
        in_flight.gate.fence.add_socket();
        in_flight.rest();
        Self { hold, principal, id: route.id, generation: route.generation, in_flight, lull }
    }

    /// Lets messages pass; `None` if the box sleeps or is about to.
    pub(crate) fn enter(&self) -> Option<Pass<'_>> {
        let fence = self.fence();
        fence.enter().then(|| Pass { fence, is_work: false })
    }

    /// What happens to the fence.
    pub(crate) fn watch(&self) -> watch::Receiver<Lull> {
        self.lull.clone()
    }

    /// Waits, behind those who came before, until a message may pass. The box is woken.
    ///
    /// # Errors
    /// Why it will not: no place is left, the time is over, the box may not wake, or the socket's gateway is gone.
    pub(crate) async fn wait(&self) -> Result<Pass<'_>, Problem> {
        let waiter = Waiter {
            id: self.id,
            principal: &self.principal,
            in_flight: &self.in_flight,
            timeout: self.hold.config.hold_timeout,
            is_socket: true,
        };
        let places = self.hold.places(&waiter)?;
        let passed = async {
            let _turn = self.hold.turn(&waiter, places).await?;
            self.pass(&waiter).await
        };
        self.hold.within(&waiter, passed).await
    }

    async fn pass(&self, waiter: &Waiter<'_>) -> Result<Pass<'_>, Problem> {
        let (mut routes, mut lull) = (self.hold.routes.clone(), self.lull.clone());
        let breaks = lull.borrow().breaks;
        let mut asked = None;
        loop {
            let Lull { breaks: latest, was_asleep: is_waking, .. } = *lull.borrow_and_update();
            let route = routes.borrow_and_update().get(&self.principal, self.id).map(Arc::clone);
            let route = route.filter(|route| route.generation == self.generation && latest == breaks);
            let needs_wake = match route.as_ref().map(|route| &route.state) {
                Some(RouteState::Ready) => match self.enter() {
                    Some(pass) => return Ok(pass),
                    None => !is_waking,
                },
                Some(RouteState::Asleep { .. }) => true,
                Some(state) if state.keeps_processes() => false,
                _ => return Err(unreachable()),
            };
            let occasion = Some(self.hold.occasion(self.id, waiter.in_flight));
            if needs_wake && asked != occasion {
                self.hold.wake(self.id, &self.principal, waiter.in_flight).await?;
                asked = occasion;
            }
            changed(&mut routes, &mut lull, None).await;
        }
    }

    fn fence(&self) -> &Fence {
        &self.in_flight.gate.fence
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.fence().remove_socket();
    }
}

impl Pass<'_> {
    /// One of the messages is work.
    pub(crate) fn note_work(&mut self) {
        self.fence.note_work();
        self.is_work = true;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_work {
            self.fence.note_work();
            self.fence.note_relayed();
        }
        self.fence.leave();
    }
}
