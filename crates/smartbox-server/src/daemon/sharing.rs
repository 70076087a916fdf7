//! What a platform does because others may share its database: it joins them, hears what they do, and answers what they pass on.

use std::fs::File;
use std::sync::Arc;

use anyhow::Result;
use smartbox_control::{Control, Keeping, News};
use smartbox_edge::{Edge, EdgeListener, PeerTable, Peers};
use smartbox_store::Store;
use tokio::sync::watch;

use super::{database, listen};
use crate::adapters::peers::{self, HmacSeal};
use crate::console::Console;
use crate::data_dir::DataDir;
use crate::lifecycle::Lifecycle;
use crate::platform_file::PlatformFile;
use crate::settings::Settings;
use crate::signals::Signals;

/// The side of a platform that others see.
pub(crate) struct Sharing {
    /// The right to act on boxes.
    pub(super) keeping: Keeping,
    /// What others do, where there can be some.
    news: Option<News>,
    /// Where they come in, and who they are.
    peers: Option<(EdgeListener, watch::Sender<Arc<PeerTable>>)>,
    turn: File,
}

/// The turn of those that start.
pub(crate) struct Turn {
    _lock: File,
    is_shared: bool,
}

impl Sharing {
    /// Joins the platforms of the database, or takes it for itself.
    pub(super) async fn join(
        (settings, store, data): (&Settings, &Store, &DataDir),
        control: &Control,
        turn: File,
        (signals, console): (&mut Signals, &Console),
    ) -> Result<(Self, Peers)> {
        let (clock, entropy) = (control.clock(), control.entropy());
        let listener = listen::for_peers(settings).await?;
        // What happens while the rest is read is news.
        let news = if listener.is_some() { Some(News::follow(control.clone()).await?) } else { None };
        let address = listener.as_ref().map(|(_listener, address)| address.as_str());
        let keeping =
            database::keeping(store, data, (&clock, &*entropy), address, (signals, console)).await?;
        control.keep_under(keeping.clone());
        let Some((listener, _address)) = listener else {
            return Ok((Self { keeping, news, peers: None, turn }, Peers::none()));
        };
        let (publish, table) = watch::channel(Arc::default());
        let seal = HmacSeal::new(&database::platforms_key(data, &*entropy)?);
        let peers = Some((listener, publish));
        Ok((Self { keeping, news, peers, turn }, Peers::new(table, Arc::new(seal))))
    }

    /// Begins to hear and to answer.
    pub(super) async fn start(self, edge: &Edge, life: &Lifecycle) -> Turn {
        let is_shared = self.peers.is_some();
        if let Some(news) = self.news {
            life.spawn("news", news.run(life.soft.clone()));
        }
        if let Some((listener, table)) = self.peers {
            life.spawn("peers", edge.for_peers().serve(listener));
            let follow = peers::follow(self.keeping.table(), table, edge.sockets(), life.soft.clone());
            life.spawn("keepers", follow);
        }
        // What was built meanwhile took its time.
        self.keeping.renew().await;
        Turn { _lock: self.turn, is_shared }
    }
}

impl Turn {
    /// The platform has started; the next one may.
    pub(super) fn end(self, file: &PlatformFile, life: &Lifecycle) {
        if self.is_shared {
            life.spawn("platform file", file.clone().keep(life.soft.clone()));
        }
    }
}
