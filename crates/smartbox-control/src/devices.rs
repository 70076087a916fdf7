//! Devices of people: looked at, approved, revoked. How they are shown is in `pairing.rs`.

use std::time::Duration;

use smartbox_core::{DeviceId, DeviceStatus, OrgId, Pairing, Permission, Tie, UserId};
use smartbox_store::{Device, NewEvent, SystemActor};

use crate::orgs::NewOrg;
use crate::{Control, Error, Op};

/// Longest wait a single request may ask for; longer waits ask again.
const WAIT_MAX: Duration = Duration::from_secs(60);
const NO_DEVICE: Error = Error::NotFound("device");

impl Control {
    pub(crate) fn device_event(&self, op: &Op, kind: &str, device: &Device) -> NewEvent {
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

    async fn org_of_device(&self, id: DeviceId) -> Result<OrgId, Error> {
        self.inner.store.fleet(SystemActor::new("admin request")).org_of_device(id).await?.ok_or(NO_DEVICE)
    }

    /// Waits until a device has another state than `Pending`, or `wait` is over.
    pub async fn wait_for_device(&self, op: &Op, device: &str, wait: Duration) -> Result<Device, Error> {
        let mut changes = self.inner.changes.subscribe();
        let deadline = tokio::time::Instant::now() + wait.min(WAIT_MAX);
        loop {
            let found = self.find_device(op, device).await?;
            if found.status == DeviceStatus::Approved {
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
            if device.status == DeviceStatus::Pending {
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

    /// Whether the caller may say so, and whether it is a way to pair devices.
    ///
    /// # Errors
    /// [`Error::Lacks`], [`Error::Invalid`].
    pub fn check_pairing(&self, op: &Op, pairing: &str) -> Result<Pairing, Error> {
        op.require(Permission::OrgOwn)?;
        pairing.parse().map_err(|error: smartbox_core::access::BadPairingWord| {
            Error::field("pairing", error.to_string())
        })
    }

    /// Says what becomes of devices that come for the first time. Where they are to be approved from now on, connections of
    /// people without an approved one end.
    pub async fn set_pairing(&self, op: &Op, org: &str, pairing: &str) -> Result<NewOrg, Error> {
        let pairing = self.check_pairing(op, pairing)?;
        let org = self.named_org(op, org).await?;
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
