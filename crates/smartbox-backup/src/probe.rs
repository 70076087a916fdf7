//! What a store is tried for before it is relied on.

use std::time::SystemTime;

use bytes::Bytes;
use jiff::Timestamp;
use object_store::{ObjectStoreExt, PutMode, PutPayload};

use crate::depot::Depot;
use crate::hex::hex;
use crate::{Conditional, Error};

/// Clocks that differ by more than this are not used to tell what is old. S3 refuses requests at the same difference.
const SKEW_MAX_S: u64 = 15 * 60;

impl Depot {
    /// Tries whether the store keeps what is there when it is asked to: some servers take the condition and ignore it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn probe(&self, nonce: &str) -> Result<Conditional, Error> {
        let path = self.path(&["probe", nonce]);
        let put = |text: &'static str| {
            let payload = PutPayload::from(Bytes::from_static(text.as_bytes()));
            self.store.put_opts(&path, payload, PutMode::Create.into())
        };
        put("first").await?;
        let second = put("second").await;
        self.store.delete(&path).await?;
        match second {
            Ok(_) => Ok(Conditional::Ignored),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                Ok(Conditional::Kept)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What [`Self::probe`] found when the first repository was made with this value; `None` before that.
    pub fn conditional(&self) -> Option<Conditional> {
        self.conditional.get().copied()
    }

    /// Probes once, before the first repository is made. Two platforms that make one at once derive the same key, so with a
    /// store that ignores conditions nothing is lost, but one of them goes on with settings that are not there any more.
    pub(crate) fn try_conditions(&self) -> Result<(), Error> {
        if self.conditional.get().is_some() {
            return Ok(());
        }
        let found = self.runtime.block_on(self.probe(&nonce()?))?;
        if found == Conditional::Ignored {
            tracing::warn!(
                store = self.address,
                "the store of the backups ignores conditions (If-None-Match): let no two platforms use the same place"
            );
        }
        // Whoever was faster found the same.
        let _known = self.conditional.set(found);
        Ok(())
    }

    /// Refuses where this machine and the store do not agree on the time: what is removed is what is a day old.
    pub(crate) fn compare_clocks(&self) -> Result<(), Error> {
        let path = self.path(&["probe", &nonce()?]);
        let before = machine_time();
        let written = self.runtime.block_on(async {
            self.store.put(&path, PutPayload::from_static(b"clock")).await?;
            let found = self.store.head(&path).await;
            self.store.delete(&path).await?;
            found
        })?;
        let apart = written.last_modified.timestamp().abs_diff(before.as_second());
        if apart > SKEW_MAX_S { Err(Error::Clocks(apart)) } else { Ok(()) }
    }
}

fn nonce() -> Result<String, Error> {
    let mut bytes = [0_u8; 8];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_unavailable| Error::Repository("no random bytes".to_owned()))?;
    Ok(hex(&bytes))
}

/// The machine's own time, by which the repository's library dates what it writes.
#[expect(
    clippy::disallowed_methods,
    reason = "the library asks the machine, so what it wrote is compared with the machine"
)]
pub(crate) fn machine_time() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}
