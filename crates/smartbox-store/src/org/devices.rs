//! The devices of an org's people.

use jiff::Timestamp;
use smartbox_core::{DeviceId, DeviceStatus, Pairing, SessionId, UserId};

use super::OrgStore;
use crate::database::Connection;
use crate::device::{Device, DeviceRow, NewDevice, select_devices};
use crate::event::{self, NewEvent};
use crate::row::parsed;
use crate::{Error, Org};

/// Most devices of one person, whatever their state.
pub const DEVICES_MAX: u32 = 50;
/// Most devices of an org that are listed, the newest first.
const LISTED_MAX: i64 = 1000;
/// Who approved a device that nobody had to approve.
const BY_SIGN_IN: &str = "sign-in";

impl OrgStore {
    /// Says what becomes of devices that come for the first time.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn set_pairing(&self, pairing: Pairing, event: NewEvent, now: Timestamp) -> Result<Org, Error> {
        let mut tx = self.store.database.write().await?;
        let row = sqlx::query_as(
            "update orgs set pairing = $2 where id = $1 returning id, name, pairing, created_at_ms",
        )
        .bind(self.org.to_string())
        .bind(pairing.as_str())
        .fetch_optional(&mut *tx)
        .await?;
        let row: crate::account::OrgRow = row.ok_or(Error::NotFound("org"))?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        row.try_into()
    }

    /// Keeps a device by its key, or finds it, and binds a session to it. `event_of` tells of what is new.
    ///
    /// # Errors
    /// [`Error::TooMany`] over [`DEVICES_MAX`]; [`Error::NotFound`] when the session has ended, or has vouched
    /// before.
    pub async fn pair_device(
        &self,
        new: &NewDevice<'_>,
        event_of: impl FnOnce(&Device) -> NewEvent + Send,
        now: Timestamp,
    ) -> Result<Device, Error> {
        let mut tx = self.store.database.write().await?;
        let known = find_by_key(&mut tx, self, new.user, new.public_key).await?;
        let is_news = known.as_ref().is_none_or(|known| is_news(known, new, now));
        if is_news {
            self.keep(&mut tx, new, now).await?;
        }
        let device = find_by_key(&mut tx, self, new.user, new.public_key).await?;
        let device = device.ok_or(Error::NotFound("device"))?;
        if let Some(session) = new.session {
            let spends = is_news && new.uses_vouching;
            bind(&mut tx, session, &device, spends).await?;
        }
        if is_news {
            event::append(&mut tx, Some(self.org), None, &event_of(&device), now).await?;
        }
        tx.commit().await?;
        Ok(device)
    }

    async fn keep(&self, tx: &mut Connection, new: &NewDevice<'_>, now: Timestamp) -> Result<(), Error> {
        let (there, user_exists): (i64, bool) = sqlx::query_as(
            "select (select count(*) from devices where user_id = $1 and public_key <> $2
                       and (status = 'approved' or expires_at_ms > $3)),
                    (select count(*) > 0 from users where id = $1 and org_id = $4)",
        )
        .bind(new.user.to_string())
        .bind(new.public_key)
        .bind(now.as_millisecond())
        .bind(self.org.to_string())
        .fetch_one(&mut *tx)
        .await?;
        if !user_exists {
            return Err(Error::NotFound("user"));
        }
        if there >= i64::from(DEVICES_MAX) {
            return Err(Error::TooMany { what: "devices", max: DEVICES_MAX });
        }
        let is_approved = new.status == DeviceStatus::Approved;
        sqlx::query(
            "insert into devices (id, org_id, user_id, name, public_key, status, address, created_at_ms,
                                  expires_at_ms, approved_at_ms, approved_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             on conflict (user_id, public_key) do update set
                 name = excluded.name, status = excluded.status, address = excluded.address,
                 expires_at_ms = excluded.expires_at_ms, approved_at_ms = excluded.approved_at_ms,
                 approved_by = excluded.approved_by",
        )
        .bind(new.id.to_string())
        .bind(self.org.to_string())
        .bind(new.user.to_string())
        .bind(new.name)
        .bind(new.public_key)
        .bind(new.status.as_str())
        .bind(new.address)
        .bind(now.as_millisecond())
        .bind((!is_approved).then(|| new.expires_at.as_millisecond()))
        .bind(is_approved.then(|| now.as_millisecond()))
        .bind(is_approved.then_some(BY_SIGN_IN))
        .execute(tx)
        .await?;
        Ok(())
    }

    /// Finds a device that waits or may be used.
    pub async fn find_device(&self, id: DeviceId, now: Timestamp) -> Result<Option<Device>, Error> {
        let row: Option<DeviceRow> = sqlx::query_as(select_devices!(
            "where org_id = $1 and id = $2 and (status = 'approved' or expires_at_ms > $3)"
        ))
        .bind(self.org.to_string())
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        row.map(Device::try_from).transpose()
    }

    /// Finds a person's device by its key.
    pub async fn find_device_by_key(&self, user: UserId, key: &str) -> Result<Option<Device>, Error> {
        find_by_key(&mut *self.store.database.read().await?, self, user, key).await
    }

    /// Devices that wait or may be used, the newest first: of one person, or of all.
    pub async fn list_devices(&self, user: Option<UserId>, now: Timestamp) -> Result<Vec<Device>, Error> {
        let rows: Vec<DeviceRow> = sqlx::query_as(select_devices!(
            "where org_id = $1 and (user_id = $2 or $2 = '') and (status = 'approved' or expires_at_ms > $3)
             order by id desc limit $4"
        ))
        .bind(self.org.to_string())
        .bind(user.map(|user| user.to_string()).unwrap_or_default())
        .bind(now.as_millisecond())
        .bind(LISTED_MAX)
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(Device::try_from).collect()
    }

    /// Approves a device that waits. One that was approved before stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for one that has waited too long.
    pub async fn approve_device(
        &self,
        id: DeviceId,
        by: &str,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<Device, Error> {
        let mut tx = self.store.database.write().await?;
        let changed = sqlx::query(
            "update devices set status = 'approved', approved_at_ms = $3, approved_by = $4, expires_at_ms = null
             where org_id = $1 and id = $2 and status = 'pending' and expires_at_ms > $3",
        )
        .bind(self.org.to_string())
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .bind(by)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        let row: Option<DeviceRow> =
            sqlx::query_as(select_devices!("where org_id = $1 and id = $2 and status = 'approved'"))
                .bind(self.org.to_string())
                .bind(id.to_string())
                .fetch_optional(&mut *tx)
                .await?;
        let device: Device = row.ok_or(Error::NotFound("device"))?.try_into()?;
        if changed > 0 {
            event::append(&mut tx, Some(self.org), None, &event, now).await?;
        }
        tx.commit().await?;
        Ok(device)
    }

    /// Forgets a device and ends the sessions that hang on it. Answers which.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn revoke_device(
        &self,
        id: DeviceId,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, Error> {
        let mut tx = self.store.database.write().await?;
        let ended: Vec<String> = sqlx::query_scalar(
            "delete from sessions where device_id in (select id from devices where org_id = $1 and id = $2)
             returning id",
        )
        .bind(self.org.to_string())
        .bind(id.to_string())
        .fetch_all(&mut *tx)
        .await?;
        let removed = sqlx::query("delete from devices where org_id = $1 and id = $2")
            .bind(self.org.to_string())
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if removed == 0 {
            return Err(Error::NotFound("device"));
        }
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        ended.iter().map(|id| parsed(id)).collect()
    }
}

/// Whether something changes by a device that comes again.
fn is_news(known: &Device, new: &NewDevice<'_>, now: Timestamp) -> bool {
    let has_waited = known.expires_at.is_some_and(|expires_at| expires_at <= now);
    known.status == DeviceStatus::Pending && (new.status == DeviceStatus::Approved || has_waited)
}

async fn find_by_key(
    connection: &mut Connection,
    org: &OrgStore,
    user: UserId,
    key: &str,
) -> Result<Option<Device>, Error> {
    let row: Option<DeviceRow> =
        sqlx::query_as(select_devices!("where org_id = $1 and user_id = $2 and public_key = $3"))
            .bind(org.org.to_string())
            .bind(user.to_string())
            .bind(key)
            .fetch_optional(connection)
            .await?;
    row.map(Device::try_from).transpose()
}

/// Binds a session of the device's person to it. `spends` its vouching, which must be there.
async fn bind(tx: &mut Connection, session: SessionId, device: &Device, spends: bool) -> Result<(), Error> {
    let bound = sqlx::query(
        "update sessions set device_id = $1, vouched = vouched and not $4
         where id = $2 and user_id = $3 and (vouched or not $4)",
    )
    .bind(device.id.to_string())
    .bind(session.to_string())
    .bind(device.user.to_string())
    .bind(spends)
    .execute(tx)
    .await?
    .rows_affected();
    if bound == 0 { Err(Error::NotFound("session")) } else { Ok(()) }
}
