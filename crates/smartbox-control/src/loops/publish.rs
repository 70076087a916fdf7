//! Publishes the picture that the data plane serves from.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use secrecy::SecretString;
use smartbox_core::BoxId;
use smartbox_store::{AllBoxes, FleetStore, Smartbox, SystemActor};

use crate::boxes::secret;
use crate::fleet_view::{BoxState, FleetView};
use crate::{Control, Error};

/// Publishes the picture; remembers credentials so that a pass costs no decryption.
#[derive(Default)]
pub(crate) struct Publisher {
    tokens: HashMap<BoxId, SecretString>,
    /// What was published last, in the order in which the boxes were made.
    states: BTreeMap<BoxId, Arc<BoxState>>,
    /// The rows that all of that was made of, once it is published.
    rows: Option<AllBoxes>,
}

impl Publisher {
    /// Reads every box and publishes what changed.
    pub(crate) async fn publish(&mut self, control: &Control) -> Result<(), Error> {
        let rows = fleet(control).all_boxes().await?;
        let is_same = self.rows.as_ref().is_some_and(|before| Arc::ptr_eq(before, &rows));
        if !is_same {
            let mut states = BTreeMap::new();
            for row in rows.iter() {
                states.insert(row.id, self.state(control, row).await?);
            }
            self.tokens.retain(|id, _| states.contains_key(id));
            self.states = states;
        }
        self.send(control, is_same).await?;
        self.rows = Some(rows);
        Ok(())
    }

    /// Reads these boxes and publishes what changed of them, however many others there are.
    pub(crate) async fn publish_these(&mut self, control: &Control, ids: &[BoxId]) -> Result<(), Error> {
        for id in ids {
            self.rows = None;
            let Some(row) = fleet(control).find_box(*id).await? else {
                self.tokens.remove(id);
                self.states.remove(id);
                continue;
            };
            let state = self.state(control, &row).await?;
            let was_default =
                self.states.insert(*id, Arc::clone(&state)).is_some_and(|before| before.is_default);
            if was_default != state.is_default {
                // Another one was or is the default of their org.
                return self.publish(control).await;
            }
        }
        self.send(control, false).await
    }

    async fn state(&mut self, control: &Control, row: &Smartbox) -> Result<Arc<BoxState>, Error> {
        let token = if let Some(token) = self.tokens.get(&row.id) {
            token.clone()
        } else {
            let org = control.inner.store.org(row.org);
            let token = org.secret(row.id, secret::GATEWAY_TOKEN).await?;
            let token = token.ok_or_else(|| Error::internal("a box has no gateway token"))?;
            self.tokens.insert(row.id, token.clone());
            token
        };
        Ok(Arc::new(BoxState::new(row, token)))
    }

    /// Publishes the states. `is_same` says that nothing of them has changed since the last time.
    async fn send(&self, control: &Control, is_same: bool) -> Result<(), Error> {
        let first_org = fleet(control).first_org().await?.map(|org| org.id);
        if is_same && control.inner.fleet.borrow().first_org == first_org {
            return Ok(());
        }
        let view = FleetView { first_org, boxes: self.states.values().cloned().collect() };
        let modified = control.inner.fleet.send_if_modified(|published| {
            let modified = **published != view;
            if modified {
                *published = Arc::new(view);
            }
            modified
        });
        if modified {
            control.inner.changes.written();
        }
        Ok(())
    }
}

fn fleet(control: &Control) -> FleetStore {
    control.inner.store.fleet(SystemActor::new("publish"))
}
