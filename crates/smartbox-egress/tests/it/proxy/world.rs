//! What a proxy is connected to, in memory: names, meter, owner.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;

use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::egress_policy::Host;
use smartbox_core::{BoxId, SecretName};
use smartbox_egress::{
    Authenticate, EndedConnection, Leaf, Meter, OwnAddresses, RefusedRequest, Report, Resolve, SetAside,
    Used, UsedUp, Vault,
};
use tokio::sync::Notify;

use super::tls::Authority;
use crate::rig::a_box;

/// What a remote box brings.
pub(crate) const TOKEN: &str = "the-token-of-this-box";

/// What may still be set aside for the box.
#[derive(Clone, Debug)]
pub(crate) struct Purse {
    /// `None`: no limit.
    pub(crate) left: Option<u64>,
    /// What is set aside and was neither recorded nor given back.
    pub(crate) aside: u64,
    /// At most so much at once.
    pub(crate) chunk: u64,
    /// How often it was asked.
    pub(crate) asked: usize,
}

impl Default for Purse {
    fn default() -> Self {
        Self { left: None, aside: 0, chunk: 16 * 1024 * 1024, asked: 0 }
    }
}

/// Names, meter, owner: all in memory.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) names: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    pub(crate) looked_up: Mutex<Vec<String>>,
    pub(crate) recorded: Mutex<Vec<(BoxId, Used)>>,
    pub(crate) is_meter_down: Mutex<bool>,
    pub(crate) purse: Mutex<Purse>,
    pub(crate) refused: Mutex<Vec<RefusedRequest>>,
    pub(crate) failed: Mutex<Vec<RefusedRequest>>,
    pub(crate) ended: Mutex<Vec<EndedConnection>>,
    pub(crate) one_ended: Notify,
    pub(crate) own: Mutex<Vec<IpAddr>>,
    /// Secrets of the box, by name.
    pub(crate) secrets: Mutex<HashMap<String, String>>,
    pub(crate) is_vault_down: Mutex<bool>,
    /// The box's authority, and those who upstreams are believed by.
    pub(crate) authority: Authority,
    pub(crate) roots: Authority,
}

impl World {
    /// A name, and what it leads to at each look-up; the last answer stays.
    pub(crate) fn name(&self, name: &str, answers: &[&[&str]]) {
        let answers =
            answers.iter().map(|list| list.iter().map(|text| text.parse().unwrap()).collect()).collect();
        self.names.lock().unwrap().insert(name.to_owned(), answers);
    }

    /// What the meter has in all.
    pub(crate) fn total(&self) -> Used {
        self.recorded.lock().unwrap().iter().fold(Used::default(), |sum, (_, used)| Used {
            sent: sum.sent + used.sent,
            received: sum.received + used.received,
            connections: sum.connections + used.connections,
            requests: sum.requests + used.requests,
        })
    }

    /// The next connection that has ended, or has already and was not taken yet.
    pub(crate) async fn ended(&self) -> EndedConnection {
        loop {
            let oldest = {
                let mut ended = self.ended.lock().unwrap();
                (!ended.is_empty()).then(|| ended.remove(0))
            };
            match oldest {
                Some(connection) => return connection,
                None => self.one_ended.notified().await,
            }
        }
    }

    pub(crate) fn reasons(&self) -> Vec<&'static str> {
        self.refused.lock().unwrap().iter().map(|request| request.reason).collect()
    }
}

#[async_trait::async_trait]
impl Resolve for World {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.looked_up.lock().unwrap().push(name.to_owned());
        if name == "silent.test" {
            std::future::pending::<()>().await;
        }
        let mut names = self.names.lock().unwrap();
        let answers = names.get_mut(name).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

#[async_trait::async_trait]
impl Meter for World {
    async fn record(&self, used: &[(BoxId, Used)]) -> Result<(), String> {
        if *self.is_meter_down.lock().unwrap() {
            return Err("the database is down".to_owned());
        }
        self.recorded.lock().unwrap().extend_from_slice(used);
        let mut purse = self.purse.lock().unwrap();
        let bytes: u64 = used.iter().map(|(_, used)| used.sent + used.received).sum();
        purse.aside = purse.aside.saturating_sub(bytes);
        Ok(())
    }

    async fn set_aside(&self, id: BoxId) -> Result<SetAside, String> {
        assert_eq!(id, a_box());
        if *self.is_meter_down.lock().unwrap() {
            return Err("the database is down".to_owned());
        }
        let mut purse = self.purse.lock().unwrap();
        purse.asked += 1;
        let Some(left) = purse.left else { return Ok(SetAside::Endless) };
        let bytes = left.min(purse.chunk);
        if bytes == 0 {
            return Ok(SetAside::UsedUp(used_up()));
        }
        purse.left = Some(left - bytes);
        purse.aside += bytes;
        Ok(SetAside::Bytes(bytes))
    }

    async fn give_back(&self, id: BoxId, kept: u64) -> Result<(), String> {
        assert_eq!(id, a_box());
        let mut purse = self.purse.lock().unwrap();
        let back = purse.aside.saturating_sub(kept);
        purse.left = purse.left.map(|left| left + back);
        purse.aside -= back;
        Ok(())
    }
}

impl Report for World {
    fn refused(&self, request: RefusedRequest) {
        self.refused.lock().unwrap().push(request);
    }

    fn failed(&self, request: RefusedRequest) {
        self.failed.lock().unwrap().push(request);
    }

    fn ended(&self, connection: EndedConnection) {
        self.ended.lock().unwrap().push(connection);
        self.one_ended.notify_one();
    }
}

#[async_trait::async_trait]
impl Authenticate for World {
    async fn is_box(&self, id: BoxId, token: &SecretString) -> bool {
        id == a_box() && token.expose_secret() == TOKEN
    }
}

#[async_trait::async_trait]
impl Vault for World {
    async fn reveal(&self, id: BoxId, name: &SecretName) -> Result<Option<SecretString>, String> {
        assert_eq!(id, a_box());
        if *self.is_vault_down.lock().unwrap() {
            return Err("the database is down".to_owned());
        }
        Ok(self.secrets.lock().unwrap().get(name.as_str()).map(|value| value.as_str().into()))
    }

    async fn certify(&self, id: BoxId, host: &Host) -> Result<Option<Leaf>, String> {
        assert_eq!(id, a_box());
        Ok(Some(self.authority.leaf(&host.to_string())))
    }
}

impl OwnAddresses for World {
    fn is_own(&self, address: IpAddr) -> bool {
        self.own.lock().unwrap().contains(&address)
    }
}

/// What is said when nothing is left.
pub(crate) fn used_up() -> UsedUp {
    UsedUp {
        what: "bandwidth".to_owned(),
        current: 990,
        limit: 1000,
        resets_at: "2026-12-01T00:00:00Z".to_owned(),
        message: "the org's monthly budget for bandwidth does not allow it".to_owned(),
    }
}
