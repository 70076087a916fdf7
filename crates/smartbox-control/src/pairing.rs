//! A device is shown: by its key, which proves itself.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::{DeviceId, Pairing, Principal};
use smartbox_identity::{ProofRequest, verify_proof};
use smartbox_store::{Device, NewDevice, SystemActor, User};

use crate::entropy::id_parts;
use crate::people::is_printable;
use crate::recognise::Recognised;
use crate::sign_in::{Beginning, NewSession};
use crate::{Control, Error, Op};

/// How long a device waits for its approval.
const PENDING_TTL: Duration = Duration::from_hours(1);

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
    pub until: Option<Timestamp>,
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
        if !self.inner.burnt.burn(&format!("{} {}", proved.public_key, proved.jti)) {
            return Err(Error::BadToken("the proof of the device's key was used already".to_owned()));
        }
        Ok(proved.public_key)
    }

    /// A person without a device: let in where none is asked for.
    pub(crate) async fn without_device(
        &self,
        user: &User,
        expires_at: Timestamp,
    ) -> Result<Recognised, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("sign-in"));
        let pairing = fleet.find_org(user.org).await?.map_or(Pairing::Manual, |org| org.pairing);
        let principal = Principal::user(user.id, user.org, user.role);
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
}
