//! The platform's services inside every box: a listener in the box's network, served by egress.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use smartbox_control::{Doors, WorkSeen};
use smartbox_core::BoxId;
use smartbox_egress::{Accept, Activity, SERVICES_PORT, ServicesServer};
use smartbox_provider::{BoxListener, Link};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Opens the services over a [`Link`].
pub(crate) struct ServiceDoors {
    link: Arc<dyn Link>,
    server: ServicesServer,
    open: Mutex<HashMap<BoxId, CancellationToken>>,
    /// Outlives the doors, which are opened anew for each incarnation. Bounded by the number of boxes.
    activity: Mutex<HashMap<BoxId, Arc<Activity>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl ServiceDoors {
    /// `stop` closes every door.
    pub(crate) fn new(link: Arc<dyn Link>, server: ServicesServer, stop: CancellationToken) -> Self {
        Self {
            link,
            server,
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

    fn is_open(&self, id: BoxId) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&id).is_some_and(|stop| !stop.is_cancelled())
    }
}

#[async_trait::async_trait]
impl Doors for ServiceDoors {
    async fn ensure_open(&self, id: BoxId) -> Result<(), String> {
        if self.is_open(id) || self.stop.is_cancelled() {
            return Ok(());
        }
        let listener = self.link.listen(id, SERVICES_PORT).await.map_err(|error| error.to_string())?;
        let stop = self.stop.child_token();
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(id, stop.clone());
        let (server, activity) = (self.server.clone(), self.activity(id));
        self.tasks.spawn(async move {
            let served = server.serve(id, DoorListener(listener), activity, stop.clone()).await;
            if let Err(error) = served {
                tracing::warn!(box.id = %id, error = &error as &dyn std::error::Error, "the services of a box ended");
            }
            // However it ended: the next look at the box opens the door again.
            stop.cancel();
        });
        Ok(())
    }

    fn close(&self, id: BoxId) {
        if let Some(stop) = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&id) {
            stop.cancel();
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
    async fn accept(&mut self) -> io::Result<Box<dyn smartbox_egress::Duplex>> {
        Ok(Box::new(self.0.accept().await?))
    }
}
