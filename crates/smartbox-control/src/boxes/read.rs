//! List boxes; look at one.

use smartbox_core::{OrgId, Permission, Phase, Principal, Selector, Tier};
use smartbox_provider::LogSource;
use smartbox_store::{BoxFilter, Cursor, Page, Smartbox, SystemActor};

use crate::fleet_view::phase_of;
use crate::{Control, Error, Op};

/// Lines of the gateway's log shown with a failed box.
const FAILURE_LOG_LINES: u32 = 12;
/// Longest line of it, in characters.
const FAILURE_LOG_LINE_CHARS_MAX: usize = 400;

impl Control {
    /// A page of the caller's boxes, oldest first; an admin sees those of every org, or of the one named.
    pub async fn list_boxes(
        &self,
        op: &Op,
        (org, phase, selector): (Option<OrgId>, Option<Phase>, Option<Selector>),
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Smartbox>, Error> {
        op.require_for_boxes(Permission::BoxesRead)?;
        let filter = BoxFilter {
            phases: phase.into_iter().collect(),
            only: op.principal.only(),
            selector,
            ..BoxFilter::default()
        };
        let page = match &op.principal {
            Principal::Member { org, .. } => {
                self.inner.store.org(*org).list_boxes(&filter, cursor, limit).await?
            }
            Principal::Admin => match org {
                Some(org) => self.inner.store.org(org).list_boxes(&filter, cursor, limit).await?,
                None => {
                    let fleet = self.inner.store.fleet(SystemActor::new("admin request"));
                    fleet.list_boxes(&filter, cursor, limit).await?
                }
            },
        };
        Ok(page)
    }

    /// The last lines of the gateway's log of a failed box; nothing for any other.
    pub async fn failure_log(&self, smartbox: &Smartbox) -> Vec<String> {
        if phase_of(smartbox) != Phase::Failed {
            return Vec::new();
        }
        let logs = self.inner.provider.logs(smartbox.id, LogSource::Gateway, None, FAILURE_LOG_LINES).await;
        let Ok(chunk) = logs else { return Vec::new() };
        let text = String::from_utf8_lossy(&chunk.bytes);
        let clip = |line: &str| line.chars().take(FAILURE_LOG_LINE_CHARS_MAX).collect::<String>();
        text.lines().map(clip).collect()
    }

    /// Every tier.
    pub async fn list_tiers(&self) -> Result<Vec<Tier>, Error> {
        Ok(self.inner.store.fleet(SystemActor::new("list tiers")).tiers().await?)
    }
}
