//! The fake as a `Link`: connections are pairs of in-memory pipes.

use smartbox_core::BoxId;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use super::orders::Order;
use super::{Call, FakeProvider};
use crate::{BoxListener, BoxStream, Link, LinkError};

/// Bytes one direction of a connection holds before the writer waits: about a socket's buffer.
const PIPE_BYTES: usize = 64 * 1024;
/// Connections that may wait to be accepted, as a listen backlog.
const BACKLOG: usize = 128;

impl FakeProvider {
    fn enter_link(&self, call: Call) -> Result<(), LinkError> {
        match self.world().orders.take(call) {
            None => Ok(()),
            Some(Order::Fail(_) | Order::LoseAnswer) => {
                Err(LinkError::Io(std::io::Error::other("as the test ordered")))
            }
        }
    }

    /// What accepts a connection to the port, if anything does.
    fn connect(&self, id: BoxId, port: u16) -> Result<DuplexStream, LinkError> {
        let mut world = self.world();
        let handler = world.handler(id, port);
        let run = world.boxes.get_mut(&id).and_then(|found| found.run.as_mut()).ok_or(LinkError::NoBox)?;
        if run.asleep.is_some() {
            return Err(LinkError::Asleep);
        }
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        while run.connections.try_join_next().is_some() {}
        match handler {
            Some(handler) if run.is_alive() => {
                // Called inside the task: a handler may itself ask the fake, whose lock is held here.
                run.connections.spawn(async move { handler(id, Box::new(far)).await });
                Ok(near)
            }
            _ => {
                let listener = run.listeners.get(&port).ok_or(LinkError::Refused { port })?;
                listener.try_send(far).map_err(|_refused| LinkError::Refused { port })?;
                Ok(near)
            }
        }
    }
}

#[async_trait::async_trait]
impl Link for FakeProvider {
    async fn dial(&self, id: BoxId, port: u16) -> Result<BoxStream, LinkError> {
        self.enter_link(Call::Dial)?;
        tokio::task::yield_now().await;
        Ok(Box::new(self.connect(id, port)?))
    }

    async fn listen(&self, id: BoxId, port: u16) -> Result<Box<dyn BoxListener>, LinkError> {
        self.enter_link(Call::Listen)?;
        tokio::task::yield_now().await;
        let mut world = self.world();
        let served = world.handler(id, port).is_some();
        let run = world.boxes.get_mut(&id).and_then(|found| found.run.as_mut()).ok_or(LinkError::NoBox)?;
        if served || run.listeners.get(&port).is_some_and(|other| !other.is_closed()) {
            return Err(LinkError::PortTaken { port });
        }
        let (sender, accepted) = mpsc::channel(BACKLOG);
        run.listeners.insert(port, sender);
        Ok(Box::new(FakeListener { accepted }))
    }
}

struct FakeListener {
    accepted: mpsc::Receiver<DuplexStream>,
}

#[async_trait::async_trait]
impl BoxListener for FakeListener {
    async fn accept(&mut self) -> std::io::Result<BoxStream> {
        match self.accepted.recv().await {
            Some(stream) => Ok(Box::new(stream)),
            // As a socket in the network of a box that is gone: open, and nobody comes.
            None => std::future::pending().await,
        }
    }
}
