//! Devices of people: a key is shown, somebody approves it, and until then nobody gets in with it.

use std::time::Duration;

use smartbox_core::{DeviceId, Pairing, Permission, Tie, UserId};
use smartbox_identity::{ProofRequest, verify_proof};
use smartbox_store::{Device, NewDevice, NewEvent, SystemActor, User};

use crate::entropy::id_parts;
use crate::orgs::NewOrg;
use crate::people::is_printable;
use crate::sign_in::{Beginning, NewSession, Recognised};
use crate::{Control, Error, Op};

/// How long a device waits for its approval.
const PENDING_TTL: Duration = Duration::from_hours(1);
/// Longest wait a single request may ask for; longer waits ask again.
const WAIT_MAX: Duration = Duration::from_secs(60);
const NO_DEVICE: Error = Error::NotFound("device");

/// A device that was shown.
pub struct PairedDevice {
    /// The device.
    pub device: Device,
    /// The session that was begun for a person who had none.
    pub session: Option<NewSession>,
}

/// Who shows a device.
pub struct Showing<'a> {
    /// The person.
    pub op: &'a Op,
    /// When the credential ends by which they were recognised.
    pub until: Option<jiff::Timestamp>,
    /// Whether they are to have a session if they have none: a browser cannot show a key with every request.
    pub wants_session: bool,
}

impl Control {
    /// Whether whoever holds the device of this proof may come in with it. The caller was recognised by a token.
    ///
    /// # Errors
    /// [`Error::BadToken`] for a proof that is wrong or was used before.
    pub async fn with_device(
        &self,
        who: Recognised,
        proof: &str,
        request: &ProofRequest<'_>,
    ) -> Result<Recognised, Error> {
        let (Some(user), Some(org)) = (who.principal.user_id(), who.principal.org()) else { return Ok(who) };
        let key = self.proved_key(proof, request)?;
        let Some(device) = self.inner.store.org(org).find_device_by_key(user, &key).await? else {
            return Ok(who);
        };
        let fleet = self.inner.store.fleet(SystemActor::new("device"));
        let pairing = fleet.find_org(org).await?.map_or(Pairing::Manual, |org| org.pairing);
        Ok(Recognised { device: Some(device.id), is_paired: pairing.lets_in(Some(device.status)), ..who })
    }

    /// The key that a proof shows. A proof is good once.
    fn proved_key(&self, proof: &str, request: &ProofRequest<'_>) -> Result<String, Error> {
        let now = self.inner.clock.now();
        let proved = verify_proof(proof, request, now).map_err(|error| Error::BadToken(error.to_string()))?;
        // The key is part of it: nobody can use up the identifiers of others.
        if !self.inner.burnt.burn(&format!("{} {}", proved.public_key, proved.jti), proved.expires_at, now) {
            return Err(Error::BadToken("the proof of the device's key was used already".to_owned()));
        }
        Ok(proved.public_key)
    }

    /// A person without a device: let in where none is asked for.
    pub(crate) async fn without_device(
        &self,
        user: &User,
        expires_at: jiff::Timestamp,
    ) -> Result<Recognised, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("sign-in"));
        let pairing = fleet.find_org(user.org).await?.map_or(Pairing::Manual, |org| org.pairing);
        let principal = smartbox_core::Principal::user(user.id, user.org, user.role);
        Ok(Recognised { is_paired: pairing.lets_in(None), ..Recognised::new(principal, Some(expires_at)) })
    }

    /// Puts down the device whose key a person holds, and binds their session to it.
    ///
    /// # Errors
    /// [`Error::BadToken`]; [`Error::Invalid`]; [`Error::Conflict`] with too many devices; [`Error::Forbidden`] for
    /// whoever is no person.
    pub async fn pair_device(
        &self,
        showing: &Showing<'_>,
        name: &str,
        proof: &str,
        request: &ProofRequest<'_>,
    ) -> Result<PairedDevice, Error> {
        let op = showing.op;
        let (Some(user), Some(org)) = (op.principal.user_id(), op.principal.org()) else {
            return Err(Error::Forbidden);
        };
        if !is_printable(name.trim()) {
            return Err(Error::field("name", "must have 1 to 100 printable characters"));
        }
        let public_key = self.proved_key(proof, request)?;
        let fleet = self.inner.store.fleet(SystemActor::new("device"));
        let pairing = fleet.find_org(org).await?.ok_or(Error::NotFound("org"))?.pairing;
        let is_vouched = match op.session {
            Some(session) => {
                fleet.find_session_by_id(session).await?.is_some_and(|session| session.is_vouched)
            }
            None => false,
        };
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let address = op.origin.address.map(|address| address.to_string());
        let new = NewDevice {
            id: DeviceId::from_parts(at, random),
            user,
            name: name.trim(),
            public_key: &public_key,
            status: pairing.first_status(is_vouched),
            address: address.as_deref(),
            expires_at: now.checked_add(PENDING_TTL).map_err(Error::internal)?,
            session: op.session,
            uses_vouching: pairing == Pairing::Manual && is_vouched,
        };
        let tell = |device: &Device| self.device_event(op, "device.shown", device);
        let device = self.inner.store.org(org).pair_device(&new, tell, now).await?;
        self.inner.sessions.clear();
        self.inner.changes.written();
        let session = if op.session.is_none() && showing.wants_session {
            let person = fleet.find_user(user).await?.ok_or(Error::NotFound("user"))?;
            let begun =
                Beginning { device: Some(device.id), until: showing.until, ..Beginning::by("device") };
            Some(self.begin_session_of(&op.origin, &person, begun).await?)
        } else {
            None
        };
        Ok(PairedDevice { device, session })
    }

    fn device_event(&self, op: &Op, kind: &str, device: &Device) -> NewEvent {
        let detail = serde_json::json!({
            "device": device.id.to_string(), "user": device.user.to_string(), "status": device.status.as_str(),
        });
        self.event_of(op, kind, "asked for", detail)
    }

    /// Devices of the caller, or of everybody for whoever manages people.
    pub async fn list_devices(&self, op: &Op, org: Option<&str>) -> Result<Vec<Device>, Error> {
        let org = self.resolve_org(op, org).await?;
        let of: Option<UserId> = match op.require(Permission::PeopleManage) {
            Ok(()) => None,
            Err(lacks) => Some(op.principal.user_id().ok_or(lacks)?),
        };
        Ok(self.inner.store.org(org).list_devices(of, self.inner.clock.now()).await?)
    }

    /// A device: of the caller, or of anybody for whoever manages people.
    pub async fn find_device(&self, op: &Op, device: &str) -> Result<Device, Error> {
        let id: DeviceId = device.parse().map_err(|_error| NO_DEVICE)?;
        let org = match op.principal.org() {
            Some(org) => org,
            None => self.org_of_device(id).await?,
        };
        let found = self.inner.store.org(org).find_device(id, self.inner.clock.now()).await?;
        let device = found.ok_or(NO_DEVICE)?;
        let is_own = op.principal.user_id() == Some(device.user);
        if is_own || op.require(Permission::PeopleManage).is_ok() { Ok(device) } else { Err(NO_DEVICE) }
    }

    async fn org_of_device(&self, id: DeviceId) -> Result<smartbox_core::OrgId, Error> {
        self.inner.store.fleet(SystemActor::new("admin request")).org_of_device(id).await?.ok_or(NO_DEVICE)
    }

    /// Waits until a device has another state than `Pending`, or `wait` is over.
    pub async fn wait_for_device(&self, op: &Op, device: &str, wait: Duration) -> Result<Device, Error> {
        let mut changes = self.inner.changes.subscribe();
        let deadline = tokio::time::Instant::now() + wait.min(WAIT_MAX);
        loop {
            let found = self.find_device(op, device).await?;
            if found.status == smartbox_core::DeviceStatus::Approved {
                return Ok(found);
            }
            match tokio::time::timeout_at(deadline, changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Ok(found),
            }
        }
    }

    /// Approves a device that waits.
    pub async fn approve_device(&self, op: &Op, device: &str) -> Result<Device, Error> {
        op.require(Permission::PeopleManage)?;
        let found = self.find_device(op, device).await?;
        let event = self.device_event(op, "device.approved", &found);
        let now = self.inner.clock.now();
        let by = op.principal.actor();
        let approved = self.inner.store.org(found.org).approve_device(found.id, &by, event, now).await?;
        self.inner.sessions.clear();
        self.inner.changes.written();
        Ok(approved)
    }

    /// Approves every device that waits now. Answers which.
    pub async fn approve_all_devices(&self, op: &Op, org: Option<&str>) -> Result<Vec<Device>, Error> {
        op.require(Permission::PeopleManage)?;
        let mut approved = Vec::new();
        for device in self.list_devices(op, org).await? {
            if device.status == smartbox_core::DeviceStatus::Pending {
                match self.approve_device(op, &device.id.to_string()).await {
                    Ok(device) => approved.push(device),
                    // It was withdrawn or has expired meanwhile.
                    Err(Error::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(approved)
    }

    /// Forgets a device: sessions on it and connections over it end. Everybody may do so with their own.
    pub async fn revoke_device(&self, op: &Op, device: &str) -> Result<(), Error> {
        let found = self.find_device(op, device).await?;
        let event = self.device_event(op, "device.revoked", &found);
        let ended =
            self.inner.store.org(found.org).revoke_device(found.id, event, self.inner.clock.now()).await?;
        self.inner.sessions.clear();
        self.inner.revocations.tell(Tie::Device(found.id));
        for session in ended {
            self.inner.revocations.tell(Tie::Session(session));
        }
        self.inner.changes.written();
        Ok(())
    }

    /// Says what becomes of devices that come for the first time. Where they are to be approved from now on, connections of
    /// people without an approved one end.
    pub async fn set_pairing(&self, op: &Op, org: &str, pairing: &str) -> Result<NewOrg, Error> {
        op.require(Permission::OrgOwn)?;
        let pairing: Pairing = pairing.parse().map_err(|error: smartbox_core::access::BadPairingWord| {
            Error::field("pairing", error.to_string())
        })?;
        let org = match (org, op.principal.org()) {
            ("me", Some(own)) => own,
            (named, _) => self.resolve_org(op, Some(named)).await.map_err(|_error| Error::NotFound("org"))?,
        };
        let detail = serde_json::json!({ "pairing": pairing.as_str() });
        let event = self.event_of(op, "org.pairing-set", "asked for", detail);
        let changed = self.inner.store.org(org).set_pairing(pairing, event, self.inner.clock.now()).await?;
        self.inner.sessions.clear();
        self.inner.revocations.tell(Tie::Org(org));
        let fleet = self.inner.store.fleet(SystemActor::new("change org"));
        let owner = fleet.first_user(org).await?.ok_or(Error::NotFound("user"))?;
        Ok(NewOrg { org: changed, owner })
    }
}
