//! The platform's services inside every box: listeners in the box's network, served by egress.

use std::any::Any;
use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use smartbox_control::{Doors, WorkSeen};
use smartbox_core::BoxId;
use smartbox_egress::{Accept, Activity, Duplex, ForwardProxy, PROXY_PORT, SERVICES_PORT, ServicesServer};
use smartbox_provider::{BoxListener, Link};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Opens the services over a [`Link`].
pub(crate) struct ServiceDoors {
    link: Arc<dyn Link>,
    server: ServicesServer,
    proxy: ForwardProxy,
    open: Mutex<HashMap<(BoxId, u16), CancellationToken>>,
    /// Outlives the doors, which are opened anew for each incarnation. Bounded by the number of boxes.
    activity: Mutex<HashMap<BoxId, Arc<Activity>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl ServiceDoors {
    /// `stop` closes every door.
    pub(crate) fn new(
        link: Arc<dyn Link>,
        server: ServicesServer,
        proxy: ForwardProxy,
        stop: CancellationToken,
    ) -> Self {
        Self {
            link,
            server,
            proxy,
            open: Mutex::default(),
            activity: Mutex::default(),
            tasks: TaskTracker::new(),
            stop,
        }
    }

    /// Waits until every door is closed after `stop`.
    pub(crate) async fn closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn activity(&self, id: BoxId) -> Arc<Activity> {
        Arc::clone(self.activity.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default())
    }

    fn is_open(&self, door: (BoxId, u16)) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&door).is_some_and(|stop| !stop.is_cancelled())
    }

    /// Opens one door and serves what comes in.
    async fn ensure_one(&self, id: BoxId, port: u16) -> Result<(), String> {
        if self.is_open((id, port)) || self.stop.is_cancelled() {
            return Ok(());
        }
        let listener = self.link.listen(id, port).await.map_err(|error| error.to_string())?;
        let listener = DoorListener(listener);
        let stop = self.stop.child_token();
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert((id, port), stop.clone());
        let (server, proxy, activity) = (self.server.clone(), self.proxy.clone(), self.activity(id));
        self.tasks.spawn(async move {
            let served = match port {
                PROXY_PORT => proxy.serve(id, listener, stop.clone()).await,
                _ => server.serve(id, listener, activity, stop.clone()).await,
            };
            if let Err(error) = served {
                tracing::warn!(box.id = %id, port, error = &error as &dyn Error, "a service of a box ended");
            }
            // However it ended: the next look at the box opens the door again.
            stop.cancel();
        });
        Ok(())
    }
}

#[async_trait::async_trait]
impl Doors for ServiceDoors {
    async fn ensure_open(&self, id: BoxId) -> Result<(), String> {
        // A program of the box that has taken one port keeps the other from nobody.
        let services = self.ensure_one(id, SERVICES_PORT).await;
        let proxy = self.ensure_one(id, PROXY_PORT).await;
        services.and(proxy)
    }

    fn close(&self, id: BoxId) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for port in [SERVICES_PORT, PROXY_PORT] {
            if let Some(stop) = open.remove(&(id, port)) {
                stop.cancel();
            }
        }
    }

    fn work(&self, id: BoxId) -> WorkSeen {
        let activity = self.activity.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = |activity: &Arc<Activity>| WorkSeen {
            ongoing: activity.ongoing(),
            ended: activity.ended(),
            watching: 0,
        };
        activity.get(&id).map_or_else(WorkSeen::default, seen)
    }
}

struct DoorListener(Box<dyn BoxListener>);

#[async_trait::async_trait]
impl Accept for DoorListener {
    async fn accept(&mut self) -> io::Result<Box<dyn Duplex>> {
        let stream = self.0.accept().await?;
        // A socket as it is: egress can leave its bytes in the kernel.
        let any: &dyn Any = &*stream;
        if !any.is::<TcpStream>() {
            return Ok(Box::new(stream));
        }
        let any: Box<dyn Any> = stream;
        let socket = any.downcast::<TcpStream>();
        socket
            .map(|socket| socket as Box<dyn Duplex>)
            .map_err(|_other| io::Error::other("not the socket it was"))
    }
}
