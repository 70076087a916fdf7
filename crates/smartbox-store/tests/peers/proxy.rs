//! A way to the server that can be cut, as a network or a failover cuts it.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::server::Server;

/// Stands between a store and the server.
pub(crate) struct Proxy {
    pub(crate) url: SecretString,
    is_open: watch::Sender<bool>,
    _directory: tempfile::TempDir,
    _tasks: JoinSet<()>,
}

impl Proxy {
    pub(crate) fn new(server: &Server) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = format!(".s.PGSQL.{}", server.port());
        let listener = UnixListener::bind(directory.path().join(&socket)).unwrap();
        let behind = home().join(socket);
        let url = server.at(|url| {
            let (front, _host) = url.split_once("?host=").unwrap();
            format!("{front}?host={}", directory.path().display())
        });
        let is_open = watch::Sender::new(true);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::from(behind), is_open.clone()));
        Self { url, is_open, _directory: directory, _tasks: tasks }
    }

    /// Ends what is under way, and lets nothing through.
    pub(crate) fn cut(&self) {
        self.is_open.send_replace(false);
    }

    pub(crate) fn mend(&self) {
        self.is_open.send_replace(true);
    }
}

/// The directory of the server, where its socket is, and its certificate.
#[expect(clippy::disallowed_methods, reason = "that is how a test learns of it")]
pub(crate) fn home() -> PathBuf {
    std::env::var("SMARTBOX_TEST_POSTGRES_HOME").unwrap().into()
}

async fn serve(listener: UnixListener, behind: Arc<std::path::Path>, is_open: watch::Sender<bool>) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _address) = listener.accept().await.unwrap();
        let mut open = is_open.subscribe();
        if !*open.borrow() {
            continue;
        }
        let behind = Arc::clone(&behind);
        connections.spawn(async move {
            let (mut client, mut server) = (client, UnixStream::connect(&*behind).await.unwrap());
            tokio::select! {
                _ended = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                _cut = open.wait_for(|open| !open) => {}
            }
        });
    }
}
