//! Publishes the picture that the data plane serves from.

use std::collections::HashMap;
use std::sync::Arc;

use secrecy::SecretString;
use smartbox_core::BoxId;
use smartbox_store::SystemActor;

use crate::boxes::secret;
use crate::fleet_view::{BoxState, FleetView};
use crate::{Control, Error};

/// Publishes the picture; remembers credentials so that a pass costs no decryption.
#[derive(Default)]
pub(crate) struct Publisher {
    tokens: HashMap<BoxId, SecretString>,
}

impl Publisher {
    /// Reads every box and publishes what changed.
    pub(crate) async fn publish(&mut self, control: &Control) -> Result<(), Error> {
        let fleet = control.inner.store.fleet(SystemActor::new("publish"));
        let rows = fleet.all_boxes().await?;
        self.tokens.retain(|id, _| rows.iter().any(|row| row.id == *id));
        let mut boxes = Vec::with_capacity(rows.len());
        for row in &rows {
            let token = if let Some(token) = self.tokens.get(&row.id) {
                token.clone()
            } else {
                let org = control.inner.store.org(row.org);
                let token = org.secret(row.id, secret::GATEWAY_TOKEN).await?;
                let token = token.ok_or_else(|| Error::internal("a box has no gateway token"))?;
                self.tokens.insert(row.id, token.clone());
                token
            };
            boxes.push(Arc::new(BoxState::new(row, token)));
        }
        let first_org = fleet.first_org().await?.map(|org| org.id);
        let view = FleetView { first_org, boxes };
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
