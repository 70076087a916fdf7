//! Create a box.

use std::collections::BTreeMap;

use secrecy::SecretString;
use smartbox_core::{BoxId, BoxName, Desired, Kind, Labels, OperationId, Permission};
use smartbox_store::{NewOperation, NewSmartbox, OperationKind, SystemActor};
use smartbox_tunnel::KeyPair;

use super::{Created, secret};
use crate::entropy::{id_parts, random_token};
use crate::{Control, Entropy, Error, FieldIssue, Op};

/// The tier of a box whose creator names none.
const DEFAULT_TIER: &str = "standard-1";

/// What a caller asks for. Texts, because every wrong field is reported at once.
#[derive(Clone, Debug, Default)]
pub struct NewBox {
    /// See [`BoxName`].
    pub name: String,
    /// See [`Kind`]; `pa` by default.
    pub kind: Option<String>,
    /// A tier's name; `standard-1` by default.
    pub tier: Option<String>,
    /// The owning org; only an admin may name one.
    pub org: Option<String>,
    /// Whether to start it at once; true by default.
    pub start: Option<bool>,
    /// A version of the agent runtime that is installed; the platform's own by default.
    pub runtime_version: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

pub(super) struct Checked {
    pub(super) name: BoxName,
    pub(super) kind: Kind,
    pub(super) tier: String,
    pub(super) labels: Labels,
}

/// A box that is in no database yet.
pub(super) struct Made {
    pub(super) row: NewSmartbox,
    gateway_token: SecretString,
    client_key: SecretString,
    host_key: SecretString,
}

impl Made {
    pub(super) fn secrets(&self) -> [(&'static str, &SecretString); 3] {
        [
            (secret::GATEWAY_TOKEN, &self.gateway_token),
            (secret::SSH_CLIENT_KEY, &self.client_key),
            (secret::SSH_HOST_KEY, &self.host_key),
        ]
    }
}

impl Control {
    /// Creates a box and, unless asked otherwise, lets it start.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every wrong field, [`Error::NameTaken`], [`Error::Conflict`] when the tier is full or the version
    /// is not installed, [`Error::RuntimeTooOld`].
    pub async fn create_box(&self, op: &Op, new: &NewBox) -> Result<Created, Error> {
        op.require(Permission::BoxesManage)?;
        self.require_no_maintenance().await?;
        let checked = self.check_new_box(new).await?;
        let org = self.resolve_org(op, new.org.as_deref()).await?;
        let runtime_version = match &new.runtime_version {
            Some(version) => {
                self.require_usable("runtime_version", version).await?;
                version.clone()
            }
            None => self.inner.runtime.version().to_owned(),
        };
        let desired = if new.start.unwrap_or(true) { Desired::Running } else { Desired::Stopped };
        let made = self.make_box(&checked, (desired, runtime_version))?;
        let event = self.event_by(op, "box.created", "asked for");
        let now = self.inner.clock.now();
        let operation = self.new_operation(OperationKind::Create);
        let created = self
            .inner
            .store
            .org(org)
            .create_box(made.row.clone(), &made.secrets(), operation, event, now)
            .await;
        let (smartbox, operation) = created.map_err(|error| create_error(error, &new.name))?;
        self.learn_allowances(org).await;
        self.inner.changes.intent(smartbox.id);
        Ok(Created { smartbox, operation })
    }

    /// An operation that begins now.
    pub(crate) fn new_operation(&self, kind: OperationKind) -> NewOperation {
        let (at, random) = id_parts(&*self.inner.entropy, self.inner.clock.now());
        NewOperation { id: OperationId::from_parts(at, random), kind }
    }

    /// The row of a new box, with keys and a credential that no other box has.
    pub(super) fn make_box(
        &self,
        checked: &Checked,
        (desired, runtime_version): (Desired, String),
    ) -> Result<Made, Error> {
        let entropy = &*self.inner.entropy;
        let (at, random) = id_parts(entropy, self.inner.clock.now());
        let host_key = key_pair(entropy)?;
        let client_key = key_pair(entropy)?;
        Ok(Made {
            row: NewSmartbox {
                id: BoxId::from_parts(at, random),
                name: checked.name.clone(),
                kind: checked.kind,
                tier: checked.tier.clone(),
                desired,
                runtime_version,
                host_key_public: host_key.public,
                is_quiet: false,
                labels: checked.labels.clone(),
            },
            gateway_token: SecretString::from(random_token(entropy)),
            client_key: client_key.private,
            host_key: host_key.private,
        })
    }

    pub(super) async fn check_new_box(&self, new: &NewBox) -> Result<Checked, Error> {
        let mut issues = Vec::new();
        let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
        let name = new.name.parse::<BoxName>().map_err(|error| wrong("name", error.to_string())).ok();
        let kind = new.kind.as_deref().map_or(Ok(Kind::Pa), str::parse);
        let kind = kind.map_err(|error: smartbox_core::kind::BadKind| wrong("kind", error.to_string())).ok();
        let tier = new.tier.clone().unwrap_or_else(|| DEFAULT_TIER.to_owned());
        let fleet = self.inner.store.fleet(SystemActor::new("create box"));
        if fleet.tier(&tier).await?.is_none() {
            let known: Vec<_> =
                fleet.tiers().await?.into_iter().map(|tier| format!("`{}`", tier.name)).collect();
            wrong("tier", format!("a tier is one of {}", known.join(", ")));
        }
        let labels = Labels::new(new.labels.clone()).map_err(|bad| wrong("labels", bad.to_string())).ok();
        match (name, kind, labels) {
            (Some(name), Some(kind), Some(labels)) if issues.is_empty() => {
                Ok(Checked { name, kind, tier, labels })
            }
            _ => Err(Error::Invalid(issues)),
        }
    }
}

fn key_pair(entropy: &dyn Entropy) -> Result<KeyPair, Error> {
    let mut seed = [0u8; 32];
    entropy.fill(&mut seed);
    smartbox_tunnel::generate_key_pair(seed).map_err(Error::internal)
}

pub(super) fn create_error(error: smartbox_store::Error, name: &str) -> Error {
    use smartbox_store::Error as Store;
    match error {
        Store::NameTaken => Error::NameTaken(name.to_owned()),
        other => other.into(),
    }
}
